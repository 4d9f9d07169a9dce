import type { Config, ModelConfig, RouteConfig } from '../config.ts'
import { ModelError, type Fault } from '../errors.ts'
import type { Log } from '../log.ts'
import type { ModelLabels } from '../metrics.ts'
import type { Model, ModelRequest, ModelStatus } from '../model.ts'
import { mostRequestTokens } from '../prompt.ts'
import { keepingUp } from './arrears.ts'
import type { Breaker, BreakerState } from './breaker.ts'
import { budgeted, type BudgetParts } from './budget.ts'
import { cached } from './cache.ts'
import type { Candidate } from './candidate.ts'
import type { Ledger } from './ledger.ts'
import { mostOf, mostOfEach } from './price.ts'
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
  Omit<BudgetParts, 'mostOf' | 'now' | 'ledger'> &
  Pick<Parameters<typeof cached>[1], 'cache'> & {
    /** Told of each call of a route that was answered from the cache. */
    readonly onHit: (route: string, request: ModelRequest, text: string) => void
    /** Told of each call that a vendor refused for its key; `key` is a name of the key that does not tell it. */
    readonly onKey: (model: string, key: string, fault: Fault) => void
    readonly ledger: Pick<Ledger, 'reserve' | 'today' | 'roomFor'>
    readonly stock: Stock
    /** True while a cap is in force for everyone who asks, and not for tasks alone. */
    readonly isCapped: () => boolean
    readonly log: Log
  }

/** Turns what config.yaml says of models and routes into models: `cached(budgeted(routed(…)))`. `use` comes before anything else. */
export function createRoutes(given: RoutesParts): Routes {
  const parts: RoutesParts = { ...given, ...keepingUp(given) }
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
  const all = candidatesOf(config, stocked)
  const stream = underCaps(all, config.hedge, parts.ledger.roomFor, ({ allowed, hedge }) => {
    const candidates = all.map((one) => (allowed.includes(one) ? one : { ...one, breaker: shut }))
    const route = routed({ ...parts, ...config, hedge, name, candidates, onFailure })
    return budgeted(route, { ...parts, mostOf: (request) => mostOf(allowed, request, hedge) })
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

/** What keeps a model that a cap has no room for from being asked; it keeps its place in the route, and the trail names it. */
const shut: Breaker = {
  state: () => ({ kind: 'dead', fault: 'over-budget' }),
  enter: () => undefined,
}

/** The models of a route that may be asked for a request, and whether two of them may be at once. */
type Allowed = { readonly allowed: readonly Candidate[]; readonly hedge: boolean }

/** The stream of the route with all that the caps of the asker leave room for. */
function underCaps(
  all: readonly Candidate[],
  hedge: boolean,
  roomFor: Ledger['roomFor'],
  make: (what: Allowed) => Model,
): Model['stream'] {
  const made = new Map<string, Model>()
  const whole: Allowed = { allowed: all, hedge }
  return (request, signal) => {
    const roomUsd = roomFor(request.asker)
    const what = roomUsd === Infinity ? whole : within(roomUsd, whole, request)
    const key = JSON.stringify([what.hedge, ...what.allowed.map(({ model }) => model.name)])
    const model = made.get(key) ?? make(what)
    made.set(key, model)
    return model.stream(request, signal)
  }
}

/**
 * Those that are free and those whose price is known and fits. Where there is none, the cheapest, to be refused with
 * what it may cost; or all, to be refused because nobody knows what they cost.
 */
function within(roomUsd: number, whole: Allowed, request: ModelRequest): Allowed {
  const { allowed: all, hedge } = whole
  const mostUsd = (each: readonly (number | undefined)[]): number =>
    Math.max(...each.map((usd) => usd ?? Infinity)) * (hedge ? 2 : 1)
  if (mostUsd(mostOfEach(all, request, mostRequestTokens)) <= roomUsd) return whole
  const each = mostOfEach(all, request)
  const fits = (usd = Infinity): boolean => usd === 0 || usd <= roomUsd
  const allowed = all.filter((_, i) => fits(each[i]))
  if (allowed.length > 0) return { allowed, hedge: hedge && mostUsd(each.filter(fits)) <= roomUsd }
  const leastUsd = Math.min(...each.map((usd) => usd ?? Infinity))
  return { allowed: leastUsd === Infinity ? all : all.filter((_, i) => each[i] === leastUsd), hedge: false }
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
