import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Duplex } from 'node:stream'
import type { buildConnector, Client, Dispatcher } from 'undici'
import { openLine, type Connect, type Hearing, type Line, type LineParts, type Socket } from './line.ts'
import type { Failure } from './line-failure.ts'
import { keepLink, steadyMs } from './link.ts'

/** The connections of Socket Mode, which are kept for ever. */
export type SocketLinks = {
  /** Begins to connect; waits for nothing. */
  readonly start: () => void
  /** Takes no more, lets what is under way be acknowledged, and ends within two seconds. */
  readonly stop: () => Promise<void>
  /** How many are open, and what is in the way where none is. */
  readonly state: () => { readonly up: number; readonly trouble?: string }
}

type Parts = Omit<LineParts, 'connect' | 'signal'> & {
  /** Slack allows ten; with one alone a refresh could leave a gap. Default 2. */
  readonly links?: number
  /** Resolves once Slack knows us: that it is connected is not said before. Default: it has. */
  readonly known?: Promise<void>
  /** True if proxies of the environment (HTTPS_PROXY, NO_PROXY) are used. Default false. */
  readonly viaProxy?: boolean
  readonly now: () => number
  readonly random: () => number
}

/** How long what is under way may take when it stops, in milliseconds; the goodbye comes on top. */
const mostStopMs = 1_400
/** A frame that is longer ends its connection. */
const maxFrameBytes = 4 * 1024 * 1024
const mostConnectMs = 10_000
const signChannels = ['undici:websocket:ping', 'undici:websocket:pong'] as const

/** Makes the connections over which Slack sends events, commands and clicks. WebSockets are loaded on first use. */
export function createSocketLinks(parts: Parts): SocketLinks {
  const { links = 2, viaProxy = false, known = Promise.resolve(), sleep, log } = parts
  const ended = new AbortController()
  const { signal } = ended
  const lines = new Set<Line>()
  let running: readonly Promise<void>[] = []
  let told: 'up' | 'down' | undefined
  let trouble = 'Slack is not connected yet'

  const countUp = (): number => [...lines].filter((line) => line.isOpen()).length

  const onOpened = (line: Line): void => {
    lines.add(line)
    void line.ended.then(() => lines.delete(line))
    if (told === undefined) {
      told = 'up'
      void known.then(() => log.info('Slack is connected'))
    }
    if (told === 'down') void tellBack(line).catch(() => undefined)
  }
  /** What is open for a moment only is not back. */
  const tellBack = async (line: Line): Promise<void> => {
    await sleep(steadyMs, signal)
    await known
    if (told === 'up' || !line.isOpen()) return
    told = 'up'
    log.info('Slack is connected again')
  }
  const onFailure = ({ plan, why }: Failure): void => {
    const found = `Slack is not connected: ${why}`
    const isNews = told !== 'down' || (plan === 'person' && found !== trouble)
    trouble = found
    if (countUp() > 0) return
    told = 'down'
    const fault = plan === 'person' ? 'refused' : 'network'
    if (isNews) log.warn({ fault }, found)
  }
  const connect: Connect = (url, hear) => openSocket(url, hear, viaProxy)
  const open = (): Promise<Line | Failure> => openLine({ ...parts, connect, signal })

  return {
    start: () => {
      const keep = (): Promise<void> => keepLink({ ...parts, open, onOpened, onFailure, signal })
      running = Array.from({ length: links }, keep)
    },
    stop: async () => {
      ended.abort()
      await Promise.all([...lines].map((line) => line.retire(mostStopMs)))
      await Promise.all(running)
    },
    state: () => {
      const up = countUp()
      return up > 0 ? { up } : { up, trouble }
    },
  }
}

/** Opens a WebSocket with undici. */
async function openSocket(url: string, hear: Hearing, viaProxy: boolean): Promise<Socket> {
  const { Agent, buildConnector, Client, EnvHttpProxyAgent, ping, WebSocket } = await import('undici')
  let connection: Duplex | undefined
  // undici lets nobody end a connection whose other side is silent, so the connection is kept when it is made.
  const factory = (origin: string | URL, options: Client.Options): Dispatcher => {
    const make =
      typeof options.connect === 'function'
        ? options.connect
        : buildConnector({ ...options.connect, allowH2: false, timeout: mostConnectMs })
    const connect: buildConnector.connector = (about, done) =>
      make(about, (...made) => {
        connection = made[1] ?? undefined
        done(...made)
      })
    return new Client(origin, { ...options, connect })
  }
  const Kind = viaProxy ? EnvHttpProxyAgent : Agent
  const dispatcher = new Kind({ factory, allowH2: false, webSocket: { maxPayloadSize: maxFrameBytes } })
  const socket = new WebSocket(url, { dispatcher })

  /** undici tells of pings in channels, which are those of the whole process. */
  const onSign = (sign: unknown): void => {
    if (typeof sign === 'object' && sign !== null && 'websocket' in sign && sign.websocket === socket)
      hear.sign()
  }
  for (const channel of signChannels) subscribe(channel, onSign)
  const destroy = (): void => {
    for (const channel of signChannels) unsubscribe(channel, onSign)
    connection?.destroy()
    void dispatcher.destroy().catch(() => undefined)
  }
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') hear.text(data)
  })
  socket.addEventListener('close', ({ code }) => {
    hear.closed(`the connection broke (code ${code})`)
    destroy()
  })
  return {
    send: (text) => socket.send(text),
    ping: () => ping(socket),
    close: () => socket.close(1000),
    destroy,
  }
}
