import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { z } from 'zod'
import { usualOptions, type Options } from '../../src/task.ts'
import { contextOf, here, news, nowMs, openWorld, stranger, zone } from './task-world.ts'

test('what is typed after /tasks is read as an action, a number and more', async (t) => {
  const { table } = await openWorld(t)
  const cases: [typed: string, args: Record<string, unknown>][] = [
    ['/tasks', { action: 'list' }],
    ['任务', { action: 'list' }],
    ['/tasks list', { action: 'list' }],
    ['/tasks show 3', { action: 'show', id: 3 }],
    ['/tasks #3', { action: 'show', id: 3 }],
    ['/tasks 3', { action: 'show', id: 3 }],
    ['/tasks PAUSE #3', { action: 'pause', id: 3 }],
    ['/tasks pause', { action: 'pause' }],
    ['/tasks cancel 3', { action: 'cancel', id: 3 }],
    ['/tasks show x', { action: 'show', text: 'x' }],
    ['/tasks show task 3', { action: 'show', id: 3 }],
    ['/tasks run 3 now', { action: 'run', id: 3 }],
    ['/tasks pause 3 until Friday', { action: 'pause', text: '3 until Friday' }],
    ['/tasks remove 1, 2', { action: 'remove', text: '1, 2' }],
    ['/tasks show 0', { action: 'show', text: '0' }],
    ['/tasks 99999999999999999999', { action: 'show', text: '99999999999999999999' }],
    ['/tasks edit 3 every day at 10', { action: 'edit', id: 3, text: 'every day at 10' }],
    ['/tasks edit #3: digest y', { action: 'edit', id: 3, text: 'digest y' }],
    ['/tasks edit 3', { action: 'edit', id: 3 }],
    ['/tasks edit 9:30 every day', { action: 'edit', text: '9:30 every day' }],
    ['/tasks edit every day at 10', { action: 'edit', text: 'every day at 10' }],
    ['/tasks history', { action: 'history' }],
    ['/tasks history 3 failed before 812', { action: 'history', id: 3, text: 'failed before 812' }],
    ['/tasks history run 812', { action: 'history', text: 'run 812' }],
    ['/任务 暂停3', { action: 'pause', id: 3 }],
    ['/任务 删除 任务 3', { action: 'remove', id: 3 }],
    ['/任务 查看 #3', { action: 'show', id: 3 }],
    ['/任务 恢复 3', { action: 'resume', id: 3 }],
    ['/任务 运行 3', { action: 'run', id: 3 }],
    ['/任务 查看 ３', { action: 'show', id: 3 }],
    ['/任务 暂停 三', { action: 'pause', id: 3 }],
    ['/任务 查看 第十二个', { action: 'show', id: 12 }],
    ['/任务 删除 任务二十三', { action: 'remove', id: 23 }],
    ['/任务 运行 两', { action: 'run', id: 2 }],
    ['/任务 运行 十', { action: 'run', id: 10 }],
    ['/任务 运行3号任务吧', { action: 'run', id: 3 }],
    ['/任务 修改 第三个每天早上10点', { action: 'edit', id: 3, text: '每天早上10点' }],
    ['/任务 修改 三 每天早上10点', { action: 'edit', id: 3, text: '每天早上10点' }],
    ['/任务 修改 三天后早上10点', { action: 'edit', text: '三天后早上10点' }],
    ['/任务 修改 三号早上10点', { action: 'edit', text: '三号早上10点' }],
    ['/任务 修改 两个小时一次', { action: 'edit', text: '两个小时一次' }],
    ['/任务 历史 三 失败', { action: 'history', id: 3, text: '失败' }],
    ['/任务 历史 812之前', { action: 'history', text: '812之前' }],
    ['/任务 取消第3个', { action: 'cancel', id: 3 }],
    ['/任务 修改 3 每天早上10点', { action: 'edit', id: 3, text: '每天早上10点' }],
    ['/任务 改3每天早上10点', { action: 'edit', id: 3, text: '每天早上10点' }],
    ['/任务 改天早上9点摘要 x', { action: 'add', text: '改天早上9点摘要 x' }],
    ['/任务 历史 3', { action: 'history', id: 3 }],
    ['/任务 历史 失败', { action: 'history', text: '失败' }],
    ['/任务 列表', { action: 'list' }],
    ['/任务 添加 每天9点摘要 x', { action: 'add', text: '每天9点摘要 x' }],
    ['/task add every day at 9 digest x', { action: 'add', text: 'every day at 9 digest x' }],
    ['/task every day at 9 digest x', { action: 'add', text: 'every day at 9 digest x' }],
    ['/task run the digest x every morning', { action: 'add', text: 'run the digest x every morning' }],
  ]
  for (const [typed, args] of cases) {
    const order = table.read(typed, { nowMs, zone: 'UTC' })
    assert.deepEqual(order?.kind === 'invocation' ? order.invocation.args : order, args, typed)
  }
})

