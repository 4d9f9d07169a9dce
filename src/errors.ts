import type { Trail } from './model.ts'
import type { Language } from './words.ts'

/**
 * Every failure carries one of these names. What happens next is decided by tables over them, never by the
 * text of a message.
 */
export const faults = [
  'network', // nothing answered, or the connection broke
  'timeout', // it took longer than it was given
  'rate-limit', // the other side asked us to slow down
  'overloaded', // the other side has no room just now
  'bad-key', // a credential was not accepted
  'no-credit', // the account behind the credential has run out
  'over-budget', // a spending cap of ours is reached
  'too-long', // larger than the other side, or we, accept
  'unsupported', // understood, and not possible here
  'refused', // the other side, or a rule of ours, said no
  'bad-request', // our request was malformed, or the person's was
  'bad-answer', // what came back was not what was agreed
  'missing', // what was asked for is not there
  'unreadable', // a source holds something we cannot read
  'cancelled', // a person, or the end of the program, stopped it
  'disk-full',
  'read-only',
  'corrupt',
  'in-use', // another process holds it
  'internal', // a defect of ours
] as const

/** The name of a kind of failure. */
export type Fault = (typeof faults)[number]

/** A failure with its fault. The message says what failed, with which value, and what to do about it. */
export class FaultError extends Error {
  readonly fault: Fault
  /** The message for people, where there are words for it in each language. */
  readonly says: Readonly<Record<Language, string>> | undefined

  constructor(fault: Fault, message: string | Readonly<Record<Language, string>>, options?: ErrorOptions) {
    super(typeof message === 'string' ? message : message.en, options)
    this.name = new.target.name
    this.fault = fault
    this.says = typeof message === 'string' ? undefined : message
  }
}

/** A model could not complete a request. `retryAfterMs` is the wait that the vendor asked for; a route adds its `trail`. */
export class ModelError extends FaultError {
  readonly retryAfterMs: number | undefined
  readonly trail: Trail | undefined

  constructor(
    fault: Fault,
    message: string,
    options?: ErrorOptions & { retryAfterMs?: number | undefined; trail?: Trail | undefined },
  ) {
    super(fault, message, options)
    this.retryAfterMs = options?.retryAfterMs
    this.trail = options?.trail
  }
}

/** A spending cap: so many US dollars for so long, over all, for each person or for each task. */
export type Cap = {
  readonly period: 'day' | 'month'
  readonly of: 'total' | 'person' | 'task'
  readonly usd: number
}

/** How a cap stands for someone. */
export type CapState = {
  readonly cap: Cap
  readonly spentUsd: number
  /** For calls that are under way. */
  readonly reservedUsd: number
  /** When the period of the cap ends, Unix milliseconds. */
  readonly endsAtMs: number
}

/** A call was not made, because it could pass a cap; or, with `model`, because nobody knows what that model costs. */
export class BudgetError extends ModelError {
  readonly state: CapState
  /** The most that the call could have cost; 0 where that is not known. */
  readonly mostUsd: number
  readonly model: string | undefined

  constructor(message: string, about: { state: CapState; mostUsd?: number; model?: string | undefined }) {
    super('over-budget', message)
    this.state = about.state
    this.mostUsd = about.mostUsd ?? 0
    this.model = about.model
  }
}

/** The error of a model, or a route, that was stopped. */
export function stopped(name: string, cause: unknown): ModelError {
  return new ModelError('cancelled', `${name} was stopped`, { cause })
}

/** The error of an answer that ended without its end. */
export function cutShort(name: string): ModelError {
  return new ModelError('network', `${name}: the answer was cut short`)
}

/** A source could not be read. */
export class SourceError extends FaultError {}

/** The data folder or the database in it cannot be used as it is. */
export class StoreError extends FaultError {}

/** The configuration is not valid; each problem is one line that names place, value and remedy. */
export class ConfigError extends FaultError {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super('bad-request', problems.join('\n'))
    this.problems = problems
  }
}

/** The fault of anything that was thrown: its own, `cancelled` for an abort, `timeout` for a time limit, else `internal`. */
export function faultOf(thrown: unknown): Fault {
  if (thrown instanceof FaultError) return thrown.fault
  if (thrown instanceof Error && thrown.name === 'AbortError') return 'cancelled'
  if (thrown instanceof Error && thrown.name === 'TimeoutError') return 'timeout'
  return 'internal'
}

/** The message of whatever was thrown in a language; in English where it has no other words. */
export function messageIn(thrown: unknown, language: Language): string {
  const says = thrown instanceof FaultError ? thrown.says : undefined
  return says?.[language] ?? messageOf(thrown)
}

/** The text of anything that was thrown, for a log. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
