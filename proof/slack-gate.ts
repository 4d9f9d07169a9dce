import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/**
 * What stands between Moltbot and Slack, and lets all pass that they say to each other, over HTTP. Each exchange has three
 * points: before it is carried out, once it is, and once its answer has been passed on.
 */
export type Gate = AsyncDisposable & {
  /** For Moltbot, in place of Slack's. */
  readonly apiUrl: string
  /** For Slack, in place of Moltbot's. */
  readonly eventsUrl: string
  /** Calls `strike` at the point of this number, counted from here on, and breaks the exchange off; no other passes meanwhile. */
  readonly arm: (at: number, strike: () => Promise<void>) => void
  /** Strikes no more; resolves once it is over where it just did. */
  readonly disarm: () => Promise<void>
  /** What the point was at which it struck; undefined where it did not come to that. */
  readonly struck: () => string | undefined
}

/** `slack`: the origin of the double; `moltbot`: that of the program, once there is one. */
export async function createGate(slack: string, moltbot: () => string): Promise<Gate> {
  let left = Infinity
  let strike: (() => Promise<void>) | undefined
  let struck: string | undefined
  let striking: Promise<void> | undefined

  /** Throws where it strikes. */
  const pass = async (point: string): Promise<void> => {
    await striking
    if (strike === undefined || --left > 0) return
    struck = point
    striking = strike()
    strike = undefined
    await striking
    throw new Error('broken off')
  }
  const exchange = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url = '/', method = 'GET', headers } = incoming
    const name = url.replace(/\?.*$/u, '')
    const body = await buffer(incoming)
    await pass(`before ${name}`)
    const forwarded = request(new URL(url, url.startsWith('/slack/') ? moltbot() : slack), {
      method,
      headers,
    })
    forwarded.end(body)
    const [answer] = (await once(forwarded, 'response')) as [IncomingMessage]
    const answered = await buffer(answer)
    await pass(`after ${name}`)
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    response.end(answered)
    await once(response, 'finish')
    await pass(`after the answer of ${name}`)
  }
  const server = createServer((incoming, response) => {
    exchange(incoming, response).catch(() => response.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    apiUrl: `${origin}/api/`,
    eventsUrl: `${origin}/slack/events`,
    arm: (at, then) => {
      left = at
      strike = then
    },
    disarm: async () => {
      strike = undefined
      await striking
    },
    struck: () => struck,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
