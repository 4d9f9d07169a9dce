import { createHmac, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** The least of Slack that a bot needs to answer: it sends signed events, and takes what is posted. */
export type Workspace = AsyncDisposable & {
  readonly apiUrl: string
  readonly signingSecret: string
  readonly token: string
  /**
   * A person writes in a channel, each time another one, because a bot may post once a second in each. Resolves once the event is acknowledged and the answer
   * has been posted. Throws where the acknowledgement is no 200, or the answer is another than the expected one.
   */
  readonly say: (eventsUrl: string, said: string, expected: (answer: string) => boolean) => Promise<Timing>
  /** Calls of methods besides chat.postMessage, by name. */
  readonly otherCalls: () => Readonly<Record<string, number>>
  /** Posts to channels in which nobody waited for one: answers that came twice. */
  readonly unexpected: () => number
}

/** Milliseconds since the event was sent. */
export type Timing = { readonly ackMs: number; readonly answerMs: number }

const team = 'T0BENCH'
const user = 'U0PERSON'
const bot = { userId: 'U0BOT', botId: 'B0BOT', token: 'xoxb-bench' }
const mostAnswerMs = 30_000

export async function openWorkspace(): Promise<Workspace> {
  const signingSecret = randomUUID()
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const waiting = new Map<string, (answer: string) => void>()
  const others: Record<string, number> = {}
  let [messages, unexpected] = [0, 0]

  const post = (fields: URLSearchParams): object => {
    const channel = fields.get('channel') ?? ''
    const answer = waiting.get(channel)
    waiting.delete(channel)
    if (answer === undefined) unexpected++
    answer?.(fields.get('text') ?? '')
    return { ok: true, channel, ts: tsNow(), message: { text: fields.get('text') } }
  }
  const call = (method: string, fields: URLSearchParams): object => {
    if (method === 'chat.postMessage') return post(fields)
    others[method] = (others[method] ?? 0) + 1
    if (method === 'auth.test')
      return {
        ok: true,
        url: 'http://bench',
        team: 'bench',
        team_id: team,
        user: 'bot',
        user_id: bot.userId,
        bot_id: bot.botId,
      }
    if (method === 'users.info')
      return { ok: true, user: { id: fields.get('user'), name: 'ann', real_name: 'Ann' } }
    return { ok: true, channels: [], messages: [] }
  }

  const server = createServer((incoming, response) => {
    const answer = async (): Promise<void> => {
      const body = await text(incoming)
      const method = (incoming.url ?? '').replace(/^\/api\//u, '')
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
      response.end(JSON.stringify(call(method, new URLSearchParams(body))))
    }
    void answer()
  })
  server.keepAliveTimeout = 60_000 // ms; longer than the pauses of the bench
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo

  const tsNow = (): string =>
    `${(Date.now() / 1_000).toFixed(3)}${String(++messages % 1_000).padStart(3, '0')}`
  const eventOf = (channel: string, said: string): string => {
    const ts = tsNow()
    const event = {
      type: 'message',
      channel,
      channel_type: 'channel',
      user,
      team,
      text: said,
      ts,
      event_ts: ts,
      client_msg_id: randomUUID(),
    }
    return JSON.stringify({
      token: 'bench',
      team_id: team,
      api_app_id: 'A0BENCH',
      event,
      type: 'event_callback',
      event_id: `Ev${messages}`,
      event_time: Math.floor(Date.now() / 1_000),
      authorizations: [
        {
          enterprise_id: null,
          team_id: team,
          user_id: bot.userId,
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
      is_ext_shared_channel: false,
      event_context: `4-${messages}`,
    })
  }
  const deliver = (eventsUrl: string, body: string): Promise<number> => {
    const timestamp = String(Math.floor(Date.now() / 1_000))
    const signature = `v0=${createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex')}`
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': signature,
    }
    return new Promise((resolve, reject) => {
      const outgoing = request(
        eventsUrl,
        { method: 'POST', agent, headers, timeout: mostAnswerMs },
        (incoming) => {
          incoming.resume()
          incoming.on('end', () => resolve(incoming.statusCode ?? 0))
        },
      )
      outgoing.on('timeout', () => outgoing.destroy(new Error('no acknowledgement')))
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }

  return {
    apiUrl: `http://127.0.0.1:${port}/api/`,
    signingSecret,
    token: bot.token,
    say: async (eventsUrl, said, expected) => {
      const channel = `C${String(messages + 1).padStart(9, '0')}`
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      waiting.set(channel, resolve)
      const tooLate = setTimeout(() => reject(new Error(`no answer in ${channel}`)), mostAnswerMs)
      const startedMs = performance.now()
      const answered = promise.then((answer) => ({ answer, answerMs: performance.now() - startedMs }))
      const status = await deliver(eventsUrl, eventOf(channel, said))
      const ackMs = performance.now() - startedMs
      if (status !== 200) throw new Error(`the event was answered with ${status}`)
      const { answer, answerMs } = await answered.finally(() => clearTimeout(tooLate))
      if (!expected(answer))
        throw new Error(`${JSON.stringify(said)} was answered with ${JSON.stringify(answer)}`)
      return { ackMs, answerMs }
    },
    otherCalls: () => others,
    unexpected: () => unexpected,
    [Symbol.asyncDispose]: async () => {
      agent.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
}
