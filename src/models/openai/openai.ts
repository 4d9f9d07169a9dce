import type OpenAI from 'openai'
import { lazily } from '../../lazily.ts'
import type { Model, ModelEvent, ModelRequest } from '../../model.ts'
import type { Vendor } from '../failure.ts'
import { plainHeaders, underContract, wholeDayMs } from '../vendor.ts'
import { chatBody, readChat } from './chat.ts'
import { readResponses, responsesBody } from './responses.ts'

/**
 * A model behind an API of OpenAI's making. `endpoint` is the base URL, to which `/chat/completions` or `/responses` is
 * added: it ends in `/v1` with nearly every server (`https://api.openai.com/v1`, `http://127.0.0.1:11434/v1`). Without
 * `apiKey` no Authorization header is sent.
 */
export type OpenaiOptions = {
  readonly name: string
  readonly endpoint: string
  readonly apiKey?: string
  readonly model: string
  /** Default: Responses with OpenAI itself, chat completions, which all servers speak, elsewhere. */
  readonly api?: 'chat' | 'responses'
  readonly now?: () => number
  /** Default: the global one. */
  readonly fetch?: typeof fetch
}

/** Makes the model. The SDK is loaded by the first request; it never retries, and nothing is read from its environment variables but OPENAI_CUSTOM_HEADERS. */
export function createOpenai(options: OpenaiOptions): Model {
  const { name, endpoint, apiKey, model, now = Date.now } = options
  const isOpenai = hostOf(endpoint) === 'api.openai.com'
  const { api = isOpenai ? 'responses' : 'chat' } = options
  const vendor = { name, apiKey, now }
  const client = lazily(async (): Promise<OpenAI> => {
    const { default: Sdk } = await import('openai')
    return new Sdk({
      baseURL: endpoint,
      apiKey: apiKey ?? 'none', // the SDK insists on one; plainHeaders takes it out again
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      maxRetries: 0,
      timeout: wholeDayMs,
      logLevel: 'off',
      defaultHeaders: plainHeaders(apiKey),
      ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    })
  })
  const server = { model, isOpenai, isMistral: isMistral(endpoint, model) }
  const talk = { chat: talkChat, responses: talkResponses }[api]
  return {
    name,
    stream: (request, signal) =>
      underContract(vendor, signal, () => talk(client(), request, server, vendor, signal)),
  }
}

/** What a request has to mind about the one who gets it. */
export type Server = {
  readonly model: string
  /** True if it is OpenAI itself. */
  readonly isOpenai: boolean
  /** True if it is Mistral's, or has a prompt template of Mistral's making. */
  readonly isMistral: boolean
}

type Talk = (
  client: Promise<OpenAI>,
  request: ModelRequest,
  server: Server,
  vendor: Vendor,
  signal: AbortSignal,
) => AsyncGenerator<ModelEvent>

const talkChat: Talk = (client, request, server, vendor, signal) => {
  const open = async () =>
    await (await client).chat.completions.create(chatBody(request, server), { signal }).withResponse()
  return readChat(open(), vendor)
}

const talkResponses: Talk = (client, request, server, vendor, signal) => {
  const open = async () =>
    await (await client).responses.create(responsesBody(request, server), { signal }).withResponse()
  return readResponses(open(), vendor)
}

function hostOf(endpoint: string): string | undefined {
  return URL.canParse(endpoint) ? new URL(endpoint).hostname : undefined
}

function isMistral(endpoint: string, model: string): boolean {
  const makes = /(?:^|[^a-z])(?:mi[sx]tral|ministral|magistral|codestral|devstral|pixtral|voxtral)/iu
  return hostOf(endpoint) === 'api.mistral.ai' || makes.test(model)
}
