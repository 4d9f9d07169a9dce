import Database from 'better-sqlite3'
import { array, assert as assertAll, constantFrom, property } from 'fast-check'
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { test } from 'node:test'
import { retentionWrites } from '../../src/store/retention.ts'
import { takeSteps } from '../../src/store/schema.ts'
import type { Store } from '../../src/store/store.ts'
import {
  address,
  database,
  dayMs,
  endedRun,
  keep,
  newTask,
  nowMs,
  openTemporary,
  post,
  trim,
} from './rows.ts'

const message = (id: string, sentAtMs: number) => ({
  id,
  address,
  author: { id: 'ann', name: 'Ann' },
  text: 'hi',
  sentAtMs,
})
const sent = { kind: 'sent' } as const

async function queue(store: Store, one: ReturnType<typeof post>): Promise<number> {
  const id = await store.write('outbox.queue', one)
  assert.ok(id !== null)
  return id
}

test('runs that ended long ago go, with their posts; young ones and open ones stay', async (t) => {
  const store = await openTemporary(t)
  await store.write('tasks.add', 1, newTask())
  const old = await endedRun(store, 1, nowMs - 91 * dayMs)
  const young = await endedRun(store, 1, nowMs - 89 * dayMs)
  await store.write('runs.add', 1, nowMs - 200 * dayMs)
  const open = store.read.runs.queued(nowMs, 1)[0]?.id ?? 0
  await store.write('runs.add', 1, nowMs)
  const row = await queue(store, post('p', old, nowMs - 91 * dayMs))
  await store.write('outbox.settle', row, sent, nowMs - 91 * dayMs)
  await queue(store, post('last'))
  assert.deepEqual((await trim(store)).removed, { runs: 1, posts: 1 })
  assert.equal(store.read.runs.get(old), undefined)
  assert.ok(store.read.runs.get(young))
  assert.ok(store.read.runs.get(open))
})

test('a run stays as long as its post is open', async (t) => {
  const store = await openTemporary(t)
  await store.write('tasks.add', 1, newTask())
  const run = await endedRun(store, 1, nowMs - 100 * dayMs)
  await endedRun(store, 1, nowMs)
  const [queued, held] = [await queue(store, post('q', run)), await queue(store, post('h', run))]
  await store.write('outbox.settle', held, { kind: 'held' }, nowMs - 100 * dayMs)
  assert.deepEqual((await trim(store)).removed, {})
  await store.write('outbox.settle', queued, sent, nowMs)
  assert.deepEqual((await trim(store)).removed, {})
  await store.write('outbox.settle', held, sent, nowMs)
  assert.deepEqual((await trim(store)).removed, { runs: 1 })
})

test('of each task the newest runs stay, however old the limit is', async (t) => {
  const store = await openTemporary(t)
  for (const task of [1, 2]) await store.write('tasks.add', task, newTask())
  const ids: number[] = []
  for (let i = 0; i < 14; i++) ids.push(await endedRun(store, 1, nowMs - (20 - i) * dayMs))
  for (let i = 0; i < 4; i++) await endedRun(store, 2, nowMs - (20 - i) * dayMs)
  assert.deepEqual((await trim(store, { ...keep, runsEachTask: 10 })).removed, { runsOfTask: 4 })
  const left = store.read.runs.history({ task: 1 }, 50).map(({ id }) => id)
  assert.deepEqual(left, ids.slice(4).toReversed())
  assert.equal(store.read.runs.history({ task: 2 }, 50).length, 4)
})

test('of a post whose run is kept the words go, and how it was delivered stays', async (t) => {
  const store = await openTemporary(t)
  await store.write('tasks.add', 1, newTask())
  const run = await endedRun(store, 1, nowMs - 40 * dayMs)
  const row = await queue(store, post('p', run, nowMs - 40 * dayMs))
  await store.write('outbox.settle', row, sent, nowMs - 40 * dayMs)
  await queue(store, post('last'))
  assert.deepEqual((await trim(store)).removed, { posts: 1 })
  assert.deepEqual((await trim(store)).removed, {}, 'once')
  assert.deepEqual(store.read.runs.get(run)?.delivery, ['sent'])
  const { reply_json: json } = database(t, store)
    .prepare<[number], { reply_json: string }>('SELECT reply_json FROM outbox WHERE id = ?')
    .get(row) ?? { reply_json: '' }
  assert.deepEqual(JSON.parse(json), { text: '', status: 'done' })
})

