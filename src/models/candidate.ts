import type { Price } from '../config.ts'
import type { Model } from '../model.ts'
import type { Breaker } from './breaker.ts'
import type { Measures } from './measures.ts'

/** What a model can be given. */
export type Abilities = {
  readonly tools: boolean
  readonly images: boolean
  /** Answers in the shape of a JSON Schema. */
  readonly shapes: boolean
  /** The most tokens of prompt and answer together; undefined is not known, and taken for enough. */
  readonly contextTokens: number | undefined
  /** The most tokens of an answer, where that is less than what a request allows. */
  readonly outputTokens?: number | undefined
}

/** A model in a route, with all that the route knows of it. */
export type Candidate = {
  readonly model: Model
  readonly can: Abilities
  /** Undefined is not known. */
  readonly price: Price | undefined
  /** That of its key and model: routes that share the model share it, and it outlives a change of the config. */
  readonly breaker: Breaker
  /** How it did lately; shared in the same way. */
  readonly measures: Measures
  /** Its part among the others, where the route chooses by weight; above 0. */
  readonly weight: number
}
