import { untilAborted } from '../abort.ts'
import type { Outcome } from '../command.ts'
import type { TaskLimits } from '../config.ts'
import { FaultError, faultOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { TaskNews } from '../notices.ts'
import type { Draft, Outbox } from '../outbox.ts'
import type { Store } from '../store/store.ts'
import type { Write } from '../store/writes.ts'
import type { Run, Task } from '../task.ts'
import {
  againNote,
  cancelledEnding,
  failedEnding,
  failureIn,
  failureOf,
  gaveUpEnding,
  succeededEnding,
  writesOf,
  type About,
  type Ending,
  type Failure,
} from './ending.ts'
import type { Progress } from './progress.ts'
import type { Held, Queue } from './queue.ts'
import { quietEndMs } from './quiet.ts'
import { retryWaitMs } from './retry.ts'

/** Runs a task's command. May throw; should end soon after an abort of the signal. */
export type Perform = (
  task: Task,
  run: Run,
  about: { readonly signal: AbortSignal; readonly progress: (text: string, share?: number) => void },
) => Promise<Outcome>

type Parts = {
  readonly store: Pick<Store, 'read' | 'write'>
  readonly perform: Perform
  readonly deliver: Outbox['deliver']
  readonly now: () => number
  /** Waits; rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly random: () => number
  readonly log: Log
  readonly limits: () => TaskLimits
  readonly news: (news: TaskNews) => readonly Draft[]
  readonly progress: Progress
  readonly isOurs: Queue['isOurs']
  /** Aborted when the program ends. */
  readonly closing: AbortSignal
}

/** A run in the middle of which the program ended so often is not begun any more. */
const mostCrashes = 3

/** The line of the log for each end, and how loud it is. */
const lines = {
  succeeded: ['debug', 'a run succeeded'],
  failed: ['warn', 'a run failed'],
  cancelled: ['info', 'a run was stopped'],
  dead: ['warn', 'a run is given up'],
} as const

/** What an attempt gave. */
type Given = { readonly outcome: Outcome } | { readonly thrown: unknown }

/**
 * What carries out a run, up to its row: ended, queued again or, where it is not ours any more, left alone. An attempt
 * that lost its claim, was stopped or ran out of time commits nothing of its own. Rejects where no end can be written.
 */
export function createCarrying(parts: Parts): (held: Held) => Promise<void> {
  const { store, perform, deliver, isOurs, now, sleep, random, log, limits, news, progress, closing } = parts

  /** What has no end that can be told or committed has failed of that; where the program ends, the next start does it. */
  const carryOut = async (held: Held): Promise<void> => {
    const { run, task } = held
    if (task === undefined) return commit(held, cancelledEnding('en', 'removed'))
    try {
      await carry(held, task)
    } catch (error) {
      if (closing.aborted) throw error
      const about = { fault: faultOf(error), err: error, task: task.id, run: run.id }
      log.error(about, 'the outcome of a run could not be written')
      await commit(held, failedEnding(aboutOf(task, run), failureOf(error), false))
    }
  }

  const carry = async (held: Held, task: Task): Promise<void> => {
    const { claim, run, abort } = held
    if (run.crashes >= mostCrashes) return commit(held, gaveUpEnding(aboutOf(task, run)))
    log.debug({ task: task.id, run: run.id, attempt: run.attempt }, 'a run begins')
    const given = await attempt(held, task)
    if (!isOurs(claim)) {
      log.info({ task: task.id, run: run.id }, 'a run was cancelled or taken over, and posts nothing')
      return
    }
    if ('outcome' in given) {
      const failure = failureIn(given.outcome)
      return failure === undefined
        ? commit(held, succeededEnding(aboutOf(task, run), given.outcome))
        : fail(held, task, failure)
    }
    if (abort.signal.aborted) return commit(held, cancelledEnding(task.language, 'stopped'))
    if (closing.aborted) return store.write('runs.putBack', claim)
    return fail(held, task, failureOf(given.thrown), given.thrown)
  }

  /** Runs the command until it ends, its time is up, or it is stopped; what it gives after that is not looked at. */
  const attempt = async ({ run, abort }: Held, task: Task): Promise<Given> => {
    const { timeoutMs } = limits()
    const limit = new AbortController()
    const ended = new AbortController()
    const signal = AbortSignal.any([abort.signal, closing, limit.signal])
    const reporter = progress.begin(task, run)
    void sleep(timeoutMs, ended.signal).then(
      () => limit.abort(new FaultError('timeout', `${timeoutMs / 60_000} min`)),
      () => undefined,
    )
    try {
      // Claimed in the moment in which it was stopped.
      signal.throwIfAborted()
      const outcome = await untilAborted(perform(task, run, { signal, progress: reporter.tell }), signal)
      signal.throwIfAborted()
      return { outcome }
    } catch (thrown) {
      return { thrown }
    } finally {
      ended.abort()
      reporter.end()
    }
  }

  /** Queues the run again where the reason may pass and it has attempts left; ends it otherwise. */
  const fail = async (held: Held, task: Task, failure: Failure, thrown?: unknown): Promise<void> => {
    const { claim, run } = held
    const { fault } = failure
    const waitMs = isLeft(task, run) ? undefined : retryWaitMs(failure, run.attempt, random)
    if (fault !== null && waitMs !== undefined && run.attempt < limits().attempts) {
      const soonestMs = readyMs(task, run, now() + waitMs)
      const retry: Write = ['runs.retry', claim, soonestMs, fault, againNote(task, failure)]
      if (!(await write(held, [], [retry]))) return
      const about = { task: task.id, run: run.id, attempt: run.attempt, fault, waitMs, ...errOf(thrown) }
      log.info(about, 'a run failed and is tried again')
      return
    }
    await commit(held, failedEnding(aboutOf(task, run), failure, waitMs !== undefined), thrown)
  }

  /** True if its task was paused in the meantime: what would wait for another attempt would have been cancelled. */
  const isLeft = ({ id }: Task, { isOrdered }: Run): boolean =>
    !isOrdered && store.read.tasks.get(id)?.state === 'paused'

  const commit = async (held: Held, ending: Ending, thrown?: unknown): Promise<void> => {
    const { claim, run } = held
    const about = { task: run.taskId, run: run.id, attempt: run.attempt }
    if (!(await write(held, ending.drafts, writesOf(ending, claim, now())))) return
    const { state, fault } = ending.end
    const [level, text] = lines[state]
    log[level]({ ...about, ...(fault === null ? {} : { fault }), ...errOf(thrown) }, text)
    if (ending.news.includes('recovered')) log.info(about, 'a task works again')
    if (ending.news.includes('paused')) log.warn(about, 'a task is paused: it failed too often in a row')
  }

  /** False where the run was not ours any more, so that nothing was written. */
  const write = async (
    { claim, run }: Held,
    drafts: readonly Draft[],
    writes: readonly Write[],
  ): Promise<boolean> => {
    try {
      await deliver(drafts, writes)
      return true
    } catch (error) {
      if (isOurs(claim)) throw error
      log.info(
        { task: run.taskId, run: run.id },
        'a run was cancelled or taken over, which leaves its end out',
      )
      return false
    }
  }

  /** The task as it was when the run began, with how it stands now. */
  const aboutOf = (task: Task, run: Run): About => {
    const { failures, state } = store.read.tasks.get(task.id) ?? task
    return { task: { ...task, failures, state }, run, nowMs: now(), pauseAfter: limits().pauseAfter, news }
  }

  return carryOut
}

function errOf(thrown: unknown): { readonly err?: unknown } {
  return thrown === undefined ? {} : { err: thrown }
}

/** What nobody ordered does not begin again in quiet hours. */
function readyMs({ options, zone }: Task, { isOrdered }: Run, soonestMs: number): number {
  return (isOrdered ? null : quietEndMs(options.quiet, zone, soonestMs)) ?? soonestMs
}
