import { createHash } from 'node:crypto'
import type { Log } from '../log.ts'
import type { Outbox } from '../outbox.ts'
import type { Store } from '../store/store.ts'
import type { DueRun } from '../store/tasks.ts'
import type { Run, Task } from '../task.ts'
import { tasksWords } from '../words-tasks.ts'
import { dueUpTo, nextDue } from './schedule.ts'

type Parts = {
  readonly store: Pick<Store, 'read' | 'write'>
  readonly deliver: Outbox['deliver']
  readonly nowMs: number
  readonly log: Log
}

/** A due time that passed unseen is still run within this time, in milliseconds. */
const catchUpMs = 24 * 3_600_000
/** The most rows written for the due times of one task at once; the oldest row tells how many more there were. */
const mostRows = 100

/**
 * Moves a due task on to its next due time and writes down one row for each that has passed, in one transaction. The
 * newest is queued unless it is a day old or the task is behind with its runs already; the older ones are missed.
 */
export async function advanceTask(task: Task, { store, deliver, nowMs, log }: Parts): Promise<void> {
  if (task.nextDueMs === null) return
  const words = tasksWords[task.language].runs
  let next: number | null
  let due: ReturnType<typeof dueUpTo>
  try {
    next = nextDue(task.schedule, task.zone, nowMs)
    due = dueUpTo(task.schedule, task.zone, task.nextDueMs, nowMs, mostRows)
  } catch (error) {
    // A zone that this Node no longer knows, or a row of another version: one bad task is not to hold up the rest.
    log.error({ err: error, task: task.id }, 'a task is paused: its schedule cannot be read')
    const text = words.brokenSchedule(tasksWords[task.language].task(task.id, task.command))
    const key = createHash('sha256').update(`task/${task.id}/broken/${task.version}`).digest('hex')
    const draft = { key, address: task.address, answers: null, reply: { text, status: 'failed' as const } }
    return deliver([draft], [['tasks.change', task.id, 'paused', null]])
  }
  // One may wait behind the one that runs; a task slower than its schedule is not to pile up runs without end.
  const isOpen = ({ state }: Run): boolean => state === 'queued' || state === 'running'
  const isBehind = store.read.tasks.history(task.id, mostRows).filter(isOpen).length > 1
  const rows = due.slots.map((dueMs, i): DueRun => {
    const isNewest = i === due.slots.length - 1
    if (!isNewest) return { dueMs, state: 'missed', note: words.missed }
    if (nowMs - dueMs > catchUpMs) return { dueMs, state: 'missed', note: words.missedLate }
    return isBehind
      ? { dueMs, state: 'skipped', note: words.overlapped }
      : { dueMs, state: 'queued', note: null }
  })
  const [oldest, ...others] = rows
  const told =
    oldest === undefined || due.dropped === 0
      ? rows
      : [{ ...oldest, note: `${oldest.note ?? ''} (${words.olderToo(due.dropped)})` }, ...others]
  await store.write('tasks.advance', task, next, told, nowMs)
}

/**
 * Brings forward the tasks that wait for a later time than their schedule says: a clock that ran ahead had moved them
 * on. To be called when the clock may have been put back.
 */
export async function realignTasks({ store, nowMs, log }: Omit<Parts, 'deliver'>): Promise<void> {
  for (const task of store.read.tasks.ahead(nowMs)) {
    const next = nextOf(task, nowMs)
    if (next === null || task.nextDueMs === null || next >= task.nextDueMs) continue
    log.warn({ task: task.id }, 'the clock was put back: a task is due earlier than it was')
    await store.write('tasks.advance', task, next, [], nowMs)
  }
}

/** The next due time; null also for a schedule that cannot be read, which shows when the task comes due. */
function nextOf({ schedule, zone }: Task, nowMs: number): number | null {
  try {
    return nextDue(schedule, zone, nowMs)
  } catch {
    return null
  }
}