test('posts that wait or are held stay, and notices stay for a year', async (t) => {
  const store = await openTemporary(t)
  const longAgo = nowMs - 60 * dayMs
  const ids = new Map<string, number>()
  for (const key of ['waits', 'held', 'sent', 'unknown', 'failed', 'notice/owner/cap', 'last']) {
    ids.set(key, await queue(store, post(key, undefined, longAgo)))
  }
  const settle = (key: string, how: Parameters<Store['write']>[2]) =>
    store.write('outbox.settle', ids.get(key) ?? 0, how as never, longAgo)
  await settle('held', { kind: 'held' })
  await settle('unknown', { kind: 'unknown', why: 'cut' })
  await settle('failed', { kind: 'failed', fault: 'refused', why: 'no' })
  for (const key of ['sent', 'notice/owner/cap', 'last']) await settle(key, sent)
  assert.deepEqual((await trim(store)).removed, { posts: 3 })
  const keys = database(t, store).prepare('SELECT key FROM outbox ORDER BY id').pluck().all()
  assert.deepEqual(keys, ['waits', 'held', 'notice/owner/cap', 'last'])
  assert.deepEqual((await trim(store, keep, nowMs + 400 * dayMs)).removed, { posts: 1 })
})

test('an event that is delivered again within a week is a duplicate, however short posts are kept', async (t) => {
  const store = await openTemporary(t)
  for (const [event, days] of [
    ['old', 8],
    ['waits', 9],
    ['young', 6],
  ] as const) {
    const id = await store.write('inbox.receive', message(event, 0), nowMs - days * dayMs)
    if (event !== 'waits') await store.write('inbox.done', id ?? 0)
  }
  assert.deepEqual((await trim(store, { ...keep, postsMs: dayMs })).removed, { inbox: 1 })
  assert.equal(await store.write('inbox.receive', message('young', 0), nowMs), null)
  assert.equal(await store.write('inbox.receive', message('waits', 0), nowMs), null)
  assert.equal(typeof (await store.write('inbox.receive', message('old', 0), nowMs)), 'number')
})

test('what was said, single calls, answered questions and items shown go by their ages', async (t) => {
  const store = await openTemporary(t)
  const db = database(t, store)
  const said = db.prepare(
    `INSERT INTO messages (conversation, role, text, at_ms) VALUES ('c', 'user', 'x', ?)`,
  )
  for (const days of [366, 364, 0]) said.run(nowMs - days * dayMs)
  await store.write('conversations.route', 'c', 'premium')
  const call = db.prepare(
    `INSERT INTO model_calls (at_ms, day, state, route, person, conversation) VALUES (?, '2026-01-01', ?, 'r', 'p', 'c')`,
  )
  call.run(nowMs - 91 * dayMs, 'done')
  call.run(nowMs - 91 * dayMs, 'open')
  call.run(nowMs - 89 * dayMs, 'done')
  const action = { command: 'x', args: {} }
  for (const [person, days] of [
    ['used', 40],
    ['expired', 40],
    ['young', 10],
  ] as const) {
    const madeMs = nowMs - days * dayMs
    await store.write('approvals.open', 'c', person, action, 'en', madeMs, madeMs + 1_000)
  }
  await store.write('approvals.use', 1)
  await store.write('seen.add', 's', ['a', 'b'], nowMs - 366 * dayMs)
  await store.write('seen.add', 's', ['c'], nowMs - 364 * dayMs)
  await store.write('feedback.rate', 'inbox/1', 'ann', 'good', nowMs - 100 * dayMs)
  await store.write('feedback.rate', 'inbox/2', 'ann', 'bad', nowMs - 29 * dayMs)
  assert.deepEqual((await trim(store, { ...keep, postsMs: dayMs })).removed, {
    messages: 1,
    calls: 1,
    approvals: 2,
    seen: 2,
    feedback: 1,
  })
  assert.deepEqual(store.read.feedback.counts(0), { good: 0, bad: 1 })
  assert.equal(store.read.conversations.get('c').route, 'premium')
  assert.equal(store.read.seen.has('s', 'c'), true)
  assert.equal(store.read.calls.hasOpen(), true)
})

