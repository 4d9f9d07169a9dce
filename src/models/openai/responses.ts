import type OpenAI from 'openai'
import { z } from 'zod'
import type { ModelEvent, ModelRequest, Usage } from '../../model.ts'
import { distinctIds, wordIds } from '../call-ids.ts'
import { toldFailure, type Vendor } from '../failure.ts'
import { tellable, type Told } from '../history.ts'
import { closedShape, isStrict } from '../shape.ts'
import { argumentText, dataUrl, notAStream, readArgs, readEvent, tokenCount, type Opened } from '../vendor.ts'
import type { Server } from './openai.ts'
import { createSaid } from './said.ts'
import { samplingFor } from './sampling.ts'

/** The events of a response. Ends without `end` where none of the vendor's terminal events came. */
export async function* readResponses(
  opening: Promise<Opened>,
  vendor: Vendor,
): AsyncGenerator<ModelEvent, void, undefined> {
  const { data, response } = await opening
  const calls: FunctionCall[] = []
  const said = createSaid()
  let stop: Stop | undefined
  let usage: Usage = {}
  let empty = true
  for await (const raw of data) {
    empty = false
    if (raw === null) continue
    const event = readEvent(StreamEvent, raw, vendor)
    const text = said.hear(event)
    if (text !== '') yield { kind: 'text', text }
    switch (event.type) {
      case 'response.output_item.done':
        calls.push(...callsIn([event.item]))
        break
      case 'response.failed':
        throw toldFailure(event.response?.error ?? {}, vendor)
      case 'error': // the SDK throws it only where the event has its name outside as well
        throw toldFailure(event, vendor)
      case 'response.completed':
      case 'response.incomplete':
        stop = stopOf(event)
        usage = usageOf(event.response?.usage)
        if (calls.length === 0) calls.push(...callsIn(event.response?.output ?? []))
        break
      default:
        break // progress, reasoning, and kinds of events to come
    }
    if (text === '' && stop === undefined) yield { kind: 'working' }
  }
  if (empty) {
    const wrong = notAStream(vendor, response)
    if (wrong !== undefined) throw wrong
  }
  // Calls wait for the end, so that an answer that is cut short proposes nothing.
  if (stop === undefined) return
  const ids = distinctIds(calls.map((call) => call.call_id ?? ''))
  for (const [index, call] of calls.entries())
    yield { kind: 'call', id: ids[index] ?? '', name: call.name, args: readArgs(call.arguments) }
  yield { kind: 'end', stop: said.isRefusal() ? 'refused' : stop, usage }
}

type Stop = 'complete' | 'length' | 'refused'

function stopOf({ type, response }: StreamEvent): Stop {
  const reason = response?.incomplete_details?.reason
  if (reason === 'content_filter') return 'refused'
  return reason || type === 'response.incomplete' ? 'length' : 'complete'
}

const FunctionCall = z.object({
  type: z.literal('function_call'),
  call_id: z.string().nullish(),
  name: z.string(),
  arguments: argumentText,
})
type FunctionCall = z.infer<typeof FunctionCall>

function callsIn(items: readonly unknown[]): FunctionCall[] {
  return items.flatMap((item) => FunctionCall.safeParse(item).data ?? [])
}

const Ending = z.object({
  error: z.object({ code: z.string().nullish() }).nullish(),
  incomplete_details: z.object({ reason: z.string().nullish() }).nullish(),
  output: z.array(z.unknown()).nullish().catch(undefined),
  usage: z
    .object({
      input_tokens: tokenCount,
      output_tokens: tokenCount,
      input_tokens_details: z.object({ cached_tokens: tokenCount, cache_write_tokens: tokenCount }).nullish(),
    })
    .nullish(),
})

/** What we read of an event, of whatever type: the vendor may add types and fields. */
const StreamEvent = z.object({
  type: z.string(),
  // Other types have fields of the same names and of other kinds.
  delta: z.string().nullish().catch(undefined),
  text: z.string().nullish().catch(undefined),
  refusal: z.string().nullish().catch(undefined),
  code: z.string().nullish().catch(undefined),
  item: z.unknown().optional(),
  response: Ending.nullish(),
})
type StreamEvent = z.infer<typeof StreamEvent>

function usageOf(usage: z.infer<typeof Ending>['usage']): Usage {
  const details = usage?.input_tokens_details
  return {
    ...(typeof usage?.input_tokens === 'number' && { inputTokens: usage.input_tokens }),
    ...(typeof usage?.output_tokens === 'number' && { outputTokens: usage.output_tokens }),
    ...(typeof details?.cached_tokens === 'number' && { cachedTokens: details.cached_tokens }),
    ...(typeof details?.cache_write_tokens === 'number' && { cacheWriteTokens: details.cache_write_tokens }),
  }
}

/** The least that the vendor takes for max_output_tokens. */
const leastTokens = 16

/** The request as Responses take it; the vendor keeps nothing of it. */
export function responsesBody(
  request: ModelRequest,
  server: Server,
): OpenAI.Responses.ResponseCreateParamsStreaming {
  const { system, tools, maxTokens, shape } = request
  return {
    model: server.model,
    input: tellable(request, wordIds).flatMap(itemsOf),
    stream: true,
    store: false,
    max_output_tokens: Math.max(maxTokens, leastTokens),
    ...samplingFor(request, server),
    ...(system.trim() !== '' && { instructions: system.toWellFormed() }),
    // Not strict: a command's schema may have optional arguments, and reads what comes anyway.
    ...(tools.length > 0 && {
      tools: tools.map((tool) => ({ type: 'function', ...tool, strict: false })),
    }),
    ...(shape !== undefined && { text: { format: formatOf(shape) } }),
  }
}

function formatOf(
  shape: NonNullable<ModelRequest['shape']>,
): OpenAI.Responses.ResponseFormatTextJSONSchemaConfig {
  const { name, schema } = closedShape(shape)
  return { type: 'json_schema', name, schema, strict: isStrict(schema) }
}

type Item = OpenAI.Responses.ResponseInputItem

function itemsOf(turn: Told): Item[] {
  if (turn.role === 'user') return [{ role: 'user', content: contentOf(turn) }]
  const { text, calls } = turn
  return [
    ...(text === '' ? [] : [{ role: 'assistant' as const, content: text }]),
    ...calls.map(({ id, name, args }): Item => ({
      type: 'function_call',
      call_id: id,
      name,
      arguments: JSON.stringify(args),
    })),
    ...calls.map(({ id, result }): Item => ({ type: 'function_call_output', call_id: id, output: result })),
  ]
}

function contentOf({
  text,
  images,
}: Extract<Told, { role: 'user' }>): string | OpenAI.Responses.ResponseInputContent[] {
  if (images.length === 0) return text
  const pictures = images.map((image) => ({
    type: 'input_image' as const,
    image_url: dataUrl(image),
    detail: 'auto' as const,
  }))
  return text === '' ? pictures : [...pictures, { type: 'input_text', text }]
}
