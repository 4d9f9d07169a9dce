import type { Fault } from '../errors.ts'

/**
 * `closed`: it may be asked. `open`: it rests. `half-open`: its rest is over, and the next call is its probe.
 * `probing`: that probe is under way, and no other call may enter. `dead`: it is never asked again. `fault` is the
 * one that made it rest.
 */
export type CircuitState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly fault: Fault; readonly untilMs: number }
  | { readonly kind: 'half-open'; readonly fault: Fault }
  | { readonly kind: 'probing'; readonly fault: Fault }
  | { readonly kind: 'dead'; readonly fault: Fault }

/** One call that entered. What it brings is old news, and mostly ignored, once the circuit has opened or closed since. */
export type Ticket = { era: number }

/** The state of one thing that fails, be it a key or a model. */
export type Circuit = {
  readonly state: () => CircuitState
  /** True if a call may enter now. */
  readonly lets: () => boolean
  /** Only where `lets` says so; the call is the probe if the circuit is half-open. */
  readonly enter: () => Ticket
  /** The call has begun to be answered: if it is the probe, others may enter, but one more failure opens it again. */
  readonly spoke: (ticket: Ticket) => void
  readonly succeed: (ticket: Ticket) => void
  readonly fail: (ticket: Ticket, fault: Fault) => void
  /** The other side asks for a rest, of `restMs` if it says so. While it rests already, this can only prolong it. */
  readonly limit: (ticket: Ticket, fault: Fault, restMs: number | undefined) => void
  /** For good. */
  readonly die: (fault: Fault) => void
  /** The call taught nothing; if it was the probe, the next one is. */
  readonly release: (ticket: Ticket) => void
}

/** So many failures in a row open a circuit. */
const mostFailures = 3

/** The first rest; each that follows without a success between is twice as long as the one before. */
const firstRestMs = 5_000
const longestRestMs = 300_000

/** Makes a closed circuit. */
export function createCircuit(now: () => number): Circuit {
  let era = 0
  let failures = 0
  let openings = 0
  let rest: { readonly fault: Fault; readonly untilMs: number } | undefined
  let probe: Ticket | undefined

  const open = (fault: Fault, restMs = Math.min(firstRestMs * 2 ** openings, longestRestMs)): void => {
    rest = { fault, untilMs: now() + restMs }
    probe = undefined
    openings++
    failures = 0
    era++
  }
  const close = (failuresLeft: number): void => {
    rest = undefined
    probe = undefined
    failures = failuresLeft
    era++
  }
  const isDead = (): boolean => rest?.untilMs === Infinity

  return {
    state: () => {
      if (rest === undefined) return { kind: 'closed' }
      const { fault, untilMs } = rest
      if (isDead()) return { kind: 'dead', fault }
      if (now() < untilMs) return { kind: 'open', fault, untilMs }
      return { kind: probe === undefined ? 'half-open' : 'probing', fault }
    },
    lets: () => rest === undefined || (probe === undefined && now() >= rest.untilMs),
    enter: () => {
      const ticket = { era }
      if (rest !== undefined) probe = ticket
      return ticket
    },
    spoke: (ticket) => {
      if (probe !== ticket) return
      close(mostFailures - 1)
      ticket.era = era
    },
    succeed: (ticket) => {
      if (probe === ticket) close(0)
      else if (ticket.era !== era || rest !== undefined) return
      failures = 0
      openings = 0
    },
    fail: (ticket, fault) => {
      if (probe === ticket) open(fault)
      else if (ticket.era === era && rest === undefined && ++failures >= mostFailures) open(fault)
    },
    limit: (ticket, fault, restMs) => {
      if (rest === undefined || probe === ticket) open(fault, restMs)
      else if (restMs !== undefined) rest = { ...rest, untilMs: Math.max(rest.untilMs, now() + restMs) }
    },
    die: (fault) => {
      if (!isDead()) open(fault, Infinity)
    },
    release: (ticket) => {
      if (probe === ticket) probe = undefined
    },
  }
}
