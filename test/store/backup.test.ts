import Database from 'better-sqlite3'
import assert from 'node:assert/strict'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { faultOf } from '../../src/errors.ts'
import { backup, createBackups, restore } from '../../src/store/backup.ts'
import { dataFolder, listBackups, type DataFolder } from '../../src/store/folder.ts'
import { copyTo } from '../../src/store/schema.ts'
import { openStore } from '../../src/store/store.ts'
import { temporaryFolder } from '../doubles/folder.ts'
import { database, dayMs, nowMs, openTemporary, post } from './rows.ts'

const signal = new AbortController().signal

/** Overwrites some pages in the middle of a file. */
function damage(file: string): void {
  writeFileSync(file, readFileSync(file).fill(0x5a, 4096, 4096 * 3))
}

/** A folder with three backups, and then one post more in the database. Returns the backups, newest first. */
async function threeBackups(t: TestContext): Promise<{ folder: DataFolder; files: string[] }> {
  const folder = dataFolder(temporaryFolder(t))
  const store = await openStore(folder.path)
  for (let i = 0; i < 3; i++) {
    await store.write('outbox.queue', post(`p${i}`))
    await backup(folder, { kind: i === 1 ? 'automatic' : 'ordered', nowMs: nowMs + (i - 3) * dayMs })
  }
  await store.close()
  return { folder, files: listBackups(folder).map(({ file }) => file) }
}

test('backups are told apart by who made them, and ordered by the time in their names', async (t) => {
  const { folder, files } = await threeBackups(t)
  writeFileSync(join(folder.backups, 'moltbot-before-schema-3.db'), '')
  writeFileSync(join(folder.backups, 'mine.db'), '')
  writeFileSync(join(folder.backups, 'moltbot-auto-2026-13-44T99-99-99-999Z.db'), '')
  for (const name of readdirSync(folder.backups)) utimesSync(join(folder.backups, name), 5, 5)
  const all = listBackups(folder)
  assert.deepEqual(all.slice(0, 3), [
    { file: files[0], kind: 'ordered', madeAtMs: nowMs - dayMs },
    { file: files[1], kind: 'automatic', madeAtMs: nowMs - 2 * dayMs },
    { file: files[2], kind: 'ordered', madeAtMs: nowMs - 3 * dayMs },
  ])
  const others = all.slice(3).map(({ file, kind, madeAtMs }) => `${basename(file)} ${kind} ${madeAtMs}`)
  assert.deepEqual(
    new Set(others),
    new Set([
      'moltbot-auto-2026-13-44T99-99-99-999Z.db automatic 5000',
      'moltbot-before-schema-3.db schema 5000',
      'mine.db ordered 5000',
    ]),
  )
})

test('what is no file is no backup, and those of a clock that ran ahead stand last', async (t) => {
  const { folder, files } = await threeBackups(t)
  symlinkSync(join(folder.path, 'gone'), join(folder.backups, 'link.db'))
  mkdirSync(join(folder.backups, 'folder.db'))
  const ahead = join(folder.backups, 'moltbot-auto-2031-01-01T00-00-00-000Z.db')
  copyFileSync(files[2] ?? '', ahead)
  const names = (atMs: number) => listBackups(folder, atMs).map(({ file }) => file)
  assert.deepEqual(names(nowMs), [...files, ahead])
  assert.deepEqual(names(Date.UTC(2032, 0)), [ahead, ...files])
})

test('an automatic backup has its own name, and its removal takes that file alone', async (t) => {
  const store = await openTemporary(t)
  const backups = createBackups(store.folder, () => nowMs)
  const file = await backups.make(signal)
  assert.match(file, /moltbot-auto-2026-11-22T00-00-00-000Z\.db$/u)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  await backup(store.folder, { kind: 'ordered', nowMs })
  for (const one of backups.list()) if (one.kind === 'automatic') backups.remove(one)
  assert.deepEqual(
    backups.list().map(({ kind }) => kind),
    ['ordered'],
  )
})

test('a database that is written to all the time is copied as it was at one moment', async (t) => {
  const store = await openTemporary(t)
  const db = database(t, store)
  const write = db.prepare(`INSERT INTO seen_items VALUES ('s', ?, 0)`)
  let n = 0
  const writeOne = (): void => void write.run(`${n++} ${'x'.repeat(200)}`)
  db.transaction(() => {
    for (let i = 0; i < 10_000; i++) writeOne()
  })()
  const copy = join(store.folder.backups, 'a.db')
  let rests = 0
  const reader = new Database(store.folder.database, { readonly: true })
  t.after(() => reader.close())
  await copyTo(reader, copy, () => {
    rests++
    writeOne()
  })
  const copied = new Database(copy, { readonly: true })
  t.after(() => copied.close())
  assert.equal(copied.prepare('SELECT count(*) FROM seen_items').pluck().get(), 10_000)
  assert.ok(rests >= 3)

  // The control: left alone, SQLite begins anew with each write of another connection.
  let steps = 0
  await reader.backup(join(store.folder.backups, 'b.db'), {
    progress: () => {
      if (steps++ < 10 * rests) writeOne()
      return 256
    },
  })
  assert.ok(steps > 10 * rests, `${steps} steps, ${rests} with the moment held`)
})

