import assert from 'node:assert/strict'
import { test } from 'node:test'
import { usualOptions } from '../../src/task.ts'
import { contextOf, here, news, nowMs, openWorld, zone } from './task-world.ts'

test('words of time change the time and keep what it does; old and new are told with zone and next times', async (t) => {
  const { type, ask, agree, task } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  const told = ask('/tasks edit 1 every day at 10')
  assert.equal(
    told.words,
    [
      'Task 1 is: digest x, every day at 09:00 (Europe/Berlin).',
      'It becomes: digest x, every day at 10:00 (Europe/Berlin).',
      'Next: Sun 22 Nov 2026, 10:00 · Mon 23 Nov 2026, 10:00 · Tue 24 Nov 2026, 10:00',
    ].join('\n'),
  )
  assert.deepEqual(told.kind === 'action' ? told.action : told, {
    command: 'tasks',
    args: {
      action: 'edit',
      id: 1,
      version: 1,
      task: { schedule: { cron: '0 10 * * *' }, options: usualOptions, zone },
    },
  })
  assert.equal(task(1).version, 1)
  const { reply, offer } = await agree(told)
  assert.equal(
    reply.text,
    [
      'Task 1 is changed; this is version 2.',
      'It is now: digest x, every day at 10:00 (Europe/Berlin).',
      'Next: Sun 22 Nov 2026, 10:00 · Mon 23 Nov 2026, 10:00 · Tue 24 Nov 2026, 10:00',
    ].join('\n'),
  )
  assert.equal(offer, undefined)
  const { version, schedule, args, nextDueMs } = task(1)
  assert.deepEqual([version, schedule, args], [2, { cron: '0 10 * * *' }, { from: 'x' }])
  assert.equal(nextDueMs, Date.parse('2026-11-22T09:00:00Z'))
})

