import type { Context, Moment, Read } from '../command.ts'
import type { Address } from '../message.ts'
import type { Places } from '../places.ts'
import type { Action } from '../store/approvals.ts'
import {
  usualOptions,
  type Chore,
  type NewTask,
  type Options,
  type Schedule,
  type Task,
  type When,
} from '../task.ts'
import { choreWords } from '../words-chores.ts'
import { optionsWords, type OptionsWords } from '../words-options.ts'
import { tasksWords } from '../words-tasks.ts'
import type { Language } from '../words.ts'

/** When a task is due, complete, in the zone in which it is meant. */
export type Timing = Pick<Task, 'schedule' | 'options' | 'zone'>

/** What a task is to do and when: in words of time, or as it was read before. */
export type TaskOrder = Chore & ({ readonly when: string } | Timing)

/** A task ready to be written down, and the same in words. */
export type Plan =
  | {
      readonly kind: 'task'
      readonly words: string
      readonly next: readonly string[]
      readonly task: NewTask
    }
  | Problem

/** Why something cannot be, in words. */
export type Problem = { readonly kind: 'problem'; readonly words: string }

export type PlanParts = {
  readonly readCall: (name: string, args: unknown) => Read
  /** Reads words of time; undefined if they are none. */
  readonly readWhen: (text: string, moment: Moment) => When | undefined
  /** The place that a person means, if they may post there. */
  readonly resolve: (target: string, from: Pick<Context, 'address' | 'person'>) => Address | undefined
  readonly nameOf: Places['nameOf']
  /** A valid schedule in words, and the next times at which it would really run. */
  readonly restate: (
    schedule: Schedule,
    options: Options,
    zone: string,
    nowMs: number,
    language: Language,
    most?: number,
  ) => { readonly words: string; readonly next: readonly string[]; readonly nextMs: readonly number[] }
  readonly nextDue: (
    schedule: Schedule,
    zone: string,
    afterMs: number,
    until?: string | null,
  ) => number | null
  /** What is wrong with a schedule, in words. */
  readonly validSchedule: (schedule: Schedule, zone: string, language: Language) => string | undefined
  /** Which of its options is not sound. */
  readonly validOptions: (options: Options, schedule: Schedule) => keyof OptionsWords['problems'] | undefined
}

/** Checks an order for a task whole, its command, arguments, time and place, and says it back in plain words. */
export function planTask(order: TaskOrder, context: Context, parts: PlanParts): Plan {
  const { language, nowMs } = context
  const chore = readChore(order, context, parts)
  if (chore.kind === 'problem') return chore
  const timing = readTiming(order, context, parts)
  if (timing === undefined) {
    return problem(tasksWords[language].tasks.badWhen('when' in order ? order.when : ''))
  }
  const told = tellTiming(timing, context, parts)
  if (told.kind === 'problem') return told
  const address = placeOf(chore, context, parts) ?? homeOf(context, timing.schedule, parts)
  if ('kind' in address) return address
  const { command, args } = chore
  const { key: person } = context.person
  const { nextDueMs, words: when, next } = told
  const task = { command, args, ...timing, person, address, language, nextDueMs, createdAtMs: nowMs }
  const words = tasksWords[language].tasks.plan(choreWords(chore, language), when)
  return { kind: 'task', words, next, task }
}

/** A timing in words with what comes of it; or why it cannot be, or would never run anything. */
export function tellTiming(
  { schedule, options, zone }: Timing,
  { language, nowMs }: Pick<Context, 'language' | 'nowMs'>,
  parts: Pick<PlanParts, 'restate' | 'nextDue' | 'validSchedule' | 'validOptions'>,
):
  | {
      readonly kind: 'told'
      readonly words: string
      readonly next: readonly string[]
      readonly nextDueMs: number
    }
  | Problem {
  const invalid = invalidTiming({ schedule, options, zone }, language, parts)
  if (invalid !== undefined) return problem(invalid)
  const { words: when, next } = parts.restate(schedule, options, zone, nowMs, language)
  const words = tasksWords[language].schedule
  if (parts.nextDue(schedule, zone, nowMs) === null) {
    return problem('at' in schedule ? words.past(when) : words.never(when))
  }
  const nextDueMs = parts.nextDue(schedule, zone, nowMs, options.until)
  if (nextDueMs === null || next.length === 0) return problem(words.nothingLeft(when))
  return { kind: 'told', words: when, next, nextDueMs }
}