test('rows that a clock dated ahead keep none from going that come after them', async (t) => {
  const store = await openTemporary(t)
  const db = database(t, store)
  const said = db.prepare(
    `INSERT INTO messages (conversation, role, text, at_ms) VALUES ('c', 'user', 'x', ?)`,
  )
  const fill = db.transaction((n: number, atMs: number) => {
    for (let i = 0; i < n; i++) said.run(atMs)
  })
  fill(1, nowMs - 500 * dayMs)
  fill(600, nowMs + 300 * dayMs)
  fill(300, nowMs - 366 * dayMs)
  fill(1, nowMs)
  assert.deepEqual((await trim(store)).removed, { messages: 301 })
})

test('the newest row of all tells when something was written down last', async (t) => {
  const store = await openTemporary(t)
  assert.equal(store.read.keep.newestMs(), null)
  await store.write('inbox.receive', message('a', 0), nowMs - 5)
  await queue(store, post('p', undefined, nowMs - 7))
  assert.equal(store.read.keep.newestMs(), nowMs - 5)
})

test('an id is never given again, for rows elsewhere name it', async (t) => {
  const store = await openTemporary(t)
  const db = database(t, store)
  for (const event of ['a', 'b', 'c']) {
    const id = await store.write('inbox.receive', message(event, 0), nowMs)
    await store.write('inbox.done', id ?? 0)
  }
  await trim(store, keep, nowMs + 400 * dayMs)
  assert.equal(db.prepare('SELECT count(*) FROM inbox').pluck().get(), 1)
  assert.equal(await store.write('inbox.receive', message('d', 0), nowMs), 4)
  // The control: without the newest row SQLite begins anew, and the answer would have the key of another one.
  db.exec('DELETE FROM inbox')
  assert.equal(await store.write('inbox.receive', message('e', 0), nowMs), 1)
})

test('a removed task goes once its last run is gone; one that is only paused or done stays', async (t) => {
  const store = await openTemporary(t)
  for (const task of [1, 2, 3, 4]) await store.write('tasks.add', task, newTask())
  const change = (id: number, state: 'removed' | 'paused') =>
    store.write('tasks.change', id, { state, nextDueMs: null, pausedFor: null }, 'gone', nowMs)
  await endedRun(store, 1, nowMs - 80 * dayMs)
  await endedRun(store, 4, nowMs - 1)
  for (const id of [1, 2]) await change(id, 'removed')
  await change(3, 'paused')
  assert.deepEqual((await trim(store)).removed, { versions: 2, tasks: 1 })
  const ids = (): unknown[] => database(t, store).prepare('SELECT id FROM tasks ORDER BY id').pluck().all()
  assert.deepEqual(ids(), [1, 3, 4])
  assert.deepEqual((await trim(store, keep, nowMs + 20 * dayMs)).removed, { runs: 1, versions: 1, tasks: 1 })
  assert.deepEqual(ids(), [3, 4])
})

/** A history of one task: it is edited, or has a run that the newest version ran, or a skipped one that an older one had. */
const history = array(constantFrom('edit', 'run', 'run of an older version'), { maxLength: 30 })

function play(db: Database.Database, steps: readonly string[]): void {
  takeSteps(db)
  const definition = `'c' || ?, '{}', '{}', '{}', 'UTC', '{}', 0`
  db.exec(`INSERT INTO tasks (id, command, args_json, schedule_json, zone, person, address_json, language, created_at_ms)
    VALUES (1, 'c', '{}', '{}', 'UTC', 'p', '{}', 'en', 0)`)
  let version = 1
  const write = db.prepare(`INSERT INTO task_versions VALUES (1, ?, ${definition})`)
  write.run(version, version)
  const run = db.prepare(
    `INSERT INTO runs (task_id, task_version, person, due_ms, state, ready_ms) VALUES (1, ?, 'p', ?, 'skipped', 0)`,
  )
  for (const [i, step] of steps.entries()) {
    if (step === 'edit') {
      version++
      // Some versions were never written down.
      if (i % 5 !== 0) write.run(version, version)
      db.prepare('UPDATE tasks SET version = ?').run(version)
    } else run.run(step === 'run' ? version : Math.max(1, version - 2), i)
  }
}

