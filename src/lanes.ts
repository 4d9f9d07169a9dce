import { isWithin } from './message.ts'

/** A job of a lane. The signal is aborted when the lane is stopped or the program ends. */
type Job = (signal: AbortSignal) => Promise<void>

/**
 * The order of conversations: one job at a time within a lane, in the order they came, and at most `atOnce` jobs
 * over all lanes.
 */
export type Lanes = {
  /** Queues a job. Resolves when it has ended, rejects with what it threw. */
  readonly run: (lane: string, job: Job) => Promise<void>
  /** Aborts what runs and what waits in the lane, and in the threads of its place. Returns how many jobs that were. */
  readonly stop: (lane: string) => number
  /** Aborts everything; `reason` is what the jobs' signals carry. */
  readonly stopAll: (reason: unknown) => void
  /** Resolves when no job is running or waiting. */
  readonly idle: () => Promise<void>
}

type Entry = { readonly job: Job; readonly abort: AbortController; readonly done: (error?: unknown) => void }

export function createLanes(atOnce: number): Lanes {
  const lanes = new Map<string, Entry[]>()
  const ready: string[] = []
  const idlers: (() => void)[] = []
  let running = 0

  const start = (): void => {
    while (running < atOnce) {
      const lane = ready.shift()
      if (lane === undefined) return
      running++
      void work(lane)
    }
  }

  const work = async (lane: string): Promise<void> => {
    const entries = lanes.get(lane) ?? []
    const entry = entries[0]
    try {
      await entry?.job(entry.abort.signal)
      entry?.done()
    } catch (error) {
      entry?.done(error)
    }
    entries.shift()
    running--
    if (entries.length === 0) lanes.delete(lane)
    else ready.push(lane)
    start()
    if (lanes.size === 0) for (const idler of idlers.splice(0)) idler()
  }

  return {
    run: (lane, job) =>
      new Promise((resolve, reject) => {
        const entry: Entry = {
          job,
          abort: new AbortController(),
          done: (error) => (error === undefined ? resolve() : reject(error)),
        }
        const entries = lanes.get(lane)
        if (entries === undefined) {
          lanes.set(lane, [entry])
          ready.push(lane)
        } else {
          entries.push(entry)
        }
        start()
      }),
    stop: (lane) => {
      const entries = [...lanes].flatMap(([key, entries]) => (isWithin(key, lane) ? entries : []))
      for (const { abort } of entries) abort.abort()
      return entries.length
    },
    stopAll: (reason) => {
      for (const entries of lanes.values()) for (const { abort } of entries) abort.abort(reason)
    },
    idle: () => (lanes.size === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
  }
}
