import type { Price } from './config.ts'
import type { Fault } from './errors.ts'
import type { Address } from './message.ts'

/** A picture, as the vendors take it. */
export type Image = {
  readonly mediaType: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'
  readonly base64: string
}

/**
 * A command that a model proposed in an earlier turn, and in a few words what came of it. `id` is the one of its Call;
 * two calls of one history may have the same, because some servers count from zero in each answer.
 */
export type PastCall = {
  readonly id: string
  readonly name: string
  readonly args: unknown
  readonly result: string
}

/** One turn of a conversation as a model sees it. */
export type Turn =
  | { readonly role: 'user'; readonly text: string; readonly images?: readonly Image[] }
  | { readonly role: 'assistant'; readonly text: string; readonly calls?: readonly PastCall[] }

/** A command as a model sees it; `parameters` is a JSON Schema object. */
export type Tool = {
  readonly name: string
  readonly description: string
  readonly parameters: Readonly<Record<string, unknown>>
}

/**
 * What is asked of a model. `chat` is a turn with a person. `summarise` asks for the gist of `documents`; the same
 * is written out in `turns`, so a model that reads words needs no more, and one that does not can work from here.
 */
export type Intent =
  | { readonly kind: 'chat' }
  | { readonly kind: 'summarise'; readonly documents: readonly string[]; readonly sentences: number }

/** For whom a request is made: what it costs is counted for them, and what it brings is theirs. */
export type Asker = {
  /** The key of a Person. */
  readonly person: string
  readonly address: Address
  /** The task that makes it, and the run; absent where a person waits. */
  readonly task?: number
  readonly run?: number
}

/** JSON Schema of the object that an answer must be; the text of the answer is then that object as JSON. */
export type Shape = { readonly name: string; readonly schema: Readonly<Record<string, unknown>> }

/** How freely a model chooses its words; a vendor that refuses such settings is not told of them. */
export type Sampling = { readonly temperature?: number; readonly topP?: number }

export type ModelRequest = {
  readonly asker: Asker
  readonly intent: Intent
  readonly system: string
  /** Oldest first, at least one, the last by the user. */
  readonly turns: readonly Turn[]
  readonly tools: readonly Tool[]
  /** The most tokens the answer may have. */
  readonly maxTokens: number
  readonly shape?: Shape
  readonly sampling?: Sampling
}

/** A proposed command. `id` is the vendor's, and the only one of its kind within the answer. */
export type Call = {
  readonly id: string
  readonly name: string
  readonly args: unknown
  readonly spoken?: true
}

/**
 * Tokens as the vendor counted them; undefined where it does not say. `inputTokens` is the whole prompt, with those
 * that the vendor had in its own cache (`cachedTokens`) and those that it put there (`cacheWriteTokens`).
 */
export type Usage = {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly cachedTokens?: number
  readonly cacheWriteTokens?: number
}

/** What one model did for one call of a route. */
export type Try = {
  readonly model: string
  /**
   * `answered`, or the fault it failed with. `outrun`: another model spoke first. Nothing was asked of it where it is
   * `unable` (it lacks what the request needs) or `resting` (it failed lately; `because` has that fault).
   */
  readonly outcome: 'answered' | 'outrun' | 'unable' | 'resting' | Fault
  readonly because?: Fault
  /** Until its first event, in milliseconds. */
  readonly firstMs?: number
  readonly totalMs: number
  readonly usage: Usage
  /** True where the vendor did not count, so that `usage` is our estimate. */
  readonly isEstimated?: true
  /** US dollars; undefined where the price is not known, 0 where it is free. */
  readonly costUsd?: number
}

/** True if something was asked of the model in this try. */
export function wasAsked({ outcome }: Try): boolean {
  return outcome !== 'unable' && outcome !== 'resting'
}

/** Why a route began with the model it began with. `trial`: to learn how it does. */
export type Choice = 'first' | 'weight' | 'best' | 'trial'

