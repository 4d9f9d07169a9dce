import { FaultError } from './errors.ts'

/**
 * Waits; rejects with the signal's reason as soon as it is aborted. Keeps nothing alive. It stands in for the one of
 * node:timers/promises, which makes an error with a stack for each wait that is over early: most are.
 */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const abort = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort)
      resolve()
    }, ms)
    timer.unref()
    signal.addEventListener('abort', abort, { once: true })
  })
}

/** The reason of an abort that only ends a wait; one without a reason costs an error with its stack. */
export const over = 'over'

/** Resolves with `work`, or rejects with the signal's reason as soon as it is aborted, whether `work` listens or not. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

type Time = {
  readonly mostMs: number
  /** Handed on to the work, which may listen to it; it ends nothing by itself. */
  readonly signal: AbortSignal
  /** Waits; rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Resolves with the work that is begun, or rejects with a `timeout` once it has taken too long, whether it listens or not. */
export async function withinTime<T>(
  begin: (signal: AbortSignal) => Promise<T>,
  { mostMs, signal, sleep }: Time,
): Promise<T> {
  const limit = new AbortController()
  const ended = new AbortController()
  void sleep(mostMs, ended.signal).then(
    () => limit.abort(new FaultError('timeout', `no answer came for ${mostMs / 60_000} minutes`)),
    () => undefined,
  )
  try {
    return await untilAborted(begin(AbortSignal.any([signal, limit.signal])), limit.signal)
  } finally {
    ended.abort(over)
  }
}
