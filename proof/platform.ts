import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleepFor } from 'node:timers/promises'
import { z } from 'zod'
import { mostTextChars } from './chat.ts'
import { listHistory, type Held } from './platform-history.ts'

/**
 * How a post goes. Taken and answered: `at-once`, `slow` (taken a moment after it came), `late` (answered long after).
 * Taken, and the answer is `never` given, a `reset` of the connection or an `error-after`. Not taken: `error-before`
 * looks the same from outside; `limited` and `busy` say so.
 */
export type Mood =
  'at-once' | 'slow' | 'late' | 'never' | 'reset' | 'error-after' | 'error-before' | 'limited' | 'busy'

/** A chat platform that behaves as Slack does where it matters, on a loopback port. */
export type ChatPlatform = AsyncDisposable & {
  readonly url: string
  readonly token: string
  /** All that it took, in that order. */
  readonly held: () => readonly Held[]
  /** How often it took each key. */
  readonly taken: () => ReadonlyMap<string, number>
  /** Delivers what a person says; resolves when it knows whether it was taken in. */
  readonly say: (text: string, event?: string) => Promise<'acknowledged' | 'refused'>
  /** From now on nobody reaches it any more. */
  readonly vanish: () => Promise<void>
}

type Options = {
  /** How the next post goes. */
  readonly mood: () => Mood
  /** True where the next question for the history fails. */
  readonly isHistoryBroken?: () => boolean
  /** How long it takes until the history shows what was taken. */
  readonly lagMs?: () => number
  readonly slowMs?: () => number
  readonly lateMs?: () => number
}

export const person = 'U1'
const channelPattern = /^[a-z0-9-]{1,40}$/u
const retryAfterS = 1

const postSchema = z.object({
  channel: z.string(),
  thread: z.string().optional(),
  text: z.string(),
  metadata: z.object({ key: z.string().min(1) }),
})
const hookSchema = z.object({ url: z.url().nullable() })

export async function createChatPlatform(options: Options): Promise<ChatPlatform> {
  const { mood, isHistoryBroken = () => false, lagMs = () => 0 } = options
  const { slowMs = () => 0, lateMs = () => 0 } = options
  const token = randomUUID()
  const held: Held[] = []
  let hook: string | null = null
  let events = 0

  const take = ({ metadata: { key }, ...post }: z.output<typeof postSchema>): string => {
    const nowMs = Date.now()
    const ts = `${(nowMs / 1_000).toFixed(3)}${String(held.length % 1_000).padStart(3, '0')}`
    held.push({ ...post, key, ts, takenAtMs: nowMs, shownAtMs: nowMs + lagMs() })
    return ts
  }

  const answerPost = async (body: unknown, response: ServerResponse): Promise<void> => {
    const { success, data } = postSchema.safeParse(body)
    if (!success) return answer(response, 200, { ok: false, error: 'invalid_arguments' })
    if (!channelPattern.test(data.channel))
      return answer(response, 200, { ok: false, error: 'channel_not_found' })
    if (data.text === '') return answer(response, 200, { ok: false, error: 'no_text' })
    if (data.text.length > mostTextChars) return answer(response, 200, { ok: false, error: 'msg_too_long' })
    const how = mood()
    if (how === 'limited') {
      response.setHeader('retry-after', retryAfterS)
      return answer(response, 429, { ok: false, error: 'ratelimited' })
    }
    if (how === 'busy') return answer(response, 200, { ok: false, error: 'service_unavailable' })
    if (how === 'error-before') return answer(response, 503, {})
    // A client that went away in the meantime changes nothing: what has come is taken.
    if (how === 'slow') await sleepFor(slowMs())
    const ts = take(data)
    if (how === 'never') return
    if (how === 'reset') return void response.socket?.resetAndDestroy()
    if (how === 'error-after') return answer(response, 500, {})
    if (how === 'late') await sleepFor(lateMs())
    answer(response, 200, { ok: true, ts })
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://platform')
    const body = await text(request)
    if (request.headers.authorization !== `Bearer ${token}`)
      return answer(response, 200, { ok: false, error: 'invalid_auth' })
    switch (`${request.method} ${pathname}`) {
      case 'POST /post':
        return answerPost(JSON.parse(body), response)
      case 'GET /history':
        if (isHistoryBroken()) return answer(response, 503, {})
        return answer(response, 200, listHistory(held, searchParams, Date.now()))
      case 'POST /hook':
        hook = hookSchema.parse(JSON.parse(body)).url
        return answer(response, 200, { ok: true })
      default:
        return answer(response, 404, {})
    }
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const vanish = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  return {
    url: `http://127.0.0.1:${port}`,
    token,
    held: () => held,
    taken: () => new Map([...Map.groupBy(held, ({ key }) => key)].map(([key, all]) => [key, all.length])),
    say: async (said, event = `event-${++events}`) => {
      if (hook === null) return 'refused'
      const body = JSON.stringify({
        event,
        channel: 'general',
        user: person,
        text: said,
        ts: Date.now() / 1_000,
      })
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const answered = await fetch(hook, { method: 'POST', headers, body }).catch(() => undefined)
      return answered?.ok === true ? 'acknowledged' : 'refused'
    },
    vanish,
    [Symbol.asyncDispose]: vanish,
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
