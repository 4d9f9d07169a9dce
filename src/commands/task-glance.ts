import type { Glance } from '../home.ts'
import type { Task } from '../task.ts'
import { tasksWords } from '../words-tasks.ts'
import type { Language } from '../words.ts'
import { choreName } from './task-runs.ts'
import { whenOf, type ViewParts } from './task-views.ts'

/** A task at a glance: what it does, when, when next, and why it was paused where nobody asked for it. */
export function glanceOf(
  task: Task,
  about: { readonly nowMs: number; readonly language: Language },
  parts: ViewParts,
): Glance {
  const { id, state, nextDueMs, zone, pausedFor, failures } = task
  const { words: when, nextMs } = whenOf(task, about, parts, 1)
  const atMs = state === 'active' && nextDueMs !== null ? (nextMs[0] ?? nextDueMs) : undefined
  return {
    what: choreName(task, about.language),
    when,
    ...(atMs === undefined ? {} : { next: { atMs, words: parts.formatTime(atMs, zone, about.language) } }),
    ...(pausedFor === null
      ? {}
      : { alarm: tasksWords[about.language].tasks.pausedFor[pausedFor](id, failures) }),
  }
}