/** What is wrong with a timing, in words. */
export function invalidTiming(
  { schedule, options, zone }: Timing,
  language: Language,
  { validSchedule, validOptions }: Pick<PlanParts, 'validSchedule' | 'validOptions'>,
): string | undefined {
  const invalid = validSchedule(schedule, zone, language)
  if (invalid !== undefined) return invalid
  const which = validOptions(options, schedule)
  return which === undefined ? undefined : optionsWords[language].problems[which]
}

/** The command and the arguments of an order as the command itself reads them; or why no task can run that. */
export function readChore(
  order: Chore & { readonly when?: string },
  { language }: Context,
  { readCall }: Pick<PlanParts, 'readCall'>,
): ({ readonly kind: 'chore' } & Chore) | Problem {
  const words = tasksWords[language].tasks
  // Only a command that tasks may run takes a `when` out of its arguments.
  const read = readCall(order.command, { ...order.args, when: order.when ?? 'now' })
  if (read.kind === 'unknown') return problem(words.unknownCommand(read.name, read.nearest))
  if (read.kind === 'misused') return problem(misusedWords(order.command, read, language))
  const { name, args, when } = read.invocation
  return when === undefined ? problem(words.notForTasks(name)) : { kind: 'chore', command: name, args }
}

/** What is wrong with the arguments of a command, and how it is used. */
export function misusedWords(
  name: string,
  { missing, problem, usage }: Extract<Read, { kind: 'misused' }>,
  language: Language,
): string {
  const words = tasksWords[language].tasks
  const lacking = missing.length === 0 ? [] : [words.missing(missing)]
  return words.badArgs(name, [...lacking, ...(problem === '' ? [] : [problem])].join('; '), usage[language])
}

/** The offer to run a task once now, for people to see what comes; what comes once only needs no trial. */
export function trialOf(id: number, schedule: Schedule): { readonly offer?: Action } {
  return 'at' in schedule ? {} : { offer: { command: 'tasks', args: { action: 'run', id } } }
}

/** The place that a chore names in its `to`; undefined if it names none. */
export function placeOf(
  { args: { to } }: Chore,
  context: Context,
  { resolve }: Pick<PlanParts, 'resolve'>,
): Address | Problem | undefined {
  if (typeof to !== 'string' || to === '') return undefined
  return resolve(to, context) ?? problem(tasksWords[context.language].tasks.badTarget(to))
}

/** Where a task posts that names no place: where it was asked for; what comes again and again, not into an old thread. */
function homeOf(
  context: Context,
  schedule: Schedule,
  { resolve }: Pick<PlanParts, 'resolve'>,
): Address | Problem {
  const address = resolve('here', context)
  if (address === undefined) return problem(tasksWords[context.language].tasks.badTarget('here'))
  const { thread: _, ...channel } = address
  return 'at' in schedule ? address : channel
}

/** Without a beginning, "every 2 hours" is counted from now. */
export function beginning(schedule: Schedule, nowMs: number): Schedule {
  return 'everyMs' in schedule && schedule.from === undefined
    ? { everyMs: schedule.everyMs, from: new Date(nowMs).toISOString() }
    : schedule
}

export function problem(words: string): Problem {
  return { kind: 'problem', words }
}

function readTiming(order: TaskOrder, { nowMs, zone }: Context, { readWhen }: PlanParts): Timing | undefined {
  if (!('when' in order)) {
    return { schedule: beginning(order.schedule, nowMs), options: order.options, zone: order.zone }
  }
  const when = readWhen(order.when, { nowMs, zone })
  if (when === undefined) return undefined
  return { schedule: beginning(when.schedule, nowMs), options: { ...usualOptions, ...when.options }, zone }
}
