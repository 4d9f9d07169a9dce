import type { Config, ModelConfig } from '../config.ts'
import type { Log } from '../log.ts'
import type { Model } from '../model.ts'
import { createAnthropic } from './anthropic.ts'
import { withDeadlines } from './deadlines.ts'
import { createOpenai } from './openai.ts'
import { createRouter, type Router } from './router.ts'

/** The routes of the config that is in use now. */
export type Routes = {
  /** Builds the routes anew. Calls that are under way finish on the old ones. */
  readonly use: (config: Pick<Config, 'models' | 'routes'>) => void
  /** Every route with its models, the default route first. */
  readonly list: () => readonly { readonly name: string; readonly models: readonly string[] }[]
  /** The model of a route; null, and a route that is gone, mean the default route. */
  readonly modelFor: (route: string | null) => Model
}

type Parts = {
  readonly builtin: Model
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Log
}

/** Turns what config.yaml says of models and routes into models. `use` comes before anything else. */
export function createRoutes({ builtin, now, sleep, log }: Parts): Routes {
  let routes: Config['routes'] = new Map()
  let router: Router = createRouter({ routes: {}, now, sleep })
  return {
    use: (config) => {
      const models = new Map(
        [...config.models].map(([name, model]) => [name, modelOf(name, model, builtin, now)]),
      )
      const chains = [...config.routes].map(([route, names]) => [
        route,
        names.flatMap((name) => models.get(name) ?? []),
      ])
      routes = config.routes
      router = createRouter({
        routes: Object.fromEntries(chains),
        now,
        sleep,
        onFailure: (route, model, error) =>
          log.warn({ fault: error.fault, route, model, err: error }, 'a model failed'),
      })
    },
    list: () => [...routes].map(([name, models]) => ({ name, models })),
    modelFor: (route) => router.modelFor(route !== null && routes.has(route) ? route : 'default'),
  }
}

function modelOf(name: string, config: ModelConfig, builtin: Model, now: () => number): Model {
  if (config.type === 'builtin') return builtin
  const { firstTimeoutSeconds, totalTimeoutSeconds, maxOutputTokens } = config
  const model =
    config.type === 'anthropic'
      ? createAnthropic({ name, now, ...config })
      : createOpenai({ name, now, ...config })
  const deadlines = {
    firstMs: firstTimeoutSeconds * 1000,
    gapMs: firstTimeoutSeconds * 1000,
    totalMs: totalTimeoutSeconds * 1000,
  }
  return withDeadlines(
    maxOutputTokens === undefined ? model : withMostTokens(model, maxOutputTokens),
    deadlines,
  )
}

/** The model with a bound of its own on the length of an answer. */
function withMostTokens(model: Model, most: number): Model {
  return {
    name: model.name,
    stream: (request, signal) =>
      model.stream({ ...request, maxTokens: Math.min(request.maxTokens, most) }, signal),
  }
}
