import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'

/**
 * What stands between Moltbot and Slack, and lets all pass that they say to each other. Each exchange over HTTP has three
 * points: before it is carried out, once it is, and once its answer has been passed on; each piece over a socket has two,
 * before and after it is passed on.
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

  const sockets = new Set<Duplex>()
  const host = (): string => `127.0.0.1:${(server.address() as AddressInfo).port}`

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
    const { 'content-length': _, ...head } = answer.headers
    response.writeHead(answer.statusCode ?? 502, head)
    // Moltbot is to come here for its sockets, too.
    response.end(
      name.endsWith('connections.open')
        ? answered.toString().replace(/ws:\\?\/\\?\/[^/\\]+/u, `ws://${host()}`)
        : answered,
    )
    await once(response, 'finish')
    await pass(`after the answer of ${name}`)
  }
  /** Passes on what comes from one end of a socket, piece by piece; where it ends or is broken off, so does the other. */
  const flow = async (name: string, from: Duplex, to: Duplex): Promise<void> => {
    try {
      for await (const piece of from) {
        await pass(`before ${name}`)
        to.write(piece)
        await pass(`after ${name}`)
      }
    } finally {
      from.destroy()
      to.destroy()
    }
  }
  const server = createServer((incoming, response) => {
    exchange(incoming, response).catch(() => response.destroy())
  })
  server.on('upgrade', ({ url = '/', rawHeaders }: IncomingMessage, ours: Duplex) => {
    const { hostname, port } = new URL(slack)
    const theirs = connect(Number(port), hostname)
    const headers = rawHeaders.map((word, i) => (i % 2 === 0 ? `${word}: ` : `${word}\r\n`)).join('')
    theirs.write(`GET ${url} HTTP/1.1\r\n${headers}\r\n`)
    for (const end of [ours, theirs]) end.on('error', () => undefined)
    flow('what Slack says on a socket', theirs, ours).catch(() => undefined)
    flow('what Moltbot says on a socket', ours, theirs).catch(() => undefined)
    sockets.add(ours)
    ours.once('close', () => sockets.delete(ours))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const origin = `http://${host()}`
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
      for (const socket of sockets) socket.destroy()
    },
  }
}
