import { createAdaptorServer, type Http2Bindings, type HttpBindings } from '@hono/node-server'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'

/** What answers requests; a Hono app is one. */
export type Answering = {
  readonly fetch: (request: Request, env: HttpBindings | Http2Bindings) => Response | Promise<Response>
}

/** A server on a TCP port. */
export type Listener = {
  /** Resolves when it listens, or when it knows why not; it then tries again by itself until it does. */
  readonly start: () => Promise<void>
  /** Takes no more requests and resolves when the port is let go, after `mostStopMs` at the latest. */
  readonly stop: () => Promise<void>
  /** The port, once it listens. */
  readonly port: () => number | undefined
  /** `on 127.0.0.1:5000`, or why it does not listen. */
  readonly describe: () => string
}

type Parts = {
  readonly app: Answering
  readonly host: string
  readonly port: number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Log
}

/** How often a port that another program holds is tried again. */
const portRetryMs = 5_000
/** How long an open request may go on when the server stops. */
const mostStopMs = 2_000

/** Bounds on how long and how much one client may keep the server busy. */
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16_384,
}
const mostConnections = 512

export function createListener({ app, host, port, sleep, log }: Parts): Listener {
  const ended = new AbortController()
  let server: Server | undefined
  let starting: Promise<void> | undefined
  let stopping: Promise<void> | undefined
  /** The requests that are not answered to their end. */
  const open = new Set<ServerResponse>()
  let state = 'not listening yet'

  const listen = async (): Promise<void> => {
    const next = serverOf(app)
    try {
      await once(next.listen(port, host), 'listening')
    } catch (error) {
      return retryLater(error)
    }
    next.on('request', (_, response: ServerResponse) => {
      open.add(response)
      response.once('close', () => open.delete(response))
    })
    next.on('error', (error) => log.error({ fault: 'network', err: error }, 'an HTTP connection failed'))
    if (state.startsWith('off')) log.info(`HTTP is back: port ${port} is free`)
    server = next
    state = `on ${host.includes(':') ? `[${host}]` : host}:${portOf(next)}`
  }

  const retryLater = (thrown: unknown): void => {
    const isTaken = thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE'
    const why = isTaken
      ? `port ${port} is taken by another program; free it, or set http.port or MOLTBOT_HTTP_PORT`
      : messageOf(thrown)
    if (!state.startsWith('off')) {
      log.error({ fault: isTaken ? 'in-use' : 'network', err: thrown }, `HTTP is off: ${why}`)
    }
    state = `off: ${why}`
    void sleep(portRetryMs, ended.signal).then(
      () => (starting = listen()),
      () => undefined,
    )
  }

  const close = async (): Promise<void> => {
    ended.abort()
    await starting
    if (server?.listening !== true) return
    const closed = once(server, 'close')
    server.close()
    const answered = Promise.all([...open].map((response) => once(response, 'close')))
    const limit = new AbortController()
    await Promise.race([answered, sleep(mostStopMs, limit.signal).catch(() => undefined)])
    limit.abort()
    server.closeAllConnections()
    await closed
    state = 'stopped'
  }

  return {
    start: () => (starting = listen()),
    stop: () => (stopping ??= close()),
    port: () => (server?.listening === true ? portOf(server) : undefined),
    describe: () => state,
  }
}

/** An HTTP server with bounds on how long and how much a client may keep it busy. */
export function serverOf(app: Answering): Server {
  const server = createAdaptorServer({ fetch: app.fetch, createServer, serverOptions: limits })
  if (!(server instanceof Object && 'closeIdleConnections' in server)) throw new Error('not an HTTP/1 server')
  server.maxConnections = mostConnections
  return server
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
