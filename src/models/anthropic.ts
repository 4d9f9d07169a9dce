import type { ServerSentEvent } from '@anthropic-ai/sdk/core/streaming'
import { z } from 'zod'
import { lazily } from '../lazily.ts'
import type { Model, ModelEvent, ModelRequest, Usage } from '../model.ts'
import { messagesBody } from './anthropic-body.ts'
import { distinctIds } from './call-ids.ts'
import { toldFailure, type Vendor } from './failure.ts'
import {
  notAStream,
  placeNumber,
  plainHeaders,
  readArgs,
  readEvent,
  tokenCount,
  underContract,
  wholeDayMs,
  type Opened,
} from './vendor.ts'

/**
 * A model behind the Anthropic messages API.
 * `endpoint` is the base URL without `/v1`, to which `/v1/messages` is added; https://api.anthropic.com if absent.
 * The key goes as a Bearer token; without `apiKey` no Authorization header is sent.
 */
export type AnthropicOptions = {
  readonly name: string
  readonly endpoint?: string
  readonly apiKey?: string
  readonly model: string
  readonly now?: () => number
  /** Default: the global one. */
  readonly fetch?: typeof fetch
}

/** Makes the model. The SDK is loaded by the first request; it never retries, and nothing is read from profiles on disk, or from its environment variables but ANTHROPIC_CUSTOM_HEADERS. */
export function createAnthropic(options: AnthropicOptions): Model {
  const { name, endpoint = 'https://api.anthropic.com', apiKey, model, now = Date.now } = options
  const vendor = { name, apiKey, now }
  const client = lazily(async () => {
    const { default: Sdk } = await import('@anthropic-ai/sdk')
    const { Stream } = await import('@anthropic-ai/sdk/core/streaming')
    const sdk = new Sdk({
      baseURL: endpoint,
      apiKey: apiKey ?? 'none', // without one the SDK looks for profiles on disk; plainHeaders takes it out again
      webhookKey: null,
      maxRetries: 0,
      timeout: wholeDayMs,
      logLevel: 'off',
      defaultHeaders: plainHeaders(apiKey),
      ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    })
    return { sdk, rawEvents: Stream.rawEvents.bind(Stream) }
  })
  const open = (request: ModelRequest, signal: AbortSignal) => async () => {
    const { sdk, rawEvents } = await client()
    const { data, response } = await sdk.messages
      .create(messagesBody(request, model), { signal })
      .withResponse()
    const { controller } = data
    return { data: eventsOf(rawEvents(response, controller), controller), response }
  }
  return {
    name,
    stream: (request, signal) =>
      underContract(vendor, signal, () => readMessages(vendor, open(request, signal))),
  }
}

/** The events of a stream, also those that the SDK keeps to itself: it passes pings over, which show life. */
async function* eventsOf(
  messages: AsyncIterable<ServerSentEvent>,
  controller: AbortController,
): AsyncGenerator {
  let isDone = false
  try {
    for await (const { event, data } of messages) {
      if (event === 'ping') yield { type: event }
      else if (event === 'error') yield { ...ErrorBody.parse(readArgs(data)), type: event }
      else if (data !== '' && data !== '[DONE]') yield JSON.parse(data)
    }
    isDone = true
  } finally {
    if (!isDone) controller.abort()
  }
}

async function* readMessages(vendor: Vendor, open: () => Promise<Opened>): AsyncGenerator<ModelEvent> {
  const { data, response } = await open()
  const calls = new Map<number, PartialCall>()
  let stop: string | undefined
  let counted: Counted = {}
  let stopped = false
  let empty = true
  for await (const raw of data) {
    empty = false
    if (raw === null) continue
    const event = readEvent(StreamEvent, raw, vendor)
    const index = event.index ?? 0
    const { delta, content_block: block } = event
    counted = updated(counted, event.usage ?? event.message?.usage ?? {})
    stop = delta?.stop_reason ?? stop
    switch (event.type) {
      case 'content_block_start':
        if (block?.type === 'tool_use')
          calls.set(index, { id: block.id ?? '', name: block.name ?? '', given: block.input, args: '' })
        yield block?.text ? { kind: 'text', text: block.text } : { kind: 'working' }
        break
      case 'content_block_delta': {
        const call = calls.get(index)
        if (call !== undefined) call.args += delta?.partial_json ?? ''
        yield delta?.text ? { kind: 'text', text: delta.text } : { kind: 'working' }
        break
      }
      case 'ping':
        yield { kind: 'working' }
        break
      case 'message_stop':
        stopped = true
        break
      case 'error':
        throw toldFailure({ code: event.error?.type }, vendor)
      default:
        break // kinds of events to come
    }
  }
  if (empty) {
    const wrong = notAStream(vendor, response)
    if (wrong !== undefined) throw wrong
  }
  // Calls wait for the end, so that an answer that is cut short proposes nothing; and the end waits for that of the
  // body, or the connection could not be used again.
  if (!stopped) return
  const proposed = [...calls.values()]
  const ids = distinctIds(proposed.map((call) => call.id))
  for (const [index, { name, given, args }] of proposed.entries())
    yield { kind: 'call', id: ids[index] ?? '', name, args: args === '' ? (given ?? {}) : readArgs(args) }
  yield { kind: 'end', stop: stops[stop ?? ''] ?? 'complete', usage: usageOf(counted) }
}

/** A call as it comes in; `given` are the arguments that came with its name, which count where no others come. */
type PartialCall = { readonly id: string; readonly name: string; readonly given: unknown; args: string }

const stops: Readonly<Record<string, 'length' | 'refused'>> = {
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'refused',
}

const EventUsage = z.object({
  input_tokens: tokenCount,
  cache_creation_input_tokens: tokenCount,
  cache_read_input_tokens: tokenCount,
  output_tokens: tokenCount,
})

const Told = z.object({ type: z.string().nullish() }).nullish().catch(undefined)
const ErrorBody = z.object({ error: Told }).catch({})

/** What we read of an event, of whatever type: the vendor may add types and fields. */
const StreamEvent = z.object({
  type: z.string(),
  index: placeNumber,
  message: z.object({ usage: EventUsage.nullish() }).nullish(),
  content_block: z
    .object({
      type: z.string(),
      id: z.string().nullish(),
      name: z.string().nullish(),
      text: z.string().nullish(),
      input: z.unknown().optional(),
    })
    .nullish(),
  delta: z
    .object({
      text: z.string().nullish(),
      partial_json: z.string().nullish(),
      stop_reason: z.string().nullish(),
    })
    .nullish(),
  usage: EventUsage.nullish(),
  error: Told,
})

type Counted = z.infer<typeof EventUsage>

/** The vendor counts as it goes; a later count stands for an earlier one, field by field. */
function updated(before: Counted, now: Counted): Counted {
  const told = Object.entries(now).filter(([, count]) => count !== null && count !== undefined)
  return { ...before, ...Object.fromEntries(told) }
}

/** The vendor counts the tokens of its cache apart from the others of the prompt. */
function usageOf(counted: Counted): Usage {
  const { input_tokens: fresh, output_tokens: output } = counted
  const { cache_read_input_tokens: cached, cache_creation_input_tokens: written } = counted
  return {
    ...(typeof fresh === 'number' && { inputTokens: fresh + (cached ?? 0) + (written ?? 0) }),
    ...(typeof output === 'number' && { outputTokens: output }),
    ...(typeof cached === 'number' && { cachedTokens: cached }),
    ...(typeof written === 'number' && { cacheWriteTokens: written }),
  }
}
