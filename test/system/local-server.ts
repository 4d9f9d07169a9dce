import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { z } from 'zod'
import { loadLlama, type Answered, type Llama } from './llama.ts'
import type { Heard, Told } from './server-process.ts'

/**
 * The models on offer, all with the same weights. `random` speaks until its limit. `brief` ends by itself where an
 * "e" would come. `deaf` speaks until its limit also when nobody listens any more.
 */
const modelNames = ['random', 'brief', 'deaf'] as const

/** The body of a request for an answer, as far as it matters here. */
const Body = z.object({
  model: z.enum(modelNames),
  stream: z.literal(true),
  stream_options: z.object({ include_usage: z.boolean() }).optional(),
  max_tokens: z.number().int().positive(),
  messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })).min(1),
})
type Body = z.infer<typeof Body>

type Desk = {
  readonly told: () => Told
  /** Resolves once no answer is being made. */
  readonly quiet: () => Promise<void>
  readonly answer: (body: Body, response: ServerResponse) => Promise<void>
}

/** Answers requests, any number at a time, and keeps a record of each. The first one loads the model. */
function createDesk(load: () => Promise<Llama>): Desk {
  const heard: Heard[] = []
  const waiting = new Set<() => void>()
  let loading: Promise<Llama> | undefined
  let isLoaded = false
  let mostAtOnce = 0
  const going = (): number => heard.filter(({ stop }) => stop === undefined).length
  return {
    told: () => ({ isLoaded, mostAtOnce, heard }),
    quiet: async () => {
      if (going() > 0) await new Promise<void>((resolve) => waiting.add(resolve))
    },
    answer: async (body, response) => {
      const prompt = body.messages.at(-1)?.content ?? ''
      const record: Heard = { model: body.model, prompt, text: '', inputTokens: 0, outputTokens: 0 }
      const seed = heard.push(record)
      mostAtOnce = Math.max(mostAtOnce, going())
      try {
        const llama = await (loading ??= load())
        isLoaded = true
        const answered = await stream(llama, body, seed, response, (text) => (record.text += text))
        Object.assign(record, answered)
      } catch (error) {
        record.stop = 'unspoken'
        if (!response.destroyed) throw error
      } finally {
        if (going() === 0) for (const tell of waiting) tell()
      }
    },
  }
}

/** Writes an answer as it is made: a chunk for each piece, one that says why it ended, one with the usage, and the mark of the end. */
async function stream(
  llama: Llama,
  body: Body,
  seed: number,
  response: ServerResponse,
  onText: (text: string) => void,
): Promise<Answered> {
  const about = { id: `chatcmpl-${seed}`, object: 'chat.completion.chunk', created: 0, model: body.model }
  const write = (choices: readonly object[], more = {}): void => {
    response.write(`data: ${JSON.stringify({ ...about, choices, ...more })}\n\n`)
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  write([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }])
  const question = {
    history: body.messages.map(({ role, content }) =>
      role === 'assistant'
        ? ({ type: 'model', response: [content] } as const)
        : ({ type: role, text: content } as const),
    ),
    maxTokens: body.max_tokens,
    seed,
    stopAt: body.model === 'brief' ? ['e'] : [],
  }
  const signal = body.model === 'deaf' ? new AbortController().signal : untilGone(response)
  const answered = await llama.answer(question, signal, (content) => {
    onText(content)
    write([{ index: 0, delta: { content }, finish_reason: null }])
  })
  write([{ index: 0, delta: {}, finish_reason: answered.stop === 'length' ? 'length' : 'stop' }])
  if (body.stream_options?.include_usage === true) write([], { usage: usageOf(answered) })
  response.end('data: [DONE]\n\n')
  return answered
}

/** Aborts when the one who asked has gone. */
function untilGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  if (response.destroyed) gone.abort()
  response.on('close', () => gone.abort())
  return gone.signal
}

function usageOf({ inputTokens, outputTokens }: Answered): Readonly<Record<string, number>> {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  }
}

async function route(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  switch (`${request.method} ${request.url}`) {
    case 'POST /v1/chat/completions': {
      const body = Body.safeParse(await json(request))
      if (body.success) await desk.answer(body.data, response)
      else send(response, 400, { error: { message: body.error.message } })
      return
    }
    case 'GET /v1/models':
      send(response, 200, { object: 'list', data: modelNames.map((id) => ({ id, object: 'model' })) })
      return
    case 'GET /control?quiet':
      await desk.quiet()
      send(response, 200, desk.told())
      return
    case 'GET /control':
      send(response, 200, desk.told())
      return
    default:
      send(response, 404, { error: { message: 'nothing is served at this path' } })
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/**
 * Serves the chat completions API on loopback for the GGUF file that the first argument names. The parent process is
 * sent the origin, and is not outlived.
 */
function serve(file: string): void {
  const desk = createDesk(() => loadLlama(file))
  const server = createServer((request, response) => {
    route(desk, request, response).catch((error: unknown) => {
      console.error(error)
      if (response.headersSent) response.destroy()
      else send(response, 500, { error: { message: String(error) } })
    })
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    process.send?.(`http://127.0.0.1:${port}`)
  })
  process.on('disconnect', () => process.exit())
}

serve(process.argv[2] ?? '')
