import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import type { Adapter, Found, Receive } from '../src/adapter.ts'
import type { Fault } from '../src/errors.ts'
import { messageOf } from '../src/errors.ts'
import { addressKey, type Address, type Delivery, type Post } from '../src/message.ts'

type Parts = {
  readonly url: string
  readonly token: string
  /** A send that is not answered for so long is given up. */
  readonly timeoutMs: number
  readonly graceMs: number
  readonly paceMs: number
}

/** The most characters that a post may have on this platform. */
export const mostTextChars = 4_000

const name = 'chat'
const account = 'home'

const postedSchema = z.union([
  z.object({ ok: z.literal(true), ts: z.string() }),
  z.object({ ok: z.literal(false), error: z.string() }),
])
const historySchema = z.object({
  ok: z.literal(true),
  messages: z.array(z.object({ ts: z.string(), metadata: z.object({ key: z.string() }).optional() })),
  cursor: z.string().optional(),
})
const eventSchema = z.object({
  event: z.string(),
  channel: z.string(),
  user: z.string(),
  text: z.string(),
  ts: z.number(),
})

/** What the platform says where it has taken nothing. */
const faultOfError: Readonly<Record<string, Fault>> = {
  ratelimited: 'rate-limit',
  service_unavailable: 'overloaded',
  invalid_auth: 'bad-key',
  channel_not_found: 'missing',
  msg_too_long: 'too-long',
  no_text: 'bad-request',
  invalid_arguments: 'bad-request',
}
/** The errors of a connection that never was, so that nothing can have been sent. */
const neverConnected: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** The adapter of the chat platform of the proofs: one that can be asked for what it holds. */
export function createChat(parts: Parts): Adapter {
  const { url, token, timeoutMs, graceMs } = parts
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const lanes = new Map<string, Promise<unknown>>()
  let receive: Receive | undefined
  let listening = false

  const call = async (path: string, body: object | undefined, signal: AbortSignal): Promise<Response> =>
    fetch(url + path, {
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      headers,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })

  const send = async ({ key, address, reply }: Post, signal: AbortSignal): Promise<Delivery> => {
    const { channel, thread } = address
    try {
      const response = await call('/post', { channel, thread, text: reply.text, metadata: { key } }, signal)
      if (response.status === 429) return limited(Number(response.headers.get('retry-after') ?? Number.NaN))
      if (response.status >= 500) return unknown(`it answered ${response.status}`)
      const posted = postedSchema.parse(await response.json())
      return posted.ok ? { kind: 'sent', ref: posted.ts } : refused(posted.error)
    } catch (error) {
      const why = `${name}: ${messageOf(error)}`
      return neverConnected.has(codeOf(error)) ? { kind: 'failed', fault: 'network', why } : unknown(why)
    }
  }

  const find = async (post: Post, sinceMs: number, signal: AbortSignal): Promise<Found> => {
    try {
      for (let cursor: string | undefined, page = 0; page === 0 || cursor !== undefined; page++) {
        const asked = new URLSearchParams({
          channel: post.address.channel,
          oldest: String(sinceMs / 1_000),
          include_all_metadata: 'true',
          limit: '50',
          ...(cursor === undefined ? {} : { cursor }),
        })
        const response = await call(`/history?${asked.toString()}`, undefined, signal)
        const history = historySchema.parse(await response.json())
        const found = history.messages.find(({ metadata }) => metadata?.key === post.key)
        if (found !== undefined) return { kind: 'there', ref: found.ts }
        cursor = history.cursor
      }
      return { kind: 'absent' }
    } catch (error) {
      return unknown(`${name} cannot be asked: ${messageOf(error)}`)
    }
  }

  /** Two sends to one place arrive in their order. */
  const inOrder = (post: Post, signal: AbortSignal): Promise<Delivery> => {
    const lane = addressKey(post.address)
    const sent = (lanes.get(lane) ?? Promise.resolve()).then(() => send(post, signal))
    const after = sent.finally(() => lanes.get(lane) === after && lanes.delete(lane))
    lanes.set(lane, after)
    return sent
  }

  const events = createServer((request, response) => {
    const take = async (): Promise<number> => {
      if (request.headers.authorization !== headers.authorization) return 401
      const event = eventSchema.parse(JSON.parse(await text(request)))
      if (receive === undefined) return 503
      const author = { id: event.user, name: event.user }
      const [address, sentAtMs] = [addressOf(event.channel), Math.round(event.ts * 1_000)]
      await receive({ id: event.event, address, author, text: event.text, sentAtMs })
      return 200
    }
    take().then(
      (status) => response.writeHead(status).end(),
      () => response.writeHead(503).end(),
    )
  })
  const register = async (port: number | null): Promise<void> => {
    const hook = port === null ? null : `http://127.0.0.1:${port}`
    // Without it nothing comes in; what goes out goes out all the same.
    await call('/hook', { url: hook }, new AbortController().signal).catch(() => undefined)
  }

  return {
    name,
    maxChars: mostTextChars,
    paceMs: parts.paceMs,
    afterCut: { graceMs, find },
    start: async (to) => {
      receive = to
      await once(events.listen(0, '127.0.0.1'), 'listening')
      listening = true
      await register((events.address() as AddressInfo).port)
    },
    stop: async () => {
      if (!listening) return
      listening = false
      receive = undefined
      await register(null)
      events.close()
      events.closeAllConnections()
    },
    send: inOrder,
    resolve: (target) => {
      const channel = /^chat:([a-z0-9-]{1,40})$/u.exec(target)?.[1]
      return channel === undefined ? undefined : addressOf(channel)
    },
    describe: () => `${name} at ${url}`,
  }
}

function addressOf(channel: string): Address {
  return { adapter: name, account, channel }
}

function refused(error: string): Delivery {
  return { kind: 'failed', fault: faultOfError[error] ?? 'refused', why: `${name} said ${error}` }
}

function limited(retryAfterS: number): Delivery {
  const wait = Number.isFinite(retryAfterS) ? { retryAfterMs: retryAfterS * 1_000 } : {}
  return { kind: 'failed', fault: 'rate-limit', why: `${name} has enough for now`, ...wait }
}

function unknown(why: string): { readonly kind: 'unknown'; readonly why: string } {
  return { kind: 'unknown', why }
}

/** The code of a failed fetch stands in its cause. */
function codeOf(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined
  return typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined
}
