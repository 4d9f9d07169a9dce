import { setTimeout as sleep } from 'node:timers/promises'
import type { Data } from './wire.ts'

export type Outcome = 'acknowledged' | 'refused'

/** What Slack sends to an app, by the names that Socket Mode has for the kinds. */
export type Parcel = {
  readonly type: 'events_api' | 'slash_commands' | 'interactive'
  readonly payload: Data
}

/** Which attempt it is after the first, and why there is one. */
export type Retry = { readonly num: number; readonly reason: string }

/** What came of one attempt. `response` is what the app answered with. */
export type Attempt =
  | { readonly kind: 'acknowledged'; readonly response?: unknown }
  | { readonly kind: 'refused'; readonly reason: string; readonly isFinal?: boolean }

export type Route = (parcel: Parcel, retry: Retry | undefined) => Promise<Attempt>

export type Delivery = {
  /** Sends it until it is taken; an event is sent again after each of the delays, all else once. */
  readonly send: (parcel: Parcel) => Promise<{ readonly outcome: Outcome; readonly response?: unknown }>
  readonly redeliverMs: (delaysMs: readonly number[]) => void
  readonly stop: () => void
}

/** Slack's own delays are none, one minute and five; here they are short. */
export function createDelivery(route: Route): Delivery {
  let delaysMs: readonly number[] = [50, 250, 1_000]
  const stopped = new AbortController()
  return {
    send: async (parcel) => {
      const waits = parcel.type === 'events_api' ? delaysMs : []
      let attempt = await route(parcel, undefined)
      for (const [at, waitMs] of waits.entries()) {
        if (attempt.kind === 'acknowledged' || attempt.isFinal === true) break
        await sleep(waitMs, undefined, { signal: stopped.signal }).catch(() => undefined)
        if (stopped.signal.aborted) break
        attempt = await route(parcel, { num: at + 1, reason: attempt.reason })
      }
      return attempt.kind === 'acknowledged'
        ? { outcome: 'acknowledged', response: attempt.response }
        : { outcome: 'refused' }
    },
    redeliverMs: (next) => void (delaysMs = next),
    stop: () => stopped.abort(),
  }
}
