import Database from 'better-sqlite3'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { faultOf } from '../../src/errors.ts'
import type { Message, Post } from '../../src/message.ts'
import { backup, restore } from '../../src/store/backup.ts'
import { dataFolder } from '../../src/store/folder.ts'
import { migrations } from '../../src/store/migrations.ts'
import { openStore } from '../../src/store/store.ts'
import { temporaryFolder } from '../doubles/folder.ts'

const address = { adapter: 'http', account: 'local', channel: 'c' }
const message = (id: string, text = 'hi'): Message => ({
  id,
  address,
  author: { id: 'ann', name: 'Ann' },
  text,
  sentAtMs: 1,
})
const post = (key: string): Post => ({
  key,
  address,
  answers: '1',
  reply: { text: 'yes', status: 'done' },
  createdAtMs: 2,
})
const fault = (name: string) => (error: unknown) => faultOf(error) === name

test('an event is taken once, also after the store was closed and opened again', async (t) => {
  const path = temporaryFolder(t)
  const first = await openStore(path)
  assert.equal(typeof (await first.write('inbox.receive', message('e1'), 5)), 'number')
  assert.equal(await first.write('inbox.receive', message('e1'), 6), null)
  await first.close()
  const second = await openStore(path)
  t.after(() => second.close())
  assert.equal(await second.write('inbox.receive', message('e1'), 7), null)
  assert.deepEqual(second.read.inbox.waiting(), [{ id: 1, attempts: 0, message: message('e1') }])
})

test('changes that are made together are made all or not at all', async (t) => {
  const store = await openStore(temporaryFolder(t))
  t.after(() => store.close())
  const id = (await store.write('inbox.receive', message('e1'), 5)) ?? 0
  await store.writeAll([
    ['outbox.queue', post('k1')],
    ['inbox.done', id],
  ])
  await assert.rejects(
    store.writeAll([
      ['outbox.queue', post('k2')],
      ['inbox.done', id],
    ]),
    /already done/u,
  )
  assert.deepEqual(
    store.read.outbox.open().map((row) => row.post.key),
    ['k1'],
  )
})

test('a change that fails takes none with it that shares its commit', async (t) => {
  const store = await openStore(temporaryFolder(t))
  t.after(() => store.close())
  const results = await Promise.allSettled([
    store.write('outbox.queue', post('a')),
    store.write('inbox.done', 99),
    store.write('outbox.queue', post('b')),
  ])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.equal(store.read.outbox.counts().queued, 2)
})

test('the folder and its files are for their owner alone', async (t) => {
  const path = join(temporaryFolder(t), 'data')
  const store = await openStore(path)
  await store.write('inbox.receive', message('e1'), 5)
  assert.equal(statSync(path).mode & 0o777, 0o700)
  for (const name of readdirSync(path)) assert.equal(statSync(join(path, name)).mode & 0o077, 0, name)
  await store.close()
})

test('a second process is told who holds the folder, and gets it once that one has ended', async (t) => {
  const path = temporaryFolder(t)
  const store = await openStore(path)
  await assert.rejects(
    openStore(path),
    (error: Error) => faultOf(error) === 'in-use' && error.message.includes(String(process.pid)),
  )
  await store.close()
  await (await openStore(path)).close()
})

test('a process that was killed leaves the folder free', async (t) => {
  const path = temporaryFolder(t)
  const script = `import { openStore } from ${JSON.stringify(join(import.meta.dirname, '../../src/store/store.ts'))}
    const store = await openStore(${JSON.stringify(path)})
    await store.write('inbox.receive', ${JSON.stringify(message('e1'))}, 5)
    process.kill(process.pid, 'SIGKILL')`
  const killed = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    encoding: 'utf8',
  })
  assert.equal(killed.signal, 'SIGKILL', killed.stderr)
  const store = await openStore(path)
  t.after(() => store.close())
  assert.equal(store.read.inbox.waitingCount(), 1)
})

test('a damaged database is refused with the name of the newest backup, and comes back from it', async (t) => {
  const path = temporaryFolder(t)
  const folder = dataFolder(path)
  const store = await openStore(path)
  await store.write('inbox.receive', message('e1'), 5)
  const copy = await backup(folder, { kind: 'ordered', nowMs: Date.UTC(2026, 10, 22) })
  await store.close()
  const bytes = readFileSync(folder.database)
  writeFileSync(folder.database, bytes.fill(0x5a, 4096, 4096 * 3))
  await assert.rejects(
    openStore(path),
    (error: Error) => faultOf(error) === 'corrupt' && error.message.includes(copy),
  )
  restore(folder, copy)
  const again = await openStore(path)
  t.after(() => again.close())
  assert.equal(again.read.inbox.waitingCount(), 1)
})

