import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import type { Scene } from '../contracts/model.ts'

/** What the double says: text in pieces, calls (their arguments as JSON text), why it stops. */
export type Answer = {
  readonly pieces?: readonly string[]
  readonly calls?: readonly { readonly name: string; readonly args: string }[]
  readonly stop?: 'complete' | 'length' | 'refused'
}

/**
 * What one request meets. Where a connection breaks, `after` says when: before the response, after its headers, or
 * after the first piece of text.
 */
export type Step =
  | (Answer & {
      readonly kind: 'answer'
      readonly gzip?: boolean
      /** Sent in bits of so many bytes, each in a packet of its own; splits lines and characters. */
      readonly bitBytes?: number
      readonly contentType?: string
    })
  | { readonly kind: 'status'; readonly status: number; readonly code?: string; readonly retryAfter?: string }
  | { readonly kind: 'reset'; readonly after: After }
  | { readonly kind: 'eof'; readonly after: 'headers' | 'first' } // a clean end without the terminal event
  | { readonly kind: 'stall'; readonly after: After }
  | { readonly kind: 'error'; readonly code: string; readonly after: 'headers' | 'first' } // an error object inside 200
  | { readonly kind: 'raw'; readonly contentType: string; readonly body: string }

type After = 'nothing' | 'headers' | 'first'

/** A request as it came; `body` is its JSON. */
export type Seen = {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Readonly<Record<string, unknown>>
}

/** A running double. */
export type VendorDouble = {
  /** `http://127.0.0.1:<port>`: the endpoint for Anthropic; OpenAI's is `<origin>/v1`. */
  readonly origin: string
  /** Every well-formed or refused request so far, oldest first. */
  readonly requests: readonly Seen[]
  /** Steps that no request has met yet. */
  readonly unplayed: () => number
  /** Connections that clients opened. */
  readonly connections: () => number
  /** Connections that clients closed before their response was done. */
  readonly hangUps: () => number
  /** Adds steps for the requests to come. */
  readonly play: (...steps: readonly Step[]) => void
  readonly close: () => Promise<void>
}

/** The step for each scene of the model contract. */
export const steps: Readonly<Record<Scene, Step>> = {
  answer: { kind: 'answer' },
  call: { kind: 'answer', pieces: [], calls: [{ name: 'remind', args: '{"what":"tea","minutes":5}' }] },
  cut: { kind: 'eof', after: 'first' },
  stall: { kind: 'stall', after: 'first' },
  silence: { kind: 'stall', after: 'nothing' },
}

/** What it says when nothing else is scripted. */
export const defaultPieces = ['Paris is', ' the capital', ' of France.']

/**
 * Starts a loopback server that speaks OpenAI chat completions and Anthropic messages, streaming only. Each request
 * takes the next step of the script; when there is none left, it gets the default answer at once. With `key`,
 * requests without it are refused.
 */
