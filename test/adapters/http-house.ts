import { once } from 'node:events'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { setTimeout as sleepFor } from 'node:timers/promises'
import type { Receive } from '../../src/adapter.ts'
import { createHttp, type Http, type Readiness } from '../../src/adapters/http/http.ts'
import type { AllRuns } from '../../src/adapters/http/own-runs.ts'
import type { Log } from '../../src/log.ts'
import { addressKey, type Address, type Delivery, type Message, type Post } from '../../src/message.ts'

type State = 'queued' | Delivery['kind']

export type HttpHouse = {
  readonly http: Http
  /** The messages that were answered, in order. */
  readonly answered: readonly Message[]
  /** Writes a post that answers nothing, and sends it. */
  readonly tell: (conversation: string, text: string) => Promise<void>
  /** What became of the posts, in order. */
  readonly states: () => readonly State[]
  readonly logged: readonly string[]
  readonly url: string
}

type Options = {
  /** The answer to a message; `re: ` and its text if absent. */
  readonly answer?: (message: Message) => Promise<string>
  readonly receive?: Receive
  readonly readiness?: () => Readiness
  readonly allowedHosts?: readonly string[]
  readonly port?: number
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
  readonly runs?: AllRuns
  /** What is fetched is written down as such only after this. */
  readonly settling?: Promise<void>
}

/** Where no task has ever run. */
export const noRuns: AllRuns = { history: () => [], progressOf: () => undefined }

/** HTTP on a loopback port of its own, in front of rows that keep the promises of the inbox and the outbox. */
export async function openHttp(t: TestContext, options: Options = {}): Promise<HttpHouse> {
  const answered: Message[] = []
  const logged: string[] = []
  const rows: { id: number; lane: string; post: Post; state: State }[] = []
  const taken = new Set<string>()
  const note = (...parts: readonly unknown[]): void => void logged.push(parts.map(String).join(' '))
  const log: Log = { debug: note, info: note, warn: note, error: note }
  const commit = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))

  const http = createHttp({
    host: '127.0.0.1',
    port: options.port ?? 0,
    allowedHosts: () => options.allowedHosts ?? [],
    readiness: options.readiness ?? (() => ({ ready: true, troubles: [] })),
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'moltbot_up 1\n' }),
    answersTo: (lane, messageId) => rows.filter((row) => row.lane === lane && row.post.answers === messageId),
    routes: [],
    held: (lane) => rows.filter((row) => row.lane === lane && row.state === 'held'),
    settle: async (ids) => {
      await (options.settling ?? commit())
      for (const row of rows) if (ids.includes(row.id)) row.state = 'sent'
    },
    runs: options.runs ?? noRuns,
    now: () => 1,
    sleep: options.sleep ?? ((ms, signal) => sleepFor(ms, undefined, { signal, ref: false })),
    log,
  })

  const deliver = async (address: Address, text: string, answers: string | null): Promise<void> => {
    await commit()
    const id = rows.length + 1
    const post: Post = { key: `${id}`, address, answers, reply: { text, status: 'done' }, createdAtMs: 1 }
    const row = { id, lane: addressKey(address), post, state: 'queued' as State }
    rows.push(row)
    const { kind } = await http.send(post, new AbortController().signal)
    await commit()
    if (row.state === 'queued') row.state = kind
  }

  const receive: Receive = async (message) => {
    const isNew = !taken.has(message.id)
    taken.add(message.id)
    await commit()
    if (!isNew) return 'duplicate'
    answered.push(message)
    void (options.answer?.(message) ?? Promise.resolve(`re: ${message.text}`)).then((text) =>
      deliver(message.address, text, message.id),
    )
    return 'accepted'
  }

  await http.start(options.receive ?? receive, async () => {})
  t.after(http.stop)
  return {
    http,
    answered,
    logged,
    tell: (channel, text) => deliver({ adapter: 'http', account: 'local', channel }, text, null),
    states: () => rows.map(({ state }) => state),
    url: `http://127.0.0.1:${http.port() ?? 0}`,
  }
}

export type Got = { readonly status: number; readonly body: unknown }

/** Posts a message, or whatever else is given as the body. */
export async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Got> {
  const response = await fetch(`${url}/api/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

export async function get(url: string, headers: Record<string, string> = {}): Promise<Got> {
  const response = await fetch(url, { headers })
  return { status: response.status, body: await response.json() }
}

/** Sends bytes as they are and resolves with all that comes back until the server closes. */
export async function raw(port: number | undefined, text: string): Promise<string> {
  const socket = connect(port ?? 0, '127.0.0.1')
  let got = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => (got += chunk))
  socket.on('error', () => undefined)
  socket.write(text)
  await once(socket, 'close')
  return got
}

/** Resolves when the condition holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}
