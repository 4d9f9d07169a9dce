import type { Context, Moment, Read } from '../command.ts'
import type { Address } from '../message.ts'
import type { NewTask, Schedule } from '../task.ts'
import { tasksWords } from '../words-tasks.ts'
import type { Language } from '../words.ts'

/** What a task is to do and when: in words of time, or as a schedule that was read before, in its zone. */
export type TaskOrder = {
  readonly command: string
  readonly args: Readonly<Record<string, unknown>>
} & ({ readonly when: string } | { readonly schedule: Schedule; readonly zone: string })

/** A task ready to be written down, and the same in words. */
export type Plan =
  | {
      readonly kind: 'task'
      readonly words: string
      readonly next: readonly string[]
      readonly task: NewTask
    }
  | { readonly kind: 'problem'; readonly words: string }

export type PlanParts = {
  readonly readCall: (name: string, args: unknown) => Read
  /** Reads words of time; undefined if they are none. */
  readonly readWhen: (text: string, moment: Moment) => Schedule | undefined
  readonly resolve: (target: string, from: Address) => Address | undefined
  readonly restate: (
    schedule: Schedule,
    zone: string,
    nowMs: number,
    language: Language,
    most?: number,
  ) => { readonly words: string; readonly next: readonly string[] }
  readonly nextDue: (schedule: Schedule, zone: string, afterMs: number) => number | null
  readonly validSchedule: (schedule: Schedule, zone: string, language: Language) => string | undefined
}

/** Checks an order for a task whole, its command, arguments, time and place, and says it back in plain words. */
export function planTask(order: TaskOrder, context: Context, parts: PlanParts): Plan {
  const { language, nowMs } = context
  const zone = 'zone' in order ? order.zone : context.zone
  const words = tasksWords[language]

  const chore = readChore(order, context, parts)
  if (chore.kind === 'problem') return chore
  const schedule = readSchedule(order, context, parts)
  if (schedule === undefined) return problem(words.tasks.badWhen('when' in order ? order.when : ''))
  const invalid = parts.validSchedule(schedule, zone, language)
  if (invalid !== undefined) return problem(invalid)

  const { words: when, next } = parts.restate(schedule, zone, nowMs, language)
  const nextDueMs = parts.nextDue(schedule, zone, nowMs)
  if (nextDueMs === null) {
    return problem('at' in schedule ? words.schedule.past(when) : words.schedule.never(when))
  }

  const { command, args } = chore
  const to = args['to']
  const address = typeof to === 'string' && to !== '' ? parts.resolve(to, context.address) : context.address
  if (address === undefined) return problem(words.tasks.badTarget(String(to)))

  const { key: person } = context.person
  const task = { command, args, schedule, zone, person, address, language, nextDueMs, createdAtMs: nowMs }
  return { kind: 'task', words: words.tasks.plan(choreWords({ command, args }), when), next, task }
}

/** What a task does, as a person would type it: `digest --from https://… --to terminal`, `remind "tea"`. */
export function choreWords({ command, args }: Pick<NewTask, 'command' | 'args'>): string {
  const given = Object.entries(args).filter(([, value]) => value !== undefined)
  const [only, ...others] = given
  if (only !== undefined && others.length === 0) return `${command} ${shown(only[1])}`
  return [command, ...given.map(([key, value]) => `--${key} ${shown(value)}`)].join(' ')
}

function shown(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  return /^[^\s"]+$/u.test(value) ? value : JSON.stringify(value)
}

type ChoreRead =
  | { readonly kind: 'chore'; readonly command: string; readonly args: NewTask['args'] }
  | { readonly kind: 'problem'; readonly words: string }

function readChore(order: TaskOrder, { language }: Context, { readCall }: PlanParts): ChoreRead {
  const words = tasksWords[language].tasks
  // Only a command that tasks may run takes a `when` out of its arguments.
  const read = readCall(order.command, { ...order.args, when: 'when' in order ? order.when : 'now' })
  if (read.kind === 'unknown') return problem(words.unknownCommand(read.name, read.nearest))
  if (read.kind === 'misused') {
    const missing = read.missing.length === 0 ? [] : [words.missing(read.missing)]
    const what = [...missing, ...(read.problem === '' ? [] : [read.problem])].join('; ')
    return problem(words.badArgs(order.command, what, read.usage))
  }
  const { name, args, when } = read.invocation
  return when === undefined ? problem(words.notForTasks(name)) : { kind: 'chore', command: name, args }
}

function readSchedule(
  order: TaskOrder,
  { nowMs, zone }: Context,
  { readWhen }: PlanParts,
): Schedule | undefined {
  const schedule = 'when' in order ? readWhen(order.when, { nowMs, zone }) : order.schedule
  // Without a beginning, "every 2 hours" is counted from now.
  return schedule !== undefined && 'everyMs' in schedule && schedule.from === undefined
    ? { everyMs: schedule.everyMs, from: new Date(nowMs).toISOString() }
    : schedule
}

function problem(words: string): { readonly kind: 'problem'; readonly words: string } {
  return { kind: 'problem', words }
}
