import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { runView } from '../../src/run-view.ts'
import type { PastRun } from '../../src/task.ts'
import { tasksWords } from '../../src/words-tasks.ts'
import { here, nowMs, openWorld, type World } from './task-world.ts'

/** What a run asked of a model, at a price. */
async function spend({ store }: World, run: number, costUsd: number | null): Promise<void> {
  const call = { id: run, atMs: nowMs, day: '2026-11-22', route: 'default', person: 'p', conversation: 'c' }
  const counts = { attempts: 1, firstMs: 1, totalMs: 2, inputTokens: 3, outputTokens: 4, cachedTokens: null }
  const rest = { model: 'm', choice: null, fault: null, tries: [], isEstimated: false, isHit: false }
  const record = { ...call, task: 1, run, reservedUsd: null, ...counts, ...rest, costUsd }
  await store.write('calls.settle', record, [])
}

async function post(
  { store }: World,
  { id, dueMs }: PastRun,
  how: 'sent' | 'held' | 'unknown' | 'queued',
): Promise<void> {
  const reply = { text: 'three items', status: 'done' } as const
  const key = `${id}-${how}`
  const row = await store.write('outbox.queue', {
    key,
    address: here,
    answers: null,
    reply,
    createdAtMs: dueMs,
    run: id,
  })
  if (how === 'queued') return
  const delivery = how === 'unknown' ? ({ kind: how, why: 'lost' } as const) : ({ kind: how } as const)
  await store.write('outbox.settle', row ?? 0, delivery, dueMs)
}

/** A task with a run of each end, one an hour from nine o'clock on; ids 1 to 6. */
async function live(world: World): Promise<void> {
  const { store, type, passed, finish } = world
  await type('/tasks add every day at 9 digest x')
  const [, , done, failed, dead] = await passed(1, [
    'missed',
    'skipped',
    'queued',
    'queued',
    'queued',
    'queued',
  ])
  assert.ok(done !== undefined && failed !== undefined && dead !== undefined)
  const claim = { id: done.id, token: 'a' }
  await store.write('runs.claim', claim, done.dueMs, done.dueMs + 60_000)
  await store.write('runs.retry', claim, done.dueMs, 'network', 'nothing answered')
  await spend(world, done.id, 0.0123)
  await post(world, done, 'sent')
  await finish(done, { output: 'three items\nand more' }, 150_000, 1_400)
  const lost = { status: 'failed', fault: 'missing', note: 'https://x is not there\nsecond line' } as const
  await finish(failed, { state: 'failed', ...lost })
  await spend(world, dead.id, null)
  await post(world, dead, 'sent')
  await post(world, dead, 'unknown')
  await finish(dead, { state: 'dead', status: 'failed', fault: 'network', note: 'gave up' })
}

const lines = {
  waiting: '  6 · Sun 22 Nov 2026, 14:00 · waiting',
  dead: '  5 · Sun 22 Nov 2026, 13:00 · dead · took 1 s · delivery unknown · gave up',
  failed: '  4 · Sun 22 Nov 2026, 12:00 · failed · took 1 s · https://x is not there',
  done: '  3 · Sun 22 Nov 2026, 11:00 · done · 3 min late · took 1.4 s · 2 attempts · $0.0123 · sent',
  skipped: '  2 · Sun 22 Nov 2026, 10:00 · skipped · quiet hours',
  missed: '  1 · Sun 22 Nov 2026, 09:00 · missed · quiet hours',
}

test('the history tells of each run when it was due, how it ended, how late and long it was, its cost and its posts', async (t) => {
  const world = await openWorld(t)
  await live(world)
  const { reply } = await world.type('/tasks history 1')
  assert.deepEqual(reply.text.split('\n'), [
    'Task 1 (digest x), newest run first:',
    lines.waiting,
    lines.dead,
    lines.failed,
    lines.done,
    lines.skipped,
    lines.missed,
  ])
  const run = {
    id: z.number(),
    due: z.string(),
    lateMs: z.number().nullable(),
    delivery: z.array(z.string()),
  }
  const { runs } = z
    .strictObject({ id: z.literal(1), runs: z.array(z.looseObject(run)), before: z.null() })
    .parse(reply.data)
  assert.partialDeepStrictEqual(runs[3], {
    id: 3,
    taskId: 1,
    taskVersion: 1,
    due: '2026-11-22T10:00:00.000Z',
    state: 'succeeded',
    attempt: 2,
    crashes: 0,
    lateMs: 150_000,
    tookMs: 1_400,
    costUsd: 0.0123,
    delivery: ['sent'],
    output: 'three items\nand more',
    command: 'digest',
    args: { from: 'x' },
    zone: 'Europe/Berlin',
  })
  assert.deepEqual(runs[1]?.delivery, ['sent', 'unknown'])
  const chinese = await world.type('/任务 历史 1', { language: 'zh' })
  assert.equal(
    chinese.reply.text.split('\n')[4],
    '  3 · 2026年11月22日 星期日 11:00 · 完成 · 晚了 3 分钟 · 用时 1.4 秒 · 尝试 2 次 · $0.0123 · 已发送',
  )
})

