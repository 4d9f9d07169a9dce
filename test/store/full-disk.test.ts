import Database from 'better-sqlite3'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statfsSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'
import { faultOf } from '../../src/errors.ts'
import { createHealth } from '../../src/health.ts'
import { backup } from '../../src/store/backup.ts'
import { releaseBallast, restockBallast } from '../../src/store/ballast.ts'
import { dataFolder } from '../../src/store/folder.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import type { WriterData, WriteReport } from '../../src/store/writer.ts'
import { temporaryFolder } from '../doubles/folder.ts'
import { post } from './rows.ts'

const mebibyte = 2 ** 20
const isFull = (error: unknown): boolean => faultOf(error) === 'disk-full'
const large = (key: string, bytes: number) => ({
  ...post(key),
  reply: { text: 'x'.repeat(bytes), status: 'done' as const },
})

/** A disk of its own of so many MiB, or undefined, with the test skipped, where nobody may mount one. */
function mountDisk(t: TestContext, size: number): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'moltbot-test-'))
  const mounted = spawnSync('/bin/mount', ['-t', 'tmpfs', '-o', `size=${size}m`, 'tmpfs', path])
  t.after(() => {
    if (mounted.status === 0) spawnSync('/bin/umount', ['-l', path])
    rmSync(path, { recursive: true, force: true })
  })
  if (mounted.status === 0) return path
  t.skip('needs the right to mount a disk')
  return undefined
}

const freeBytes = (path: string): number => {
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize
}

/** Takes all room of a disk but `leave` bytes. */
function fill(path: string, leave = 0): string {
  const file = join(path, 'somebody-else')
  writeFileSync(file, Buffer.alloc(Math.max(0, freeBytes(path) - leave)))
  return file
}

const small = { ballastBytes: mebibyte, idleMs: 60_000 }

const healthOf = (store: Store) =>
  createHealth({
    version: '1',
    store,
    adapters: [],
    models: () => [],
    remarks: () => [],
    now: () => 5,
  })

test('on a full disk the reserve is used, which shows, and is set aside again once there is room', async (t) => {
  const path = mountDisk(t, 12)
  if (path === undefined) return
  const store = await openStore(path, small)
  try {
    assert.equal(await store.restock(), 'made')
    assert.equal(await store.restock(), 'kept')
    await store.write('outbox.queue', post('before'))
    const filler = fill(path)
    await store.write('outbox.queue', large('one', 200_000))
    assert.equal(store.read.outbox.counts().queued, 2)
    assert.match(store.trouble()?.message ?? '', /the disk is full; the reserve is in use: free some space/u)
    assert.equal(healthOf(store).readiness().ready, false)
    assert.match(healthOf(store).status().troubles[0] ?? '', /reserve/u)
    assert.equal(await store.restock(), 'used')
    await store.write('outbox.queue', post('two'))
    assert.match(store.trouble()?.message ?? '', /the reserve is in use/u)

    await assert.rejects(store.write('outbox.queue', large('too much', 3 * mebibyte)), isFull)
    assert.equal(store.read.outbox.counts().queued, 3, 'what is there can still be read')

    rmSync(filler)
    await store.write('outbox.queue', post('three'))
    assert.match(store.trouble()?.message ?? '', /the reserve is in use/u, 'until it is there again')
    assert.equal(await store.restock(), 'made')
    assert.equal(store.trouble(), undefined)
    assert.deepEqual(healthOf(store).readiness(), { ready: true, troubles: [] })
  } finally {
    await store.close()
  }
})

test('without the reserve the same disk takes nothing', async (t) => {
  const path = mountDisk(t, 12)
  if (path === undefined) return
  const store = await openStore(path, small)
  try {
    await store.write('outbox.queue', post('before'))
    const filler = fill(path)
    await assert.rejects(store.write('outbox.queue', large('one', 200_000)), isFull)
    assert.equal(store.trouble()?.fault, 'disk-full')
    rmSync(filler)
    await store.write('outbox.queue', large('one', 200_000))
    assert.equal(store.trouble(), undefined)
  } finally {
    await store.close()
  }
})

test('a Moltbot that starts on a full disk starts with its reserve', async (t) => {
  const path = mountDisk(t, 12)
  if (path === undefined) return
  const first = await openStore(path, small)
  await first.restock()
  await first.write('outbox.queue', post('before'))
  await first.close()
  for (const name of ['moltbot.pid', 'moltbot.lock']) rmSync(join(path, name))
  fill(path)
  const store = await openStore(path, small)
  await store.write('outbox.queue', post('after'))
  assert.equal(store.read.outbox.counts().queued, 2)
  assert.equal(await store.restock(), 'used')
  assert.match(store.trouble()?.message ?? '', /the reserve is in use/u)
  await store.close()

  // The control: with nothing to give up it can only be looked at.
  for (const name of ['moltbot.pid', 'moltbot.lock', 'ballast']) rmSync(join(path, name))
  rmSync(join(path, 'somebody-else'))
  fill(path)
  const glimpse = await openStore(path, small)
  assert.equal(glimpse.trouble()?.fault, 'disk-full')
  assert.equal(await glimpse.restock(), 'no-room')
  assert.equal(glimpse.read.outbox.counts().queued, 2)
  await glimpse.close()
})

