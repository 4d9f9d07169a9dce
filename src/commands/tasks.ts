import { z } from 'zod'
import type { Restated } from '../assistant.ts'
import {
  command,
  type AnyCommand,
  type Context,
  type Invocation,
  type Moment,
  type Outcome,
} from '../command.ts'
import type { Reads } from '../store/writes.ts'
import type { Proposal, Task } from '../task.ts'
import { tasksWords, type TasksWords } from '../words-tasks.ts'
import type { Language } from '../words.ts'
import { planTask, type PlanParts, type TaskOrder } from './task-plan.ts'
import { actions, readTasksText } from './task-text.ts'
import { historyOf, listOf, showOf, taskName } from './task-views.ts'

type Parts = PlanParts & {
  readonly read: Pick<Reads['tasks'], 'get' | 'of' | 'history'>
  readonly newId: () => number
  /** Reads a sentence that says what to do, and in `when` the words of time. */
  readonly propose: (text: string, moment: Moment) => Proposal | undefined
  /** An instant as the clocks of a zone show it. */
  readonly formatTime: (ms: number, zone: string, language: Language) => string
}

/** The most active and paused tasks that one person may have. */
const mostTasks = 200

const looks: ReadonlySet<string> = new Set(['list', 'show', 'history'])

const schedule = z.union([
  z.object({ cron: z.string() }),
  z.object({ at: z.string() }),
  z.object({ everyMs: z.number(), from: z.string().exactOptional() }),
])

const argsSchema = z.object({
  action: z.enum(actions).default('list'),
  id: z.coerce.number().int().positive().optional(),
  text: z.string().optional(),
  task: z
    .object({
      command: z.string(),
      args: z.record(z.string(), z.unknown()).default({}),
      when: z.string().optional(),
      schedule: schedule.optional(),
      zone: z.string().optional(),
    })
    .optional(),
})

type Args = z.output<typeof argsSchema>

/** What models are told: they make a task by giving a command its `when`, so adding one is not among it. */
const parameters = {
  type: 'object',
  properties: {
    action: { enum: actions.filter((action) => action !== 'add') },
    id: { type: 'integer' },
  },
}

/** /tasks: a person's own tasks; and the words in which a task is told back before its yes. */
export function createTasks(parts: Parts): {
  readonly command: AnyCommand
  readonly restate: (order: Pick<Invocation, 'name' | 'args' | 'when'>, context: Context) => Restated
} {
  const tasks = command({
    name: 'tasks',
    aliases: ['task', '任务', '我的任务', '定时任务'],
    summary: {
      en: 'your tasks: list, show, pause, resume, remove, run, history',
      zh: '你的任务：列表、查看、暂停、恢复、删除、运行、历史',
    },
    usage: 'tasks [list | add <what and when> | show|pause|resume|remove|run|history <number>]',
    args: argsSchema,
    words: ['action', 'id'],
    readText: readTasksText,
    tier: ({ action }) => (looks.has(action) ? 'read' : action === 'add' ? 'write' : 'ask'),
    tool: true,
    run: async (args, context) => runTasks(args, context, parts),
  })
  return {
    command: { ...tasks, parameters },
    restate: (order, context) => restate(order, context, parts),
  }
}

function runTasks(args: Args, context: Context, parts: Parts): Outcome {
  const words = tasksWords[context.language].tasks
  const { action, id } = args
  if (action === 'list') return done(listOf(parts.read.of(context.person.key), context, parts))
  if (action === 'add') return addTask(args, context, parts, words)
  if (id === undefined) return misused(words.whichTask(action))
  const task = parts.read.get(id)
  // Somebody else's task is answered like none, so that its number tells nothing.
  if (task === undefined || task.person !== context.person.key) return misused(words.noTask(id))
  const acts: Readonly<Record<typeof action, () => Outcome>> = {
    show: () => done(showOf(task, parts.read.history(id, 5), context, parts)),
    history: () => done(historyOf(task, parts.read.history(id, 20), context, parts)),
    pause: () => pauseTask(task, context, words),
    resume: () => resumeTask(task, context, parts, words),
    remove: () => removeTask(task, context, words),
    run: () => runTask(task, context, parts, words),
  }
  return acts[action]()
}

type Words = TasksWords['tasks']

