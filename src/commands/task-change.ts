import type { Context, Outcome } from '../command.ts'
import type { Choice } from '../message.ts'
import type { Reads } from '../store/writes.ts'
import type { Task } from '../task.ts'
import { runsWords } from '../words-runs.ts'
import { tasksWords } from '../words-tasks.ts'
import { invalidTiming, type PlanParts } from './task-plan.ts'
import { optionsLeft, switches, taskName, whenOf, type ViewParts } from './task-views.ts'

export type ChangeParts = Pick<PlanParts, 'nextDue'> &
  ViewParts & {
    readonly read: { readonly runs: Pick<Reads['runs'], 'openOf'> }
  }

/** Lets nothing more of a task become due until it is resumed. What waits is cancelled, what runs goes on. */
export function pauseTask(task: Task, { language, nowMs }: Context): Outcome {
  const words = tasksWords[language].tasks
  const name = taskName(task, language)
  if (task.state === 'done') return misused(words.isDone(name))
  if (task.state === 'paused') return misused(words.alreadyPaused(name))
  const to = { state: 'paused', nextDueMs: null, pausedFor: null } as const
  return {
    ...done(
      words.paused(name, task.id),
      { id: task.id, state: 'paused' },
      switches([{ ...task, ...to }], language),
    ),
    writes: [['tasks.change', task.id, to, runsWords[task.language].paused, nowMs]],
  }
}

/** Lets a task become due again from now on, whatever it was paused for; its failures are forgotten. */
export function resumeTask(task: Task, context: Context, parts: ChangeParts): Outcome {
  const { language, nowMs } = context
  const { id, schedule, options, zone } = task
  const words = tasksWords[language].tasks
  const name = taskName(task, language)
  const invalid = invalidTiming(task, language, parts)
  if (invalid !== undefined) return misused(words.brokenStill(name, id, invalid))
  if (task.state === 'active' && task.nextDueMs !== null) {
    const [next] = whenOf(task, context, parts, 1).next
    return misused(words.alreadyActive(name, next ?? parts.formatTime(task.nextDueMs, zone, language)))
  }
  const left = optionsLeft(task)
  if (options.count !== null && left.count === 0) return misused(words.countUsed(name, id, options.count))
  const nextDueMs = parts.nextDue(schedule, zone, nowMs, options.until)
  const [next] = nextDueMs === null ? [] : parts.restate(schedule, left, zone, nowMs, language, 1).next
  if (nextDueMs === null || next === undefined) return misused(words.isDone(name))
  const to = { state: 'active', nextDueMs, pausedFor: null } as const
  return {
    ...done(
      words.resumed(name, next),
      { id, state: 'active', nextDueMs },
      switches([{ id, ...to }], language),
    ),
    writes: [['tasks.change', id, to, '', nowMs]],
  }
}

/** Ends a task for good, and what waits or runs of it. */
export function removeTask(task: Task, { language, nowMs }: Context): Outcome {
  const to = { state: 'removed', nextDueMs: null, pausedFor: null } as const
  return {
    ...done(tasksWords[language].tasks.removed(taskName(task, language)), { id: task.id }),
    writes: [['tasks.change', task.id, to, runsWords[task.language].removed, nowMs]],
  }
}

/** Orders one run now, unless one waits or runs already. */
export function runTask(task: Task, { language, nowMs }: Context, { read }: ChangeParts): Outcome {
  const words = tasksWords[language].tasks
  const name = taskName(task, language)
  const { queued, running } = read.runs.openOf(task.id)
  if (queued + running > 0) return misused(words.runsAlready(name, task.id))
  return {
    ...done(words.runsNow(name), { id: task.id, dueMs: nowMs }),
    writes: [['runs.add', task.id, nowMs]],
  }
}

/** Ends what waits and what runs of a task; its schedule stays. */
export function cancelRuns(task: Task, { language, nowMs }: Context, { read }: ChangeParts): Outcome {
  const words = tasksWords[language].tasks
  const name = taskName(task, language)
  const { queued, running } = read.runs.openOf(task.id)
  if (queued + running === 0) return misused(words.nothingToCancel(name))
  return {
    ...done(words.cancelled(name, queued, running), { id: task.id, waiting: queued, running }),
    writes: [['runs.cancel', task.id, runsWords[task.language].stopped, nowMs]],
  }
}

/** An outcome of words, with the same for programs, and with buttons. */
export function done(text: string, data: unknown, choices: readonly Choice[] = []): Outcome {
  return { reply: { text, status: 'done', data, ...(choices.length === 0 ? {} : { choices }) } }
}

/** An outcome that changes nothing, because it cannot be so. */
export function misused(text: string): Outcome {
  return { reply: { text, status: 'misused' } }
}
