import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nowMs, openWorld } from './task-world.ts'

test('pause and resume; resuming takes the next time from now', async (t) => {
  const { type, task } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  assert.equal(
    (await type('/tasks pause 1')).reply.text,
    'Task 1 (digest x) is paused. /tasks resume 1 wakes it again.',
  )
  assert.equal(task(1).nextDueMs, null)
  assert.match((await type('/tasks pause 1')).reply.text, /paused already/u)
  const { reply } = await type('/tasks resume 1', { nowMs: nowMs + 30 * 86_400_000 })
  assert.equal(reply.text, 'Task 1 (digest x) goes on; next Tue 22 Dec 2026, 09:00.')
  assert.equal(task(1).nextDueMs, Date.parse('2026-12-22T08:00:00Z'))
  assert.match((await type('/tasks resume 1')).reply.text, /active already; next Tue 22 Dec 2026, 09:00/u)
})

test('what waits is cancelled with a pause, and all with a removal, and the rows say why', async (t) => {
  const { store, type, passed, open } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  await passed(1, ['queued', 'queued'])
  const [first] = open('queued').toReversed()
  await store.write('runs.claim', { id: first?.id ?? 0, token: 'a' }, nowMs, nowMs + 60_000)
  await type('/tasks pause 1')
  assert.deepEqual(
    open('cancelled').map(({ note }) => note),
    ['the task was paused before its turn'],
  )
  assert.equal(open('running').length, 1)
  assert.equal((await type('/tasks remove 1')).reply.text, 'Task 1 (digest x) is removed.')
  assert.deepEqual(
    open('cancelled').map(({ note }) => note),
    ['the task was paused before its turn', 'the task was removed'],
  )
  assert.equal(store.read.tasks.get(1), undefined)
})

test('a task that was paused for its failures is woken, and they are forgotten', async (t) => {
  const { store, type, task, passed, finish } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  for (const run of await passed(1, ['queued', 'queued'])) {
    await finish(run, { state: 'failed', status: 'failed', fault: 'network' })
  }
  await store.write('tasks.change', 1, { state: 'paused', nextDueMs: null, pausedFor: 'failures' }, '', nowMs)
  assert.match((await type('/tasks show 1')).reply.text, /^⚠ #1 .*\n.*failed 2 times in a row/u)
  assert.match((await type('/tasks resume 1')).reply.text, /goes on; next Sun 22 Nov/u)
  const { state, failures, pausedFor } = task(1)
  assert.deepEqual([state, failures, pausedFor], ['active', 0, null])
})

test('a task whose schedule cannot be read is shown, and stays paused until it has another', async (t) => {
  const { store, type, task, ask, agree } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  const { command, args, options, zone, address } = task(1)
  const broken = { command, args, options, zone, address, schedule: { cron: 'no' }, nextDueMs: nowMs }
  await store.write('tasks.edit', 1, 1, broken, nowMs)
  await store.write('tasks.change', 1, { state: 'paused', nextDueMs: null, pausedFor: 'schedule' }, '', nowMs)
  assert.match(
    (await type('/tasks')).reply.text,
    /⚠ #1 digest x\n {4}a schedule that I cannot read, \{"cron":"no"\} · paused, because/u,
  )
  assert.equal(
    (await type('/tasks resume 1')).reply.text,
    'Task 1 (digest x) cannot go on: “no” is no schedule of five fields (minute hour day-of-month month day-of-week). Give it another time: /tasks edit 1 every day at 9',
  )
  const told = ask('/tasks edit 1 every day at 10')
  assert.match(told.words, /It becomes: digest x, every day at 10:00 .*\nIt was paused for its schedule/u)
  await agree(told)
  const { state, pausedFor, nextDueMs, version } = task(1)
  assert.deepEqual(
    [state, pausedFor, nextDueMs, version],
    ['active', null, Date.parse('2026-11-22T09:00:00Z'), 5],
  )
})

test('a task whose one time has passed, or whose count is used up, cannot be resumed', async (t) => {
  const { store, type, passed } = await openWorld(t)
  await type('/tasks add tomorrow at 9 digest x')
  await store.write('tasks.change', 1, { state: 'done', nextDueMs: null, pausedFor: null }, '', nowMs)
  const late = await type('/tasks resume 1', { nowMs: nowMs + 7 * 86_400_000 })
  assert.match(late.reply.text, /is done/u)
  assert.equal(late.writes, undefined)
  await type('/tasks add every day at 9, 2 times digest y')
  await passed(2, ['skipped', 'skipped'])
  await store.write('tasks.change', 2, { state: 'done', nextDueMs: null, pausedFor: null }, '', nowMs)
  const { reply, writes } = await type('/tasks resume 2')
  assert.equal(reply.text, 'Task 2 (digest y) has had its 2 times. Give it more: /tasks edit 2 5 times')
  assert.equal(writes, undefined)
  assert.equal(
    (await type('/任务 恢复 2', { language: 'zh' })).reply.text,
    '任务 2（摘要 y）的 2 次已经用完。再加几次：/任务 修改 2 共5次',
  )
})

test('an order to run now is taken once until it has run', async (t) => {
  const { type, open, finish } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  assert.match((await type('/tasks run 1')).reply.text, /runs now/u)
  assert.equal(
    (await type('/tasks run 1')).reply.text,
    'Task 1 (digest x) is running or waiting its turn already. /tasks cancel 1 ends that.',
  )
  const [run, ...more] = open('queued')
  assert.deepEqual(more, [])
  await finish(run ?? assert.fail())
  assert.match((await type('/tasks run 1', { nowMs: nowMs + 5_000 })).reply.text, /runs now/u)
})

test('cancel ends what waits and what runs, says how many, and leaves the schedule', async (t) => {
  const { store, type, task, passed, open } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  assert.equal(
    (await type('/tasks cancel 1')).reply.text,
    'Task 1 (digest x): no run of it waits or runs just now.',
  )
  const runs = await passed(1, ['queued', 'queued', 'queued'])
  await store.write('runs.claim', { id: runs[0]?.id ?? 0, token: 'a' }, nowMs, nowMs + 60_000)
  const before = task(1)
  const { reply } = await type('/tasks cancel 1')
  assert.equal(
    reply.text,
    'Task 1 (digest x): 1 stopped that ran, 2 cancelled that waited. Its next due times stay.',
  )
  assert.deepEqual(reply.data, { id: 1, waiting: 2, running: 1 })
  assert.deepEqual(task(1), before)
  assert.deepEqual(
    open('cancelled').map(({ note }) => note),
    Array<string>(3).fill('stopped by a person'),
  )
  await type('/tasks run 1', { nowMs: nowMs + 5_000 })
  assert.equal(
    (await type('/任务 取消 1', { language: 'zh' })).reply.text,
    '任务 1（摘要 x）：取消了等待中的 1 次。之后的时间不变。',
  )
})
