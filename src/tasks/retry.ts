import { ModelError, type Fault } from '../errors.ts'

/** How long to wait before another attempt: `firstMs`, then twice as long each time. */
type Backoff = {
  readonly firstMs: number
  /** The first other attempt is made without a wait. */
  readonly atOnce?: true
}

/** The faults that may pass; whoever failed of another one would fail again. */
const backoffs: Readonly<Partial<Record<Fault, Backoff>>> = {
  network: { firstMs: 30_000, atOnce: true },
  'rate-limit': { firstMs: 60_000 },
  overloaded: { firstMs: 30_000 },
  timeout: { firstMs: 30_000 },
}

/** Waits of ours are not longer than this, but for the jitter. */
const mostBackoffMs = 15 * 60_000
/** What was wanted in the morning is of no use in the evening: who asks for a longer wait is not asked again. */
const mostAskedMs = 6 * 3_600_000
/** Waits are longer or shorter by up to this part, so that what failed together does not come back together. */
const jitter = 0.2
/** No run waits for longer, in milliseconds: for as long as may be asked for, and then for quiet hours to end. */
export const mostRetryWaitMs = mostAskedMs * (1 + jitter) + 24 * 3_600_000

/** What a run failed of. */
export type Failed = { readonly fault: Fault | null; readonly retryAfterMs?: number | undefined }

/**
 * How long to wait before another attempt, after `attempt` (1 is the first) has failed; undefined where another would
 * not help. A wait that the other side asked for is never cut short. `random` gives 0 to 1.
 */
export function retryWaitMs(
  { fault, retryAfterMs }: Failed,
  attempt: number,
  random: () => number,
): number | undefined {
  const backoff = fault === null ? undefined : backoffs[fault]
  if (backoff === undefined) return undefined
  if (retryAfterMs !== undefined) {
    return retryAfterMs > mostAskedMs ? undefined : Math.round(retryAfterMs * (1 + jitter * random()))
  }
  const doublings = backoff.atOnce ? attempt - 2 : attempt - 1
  if (doublings < 0) return 0
  const waitMs = Math.min(mostBackoffMs, backoff.firstMs * 2 ** doublings)
  return Math.round(waitMs * (1 - jitter + 2 * jitter * random()))
}

/** The wait that the other side asked for with what it threw, if it did. */
export function askedWaitMs(thrown: unknown): number | undefined {
  return thrown instanceof ModelError ? thrown.retryAfterMs : undefined
}