test('looking needs no yes, changing does, and what is set or changed is told back first', async (t) => {
  const { table } = await openWorld(t)
  const tierOf = (action: string): string => {
    const read = table.readCall('tasks', { action, id: 1 })
    return read.kind === 'invocation' ? read.invocation.tier : read.kind
  }
  assert.deepEqual(['list', 'show', 'history'].map(tierOf), ['read', 'read', 'read'])
  assert.deepEqual(['pause', 'resume', 'remove', 'run', 'cancel'].map(tierOf), Array<string>(5).fill('ask'))
  assert.deepEqual(['add', 'edit'].map(tierOf), ['write', 'write'])
})

test('models are told of it in few bytes, and not of how a task is added', async (t) => {
  const { table, tasks } = await openWorld(t)
  const tool = table.tools.find(({ name }) => name === 'tasks')
  assert.ok(JSON.stringify(tool).length < 350, `${JSON.stringify(tool).length} bytes`)
  assert.doesNotMatch(JSON.stringify(tasks.command.parameters), /"add"/u)
})

test('a sentence becomes a task that is told back with its zone and next three times', async (t) => {
  const { type, task } = await openWorld(t)
  const { reply } = await type('/tasks add every weekday at 9 digest https://example.org/feed')
  assert.equal(
    reply.text,
    [
      'Task 1 is set.',
      'A task: digest https://example.org/feed, Monday to Friday at 09:00 (Europe/Berlin).',
      'Next: Mon 23 Nov 2026, 09:00 · Tue 24 Nov 2026, 09:00 · Wed 25 Nov 2026, 09:00',
      'Shall I run it once now, so that you see what comes? Say yes, or leave it.',
    ].join('\n'),
  )
  const { command, args, schedule, options, zone: inZone, person, address, nextDueMs } = task(1)
  assert.deepEqual([command, args], ['digest', { from: 'https://example.org/feed' }])
  assert.deepEqual([schedule, options, inZone], [{ cron: '0 9 * * 1-5' }, usualOptions, 'Europe/Berlin'])
  assert.deepEqual([person, address], ['terminal/local/me', here])
  assert.equal(nextDueMs, Date.parse('2026-11-23T08:00:00Z'))
  const chinese = await type('/任务 添加 每天早上9点摘要 x', { language: 'zh' })
  assert.equal(
    chinese.reply.text,
    [
      '任务 2 已设定。',
      '任务：摘要 x，每天 09:00（Europe/Berlin）。',
      '接下来：2026年11月22日 星期日 09:00 · 2026年11月23日 星期一 09:00 · 2026年11月24日 星期二 09:00',
      '要现在先运行一次，看看结果吗？说“好”就运行；不需要就不用理会。',
    ].join('\n'),
  )
})

test('options that are said are kept with the task, beside those that nobody spoke of', async (t) => {
  const { ask, agree, task } = await openWorld(t)
  const told = ask('/tasks add every hour, quiet 22:00-07:00, 5 times digest x to news')
  assert.match(told.words, /digest x to news, every hour .*between 22:00 and 07:00/u)
  assert.match(told.words, /5 times/u)
  await agree(told)
  const { options, address } = task(1)
  assert.deepEqual(options, { ...usualOptions, quiet: { from: '22:00', to: '07:00' }, count: 5 })
  assert.deepEqual(address, news)
})

test('what is told before the yes is what is set after it', async (t) => {
  const { task, tasks, agree } = await openWorld(t)
  const order = { name: 'digest', args: { from: 'x', to: 'news' }, when: 'every 2 hours, 3 times' }
  const told = tasks.restate(order, contextOf())
  assert.match(told.words, /every 2 hours/u)
  assert.deepEqual(told.kind === 'action' ? told.action.args['task'] : told, {
    command: 'digest',
    args: { from: 'x', to: 'news' },
    schedule: { everyMs: 7_200_000, from: '2026-11-21T10:00:00.000Z' },
    options: { ...usualOptions, count: 3 },
    zone,
  })
  // The yes comes five minutes later, and from a person whose zone is another; the times stay those that were told.
  await agree(told, { nowMs: nowMs + 300_000, zone: 'Asia/Tokyo' })
  assert.deepEqual(task(1).schedule, { everyMs: 7_200_000, from: '2026-11-21T10:00:00.000Z' })
  assert.deepEqual([task(1).nextDueMs, task(1).zone], [nowMs + 7_200_000, zone])
  assert.deepEqual(task(1).address, news)
})

