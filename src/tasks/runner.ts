import { setImmediate } from 'node:timers/promises'
import type { Sign } from '../adapter.ts'
import type { TaskLimits } from '../config.ts'
import { FaultError, faultOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { addressKey, isWithin } from '../message.ts'
import type { TaskNews } from '../notices.ts'
import type { Draft, Outbox } from '../outbox.ts'
import type { Store } from '../store/store.ts'
import type { Run, Task } from '../task.ts'
import { advanceTask } from './advance.ts'
import { createCarrying, type Perform } from './carrying.ts'
import { createProgress, type Doing } from './progress.ts'
import { createQueue, type Held } from './queue.ts'
import { realign } from './realign.ts'

/** Carries out what is due. */
export type Runner = {
  /** Takes up what an earlier life of the program left running, and keeps to the clock once there is work. */
  readonly start: () => Promise<void>
  /** Writes down what has come due and starts what may run; resolves when that is done, not when the runs have ended. */
  readonly tick: () => Promise<void>
  /** Writes down what has come due, and starts nothing: a task is to be changed only after its past is on record. */
  readonly catchUp: () => Promise<void>
  /** Ticks soon, because a task was made or changed, or a run was ordered or cancelled. */
  readonly wake: () => void
  /** Aborts what runs without ending its row, so that it runs again at the next start. Resolves when all has ended. */
  readonly stop: () => Promise<void>
  /** Aborts the runs that post to an address, for good. Returns how many that were. */
  readonly stopRuns: (addressKey: string) => number
  /** Resolves when nothing is running. */
  readonly idle: () => Promise<void>
  /** What a run is at; undefined once it has ended, or if it has told nothing. */
  readonly progressOf: (runId: number) => Doing | undefined
}

type Parts = {
  readonly store: Pick<Store, 'read' | 'write'>
  readonly perform: Perform
  readonly deliver: Outbox['deliver']
  readonly now: () => number
  /** Waits; rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** From 0 to 1. */
  readonly random: () => number
  /** A word that was never given before: it names a claim. */
  readonly newToken: () => string
  /** Calls the function about once a second until the returned one is called. */
  readonly tick: (onTick: () => void) => () => void
  readonly log: Log
  /** Asked again each time: a change holds from the next run on. */
  readonly limits: () => TaskLimits
  /** Shows what a run is at, at most once a second for each; best effort. A last sign with share 1 ends it. */
  readonly show: (task: Task, run: Run, sign: Sign) => void
  /** What the owner is told of a task, committed with the end of the run. */
  readonly news: (news: TaskNews) => readonly Draft[]
}

/** A clock that goes back by less than this was only corrected, in milliseconds. */
const clockSlackMs = 2_000
/** So many tasks are moved on at the same time. */
const mostAtOnce = 16

export function createRunner(parts: Parts): Runner {
  const { store, deliver, now, log } = parts
  const closing = new AbortController()
  const progress = createProgress(parts)
  const queue = createQueue(parts)
  const carryOut = createCarrying({ ...parts, progress, isOurs: queue.isOurs, closing: closing.signal })
  const running = new Set<Promise<void>>()
  let stopTick: (() => void) | undefined
  let current: Promise<void> | undefined
  let isWanted = false
  let isRecovered = true
  let isWell = true
  let lastMs = Infinity

  const tick = (): Promise<void> => {
    if (closing.signal.aborted) return Promise.resolve()
    current ??= work().finally(() => {
      current = undefined
      if (isWanted) void tick()
    })
    return current
  }

  /** The clock is watched from the first task on; a Moltbot without any has no use for it. */
  const watchClock = (): void => {
    if (!closing.signal.aborted) stopTick ??= parts.tick(() => void tick())
  }

  const wake = (): void => {
    watchClock()
    isWanted = true
    if (current === undefined) void tick()
  }

  const work = async (): Promise<void> => {
    isWanted = false
    progress.flush()
    try {
      if (!isRecovered) await queue.recover()
      isRecovered = true
      // First of all: after a sleep of the machine our own claims have run out, too.
      await queue.keep()
      const trouble = await advance()
      await queue.take(begin, closing.signal)
      if (trouble !== undefined) throw trouble.cause
      if (!isWell) log.info('tasks go on')
      isWell = true
    } catch (error) {
      if (isWell)
        log.error({ fault: faultOf(error), err: error }, 'tasks cannot go on; trying again each second')
      isWell = false
    }
  }

  /** Moves on all tasks that are due; one that cannot be moved holds up no other. Returns the first such trouble. */
  const advance = async (): Promise<{ readonly cause: unknown } | undefined> => {
    // At the first tick, too: the clock may have been put back while nothing ran.
    if (now() < lastMs - clockSlackMs) await realign({ store, nowMs: now(), log })
    lastMs = now()
    let trouble: { readonly cause: unknown } | undefined
    const tried = new Set<number>()
    const underWay = new Set<Promise<void>>()
    const start = (task: Task): void => {
      const one = advanceTask(task, { store, deliver, nowMs: now(), log })
        .catch((cause: unknown) => void (trouble ??= { cause }))
        .finally(() => underWay.delete(one))
      underWay.add(one)
    }
    for (let due = store.read.tasks.due(now()); due.length > 0;) {
      for (const task of due) {
        if (closing.signal.aborted) break
        tried.add(task.id)
        start(task)
        // Several share a commit; between two of them the loop is let go for a turn.
        await setImmediate()
        if (underWay.size >= mostAtOnce) await Promise.race(underWay)
      }
      await Promise.all(underWay)
      if (closing.signal.aborted) break
      due = store.read.tasks.due(now()).filter(({ id }) => !tried.has(id))
    }
    return trouble
  }

  const begin = (held: Held): void => {
    const { run } = held
    const done = carryOut(held)
      .catch((error: unknown) =>
        log.error(
          { fault: faultOf(error), err: error, task: run.taskId, run: run.id },
          'a run has no end yet; it is taken up again when its claim has run out',
        ),
      )
      .finally(() => {
        queue.release(held)
        running.delete(done)
        wake()
      })
    running.add(done)
  }

  const idle = async (): Promise<void> => {
    await current
    await Promise.all(running)
    if (running.size > 0 || current !== undefined) await idle()
  }

  return {
    tick,
    catchUp: async () => {
      await current
      const trouble = await advance()
      if (trouble !== undefined) {
        const about = { fault: faultOf(trouble.cause), err: trouble.cause }
        log.error(about, 'a task is changed before its due times could be written down')
      }
    },
    wake,
    start: async () => {
      isRecovered = false
      const watchIfWanted = (): void => {
        if (store.read.tasks.activeCount() > 0 || queue.isBusy()) watchClock()
      }
      watchIfWanted()
      await tick()
      // A task that was done may be due after all.
      watchIfWanted()
    },
    stop: async () => {
      stopTick?.()
      closing.abort(new FaultError('cancelled', 'Moltbot is stopping'))
      await current
      await Promise.all(running)
    },
    stopRuns: (address) => {
      const found = queue
        .held()
        .filter(({ task }) => task !== undefined && isWithin(addressKey(task.address), address))
      for (const { abort } of found) abort.abort(new FaultError('cancelled', 'stopped by a person'))
      return found.length
    },
    idle,
    progressOf: progress.of,
  }
}
