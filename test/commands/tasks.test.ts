import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { z } from 'zod'
import {
  command,
  createCommandTable,
  type CommandTable,
  type Context,
  type Invocation,
  type Outcome,
} from '../../src/command.ts'
import { createRemind } from '../../src/commands/remind.ts'
import { createTasks } from '../../src/commands/tasks.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { formatTime, restate } from '../../src/tasks/restate.ts'
import { nextDue, validSchedule } from '../../src/tasks/schedule.ts'
import { findWhen, readWhen } from '../../src/tasks/when/when.ts'
import { temporaryFolder } from '../doubles/folder.ts'

const nowMs = Date.parse('2026-11-21T10:00:00Z')
const address = { adapter: 'terminal', account: 'local', channel: 'main' }

const digest = command({
  name: 'digest',
  aliases: ['摘要'],
  summary: { en: 'digest', zh: '摘要' },
  usage: 'digest <from> [to <place>]',
  args: z.object({ from: z.string().min(1), to: z.string().optional() }),
  words: ['from', 'to'],
  tier: () => 'ask',
  role: 'member',
  schedulable: true,
  urgent: false,
  tool: true,
  run: async () => ({ reply: { text: '', status: 'done' } }),
})

type World = {
  readonly store: Store
  readonly table: CommandTable
  readonly tasks: ReturnType<typeof createTasks>
  /** Types a line and commits what it changes. */
  readonly type: (text: string, changes?: Partial<Context>) => Promise<Outcome>
}

const contextOf = (changes: Partial<Context> = {}): Context => ({
  person: { key: 'terminal/local/me', name: 'me', role: 'owner' },
  address,
  language: 'en',
  nowMs,
  zone: 'Europe/Berlin',
  signal: new AbortController().signal,
  progress: () => undefined,
  ...changes,
})

async function world(t: TestContext): Promise<World> {
  const store = await openStore(temporaryFolder(t))
  t.after(() => store.close())
  let lastId = store.read.tasks.lastId()
  const tasks = createTasks({
    read: store.read.tasks,
    newId: () => ++lastId,
    readCall: (name, args) => table.readCall(name, args),
    readWhen,
    // A stand-in for the reader of sentences: "<when> digest <from>".
    propose: (text, moment) => {
      const found = findWhen(text, moment)
      const from = /(?:digest|摘要)\s*(\S+)/u.exec(found?.rest ?? '')?.[1]
      return found === undefined || from === undefined
        ? undefined
        : { command: 'digest', args: { from }, when: found.words }
    },
    resolve: (to) => (to === 'news' ? { ...address, channel: 'news' } : undefined),
    restate,
    formatTime,
    nextDue,
    validSchedule,
  })
  const table = createCommandTable([tasks.command, createRemind({ findWhen }), digest])
  const type: World['type'] = async (text, changes) => {
    const order = table.read(text, { nowMs, zone: 'Europe/Berlin' })
    const invocation: Invocation =
      order?.kind === 'invocation' ? order.invocation : assert.fail(`${text}: ${JSON.stringify(order)}`)
    const outcome = await invocation.run(contextOf(changes))
    await store.writeAll(outcome.writes ?? [])
    return outcome
  }
  return { store, table, tasks, type }
}

test('what is typed after /tasks is read as an action and a number', async (t) => {
  const { table } = await world(t)
  const cases: [typed: string, args: Record<string, unknown>][] = [
    ['/tasks', { action: 'list' }],
    ['任务', { action: 'list' }],
    ['/tasks list', { action: 'list' }],
    ['/tasks show 3', { action: 'show', id: 3 }],
    ['/tasks #3', { action: 'show', id: 3 }],
    ['/tasks 3', { action: 'show', id: 3 }],
    ['/tasks PAUSE #3', { action: 'pause', id: 3 }],
    ['/tasks pause', { action: 'pause' }],
    ['/任务 暂停3', { action: 'pause', id: 3 }],
    ['/任务 删除 任务 3', { action: 'remove', id: 3 }],
    ['/任务 查看 #3', { action: 'show', id: 3 }],
    ['/任务 恢复 3', { action: 'resume', id: 3 }],
    ['/任务 运行 3', { action: 'run', id: 3 }],
    ['/任务 历史 3', { action: 'history', id: 3 }],
    ['/任务 列表', { action: 'list' }],
    ['/任务 添加 每天9点摘要 x', { action: 'add', text: '每天9点摘要 x' }],
    ['/task add every day at 9 digest x', { action: 'add', text: 'every day at 9 digest x' }],
    ['/task every day at 9 digest x', { action: 'add', text: 'every day at 9 digest x' }],
  ]
  for (const [typed, args] of cases) {
    const order = table.read(typed, { nowMs, zone: 'UTC' })
    assert.deepEqual(order?.kind === 'invocation' ? order.invocation.args : order, args, typed)
  }
  assert.equal(table.read('/tasks show x', { nowMs, zone: 'UTC' })?.kind, 'misused')
})

