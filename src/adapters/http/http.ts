import { createAdaptorServer } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { z } from 'zod'
import type { Adapter, Receive } from '../../adapter.ts'
import { FaultError, faultOf, messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { addressKey, type Address, type Message } from '../../message.ts'
import type { Pending } from '../../store/outbox.ts'
import { createAsks } from '../asks.ts'
import { guardAgainstPages } from './guard.ts'

/** Whether Moltbot can take work, and what keeps it from it. */
export type Readiness = { readonly ready: boolean; readonly troubles: readonly string[] }

type Parts = {
  readonly host: string
  readonly port: number
  readonly allowedHosts: () => readonly string[]
  readonly readiness: () => Readiness
  /** The posts that answer a message, and those that are kept for a conversation. */
  readonly answersTo: (lane: string, messageId: string) => readonly Pending[]
  readonly held: (lane: string) => readonly Pending[]
  /** Marks a kept post as fetched. */
  readonly settle: (id: number) => Promise<void>
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Log
}

/** The HTTP platform; `url` is where it listens once it does. */
export type Http = Adapter & { readonly app: Hono; readonly port: () => number | undefined }

const name = z.string().min(1).max(200)
const body = z.strictObject({
  text: z.string(),
  /** The client's own id of the message: sent again with the same id it is answered once. */
  id: name.optional(),
  conversation: name.optional(),
  /** False answers at once, and the reply is fetched later. */
  wait: z.boolean().optional(),
})

const mostBodyBytes = 256 * 1024
/** How often a port that another program holds is tried again. */
const portRetryMs = 5_000

export function createHttp(parts: Parts): Http {
  const { host, port, now, log } = parts
  const asks = createAsks()
  const ended = new AbortController()
  let receive: Receive = () => Promise.reject(new Error('HTTP is not started'))
  let server: Server | undefined
  let listening = 'not listening yet'

  const app = new Hono()
  app.use(guardAgainstPages(() => ['127.0.0.1', 'localhost', '[::1]', ...parts.allowedHosts()]))
  app.use(
    bodyLimit({
      maxSize: mostBodyBytes,
      onError: (c) =>
        c.json({ fault: 'too-long', error: `the body may have ${mostBodyBytes} bytes at most` }, 413),
    }),
  )
  app.onError((error, c) => {
    const fault = faultOf(error)
    if (fault === 'internal') log.error({ fault, err: error }, 'an HTTP request failed')
    return c.json(
      { fault, error: fault === 'internal' ? 'something went wrong; see the log' : messageOf(error) },
      fault === 'overloaded' ? 503 : 500,
    )
  })
  app.notFound((c) =>
    c.json({ fault: 'unsupported', error: `there is no ${c.req.method} ${c.req.path}` }, 404),
  )

  app.get('/healthz', (c) => c.json({ alive: true }))
  app.get('/readyz', (c) => {
    const readiness = parts.readiness()
    return c.json(readiness, readiness.ready ? 200 : 503)
  })

  app.post('/api/messages', async (c) => {
    const raw: unknown = await c.req.json().catch(() => undefined)
    const read = body.safeParse(raw)
    if (!read.success) {
      const error = raw === undefined ? 'the body is not JSON' : z.prettifyError(read.error)
      return c.json({ fault: 'bad-request', error }, 400)
    }
    const { text, id, conversation, wait } = read.data
    const message: Message = {
      id: id ?? randomUUID(),
      address: addressOf(conversation),
      author: { id: 'local', name: 'local' },
      text,
      sentAtMs: now(),
    }
    if (wait === false) {
      await receive(message)
      return c.json({ id: message.id }, 202)
    }
    const asked = await asks.ask(message, receive, AbortSignal.any([c.req.raw.signal, ended.signal]))
    if (asked.kind === 'duplicate') return answers(c, message.address, message.id)
    return c.json({ id: message.id, replies: [asked.reply] })
  })
  app.get('/api/messages/:id', (c) => answers(c, addressOf(c.req.query('conversation')), c.req.param('id')))
  app.get('/api/messages', async (c) => {
    const held = parts.held(addressKey(addressOf(c.req.query('conversation'))))
    for (const { id } of held) await parts.settle(id)
    return c.json({ replies: held.map(({ post }) => post.reply) })
  })

  const answers = async (c: Context, address: Address, id: string): Promise<Response> => {
    const found = parts.answersTo(addressKey(address), id)
    for (const one of found) await parts.settle(one.id)
    return c.json({ id, replies: found.map(({ post }) => post.reply) }, found.length === 0 ? 202 : 200)
  }

  const listen = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      try {
        server = serverOf(app)
        await once(server.listen(port, host), 'listening')
        listening = `on ${urlHost(host)}:${portOf(server)}`
        return
      } catch (error) {
        const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
        const remedy = isTaken
          ? `port ${port} is taken by another program; free it, or set http.port or MOLTBOT_HTTP_PORT`
          : messageOf(error)
        if (!listening.startsWith('off'))
          log.error({ fault: isTaken ? 'in-use' : 'network', err: error }, `HTTP is off: ${remedy}`)
        listening = `off: ${remedy}`
        void retryLater()
        return
      }
    }
  }
  const retryLater = (): Promise<void> => parts.sleep(portRetryMs, ended.signal).then(listen, () => undefined)

  return {
    name: 'http',
    maxChars: Infinity,
    afterCut: 'resend',
    app,
    port: () => (server?.listening === true ? portOf(server) : undefined),
    start: async (to) => {
      receive = to
      await listen()
    },
    stop: async () => {
      ended.abort(new FaultError('overloaded', 'Moltbot is stopping; ask again with the same id in a moment'))
      if (server?.listening !== true) return
      server.closeIdleConnections()
      const closed = once(server, 'close')
      server.close()
      await closed
    },
    send: async (post) => (asks.offer(post) ? { kind: 'sent' } : { kind: 'held' }),
    resolve: (target) => (target.startsWith('http:') ? addressOf(target.slice('http:'.length)) : undefined),
    describe: () => `http ${listening}`,
  }
}

function addressOf(conversation: string | undefined): Address {
  return { adapter: 'http', account: 'local', channel: conversation ?? 'default' }
}

/** An HTTP server with bounds on how long and how much a client may keep it busy. Timeouts in milliseconds. */
export function serverOf(app: Hono): Server {
  const limits = {
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: 2_000,
    maxHeaderSize: 16_384,
  }
  const server = createAdaptorServer({ fetch: app.fetch, createServer, serverOptions: limits })
  if (!(server instanceof Object && 'closeIdleConnections' in server)) throw new Error('not an HTTP/1 server')
  server.maxConnections = 512
  return server
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
