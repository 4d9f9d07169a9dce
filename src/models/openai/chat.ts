import type OpenAI from 'openai'
import { z } from 'zod'
import { ModelError } from '../../errors.ts'
import type { ModelEvent, ModelRequest, Usage } from '../../model.ts'
import { chatIds, distinctIds, mistralIds } from '../call-ids.ts'
import type { Vendor } from '../failure.ts'
import { tellable, type Told, type ToldCall } from '../history.ts'
import { closedShape, isStrict } from '../shape.ts'
import {
  argumentText,
  dataUrl,
  notAStream,
  placeNumber,
  readArgs,
  readEvent,
  tokenCount,
  type Opened,
} from '../vendor.ts'
import type { Server } from './openai.ts'
import { samplingFor } from './sampling.ts'

/** The events of a chat completion. Ends without `end` where the vendor's finish_reason is missing. */
export async function* readChat(
  opening: Promise<Opened>,
  vendor: Vendor,
): AsyncGenerator<ModelEvent, void, undefined> {
  const { data, response } = await opening
  const calls: PartialCall[] = []
  let finish: string | undefined
  let refusal = false
  let usage: Usage = {}
  let empty = true
  for await (const raw of data) {
    empty = false
    if (raw === null) continue
    const chunk = readEvent(Chunk, raw, vendor)
    if (chunk.usage) usage = usageOf(chunk.usage)
    const choice = chunk.choices?.[0]
    if (choice === undefined) continue
    const { delta } = choice
    const text = textOf(delta?.content)
    if (text !== '') yield { kind: 'text', text }
    if (delta?.refusal) {
      refusal = true
      yield { kind: 'text', text: delta.refusal }
    }
    for (const one of delta?.tool_calls ?? []) addTo(calls, one)
    if (text === '' && isAtWork(delta ?? {})) yield { kind: 'working' }
    finish = finishOf(choice.finish_reason, vendor) ?? finish
  }
  if (empty) {
    const wrong = notAStream(vendor, response)
    if (wrong !== undefined) throw wrong
  }
  // Without a finish_reason the answer was cut, whatever has come of it: no call, no end.
  if (finish === undefined) return
  const ids = distinctIds(calls.map((call) => call.id))
  for (const [index, { name, args }] of calls.entries())
    yield { kind: 'call', id: ids[index] ?? '', name, args: readArgs(args) }
  yield { kind: 'end', stop: refusal ? 'refused' : (stops[finish] ?? 'complete'), usage }
}

const stops: Readonly<Record<string, 'length' | 'refused'>> = { length: 'length', content_filter: 'refused' }

/** Some servers say nothing, or the word null, where it goes on; gateways say `error` where the vendor behind them failed. */
function finishOf(reason: string | null | undefined, vendor: Vendor): string | undefined {
  if (!reason || reason === 'null') return undefined
  if (reason === 'error')
    throw new ModelError('overloaded', `${vendor.name} gave up in the middle of its answer`)
  return reason
}

const CallDelta = z.object({
  index: placeNumber,
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: argumentText }).nullish(),
})
const ChunkUsage = z.object({
  prompt_tokens: tokenCount,
  completion_tokens: tokenCount,
  prompt_tokens_details: z.object({ cached_tokens: tokenCount, cache_write_tokens: tokenCount }).nullish(),
})

/** A content in parts; those that are no text are thoughts. */
const Parts = z.array(
  z
    .object({ type: z.literal('text'), text: z.string() })
    .nullable()
    .catch(null),
)

const Delta = z.object({
  content: z.union([z.string(), Parts]).nullish(),
  refusal: z.string().nullish(),
  tool_calls: z.array(CallDelta).nullish(),
  // The names that different servers have for thoughts.
  reasoning: z.unknown().optional(),
  reasoning_content: z.unknown().optional(),
  reasoning_details: z.unknown().optional(),
})

/** What we read of a chunk. Looser than the SDK's types: compatible servers leave out or null what they do not use. */
const Chunk = z.object({
  choices: z.array(z.object({ finish_reason: z.string().nullish(), delta: Delta.nullish() })).nullish(),
  usage: ChunkUsage.nullish(),
})
type PartialCall = { readonly index: number; readonly id: string; readonly name: string; args: string }

function textOf(content: z.infer<typeof Delta>['content']): string {
  return typeof content === 'object' && content !== null
    ? content.map((part) => part?.text ?? '').join('')
    : (content ?? '')
}