test('looking needs no yes, changing does', async (t) => {
  const { table } = await world(t)
  const tierOf = (action: string): string => {
    const read = table.readCall('tasks', { action, id: 1 })
    return read.kind === 'invocation' ? read.invocation.tier : read.kind
  }
  assert.deepEqual(['list', 'show', 'history'].map(tierOf), ['read', 'read', 'read'])
  assert.deepEqual(['pause', 'resume', 'remove', 'run'].map(tierOf), Array<string>(4).fill('ask'))
  assert.equal(tierOf('add'), 'write')
})

test('models are told of it in few bytes', async (t) => {
  const { tasks } = await world(t)
  assert.ok(JSON.stringify(tasks.command.parameters).length < 250)
})

test('a sentence becomes a task that is told back with its zone and next three times', async (t) => {
  const { store, type } = await world(t)
  const { reply } = await type('/tasks add every weekday at 9 digest https://example.org/feed')
  assert.equal(
    reply.text,
    [
      'Task 1 is set.',
      'A task: digest https://example.org/feed, Monday to Friday at 09:00 (Europe/Berlin).',
      'Next: Mon 23 Nov 2026, 09:00 · Tue 24 Nov 2026, 09:00 · Wed 25 Nov 2026, 09:00',
    ].join('\n'),
  )
  const task = store.read.tasks.get(1)
  assert.deepEqual(
    [task?.command, task?.args, task?.schedule, task?.zone, task?.person, task?.address, task?.nextDueMs],
    [
      'digest',
      { from: 'https://example.org/feed' },
      { cron: '0 9 * * 1-5' },
      'Europe/Berlin',
      'terminal/local/me',
      address,
      Date.parse('2026-11-23T08:00:00Z'),
    ],
  )
  const chinese = await type('/任务 添加 每天早上9点摘要 x', { language: 'zh' })
  assert.match(
    chinese.reply.text,
    /任务 2 已设定。\n任务：digest x，每天 09:00（Europe\/Berlin）。\n接下来：2026年11月22日 星期日 09:00/u,
  )
})

test('what is told before the yes is what is set after it', async (t) => {
  const { store, table, tasks } = await world(t)
  const order = { name: 'digest', args: { from: 'x', to: 'news' }, when: 'every 2 hours' }
  const restated = tasks.restate(order, contextOf())
  assert.equal(restated.kind, 'action')
  if (restated.kind !== 'action') return
  assert.match(restated.words, /every 2 hours/u)
  const read = table.readCall(restated.action.command, restated.action.args)
  assert.equal(read.kind, 'invocation')
  if (read.kind !== 'invocation') return
  // The yes comes five minutes later; the times stay those that were told.
  const outcome = await read.invocation.run(contextOf({ nowMs: nowMs + 300_000 }))
  await store.writeAll(outcome.writes ?? [])
  const from = new Date(nowMs).toISOString()
  assert.deepEqual(store.read.tasks.get(1)?.schedule, { everyMs: 7_200_000, from })
  assert.equal(store.read.tasks.get(1)?.nextDueMs, nowMs + 7_200_000)
  assert.equal(store.read.tasks.get(1)?.address.channel, 'news')
})