test('one trial run is offered with a new task, and a yes to the offer orders it', async (t) => {
  const { type, agree, open } = await openWorld(t)
  const { reply, offer } = await type('/tasks add every day at 9 digest x')
  assert.equal(reply.status, 'done')
  assert.equal(z.looseObject({ offer: z.literal(true) }).safeParse(reply.data).success, true)
  assert.deepEqual(offer, { command: 'tasks', args: { action: 'run', id: 1 } })
  const action = offer ?? assert.fail()
  assert.match((await agree({ kind: 'action', words: '', action })).reply.text, /runs now/u)
  assert.deepEqual(
    open('queued').map(({ taskId, isOrdered, dueMs }) => [taskId, isOrdered, dueMs]),
    [[1, true, nowMs]],
  )
})

test('what comes once needs no trial', async (t) => {
  const { type } = await openWorld(t)
  const { reply, offer } = await type('/tasks add remind me tomorrow at 9 to call Ann')
  assert.equal(
    reply.text,
    [
      'Task 1 is set.',
      'A task: remind "call Ann", once, Sun 22 Nov 2026, 09:00 (Europe/Berlin).',
      'Next: Sun 22 Nov 2026, 09:00',
    ].join('\n'),
  )
  assert.equal(offer, undefined)
  assert.doesNotMatch(JSON.stringify(reply.data), /offer/u)
})

test('a task that cannot be is refused with the reason, before any yes', async (t) => {
  const { tasks, ask } = await openWorld(t)
  const problemOf = (name: string, args: Record<string, unknown>, when?: string): string => {
    const restated = tasks.restate({ name, args, ...(when === undefined ? {} : { when }) }, contextOf())
    return restated.kind === 'problem' ? restated.words : assert.fail(`${when} was taken`)
  }
  assert.match(problemOf('digest', { from: 'x' }, 'when pigs fly'), /cannot read “when pigs fly”/u)
  assert.match(problemOf('digest', {}, 'every day at 9'), /missing from/u)
  assert.match(problemOf('digets', { from: 'x' }, 'every day at 9'), /Did you mean \/digest/u)
  assert.match(problemOf('tasks', { action: 'list' }, 'every day at 9'), /cannot be run by a task/u)
  assert.match(
    problemOf('digest', { from: 'x', to: 'nowhere' }, 'every day at 9'),
    /no place called nowhere/u,
  )
  const timings = [
    [{ schedule: { at: '2026-11-20T09:00:00Z' } }, /^That time has passed: once, Fri 20 Nov 2026, 10:00/u],
    [{ schedule: { cron: '0 0 30 2 *' } }, /never comes/u],
    [{ schedule: { everyMs: 1_000 } }, /too often/u],
    [
      { schedule: { cron: '0 3 * * *' }, options: { quiet: { from: '02:00', to: '04:00' } } },
      /^It would never run/u,
    ],
    [{ schedule: { cron: '0 9 * * *' }, options: { until: '2026-11-21T12:00:00Z' } }, /^It would never run/u],
    [{ schedule: { cron: '0 9 * * *' }, options: { count: 0 } }, /number of times/u],
    [{ schedule: { cron: '0 9 * * *' }, options: { quiet: { from: '9', to: '9' } } }, /quiet/iu],
  ] as const
  for (const [timing, why] of timings) {
    const task = { command: 'digest', args: { from: 'x' }, ...timing }
    assert.match(problemOf('tasks', { action: 'add', task }), why)
  }
  assert.match(ask('/tasks add').words, /What should I do/u)
  assert.match(
    ask('/tasks add colourless green ideas').words,
    /cannot make a task of “colourless green ideas”/u,
  )
  assert.match(ask('/tasks add digest x').words, /Say what and when/u)
})