/** True if a delta without text is a sign of life all the same: it thinks, or writes at a call. */
function isAtWork({ content, tool_calls, ...delta }: z.infer<typeof Delta>): boolean {
  const thoughts = [content, tool_calls, delta.reasoning, delta.reasoning_content, delta.reasoning_details]
  return thoughts.some((one) => (Array.isArray(one) || typeof one === 'string') && one.length > 0)
}

/**
 * A new call has a name and an id not seen before. Some servers give every call index 0, some give none; some give no
 * ids, and then a name begins a new call where the arguments of the one before are whole.
 */
function addTo(calls: PartialCall[], delta: z.infer<typeof CallDelta>): void {
  const index = delta.index ?? 0
  const open = calls.findLast((call) => call.index === index)
  const args = delta.function?.arguments ?? ''
  const name = delta.function?.name
  const isNew = open === undefined || (name && (delta.id ? delta.id !== open.id : isWhole(open.args)))
  if (isNew) calls.push({ index, id: delta.id ?? '', name: name ?? '', args })
  else open.args += args
}

/** True if it is the JSON text of an object. */
function isWhole(args: string): boolean {
  return args.trimEnd().endsWith('}') && typeof readArgs(args) === 'object'
}

function usageOf({ prompt_tokens_details: details, ...usage }: z.infer<typeof ChunkUsage>): Usage {
  return {
    ...(typeof usage.prompt_tokens === 'number' && { inputTokens: usage.prompt_tokens }),
    ...(typeof usage.completion_tokens === 'number' && { outputTokens: usage.completion_tokens }),
    ...(typeof details?.cached_tokens === 'number' && { cachedTokens: details.cached_tokens }),
    ...(typeof details?.cache_write_tokens === 'number' && { cacheWriteTokens: details.cache_write_tokens }),
  }
}

type Message = OpenAI.ChatCompletionMessageParam

/** The request as chat completions take it. */
export function chatBody(request: ModelRequest, server: Server): OpenAI.ChatCompletionCreateParamsStreaming {
  const { system, tools, maxTokens, shape } = request
  const told = tellable(request, server.isMistral ? mistralIds : chatIds)
  const messages = told.flatMap((turn, index) => messagesOf(turn, server.isMistral, told[index + 1]))
  if (system.trim() !== '') messages.unshift({ role: 'system', content: system.toWellFormed() })
  return {
    model: server.model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
    // OpenAI's newer models refuse max_tokens; most other servers know nothing else.
    ...(server.isOpenai ? { max_completion_tokens: maxTokens } : { max_tokens: maxTokens }),
    ...samplingFor(request, server),
    ...(tools.length > 0 && { tools: tools.map((tool) => ({ type: 'function', function: { ...tool } })) }),
    ...(shape !== undefined && { response_format: formatOf(shape) }),
  }
}

function formatOf(shape: NonNullable<ModelRequest['shape']>): OpenAI.ResponseFormatJSONSchema {
  const { name, schema } = closedShape(shape)
  return { type: 'json_schema', json_schema: { name, schema, strict: isStrict(schema) } }
}

function messagesOf(turn: Told, isMistral: boolean, next: Told | undefined): Message[] {
  if (turn.role === 'user') return [{ role: 'user', content: contentOf(turn) }]
  const { text, calls } = turn
  if (calls.length === 0) return [{ role: 'assistant', content: text }]
  const results = calls.map(({ id, result }): Message => ({
    role: 'tool',
    tool_call_id: id,
    content: result,
  }))
  // Mistral refuses a user right after a result; what the person saw last was the result.
  const said = calls.map(({ result }) => result).join('\n')
  const bridge: Message[] = isMistral && next?.role === 'user' ? [{ role: 'assistant', content: said }] : []
  return [
    { role: 'assistant', content: text === '' ? null : text, tool_calls: calls.map(callOf) },
    ...results,
    ...bridge,
  ]
}

function contentOf({
  text,
  images,
}: Extract<Told, { role: 'user' }>): string | OpenAI.ChatCompletionContentPart[] {
  if (images.length === 0) return text
  const pictures = images.map((image) => ({
    type: 'image_url' as const,
    image_url: { url: dataUrl(image) },
  }))
  return text === '' ? pictures : [...pictures, { type: 'text', text }]
}

function callOf({ id, name, args }: ToldCall): OpenAI.ChatCompletionMessageFunctionToolCall {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(args) } }
}
