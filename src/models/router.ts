import { FaultError, faultOf, messageOf, ModelError, type Fault } from '../errors.ts'
import type { Model, ModelEvent, ModelRequest } from '../model.ts'

/** Every route by name, each a Model. */
export type Router = {
  readonly names: readonly string[]
  /** The route of this name. Throws `bad-request` where there is none. */
  readonly modelFor: (route: string) => Model
  /** One line for the start lines and /status: each route with its models in order. */
  readonly describe: () => string
}

/** `routes` holds the models of each route in the order in which they are tried. */
export type RouterParts = {
  readonly routes: Readonly<Record<string, readonly Model[]>>
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** Waits that a vendor asks for are obeyed if they end within this time from the call's start. Default 5,000. */
  readonly patienceMs?: number
  /** Told of each failed try, also where another model then answers. */
  readonly onFailure?: (route: string, model: string, error: ModelError) => void
}

/** What follows a failed try. `again` and `wait` do so once for each model in a call, then the next one's turn comes. */
type Plan = 'again' | 'wait' | 'next' | 'stop'

const plans: Readonly<Record<Fault, Plan>> = {
  network: 'again',
  'rate-limit': 'wait',
  timeout: 'next',
  overloaded: 'next',
  'bad-key': 'next',
  'no-credit': 'next',
  'too-long': 'next',
  unsupported: 'next',
  'bad-answer': 'next',
  unreadable: 'next',
  missing: 'next',
  internal: 'next',
  refused: 'stop',
  'bad-request': 'stop',
  cancelled: 'stop',
  'disk-full': 'stop',
  'read-only': 'stop',
  corrupt: 'stop',
  'in-use': 'stop',
}

/**
 * Makes routes. A route asks its models in order until one speaks; from its first piece of text or first call on,
 * that model's stream is the route's stream, and its failure is the route's failure: no answer is made of two.
 */
export function createRouter(parts: RouterParts): Router {
  const models = new Map(
    Object.entries(parts.routes).map(([name, chain]) => [name, createRoute(name, chain, parts)]),
  )
  const names = [...models.keys()]
  return {
    names,
    modelFor: (route) => {
      const found = models.get(route)
      if (found === undefined) {
        throw new FaultError('bad-request', `there is no route ${route}; there is ${names.join(', ')}`)
      }
      return found
    },
    describe: () =>
      Object.entries(parts.routes)
        .map(([name, chain]) => `${name}: ${chain.map((model) => model.name).join(' → ')}`)
        .join('; '),
  }
}

type Failure = { readonly model: string; readonly error: ModelError }

function createRoute(name: string, chain: readonly Model[], parts: RouterParts): Model {
  if (chain.length === 0)
    throw new FaultError('bad-request', `route ${name} has no model: give it at least one`)
  return { name, stream: (request, signal) => ask(name, chain, parts, request, signal) }
}

async function* ask(
  route: string,
  chain: readonly Model[],
  { now, sleep, patienceMs = 5_000, onFailure }: RouterParts,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void, undefined> {
  const patientUntilMs = now() + patienceMs
  const failures: Failure[] = []
  for (const model of chain) {
    for (let tries = 1; tries <= 2; tries++) {
      let spoken = false
      let error: ModelError
      try {
        for await (const event of model.stream(request, signal)) {
          spoken = true
          yield event
          if (event.kind === 'end') return
        }
        throw new ModelError('network', `${model.name}: the answer was cut short`)
      } catch (thrown) {
        error = toModelError(thrown, model, signal)
      }
      failures.push({ model: model.name, error })
      onFailure?.(route, model.name, error)
      const plan = plans[error.fault]
      if (spoken || plan === 'stop') throw error
      if (plan === 'next') break
      if (plan === 'wait' && tries === 1) {
        const waitMs = error.retryAfterMs ?? Infinity
        if (now() + waitMs > patientUntilMs) break
        await sleep(waitMs, signal).catch((thrown: unknown) => {
          throw toModelError(thrown, model, signal)
        })
      }
    }
  }
  throw summary(route, failures)
}

function toModelError(thrown: unknown, model: Model, signal: AbortSignal): ModelError {
  if (signal.aborted) return new ModelError('cancelled', `${model.name} was stopped`, { cause: thrown })
  if (thrown instanceof ModelError) return thrown
  return new ModelError(faultOf(thrown), `${model.name} failed: ${messageOf(thrown)}`, { cause: thrown })
}

/** One error for all: the fault of the last, and each model with its faults. */
function summary(route: string, failures: readonly Failure[]): ModelError {
  const last = failures.at(-1)?.error
  const each = new Set(failures.map(({ model, error }) => `${model}: ${error.fault}`))
  const message = `no model of the route ${route} answered (${[...each].join(', ')}); the last said: ${messageOf(last)}`
  return new ModelError(last?.fault ?? 'internal', message, { cause: last, retryAfterMs: last?.retryAfterMs })
}
