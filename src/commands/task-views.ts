import type { Context } from '../command.ts'
import type { Run, Schedule, Task } from '../task.ts'
import { tasksWords } from '../words-tasks.ts'
import type { Language } from '../words.ts'
import { choreWords } from './task-plan.ts'

/** What a person reads of their tasks, and the same for programs. */
export type View = { readonly text: string; readonly data: unknown }

type Parts = {
  readonly restate: (
    schedule: Schedule,
    zone: string,
    nowMs: number,
    language: Language,
    most?: number,
  ) => { readonly words: string; readonly next: readonly string[] }
  readonly formatTime: (ms: number, zone: string, language: Language) => string
}

/** The name under which a task is spoken of: `Task 3 (remind "tea")`. */
export function taskName(task: Task, language: Language): string {
  return tasksWords[language].task(task.id, choreWords(task))
}

/** All tasks, one entry each. */
export function listOf(tasks: readonly Task[], context: Context, parts: Parts): View {
  const words = tasksWords[context.language].tasks
  const lines = tasks.map((task) => entryOf(task, context, parts))
  const text = tasks.length === 0 ? words.none : [words.list(tasks.length), ...lines].join('\n')
  return { text, data: { tasks: tasks.map((task) => dataOf(task, context, parts)) } }
}

/** One task with its last runs. */
export function showOf(task: Task, runs: readonly Run[], context: Context, parts: Parts): View {
  const words = tasksWords[context.language].tasks
  const lines = runs.map((run) => `  ${runLine(run, task, context, parts)}`)
  const below = runs.length === 0 ? [words.noRuns] : [words.lastRuns, ...lines]
  const text = [entryOf(task, context, parts), ...below].join('\n')
  return { text, data: { ...dataOf(task, context, parts), runs: runs.map(runData) } }
}

/** The runs of a task: when each was due, how it ended, how late it began and how long it took. */
export function historyOf(task: Task, runs: readonly Run[], context: Context, parts: Parts): View {
  const words = tasksWords[context.language].tasks
  const name = taskName(task, context.language)
  const lines = runs.map((run) => `  ${runLine(run, task, context, parts)}`)
  const text = runs.length === 0 ? `${name}: ${words.noRuns}` : [words.history(name), ...lines].join('\n')
  return { text, data: { id: task.id, runs: runs.map(runData) } }
}

function entryOf(task: Task, { language, nowMs }: Context, { restate, formatTime }: Parts): string {
  const words = tasksWords[language].tasks
  const { words: when } = restate(task.schedule, task.zone, nowMs, language, 0)
  const state =
    task.state === 'active' && task.nextDueMs !== null
      ? words.next(formatTime(task.nextDueMs, task.zone, language))
      : words.states[task.state]
  return words.line(task.id, choreWords(task), `${when} · ${state}`)
}

function dataOf(task: Task, { language, nowMs }: Context, { restate }: Parts): Record<string, unknown> {
  const { id, command, args, schedule, zone, state, nextDueMs, address } = task
  const { words } = restate(schedule, zone, nowMs, language, 0)
  return { id, command, args, schedule, zone, words, state, nextDueMs, nextDue: iso(nextDueMs), address }
}

function runLine(run: Run, { zone }: Task, { language }: Context, { formatTime }: Parts): string {
  const words = tasksWords[language]
  const { lateMs, tookMs } = timesOf(run)
  const facts = [
    words.tasks.runStates[run.state],
    ...(lateMs === null || lateMs < 2_000 ? [] : [words.tasks.late(words.duration(lateMs))]),
    ...(tookMs === null ? [] : [words.tasks.took(words.duration(tookMs))]),
    ...(run.note === null ? [] : [firstLine(run.note)]),
  ]
  return `${formatTime(run.dueMs, zone, language)} · ${facts.join(' · ')}`
}

function runData(run: Run): Record<string, unknown> {
  const { id, dueMs, state, attempt, status, fault, note } = run
  return { id, due: iso(dueMs), dueMs, state, attempt, status, fault, note, ...timesOf(run) }
}

function timesOf({ dueMs, startedAtMs, endedAtMs }: Run): { lateMs: number | null; tookMs: number | null } {
  return {
    lateMs: startedAtMs === null ? null : Math.max(0, startedAtMs - dueMs),
    tookMs: startedAtMs === null || endedAtMs === null ? null : Math.max(0, endedAtMs - startedAtMs),
  }
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.slice(0, 120) ?? ''
}