test('a command changes what it does and keeps the time, and a trial run is offered', async (t) => {
  const { type, ask, agree, task } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  const told = ask('/tasks edit 1 digest https://example.org/feed to news')
  assert.equal(
    told.words,
    [
      'Task 1 is: digest x, every day at 09:00 (Europe/Berlin).',
      'It becomes: digest https://example.org/feed to news, every day at 09:00 (Europe/Berlin).',
      'It will post to #news.',
      'Next: Sun 22 Nov 2026, 09:00 · Mon 23 Nov 2026, 09:00 · Tue 24 Nov 2026, 09:00',
    ].join('\n'),
  )
  const { reply, offer } = await agree(told)
  assert.match(reply.text, /Shall I run it once now/u)
  assert.deepEqual(offer, { command: 'tasks', args: { action: 'run', id: 1 } })
  const { args, schedule, address } = task(1)
  assert.deepEqual(args, { from: 'https://example.org/feed', to: 'news' })
  assert.deepEqual([schedule, address], [{ cron: '0 9 * * *' }, news])
  // Another command without a place goes on posting where it did, and that is told.
  const elsewhere = ask('/tasks edit 1 remind stretch')
  assert.match(elsewhere.words, /It becomes: remind stretch, every day .*\nIt will post to #news\./u)
  await agree(elsewhere)
  assert.deepEqual([task(1).command, task(1).address], ['remind', news])
})

test('a command with words of time changes both; so does a typed one with its options', async (t) => {
  const { type, task } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  await type('/tasks edit 1 every day at 10 digest y to news')
  assert.deepEqual([task(1).args, task(1).schedule], [{ from: 'y', to: 'news' }, { cron: '0 10 * * *' }])
  await type('/tasks edit 1 /digest --from z --when "every day at 11"')
  assert.deepEqual([task(1).args, task(1).schedule], [{ from: 'z' }, { cron: '0 11 * * *' }])
  await type('/tasks edit 1 remind me every day at 12 to stretch')
  assert.deepEqual([task(1).args, task(1).schedule], [{ text: 'stretch' }, { cron: '0 12 * * *' }])
})

test('the same in Chinese', async (t) => {
  const { type, ask, agree, task } = await openWorld(t)
  await type('/任务 添加 每天早上9点摘要 x', { language: 'zh' })
  const told = ask('/任务 修改 1 每天早上10点，共5次', { language: 'zh' })
  assert.match(
    told.words,
    /^任务 1 现在是：摘要 x，每天 09:00（Europe\/Berlin）。\n改为：摘要 x，每天 10:00/u,
  )
  const { reply } = await agree(told, { language: 'zh' })
  assert.match(reply.text, /^任务 1 已修改，这是第 2 版。\n现在是：摘要 x，每天 10:00/u)
  assert.deepEqual([task(1).schedule, task(1).options.count], [{ cron: '0 10 * * *' }, 5])
  await type('/任务 改1 摘要 y', { language: 'zh' })
  assert.deepEqual([task(1).args, task(1).options.count], [{ from: 'y' }, 5])
})

test('options that are named replace those options, the others are kept, also with another time', async (t) => {
  const { type, task } = await openWorld(t)
  await type('/tasks add every hour, quiet 22:00-07:00, 5 times digest x')
  await type('/tasks edit 1 8 times')
  const quiet = { from: '22:00', to: '07:00' }
  assert.deepEqual(task(1).options, { ...usualOptions, quiet, count: 8 })
  await type('/tasks edit 1 every 2 hours, overlap: skip')
  assert.deepEqual(task(1).options, { ...usualOptions, quiet, count: 8, overlap: 'skip' })
  await type('/tasks edit 1 quiet 23:00-06:00, without options')
  assert.deepEqual(task(1).options, { ...usualOptions, quiet: { from: '23:00', to: '06:00' } })
  await type('/tasks edit 1 without options')
  assert.deepEqual(task(1).options, usualOptions)
})

test('due times that were had are not given again by an edit that does not speak of them', async (t) => {
  const { store, type, ask, agree, task, passed } = await openWorld(t)
  await type('/tasks add every day at 9, 5 times digest x')
  await passed(1, ['skipped', 'skipped'])
  await type('/tasks edit 1 every day at 10')
  assert.deepEqual([task(1).options.count, task(1).dueCount], [3, 0])
  await passed(1, ['skipped', 'skipped', 'skipped'])
  await store.write('tasks.change', 1, { state: 'done', nextDueMs: null, pausedFor: null }, '', nowMs)
  assert.equal(
    ask('/tasks edit 1 every day at 11').words,
    'Task 1 (digest x) has had its 3 times. Give it more: /tasks edit 1 5 times',
  )
  await agree(ask('/tasks edit 1 2 times'))
  assert.deepEqual([task(1).options.count, task(1).state], [2, 'active'])
})

test('a yes to a version that is not the newest any more changes nothing and says so', async (t) => {
  const { type, ask, agree, task } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  const told = ask('/tasks edit 1 every day at 10')
  await type('/tasks edit 1 every day at 11')
  const { reply, writes } = await agree(told)
  assert.deepEqual(
    [reply.text, reply.status, writes],
    [
      'Task 1 (digest x) was changed after I told you of it, so I did nothing. Look at /tasks show 1 and say it anew.',
      'failed',
      undefined,
    ],
  )
  assert.deepEqual([task(1).version, task(1).schedule], [2, { cron: '0 11 * * *' }])
  const pause = ask('/tasks edit 1 every day at 10')
  await type('/tasks pause 1')
  assert.match((await agree(pause, { language: 'zh' })).reply.text, /又被修改过，所以什么也没有做/u)
  // The control: told of the newest version, the same yes is taken.
  await agree(ask('/tasks edit 1 every day at 10'))
  assert.deepEqual(task(1).schedule, { cron: '0 10 * * *' })
})

test('a model cannot name the version: what is told is of the task as it is now', async (t) => {
  const { type, tasks, agree, task } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  await type('/tasks pause 1')
  const args = { action: 'edit', id: 1, version: 1, task: { when: 'every day at 10' } }
  const told = tasks.restate({ name: 'tasks', args }, contextOf())
  assert.match(told.words, /It stays paused; \/tasks resume 1 wakes it\./u)
  await agree(told)
  const { version, state, nextDueMs, schedule } = task(1)
  assert.deepEqual([version, state, nextDueMs, schedule], [3, 'paused', null, { cron: '0 10 * * *' }])
})

test('words of time are meant in the zone of the person now; a time that is kept stays in its own', async (t) => {
  const { type, task } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  const tokyo = { zone: 'Asia/Tokyo' }
  await type('/tasks edit 1 digest y', tokyo)
  assert.equal(task(1).zone, 'Europe/Berlin')
  await type('/tasks edit 1 5 times', tokyo)
  assert.equal(task(1).zone, 'Europe/Berlin')
  await type('/tasks edit 1 every day at 9', tokyo)
  assert.deepEqual([task(1).zone, task(1).nextDueMs], ['Asia/Tokyo', Date.parse('2026-11-22T00:00:00Z')])
})

test('a due time that has come is not passed over by an edit of what it does', async (t) => {
  const { type, task } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  const dueMs = Date.parse('2026-11-22T08:00:00Z')
  await type('/tasks edit 1 digest y', { nowMs: dueMs + 500 })
  assert.equal(task(1).nextDueMs, dueMs)
  // The control: with another time there is another next due time.
  await type('/tasks edit 1 every day at 9 and 18', { nowMs: dueMs + 500 })
  assert.equal(task(1).nextDueMs, Date.parse('2026-11-22T17:00:00Z'))
})

test('here is where the person speaks, when a command is said anew', async (t) => {
  const { type, task } = await openWorld(t)
  await type('/tasks add every day at 9 digest x to here')
  await type('/tasks edit 1 every day at 10', { address: news })
  assert.deepEqual(task(1).address, here)
  await type('/tasks edit 1 digest x to here', { address: news })
  assert.deepEqual(task(1).address, news)
})

test('a one-time task that is done can be given another time', async (t) => {
  const { store, type, task } = await openWorld(t)
  await type('/tasks add tomorrow at 9 digest x')
  await store.write('tasks.change', 1, { state: 'done', nextDueMs: null, pausedFor: null }, '', nowMs)
  await type('/tasks edit 1 the day after tomorrow at 9')
  assert.deepEqual([task(1).state, task(1).nextDueMs], ['active', Date.parse('2026-11-23T08:00:00Z')])
})

test('an edit that says nothing, nothing new, or nothing that can be read is answered with how', async (t) => {
  const { type, ask } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  const cases: [line: string, words: RegExp][] = [
    ['/tasks edit 1', /^What shall I change\?/u],
    ['/tasks edit 1 every day at 9', /^Task 1 \(digest x\) is like that already\.$/u],
    [
      '/tasks edit 1 colourless green ideas',
      /^I cannot read “colourless green ideas” as a time or as a command/u,
    ],
    ['/tasks edit 1 digest', /^\/digest: missing from\. Usage: /u],
    ['/tasks edit 1 status', /^There is no command \/status/u],
    [
      '/tasks edit 1 digest x to nowhere',
      /^I know no place called nowhere where you may post\. Try: here\.$/u,
    ],
    ['/tasks edit 1 digest x to #nwes', /called #nwes .* \/invite @Moltbot\.$/u],
    ['/tasks edit 1 2020-01-01 09:00', /has passed|cannot read/u],
    ['/tasks edit 9 every day at 9', /^You have no task 9\./u],
  ]
  for (const [line, words] of cases) {
    const told = ask(line)
    assert.equal(told.kind, 'problem', line)
    assert.match(told.words, words, line)
  }
})
