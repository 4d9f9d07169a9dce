import Database from 'better-sqlite3'
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Try } from '../../src/model.ts'
import type { CallRecord, OpenCall, UsageLine } from '../../src/store/calls.ts'
import { migrations } from '../../src/store/migrations.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { temporaryFolder } from '../doubles/folder.ts'

const ann = 'terminal/local/ann'
const bob = 'terminal/local/bob'
const opened = (id: number, changes: Partial<OpenCall> = {}): OpenCall => ({
  id,
  atMs: 1_000 + id,
  day: '2026-11-22',
  route: 'default',
  person: ann,
  conversation: 'terminal/local/main',
  task: null,
  run: null,
  reservedUsd: 0.5,
  ...changes,
})
const tries: readonly Try[] = [
  {
    model: 'gpt',
    outcome: 'answered',
    totalMs: 30,
    firstMs: 10,
    usage: { inputTokens: 100, outputTokens: 20 },
  },
]
const record = (id: number, changes: Partial<CallRecord> = {}): CallRecord => ({
  ...opened(id),
  model: 'gpt',
  choice: 'first',
  fault: null,
  attempts: 1,
  tries,
  firstMs: 10,
  totalMs: 30,
  inputTokens: 100,
  outputTokens: 20,
  cachedTokens: 40,
  costUsd: 0.25,
  isEstimated: false,
  isHit: false,
  ...changes,
})
const line = (changes: Partial<UsageLine> = {}): UsageLine => ({
  model: 'gpt',
  calls: 1,
  hits: 0,
  inputTokens: 100,
  outputTokens: 20,
  costUsd: 0.25,
  unpricedCalls: 0,
  ...changes,
})
const today = { from: '2026-11-22', to: '2026-11-22' }

async function open(t: TestContext, path = temporaryFolder(t)): Promise<Store> {
  const store = await openStore(path)
  t.after(() => store.close())
  return store
}

test('a call is written as it was, whether it was opened first or not', async (t) => {
  const store = await open(t)
  assert.equal(store.read.calls.lastId(), 0)
  await store.write('calls.open', opened(1))
  assert.equal(store.read.calls.lastOf('terminal/local/main'), undefined)
  await store.write('calls.settle', record(1), [line()])
  assert.deepEqual(store.read.calls.lastOf('terminal/local/main'), record(1))
  const other = record(2, {
    conversation: 'x',
    task: 7,
    fault: 'network',
    model: null,
    costUsd: null,
    firstMs: null,
  })
  await store.write('calls.settle', other, [])
  assert.deepEqual(store.read.calls.lastOf('x'), other)
  assert.equal(store.read.calls.lastId(), 2)
})

test('a call is added up once, however often it is settled', async (t) => {
  const store = await open(t)
  await store.write('calls.open', opened(1))
  await store.write('calls.settle', record(1), [line(), line({ model: 'claude', calls: 0 })])
  await store.write('calls.settle', record(1, { costUsd: 9 }), [line({ costUsd: 9 })])
  assert.deepEqual(store.read.calls.total(today), {
    calls: 1,
    hits: 0,
    inputTokens: 200,
    outputTokens: 40,
    costUsd: 0.5,
    unpricedCalls: 0,
  })
  assert.equal(store.read.calls.lastOf('terminal/local/main')?.costUsd, 0.25)
})

test('the calls that a crash cut count as much as was set aside, once', async (t) => {
  const path = temporaryFolder(t)
  const first = await openStore(path)
  await first.write('calls.open', opened(1))
  await first.write('calls.open', opened(2, { person: bob, task: 7, day: '2026-11-21' }))
  await first.write('calls.open', opened(3, { reservedUsd: null }))
  await first.write('calls.settle', record(4), [line()])
  await first.close()
  const store = await open(t, path)
  assert.equal(store.read.calls.hasOpen(), true)
  assert.equal(await store.write('calls.settleLeft'), 3)
  assert.equal(await store.write('calls.settleLeft'), 0)
  assert.equal(store.read.calls.hasOpen(), false)
  const { calls, costUsd, unpricedCalls } = store.read.calls.total(today)
  assert.deepEqual([calls, costUsd, unpricedCalls], [3, 0.75, 1])
  assert.deepEqual(store.read.calls.spent('2026-11-21', '2026-11-21'), [{ person: bob, task: 7, usd: 0.5 }])
  const left = store.read.calls.lastOf('terminal/local/main')
  assert.equal(left?.id, 4)
  const rows = new Database(join(path, 'moltbot.db'), { readonly: true })
  t.after(() => rows.close())
  const cut = rows.prepare(`SELECT state, fault, cost_usd, is_estimated FROM model_calls WHERE id = 1`).get()
  assert.deepEqual(cut, { state: 'done', fault: 'cancelled', cost_usd: 0.5, is_estimated: 1 })
})

