import { messageOf, ModelError, type Fault } from '../errors.ts'
import type { Trail, Try } from '../model.ts'
import type { Candidate } from './candidate.ts'
import type { Unable } from './plan.ts'

/** What the trail says of a model that lacks what the request needs. */
export function passedOver({ candidate, lacks }: Unable): Try {
  const isShort = lacks.every((lack) => lack === 'length')
  return unasked(candidate, 'unable', isShort ? 'too-long' : 'unsupported')
}

/** What the trail says of a model whose breaker lets nobody in. */
export function resting(candidate: Candidate): Try {
  const state = candidate.breaker.state()
  return unasked(candidate, 'resting', state.kind === 'closed' ? 'internal' : state.fault)
}

/** What the trail says of a model for which the caps leave no room. */
export function unpaid(candidate: Candidate): Try {
  return unasked(candidate, 'resting', 'over-budget')
}

function unasked({ model }: Candidate, outcome: 'unable' | 'resting', because: Fault): Try {
  return { model: model.name, outcome, because, totalMs: 0, usage: {}, costUsd: 0 }
}

/** The error with its trail; where more than one thing happened, it names each model with what became of it. */
export function withTrail(error: ModelError, trail: Trail): ModelError {
  const message = trail.tries.length < 2 ? error.message : `${error.message} (${namesOf(trail)})`
  return new ModelError(error.fault, message, { cause: error, retryAfterMs: error.retryAfterMs, trail })
}

/** The error of a route in which no model answered; `last` is that of the last one that was asked, if one was. */
export function unanswered(
  route: string,
  about: {
    readonly trail: Trail
    readonly last: ModelError | undefined
    readonly fault: Fault
    readonly retryAfterMs: number | undefined
  },
): ModelError {
  const { trail, last, fault, retryAfterMs } = about
  const again = retryAfterMs === undefined ? '' : `; try again in ${Math.ceil(retryAfterMs / 1000)} s`
  const said = last === undefined ? again : `; the last said: ${messageOf(last)}`
  const message = `no model of the route ${route} answered (${namesOf(trail)})${said}`
  return new ModelError(fault, message, {
    ...(last === undefined ? {} : { cause: last }),
    retryAfterMs,
    trail,
  })
}

function namesOf({ tries }: Trail): string {
  const each = tries.map(({ model, outcome, because }) =>
    because === undefined || outcome === 'unable'
      ? `${model}: ${outcome}`
      : `${model}: ${outcome} after ${because}`,
  )
  return [...new Set(each)].join(', ')
}
