import type { Candidate } from './candidate.ts'

/** What a route knows of one of its models, and what it makes of it. Undefined is not known yet. */
export type Score = {
  readonly name: string
  /** 0 to 1; see `rank`. */
  readonly score: number
  /** The share of calls that it answered lately. */
  readonly success: number | undefined
  /** The median time until its first event. */
  readonly firstMs: number | undefined
  /** US dollars for a call. */
  readonly costUsd: number | undefined
  readonly calls: number
}

/** Differences of time and cost below these hardly count. */
const feltMs = 200
const feltUsd = 0.0005

/**
 * The candidates, the best first, each with its score; equals stay in the order of the route.
 *
 * score = success² × (speed + thrift) ÷ 2, where speed = (quickest + 200 ms) ÷ (its median time to the first event +
 * 200 ms), thrift = (cheapest + $0.0005) ÷ (its cost for a call + $0.0005), and quickest and cheapest are the best
 * among these candidates. So a model that answers half of its calls has at most a quarter. What was not measured yet
 * is taken for the best, except a price that nobody knows: it is taken for the dearest.
 */
export function rank(
  candidates: readonly Candidate[],
): readonly (Score & { readonly candidate: Candidate })[] {
  const known = candidates.map((candidate) => ({ candidate, reading: candidate.measures.read() }))
  const times = known.flatMap(({ reading }) => reading.firstMs ?? [])
  const costs = known.flatMap(({ reading }) => reading.costUsd ?? [])
  const quickest = Math.min(...times, Infinity)
  const cheapest = Math.min(...costs, Infinity)
  const dearest = Math.max(...costs, 0)
  const scored = known.map(({ candidate, reading }) => {
    const { success, firstMs, costUsd, calls } = reading
    const speed = firstMs === undefined ? 1 : (quickest + feltMs) / (firstMs + feltMs)
    const assumed = costUsd ?? (candidate.price === undefined ? dearest : cheapest)
    const thrift = costs.length === 0 ? 1 : (cheapest + feltUsd) / (assumed + feltUsd)
    const score = (success ?? 1) ** 2 * ((speed + thrift) / 2)
    const { model } = candidate
    return { candidate, name: model.name, score, success, firstMs, costUsd, calls }
  })
  return scored.toSorted((a, b) => b.score - a.score)
}
