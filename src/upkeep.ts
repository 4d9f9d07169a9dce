import type { Config } from './config.ts'
import { faultOf, messageOf, type Fault } from './errors.ts'
import type { Log } from './log.ts'
import type { Backups } from './store/backup.ts'
import type { Restocked } from './store/ballast.ts'
import type { Trimmed } from './store/retention.ts'
import type { Store } from './store/store.ts'

/** What is done for the store while Moltbot runs: old rows go, room is given back, backups and a reserve are made. */
export type Upkeep = {
  readonly start: () => void
  /** Ends what is under way, and resolves when it has ended. */
  readonly stop: () => Promise<void>
  /** What did not work the last time, one sentence each. */
  readonly remarks: () => readonly string[]
}

type Parts = {
  readonly store: Pick<Store, 'read' | 'write' | 'restock'>
  readonly settings: () => Pick<Config, 'keep' | 'backup'>
  readonly backups: Backups
  readonly now: () => number
  /** Waits; rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Log
}

/** The reserve is looked after this often, from so long after the start on; all else at the first of so many times. */
const tickMs = 60_000
const ticksEachRound = 60
/** After each step others have the writer for this long. */
const pauseMs = 10
/** Pages given back in one step; so many free ones are left for what comes next. */
const pagesEachStep = 100
const sparePages = 256
/** The clock that ages are counted by goes on by so much each round: one that runs a year ahead for an hour takes no year with it. */
const mostStepMs = 86_400_000

/** What can fail, as the log and /status name it. */
const jobs = {
  reserve: 'the reserve on the disk could not be made',
  trim: 'old rows could not be removed',
  vacuum: 'free room of the database could not be given back',
  backup: 'the backup failed',
} as const
type Job = keyof typeof jobs

/** Makes the upkeep: a first round a minute after the start, then one each hour. What fails is tried again in the next. */
export function createUpkeep({ store, settings, backups, now, sleep, log }: Parts): Upkeep {
  const stopping = new AbortController()
  const { signal } = stopping
  const failed = new Map<Job, { readonly fault: Fault; readonly remark: string }>()
  let reserve: Restocked | undefined
  let ageClockMs: number | undefined
  let done: Promise<void> | undefined

  const attempt = async (job: Job, work: () => Promise<void>): Promise<void> => {
    try {
      await work()
      if (failed.delete(job)) log.info({ job }, 'works again')
    } catch (error) {
      if (signal.aborted) return
      const fault = faultOf(error)
      const remark = `${jobs[job]}: ${messageOf(error)}`
      if (failed.get(job)?.fault !== fault) log.error({ fault, err: error, job }, remark)
      failed.set(job, { fault, remark })
    }
  }

  const restock = async (): Promise<void> => {
    const found = await store.restock()
    if (found === reserve) return
    reserve = found
    if (found === 'made') log.info('some room on the disk is set aside')
    if (found === 'used') {
      log.error({ fault: 'disk-full' }, 'the disk is full; the reserve is in use: free some space')
    }
    if (found === 'no-room') {
      log.warn({ fault: 'disk-full' }, 'the disk is nearly full: no room to set a reserve aside')
    }
  }

  const stepAgeClock = (): number => {
    const nowMs = now()
    const lastMs = ageClockMs ?? store.read.keep.newestMs() ?? nowMs
    ageClockMs = Math.max(lastMs, Math.min(nowMs, lastMs + mostStepMs))
    return Math.min(nowMs, ageClockMs)
  }

  const trim = async (): Promise<void> => {
    const { keep } = settings()
    const startedMs = stepAgeClock()
    const removed = new Map<string, number>()
    let cursor: Trimmed['next'] = null
    do {
      const step: Trimmed = await store.write('keep.trim', cursor, keep, startedMs)
      cursor = step.next
      if (step.removed > 0) {
        removed.set(step.family, (removed.get(step.family) ?? 0) + step.removed)
        await sleep(pauseMs, signal)
      }
      signal.throwIfAborted()
    } while (cursor !== null)
    if (removed.size > 0) log.info({ removed: Object.fromEntries(removed) }, 'removed old rows')
  }

  const vacuum = async (): Promise<void> => {
    while ((await store.write('keep.vacuum', pagesEachStep, sparePages)) > 0) await sleep(pauseMs, signal)
  }

  const backUp = async (): Promise<void> => {
    const { everyMs, keep } = settings().backup
    if (everyMs === 0) return
    const nowMs = now()
    const automatic = backups.list().filter(({ kind }) => kind === 'automatic')
    // One from the future was made by a clock that was wrong, or this one is: it says nothing of when the last was made.
    const past = automatic.filter(({ madeAtMs }) => madeAtMs <= nowMs)
    const newest = past[0]
    if (newest !== undefined && nowMs - newest.madeAtMs < everyMs) return
    const file = await backups.make(signal)
    log.info({ file }, 'made a backup')
    const stray = automatic.filter((one) => !past.includes(one))
    for (const old of [...past.slice(Math.max(0, keep - 1)), ...stray.slice(keep)]) backups.remove(old)
  }

  const run = async (): Promise<void> => {
    for (let tick = 0; ; tick++) {
      await sleep(tickMs, signal)
      await attempt('reserve', restock)
      if (tick % ticksEachRound !== 0) continue
      await attempt('trim', trim)
      await attempt('vacuum', vacuum)
      await attempt('backup', backUp)
    }
  }

  return {
    start: () => {
      // It ends by the signal alone: each job answers for its own failures.
      done ??= run().catch(() => undefined)
    },
    stop: async () => {
      stopping.abort()
      await done
    },
    remarks: () => [...failed.values()].map(({ remark }) => remark),
  }
}
