import { createHash } from 'node:crypto'
import type { ModelConfig } from '../config.ts'
import { lazily } from '../lazily.ts'
import type { Model, Sampling, Try } from '../model.ts'
import { createAnthropic } from './anthropic.ts'
import type { Breakers } from './breaker.ts'
import type { Candidate } from './candidate.ts'
import { withDeadlines } from './deadlines.ts'
import { createMeasures, type Measures } from './measures.ts'
import { createOpenai } from './openai/openai.ts'
import type { PriceTable } from './prices.ts'

/** A model of the config, ready to stand in routes. */
export type Stocked = {
  readonly config: ModelConfig
  /** Names its key without telling it. */
  readonly keyId: string
  /** Stands for all that decides its answers besides the request. */
  readonly fingerprint: string
  readonly candidate: Omit<Candidate, 'weight'>
}

/**
 * Takes up the models of a new config. What is known of one, its breaker and its measurements, stays from one config to
 * the next as long as its vendor, its key and its name there do. What it returns makes the models, by name, at the
 * first need: their prices and sizes are looked up.
 */
export type Stock = (models: ReadonlyMap<string, ModelConfig>) => () => Promise<ReadonlyMap<string, Stocked>>

export type StockParts = {
  readonly builtin: Model
  readonly breakers: Breakers
  readonly prices: PriceTable
  readonly fetch: typeof fetch
  /** What the models did before this life of the program, oldest first; asked for once. */
  readonly past: () => readonly Try[]
  readonly now: () => number
}

export function createStock(parts: StockParts): Stock {
  const measured = new Map<string, Measures>()
  let past: readonly Try[] | undefined
  const take = async (name: string, config: ModelConfig): Promise<Stocked> => {
    const { keyId, modelId, fingerprint } = idsOf(config)
    const measures = measured.get(modelId) ?? createMeasures()
    if (!measured.has(modelId)) measures.seed((past ?? []).filter(({ model }) => model === name))
    measured.set(modelId, measures)
    const { tools, images, shapes } = config
    const [price, contextTokens] = await Promise.all([
      parts.prices.priceOf(config),
      parts.prices.contextOf(config),
    ])
    const candidate = {
      model: modelOf(name, config, parts),
      breaker: parts.breakers.of(keyId, modelId),
      measures,
      price,
      can: { tools, images, shapes, contextTokens, outputTokens: config.maxOutputTokens },
    }
    return { config, keyId, fingerprint, candidate }
  }
  return (models) => {
    const ids = [...models.values()].map(idsOf)
    parts.breakers.keep(ids)
    for (const id of measured.keys()) if (!ids.some(({ modelId }) => modelId === id)) measured.delete(id)
    return lazily(async () => {
      // Only the first config: in a later one, a name may have come to mean another model.
      past = past === undefined ? parts.past() : []
      const all = [...models].map(async ([name, config]) => [name, await take(name, config)] as const)
      return new Map(await Promise.all(all))
    })
  }
}

/** Names of the key, of the model behind it, and of the model with its settings. None of them tells the key. */
function idsOf(config: ModelConfig): { keyId: string; modelId: string; fingerprint: string } {
  if (config.type === 'builtin') return { keyId: 'builtin', modelId: 'builtin', fingerprint: 'builtin' }
  const {
    type,
    endpoint = '',
    model,
    sampling,
    maxOutputTokens,
    price,
    contextTokens,
    tools,
    images,
    shapes,
  } = config
  const key = 'apiKey' in config ? config.apiKey : ''
  const keyId = digest([type, endpoint, key])
  const modelId = digest([keyId, model])
  return {
    keyId,
    modelId,
    fingerprint: digest([modelId, sampling, maxOutputTokens, price, contextTokens, tools, images, shapes]),
  }
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)
}

function modelOf(name: string, config: ModelConfig, { builtin, fetch, now }: StockParts): Model {
  if (config.type === 'builtin') return name === builtin.name ? builtin : { ...builtin, name }
  const { firstTimeoutSeconds, totalTimeoutSeconds, maxOutputTokens, sampling } = config
  const model =
    config.type === 'anthropic'
      ? createAnthropic({ name, now, fetch, ...config })
      : createOpenai({ name, now, fetch, ...config })
  const deadlines = {
    firstMs: firstTimeoutSeconds * 1000,
    gapMs: firstTimeoutSeconds * 1000,
    totalMs: totalTimeoutSeconds * 1000,
  }
  return withDeadlines(withSettings(model, maxOutputTokens, sampling), deadlines)
}

/** The model with the owner's bound on the length of an answer, and the owner's sampling, which wins over the request's. */
function withSettings(model: Model, mostTokens = Infinity, sampling: Sampling): Model {
  return {
    name: model.name,
    stream: (request, signal) =>
      model.stream(
        {
          ...request,
          maxTokens: Math.min(request.maxTokens, mostTokens),
          sampling: { ...request.sampling, ...sampling },
        },
        signal,
      ),
  }
}