test('a task for a channel that Moltbot is not in is refused with how to invite it', async (t) => {
  const { ask } = await openWorld(t)
  const address = { ...here, channel: 'foreign' }
  for (const line of ['/tasks add every day at 9 digest x', '/tasks add every day at 9 digest x to here'])
    assert.deepEqual(ask(line, { address }), {
      kind: 'problem',
      words: 'I am not in this channel. Invite me with /invite @Moltbot, then say it again.',
    })
  const zh = ask('/tasks add every day at 9 digest x', { address, language: 'zh' })
  assert.match(zh.words, /^我不在这个频道里。.*\/invite @Moltbot/u)
  assert.equal(ask('/tasks add every day at 9 digest x to news', { address }).kind, 'action')
  const typed = ask('/tasks add every day at 9 digest x to slack:C0123456789', { address })
  assert.match(typed.words, /called slack:C0123456789 .*\/invite @Moltbot\.$/u)
})

test('a sentence that begins like a command is read as the sentence that it is', async (t) => {
  const { ask } = await openWorld(t)
  const cases: [line: string, told: RegExp][] = [
    ['/tasks add help me digest https://example.org/feed every day at 9', /^A task: digest https:/u],
    ['/tasks add digest the feed https://example.org/feed every day at 9', /^A task: digest https:/u],
    ['/tasks add digest x to news every day at 9', /^A task: digest x to news, /u],
    ['/tasks add tasks every day at 9', /^\/tasks cannot be run by a task\.$/u],
  ]
  for (const [line, told] of cases) assert.match(ask(line).words, told, line)
})

