import type OpenAI from 'openai'
import { z } from 'zod'
import { ModelError } from '../errors.ts'
import type { Model, ModelEvent, ModelRequest, Usage } from '../model.ts'
import type { Vendor } from './failure.ts'
import { alternating, notAStream, plainHeaders, readArgs, underContract } from './vendor.ts'

/**
 * A model behind the chat completions API: OpenAI, or any server that speaks the same.
 * `endpoint` is the base URL, to which `/chat/completions` is added: it ends in `/v1` with nearly every server
 * (`https://api.openai.com/v1`, `http://127.0.0.1:11434/v1`). Without `apiKey` no Authorization header is sent.
 */
export type OpenaiOptions = {
  readonly name: string
  readonly endpoint: string
  readonly apiKey?: string
  readonly model: string
  readonly now?: () => number
}

/** Makes the model. The SDK is loaded by the first request; it never retries, and nothing is read from its environment variables but OPENAI_CUSTOM_HEADERS. */
export function createOpenai(options: OpenaiOptions): Model {
  const { name, endpoint, apiKey, model, now = Date.now } = options
  const vendor = { name, apiKey, now }
  let client: Promise<OpenAI> | undefined
  const connect = async (): Promise<OpenAI> => {
    const { default: Sdk } = await import('openai')
    return new Sdk({
      baseURL: endpoint,
      apiKey: apiKey ?? 'none', // the SDK insists on one; plainHeaders takes it out again
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      maxRetries: 0,
      logLevel: 'off',
      defaultHeaders: plainHeaders(apiKey),
    })
  }
  const open = (request: ModelRequest, signal: AbortSignal) => async () => {
    client ??= connect()
    const body = toBody(request, model, isOpenai(endpoint))
    return await (await client).chat.completions.create(body, { signal }).withResponse()
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
  const calls: PartialCall[] = []
  let finish: string | undefined
  let refusal = false
  let usage: Usage = {}
  let empty = true
  for await (const raw of data) {
    empty = false
    const chunk = readChunk(raw, vendor)
    if (chunk.usage) usage = readUsage(chunk.usage)
    const choice = chunk.choices?.[0]
    if (choice === undefined) continue
    if (choice.delta?.content) yield { kind: 'text', text: choice.delta.content }
    if (choice.delta?.refusal) {
      refusal = true
      yield { kind: 'text', text: choice.delta.refusal }
    }
    for (const delta of choice.delta?.tool_calls ?? []) addTo(calls, delta)
    finish = choice.finish_reason ?? finish
  }
  if (empty) {
    const wrong = notAStream(vendor, response)
    if (wrong !== undefined) throw wrong
  }
  // Without a finish_reason the answer was cut, whatever has come of it: no call, no end.
  if (finish === undefined) return
  for (const { name, args } of calls) yield { kind: 'call', name, args: readArgs(args) }
  yield { kind: 'end', stop: refusal ? 'refused' : (stops[finish] ?? 'complete'), usage }
}

const stops: Readonly<Record<string, 'length' | 'refused'>> = { length: 'length', content_filter: 'refused' }

/** What we read of a chunk. Looser than the SDK's types: compatible servers leave out or null what they do not use. */
const Chunk = z.object({
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        delta: z
          .object({
            content: z.string().nullish(),
            refusal: z.string().nullish(),
            tool_calls: z
              .array(
                z.object({
                  index: z.number().nullish(),
                  id: z.string().nullish(),
                  function: z
                    .object({ name: z.string().nullish(), arguments: z.string().nullish() })
                    .nullish(),
                }),
              )
              .nullish(),
          })
          .nullish(),
      }),
    )
    .nullish(),
  usage: z.object({ prompt_tokens: z.number().nullish(), completion_tokens: z.number().nullish() }).nullish(),
})
type Chunk = z.infer<typeof Chunk>
type Delta = NonNullable<
  NonNullable<NonNullable<NonNullable<Chunk['choices']>[number]['delta']>['tool_calls']>[number]
>
type PartialCall = { readonly index: number; readonly id: string; readonly name: string; args: string }

function readChunk(raw: unknown, vendor: Vendor): Chunk {
  const read = Chunk.safeParse(raw)
  if (read.success) return read.data
  const where = read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
  throw new ModelError('bad-answer', `${vendor.name} sent a piece of another shape than agreed (${where})`)
}

/** A new call has a name and an id not seen before. Some servers give every call index 0, some give none. */
function addTo(calls: PartialCall[], delta: Delta): void {
  const index = delta.index ?? 0
  const open = calls.findLast((call) => call.index === index)
  const args = delta.function?.arguments ?? ''
  const name = delta.function?.name
  const isNew = open === undefined || (name && delta.id && delta.id !== open.id)
  if (isNew) calls.push({ index, id: delta.id ?? '', name: name ?? '', args })
  else open.args += args
}

function readUsage(usage: NonNullable<Chunk['usage']>): Usage {
  return {
    ...(typeof usage.prompt_tokens === 'number' ? { inputTokens: usage.prompt_tokens } : {}),
    ...(typeof usage.completion_tokens === 'number' ? { outputTokens: usage.completion_tokens } : {}),
  }
}

function toBody(
  request: ModelRequest,
  model: string,
  official: boolean,
): OpenAI.ChatCompletionCreateParamsStreaming {
  const { system, turns, tools, maxTokens } = request
  const messages: OpenAI.ChatCompletionMessageParam[] = alternating(turns)
  if (system !== '') messages.unshift({ role: 'system', content: system.toWellFormed() })
  return {
    model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
    // OpenAI's newer models refuse max_tokens; most other servers know nothing else.
    ...(official ? { max_completion_tokens: maxTokens } : { max_tokens: maxTokens }),
    ...(tools.length === 0
      ? {}
      : { tools: tools.map((tool) => ({ type: 'function', function: { ...tool } })) }),
  }
}

function isOpenai(endpoint: string): boolean {
  return URL.canParse(endpoint) && new URL(endpoint).hostname === 'api.openai.com'
}
