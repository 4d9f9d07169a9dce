import { setImmediate } from 'node:timers/promises'
import type { Log } from '../log.ts'
import type { Store } from '../store/store.ts'
import type { Task } from '../task.ts'
import { runsWords } from '../words-runs.ts'
import { mostRetryWaitMs } from './retry.ts'
import { dueFrom, openSlots } from './schedule.ts'
import { openZone, type Zone } from './wall-time.ts'

type Parts = {
  readonly store: Pick<Store, 'read' | 'write'>
  readonly nowMs: number
  readonly log: Log
}

/** After so many tasks the loop is let go for a turn. */
const mostAtAStretch = 50

/** A task that is due sooner than its row says. */
type Earlier = { readonly nextDueMs: number; readonly countedAgain: number }

/**
 * Undoes what a clock that ran ahead has moved on: tasks that wait for a later time than their schedule says, or that
 * are done although a due time is still to come, and runs that wait for what is not now. To be called when the clock may
 * have been put back. What is due again is not counted twice, and what ran does not run again.
 */
export async function realign({ store, nowMs, log }: Parts): Promise<void> {
  if (store.read.runs.isAnyLater(nowMs)) await realignRuns({ store, nowMs, log })

  // All tasks are looked at in one go, and most are in one zone.
  const zones = new Map<string, Zone>()
  const zoneOf = (name: string): Zone => {
    const zone = zones.get(name) ?? openZone(name)
    zones.set(name, zone)
    return zone
  }
  const tell = (task: number): void =>
    log.warn({ task }, 'the clock was put back: a task is due earlier than it was')
  for (const [i, task] of store.read.tasks.ahead(nowMs).entries()) {
    if (i % mostAtAStretch === 0) await setImmediate()
    const earlier = earlierOf(task, task.nextDueMs, zoneOf, nowMs)
    if (earlier === undefined) continue
    tell(task.id)
    const { nextDueMs, countedAgain } = earlier
    await store.write(
      'tasks.advance',
      task,
      { nextDueMs, runs: [], dueCount: -countedAgain, replaces: null },
      nowMs,
    )
  }
  for (const { task, lastDueMs } of store.read.tasks.doneAhead(nowMs)) {
    const earlier = earlierOf(task, lastDueMs + 1, zoneOf, nowMs)
    if (earlier === undefined) continue
    tell(task.id)
    await store.write('tasks.revive', task, earlier.nextDueMs, task.dueCount - earlier.countedAgain)
  }
}

async function realignRuns({ store, nowMs, log }: Parts): Promise<void> {
  const notes = { en: runsWords.en.notYet, zh: runsWords.zh.notYet }
  const runs = await store.write('runs.realign', nowMs, mostRetryWaitMs, notes)
  if (runs > 0)
    log.warn({ runs }, 'the clock was put back: runs that waited by it wait no longer than they should')
}

/** Nothing, too, for a schedule that cannot be read, which shows when the task comes due. */
function earlierOf(
  { schedule, options, zone, dueCount }: Task,
  laterMs: number | null,
  zoneOf: (name: string) => Zone,
  nowMs: number,
): Earlier | undefined {
  if (laterMs === null) return undefined
  try {
    const slots = openSlots(schedule, zoneOf(zone), options.until)
    const nextDueMs = slots.next(nowMs)
    if (nextDueMs === null || nextDueMs >= laterMs) return undefined
    const again = dueFrom(slots, nextDueMs, laterMs - 1, 0).dropped
    return { nextDueMs, countedAgain: Math.min(again, dueCount) }
  } catch {
    return undefined
  }
}