test('a task that cannot be is refused with the reason, before any yes', async (t) => {
  const { tasks, type } = await world(t)
  const problemOf = (name: string, args: Record<string, unknown>, when: string): string => {
    const restated = tasks.restate({ name, args, when }, contextOf())
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
  const schedules = [
    [{ at: '2026-11-20T09:00:00Z' }, /has passed/u],
    [{ cron: '0 0 30 2 *' }, /never comes/u],
    [{ everyMs: 1_000 }, /too often/u],
  ] as const
  for (const [schedule, why] of schedules) {
    const task = { command: 'digest', args: { from: 'x' }, schedule }
    const restated = tasks.restate({ name: 'tasks', args: { action: 'add', task } }, contextOf())
    assert.match(restated.words, why)
    assert.equal(restated.kind, 'problem')
  }
  assert.match((await type('/tasks add')).reply.text, /What should I do/u)
  assert.match((await type('/tasks add colourless green ideas')).reply.text, /cannot make a task/u)
})

test('a person sees and changes their own tasks only', async (t) => {
  const { store, type } = await world(t)
  await type('/tasks add every day at 9 digest x')
  const stranger = { person: { key: 'http/local/other', name: 'other', role: 'owner' as const } }
  assert.match((await type('/tasks', stranger)).reply.text, /You have no tasks/u)
  for (const action of ['show', 'pause', 'resume', 'remove', 'run', 'history']) {
    const { reply, writes } = await type(`/tasks ${action} 1`, stranger)
    assert.equal(reply.text, 'You have no task 1. /tasks lists yours.')
    assert.equal(writes, undefined)
  }
  assert.equal((await type('/tasks show 99')).reply.text, 'You have no task 99. /tasks lists yours.')
  assert.equal(store.read.tasks.get(1)?.state, 'active')
})

test('the list tells what, when, next and state, to people and to programs', async (t) => {
  const { type } = await world(t)
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

test('pause and resume; resuming takes the next time from now', async (t) => {
  const { store, type } = await world(t)
  await type('/tasks add every day at 9 digest x')
  assert.match((await type('/tasks pause 1')).reply.text, /is paused/u)
  assert.equal(store.read.tasks.get(1)?.nextDueMs, null)
  assert.match((await type('/tasks pause 1')).reply.text, /paused already/u)
  await type('/tasks resume 1', { nowMs: nowMs + 30 * 86_400_000 })
  assert.equal(store.read.tasks.get(1)?.nextDueMs, Date.parse('2026-12-22T08:00:00Z'))
  assert.match((await type('/tasks resume 1')).reply.text, /active already/u)
  await type('/tasks remove 1')
  assert.equal(store.read.tasks.get(1), undefined)
})

test('a task whose one time has passed cannot be resumed', async (t) => {
  const { store, type } = await world(t)
  await type('/tasks add tomorrow at 9 digest x')
  await store.write('tasks.change', 1, 'done', null)
  const { reply, writes } = await type('/tasks resume 1', { nowMs: nowMs + 7 * 86_400_000 })
  assert.match(reply.text, /is done/u)
  assert.equal(writes, undefined)
})

test('an order to run now is taken once until it has run', async (t) => {
  const { store, type } = await world(t)
  await type('/tasks add every day at 9 digest x')
  assert.match((await type('/tasks run 1')).reply.text, /runs now/u)
  assert.match((await type('/tasks run 1')).reply.text, /already/u)
  assert.equal(store.read.tasks.history(1, 10).length, 1)
})

test('the history tells when each run was due, how it ended, how late it was and how long it took', async (t) => {
  const { store, type } = await world(t)
  await type('/tasks add every day at 9 digest x')
  assert.match((await type('/tasks history 1')).reply.text, /has not run yet/u)
  const task = store.read.tasks.get(1) ?? assert.fail()
  const dueMs = task.nextDueMs ?? 0
  const missed = { dueMs: dueMs - 86_400_000, state: 'missed', note: 'Moltbot was not running' } as const
  await store.write(
    'tasks.advance',
    task,
    dueMs + 86_400_000,
    [missed, { dueMs, state: 'queued', note: null }],
    dueMs,
  )
  const queued = store.read.tasks.queuedRuns(1)[0] ?? assert.fail()
  await store.write('runs.claim', queued.id, dueMs + 150_000)
  await store.write(
    'runs.finish',
    queued.id,
    { state: 'succeeded', status: 'done', fault: null, note: null },
    dueMs + 151_400,
  )
  const { reply } = await type('/tasks history 1')
  assert.equal(
    reply.text,
    [
      'Task 1 (digest x), newest run first:',
      '  Sun 22 Nov 2026, 09:00 · done · 3 min late · took 1.4 s',
      '  Sat 21 Nov 2026, 09:00 · missed · Moltbot was not running',
    ].join('\n'),
  )
  const { runs } = z
    .object({ runs: z.array(z.looseObject({ state: z.string(), lateMs: z.number().nullable() })) })
    .parse(reply.data)
  assert.deepEqual(
    runs.map(({ state, lateMs }) => [state, lateMs]),
    [
      ['succeeded', 150_000],
      ['missed', null],
    ],
  )
  assert.match((await type('/tasks 1')).reply.text, /Last runs:\n {2}Sun 22 Nov/u)
})

test('a person may have two hundred tasks and no more', async (t) => {
  const { store, type } = await world(t)
  for (let id = 2; id <= 201; id++) {
    await store.write('tasks.add', id, {
      command: 'digest',
      args: {},
      schedule: { cron: '0 9 * * *' },
      zone: 'UTC',
      person: 'terminal/local/me',
      address,
      language: 'en',
      nextDueMs: nowMs,
      createdAtMs: nowMs,
    })
  }
  const { reply, writes } = await type('/tasks add every day at 9 digest x')
  assert.equal(reply.status, 'refused')
  assert.equal(writes, undefined)
})
