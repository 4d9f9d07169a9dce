import type { TaskLimits } from '../config.ts'
import { FaultError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Claim, ReadyRun } from '../store/runs.ts'
import type { Store } from '../store/store.ts'
import type { Run, Task } from '../task.ts'

/** A run that this program has claimed. */
export type Held = {
  readonly claim: Claim
  readonly run: Run
  /** The task in the version that the run names; undefined where it was removed. */
  readonly task: Task | undefined
  /** Aborted when the run is not ours any more, or by whoever stops it. */
  readonly abort: AbortController
}

/** The runs that wait, and those that are ours. Rows alone decide: nothing is lost with the process. */
export type Queue = {
  /** Claims all that may begin now: people's orders first, then what was ready first; no more once it is aborted. */
  readonly take: (begin: (held: Held) => void, signal: AbortSignal) => Promise<void>
  /**
   * Aborts what is not ours any more. Each 20 seconds it also renews our claims, and queues again what somebody else
   * had claimed and has given no sign of life of since.
   */
  readonly keep: () => Promise<void>
  /** Queues again all that an earlier life of the program left running. */
  readonly recover: () => Promise<void>
  readonly isOurs: (claim: Claim) => boolean
  readonly release: (held: Held) => void
  readonly held: () => readonly Held[]
  /** True while anything waits or runs, also what is to begin later. */
  readonly isBusy: () => boolean
}

type Parts = {
  readonly store: Pick<Store, 'read' | 'write'>
  readonly now: () => number
  /** A word that was never given before. */
  readonly newToken: () => string
  readonly limits: () => TaskLimits
  readonly log: Log
}

/** A claim is good for so long without a sign of life, and is renewed so often, in milliseconds. */
const leaseMs = 60_000
const beatMs = 20_000
/** So many waiting runs are looked at in one go. */
const mostLookedAt = 100

export function createQueue({ store, now, newToken, limits, log }: Parts): Queue {
  const held = new Map<number, Held>()
  let beatAtMs = -Infinity

  const isOurs = (claim: Claim): boolean => store.read.runs.isHeld(claim)

  const abortLost = (): void => {
    for (const { claim, abort } of held.values()) if (!isOurs(claim)) abort.abort(notOurs())
  }

  const claimRun = async (id: number): Promise<Held | undefined> => {
    const claim = { id, token: newToken() }
    const nowMs = now()
    if (!(await store.write('runs.claim', claim, nowMs, nowMs + leaseMs))) return undefined
    const run = store.read.runs.get(id)
    // Cancelled in the same moment.
    if (run === undefined || !isOurs(claim)) return undefined
    const newest = store.read.tasks.get(run.taskId)
    // The task may have been changed since the claim, and the row names what is run.
    const task = newest && { ...newest, ...run.chore, zone: run.zone, version: run.taskVersion }
    return { claim, run, task, abort: new AbortController() }
  }

  const take: Queue['take'] = async (begin, signal) => {
    abortLost()
    /** Commands that have their fill: what waits of them, however much, is not to hide what waits behind it. */
    const full = new Set<string>()
    for (let hasMore = true; hasMore && held.size < limits().atOnce;) {
      const found = store.read.runs.ready(now(), mostLookedAt, [...full])
      const begun = new Set<number>()
      for (const run of found) {
        if (signal.aborted) return
        if (begun.has(run.taskId) || !hasRoom(run, [...held.values()], limits())) continue
        const one = await claimRun(run.id)
        if (one === undefined) continue
        begun.add(run.taskId)
        held.set(run.id, one)
        begin(one)
      }
      const ours = [...held.values()]
      const kept = found.filter((run) => isKeptByCommand(run, ours, limits()))
      for (const { command } of kept) full.add(command)
      hasMore = found.length === mostLookedAt && begun.size + kept.length > 0
    }
  }

  const reclaim = async (nowMs: number): Promise<void> => {
    const runs = await store.write('runs.reclaim', nowMs)
    if (runs > 0) log.warn({ runs }, 'runs that nobody carries out any more are queued again')
  }

  const keep = async (): Promise<void> => {
    abortLost()
    // One instant for both writes: a clock that leaps in between would end the leases that were just renewed.
    const nowMs = now()
    if (nowMs >= beatAtMs && nowMs - beatAtMs < beatMs) return
    const ours = [...held.values()]
    if (ours.length > 0) {
      const claims = ours.map(({ claim }) => claim)
      const lost = new Set(await store.write('runs.beat', claims, nowMs + leaseMs))
      for (const { claim, abort } of ours) if (lost.has(claim.id)) abort.abort(notOurs())
    }
    if (store.read.runs.runningCount() > held.size) await reclaim(nowMs)
    beatAtMs = nowMs
  }

  return {
    take,
    keep,
    isOurs,
    recover: async () => {
      if (store.read.runs.runningCount() > 0) await reclaim(Infinity)
    },
    release: (one) => {
      if (held.get(one.claim.id) === one) held.delete(one.claim.id)
    },
    held: () => [...held.values()],
    isBusy: () =>
      store.read.runs.queued(Number.MAX_SAFE_INTEGER, 1).length > 0 || store.read.runs.runningCount() > 0,
  }
}

function notOurs(): FaultError {
  return new FaultError('cancelled', 'cancelled, or taken over by somebody else')
}

/** Whether a run may begin beside ours. Of each limit above one, schedules leave a place for what people order. */
function hasRoom(run: ReadyRun, ours: readonly Held[], { atOnce, eachCommand }: TaskLimits): boolean {
  const ofCommand = ours.filter(({ task }) => task?.command === run.command)
  return fits(run, ours, atOnce) && fits(run, ofCommand, eachCommand)
}

/** Whether it is its command alone that keeps a run from beginning. */
function isKeptByCommand(run: ReadyRun, ours: readonly Held[], limits: TaskLimits): boolean {
  return fits(run, ours, limits.atOnce) && !hasRoom(run, ours, limits)
}

function fits({ isOrdered }: ReadyRun, beside: readonly Held[], limit: number): boolean {
  const scheduled = beside.filter(({ run }) => !run.isOrdered)
  return beside.length < limit && (isOrdered || scheduled.length < Math.max(1, limit - 1))
}
