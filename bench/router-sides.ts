import { join } from 'node:path'
import type OpenAI from 'openai'
import { Agent, request } from 'undici'
import type { Model, ModelRequest, Tool } from '../src/model.ts'

/** Asks the model once and gives the pieces of its answer as they come. Throws where anything goes wrong. */
export type Ask = (prompt: string) => AsyncIterable<string>

/**
 * `endpoint` is the base URL that is asked, `upstream` that of the model: another where a gateway stands between.
 * `folder` is for what a side keeps on disk.
 */
export type Place = { readonly endpoint: string; readonly upstream: string; readonly folder: string }

/**
 * The ways to ask. `bare` is the floor of the comparison: undici alone, the stream read by hand. `rows` is `ours` with
 * the record of each call on disk, which no other side keeps.
 */
export type SideName = 'bare' | 'ours' | 'rows' | 'openai' | 'ai' | 'portkey'

/** How each side is made. What a side needs is loaded only here, so that no process carries the weight of another. */
export const sides: Readonly<Record<SideName, (place: Place) => Promise<Ask>>> = {
  bare: async ({ endpoint }) => createBare(endpoint),
  portkey: async ({ endpoint, upstream }) =>
    createBare(endpoint, { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': upstream }),
  ours: async ({ endpoint }) => {
    const { createOurs } = await import('./router-ours.ts')
    return askOf(createOurs(endpoint))
  },
  rows: async ({ endpoint, folder }) => {
    const { createOursWithRows } = await import('./router-ours.ts')
    return askOf(await createOursWithRows(endpoint, folder))
  },
  openai: createOpenaiAlone,
  ai: async ({ endpoint }) => {
    // A name that TypeScript does not follow: the peers are not installed everywhere.
    const file = join(import.meta.dirname, 'peers', 'ai.js')
    const { createAi }: { createAi: (options: object) => Ask } = await import(file)
    return createAi({ endpoint, model, system, maxTokens })
  },
}

const model = 'bench'
const system = 'You are Moltbot, an assistant in a chat. Answer briefly, in the language of the message.'
const maxTokens = 500
const promptChars = 4_096

/** The prompt of this number: 4 KB, unlike any other. */
export function promptOf(number: number): string {
  return `${number}. What is the capital of France? `.padEnd(
    promptChars,
    'It is asked once more, to be sure. ',
  )
}

/** The prompt as a conversation asks it. */
export function requestOf(prompt: string, tools: readonly Tool[] = []): ModelRequest {
  return {
    asker: {
      person: 'terminal/local/1',
      address: { adapter: 'terminal', account: 'local', channel: 'terminal' },
    },
    intent: { kind: 'chat' },
    system,
    turns: [{ role: 'user', text: prompt }],
    tools,
    maxTokens,
  }
}

function bodyOf(prompt: string): OpenAI.ChatCompletionCreateParamsStreaming {
  const messages = [
    { role: 'system', content: system },
    { role: 'user', content: prompt },
  ] as const
  return {
    model,
    messages: [...messages],
    stream: true,
    stream_options: { include_usage: true },
    max_tokens: maxTokens,
  }
}

function askOf(model: Model): Ask {
  return async function* (prompt) {
    for await (const event of model.stream(requestOf(prompt), new AbortController().signal))
      if (event.kind === 'text') yield event.text
  }
}

type Chunk = { readonly choices: readonly { readonly delta: { readonly content?: string } }[] }

function createBare(endpoint: string, more: Readonly<Record<string, string>> = {}): Ask {
  const dispatcher = new Agent({ keepAliveTimeout: 60_000 })
  const headers = { 'content-type': 'application/json', ...more }
  return async function* (prompt) {
    const asked = { method: 'POST', headers, body: JSON.stringify(bodyOf(prompt)), dispatcher } as const
    const { statusCode, body } = await request(`${endpoint}/chat/completions`, asked)
    body.setEncoding('utf8')
    if (statusCode !== 200) throw new Error(`${endpoint} answered ${statusCode} ${await body.text()}`)
    let rest = ''
    for await (const piece of body) {
      rest += piece
      for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
        const data = rest.slice('data: '.length, end)
        rest = rest.slice(end + 2)
        const text = data === '[DONE]' ? undefined : (JSON.parse(data) as Chunk).choices[0]?.delta.content
        if (text) yield text
      }
    }
  }
}

async function createOpenaiAlone({ endpoint }: Place): Promise<Ask> {
  const { default: Sdk } = await import('openai')
  const client = new Sdk({ baseURL: endpoint, apiKey: 'none', maxRetries: 0, logLevel: 'off' })
  return async function* (prompt) {
    for await (const { choices } of await client.chat.completions.create(bodyOf(prompt))) {
      const text = choices[0]?.delta.content
      if (text) yield text
    }
  }
}
