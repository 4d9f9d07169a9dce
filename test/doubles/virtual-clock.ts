/** Time that passes only when a test lets it: sleeps end in their order, each at its own instant. */
export type VirtualClock = {
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** Sets the wall clock; sleeps take as long as before. */
  readonly set: (toMs: number) => void
  /**
   * Lets so much time pass, from sleep to sleep. Before each step `rest` lets all that goes on without sleeping come
   * to rest.
   */
  readonly pass: (ms: number, rest: () => Promise<void>) => Promise<void>
}

type Sleeper = { readonly atMs: number; readonly wake: () => void }

export function createVirtualClock(startMs: number): VirtualClock {
  let wallMs = startMs
  let passedMs = 0
  const sleepers = new Set<Sleeper>()
  const step = (ms: number): void => {
    wallMs += ms
    passedMs += ms
  }
  return {
    now: () => wallMs,
    set: (toMs) => (wallMs = toMs),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const sleeper = { atMs: passedMs + ms, wake: resolve }
        sleepers.add(sleeper)
        signal.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        })
      }),
    pass: async (ms, rest) => {
      const endMs = passedMs + ms
      for (;;) {
        await rest()
        const next = [...sleepers].toSorted((a, b) => a.atMs - b.atMs)[0]
        if (next === undefined || next.atMs > endMs) break
        sleepers.delete(next)
        step(Math.max(next.atMs - passedMs, 0))
        next.wake()
      }
      step(endMs - passedMs)
    },
  }
}
