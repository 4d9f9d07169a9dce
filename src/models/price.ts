import type { Price } from '../config.ts'
import { wasAsked, type ModelRequest, type Try, type Usage } from '../model.ts'
import { requestTokens } from '../prompt.ts'
import type { UsageLine } from '../store/calls.ts'

/**
 * A price that may rise with the length of the prompt: all tokens of a call cost what the last tier says whose
 * `aboveTokens` the whole prompt passes. Tiers are in ascending order. Every Price is a Tariff without tiers.
 */
export type Tariff = Price & {
  readonly tiers?: readonly { readonly aboveTokens: number; readonly price: Price }[]
}

/**
 * The most that a call may cost, in US dollars: `usd` where its first try is the only one, `ampleUsd` where all others of
 * its route were billed for their prompts before. `unknown` names a model whose price is not known.
 */
export type Most =
  | { readonly kind: 'known'; readonly usd: number; readonly ampleUsd?: number }
  | { readonly kind: 'unknown'; readonly model: string }

/** What a call cost: `usd` undefined where a part of it is not known; `lines` has what is known, by model. */
export type Charge = {
  readonly usd: number | undefined
  readonly isEstimated: boolean
  readonly lines: readonly UsageLine[]
}

/** What models of one's own machine cost. */
export const free: Price = { inputUsd: 0, outputUsd: 0 }

/**
 * US dollars for so many tokens: exact where the vendor counted them. Undefined, never 0, where the price or one of
 * both counts is not known; a model that is free costs 0 whatever was counted.
 */
export function costOf(price: Tariff | undefined, usage: Usage): number | undefined {
  if (price === undefined) return undefined
  if (isFree(price)) return 0
  const { inputTokens, outputTokens } = usage
  if (inputTokens === undefined || outputTokens === undefined) return undefined
  // A vendor that counts more of them than the prompt has is not believed.
  const cacheWriteTokens = Math.min(usage.cacheWriteTokens ?? 0, inputTokens)
  const cachedTokens = Math.min(usage.cachedTokens ?? 0, inputTokens - cacheWriteTokens)
  const { inputUsd, outputUsd, cachedUsd = inputUsd, cacheWriteUsd = inputUsd } = tierOf(price, inputTokens)
  const plainTokens = inputTokens - cachedTokens - cacheWriteTokens
  return (
    (plainTokens * inputUsd +
      cachedTokens * cachedUsd +
      cacheWriteTokens * cacheWriteUsd +
      outputTokens * outputUsd) /
    1e6
  )
}

/** How far an estimate of tokens may be below the vendor's count. */
const promptMargin = 4 / 3

/**
 * The most that one answer of at most `maxTokens` to a prompt of about `promptTokens` can cost, in US dollars: with a
 * third more prompt than was estimated, the whole of it written to the vendor's cache. Undefined without a price.
 */
export function mostCost(
  price: Tariff | undefined,
  promptTokens: number,
  maxTokens: number,
): number | undefined {
  if (price === undefined) return undefined
  const tokens = Math.ceil(promptTokens * promptMargin)
  const { inputUsd, outputUsd, cachedUsd = 0, cacheWriteUsd = 0 } = tierOf(price, tokens)
  return (tokens * Math.max(inputUsd, cachedUsd, cacheWriteUsd) + maxTokens * outputUsd) / 1e6
}

type Priced = { readonly price: Tariff | undefined }

/**
 * The most that one try of each of these models can cost for a request: undefined where the price is not known, 0 where
 * it is free. `tokensOf` counts the prompt, where there is a need to.
 */
export function mostOfEach(
  models: readonly Priced[],
  request: ModelRequest,
  tokensOf: (request: ModelRequest) => number = requestTokens,
): readonly (number | undefined)[] {
  let promptTokens: number | undefined
  return models.map(({ price }) =>
    isFree(price) ? 0 : mostCost(price, (promptTokens ??= tokensOf(request)), request.maxTokens),
  )
}

