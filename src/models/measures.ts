import type { Fault } from '../errors.ts'
import type { Try } from '../model.ts'

/** How a model did lately. Undefined is not known yet. */
export type Reading = {
  /** Tries that say something of the model, ever. */
  readonly calls: number
  /** The share of calls that were answered, 0 to 1; about the last twenty count. */
  readonly success: number | undefined
  /** The median time until the first event, of the last 64. */
  readonly firstMs: number | undefined
  /** What 19 in 20 of these do not exceed. */
  readonly p95FirstMs: number | undefined
  /** How many of these there are. */
  readonly timed: number
  /** US dollars for a call; about the last twenty count. */
  readonly costUsd: number | undefined
}

/** The measurements of one model. */
export type Measures = {
  readonly note: (one: Try) => void
  /** Notes tries of earlier days, oldest first; the model in them is not looked at. */
  readonly seed: (tries: readonly Try[]) => void
  readonly read: () => Reading
}

/** So many of the latest first-event times count. */
const window = 64

/** What the newest call weighs in an average, once there are enough to forget the oldest. */
const newestShare = 0.1

/** Outcomes that say how a model does: true for an answer, false for a failure. What is not here says nothing. */
const says: Readonly<Partial<Record<Try['outcome'], boolean>>> = {
  answered: true,
  network: false,
  timeout: false,
  'rate-limit': false,
  overloaded: false,
  'bad-key': false,
  'no-credit': false,
  unsupported: false,
  'bad-answer': false,
  internal: false,
} satisfies Partial<Record<Fault | 'answered', boolean>>

/** Makes measurements of a model of which nothing is known. */
export function createMeasures(): Measures {
  const times: number[] = []
  let next = 0
  const success = createAverage()
  const cost = createAverage()
  let sorted: readonly number[] | undefined

  const time = (ms: number): void => {
    times[next] = ms
    next = (next + 1) % window
    sorted = undefined
  }
  const quantile = (share: number): number | undefined => {
    sorted ??= times.toSorted((a, b) => a - b)
    return sorted[Math.ceil(share * sorted.length) - 1]
  }
  const note = (one: Try): void => {
    const answered = says[one.outcome]
    if (answered !== undefined) success.add(answered ? 1 : 0)
    if (answered === true && one.costUsd !== undefined) cost.add(one.costUsd)
    if (one.firstMs !== undefined) time(one.firstMs)
    // Outrun: it would have taken longer still. Below the median that tells nothing; above, to leave it out would
    // make a slow model look quick.
    else if (one.outcome === 'outrun' && one.totalMs > (quantile(0.5) ?? Infinity)) time(one.totalMs)
  }
  return {
    note,
    seed: (tries) => tries.forEach(note),
    read: () => ({
      calls: success.count(),
      success: success.read(),
      firstMs: quantile(0.5),
      p95FirstMs: quantile(0.95),
      timed: times.length,
      costUsd: cost.read(),
    }),
  }
}

/** The plain mean of the first few, then one that forgets. */
function createAverage() {
  let count = 0
  let mean = 0
  return {
    add: (value: number): void => {
      count++
      mean += (value - mean) * Math.max(newestShare, 1 / count)
    },
    count: (): number => count,
    read: (): number | undefined => (count === 0 ? undefined : mean),
  }
}
