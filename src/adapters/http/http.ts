import type { HttpBindings } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Adapter, Receive } from '../../adapter.ts'
import { FaultError, faultOf, messageOf, type Fault } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { addressKey, type Address, type Message, type Reply } from '../../message.ts'
import type { Pending } from '../../store/outbox.ts'
import { createAsks } from '../asks.ts'
import { guardAgainstPages } from './guard.ts'
import { ownRuns, type AllRuns } from './own-runs.ts'
import { runRoutes } from './runs.ts'
import { createListener } from './server.ts'

/** Whether Moltbot can take work, and what keeps it from it. */
export type Readiness = { readonly ready: boolean; readonly troubles: readonly string[] }

/** A path at which another platform is called from outside. */
export type Route = {
  readonly path: string
  readonly handle: (request: Request) => Promise<Response>
}

/** A post that is written down. */
type Row = Pick<Pending, 'id' | 'post'>

type Parts = {
  readonly host: string
  readonly port: number
  readonly allowedHosts: () => readonly string[]
  readonly readiness: () => Readiness
  /** What a Prometheus server reads. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>
  /** The posts that answer a message, and those that are kept for a conversation. */
  readonly answersTo: (lane: string, messageId: string) => readonly Row[]
  readonly held: (lane: string) => readonly Row[]
  /** Marks kept posts as fetched. */
  readonly settle: (ids: readonly number[]) => Promise<unknown>
  readonly runs: AllRuns
  /** Paths of other platforms, which check themselves who calls. */
  readonly routes: readonly Route[]
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Log
}

/** The HTTP platform; `port` is where it listens once it does. */
export type Http = Adapter & { readonly port: () => number | undefined }

/** Whoever reaches this machine's own address, and the key of that person. */
const local = { id: 'local', name: 'local' }
const localPerson = 'http/local/local'

type Exchange = Context<{ Bindings: HttpBindings }>

/** What a client may call a message or a conversation. */
const name = z
  .string()
  .min(1)
  .max(200)
  .refine(
    (text) => text.isWellFormed() && !/\p{Cc}/u.test(text),
    'has a control character or half a character',
  )
const body = z.strictObject({
  text: z.string(),
  /** The client's own id of the message: sent again with the same id it is answered once. */
  id: name.optional(),
  conversation: name.optional(),
  /** False answers at once, and the reply is fetched later. */
  wait: z.boolean().optional(),
})
const query = z.object({ conversation: name.optional() })

const mostBodyBytes = 256 * 1024

/** What keeps Moltbot from taking a message just now; the same request may do later. */
const mayPass: ReadonlySet<Fault> = new Set(['overloaded', 'disk-full', 'read-only', 'in-use'])

