/** Keeps the least time between the beginnings of two sends to one channel; no channel waits for another. */
export type Pace = {
  /**
   * Resolves when a send to the channel may begin, with `prepare` done just before. Of those that wait, the one of the lowest
   * `rank` begins first, whenever it was asked for. Throws what `prepare` throws, and where the waiting is ended by the signal.
   */
  readonly turn: (
    channel: string,
    rank: number,
    paceMs: number,
    prepare: () => Promise<void>,
  ) => Promise<void>
  /** Nothing begins in the channel for so long, in milliseconds; who has been sleeping for it sleeps on. */
  readonly stall: (channel: string, forMs: number) => void
}

type Parts = {
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
}

/** From when, and for how long, nothing begins. */
type Hold = { readonly fromMs: number; readonly forMs: number }

/** A send that waits; `end` tells who asked for it what became of its turn. */
type Turn = {
  readonly rank: number
  readonly paceMs: number
  readonly begin: () => Promise<void>
  readonly end: PromiseWithResolvers<void>
}

/** `waiting` is in the order of the ranks. */
type Channel = { hold: Hold; isBusy: boolean; readonly waiting: Turn[] }

/** Channels that nobody waits for are forgotten when there are more than so many, and twice as many as the last time. */
const mostIdle = 1_000

export function createPace({ now, sleep, signal }: Parts): Pace {
  const channels = new Map<string, Channel>()
  let mostKept = mostIdle

  const find = (name: string): Channel => {
    const known = channels.get(name)
    if (known !== undefined) return known
    if (channels.size >= mostKept) forgetIdle()
    const made = { hold: { fromMs: now(), forMs: 0 }, isBusy: false, waiting: [] }
    channels.set(name, made)
    return made
  }
  const forgetIdle = (): void => {
    for (const [name, { hold, isBusy }] of channels) {
      if (!isBusy && restOf(hold) === 0) channels.delete(name)
    }
    mostKept = Math.max(mostIdle, 2 * channels.size)
  }
  /** What is left of it; a clock that is put back makes no wait longer than it was. */
  const restOf = ({ fromMs, forMs }: Hold): number => Math.min(Math.max(fromMs + forMs - now(), 0), forMs)
  const hold = (channel: Channel, forMs: number): void => {
    if (forMs > restOf(channel.hold)) channel.hold = { fromMs: now(), forMs }
  }
  const rest = async (channel: Channel): Promise<void> => {
    for (let slept: Hold | undefined; channel.hold !== slept;) {
      slept = channel.hold
      const restMs = restOf(slept)
      if (restMs > 0) await sleep(restMs, signal)
    }
  }
  /** Gives the turns of a channel, until nobody waits. Who is next is seen when one may begin: it may have come meanwhile. */
  const serve = async (channel: Channel): Promise<void> => {
    if (channel.isBusy) return
    channel.isBusy = true
    while (channel.waiting.length > 0) {
      const ended = await rest(channel).catch((error: unknown) => ({ error }))
      const next = channel.waiting.shift()
      if (next === undefined) break
      try {
        if (ended !== undefined) throw ended.error
        await next.begin()
        hold(channel, next.paceMs)
        next.end.resolve()
      } catch (error) {
        next.end.reject(error)
      }
    }
    channel.isBusy = false
  }

  return {
    turn: async (name, rank, paceMs, prepare) => {
      if (paceMs === 0 && !channels.has(name)) return prepare()
      const channel = find(name)
      const end = Promise.withResolvers<void>()
      const behind = channel.waiting.findLastIndex((other) => other.rank <= rank)
      channel.waiting.splice(behind + 1, 0, { rank, paceMs, begin: prepare, end })
      void serve(channel)
      return end.promise
    },
    stall: (name, forMs) => hold(find(name), forMs),
  }
}
