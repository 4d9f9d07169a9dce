import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { parseArgs } from 'node:util'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { sceneNowMs, type Scene } from '../contracts/scenes.ts'
import { chat } from './wires/chat.ts'
import { messages } from './wires/messages.ts'
import { responses } from './wires/responses.ts'
import { isRecord, type Answer, type Seen, type Wire } from './wires/wire.ts'

export { defaultPieces } from './wires/wire.ts'

/**
 * What one request meets. Where a connection breaks, `after` says when: before the response, after its headers, or
 * after the first piece of text.
 */
export type Step =
  | (Answer & {
      readonly kind: 'answer'
      readonly gzip?: boolean
      readonly encoding?: 'gzip' | 'deflate' | 'br'
      /** Sent in bits of so many bytes, each in a packet of its own; splits lines and characters. */
      readonly bitBytes?: number
      /** Holds the end of the body back for a turn of the loop, so that it comes in a packet of its own. */
      readonly lateEnd?: boolean
      readonly contentType?: string
      /** Without this in the request it is refused. */
      readonly needs?: 'image' | 'calls' | 'shape'
    })
  | {
      readonly kind: 'status'
      readonly status: number
      /** Default: what the vendor says with this status. */
      readonly code?: string
      readonly retryAfter?: string
    }
  | { readonly kind: 'reset'; readonly after: After }
  | { readonly kind: 'eof'; readonly after: 'headers' | 'first' } // a clean end without the terminal event
  | { readonly kind: 'stall'; readonly after: After }
  /** An error object inside 200. Default code: that of an overloaded vendor. */
  | {
      readonly kind: 'error'
      readonly code?: string
      readonly status?: number
      readonly after: 'headers' | 'first'
    }
  | { readonly kind: 'raw'; readonly status?: number; readonly contentType: string; readonly body: string }

type After = 'nothing' | 'headers' | 'first'

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
  /** Responses that are over, whole or broken. */
  readonly done: () => number
  /** Adds steps for the requests to come. */
  readonly play: (...steps: readonly Step[]) => void
  readonly close: () => Promise<void>
}

/** The step for each scene of the model contract; play it for as often as the model asks. */
export const steps: Readonly<Record<Scene, Step>> = {
  answer: { kind: 'answer' },
  gzip: { kind: 'answer', gzip: true },
  drip: { kind: 'answer', bitBytes: 7 },
  'no usage': { kind: 'answer', usage: 'none' },
  usage: { kind: 'answer', usage: 'cached' },
  call: { kind: 'answer', pieces: [], calls: [{ name: 'remind', args: '{"what":"tea","minutes":5}' }] },
  images: { kind: 'answer', needs: 'image' },
  history: { kind: 'answer', needs: 'calls' },
  shape: { kind: 'answer', needs: 'shape', pieces: ['{"city":', '"Paris"}'] },
  thinking: { kind: 'answer', thoughts: ['Hm.', '', 'Hm?'] },
  stall: { kind: 'stall', after: 'first' },
  opened: { kind: 'stall', after: 'headers' },
  silence: { kind: 'stall', after: 'nothing' },
  cut: { kind: 'eof', after: 'first' },
  'reset before': { kind: 'reset', after: 'nothing' },
  'reset opened': { kind: 'reset', after: 'headers' },
  'reset midway': { kind: 'reset', after: 'first' },
  'end opened': { kind: 'eof', after: 'headers' },
  'bad key': { kind: 'status', status: 401 },
  'no credit': { kind: 'status', status: 402 },
  'no such model': { kind: 'status', status: 404 },
  'too large': { kind: 'status', status: 413 },
  'malformed request': { kind: 'status', status: 400 },
  'rate limit': { kind: 'status', status: 429 },
  'rate limit, 0': { kind: 'status', status: 429, retryAfter: '0' },
  'rate limit, 2': { kind: 'status', status: 429, retryAfter: '2' },
  'rate limit, 90': { kind: 'status', status: 429, retryAfter: '90' },
  'rate limit, date': {
    kind: 'status',
    status: 429,
    retryAfter: new Date(sceneNowMs + 30_000).toUTCString(),
  },
  overloaded: { kind: 'status', status: 529 },
  'error opened': { kind: 'error', after: 'headers' },
  'error opened, status': { kind: 'error', status: 429, after: 'headers' },
  'error midway': { kind: 'error', after: 'first' },
  rubbish: { kind: 'raw', contentType: 'text/event-stream', body: 'event: x\ndata: {"ty\n\n' },
  page: { kind: 'raw', contentType: 'text/html', body: '<h1>Sign in</h1>' },
}

/** `key`: requests without it are refused. `callIds`: ids of calls that are accepted, where not the vendor's usual ones. */
type VendorOptions = {
  readonly key?: string
  readonly port?: number
  /** What is met when the script is over. Default: an answer. */
  readonly always?: Step
  readonly callIds?: RegExp
}

