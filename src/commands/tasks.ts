import type { Restated } from '../assistant.ts'
import { command, type AnyCommand, type Context, type Invocation, type Outcome } from '../command.ts'
import type { Reads } from '../store/writes.ts'
import { usualOptions, type Task } from '../task.ts'
import { tasksWords } from '../words-tasks.ts'
import { argsSchema, parameters, type Action, type GivenTask, type TasksArgs } from './task-args.ts'
import { cancelRuns, done, misused, pauseTask, removeTask, resumeTask, runTask } from './task-change.ts'
import { editTask, restateEdit, type EditParts } from './task-edit.ts'
import { historyOf } from './task-history.ts'
import { planTask, problem, trialOf, type Problem, type TaskOrder } from './task-plan.ts'
import { readSentence } from './task-sentence.ts'
import { readTasksText } from './task-text.ts'
import { listOf, showOf, switches, type View } from './task-views.ts'

type Parts = EditParts & {
  readonly read: {
    readonly tasks: Pick<Reads['tasks'], 'get' | 'of'>
    readonly runs: Pick<Reads['runs'], 'history' | 'openOf'>
  }
  readonly newId: () => number
}

/** The most active and paused tasks that one person may have. */
const mostTasks = 200

const looks: ReadonlySet<string> = new Set(['list', 'show', 'history'])
const saidBack: ReadonlySet<string> = new Set(['add', 'edit'])

/** /tasks: a person's own tasks and their runs; and the words in which a task, or a change of one, is told before its yes. */
export function createTasks(parts: Parts): {
  readonly command: AnyCommand
  readonly restate: (order: Pick<Invocation, 'name' | 'args' | 'when'>, context: Context) => Restated
} {
  const tasks = command({
    name: 'tasks',
    aliases: ['task', '任务', '我的任务', '定时任务'],
    summary: {
      en: 'your tasks: list, show, edit, pause, resume, remove, run, cancel a run, history',
      zh: '你的任务：列表、查看、修改、暂停、恢复、删除、运行、取消运行、历史',
    },
    usage: {
      en: 'tasks [list | add <what and when> | edit <number> <what or when> | show|pause|resume|remove|run|cancel <number> | history [number] [outcome]]',
      zh: '任务 [列表 | 添加 <时间和要做的事> | 修改 <编号> <新的时间或要做的事> | 查看|暂停|恢复|删除|运行|取消 <编号> | 历史 [编号] [结果]]',
    },
    args: argsSchema,
    words: ['action', 'id'],
    readText: readTasksText,
    tier: ({ action }) => (looks.has(action) ? 'read' : saidBack.has(action) ? 'write' : 'ask'),
    tool: true,
    run: async (args, context) => runTasks(args, context, parts),
  })
  return {
    command: { ...tasks, parameters },
    restate: (order, context) => restate(order, context, parts),
  }
}

function runTasks(args: TasksArgs, context: Context, parts: Parts): Outcome {
  const { action, id, text = '' } = args
  if (action === 'list') {
    return shown(listOf(parts.read.tasks.of(context.person.key), context, parts))
  }
  if (action === 'add') return addTask(args, context, parts)
  if (action === 'history') return lookBack(id, text, context, parts)
  const task = ownTask(args, context, parts)
  if ('kind' in task) return misused(task.words)
  const acts: Readonly<Record<Exclude<Action, 'list' | 'add' | 'history'>, () => Outcome>> = {
    show: () => shown(showOf(task, parts.read.runs.history({ task: task.id }, 5), context, parts)),
    edit: () => (isFull(task, context, parts) ? refused(context) : editTask(task, args, context, parts)),
    pause: () => pauseTask(task, context),
    resume: () => (isFull(task, context, parts) ? refused(context) : resumeTask(task, context, parts)),
    remove: () => removeTask(task, context),
    run: () => runTask(task, context, parts),
    cancel: () => cancelRuns(task, context, parts),
  }
  return acts[action]()
}

function shown({ text, data, choices }: View): Outcome {
  return done(text, data, choices)
}

