import { Agent, request, type RequestOptions } from 'node:http'

/** An HTTP answer, whole. */
export type HttpAnswer = { readonly status: number; readonly body: string }

/** Messages to send: all have the same text, and the conversations take turns. */
export type Load = {
  readonly port: number
  readonly messages: number
  /** So many messages are under way all the time. */
  readonly atOnce: number
  readonly conversations: number
  readonly text: string
  /** Whether a reply is the one that each must get. */
  readonly expected: (reply: string) => boolean
}

/** How a load went: how long it took in all, and each message, in ms. */
export type LoadResult = { readonly durationMs: number; readonly latenciesMs: readonly number[] }

const mostAnswerMs = 30_000

/**
 * Sends messages to `POST /api/messages` over kept connections, a new one in the moment that one is answered. Throws
 * at the first that is not answered with 200 and exactly one reply, the expected one.
 */
export async function sendMessages(load: Load): Promise<LoadResult> {
  const { port, messages, atOnce, conversations, text, expected } = load
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  const latenciesMs: number[] = []
  let next = 0
  const sendOn = async (): Promise<void> => {
    while (next < messages) {
      const conversation = `c${next++ % conversations}`
      const sentMs = performance.now()
      const { status, body } = await post(agent, port, JSON.stringify({ text, conversation }))
      latenciesMs.push(performance.now() - sentMs)
      const replies = status === 200 ? readReplies(body) : []
      if (replies.length !== 1 || !expected(replies[0] ?? ''))
        throw new Error(`${JSON.stringify(text)} was answered with ${status} ${body}`)
    }
  }
  const startedMs = performance.now()
  try {
    await Promise.all(Array.from({ length: atOnce }, sendOn))
  } finally {
    agent.destroy()
  }
  return { durationMs: performance.now() - startedMs, latenciesMs }
}

/** Asks for a path on this machine, on a connection of its own. */
export function get(port: number, path: string): Promise<HttpAnswer> {
  return exchange({ port, path, agent: false }, '')
}

function post(agent: Agent, port: number, body: string): Promise<HttpAnswer> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  return exchange({ port, path: '/api/messages', method: 'POST', agent, headers }, body)
}

function exchange(options: RequestOptions, body: string): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', timeout: mostAnswerMs, ...options }, (incoming) => {
      let text = ''
      incoming.setEncoding('utf8')
      incoming.on('data', (piece: string) => (text += piece))
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: text }))
      incoming.on('error', reject)
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${mostAnswerMs} ms`)))
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function readReplies(body: string): string[] {
  const { replies } = JSON.parse(body) as { replies: readonly { text: string }[] }
  return replies.map(({ text }) => text)
}
