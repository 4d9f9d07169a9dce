import type { SlackAnswer } from '../contract.ts'

type Parts = {
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
}

/** How long to wait before what may not have been done is done again, in milliseconds. */
const waitsMs = [1_000, 5_000, 30_000] as const
/** Nobody looks at what is taken away later than so. */
const mostWaitMs = 60_000

/** Errors that pass. */
const passing: ReadonlySet<string> = new Set([
  'ratelimited',
  'fatal_error',
  'internal_error',
  'service_unavailable',
  'request_timeout',
])

/**
 * Does what may be done twice until Slack says that it is done, or that it cannot be: four times at most. Ends early where
 * the signal is aborted. Never throws.
 */
export async function insist(call: () => Promise<SlackAnswer>, { sleep, signal }: Parts): Promise<void> {
  for (const waitMs of [...waitsMs, undefined]) {
    const answer = await call()
    if (answer.kind === 'ok' || (answer.kind === 'error' && !passing.has(answer.error))) return
    if (waitMs === undefined) return
    const askedMs = answer.kind === 'error' ? (answer.retryAfterMs ?? 0) : 0
    await sleep(Math.min(Math.max(waitMs, askedMs), mostWaitMs), signal).catch(() => undefined)
    if (signal.aborted) return
  }
}