test('a disk that was filled before the first write is noticed by that, and the reserve is used', async (t) => {
  const path = mountDisk(t, 12)
  if (path === undefined) return
  const store = await openStore(path, small)
  await store.restock()
  fill(path)
  await store.write('outbox.queue', post('first'))
  assert.match(store.trouble()?.message ?? '', /the reserve is in use/u)
  assert.equal(await store.restock(), 'used')
  fill(path)
  await store.close()
  rmSync(join(path, 'somebody-else'))
  const again = await openStore(path, small)
  assert.equal(again.read.outbox.counts().queued, 1, 'it closes on a full disk, too')
  await again.close()
})

test('a backup is not begun where it would fill the disk', async (t) => {
  const path = mountDisk(t, 40)
  if (path === undefined) return
  const store = await openStore(path, small)
  try {
    const room = { kind: 'ordered', nowMs: 0 } as const
    rmSync(await backup(store.folder, room))
    fill(path, 20 * mebibyte)
    const before = freeBytes(path)
    await assert.rejects(backup(store.folder, room), isFull)
    assert.equal(freeBytes(path), before)
  } finally {
    await store.close()
  }
})

/** A writer on a database of at most 60 pages; what the ballast holds comes on top. */
function boundWriter(t: TestContext, file: string, ballast: string) {
  const workerData: WriterData = { file, ballast, idleMs: 60_000, mostPages: 60 }
  const worker = new Worker(new URL('../../src/store/writer.ts', import.meta.url), { workerData })
  t.after(() => worker.terminate())
  return async (...bytes: readonly number[]): Promise<{ report: WriteReport; outcomes: string[] }> => {
    for (const [id, size] of bytes.entries()) {
      worker.postMessage([{ id, writes: [['outbox.queue', large(`${Math.random()}`, size)]] }])
    }
    const answers: WriteReport['answers'][number][] = []
    let hasGivenUpBallast = false
    while (answers.length < bytes.length) {
      const [report] = (await once(worker, 'message')) as [WriteReport]
      answers.push(...report.answers)
      hasGivenUpBallast ||= report.hasGivenUpBallast
    }
    const outcomes = answers
      .toSorted((a, b) => a.id - b.id)
      .map((answer) => ('error' in answer ? answer.error.code : 'done'))
    return { report: { answers, hasGivenUpBallast }, outcomes }
  }
}

async function bound(t: TestContext, ballastBytes: number) {
  const { path, database, ballast } = dataFolder(temporaryFolder(t))
  await (await openStore(path)).close()
  if (ballastBytes > 0) assert.equal(await restockBallast(ballast, ballastBytes), 'made')
  return { order: boundWriter(t, database, ballast), ballast, database }
}

test('what a full disk refused is done once more without the ballast, and nothing twice', async (t) => {
  const { order, ballast, database } = await bound(t, mebibyte)
  assert.deepEqual((await order(10)).report.hasGivenUpBallast, false)
  const { report, outcomes } = await order(10, 500_000, 20)
  assert.deepEqual(outcomes, ['done', 'done', 'done'])
  assert.equal(report.hasGivenUpBallast, true)
  assert.equal(statSync(ballast).size, 0)
  const again = await order(2 * mebibyte, 10)
  assert.equal(again.report.hasGivenUpBallast, false, 'once')
  assert.ok(again.outcomes.includes('SQLITE_FULL'))
  assert.deepEqual((await order(10)).outcomes, ['done'])
  const db = new Database(database, { readonly: true })
  const rows = Number(db.prepare('SELECT count(*) FROM outbox').pluck().get())
  db.close()
  assert.equal(rows, 5 + again.outcomes.filter((one) => one === 'done').length)
})

test('a full disk without ballast refuses the change, keeps what was there, and goes on with what fits', async (t) => {
  const { order } = await bound(t, 0)
  assert.deepEqual((await order(10)).outcomes, ['done'])
  assert.deepEqual((await order(500_000)).outcomes, ['SQLITE_FULL'])
  assert.deepEqual((await order(10)).outcomes, ['done'])
})

test('the ballast is real blocks, is never made where room is short, and leaves a mark when it is used', async (t) => {
  const file = join(temporaryFolder(t), 'ballast')
  assert.equal(await restockBallast(file, 2 ** 50), 'no-room')
  assert.equal(existsSync(file), false)
  assert.equal(releaseBallast(file), 0)
  assert.equal(await restockBallast(file, mebibyte + 1), 'made')
  const { size, blocks, mode } = statSync(file)
  assert.equal(size, mebibyte + 1)
  assert.ok(blocks * 512 >= size)
  assert.equal(mode & 0o777, 0o600)
  assert.equal(releaseBallast(file), mebibyte + 1)
  assert.equal(await restockBallast(file, 2 ** 50), 'used')
  assert.equal(await restockBallast(file, mebibyte), 'made')
  assert.equal(existsSync(`${file}.part`), false)
})

test('what a crash left of a ballast takes no room, and a link to somebody else’s file is none', async (t) => {
  const path = temporaryFolder(t)
  const file = join(path, 'ballast')
  writeFileSync(`${file}.part`, 'x'.repeat(1_000))
  assert.equal(await restockBallast(file, 2 ** 50), 'no-room')
  assert.equal(existsSync(`${file}.part`), false)

  const theirs = join(path, 'diary')
  writeFileSync(theirs, 'dear diary')
  symlinkSync(theirs, file)
  assert.equal(releaseBallast(file), 0)
  assert.equal(statSync(theirs).size, 10)
  assert.equal(await restockBallast(file, mebibyte), 'made')
  assert.equal(statSync(theirs).size, 10)
  assert.equal(releaseBallast(file), mebibyte)
})
