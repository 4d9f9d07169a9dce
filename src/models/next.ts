import type { Fault } from '../errors.ts'

/**
 * What follows a failed try. `same`: the same model once more, after at least `leastMs` and after the rest that it
 * asked for; but where another model is ready, only if that is over within `mostMs`. `next`: the next model. `stop`:
 * no model. None gets more than two tries in a call, and after the second it is always the turn of the next.
 */
export type Next =
  | { readonly kind: 'same'; readonly leastMs: number; readonly mostMs: number }
  | { readonly kind: 'next' | 'stop' }

const again: Next = { kind: 'same', leastMs: 0, mostMs: 0 }
const wait: Next = { kind: 'same', leastMs: 0, mostMs: 2_000 }
const backOff: Next = { kind: 'same', leastMs: 1_000, mostMs: 0 }
const next: Next = { kind: 'next' }
const stop: Next = { kind: 'stop' }

/** The one table of retries in the program; vendors' own are switched off. */
export const nexts: Readonly<Record<Fault, Next>> = {
  network: again,
  'rate-limit': wait,
  timeout: backOff,
  overloaded: backOff,
  'bad-key': next,
  'no-credit': next,
  'too-long': next,
  unsupported: next,
  'bad-answer': next,
  unreadable: next,
  missing: next,
  internal: next,
  refused: stop,
  'bad-request': stop,
  cancelled: stop,
  'over-budget': stop,
  'disk-full': stop,
  'read-only': stop,
  corrupt: stop,
  'in-use': stop,
}