test('the history is filtered by outcome, in both languages; failed are also those that are given up', async (t) => {
  const world = await openWorld(t)
  await live(world)
  const found = async (filter: string): Promise<string[]> =>
    (await world.type(`/tasks history 1 ${filter}`)).reply.text.split('\n').slice(1)
  const cases: [filters: string[], expected: string[]][] = [
    [['done', 'succeeded', '完成', '成功'], [lines.done]],
    [
      ['failed', 'FAILED', '失败'],
      [lines.dead, lines.failed],
    ],
    [['dead', '放弃'], [lines.dead]],
    [['skipped', '跳过'], [lines.skipped]],
    [['missed', '错过'], [lines.missed]],
    [['waiting', 'queued', '等待', '等待中'], [lines.waiting]],
    [
      ['missed skipped', '跳过、错过'],
      [lines.skipped, lines.missed],
    ],
    [['failed before 5', '失败 早于 5', '失败 5之前'], [lines.failed]],
  ]
  for (const [filters, expected] of cases) {
    for (const filter of filters) assert.deepEqual(await found(filter), expected, filter)
  }
  await world.type('/tasks cancel 1')
  for (const filter of ['cancelled', 'canceled', '取消']) {
    assert.deepEqual(await found(filter), [
      `${lines.waiting.replace('waiting', 'cancelled')} · stopped by a person`,
    ])
  }
  for (const filter of ['running', '运行中']) {
    assert.equal(
      (await world.type(`/tasks history 1 ${filter}`)).reply.text,
      `There is no run that ended so: ${filter}.`,
    )
  }
})

test('each word in which an outcome is shown can be asked for', async (t) => {
  const { type } = await openWorld(t)
  for (const word of [tasksWords.en, tasksWords.zh].flatMap(({ history }) => Object.values(history.states))) {
    assert.equal((await type(`/tasks history ${word}`)).reply.status, 'done', word)
  }
})

test('without a number it is the history of all of a person’s tasks, each run with what it did in its version', async (t) => {
  const world = await openWorld(t)
  const { type } = world
  assert.equal((await type('/tasks history')).reply.text, 'None of your tasks has run yet.')
  await live(world)
  assert.equal(
    (await type('/任务 历史', { language: 'zh' })).reply.text.split('\n')[0],
    '你的任务的运行，最新的在前：',
  )
  await type('/tasks add every day at 18 remind stretch')
  await world.passed(2, ['skipped'])
  await type('/tasks edit 2 remind me to drink water')
  await type('/tasks remove 2')
  assert.deepEqual((await type('/tasks history skipped')).reply.text.split('\n'), [
    'Runs of your tasks, newest first:',
    '  7 · #2 remind stretch · Sat 21 Nov 2026, 18:00 · skipped · quiet hours',
    '  2 · #1 digest x · Sun 22 Nov 2026, 10:00 · skipped · quiet hours',
  ])
})

test('a page holds twenty runs and says how to see the older ones, with the same filter', async (t) => {
  const { type, passed } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  await passed(1, Array<'skipped'>(45).fill('skipped'))
  const pages: number[][] = []
  let line = '/tasks history 1 skipped'
  for (let i = 0; i < 3; i++) {
    const { reply } = await type(line)
    const data = z.object({ runs: z.array(z.looseObject({ id: z.number() })), before: z.number().nullable() })
    const { runs, before } = data.parse(reply.data)
    pages.push(runs.map(({ id }) => id))
    assert.equal(before, [26, 6, null][i])
    line = /^Older: (.*)$/mu.exec(reply.text)?.[1] ?? ''
    assert.equal(line, ['/tasks history 1 skipped before 26', '/tasks history 1 skipped before 6', ''][i])
  }
  assert.deepEqual(
    pages.map(({ length }) => length),
    [20, 20, 5],
  )
  assert.deepEqual(
    pages.flat(),
    Array.from({ length: 45 }, (_, i) => 45 - i),
  )
  assert.match(
    (await type('/任务 历史 跳过', { language: 'zh' })).reply.text,
    /更早的：\/任务 历史 跳过 早于 26$/u,
  )
  assert.equal((await type('/tasks history 1 before 1')).reply.text, 'There is none older than run 1.')
})

