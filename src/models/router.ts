import { FaultError, ModelError } from '../errors.ts'
import type { ModelEvent, ModelRequest } from '../model.ts'
import { createPlanner, lackError, type Planner } from './plan.ts'
import { passedOver } from './trail.ts'
import { open, toldOf, type MayCost, type RouteParts, type Walk } from './walk.ts'

export type { MayCost, RouteParts } from './walk.ts'

/** A Model that asks before a further try of the same call whether it may cost that. */
export type Route = {
  readonly name: string
  readonly stream: (
    request: ModelRequest,
    signal: AbortSignal,
    mayCost?: MayCost,
  ) => AsyncIterable<ModelEvent>
}

/**
 * Makes a route: a Model that asks its candidates in the order of its plan until one speaks. From that first event
 * on, that model's stream is the route's stream, and its failure is the route's failure: no answer is made of two.
 * `end` and every ModelError carry the trail. Where all rest, it waits for the soonest, if its patience allows.
 */
export function routed(parts: RouteParts): Route {
  const { name, candidates } = parts
  if (candidates.length === 0)
    throw new FaultError('bad-request', `route ${name} has no model: give it at least one`)
  const planner = createPlanner(parts)
  return { name, stream: (...asked) => answer(parts, planner, ...asked) }
}

async function* answer(
  parts: RouteParts,
  planner: Planner,
  request: ModelRequest,
  signal: AbortSignal,
  mayCost?: MayCost,
): AsyncGenerator<ModelEvent, void, undefined> {
  const plan = planner(request)
  if (plan.order.length === 0) throw lackError(parts.name, plan)
  const tries = plan.unable.map(passedOver)
  const walk: Walk = {
    parts,
    plan,
    signal,
    tries,
    queue: [...plan.order],
    mayCost,
    leftMs: parts.patienceMs ?? 10_000,
  }
  const opening = await open(walk)
  const { attempt } = opening
  let event = opening.first
  try {
    for (;;) {
      if (event instanceof ModelError) throw toldOf(walk, event)
      if (event.kind === 'end') {
        yield { ...event, trail: { choice: plan.choice, tries } }
        return
      }
      yield event
      event = await attempt.pull()
    }
  } finally {
    attempt.leave('cancelled')
  }
}
