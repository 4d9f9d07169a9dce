/** One turn of a conversation as a model sees it. */
export type Turn = { readonly role: 'user' | 'assistant'; readonly text: string }

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

export type ModelRequest = {
  readonly intent: Intent
  readonly system: string
  /** Oldest first, at least one, the last by the user. */
  readonly turns: readonly Turn[]
  readonly tools: readonly Tool[]
  /** The most tokens the answer may have. */
  readonly maxTokens: number
}

/** A proposed command. */
export type Call = { readonly name: string; readonly args: unknown; readonly spoken?: true }

/** Tokens as the vendor counted them; undefined where it does not say. */
export type Usage = { readonly inputTokens?: number; readonly outputTokens?: number }

/**
 * What a model says, in order: any number of `text` and `call`, then exactly one `end`.
 * `text` holds the next piece. `call` is a proposed command; its `args` are not checked yet. `spoken` is set by a model
 * that reads orders in the person's own words by rule, and by no other: such a call is as good as typed.
 */
export type ModelEvent =
  | { readonly kind: 'text'; readonly text: string }
  | ({ readonly kind: 'call' } & Call)
  | { readonly kind: 'end'; readonly stop: 'complete' | 'length' | 'refused'; readonly usage: Usage }

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

/** The whole of an answer. */
export type Completion = {
  readonly text: string
  readonly calls: readonly Call[]
  readonly stop: 'complete' | 'length' | 'refused'
  readonly usage: Usage
}

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
      case 'end':
        return { text, calls, stop: event.stop, usage: event.usage }
    }
  }
  throw new Error(`model ${model.name} broke its contract: the stream ended without an end event`)
}
