import type Anthropic from '@anthropic-ai/sdk'
import { z } from 'zod'
import { ModelError } from '../errors.ts'
import type { Model, ModelEvent, ModelRequest } from '../model.ts'
import type { Vendor } from './failure.ts'
import { alternating, notAStream, plainHeaders, readArgs, underContract } from './vendor.ts'

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
}

/** Makes the model. The SDK is loaded by the first request; it never retries, and nothing is read from profiles on disk, or from its environment variables but ANTHROPIC_CUSTOM_HEADERS. */
export function createAnthropic(options: AnthropicOptions): Model {
  const { name, endpoint = 'https://api.anthropic.com', apiKey, model, now = Date.now } = options
  const vendor = { name, apiKey, now }
  let client: Promise<Anthropic> | undefined
  const connect = async (): Promise<Anthropic> => {
    const { default: Sdk } = await import('@anthropic-ai/sdk')
    return new Sdk({
      baseURL: endpoint,
      apiKey: apiKey ?? 'none', // without one the SDK looks for profiles on disk; plainHeaders takes it out again
      webhookKey: null,
      maxRetries: 0,
      logLevel: 'off',
      defaultHeaders: plainHeaders(apiKey),
    })
  }
  const open = (request: ModelRequest, signal: AbortSignal) => async () => {
    client ??= connect()
    return await (await client).messages.create(toBody(request, model), { signal }).withResponse()
  }
  return {
    name,
    stream: (request, signal) =>
      underContract(vendor, signal, () => readStream(vendor, open(request, signal))),
  }
}

type Opened = { readonly data: AsyncIterable<unknown>; readonly response: Response }

async function* readStream(vendor: Vendor, open: () => Promise<Opened>): AsyncGenerator<ModelEvent> {
  const { data, response } = await open()
  const calls = new Map<number, { readonly name: string; args: string }>()
  let stop: string | undefined
  let inputTokens: number | undefined
  let outputTokens: number | undefined
  let stopped = false
  let empty = true
  for await (const raw of data) {
    empty = false
    const event = readEvent(raw, vendor)
    const index = event.index ?? 0
    const { delta, content_block: block } = event
    const usage = event.usage ?? event.message?.usage
    inputTokens =
      usage?.input_tokens === undefined || usage.input_tokens === null ? inputTokens : totalInput(usage)
    outputTokens = usage?.output_tokens ?? outputTokens
    stop = delta?.stop_reason ?? stop
    switch (event.type) {
      case 'content_block_start':
        if (block?.type === 'tool_use') calls.set(index, { name: block.name ?? '', args: '' })
        if (block?.text) yield { kind: 'text', text: block.text }
        break
      case 'content_block_delta': {
        const call = calls.get(index)
        if (delta?.text) yield { kind: 'text', text: delta.text }
        if (call !== undefined) call.args += delta?.partial_json ?? ''
        break
      }
      case 'message_stop':
        stopped = true
        break
      default:
        break // pings, and kinds of events to come
    }
  }
  if (empty) {
    const wrong = notAStream(vendor, response)
    if (wrong !== undefined) throw wrong
  }
  // Calls wait for the end, so that an answer that is cut short proposes nothing; and the end waits for that of the
  // body, or the connection could not be used again.
  if (!stopped) return
  for (const { name, args } of calls.values()) yield { kind: 'call', name, args: readArgs(args) }
  yield {
    kind: 'end',
    stop: stops[stop ?? ''] ?? 'complete',
    usage: {
      ...(inputTokens === undefined ? {} : { inputTokens }),
      ...(outputTokens === undefined ? {} : { outputTokens }),
    },
  }
}

const stops: Readonly<Record<string, 'length' | 'refused'>> = {
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'refused',
}

const count = z.number().nullish()
const EventUsage = z.object({
  input_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
  output_tokens: count,
})

/** What we read of an event, of whatever type: the vendor may add types and fields. */
const StreamEvent = z.object({
  type: z.string(),
  index: z.number().nullish(),
  message: z.object({ usage: EventUsage.nullish() }).nullish(),
  content_block: z
    .object({ type: z.string(), name: z.string().nullish(), text: z.string().nullish() })
    .nullish(),
  delta: z
    .object({
      text: z.string().nullish(),
      partial_json: z.string().nullish(),
      stop_reason: z.string().nullish(),
    })
    .nullish(),
  usage: EventUsage.nullish(),
})

function readEvent(raw: unknown, vendor: Vendor): z.infer<typeof StreamEvent> {
  const read = StreamEvent.safeParse(raw)
  if (read.success) return read.data
  const where = read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
  throw new ModelError('bad-answer', `${vendor.name} sent an event of another shape than agreed (${where})`)
}

/** All tokens of the prompt; the vendor counts those of its cache apart. */
function totalInput(usage: z.infer<typeof EventUsage>): number {
  return (
    (usage.input_tokens ?? 0) +
    (usage.cache_creation_input_tokens ?? 0) +
    (usage.cache_read_input_tokens ?? 0)
  )
}

function toBody(request: ModelRequest, model: string): Anthropic.MessageCreateParamsStreaming {
  const { system, turns, tools, maxTokens } = request
  return {
    model,
    max_tokens: maxTokens,
    messages: alternating(turns),
    stream: true,
    ...(system === '' ? {} : { system: system.toWellFormed() }),
    ...(tools.length === 0 ? {} : { tools: tools.map(toTool) }),
  }
}

function toTool({ name, description, parameters }: ModelRequest['tools'][number]): Anthropic.Tool {
  return { name, description, input_schema: { ...parameters, type: 'object' } }
}
