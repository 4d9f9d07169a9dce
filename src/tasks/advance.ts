import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Log } from '../log.ts'
import type { Outbox } from '../outbox.ts'
import type { Step } from '../store/runs.ts'
import type { Store } from '../store/store.ts'
import type { Task } from '../task.ts'
import { runsWords } from '../words-runs.ts'
import { tasksWords } from '../words-tasks.ts'
import { decide, onTimeMs, type Open } from './policy.ts'
import { dueFrom, openSlots } from './schedule.ts'
import type { DueTimes } from './slots.ts'
import { openZone } from './wall-time.ts'

type Parts = {
  readonly store: Pick<Store, 'read' | 'write'>
  readonly deliver: Outbox['deliver']
  readonly nowMs: number
  readonly log: Log
}

/** The newest due times that get a row each; the oldest of these rows tells how many more there were. */
const mostRows = 10_000
/** The most rows in one transaction. */
const mostRowsAtOnce = 1_000

/**
 * Moves a due task on to its next due time and writes down one row for each that has passed, as `decide` says: in one
 * transaction, or after a long pause in several, each of which moves the task as far as its rows go.
 */
export async function advanceTask(task: Task, { store, deliver, nowMs, log }: Parts): Promise<void> {
  if (task.nextDueMs === null) return
  const open = store.read.runs.openOf(task.id)
  let steps: readonly Step[]
  try {
    const past = pastOf(task, nowMs)
    // After a long pause, half of the work is done: the loop is let go for a turn.
    if (past.due.slots.length > mostRowsAtOnce) await setImmediate()
    steps = stepsOf(task, nowMs, open, past)
  } catch (error) {
    // A zone that this Node no longer knows, or a row of another version: one bad task is not to hold up the rest.
    log.error({ err: error, task: task.id }, 'a task is paused: its schedule cannot be read')
    return pause(task, deliver, nowMs)
  }
  let nextDueMs: number | null = task.nextDueMs
  for (const step of steps) {
    if (!(await store.write('tasks.advance', { ...task, nextDueMs }, step, nowMs))) return
    nextDueMs = step.nextDueMs
  }
  // Only now, so that a disk that takes nothing does not say it each second.
  if (nowMs - task.nextDueMs > onTimeMs) {
    const due = steps.reduce((sum, { dueCount }) => sum + dueCount, 0)
    const run = steps.flatMap(({ runs }) => runs).filter(({ state }) => state === 'queued').length
    const since = new Date(task.nextDueMs).toISOString()
    log.info({ task: task.id, due, run, since }, 'a task was due while nothing could run')
  }
}

/**
 * The steps over all due times of a task up to `nowMs`, its `nextDueMs` the first of them. All that is to run is in
 * the last one: where the program ends between two steps, the next life decides anew about the rest, and what was
 * written down already is nothing that would have run. Throws as `decide` does.
 */
export function stepsOf(
  task: Task,
  nowMs: number,
  open: Open,
  { due, next }: Past = pastOf(task, nowMs),
): readonly Step[] {
  const { options } = task
  const decision = decide(task, due, nowMs, open)
  const isUsedUp = options.count !== null && task.dueCount + decision.dueCount >= options.count
  const cuts = cutsOf(decision.runs)
  return cuts.map((from, i): Step => {
    const end = cuts[i + 1]
    const runs = decision.runs.slice(from, end)
    const isLast = end === undefined
    return {
      runs,
      nextDueMs: isLast ? (isUsedUp ? null : next) : (decision.runs[end]?.dueMs ?? null),
      dueCount: runs.length + (i === 0 ? decision.dueCount - decision.runs.length : 0),
      replaces: isLast ? decision.replaces : null,
    }
  })
}

/** What has come due of a task, and what is due after it. */
type Past = { readonly due: DueTimes; readonly next: number | null }

/** Of the due times `mostRows` remain once those beyond the task's count are taken off the newest end. */
function pastOf({ schedule, options, zone, nextDueMs, dueCount }: Task, nowMs: number): Past {
  const slots = openSlots(schedule, openZone(zone), options.until)
  const dueUp = (most: number): DueTimes => dueFrom(slots, nextDueMs ?? Infinity, nowMs, most)
  const due = dueUp(mostRows)
  const left = options.count === null ? Infinity : Math.max(0, options.count - dueCount)
  const beyond = due.dropped + due.slots.length - left
  return {
    due: beyond > 0 && due.dropped > 0 ? dueUp(mostRows + beyond) : due,
    next: slots.next(nowMs),
  }
}

/** Where the steps begin: after so many rows each, but no cut comes after the first row that is to run. */
function cutsOf(runs: Step['runs']): readonly number[] {
  const firstRun = runs.findIndex(({ state }) => state === 'queued')
  const lastCut = firstRun === -1 ? runs.length : firstRun
  const cuts = [0]
  for (let at = 0; runs.length - at > mostRowsAtOnce && at < lastCut; cuts.push(at)) {
    at = Math.min(at + mostRowsAtOnce, lastCut)
  }
  return cuts
}

function pause(task: Task, deliver: Outbox['deliver'], nowMs: number): Promise<void> {
  const words = runsWords[task.language]
  const text = words.brokenSchedule(tasksWords[task.language].task(task.id, task.command))
  const key = createHash('sha256').update(`task/${task.id}/broken/${task.version}`).digest('hex')
  const draft = { key, address: task.address, answers: null, reply: { text, status: 'failed' as const } }
  const paused = { state: 'paused', nextDueMs: null, pausedFor: 'schedule' } as const
  return deliver([draft], [['tasks.change', task.id, paused, words.paused, nowMs]])
}