test('a backup that is stopped ends soon, and leaves nothing behind', async (t) => {
  const store = await openTemporary(t)
  const fill = database(t, store)
  fill.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
    INSERT INTO seen_items SELECT 's', i || printf('%.*c', 300, 'x'), 0 FROM n`)
  const stopping = new AbortController()
  const going = createBackups(store.folder, () => nowMs).make(stopping.signal)
  stopping.abort()
  await assert.rejects(going, (error) => faultOf(error) === 'cancelled')
  assert.deepEqual(existsSync(store.folder.backups) ? readdirSync(store.folder.backups) : [], [])
})

test('the copy of a damaged database is no backup', async (t) => {
  const { folder, files } = await threeBackups(t)
  damage(folder.database)
  await assert.rejects(
    createBackups(folder, () => nowMs).make(signal),
    (error) => faultOf(error) === 'corrupt',
  )
  assert.deepEqual(
    listBackups(folder).map(({ file }) => file),
    files,
  )
  assert.equal(readdirSync(folder.backups).length, 3)
})

test('what is left of a copy that was cut goes with the next backup, once it is a day old', async (t) => {
  const store = await openTemporary(t)
  const backups = createBackups(store.folder, () => nowMs)
  const file = await backups.make(signal)
  for (const [name, ageMs] of [
    ['old.db.part', 2 * dayMs],
    ['old.db.part-journal', 2 * dayMs],
    ['young.db.part', 1_000],
  ] as const) {
    const path = join(store.folder.backups, name)
    writeFileSync(path, '')
    utimesSync(path, new Date(nowMs - ageMs), new Date(nowMs - ageMs))
  }
  await backup(store.folder, { kind: 'ordered', nowMs: nowMs + 1 })
  assert.equal(existsSync(file), true)
  assert.deepEqual(
    readdirSync(store.folder.backups).filter((name) => name.includes('part')),
    ['young.db.part'],
  )
})

test('a damaged database names the newest backup that is whole, and how many are not', async (t) => {
  const { folder, files } = await threeBackups(t)
  const [newest = '', middle = ''] = files
  damage(folder.database)
  const opened = () => openStore(folder.path)
  await assert.rejects(opened, (error: Error) => error.message.endsWith(`run: moltbot restore ${newest}`))
  damage(newest)
  await assert.rejects(
    opened,
    (error: Error) =>
      faultOf(error) === 'corrupt' &&
      error.message.endsWith(`run: moltbot restore ${middle} (newer ones are damaged, too: 1)`),
  )
  for (const file of files.slice(1)) damage(file)
  await assert.rejects(opened, /no backup in this folder is whole/u)
})

test('restored is the newest backup that is whole, and it is said which were passed over', async (t) => {
  const { folder, files } = await threeBackups(t)
  const [newest = '', middle = '', oldest = ''] = files
  damage(newest)
  assert.deepEqual(restore(folder), { file: middle, passedOver: [newest] })
  const store = await openStore(folder.path)
  assert.equal(store.read.outbox.counts().queued, 2)
  await store.close()
  assert.deepEqual(restore(folder, oldest), { file: oldest, passedOver: [] })
  for (const file of [middle, oldest]) damage(file)
  assert.throws(
    () => restore(folder),
    (error) => faultOf(error) === 'corrupt',
  )
  assert.throws(
    () => restore(folder, middle),
    (error) => faultOf(error) === 'corrupt',
  )
  const kept = await openStore(folder.path)
  assert.equal(kept.read.outbox.counts().queued, 1, 'what was there stays where nothing can take its place')
  await kept.close()
})

/** Writes a row that stays in the log, as a crash leaves it. Returns a path without a lock on it: a copy of the folder. */
async function crashed(t: TestContext): Promise<DataFolder> {
  const store = await openTemporary(t)
  await store.write('outbox.queue', post('in the log'))
  const copy = dataFolder(temporaryFolder(t))
  for (const ending of ['', '-wal']) copyFileSync(store.folder.database + ending, copy.database + ending)
  return copy
}

const queuedIn = async ({ path }: DataFolder): Promise<number> => {
  const store = await openStore(path)
  try {
    return store.read.outbox.counts().queued
  } finally {
    await store.close()
  }
}

test('a database that nobody closed is restored with the rows of its log, and what it replaces as well', async (t) => {
  const old = await crashed(t)
  const { folder, files } = await threeBackups(t)
  restore(folder, old.database)
  assert.equal(await queuedIn(folder), 1)

  restore(old, files[0])
  assert.equal(await queuedIn(old), 3)
  restore(old, `${old.database}.replaced`)
  assert.equal(await queuedIn(old), 1, 'the way back')

  const bare = await crashed(t)
  renameSync(`${bare.database}-wal`, `${bare.database}-elsewhere`)
  assert.equal(await queuedIn(bare), 0, 'the control: the row is in the log alone')
})

test('a restore that was cut after the old database was moved is ended at the next start', async (t) => {
  const { folder, files } = await threeBackups(t)
  renameSync(folder.database, `${folder.database}.replaced`)
  copyFileSync(files[1] ?? '', `${folder.database}.restored`)
  assert.equal(await queuedIn(folder), 2)
  copyFileSync(files[0] ?? '', `${folder.database}.restored`)
  assert.equal(await queuedIn(folder), 2, 'before that the old one stays')
  assert.equal(existsSync(`${folder.database}.restored`), false)
})