test('one run is told whole: what it did in its version, what came of it and what it cost', async (t) => {
  const world = await openWorld(t)
  const { type } = world
  await live(world)
  await type('/tasks edit 1 digest y')
  assert.deepEqual((await type('/tasks history run 3')).reply.text.split('\n'), [
    'Run 3 of task 1, version 1',
    'due Sun 22 Nov 2026, 11:00 (Europe/Berlin) · done · 3 min late · took 1.4 s · 2 attempts',
    'Input: /digest x',
    'Cost: $0.0123',
    'Delivery: sent',
    'Output:',
    'three items',
    'and more',
  ])
  assert.deepEqual((await type('/任务 历史 运行 5', { language: 'zh' })).reply.text.split('\n'), [
    '运行 5：任务 1，第 1 版',
    '应在 2026年11月22日 星期日 13:00（Europe/Berlin） · 放弃 · 用时 1 秒 · 尝试 1 次',
    '输入：摘要 x',
    '故障：network（那边没有回应，或者连接断了）',
    '说明：gave up',
    '花费：未知',
    '送达：不知是否送达',
  ])
  assert.deepEqual((await type('/tasks history run 2')).reply.text.split('\n'), [
    'Run 2 of task 1, version 1',
    'due Sun 22 Nov 2026, 10:00 (Europe/Berlin) · skipped',
    'Input: /digest x',
    'Note: quiet hours',
  ])
  assert.match((await type('/tasks history run 4')).reply.text, /^Fault: missing \(it is not there\)$/mu)
  assert.equal(
    (await type('/tasks history run 99')).reply.text,
    'You have no run 99. /tasks history lists yours.',
  )
  const { reply } = await type('/tasks history run 3')
  // The same as HTTP gives programs.
  const run = world.store.read.runs.get(3) ?? assert.fail()
  assert.deepEqual(reply.data, runView(run))
  assert.partialDeepStrictEqual(reply.data, { id: 3, command: 'digest', args: { from: 'x' }, crashes: 0 })
})

test('a long output is shown by its beginning, and given to programs as it is kept', async (t) => {
  const { type, passed, finish } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  const [run] = await passed(1, ['queued'])
  await finish(run ?? assert.fail(), { output: '长'.repeat(2_000) })
  const { reply } = await type('/tasks history run 1')
  assert.equal(reply.text.split('\n').at(-1), `${'长'.repeat(600)}…`)
  assert.equal(z.looseObject({ output: z.string() }).parse(reply.data).output.length, 2_000)
})

test('an ordered run says so, and one that waits says from when on', async (t) => {
  const { store, type } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  await type('/tasks run 1')
  const claim = { id: 1, token: 'a' }
  await store.write('runs.claim', claim, nowMs, nowMs + 60_000)
  await store.write('runs.retry', claim, nowMs + 90_000, 'network', 'nothing answered')
  assert.equal(
    (await type('/tasks history run 1')).reply.text.split('\n')[1],
    'ordered Sat 21 Nov 2026, 11:00 (Europe/Berlin) · waiting · not before Sat 21 Nov 2026, 11:01:30 · 1 attempt',
  )
})

test('what cannot be read is answered with the outcomes there are', async (t) => {
  const { type } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  assert.deepEqual(
    [
      (await type('/tasks history 1 splendid')).reply,
      (await type('/任务 历史 1 很好', { language: 'zh' })).reply,
    ],
    [
      {
        text: 'I cannot read “splendid”. Outcomes are waiting, running, done, failed, cancelled, skipped, missed, dead; for example: /tasks history 3 failed · /tasks history run 812',
        status: 'misused',
      },
      {
        text: '“很好”我读不懂。结果有：等待、运行中、完成、失败、取消、跳过、错过、放弃；例如：/任务 历史 3 失败 · /任务 历史 运行 812',
        status: 'misused',
      },
    ],
  )
  assert.equal((await type('/tasks history 9')).reply.text, 'You have no task 9. /tasks lists yours.')
})
