import type { ModelInfo, ModelPrice } from '@pydantic/genai-prices'
import type { ModelConfig, Price } from '../config.ts'
import { free, type Tariff } from './price.ts'

/** What is known of models by their names: prices and sizes. Nothing is asked of anyone. */
export type PriceTable = {
  /** The price in the config, else that in the table; what runs on one's own machine is free. Undefined is not known. */
  readonly priceOf: (model: ModelConfig) => Promise<Tariff | undefined>
  /** The most tokens of prompt and answer together, by the config, else by the table. Undefined is not known. */
  readonly contextOf: (model: ModelConfig) => Promise<number | undefined>
}

/** The vendor in the table that answers under each host. Prices of resellers and of regions differ, so no other host counts. */
const vendors: Readonly<Record<string, string>> = {
  'api.anthropic.com': 'anthropic',
  'api.cerebras.ai': 'cerebras',
  'api.cohere.com': 'cohere',
  'api.deepseek.com': 'deepseek',
  'api.fireworks.ai': 'fireworks',
  'api.groq.com': 'groq',
  'api.minimax.io': 'minimax',
  'api.mistral.ai': 'mistral',
  'api.moonshot.ai': 'moonshotai',
  'api.openai.com': 'openai',
  'api.perplexity.ai': 'perplexity',
  'api.together.xyz': 'together',
  'api.x.ai': 'x-ai',
  'api.z.ai': 'zai',
  'generativelanguage.googleapis.com': 'google',
  'openrouter.ai': 'openrouter',
}

/**
 * The table of `@pydantic/genai-prices`, read when the first price is looked up in it. A model counts as known only
 * where the table has its very name, or its name less a date or `-latest`: by its own rules the table takes
 * `claude-sonnet-5-5` for `claude-sonnet-5`. A price that changes within the day counts at its highest, and one with a
 * part that tokens do not tell (a fee for each request) as not known.
 */
export function createPriceTable(now: () => number): PriceTable {
  const find = async (model: ModelConfig): Promise<ModelInfo | undefined> => {
    const vendor = vendorOf(model)
    if (model.type === 'builtin' || vendor === undefined) return undefined
    const { findProvider } = await import('@pydantic/genai-prices')
    return findModel(findProvider({ providerId: vendor })?.models ?? [], model.model)
  }
  return {
    priceOf: async (model) => {
      if (model.price !== undefined) return model.price
      if (model.type === 'builtin' || model.type === 'local_model') return free
      const found = await find(model)
      return found === undefined ? undefined : tariffOf(pricesAt(found.prices, now()))
    },
    contextOf: async (model) => model.contextTokens ?? (await find(model))?.context_window,
  }
}

function vendorOf(model: ModelConfig): string | undefined {
  if (model.type === 'builtin' || model.type === 'local_model') return undefined
  if (model.endpoint === undefined) return 'anthropic'
  return vendors[URL.parse(model.endpoint)?.hostname ?? '']
}

/** The model of this very name, or of the name less a date or `-latest`. */
function findModel(models: readonly ModelInfo[], name: string): ModelInfo | undefined {
  const exact = name.trim().toLowerCase()
  const base = exact.replace(/-(?:latest|20\d{2}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01]))$/u, '')
  for (const wanted of [exact, base, `${base}-latest`]) {
    const found = models.find(({ id, match }) => id.toLowerCase() === wanted || isNamed(match, wanted))
    if (found !== undefined) return found
  }
  return undefined
}

/** True if one of the table's rules is this name and no pattern. */
function isNamed(match: ModelInfo['match'], wanted: string): boolean {
  if ('or' in match) return match.or.some((one) => isNamed(one, wanted))
  return 'equals' in match && match.equals.toLowerCase() === wanted
}

/** The prices that are in force on the day: of those that change within it, all. */
function pricesAt(prices: ModelInfo['prices'], nowMs: number): ModelPrice[] {
  if (!Array.isArray(prices)) return [prices]
  const found: ModelPrice[] = []
  // The last one whose condition holds counts; the first has none.
  for (const { constraint, prices: one } of prices.toReversed()) {
    if (constraint?.type === 'start_date' && nowMs < Date.parse(constraint.start_date)) continue
    found.push(one)
    if (constraint?.type !== 'time_of_date') break
  }
  return found
}

const parts = {
  inputUsd: 'input_mtok',
  outputUsd: 'output_mtok',
  cachedUsd: 'cache_read_mtok',
  cacheWriteUsd: 'cache_write_mtok',
} as const

/** Fees besides those for tokens, or tokens that are counted apart; our counts do not tell them. */
const untold: readonly string[] = ['requests_kcount', 'output_reasoning_mtok', 'output_citation_mtok']

function tariffOf(prices: readonly ModelPrice[]): Tariff | undefined {
  if (prices.some((one) => untold.some((key) => one[key] !== undefined))) return undefined
  const starts = prices.flatMap((one) =>
    Object.values(parts).flatMap((key) => {
      const value = one[key]
      return typeof value === 'object' ? value.tiers.map(({ start }) => start) : []
    }),
  )
  const base = priceAbove(prices, 0)
  const tiers = [...new Set(starts)]
    .toSorted((a, b) => a - b)
    .flatMap((aboveTokens) => {
      const price = priceAbove(prices, aboveTokens + 1)
      return price === undefined ? [] : [{ aboveTokens, price }]
    })
  return base === undefined || tiers.length === 0 ? base : { ...base, tiers }
}

/** The highest of the prices for a prompt of so many tokens; undefined where there is none for input or output. */
function priceAbove(prices: readonly ModelPrice[], promptTokens: number): Price | undefined {
  const highest = (key: string): number | undefined => {
    const values = prices.flatMap((one) => {
      const value = one[key]
      if (value === undefined || typeof value === 'number') return value ?? []
      return value.tiers.findLast(({ start }) => promptTokens > start)?.price ?? value.base
    })
    return values.length === 0 ? undefined : Math.max(...values)
  }
  const inputUsd = highest(parts.inputUsd)
  const outputUsd = highest(parts.outputUsd)
  if (inputUsd === undefined || outputUsd === undefined) return undefined
  const cachedUsd = highest(parts.cachedUsd)
  const cacheWriteUsd = highest(parts.cacheWriteUsd)
  return {
    inputUsd,
    outputUsd,
    ...(cachedUsd === undefined ? {} : { cachedUsd }),
    ...(cacheWriteUsd === undefined ? {} : { cacheWriteUsd }),
  }
}