export async function startVendor(
  script: readonly Step[] = [],
  { key, port = 0 }: { readonly key?: string; readonly port?: number } = {},
): Promise<VendorDouble> {
  const queue = [...script]
  const requests: Seen[] = []
  let hangUps = 0
  let connections = 0
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.on('close', () => (hangUps += response.writableFinished ? 0 : 1))
    const path = incoming.url ?? ''
    const dialect = incoming.method === 'POST' ? dialects[path] : undefined
    if (dialect === undefined) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>404</h1>')
      return
    }
    const seen = { path, headers: incoming.headers, body: readJson(await textOf(incoming)) }
    requests.push(seen)
    const problem =
      key !== undefined && incoming.headers.authorization !== `Bearer ${key}`
        ? {
            status: 401,
            code: dialect.badKey,
            text: `Incorrect API key: ${incoming.headers.authorization ?? ''}`,
          }
        : dialect.refuse(seen)
    if (problem === undefined) perform(queue.shift() ?? { kind: 'answer' }, dialect, response)
    else sendFailure(dialect, response, problem.status, problem.code, problem.text)
  }
  const server = createServer((incoming, response) => void answer(incoming, response))
  server.on('connection', () => connections++)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the double has no port')
  return {
    origin: `http://127.0.0.1:${address.port}`,
    requests,
    unplayed: () => queue.length,
    connections: () => connections,
    hangUps: () => hangUps,
    play: (...more) => void queue.push(...more),
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function perform(step: Step, dialect: Dialect, response: ServerResponse): void {
  const stream = (contentType = 'text/event-stream; charset=utf-8'): void => {
    response.writeHead(200, { 'content-type': contentType })
    response.flushHeaders()
  }
  const { head, tail } = dialect.frames(step.kind === 'answer' ? step : {})
  // Bytes that were written go out before a reset only if they are flushed first.
  const goTo = (after: After, then: () => void): void => {
    if (after === 'nothing') return then()
    stream()
    if (after === 'headers') setImmediate(then)
    else response.write(head, () => setImmediate(then))
  }
  switch (step.kind) {
    case 'answer':
      if (step.bitBytes !== undefined) {
        stream(step.contentType)
        drip(Buffer.from(head + tail), step.bitBytes, response)
      } else if (step.gzip === true) {
        response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
        response.end(gzipSync(head + tail))
      } else {
        stream(step.contentType)
        response.write(head)
        response.end(tail)
      }
      return
    case 'status':
      if (step.retryAfter !== undefined) response.setHeader('retry-after', step.retryAfter)
      return sendFailure(dialect, response, step.status, step.code ?? 'some_error', 'scripted failure')
    case 'reset':
      return goTo(step.after, () => response.socket?.resetAndDestroy())
    case 'eof':
      return goTo(step.after, () => response.end())
    case 'stall':
      return goTo(step.after, () => {})
    case 'error':
      return goTo(step.after, () => response.end(dialect.errorFrame(step.code)))
    case 'raw':
      response.writeHead(200, { 'content-type': step.contentType })
      response.end(step.body)
  }
}

function drip(bytes: Buffer, bitBytes: number, response: ServerResponse): void {
  if (bytes.length === 0) return void response.end()
  response.write(bytes.subarray(0, bitBytes), () =>
    setImmediate(drip, bytes.subarray(bitBytes), bitBytes, response),
  )
}

function sendFailure(
  dialect: Dialect,
  response: ServerResponse,
  status: number,
  code: string,
  text: string,
): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-should-retry': 'true' })
  response.end(JSON.stringify(dialect.failure(code, text)))
}

/** How one vendor says things. `head` runs to the first piece of text, `tail` has the rest with the terminal event. */
type Dialect = {
  readonly badKey: string
  readonly refuse: (seen: Seen) => { status: number; code: string; text: string } | undefined
  readonly frames: (answer: Answer) => { readonly head: string; readonly tail: string }
  readonly failure: (code: string, text: string) => unknown
  readonly errorFrame: (code: string) => string
}

const openai: Dialect = {
  badKey: 'invalid_api_key',
  refuse: ({ body }) =>
    malformed(body, ['system', 'developer', 'user', 'assistant', 'tool'], 'invalid_request_error'),
  failure: (code, text) => ({ error: { message: text, type: 'invalid_request_error', param: null, code } }),
  errorFrame: (code) => data({ error: { message: 'scripted failure', code } }),
  frames: ({ pieces = defaultPieces, calls = [], stop = 'complete' }) => {
    const chunk = (delta: object, finish: string | null = null): string =>
      data({
        ...envelope,
        choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
        usage: null,
      })
    const envelope = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'double' }
    const finish = {
      complete: calls.length > 0 ? 'tool_calls' : 'stop',
      length: 'length',
      refused: 'content_filter',
    }
    const [first = '', ...rest] = pieces
    return {
      head: chunk({ role: 'assistant', content: '' }) + (first === '' ? '' : chunk({ content: first })),
      tail: [
        ...rest.map((content) => chunk({ content })),
        ...calls.flatMap(({ name, args }, index) => [
          chunk({
            tool_calls: [{ index, id: `call_${index}`, type: 'function', function: { name, arguments: '' } }],
          }),
          ...inBits(args).map((bit) => chunk({ tool_calls: [{ index, function: { arguments: bit } }] })),
        ]),
        chunk({}, finish[stop]),
        data({
          ...envelope,
          choices: [],
          usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 },
        }),
        'data: [DONE]\n\n',
      ].join(''),
    }
  },
}

