import { untilAborted } from '../abort.ts'
import type { Outcome } from '../command.ts'
import { FaultError, faultOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { addressKey } from '../message.ts'
import type { Outbox } from '../outbox.ts'
import type { Store } from '../store/store.ts'
import type { Run, Task } from '../task.ts'
import { advanceTask, realignTasks } from './advance.ts'
import { cancelledEnding, failureEnding, gaveUpEnding, outcomeEnding, type Ending } from './ending.ts'

/** Carries out what is due. */
export type Runner = {
  /** Takes up what an earlier life of the program left running, and keeps to the clock once there are tasks. */
  readonly start: () => Promise<void>
  /** Writes down what has come due and starts what may run; resolves when that is done, not when the runs have ended. */
  readonly tick: () => Promise<void>
  /** Ticks soon, because a task was made or changed, or a run was ordered. */
  readonly wake: () => void
  /** Aborts what runs without ending its row, so that it runs again at the next start. Resolves when all has ended. */
  readonly stop: () => Promise<void>
  /** Aborts the runs that post to an address, for good. Returns how many that were. */
  readonly stopRuns: (addressKey: string) => number
  /** Resolves when nothing is running. */
  readonly idle: () => Promise<void>
}

type Parts = {
  readonly store: Pick<Store, 'read' | 'write'>
  /** Runs a task's command. May throw; should end soon after an abort of the signal. */
  readonly perform: (task: Task, dueMs: number, signal: AbortSignal) => Promise<Outcome>
  readonly deliver: Outbox['deliver']
  readonly now: () => number
  /** Waits; rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** Calls the function about once a second until the returned one is called. */
  readonly tick: (onTick: () => void) => () => void
  readonly log: Log
  /** So many runs at the same time. */
  readonly mostAtOnce: number
  /** A run that takes longer is aborted and has failed. */
  readonly timeoutMs: number
}

type Running = {
  readonly taskId: number
  readonly address: string
  readonly abort: AbortController
  readonly done: Promise<void>
}

/** A run that the program has started so often without reaching its end is given up. */
const mostAttempts = 3
/** A clock that goes back by less than this was only corrected, in milliseconds. */
const clockSlackMs = 2_000
/** Enough to see past the runs that wait for an earlier run of their own task; each task has few of those. */
const mostLookedAt = 200
export function createRunner(parts: Parts): Runner {
  const { store, perform, deliver, now, sleep, log, mostAtOnce, timeoutMs } = parts
  const running = new Map<number, Running>()
  const closing = new AbortController()
  let stopTick: (() => void) | undefined
  let current: Promise<void> | undefined
  let isWanted = false
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
    try {
      const isRunning = (taskId: number): boolean =>
        [...running.values()].some((one) => one.taskId === taskId)
      // At the first tick, too: the clock may have been put back while nothing ran.
      if (now() < lastMs - clockSlackMs) await realignTasks({ store, nowMs: now(), log })
      lastMs = now()
      for (const task of store.read.tasks.due(now())) {
        await advanceTask(task, { store, deliver, nowMs: now(), log })
      }
      await claimQueued(isRunning)
      if (!isWell) log.info('tasks go on')
      isWell = true
    } catch (error) {
      if (isWell)
        log.error({ fault: faultOf(error), err: error }, 'tasks cannot go on; trying again each second')
      isWell = false
    }
  }

  const claimQueued = async (isRunning: (taskId: number) => boolean): Promise<void> => {
    for (const run of store.read.tasks.queuedRuns(mostLookedAt)) {
      if (running.size >= mostAtOnce || closing.signal.aborted) return
      if (isRunning(run.taskId)) continue
      if (!(await store.write('runs.claim', run.id, now()))) continue
      const task = store.read.tasks.get(run.taskId)
      const abort = new AbortController()
      const done = carryOut(task, run, abort.signal)
        .catch((error: unknown) =>
          log.error({ fault: faultOf(error), err: error, run: run.id }, 'a run waits for the next start'),
        )
        .finally(() => {
          running.delete(run.id)
          wake()
        })
      const address = task === undefined ? '' : addressKey(task.address)
      running.set(run.id, { taskId: run.taskId, address, abort, done })
    }
  }

  const carryOut = async (task: Task | undefined, run: Run, signal: AbortSignal): Promise<void> => {
    if (task === undefined) return settle(cancelledEnding(run, 'en', 'removed'))
    if (task.state === 'paused' && task.version !== run.taskVersion) {
      return settle(cancelledEnding(run, task.language, 'removed'))
    }
    if (run.attempt >= mostAttempts) return settle(gaveUpEnding(task, run))
    let ending: Ending
    try {
      const outcome = await withinLimits(task, run.dueMs, signal)
      const isWanted = store.read.tasks.get(task.id) !== undefined
      ending = isWanted ? outcomeEnding(task, run, outcome) : cancelledEnding(run, task.language, 'removed')
    } catch (error) {
      if (closing.signal.aborted) {
        await store.write('runs.putBack', run.id)
        return
      }
      if (!signal.aborted)
        log.warn({ fault: faultOf(error), err: error, task: task.id }, 'a run of a task failed')
      ending = signal.aborted
        ? cancelledEnding(run, task.language, 'stopped')
        : failureEnding(task, run, error)
    }
    try {
      await settle(ending)
    } catch (error) {
      log.error(
        { fault: faultOf(error), err: error, task: task.id },
        'the outcome of a run could not be written',
      )
      await settle(failureEnding(task, run, error))
    }
  }

  /** The command's outcome; throws what it throws, `timeout` when its time is up, and the signal's reason on an abort. */
  const withinLimits = async (task: Task, dueMs: number, signal: AbortSignal): Promise<Outcome> => {
    const limit = new AbortController()
    const ended = new AbortController()
    const all = AbortSignal.any([signal, closing.signal, limit.signal])
    void sleep(timeoutMs, ended.signal).then(
      () => limit.abort(new FaultError('timeout', `${timeoutMs / 60_000} min`)),
      () => undefined,
    )
    try {
      return await untilAborted(perform(task, dueMs, all), all)
    } finally {
      ended.abort()
    }
  }

  const settle = ({ drafts, writes, finish }: Ending): Promise<void> =>
    deliver(drafts, [...writes, ['runs.finish', ...finish, now()]])

  const idle = async (): Promise<void> => {
    await current
    await Promise.all([...running.values()].map(({ done }) => done))
    if (running.size > 0 || current !== undefined) await idle()
  }

  return {
    tick,
    wake,
    start: async () => {
      // One that was started too often is given up at its turn, so that its person hears of it.
      if (store.read.tasks.runningCount() > 0) await store.write('runs.recover')
      if (store.read.tasks.activeCount() > 0) watchClock()
      await tick()
    },
    stop: async () => {
      stopTick?.()
      closing.abort(new FaultError('cancelled', 'Moltbot is stopping'))
      await current
      await Promise.all([...running.values()].map(({ done }) => done))
    },
    stopRuns: (address) => {
      const found = [...running.values()].filter((one) => one.address === address)
      for (const { abort } of found) abort.abort(new FaultError('cancelled', 'stopped by a person'))
      return found.length
    },
    idle,
  }
}