/** No model gets more than two tries in a call. */
const mostTries = 2

/** The most that a call of a route of these models may cost; with `hedge`, two of them may be asked at once. */
export function mostOf(
  models: readonly (Priced & { readonly model: { readonly name: string } })[],
  request: ModelRequest,
  hedge = false,
): Most {
  const atOnce = hedge ? 2 : 1
  let [usd, answerUsd, promptsUsd] = [0, 0, 0]
  let promptTokens: number | undefined
  for (const { model, price } of models) {
    if (price === undefined) return { kind: 'unknown', model: model.name }
    if (isFree(price)) continue
    promptTokens ??= requestTokens(request)
    const wholeUsd = mostCost(price, promptTokens, request.maxTokens) ?? 0
    const promptUsd = mostCost(price, promptTokens, 0) ?? 0
    usd = Math.max(usd, wholeUsd * atOnce)
    answerUsd = Math.max(answerUsd, (wholeUsd - promptUsd) * atOnce)
    promptsUsd += promptUsd * mostTries
  }
  return { kind: 'known', usd, ampleUsd: Math.max(usd, promptsUsd + answerUsd) }
}

/**
 * What the tries of a call cost together, by model. What is not known counts as `insteadUsd` for the whole call, where
 * that is given; else the call counts as one of unknown price, and only what is known is added up. The call itself is
 * counted for the model of the last try. `tries` undefined means that nobody knows what was done.
 */
export function chargeOf(tries: readonly Try[] | undefined, insteadUsd: number | undefined): Charge {
  const asked = tries?.filter(wasAsked) ?? []
  const last = asked.at(-1)
  if (tries !== undefined && last === undefined) return { usd: 0, isEstimated: false, lines: [] }
  const lines = new Map<string, UsageLine>()
  const lineOf = (model: string): UsageLine => lines.get(model) ?? { ...nothing, model }
  let knownUsd = 0
  let unknownOf = last === undefined ? '' : undefined
  for (const { model, usage, costUsd } of asked) {
    const line = lineOf(model)
    if (costUsd === undefined) unknownOf ??= model
    knownUsd += costUsd ?? 0
    lines.set(model, {
      ...line,
      inputTokens: line.inputTokens + (usage.inputTokens ?? 0),
      outputTokens: line.outputTokens + (usage.outputTokens ?? 0),
      costUsd: line.costUsd + (costUsd ?? 0),
    })
  }
  const counted = lineOf(last?.model ?? '')
  lines.set(counted.model, { ...counted, calls: 1 })
  const isEstimated = unknownOf !== undefined || asked.some((one) => one.isEstimated === true)
  if (unknownOf === undefined) return { usd: knownUsd, isEstimated, lines: [...lines.values()] }
  const unknown = lineOf(unknownOf)
  const restUsd = insteadUsd === undefined ? undefined : Math.max(0, insteadUsd - knownUsd)
  lines.set(unknownOf, {
    ...unknown,
    costUsd: unknown.costUsd + (restUsd ?? 0),
    unpricedCalls: restUsd === undefined ? 1 : 0,
  })
  const usd = restUsd === undefined ? undefined : knownUsd + restUsd
  return { usd, isEstimated, lines: [...lines.values()] }
}

const nothing = { calls: 0, hits: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, unpricedCalls: 0 }

function tierOf(price: Tariff, promptTokens: number): Price {
  return price.tiers?.findLast(({ aboveTokens }) => promptTokens > aboveTokens)?.price ?? price
}

/** True for what costs nothing, whatever is counted. */
export function isFree(price: Tariff | undefined): boolean {
  if (price === undefined) return false
  const { inputUsd, outputUsd, cachedUsd = 0, cacheWriteUsd = 0, tiers = [] } = price
  return inputUsd + outputUsd + cachedUsd + cacheWriteUsd === 0 && tiers.every((tier) => isFree(tier.price))
}