test('whatever options are told, just these are what the yes carries', async (t) => {
  const { tasks, table } = await openWorld(t)
  const ageMs = fc.integer({ min: 60_000, max: 10 * 86_400_000 })
  const hour = fc.integer({ min: 0, max: 5 }).map((n) => `0${n}:30`)
  const anyOptions: fc.Arbitrary<Partial<Options>> = fc.record(
    {
      missed: fc.oneof(
        fc.constant({ kind: 'skip' } as const),
        ageMs.map((maxAgeMs) => ({ kind: 'once', maxAgeMs }) as const),
        ageMs.map((maxAgeMs) => ({ kind: 'all', most: 3, maxAgeMs }) as const),
      ),
      overlap: fc.constantFrom('skip', 'queue', 'replace'),
      dstGap: fc.constantFrom('run', 'skip'),
      jitterMs: fc.integer({ min: 0, max: 3_599_999 }),
      quiet: fc.option(fc.record({ from: hour, to: fc.constant('07:00') }, { noNullPrototype: true })),
      until: fc.option(fc.constant('2026-12-31T17:00:00.000Z')),
      count: fc.option(fc.integer({ min: 1, max: 99 })),
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  fc.assert(
    fc.property(anyOptions, (options) => {
      const task = { command: 'digest', args: { from: 'x' }, schedule: { cron: '0 9 * * *' }, options }
      const told = tasks.restate({ name: 'tasks', args: { action: 'add', task } }, contextOf())
      if (told.kind === 'problem') assert.fail(told.words)
      const { command, args } = JSON.parse(JSON.stringify(told.action))
      const read = table.readCall(command, args)
      const carried = { ...task, zone, options: { ...usualOptions, ...options } }
      assert.deepEqual(read.kind === 'invocation' ? read.invocation.args['task'] : read, carried)
    }),
    { numRuns: 100 },
  )
})

test('options that nobody knows are refused, not passed over', async (t) => {
  const { table } = await openWorld(t)
  const task = { command: 'digest', args: { from: 'x' }, schedule: { cron: '0 9 * * *' } }
  const kindOf = (options: unknown): string =>
    table.readCall('tasks', { action: 'add', task: { ...task, options } }).kind
  assert.equal(kindOf({ quite: { from: '22:00', to: '07:00' } }), 'misused')
  assert.equal(kindOf({ missed: { kind: 'all' } }), 'misused')
  assert.equal(kindOf({ missed: { kind: 'all', most: 2, maxAgeMs: 1_000 } }), 'invocation')
})

test('a person sees and changes their own tasks only', async (t) => {
  const { type, ask, task, finish, passed } = await openWorld(t)
  await type('/tasks add every day at 9 digest x')
  const [run] = await passed(1, ['queued'])
  await finish(run ?? assert.fail())
  assert.match((await type('/tasks', stranger)).reply.text, /You have no tasks/u)
  for (const action of ['show', 'pause', 'resume', 'remove', 'run', 'cancel', 'history']) {
    const { reply, writes } = await type(`/tasks ${action} 1`, stranger)
    assert.equal(reply.text, 'You have no task 1. /tasks lists yours.')
    assert.equal(writes, undefined)
  }
  assert.equal(
    ask('/tasks edit 1 every day at 10', stranger).words,
    'You have no task 1. /tasks lists yours.',
  )
  assert.equal((await type('/tasks history', stranger)).reply.text, 'None of your tasks has run yet.')
  assert.equal(
    (await type(`/tasks history run ${run?.id}`, stranger)).reply.text,
    `You have no run ${run?.id}. /tasks history lists yours.`,
  )
  assert.equal((await type('/tasks show 99')).reply.text, 'You have no task 99. /tasks lists yours.')
  assert.deepEqual([task(1).state, task(1).version], ['active', 1])
})

test('a number that is none, or is missing, is answered with how to give one', async (t) => {
  const { type, ask } = await openWorld(t)
  assert.equal(
    (await type('/tasks show x')).reply.text,
    '“x” is not the number of a task. /tasks lists yours; then: /tasks show 3',
  )
  assert.equal(
    (await type('/任务 取消 甲', { language: 'zh' })).reply.text,
    '“甲”不是任务的编号。/任务 列出你的任务；然后：/任务 取消 3',
  )
  for (const no of ['0', '99999999999999999999', '1 2']) {
    assert.equal(
      (await type(`/tasks remove ${no}`)).reply.text,
      `“${no}” is not the number of a task. /tasks lists yours; then: /tasks remove 3`,
    )
  }
  assert.equal((await type('/tasks pause')).reply.text, 'Which task? Give its number: /tasks pause 3')
  assert.equal(ask('/tasks edit').words, 'Which task? Give its number: /tasks edit 3')
  assert.equal(ask('/任务 修改', { language: 'zh' }).words, '哪个任务？请给出编号：/任务 修改 3')
})

test('a person may have two hundred tasks and no more', async (t) => {
  const { store, type } = await openWorld(t)
  await type('/tasks add tomorrow at 9 digest x')
  await store.write('tasks.change', 1, { state: 'done', nextDueMs: null, pausedFor: null }, '', nowMs)
  for (let id = 2; id <= 201; id++) {
    await store.write('tasks.add', id, {
      command: 'digest',
      args: {},
      schedule: { cron: '0 9 * * *' },
      options: usualOptions,
      zone: 'UTC',
      person: 'terminal/local/me',
      address: here,
      language: 'en',
      nextDueMs: nowMs,
      createdAtMs: nowMs,
    })
  }
  for (const line of [
    '/tasks add every day at 9 digest x',
    '/tasks edit 1 every day at 9',
    '/tasks resume 1',
  ]) {
    const { reply, writes } = await type(line)
    assert.deepEqual([reply.status, writes], ['refused', undefined], line)
  }
})

test('a cron line before a command is its time, with the options around it', async (t) => {
  const { ask } = await openWorld(t)
  const cases: [typed: string, told: RegExp][] = [
    [
      '/tasks add 0 9 * * 1-5 digest x',
      /^A task: digest x, Monday to Friday at 09:00 \(Europe\/Berlin\)\.\n/u,
    ],
    [
      '/tasks add "0 9 * * mon-fri" digest x; quiet 22-7, 10 times',
      /^A task: digest x, Monday to Friday at 09:00 \(Europe\/Berlin\); 10 times; not between 22:00 and 07:00\.\n/u,
    ],
    [
      '/tasks add 30 7 * * *; until 31 December; digest x',
      /^A task: digest x, every day at 07:30 .*; until /u,
    ],
    ['/任务 添加 0 9 * * 1-5 摘要 x，共10次', /digest x, Monday to Friday at 09:00 .*; 10 times/u],
    // None: too few fields, a day that never comes, a time of its own beside it.
    ['/tasks add 0 9 * * digest x', /^I cannot make a task of|^There is no command/u],
    ['/tasks add 0 9 30 2 * digest x', /^I cannot make a task of/u],
    ['/tasks add 0 9 * * 1-5 digest x at 10:00', /^I cannot read “0 9 \* \* 1-5 at 10:00” as a time/u],
  ]
  for (const [typed, told] of cases) assert.match(ask(typed).words, told, typed)
})

test('what comes again and again is posted to the channel, not into the thread in which it was asked for', async (t) => {
  const { type, task } = await openWorld(t)
  const address = { ...here, thread: '100.1' }
  await type('/tasks add every weekday at 9 digest x', { address })
  await type('/tasks add tomorrow at 9 digest x', { address })
  assert.deepEqual([task(1).address, task(2).address], [here, address])
})