const anthropic: Dialect = {
  badKey: 'authentication_error',
  refuse: ({ body, headers }) => {
    const code = 'invalid_request_error'
    if (headers['anthropic-version'] === undefined)
      return { status: 400, code, text: 'anthropic-version: required' }
    if (typeof body['max_tokens'] !== 'number')
      return { status: 400, code, text: 'max_tokens: Field required' }
    return malformed(body, ['user', 'assistant'], code)
  },
  failure: (code, text) => ({ type: 'error', error: { type: code, message: text }, request_id: 'req_1' }),
  errorFrame: (code) => event({ type: 'error', error: { type: code, message: 'scripted failure' } }),
  frames: ({ pieces = defaultPieces, calls = [], stop = 'complete' }) => {
    const reason = {
      complete: calls.length > 0 ? 'tool_use' : 'end_turn',
      length: 'max_tokens',
      refused: 'refusal',
    }
    const delta = (index: number, one: object): string =>
      event({ type: 'content_block_delta', index, delta: one })
    const block = (index: number, one: object, deltas: readonly string[]): string =>
      [
        event({ type: 'content_block_start', index, content_block: one }),
        ...deltas,
        event({ type: 'content_block_stop', index }),
      ].join('')
    const usage = {
      input_tokens: 7,
      cache_read_input_tokens: 2,
      cache_creation_input_tokens: 0,
      output_tokens: 1,
    }
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'double', content: [], usage }
    const opening = event({ type: 'message_start', message }) + event({ type: 'ping' })
    const [first, ...rest] = pieces
    const started = event({
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'text', text: '' },
    })
    return {
      head: first === undefined ? opening : opening + started + delta(0, { type: 'text_delta', text: first }),
      tail: [
        ...rest.map((text) => delta(0, { type: 'text_delta', text })),
        first === undefined ? '' : event({ type: 'content_block_stop', index: 0 }),
        ...calls.map(({ name, args }, i) =>
          block(
            i + 1,
            { type: 'tool_use', id: `toolu_${i}`, name, input: {} },
            inBits(args).map((bit) => delta(i + 1, { type: 'input_json_delta', partial_json: bit })),
          ),
        ),
        event({
          type: 'message_delta',
          delta: { stop_reason: reason[stop], stop_sequence: null },
          usage: { output_tokens: 4 },
        }),
        event({ type: 'message_stop' }),
      ].join(''),
    }
  },
}

const dialects: Readonly<Record<string, Dialect>> = {
  '/v1/chat/completions': openai,
  '/v1/messages': anthropic,
}

/** What both vendors refuse with status 400. */
function malformed(
  { model, messages, stream }: Seen['body'],
  roles: readonly string[],
  code: string,
): { status: number; code: string; text: string } | undefined {
  if (typeof model !== 'string' || model === '') return { status: 400, code, text: 'model: required' }
  if (!Array.isArray(messages) || messages.length === 0)
    return { status: 400, code, text: 'messages: required' }
  if (stream !== true) return { status: 400, code, text: 'this double only streams' }
  for (const message of messages as unknown[]) {
    const { role, content } = isRecord(message) ? message : {}
    if (typeof role !== 'string' || !roles.includes(role))
      return { status: 400, code, text: `unknown role ${String(role)}` }
    if (content === '') return { status: 400, code, text: 'content must not be empty' }
  }
  return undefined
}

function data(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

function event(value: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${value.type}\n${data(value)}`
}

function inBits(text: string): string[] {
  return text.match(/.{1,4}/gsu) ?? []
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = ''
  incoming.setEncoding('utf8')
  for await (const part of incoming) text += String(part)
  return text
}

function readJson(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text)
  return isRecord(value) ? value : {}
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '9100' }, key: { type: 'string' } },
  })
  const { port, key } = values
  const vendor = await startVendor([], { port: Number(port), ...(key === undefined ? {} : { key }) })
  console.log(`OpenAI: ${vendor.origin}/v1   Anthropic: ${vendor.origin}   (any model; Ctrl-C stops it)`)
}