const past = (db: Database.Database): unknown[] =>
  db
    .prepare(
      `SELECT r.id, v.command FROM runs r JOIN task_versions v ON v.task_id = r.task_id AND v.version =
       (SELECT max(version) FROM task_versions WHERE task_id = r.task_id AND version <= r.task_version) ORDER BY r.id`,
    )
    .all()

test('old versions go, and each run still tells what it ran', () => {
  let removedInAll = 0
  let harmedByAll = 0
  assertAll(
    property(history, (steps) => {
      const db = new Database(':memory:')
      play(db, steps)
      const before = past(db)
      const trimOne = retentionWrites(db)['keep.trim']
      let cursor: Parameters<typeof trimOne>[0] = { family: 'versions', task: 0, afterId: 0, named: [] }
      while (cursor?.family === 'versions') {
        const { removed, next } = trimOne(cursor, keep, nowMs)
        removedInAll += removed
        cursor = next
      }
      assert.deepEqual(past(db), before)
      assert.equal(trimOne({ family: 'versions', task: 1, afterId: 0, named: [] }, keep, nowMs).removed, 0)
      // The control: had all but the newest gone, runs would tell of nothing.
      db.exec('DELETE FROM task_versions WHERE version < (SELECT max(version) FROM task_versions)')
      if (past(db).length < before.length) harmedByAll++
      db.close()
    }),
  )
  assert.ok(removedInAll > 0)
  assert.ok(harmedByAll > 0)
})

/** The tables that a statement reads from end to end. */
function scans(db: Database.Database, sql: string): string[] {
  const plan = db
    .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql.replaceAll(/:\w+|\?/gu, '1')}`)
    .all()
  return plan.flatMap(({ detail }) => /^SCAN (?!\(subquery|CONSTANT)(\w+)/u.exec(detail)?.[1] ?? [])
}

test('no step reads a table from end to end', (t) => {
  const db = new Database(':memory:')
  t.after(() => db.close())
  takeSteps(db)
  const prepared: string[] = []
  const prepare = ((sql: string) => {
    prepared.push(sql)
    return db.prepare(sql)
  }) as typeof db.prepare
  retentionWrites(Object.assign(Object.create(db), { prepare }) as typeof db)
  assert.ok(prepared.length > 20)
  for (const sql of prepared) assert.deepEqual(scans(db, sql), [], sql)
  assert.deepEqual(scans(db, 'DELETE FROM runs WHERE ended_at_ms < ?'), ['runs'], 'the control')
})

/** Runs of one task, each a millisecond after the one before. */
function addRuns(db: Database.Database, n: number, from: number): void {
  const run = db.prepare(
    `INSERT INTO runs (task_id, task_version, person, due_ms, state, ready_ms, ended_at_ms, output)
     VALUES (1, 1, 'p', ?, 'succeeded', 0, ?, ?)`,
  )
  db.transaction(() => {
    for (let i = from; i < from + n; i++) run.run(nowMs + i, nowMs + i, 'x'.repeat(200))
  })()
}

async function vacuum(store: Store): Promise<void> {
  while ((await store.write('keep.vacuum', 100, 0)) > 0);
}

test('the file does not grow once as many runs go as come, and gives back what it does not need', async (t) => {
  const store = await openTemporary(t)
  await store.write('tasks.add', 1, newTask())
  const db = database(t, store)
  const size = (): number => {
    db.pragma('wal_checkpoint(TRUNCATE)')
    return statSync(store.folder.database).size
  }
  const sizes: number[] = []
  let most = 0
  for (let round = 0; round < 20; round++) {
    addRuns(db, 2_000, round * 2_000)
    most = Math.max(most, (await trim(store)).mostAtOnce)
    await vacuum(store)
    sizes.push(size())
  }
  assert.ok(most <= 500, `${most} rows in one transaction`)
  const steady = sizes.slice(3)
  assert.ok(Math.max(...steady) <= Math.min(...steady) * 1.1, sizes.join(' '))
  assert.equal(db.prepare('SELECT count(*) FROM runs').pluck().get(), 2_000)

  addRuns(db, 8_000, 100_000)
  const full = size()
  await trim(store)
  assert.equal(size(), full, 'the control: rows that go leave the file as large as it was')
  await vacuum(store)
  assert.ok(size() < full / 2, `${size()} of ${full}`)
  assert.equal(db.pragma('integrity_check', { simple: true }), 'ok')
})
