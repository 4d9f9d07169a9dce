import type { Context } from '../command.ts'
import { addressKey, type Address, type Choice } from '../message.ts'
import { runView } from '../run-view.ts'
import type { Options, PastRun, Task } from '../task.ts'
import { choreWords } from '../words-chores.ts'
import { tasksWords } from '../words-tasks.ts'
import type { Language } from '../words.ts'
import { invalidTiming, type PlanParts } from './task-plan.ts'
import { choreName, runLine } from './task-runs.ts'

/** What a person reads of their tasks, and the same for programs. */
export type View = { readonly text: string; readonly data: unknown; readonly choices?: readonly Choice[] }

export type ViewParts = Pick<PlanParts, 'restate' | 'validSchedule' | 'validOptions'> & {
  /** An instant as the clocks of a zone show it. */
  readonly formatTime: (ms: number, zone: string, language: Language) => string
}

type PlaceViewParts = ViewParts & Pick<PlanParts, 'nameOf'>

/** The name under which a task is spoken of: `Task 3 (remind "tea")`. */
export function taskName(task: Task, language: Language): string {
  return tasksWords[language].task(task.id, choreName(task, language))
}

/** The options of a task for the times that are left to it. */
export function optionsLeft({ options, dueCount }: Task): Options {
  return options.count === null ? options : { ...options, count: Math.max(0, options.count - dueCount) }
}

/** A place in words; undefined for the one in which it is spoken of. */
export function placeWords(
  place: Address,
  { address: here, person, language }: Context,
  { nameOf }: Pick<PlanParts, 'nameOf'>,
): string | undefined {
  return addressKey(place) === addressKey(here) ? undefined : nameOf(place, person.key, language)
}

/** Who has more tasks than this names the others by their numbers. */
const mostSwitches = 10

/** Buttons that pause what is active, and wake what is paused and can go on. */
export function switches(
  tasks: readonly Pick<Task, 'id' | 'state' | 'pausedFor'>[],
  language: Language,
): readonly Choice[] {
  const { pause, resume } = tasksWords[language].tasks.buttons
  return tasks
    .filter(({ state, pausedFor }) => state !== 'done' && pausedFor !== 'schedule')
    .slice(0, mostSwitches)
    .map(({ id, state }) => (state === 'paused' ? resume(id) : pause(id)))
}

/** When a task is due, in words, and when it really runs next; also where its schedule cannot be read any more. */
export function whenOf(
  task: Task,
  { nowMs, language }: Pick<Context, 'nowMs' | 'language'>,
  parts: ViewParts,
  most: number,
): { readonly words: string; readonly next: readonly string[]; readonly nextMs: readonly number[] } {
  const { schedule, options, zone } = task
  if (invalidTiming(task, language, parts) !== undefined) {
    return { words: tasksWords[language].tasks.unreadable(JSON.stringify(schedule)), next: [], nextMs: [] }
  }
  const { restate } = parts
  const { words } = restate(schedule, options, zone, nowMs, language, 0)
  if (most === 0 || task.nextDueMs === null) return { words, next: [], nextMs: [] }
  // It may have come a moment ago, and may lie in quiet hours.
  return { ...restate(schedule, optionsLeft(task), zone, task.nextDueMs - 1, language, most), words }
}

/** All tasks, one entry each; those that were paused without anybody asking for it come first. */
export function listOf(tasks: readonly Task[], context: Context, parts: PlaceViewParts): View {
  const words = tasksWords[context.language].tasks
  const isLoud = ({ pausedFor }: Task): boolean => pausedFor !== null
  const sorted = [...tasks.filter(isLoud), ...tasks.filter((task) => !isLoud(task))]
  const lines = sorted.map((task) => {
    const entry = entryOf(task, choreName(task, context.language), context, parts)
    return isLoud(task) ? words.loud(entry) : entry
  })
  const text = tasks.length === 0 ? words.none : [words.list(tasks.length), ...lines].join('\n')
  const data = { tasks: sorted.map((task) => dataOf(task, context, parts)) }
  return { text, data, choices: switches(sorted, context.language) }
}

/** One task with its last runs. */
export function showOf(task: Task, runs: readonly PastRun[], context: Context, parts: PlaceViewParts): View {
  const { language } = context
  const words = tasksWords[language].tasks
  const { address, version, options, dueCount, failures, pausedFor } = task
  const facts = [
    words.place(placeWords(address, context, parts)),
    words.version(version),
    ...(options.count === null ? [] : [words.had(dueCount, options.count)]),
    ...(failures === 0 || pausedFor === 'failures' ? [] : [words.failures(failures)]),
  ]
  const lines = runs.map((run) => `  ${runLine(run, language, parts.formatTime)}`)
  const below = runs.length === 0 ? [words.noRuns] : [words.lastRuns, ...lines]
  const entry = entryOf(task, choreWords(task, language), context, parts)
  const text = [pausedFor === null ? entry : words.loud(entry), `    ${facts.join(' · ')}`, ...below].join(
    '\n',
  )
  const data = { ...dataOf(task, context, parts), runs: runs.map(runView) }
  return { text, data, choices: switches([task], language) }
}

function entryOf(task: Task, what: string, context: Context, parts: ViewParts): string {
  const { language } = context
  const words = tasksWords[language].tasks
  const { id, state, nextDueMs, zone, pausedFor, failures } = task
  const { words: when, next } = whenOf(task, context, parts, 1)
  const how =
    pausedFor === null
      ? state === 'active' && nextDueMs !== null
        ? words.next(next[0] ?? parts.formatTime(nextDueMs, zone, language))
        : words.states[state]
      : words.pausedFor[pausedFor](id, failures)
  return words.line(id, what, `${when} · ${how}`)
}

function dataOf(task: Task, context: Context, parts: PlaceViewParts): Record<string, unknown> {
  const { person: _, language: __, createdAtMs, nextDueMs, ...rest } = task
  const place = parts.nameOf(task.address, context.person.key, context.language)
  const { words } = whenOf(task, context, parts, 0)
  const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())
  return {
    ...rest,
    place,
    words,
    nextDueMs,
    nextDue: iso(nextDueMs),
    createdAt: iso(createdAtMs),
    createdAtMs,
  }
}
