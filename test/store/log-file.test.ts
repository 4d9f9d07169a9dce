import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { test } from 'node:test'
import { openStore, type Store } from '../../src/store/store.ts'
import { temporaryFolder } from '../doubles/folder.ts'
import { database, openTemporary, post } from './rows.ts'

const logBytes = (store: Store): number =>
  statSync(`${store.folder.database}-wal`, { throwIfNoEntry: false })?.size ?? 0

/** Some 16 MiB of posts, a hundred in each commit; returns how large the log became. */
async function writeMuch(store: Store): Promise<number> {
  let most = 0
  for (let i = 0; i < 20; i++) {
    const posts = Array.from({ length: 100 }, (_, j) => ({
      ...post(`${i}/${j}`),
      reply: { text: 'x'.repeat(8_000), status: 'done' as const },
    }))
    await Promise.all(posts.map((one) => store.write('outbox.queue', one)))
    most = Math.max(most, logBytes(store))
  }
  return most
}

test('the log is folded into the database as it grows', async (t) => {
  const most = await writeMuch(await openTemporary(t))
  assert.ok(most < 8 * 2 ** 20, `${most} bytes`)
})

test('the control: while a reader holds an old moment the log grows', async (t) => {
  const store = await openTemporary(t)
  const db = database(t, store)
  db.exec('BEGIN')
  db.prepare('SELECT count(*) FROM outbox').get()
  const most = await writeMuch(store)
  db.exec('COMMIT')
  assert.ok(most > 8 * 2 ** 20, `${most} bytes`)
})

test('a store that is left alone has an empty log, and takes orders after that', async (t) => {
  const store = await openStore(temporaryFolder(t), { idleMs: 30 })
  t.after(() => store.close())
  for (const key of ['a', 'b']) {
    await store.write('outbox.queue', post(key))
    assert.ok(logBytes(store) > 0)
    while (logBytes(store) > 0) await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(store.read.outbox.counts().queued, 2)
})