/**
 * Starts a loopback server that speaks OpenAI chat completions, OpenAI Responses and Anthropic messages, streaming only,
 * and refuses what they refuse. Each request takes the next step of the script, then `always`.
 */
export async function startVendor(
  script: readonly Step[] = [],
  { key, port = 0, always = { kind: 'answer' }, callIds }: VendorOptions = {},
): Promise<VendorDouble> {
  const queue = [...script]
  const requests: Seen[] = []
  let hangUps = 0
  let connections = 0
  let done = 0
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.on('close', () => {
      hangUps += response.writableFinished ? 0 : 1
      done++
    })
    const path = incoming.url ?? ''
    const wire = incoming.method === 'POST' ? wires[path] : undefined
    if (wire === undefined) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>404</h1>')
      return
    }
    const seen = { path, headers: incoming.headers, body: readJson(await textOf(incoming)) }
    requests.push(seen)
    const problem =
      key !== undefined && incoming.headers.authorization !== `Bearer ${key}`
        ? {
            status: 401,
            code: wire.codeOf(401),
            text: `Incorrect API key: ${incoming.headers.authorization ?? ''}`,
          }
        : wire.refuse(seen, callIds)
    if (problem === undefined) perform(queue.shift() ?? always, wire, seen, response)
    else sendFailure(wire, response, problem.status, problem.code, problem.text)
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
    done: () => done,
    play: (...more) => void queue.push(...more),
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function perform(step: Step, wire: Wire, { body }: Seen, response: ServerResponse): void {
  const stream = (contentType = 'text/event-stream; charset=utf-8'): void => {
    response.writeHead(200, { 'content-type': contentType })
    response.flushHeaders()
  }
  const { head, tail } = wire.frames(step.kind === 'answer' ? step : {})
  // Bytes that were written go out before a reset only if they are flushed first.
  const goTo = (after: After, then: () => void): void => {
    if (after === 'nothing') return then()
    stream()
    if (after === 'headers') setImmediate(then)
    else response.write(head, () => setImmediate(then))
  }
  switch (step.kind) {
    case 'answer':
      if (step.needs !== undefined && !wire.has(body, step.needs))
        return sendFailure(wire, response, 400, 'some_error', `no ${step.needs} in the request`)
      return sendAnswer(step, Buffer.from(head), Buffer.from(tail), response)
    case 'status':
      if (step.retryAfter !== undefined) response.setHeader('retry-after', step.retryAfter)
      return sendFailure(
        wire,
        response,
        step.status,
        step.code ?? wire.codeOf(step.status),
        'scripted failure',
      )
    case 'reset':
      return goTo(step.after, () => response.socket?.resetAndDestroy())
    case 'eof':
      return goTo(step.after, () => response.end())
    case 'stall':
      return goTo(step.after, () => {})
    case 'error':
      return goTo(step.after, () => response.end(wire.errorFrame(step.code ?? wire.codeOf(529), step.status)))
    case 'raw':
      response.writeHead(step.status ?? 200, { 'content-type': step.contentType, 'x-request-id': 'req_1' })
      response.end(step.body)
  }
}

function sendAnswer(
  step: Extract<Step, { kind: 'answer' }>,
  head: Buffer,
  tail: Buffer,
  response: ServerResponse,
): void {
  const encoding = step.gzip === true ? 'gzip' : step.encoding
  response.writeHead(200, {
    'content-type': step.contentType ?? 'text/event-stream; charset=utf-8',
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  })
  response.flushHeaders()
  const whole = Buffer.concat([head, tail])
  if (step.bitBytes !== undefined) {
    drip(encoding === undefined ? whole : encode[encoding](whole), step.bitBytes, response)
  } else if (encoding !== undefined) {
    response.end(encode[encoding](whole))
  } else if (step.lateEnd === true) {
    response.write(whole, () => setTimeout(() => response.end(), 5))
  } else {
    response.write(head)
    response.end(tail)
  }
}

const encode = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync } as const

function drip(bytes: Buffer, bitBytes: number, response: ServerResponse): void {
  if (bytes.length === 0) return void response.end()
  response.write(bytes.subarray(0, bitBytes), () =>
    setImmediate(drip, bytes.subarray(bitBytes), bitBytes, response),
  )
}

function sendFailure(wire: Wire, response: ServerResponse, status: number, code: string, text: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-should-retry': 'true' })
  response.end(JSON.stringify(wire.failure(code, text)))
}

const wires: Readonly<Record<string, Wire>> = {
  '/v1/chat/completions': chat,
  '/v1/responses': responses,
  '/v1/messages': messages,
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

if (import.meta.main) {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '9100' }, key: { type: 'string' } },
  })
  const { port, key } = values
  const vendor = await startVendor([], { port: Number(port), ...(key === undefined ? {} : { key }) })
  console.log(`OpenAI: ${vendor.origin}/v1   Anthropic: ${vendor.origin}   (any model; Ctrl-C stops it)`)
}
