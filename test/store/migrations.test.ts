import Database from 'better-sqlite3'
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { dataFolder } from '../../src/store/folder.ts'
import { migrations } from '../../src/store/migrations.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { temporaryFolder } from '../doubles/folder.ts'
import { nowMs } from './rows.ts'

const address = `{"adapter":"terminal","account":"local","channel":"local"}`

/** A folder as a Moltbot of schema 2 left it when it was killed: two of its runs were being carried out. */
function oldFolder(t: TestContext): string {
  const path = temporaryFolder(t)
  mkdirSync(path, { recursive: true })
  const db = new Database(dataFolder(path).database)
  db.pragma('auto_vacuum = INCREMENTAL')
  for (const step of migrations.slice(0, 2)) db.exec(step)
  db.pragma('user_version = 2')
  const task = db.prepare(
    `INSERT INTO tasks (id, version, command, args_json, schedule_json, zone, person, address_json, language, state,
       next_due_ms, created_at_ms)
     VALUES (?, ?, 'remind', '{"text":"x"}', '{"cron":"0 8 * * *"}', 'UTC', 'ann', '${address}', 'en', ?, ?, 1)`,
  )
  task.run(1, 1, 'active', nowMs)
  task.run(2, 3, 'active', nowMs)
  task.run(3, 2, 'removed', null)
  const run = db.prepare(
    `INSERT INTO runs (task_id, task_version, due_ms, state, attempt, fault, note) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  run.run(1, 1, 10, 'succeeded', 1, null, null)
  run.run(2, 1, 20, 'failed', 1, 'network', 'no net')
  run.run(2, 2, 30, 'skipped', 0, null, 'busy')
  run.run(2, 3, 40, 'missed', 0, null, 'off')
  run.run(3, 1, 50, 'succeeded', 1, null, null)
  run.run(1, 1, 60, 'running', 1, null, null)
  run.run(2, 3, 70, 'running', 2, null, null)
  run.run(1, 1, 80, 'queued', 0, null, null)
  const post = db.prepare(
    `INSERT INTO outbox (key, lane, address_json, reply_json, state, created_at_ms) VALUES (?, 'l', '${address}', '{}', ?, 5)`,
  )
  for (const state of ['queued', 'sending', 'sent', 'held', 'unknown', 'failed']) post.run(state, state)
  db.close()
  return path
}

async function openOld(t: TestContext): Promise<Store> {
  const store = await openStore(oldFolder(t))
  t.after(() => store.close())
  return store
}

test('each run of schema 2 is still there, and tells what it ran, also of versions that were not written down', async (t) => {
  const store = await openOld(t)
  const runs = [1, 2, 3].flatMap((task) => store.read.runs.history({ task }, 10))
  assert.deepEqual(
    runs.map(({ taskId, taskVersion, dueMs, state, fault, note }) =>
      [taskId, taskVersion, dueMs, state, fault, note].join(' '),
    ),
    [
      '1 1 80 queued  ',
      '1 1 60 running  ',
      '1 1 10 succeeded  ',
      '2 3 70 running  ',
      '2 3 40 missed  off',
      '2 2 30 skipped  busy',
      '2 1 20 failed network no net',
      '3 1 50 succeeded  ',
    ],
  )
  assert.ok(runs.every(({ chore }) => chore.command === 'remind' && chore.args['text'] === 'x'))
  assert.equal(store.read.runs.history({ person: 'ann' }, 10).length, runs.length)
  assert.deepEqual(store.read.outbox.counts(), { queued: 2, held: 1, unknown: 1, failed: 1 })
  const db = new Database(store.folder.database, { readonly: true })
  t.after(() => db.close())
  assert.equal(db.pragma('integrity_check', { simple: true }), 'ok')
  assert.deepEqual(db.pragma('foreign_key_check'), [])
})

test('what schema 2 left running is taken up at the start, and holds up its task no longer', async (t) => {
  const store = await openOld(t)
  assert.equal(store.read.runs.runningCount(), 2)
  assert.equal(await store.write('runs.reclaim', Infinity), 2)
  assert.deepEqual(store.read.runs.openOf(2), { queued: 1, running: 0 })
  assert.deepEqual(
    store.read.runs.queued(nowMs, 10).map(({ dueMs, attempt, crashes }) => [dueMs, attempt, crashes]),
    [
      [60, 1, 1],
      [70, 2, 1],
      [80, 0, 0],
    ],
  )
})

test('the tasks of a person are found by their index', (t) => {
  const db = new Database(':memory:')
  t.after(() => db.close())
  for (const step of migrations) db.exec(step)
  const plan = (where: string): string =>
    db
      .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN SELECT * FROM tasks WHERE ${where} ORDER BY id`)
      .all()
      .map(({ detail }) => detail)
      .join()
  assert.match(plan(`person = 'ann' AND state IN ('active', 'paused')`), /INDEX tasks_person/u)
  assert.match(plan(`person = 'ann'`), /^SCAN tasks$/u, 'the control')
})
