/** Keeps the least time between the beginnings of two sends to one channel; no channel waits for another. */
export type Pace = {
  /**
   * Resolves when a send to the channel may begin, with `prepare` done just before; turns of a channel come in the
   * order in which they were asked for. Throws what `prepare` throws, and where the waiting is ended by the signal.
   */
  readonly turn: (channel: string, paceMs: number, prepare: () => Promise<void>) => Promise<void>
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

type Channel = { hold: Hold; tail: Promise<void>; waiting: number }

/** Channels that nobody waits for are forgotten when there are more than so many, and twice as many as the last time. */
const mostIdle = 1_000

export function createPace({ now, sleep, signal }: Parts): Pace {
  const channels = new Map<string, Channel>()
  let mostKept = mostIdle

  const find = (name: string): Channel => {
    const known = channels.get(name)
    if (known !== undefined) return known
    if (channels.size >= mostKept) forgetIdle()
    const made = { hold: { fromMs: now(), forMs: 0 }, tail: Promise.resolve(), waiting: 0 }
    channels.set(name, made)
    return made
  }
  const forgetIdle = (): void => {
    for (const [name, { hold, waiting }] of channels) {
      if (waiting === 0 && restOf(hold) === 0) channels.delete(name)
    }
    mostKept = Math.max(mostIdle, 2 * channels.size)
  }
  /** What is left of it; a clock that is put back makes no wait longer than it was. */
  const restOf = ({ fromMs, forMs }: Hold): number => Math.min(Math.max(fromMs + forMs - now(), 0), forMs)
  const hold = (channel: Channel, forMs: number): void => {
    if (forMs > restOf(channel.hold)) channel.hold = { fromMs: now(), forMs }
  }
  const begin = async (channel: Channel, paceMs: number, prepare: () => Promise<void>): Promise<void> => {
    for (let slept: Hold | undefined; channel.hold !== slept;) {
      slept = channel.hold
      const restMs = restOf(slept)
      if (restMs > 0) await sleep(restMs, signal)
    }
    await prepare()
    hold(channel, paceMs)
  }

  return {
    turn: async (name, paceMs, prepare) => {
      if (paceMs === 0 && !channels.has(name)) return prepare()
      const channel = find(name)
      channel.waiting++
      const mine = channel.tail.then(() => begin(channel, paceMs, prepare))
      channel.tail = mine.then(
        () => void channel.waiting--,
        () => void channel.waiting--,
      )
      return mine
    },
    stall: (name, forMs) => hold(find(name), forMs),
  }
}