test('usage is told by person, model, task and day, the dearest first', async (t) => {
  const store = await open(t)
  const { calls } = store.read
  await store.write('calls.settle', record(1), [line()])
  await store.write('calls.settle', record(2, { person: bob, task: 7 }), [line({ costUsd: 1 })])
  await store.write('calls.settle', record(3, { day: '2026-11-01' }), [
    line({ model: 'new', costUsd: 0, unpricedCalls: 1 }),
  ])
  await store.write('calls.hit', [opened(4, { reservedUsd: 0 }), opened(5, { reservedUsd: 0, task: 7 })])
  const month = { from: '2026-11-01', to: '2026-11-30' }
  const told = (key: 'person' | 'model' | 'task' | 'day') =>
    calls.usage(key, month, 10).map((one) => [one.key, one.costUsd, one.calls, one.hits, one.unpricedCalls])
  assert.deepEqual(told('person'), [
    [bob, 1, 1, 0, 0],
    [ann, 0.25, 2, 2, 1],
  ])
  assert.deepEqual(told('model'), [
    ['gpt', 1.25, 2, 0, 0],
    ['new', 0, 1, 0, 1],
    ['', 0, 0, 2, 0],
  ])
  assert.deepEqual(told('task'), [
    ['7', 1, 1, 1, 0],
    ['0', 0.25, 2, 1, 1],
  ])
  assert.deepEqual(
    told('day').map(([day]) => day),
    ['2026-11-22', '2026-11-01'],
  )
  assert.equal(calls.usage('model', month, 1).length, 1)
  assert.deepEqual([calls.total({ ...month, person: ann }).costUsd, calls.total(today).calls], [0.25, 2])
  assert.deepEqual(calls.total({ from: '2027-01-01', to: '2027-01-31' }).calls, 0)
})

test('an answer from the cache is the last of its conversation, and says nothing of models', async (t) => {
  const store = await open(t)
  await store.write('calls.settle', record(1), [line()])
  await store.write('calls.hit', [opened(2, { reservedUsd: 0 })])
  const last = store.read.calls.lastOf('terminal/local/main')
  assert.deepEqual([last?.id, last?.isHit, last?.costUsd, last?.tries], [2, true, 0, []])
  assert.deepEqual(store.read.calls.recent(10), tries)
})

test('the newest tries come oldest first', async (t) => {
  const store = await open(t)
  for (const id of [1, 2, 3]) {
    const of = [{ model: `m${id}`, outcome: 'answered', totalMs: 1, usage: {} }] as const
    await store.write('calls.settle', record(id, { tries: of }), [])
  }
  await store.write('calls.open', opened(4))
  assert.deepEqual(
    store.read.calls.recent(2).map(({ model }) => model),
    ['m2', 'm3'],
  )
})

test('a database from before the calls is brought up, with what was in it', async (t) => {
  const path = temporaryFolder(t)
  const db = new Database(join(path, 'moltbot.db'))
  db.exec(migrations[0] ?? '')
  db.pragma('user_version = 1')
  db.exec(`INSERT INTO messages (conversation, role, text, at_ms) VALUES ('c', 'user', 'hi', 1)`)
  db.close()
  const store = await open(t, path)
  assert.deepEqual(store.read.conversations.turns('c'), [{ id: 1, role: 'user', text: 'hi' }])
  await store.write('calls.settle', record(1), [line()])
  assert.equal(store.read.calls.total(today).calls, 1)
})

test('what a crash left open counts as spent at once, what this life has open does not', async (t) => {
  const path = temporaryFolder(t)
  const first = await openStore(path)
  await first.write('calls.open', opened(1))
  await first.write('calls.open', opened(2, { task: 7, reservedUsd: null }))
  await first.write('calls.settle', record(3), [line()])
  await first.close()
  const store = await open(t, path)
  await store.write('calls.open', opened(4))
  const spent = () => store.read.calls.spent('2026-11-22', '2026-11-22').filter(({ usd }) => usd > 0)
  assert.deepEqual(spent(), [{ person: ann, task: 0, usd: 0.75 }])
  await store.write('calls.settle', record(1, { costUsd: 0.25 }), [line()])
  assert.deepEqual(spent(), [{ person: ann, task: 0, usd: 0.5 }])
})

test('a call for which more is set aside later is left with that, while it is open', async (t) => {
  const store = await open(t)
  await store.write('calls.open', opened(1))
  await store.write('calls.open', opened(1, { reservedUsd: 0.75 }))
  await store.write('calls.settle', record(2), [line()])
  await store.write('calls.open', opened(2, { reservedUsd: 9 }))
  assert.equal(await store.write('calls.settleLeft'), 1)
  assert.equal(store.read.calls.total(today).costUsd, 1)
})