function addTask(given: Args, context: Context, parts: Parts, words: Words): Outcome {
  if (parts.read.of(context.person.key).length >= mostTasks) return refused(words.tooMany(mostTasks))
  const order = orderFrom(given, context, parts)
  if (order === undefined) return misused(notAnOrder(given.text, words))
  const plan = planTask(order, context, parts)
  if (plan.kind === 'problem') return misused(plan.words)
  const id = parts.newId()
  const { command: name, args, schedule: when, zone, nextDueMs } = plan.task
  return {
    ...done({
      text: [words.added(id), plan.words, words.nextTimes(plan.next)].join('\n'),
      data: { id, command: name, args, schedule: when, zone, nextDueMs, next: plan.next },
    }),
    writes: [['tasks.add', id, plan.task]],
  }
}

/** Tells what an order would make: a command with a `when`, or `tasks add`. A yes runs just the schedule that is told. */
function restate(
  { name, args, when }: Pick<Invocation, 'name' | 'args' | 'when'>,
  context: Context,
  parts: Parts,
): Restated {
  const words = tasksWords[context.language].tasks
  const order =
    when === undefined ? orderFrom(argsSchema.parse(args), context, parts) : { command: name, args, when }
  if (order === undefined) return { kind: 'problem', words: notAnOrder(args['text'], words) }
  const plan = planTask(order, context, parts)
  if (plan.kind === 'problem') return plan
  const { command: chore, args: choreArgs, schedule: read, zone } = plan.task
  const task = { command: chore, args: choreArgs, schedule: read, zone }
  return {
    kind: 'action',
    words: [plan.words, words.nextTimes(plan.next)].join('\n'),
    action: { command: 'tasks', args: { action: 'add', task } },
  }
}

function orderFrom({ text, task }: Args, context: Context, parts: Parts): TaskOrder | undefined {
  return task === undefined ? orderIn(text ?? '', context, parts) : orderOf(task, context)
}

function notAnOrder(text: unknown, words: Words): string {
  return typeof text === 'string' && text.trim() !== '' ? words.notRead(text) : words.addWhat
}

function orderOf(
  { command: name, args, when, schedule: read, zone }: NonNullable<Args['task']>,
  context: Context,
): TaskOrder | undefined {
  if (read !== undefined) return { command: name, args, schedule: read, zone: zone ?? context.zone }
  return when === undefined ? undefined : { command: name, args, when }
}

function orderIn(text: string, { nowMs, zone }: Context, { propose }: Parts): TaskOrder | undefined {
  const proposal = text.trim() === '' ? undefined : propose(text, { nowMs, zone })
  if (proposal?.when === undefined) return undefined
  return { command: proposal.command, args: proposal.args, when: proposal.when }
}

function pauseTask(task: Task, { language }: Context, words: Words): Outcome {
  const name = taskName(task, language)
  if (task.state === 'done') return misused(words.isDone(name))
  if (task.state === 'paused') return misused(words.alreadyPaused(name))
  return {
    ...done({ text: words.paused(name), data: { id: task.id, state: 'paused' } }),
    writes: [['tasks.change', task.id, 'paused', null]],
  }
}

function resumeTask(task: Task, { language, nowMs }: Context, parts: Parts, words: Words): Outcome {
  const name = taskName(task, language)
  const say = (ms: number): string => parts.formatTime(ms, task.zone, language)
  if (task.state === 'active' && task.nextDueMs !== null)
    return misused(words.alreadyActive(name, say(task.nextDueMs)))
  const nextDueMs = parts.nextDue(task.schedule, task.zone, nowMs)
  if (nextDueMs === null) return misused(words.isDone(name))
  return {
    ...done({ text: words.resumed(name, say(nextDueMs)), data: { id: task.id, state: 'active', nextDueMs } }),
    writes: [['tasks.change', task.id, 'active', nextDueMs]],
  }
}

function removeTask(task: Task, { language }: Context, words: Words): Outcome {
  return {
    ...done({ text: words.removed(taskName(task, language)), data: { id: task.id } }),
    writes: [['tasks.change', task.id, 'removed', null]],
  }
}

function runTask(task: Task, { language, nowMs }: Context, { read }: Parts, words: Words): Outcome {
  const name = taskName(task, language)
  const isUnderWay = read.history(task.id, 20).some(({ state }) => state === 'queued' || state === 'running')
  if (isUnderWay) return misused(words.runsAlready(name))
  return {
    ...done({ text: words.runsNow(name), data: { id: task.id, dueMs: nowMs } }),
    writes: [['runs.add', task.id, task.version, nowMs]],
  }
}

function done({ text, data }: { text: string; data: unknown }): Outcome {
  return { reply: { text, status: 'done', data } }
}

function misused(text: string): Outcome {
  return { reply: { text, status: 'misused' } }
}

function refused(text: string): Outcome {
  return { reply: { text, status: 'refused' } }
}