export function createHttp(parts: Parts): Http {
  const { now, log } = parts
  const asks = createAsks()
  const ended = new AbortController()
  /** Kept posts that a response is just taking along. */
  const leaving = new Set<number>()
  const settling = new Set<Promise<void>>()
  let receive: Receive = () => Promise.reject(new Error('HTTP is not started'))

  const broken = (error: unknown, path: string): Response => {
    log.error({ fault: faultOf(error), err: error, path }, 'a request from outside failed')
    return new Response(null, { status: 503 })
  }

  const app = new Hono<{ Bindings: HttpBindings }>()
  for (const { path, handle } of parts.routes)
    app.all(path, (c) => handle(c.req.raw).catch((error: unknown) => broken(error, path)))
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
    if (error instanceof z.ZodError)
      return c.json({ fault: 'bad-request', error: z.prettifyError(error) }, 400)
    if (fault === 'internal') log.error({ fault, err: error }, 'an HTTP request failed')
    return c.json(
      { fault, error: fault === 'internal' ? 'something went wrong; see the log' : messageOf(error) },
      mayPass.has(fault) ? 503 : 500,
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

  app.get('/metrics', async (c) => {
    const { contentType, text } = await parts.metrics()
    return c.body(text, 200, { 'content-type': contentType })
  })

  app.post('/api/messages', async (c) => {
    const sent = await c.req.text()
    const raw = readJson(sent)
    if (raw === undefined) return c.json({ fault: 'bad-request', error: 'the body is not JSON' }, 400)
    const { text, id = randomUUID(), conversation, wait } = body.parse(raw)
    const message = messageFrom(text, id, conversation)
    if (wait === false) {
      await receive(message)
      return c.json({ id }, 202)
    }
    const asked = await asks.ask(message, receive, AbortSignal.any([c.req.raw.signal, ended.signal]))
    if (asked.kind === 'duplicate') return answers(c, id, conversation)
    return c.json({ id, replies: [toldOf(asked.reply)] })
  })
  app.get('/api/messages/:id', (c) => {
    const { conversation } = query.parse(c.req.query())
    return answers(c, name.parse(c.req.param('id')), conversation)
  })
  app.get('/api/messages', (c) => {
    const { conversation } = query.parse(c.req.query())
    const held = parts.held(addressKey(addressOf(conversation))).filter(({ id }) => !leaving.has(id))
    takeAlong(c, held)
    return c.json({ replies: held.map(({ post }) => toldOf(post.reply)) })
  })

  app.route('/api/runs', runRoutes({ ...parts, runs: ownRuns(parts.runs, localPerson), ended: ended.signal }))

  const messageFrom = (text: string, id: string, conversation: string | undefined): Message => ({
    id: eventOf(id, conversation),
    address: addressOf(conversation),
    author: local,
    text,
    sentAtMs: now(),
  })

  const answers = (c: Exchange, id: string, conversation: string | undefined): Response => {
    const found = parts.answersTo(addressKey(addressOf(conversation)), eventOf(id, conversation))
    takeAlong(c, found)
    return c.json(
      { id, replies: found.map(({ post }) => toldOf(post.reply)) },
      found.length === 0 ? 202 : 200,
    )
  }

  /** Marks posts as fetched once the response that carries them is written; one that breaks off leaves them kept. */
  const takeAlong = (c: Exchange, posts: readonly Row[]): void => {
    if (c.req.method === 'HEAD') return
    const { outgoing } = c.env
    const ids = posts.map(({ id }) => id)
    for (const id of ids) leaving.add(id)
    const leave = async (): Promise<void> => {
      try {
        if (outgoing.writableFinished && ids.length > 0) await parts.settle(ids)
      } catch (error) {
        log.error({ fault: faultOf(error), err: error }, 'a fetched reply is still marked as kept')
      }
      for (const id of ids) leaving.delete(id)
    }
    outgoing.once('close', () => {
      const left = leave().finally(() => settling.delete(left))
      settling.add(left)
    })
  }

  const listener = createListener({ ...parts, app })
  return {
    name: 'http',
    maxChars: Infinity,
    afterCut: 'resend',
    port: listener.port,
    start: (to) => {
      receive = to
      return listener.start()
    },
    stop: async () => {
      ended.abort(new FaultError('overloaded', 'Moltbot is stopping; ask again with the same id in a moment'))
      await listener.stop()
      // What was fetched just now must not be there again after the next start.
      await Promise.all(settling)
    },
    send: async (post) => (asks.offer(post) ? { kind: 'sent' } : { kind: 'held' }),
    resolve: (target) => {
      const read = name.safeParse(/^http:(.*)$/u.exec(target)?.[1])
      return read.success ? addressOf(read.data) : undefined
    },
    trouble: () => (listener.port() === undefined ? `http ${listener.describe()}` : undefined),
    describe: () => `http ${listener.describe()}`,
  }
}

function addressOf(conversation = 'default'): Address {
  return { adapter: 'http', account: 'local', channel: conversation }
}

/** The event of a message: clients that count 1, 2, 3 each in a conversation of their own do not meet. */
function eventOf(id: string, conversation = 'default'): string {
  return `${encodeURIComponent(conversation)}/${id}`
}

/** What a body holds, or undefined if it is not JSON. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A reply as programs get it, without what it means to our own rows and buttons. */
function toldOf(reply: Reply): Omit<Reply, 'shows' | 'asks' | 'closes'> {
  const { shows: _, asks: __, closes: ___, ...told } = reply
  return told
}
