import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { news, nowMs, openWorld } from './task-world.ts'

test('the list tells what, when, next and state, to people and to programs', async (t) => {
  const { type } = await openWorld(t)
  assert.equal(
    (await type('/tasks')).reply.text,
    'You have no tasks. Make one in plain words: “every weekday at 9 digest examples/feed.xml”.',
  )
  await type('/tasks add every day at 9 digest x')
  await type('/tasks add every 2 hours digest y')
  await type('/tasks pause 2')
  const { reply } = await type('/tasks')
  assert.equal(
    reply.text,
    [
      'You have 2 tasks:',
      '#1 digest x',
      '    every day at 09:00 (Europe/Berlin) · next Sun 22 Nov 2026, 09:00',
      '#2 digest y',
      '    every 2 hours (Europe/Berlin) · paused',
    ].join('\n'),
  )
  const data = z.object({
    tasks: z.array(z.looseObject({ id: z.number(), state: z.string(), nextDue: z.string().nullable() })),
  })
  const { tasks } = data.parse(reply.data)
  assert.deepEqual(
    tasks.map((task) => [task.id, task.state, task.nextDue]),
    [
      [1, 'active', '2026-11-22T08:00:00.000Z'],
      [2, 'paused', null],
    ],
  )
})

test('the next time is one at which it really runs, not one in quiet hours', async (t) => {
  const { type } = await openWorld(t)
  await type('/tasks add every hour, quiet 11:00-15:00 digest x')
  assert.match((await type('/tasks')).reply.text, /next Sat 21 Nov 2026, 15:00$/u)
})

test('tasks that were paused because they fail, or cannot be read, stand first and say how to wake them', async (t) => {
  const { store, type } = await openWorld(t)
  for (const what of ['x', 'y', 'z']) await type(`/tasks add every day at 9 digest ${what}`)
  await store.write('tasks.change', 3, { state: 'paused', nextDueMs: null, pausedFor: 'schedule' }, '', nowMs)
  await store.write('tasks.change', 2, { state: 'paused', nextDueMs: null, pausedFor: 'failures' }, '', nowMs)
  await type('/tasks add every day at 9 digest w')
  await type('/tasks pause 4')
  assert.deepEqual((await type('/tasks')).reply.text.split('\n'), [
    'You have 4 tasks:',
    '⚠ #2 digest y',
    '    every day at 09:00 (Europe/Berlin) · paused, because it failed 0 times in a row. Why: /tasks history 2 · go on: /tasks resume 2',
    '⚠ #3 digest z',
    '    every day at 09:00 (Europe/Berlin) · paused, because I cannot read its schedule any more. Give it another: /tasks edit 3 every day at 9',
    '#1 digest x',
    '    every day at 09:00 (Europe/Berlin) · next Sun 22 Nov 2026, 09:00',
    '#4 digest w',
    '    every day at 09:00 (Europe/Berlin) · paused',
  ])
  assert.match(
    (await type('/任务', { language: 'zh' })).reply.text,
    /⚠ #2 摘要 y\n {4}每天 09:00（Europe\/Berlin） · 已暂停，因为连续失败 0 次。原因：\/任务 历史 2 · 继续：\/任务 恢复 2/u,
  )
})

test('show tells where it posts, its version, what is left of its count, and its last runs', async (t) => {
  const { type, passed, finish } = await openWorld(t)
  await type('/tasks add every day at 9, 5 times digest x to news')
  assert.deepEqual((await type('/tasks 1')).reply.text.split('\n').slice(2), [
    '    posts to #news · version 1 · 0 of 5 times had',
    'It has not run yet.',
  ])
  const runs = await passed(1, ['queued', 'skipped'])
  await finish(runs[0] ?? assert.fail(), {
    state: 'failed',
    status: 'failed',
    fault: 'network',
    note: 'no answer',
  })
  const { reply } = await type('/tasks show 1')
  assert.deepEqual(reply.text.split('\n').slice(2), [
    '    posts to #news · version 1 · 2 of 5 times had · failed the last time',
    'Last runs:',
    '  2 · Sun 22 Nov 2026, 10:00 · skipped · quiet hours',
    '  1 · Sun 22 Nov 2026, 09:00 · failed · took 1 s · no answer',
  ])
  assert.match(
    (await type('/任务 1', { language: 'zh', address: news })).reply.text,
    /发到这里 · 第 1 版 · 共 5 次，已有 2 次 · 上一次失败了\n最近的运行：\n {2}2 · /u,
  )
  const data = z.looseObject({ options: z.looseObject({ count: z.number() }), runs: z.array(z.unknown()) })
  assert.equal(data.parse(reply.data).options.count, 5)
})

test('a long text is told whole in the plan and by show, and by its beginning in lines and names', async (t) => {
  const { type, ask, passed } = await openWorld(t)
  const text = '😀'.repeat(1_500)
  const whole = `remind ${text}`
  const begun = `remind ${'😀'.repeat(93)}…`
  assert.ok(ask(`/remind every day at 9 ${text}`).words.includes(whole))
  await type(`/tasks add every day at 9 remind ${text}`)
  await passed(1, ['skipped'])
  assert.equal((await type('/tasks')).reply.text.split('\n')[1], `#1 ${begun}`)
  assert.ok((await type('/tasks show 1')).reply.text.includes(whole))
  assert.match((await type('/tasks history')).reply.text, new RegExp(` · #1 ${begun} · `, 'u'))
  assert.ok((await type('/tasks history run 1')).reply.text.includes(whole))
  assert.ok((await type('/tasks pause 1')).reply.text.startsWith(`Task 1 (${begun})`))
})

test('buttons pause what is active and wake what can go on, and each says what its label says', async (t) => {
  const { store, type } = await openWorld(t)
  assert.equal((await type('/tasks')).reply.choices, undefined)
  const lines = ['every day at 9 digest x', 'every day at 9 digest y', 'every day at 9 digest z']
  for (const line of lines) await type(`/tasks add ${line}`)
  await store.write('tasks.change', 3, { state: 'paused', nextDueMs: null, pausedFor: 'schedule' }, '', nowMs)
  const pause = { label: 'Pause 2', says: '/tasks pause 2' }
  const resume = { label: 'Resume 2', says: '/tasks resume 2' }
  assert.deepEqual((await type('/tasks')).reply.choices, [
    { label: 'Pause 1', says: '/tasks pause 1' },
    pause,
  ])
  assert.deepEqual((await type(pause.says)).reply.choices, [resume])
  assert.deepEqual((await type('/tasks show 2')).reply.choices, [resume])
  assert.deepEqual((await type(resume.says)).reply.choices, [pause])
  const [chinese] = (await type('/任务 查看 2', { language: 'zh' })).reply.choices ?? []
  assert.deepEqual(chinese, { label: '暂停 2', says: '/任务 暂停 2' })
  assert.match((await type(chinese?.says ?? '', { language: 'zh' })).reply.text, /已暂停/u)
})

test('a new task can be paused at once, and a long list has buttons for ten', async (t) => {
  const { type } = await openWorld(t)
  const { reply } = await type('/tasks add tomorrow at 9 digest x')
  assert.deepEqual(reply.choices, [{ label: 'Pause 1', says: '/tasks pause 1' }])
  for (let i = 0; i < 11; i++) await type(`/tasks add every day at 9 digest y${i}`)
  assert.equal((await type('/tasks')).reply.choices?.length, 10)
})
