import type { Config, ModelConfig, RouteConfig } from '../config.ts'
import { ModelError, type Fault } from '../errors.ts'
import type { Log } from '../log.ts'
import type { ModelLabels } from '../metrics.ts'
import type { Model, ModelRequest, ModelStatus } from '../model.ts'
import type { BreakerState } from './breaker.ts'
import { budgeted, type BudgetParts } from './budget.ts'
import { cached } from './cache.ts'
import type { Candidate } from './candidate.ts'
import { mostOf, type Most } from './price.ts'
import { routed, type RouteParts } from './router.ts'
import { rank, type Score } from './score.ts'
import type { Stock, Stocked } from './stock.ts'

/** The routes of the config that is in use now. */
export type Routes = {
  /** Builds the routes anew. Calls that are under way finish on the old ones. */
  readonly use: (config: Pick<Config, 'models' | 'routes'>) => void
  /** Every route, the default route first. */
  readonly list: () => readonly (RouteConfig & { readonly name: string })[]
  readonly models: () => Promise<readonly ModelStatus[]>
  /** The route of this name, or the one model; null is the default route. Asked of what is gone, it throws `missing`. */
  readonly modelFor: (name: string | null) => Model
  /** How the models of a route stand that chooses by measurement; none for any other. */
  readonly scores: (route: string) => Promise<readonly Score[]>
  readonly labelsOf: (model: string) => ModelLabels
}

export type RoutesParts = Pick<RouteParts, 'now' | 'sleep' | 'random'> &
  Omit<BudgetParts, 'mostOf' | 'now'> &
  Pick<Parameters<typeof cached>[1], 'cache'> & {
    /** Told of each call of a route that was answered from the cache. */
    readonly onHit: (route: string, request: ModelRequest, text: string) => void
    /** Told of each call that a vendor refused for its key; `key` is a name of the key that does not tell it. */
    readonly onKey: (model: string, key: string, fault: Fault) => void
    readonly stock: Stock
    /** True while a cap is in force. */
    readonly isCapped: () => boolean
    readonly log: Log
  }

/** Turns what config.yaml says of models and routes into models: `cached(budgeted(routed(…)))`. `use` comes before anything else. */
export function createRoutes(parts: RoutesParts): Routes {
  let current: Generation = createGeneration({ models: new Map(), routes: new Map() }, parts)
  /** Also of models that are gone: calls may still end there. */
  const labels = new Map<string, ModelLabels>()
  return {
    use: (config) => {
      current = createGeneration(config, parts)
      for (const [name, model] of config.models) labels.set(name, labelsFor(name, model))
    },
    list: () => [...current.config.routes].map(([name, config]) => ({ name, ...config })),
    modelFor: (name) => current.modelFor(name ?? 'default'),
    models: async () =>
      [...(await current.stocked())].map(([name, one]) => statusOf(name, one, parts.isCapped())),
    scores: async (route) => {
      const config = current.config.routes.get(route)
      if (config?.choose !== 'auto') return []
      return rank(candidatesOf(config, await current.stocked())).map(
        ({ name, score, calls, success, firstMs, costUsd }) => ({
          name,
          score,
          calls,
          success,
          firstMs,
          costUsd,
        }),
      )
    },
    labelsOf: (model) => labels.get(model) ?? { provider: 'moltbot', model },
  }
}

/** The routes of one config. They are built when the first of them is asked, because prices are looked up for them. */
type Generation = {
  readonly config: Pick<Config, 'models' | 'routes'>
  readonly stocked: () => Promise<ReadonlyMap<string, Stocked>>
  readonly modelFor: (name: string) => Model
}

function createGeneration(config: Generation['config'], parts: RoutesParts): Generation {
  // A name that is that of a route and of a model means the route.
  const single = [...config.models.keys()].map((name) => [name, alone(name)] as const)
  const configs = new Map([...single, ...config.routes])
  const built = new Map<string, Model>()
  const stocked = parts.stock(config.models)
  const build = async (name: string, route: RouteConfig): Promise<Model> => {
    const model = built.get(name) ?? compose(name, route, await stocked(), parts)
    built.set(name, model)
    return model
  }
  return {
    config,
    stocked,
    modelFor: (name) => {
      const route = configs.get(name)
      if (route === undefined) return gone(name)
      const first = async function* (request: ModelRequest, signal: AbortSignal) {
        yield* (await build(name, route)).stream(request, signal)
      }
      return { name, stream: (...asked) => (built.get(name)?.stream ?? first)(...asked) }
    },
  }
}