test('a file that is no database is damaged too', async (t) => {
  const path = temporaryFolder(t)
  writeFileSync(join(path, 'moltbot.db'), 'this is a diary, not a database'.repeat(200))
  await assert.rejects(openStore(path), fault('corrupt'))
})

test('only a whole database of Moltbot is restored, and not under a Moltbot that runs', async (t) => {
  const path = temporaryFolder(t)
  const folder = dataFolder(path)
  const store = await openStore(path)
  const copy = await backup(folder, { kind: 'ordered', nowMs: 0 })
  assert.throws(() => restore(folder, copy), fault('in-use'))
  await store.close()
  const foreign = join(path, 'foreign.db')
  new Database(foreign).exec('CREATE TABLE x (y)').close()
  assert.throws(() => restore(folder, foreign), fault('unsupported'))
  assert.throws(() => restore(folder, join(path, 'missing.db')), fault('bad-request'))
  await (await openStore(path)).close()
})

test('a database of a newer Moltbot is left alone', async (t) => {
  const path = temporaryFolder(t)
  await (await openStore(path)).close()
  const db = new Database(join(path, 'moltbot.db'))
  db.pragma(`user_version = ${migrations.length + 1}`)
  db.close()
  await assert.rejects(openStore(path), fault('unsupported'))
})

test('before the schema changes the database is copied', async (t) => {
  const path = temporaryFolder(t)
  const store = await openStore(path)
  await store.write('inbox.receive', message('kept'), 5)
  await store.close()
  const steps = migrations as string[]
  steps.push('ALTER TABLE inbox ADD COLUMN extra TEXT')
  t.after(() => steps.pop())
  const migrated = await openStore(path)
  assert.equal(migrated.read.inbox.waitingCount(), 1)
  await migrated.close()
  const copies = readdirSync(join(path, 'backups'))
  assert.deepEqual(copies, [`moltbot-before-schema-${steps.length}.db`])
  const copy = new Database(join(path, 'backups', copies[0] ?? ''), { readonly: true })
  assert.equal(copy.pragma('user_version', { simple: true }), steps.length - 1)
  copy.close()
})

test(
  'a folder that cannot be written is read, and every write says why it is refused',
  { skip: process.getuid?.() !== 0 && 'needs root to become another user' },
  async (t) => {
    const path = temporaryFolder(t)
    const store = await openStore(path)
    await store.write('inbox.receive', message('e1'), 5)
    await store.close()
    for (const name of readdirSync(path)) chownSync(join(path, name), 0, 0)
    for (const name of readdirSync(path)) chmodSync(join(path, name), 0o444)
    chmodSync(path, 0o555)
    const script = `import { openStore } from ${JSON.stringify(join(import.meta.dirname, '../../src/store/store.ts'))}
    const store = await openStore(${JSON.stringify(path)})
    console.log(store.read.inbox.waitingCount(), store.trouble()?.fault)
    await store.write('inbox.done', 1).catch((error) => console.log(error.fault))
    await store.close()`
    const run = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
      encoding: 'utf8',
      uid: 65_534,
      gid: 65_534,
    })
    assert.equal(run.stdout, '1 read-only\nread-only\n', run.stderr)
    chmodSync(path, 0o755)
  },
)

test('backups are whole files of mode 0600', async (t) => {
  const path = temporaryFolder(t)
  const store = await openStore(path)
  t.after(() => store.close())
  await store.write('inbox.receive', message('e1'), 5)
  const copy = await backup(dataFolder(path), { kind: 'ordered', nowMs: Date.UTC(2026, 10, 22, 9) })
  assert.match(copy, /moltbot-2026-11-22T09-00-00-000Z\.db$/u)
  assert.equal(statSync(copy).mode & 0o777, 0o600)
  assert.equal(existsSync(`${copy}-wal`), false)
})

test('what is ordered after the close is refused, and begins no thread', async (t) => {
  const store = await openStore(temporaryFolder(t))
  await store.write('inbox.receive', message('e1'), 5)
  await store.close()
  await assert.rejects(store.write('inbox.receive', message('e2'), 6), fault('cancelled'))
})

test('a disk that takes nothing shows, until a write gets through again', async (t) => {
  const path = temporaryFolder(t)
  const store = await openStore(path)
  t.after(() => store.close())
  await store.write('seen.probe', 1)
  const other = new Database(join(path, 'moltbot.db'))
  other.exec('BEGIN IMMEDIATE')
  await assert.rejects(store.write('inbox.receive', message('e1'), 5), fault('in-use'))
  assert.equal(store.trouble()?.fault, 'in-use')
  other.exec('ROLLBACK')
  other.close()
  await store.write('seen.probe', 2)
  assert.equal(store.trouble(), undefined)
})