/** The person's task of this number; or which number is wanted. */
function ownTask(
  { action, id, text = '' }: TasksArgs,
  { person, language }: Context,
  { read }: Parts,
): Task | Problem {
  const words = tasksWords[language].tasks
  if (id === undefined) {
    return problem(text === '' || action === 'edit' ? words.whichTask(action) : words.noNumber(text, action))
  }
  const task = read.tasks.get(id)
  // Somebody else's task is answered like none, so that its number tells nothing.
  return task === undefined || task.person !== person.key ? problem(words.noTask(id)) : task
}

function lookBack(id: number | undefined, text: string, context: Context, parts: Parts): Outcome {
  const task = id === undefined ? undefined : ownTask({ action: 'history', id }, context, parts)
  if (task !== undefined && 'kind' in task) return misused(task.words)
  const found = historyOf(task, text, context, parts)
  return found.kind === 'problem' ? misused(found.words) : shown(found)
}

/** True if there is no room for one more task; one that is active or paused has its place already. */
function isFull(task: Task | undefined, { person }: Context, { read }: Parts): boolean {
  return (task === undefined || task.state === 'done') && read.tasks.of(person.key).length >= mostTasks
}

function refused({ language }: Context): Outcome {
  return { reply: { text: tasksWords[language].tasks.tooMany(mostTasks), status: 'refused' } }
}

function addTask(given: TasksArgs, context: Context, parts: Parts): Outcome {
  if (isFull(undefined, context, parts)) return refused(context)
  const words = tasksWords[context.language].tasks
  const order = orderFrom(given, context, parts)
  if ('kind' in order) return misused(order.words)
  const plan = planTask(order, context, parts)
  if (plan.kind === 'problem') return misused(plan.words)
  const id = parts.newId()
  const { command: name, args, schedule, options, zone, nextDueMs } = plan.task
  const { offer } = trialOf(id, schedule)
  const data = { id, command: name, args, schedule, options, zone, nextDueMs, next: plan.next }
  const lines = [words.added(id), plan.words, words.nextTimes(plan.next)]
  return {
    ...(offer === undefined
      ? done(lines.join('\n'), data, switches([{ id, state: 'active', pausedFor: null }], context.language))
      : { ...done([...lines, words.offer].join('\n'), { ...data, offer: true }), offer }),
    writes: [['tasks.add', id, plan.task]],
  }
}

/** Tells what an order would make or change: a command with a `when`, `tasks add`, `tasks edit`. A yes runs just what is told. */
function restate(
  { name, args, when }: Pick<Invocation, 'name' | 'args' | 'when'>,
  context: Context,
  parts: Parts,
): Restated {
  const given = argsSchema.parse(
    when === undefined ? args : { action: 'add', task: { command: name, args, when } },
  )
  if (given.action === 'edit') {
    const task = ownTask(given, context, parts)
    return 'kind' in task ? task : restateEdit(task, given, context, parts)
  }
  const order = orderFrom(given, context, parts)
  if ('kind' in order) return order
  const plan = planTask(order, context, parts)
  if (plan.kind === 'problem') return plan
  const { command: chore, args: choreArgs, schedule, options, zone } = plan.task
  const task = { command: chore, args: choreArgs, schedule, options, zone }
  return {
    kind: 'action',
    words: [plan.words, tasksWords[context.language].tasks.nextTimes(plan.next)].join('\n'),
    action: { command: 'tasks', args: { action: 'add', task } },
  }
}

function orderFrom({ text = '', task }: TasksArgs, context: Context, parts: Parts): TaskOrder | Problem {
  const words = tasksWords[context.language].tasks
  const order = task === undefined ? orderIn(text, context, parts) : orderOf(task, context)
  return order ?? problem(text.trim() === '' ? words.addWhat : words.notRead(text))
}

function orderOf(
  { command: name, args = {}, when, ...timing }: GivenTask,
  context: Context,
): TaskOrder | undefined {
  if (name === undefined) return undefined
  const { schedule, options, zone = context.zone } = timing
  if (schedule !== undefined) {
    return { command: name, args, schedule, options: { ...usualOptions, ...options }, zone }
  }
  return when === undefined ? undefined : { command: name, args, when }
}

function orderIn(text: string, context: Context, parts: Parts): TaskOrder | Problem | undefined {
  const order = text.trim() === '' ? undefined : readSentence(text, context, parts)
  if (order === undefined || 'kind' in order) return order
  return order.when === undefined ? undefined : { ...order, when: order.when }
}