function compose(
  name: string,
  config: RouteConfig,
  stocked: ReadonlyMap<string, Stocked>,
  parts: RoutesParts,
): Model {
  const onFailure = (route: string, model: string, error: ModelError): void => {
    const { fault } = error
    parts.log.warn({ fault, route, model, err: error }, 'a model failed')
    if (fault === 'bad-key' || fault === 'no-credit')
      parts.onKey(model, stocked.get(model)?.keyId ?? '', fault)
  }
  const stream = underCaps(candidatesOf(config, stocked), parts.isCapped, (candidates) => {
    const route = routed({ ...parts, ...config, name, candidates, onFailure })
    return budgeted(route, { ...parts, mostOf: (request) => mostOfRoute(candidates, config.hedge, request) })
  })
  const models = config.models.map((one) => stocked.get(one)?.fingerprint)
  return cached(
    { name, stream },
    {
      cache: parts.cache,
      fingerprint: JSON.stringify([config, models]),
      onHit: (request, { text }) => parts.onHit(name, request, text),
    },
  )
}

function candidatesOf(
  { models, weights }: RouteConfig,
  stocked: ReadonlyMap<string, Stocked>,
): readonly Candidate[] {
  return models.flatMap((name, i) => {
    const found = stocked.get(name)
    return found === undefined ? [] : [{ ...found.candidate, weight: weights[i] ?? 1 }]
  })
}

function alone(name: string): RouteConfig {
  return { models: [name], choose: 'order', weights: [1], hedge: false }
}

/** The stream of the whole, and while a cap is in force that of the models alone whose price is known. */
function underCaps(
  all: readonly Candidate[],
  isCapped: () => boolean,
  make: (allowed: readonly Candidate[]) => Model,
): Model['stream'] {
  const made = new Map<string, Model>()
  return (request, signal) => {
    const priced = isCapped() ? all.filter(({ price }) => price !== undefined) : all
    // With none left the whole is asked, and refused with the name of the model.
    const allowed = priced.length === 0 ? all : priced
    const key = allowed.map(({ model }) => model.name).join(' ')
    const model = made.get(key) ?? make(allowed)
    made.set(key, model)
    return model.stream(request, signal)
  }
}

/** What the dearest model may cost; where two may be asked at once, twice that. */
function mostOfRoute(candidates: readonly Candidate[], hedge: boolean, request: ModelRequest): Most {
  const most = mostOf(candidates, request)
  return most.kind === 'unknown' || !hedge ? most : { kind: 'known', usd: most.usd * 2 }
}

function gone(name: string): Model {
  return {
    name,
    // eslint-disable-next-line require-yield -- it has nothing to say
    stream: async function* () {
      throw new ModelError('missing', `there is no route or model ${name} any more`)
    },
  }
}

function statusOf(name: string, { config, candidate }: Stocked, isCapped: boolean): ModelStatus {
  const { calls, success, firstMs } = candidate.measures.read()
  return {
    name,
    model: config.type === 'builtin' ? name : config.model,
    state: stateOf(candidate.breaker.state()),
    price: candidate.price,
    isBarred: isCapped && candidate.price === undefined,
    calls,
    success,
    firstMs,
  }
}

function stateOf(state: BreakerState): ModelStatus['state'] {
  switch (state.kind) {
    case 'closed':
    case 'half-open':
      return { kind: 'ready' }
    case 'probing':
      return { kind: 'probing', fault: state.fault }
    case 'open':
      return { kind: 'resting', fault: state.fault, untilMs: state.untilMs }
    case 'dead':
      return { kind: 'resting', fault: state.fault }
  }
}

/** The vendor by OpenTelemetry's name where it has one, else the host. */
function labelsFor(name: string, config: ModelConfig): ModelLabels {
  if (config.type === 'builtin') return { provider: 'moltbot', model: name }
  const { type, endpoint, model } = config
  const host = endpoint === undefined ? '' : (URL.parse(endpoint)?.hostname ?? '')
  if (host === 'api.openai.com') return { provider: 'openai', model }
  return { provider: type === 'anthropic' ? 'anthropic' : host, model }
}