/** How a route came to its answer, or to none. `tries` is in the order of their ends; the answer is the last one's. */
export type Trail = { readonly choice: Choice; readonly tries: readonly Try[] }

/**
 * What a model says, in order: any number of `text` and `call`, then exactly one `end`. `working` may come in between: a
 * model that thinks, or writes at a call, is at work and has nothing to show yet. It keeps deadlines from running out,
 * which pass it on to nobody.
 * `text` holds the next piece. `call` is a proposed command; its `args` are not checked yet. `spoken` is set by a model
 * that reads orders in the person's own words by rule, and by no other: such a call is as good as typed.
 */
export type ModelEvent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'working' }
  | ({ readonly kind: 'call' } & Call)
  | {
      readonly kind: 'end'
      readonly stop: 'complete' | 'length' | 'refused'
      readonly usage: Usage
      /** Set by a route. */
      readonly trail?: Trail
      /** Set where the answer was given before, and costs nothing now. */
      readonly cached?: true
    }

/**
 * Something that completes a request; a wrapper around a model is a model.
 *
 * Contract: the stream ends with `end` or throws a ModelError, never both and never neither: a stream that the
 * vendor cut short throws `network`. An abort of `signal` makes it throw `cancelled` at once. Nothing is asked of
 * the vendor before the first event is pulled.
 */
export type Model = {
  readonly name: string
  readonly stream: (request: ModelRequest, signal: AbortSignal) => AsyncIterable<ModelEvent>
}

/** Who answered in place of whom, and which fault made it so; undefined where the first choice answered. */
export function replacement(
  trail: Trail | undefined,
): { readonly by: string; readonly insteadOf: string; readonly fault: Fault } | undefined {
  const answered = trail?.tries.at(-1)
  if (answered?.outcome !== 'answered') return undefined
  for (const { model, outcome, because } of trail?.tries ?? []) {
    if (outcome === 'answered' || outcome === 'unable' || outcome === 'outrun') continue
    const fault = outcome === 'resting' ? because : outcome
    if (fault !== undefined && model !== answered.model)
      return { by: answered.model, insteadOf: model, fault }
  }
  return undefined
}

/** How a model of the config is now. */
export type ModelStatus = {
  readonly name: string
  /** The vendor's name for it. */
  readonly model: string
  readonly state:
    | { readonly kind: 'ready' }
    /** Without `untilMs` it stays so until its key changes. */
    | { readonly kind: 'resting'; readonly fault: Fault; readonly untilMs?: number }
    | { readonly kind: 'probing'; readonly fault: Fault }
  /** Undefined is not known. */
  readonly price: Price | undefined
  /** True if its price is not known while a cap is in force: it is not asked then. */
  readonly isBarred: boolean
  readonly calls: number
  /** The share of calls that were answered, 0 to 1. */
  readonly success: number | undefined
  /** Until its first words, the median, in milliseconds. */
  readonly firstMs: number | undefined
}

/** The whole of an answer. */
export type Completion = {
  readonly text: string
  readonly calls: readonly Call[]
} & Omit<Extract<ModelEvent, { readonly kind: 'end' }>, 'kind'>

/** Reads a model's stream to its end. `onText` gets the text so far after each piece. Throws what the stream throws. */
export async function complete(
  model: Model,
  request: ModelRequest,
  signal: AbortSignal,
  onText?: (soFar: string) => void,
): Promise<Completion> {
  let text = ''
  const calls: Call[] = []
  for await (const event of model.stream(request, signal)) {
    switch (event.kind) {
      case 'text':
        text += event.text
        onText?.(text)
        break
      case 'call':
        {
          const { kind: _, ...call } = event
          calls.push(call)
        }
        break
      case 'working':
        break
      case 'end': {
        const { kind: _, ...end } = event
        return { text, calls, ...end }
      }
    }
  }
  throw new Error(`model ${model.name} broke its contract: the stream ended without an end event`)
}
