import { ModelError } from '../errors.ts'
import type { ModelEvent } from '../model.ts'
import type { Attempt } from './attempt.ts'

/** How an attempt began: with its first event, or with the error in place of one. */
export type Opening = { readonly attempt: Attempt; readonly first: ModelEvent | ModelError }

type Parts = {
  /** Starts the one that is asked anyway; it stops when `signal` is aborted. */
  readonly lead: (signal: AbortSignal) => Attempt
  /** Starts the one that is asked if that takes long; undefined if there is none any more. */
  readonly follow: (signal: AbortSignal) => Attempt | undefined
  /** How long the first one may be silent. */
  readonly afterMs: number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
}

/**
 * Asks one model and, where it has said nothing after `afterMs`, a second one too. The first to speak wins, and the
 * other is stopped at once as `outrun`; if one fails before that, the other goes on alone. If both fail, the opening
 * is that of the last to fail. `wasDouble` tells whether the second was asked.
 */
export async function hedged({
  lead,
  follow,
  afterMs,
  sleep,
  signal,
}: Parts): Promise<Opening & { readonly wasDouble: boolean }> {
  const leadStop = new AbortController()
  const leader = runner(lead(AbortSignal.any([signal, leadStop.signal])), leadStop)
  const spoken = new AbortController()
  const late = sleep(afterMs, AbortSignal.any([signal, spoken.signal])).then(
    () => true,
    () => false,
  )
  const isLate = await Promise.race([leader.opening.then(() => false), late])
  spoken.abort('spoken') // with a reason, because the usual one takes 3 µs to make
  const followStop = new AbortController()
  const second = isLate ? follow(AbortSignal.any([signal, followStop.signal])) : undefined
  if (second === undefined) return { ...(await leader.opening), wasDouble: false }

  const follower = runner(second, followStop)
  const [won, other] = await Promise.race([
    leader.opening.then((opening) => [opening, follower] as const),
    follower.opening.then((opening) => [opening, leader] as const),
  ])
  if (won.first instanceof ModelError) return { ...(await other.opening), wasDouble: true }
  other.outrun()
  return { ...won, wasDouble: true }
}

type Runner = { readonly opening: Promise<Opening>; readonly outrun: () => void }

function runner(attempt: Attempt, stop: AbortController): Runner {
  return {
    opening: attempt.pull().then((first) => ({ attempt, first })),
    outrun: () => {
      // Before the abort: what the model throws at that says nothing of it.
      attempt.leave('outrun')
      stop.abort()
    },
  }
}
