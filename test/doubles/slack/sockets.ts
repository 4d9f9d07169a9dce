import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Attempt, Route } from './delivery.ts'
import { limits } from './limits.ts'
import { isRecord, text, type Data } from './wire.ts'

/** Socket Mode (https://docs.slack.dev/apis/events-api/using-socket-mode). */
export type Sockets = {
  /** The path of a socket that may be opened with it, once. */
  readonly ticket: () => string
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Sends on any open socket; refused where it is not acknowledged in time, or the socket closes before. */
  readonly route: Route
  readonly count: () => number
  /** Asks every socket to connect anew, and closes it a moment later; after a `warning` it stays open for now. */
  readonly refresh: (reason?: 'refresh_requested' | 'warning') => void
  /** Cuts every socket without a word. */
  readonly drop: () => void
  readonly close: () => void
}

type Pending = { readonly socket: WebSocket; readonly settle: (attempt: Attempt) => void }

export function createSockets(options: {
  readonly appId: string
  readonly ackMs: number
  readonly pingMs: number
  /** So long a socket lives after it was asked to connect anew. */
  readonly lingerMs: number
}): Sockets {
  const server = new WebSocketServer({ noServer: true })
  const tickets = new Set<string>()
  const open = new Set<WebSocket>()
  const pending = new Map<string, Pending>()
  let turn = 0
  const welcome = (socket: WebSocket): void => {
    if (open.size >= limits.sockets) {
      tell(socket, { type: 'disconnect', reason: 'too_many_websockets', debug_info: {} })
      socket.close()
      return
    }
    open.add(socket)
    const pings = setInterval(() => socket.ping(), options.pingMs)
    socket.on('message', (data: Buffer) => acknowledge(read(data.toString())))
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      clearInterval(pings)
      open.delete(socket)
      for (const { socket: of, settle } of pending.values())
        if (of === socket) settle({ kind: 'refused', reason: 'connection_failed' })
    })
    tell(socket, {
      type: 'hello',
      num_connections: open.size,
      connection_info: { app_id: options.appId },
      debug_info: { host: 'double', approximate_connection_time: 18_060 },
    })
  }
  const acknowledge = (said: Data): void => {
    const payload = said['payload']
    const response = isRecord(payload) && Object.keys(payload).length > 0 ? payload : undefined
    pending.get(text(said, 'envelope_id'))?.settle({ kind: 'acknowledged', response })
  }
  return {
    ticket: () => {
      const ticket = randomUUID()
      tickets.add(ticket)
      return `/link/?ticket=${ticket}&app_id=${options.appId}`
    },
    upgrade: (request, socket, head) => {
      const ticket = new URL(request.url ?? '/', 'http://double').searchParams.get('ticket') ?? ''
      if (!tickets.delete(ticket)) {
        socket.end('HTTP/1.1 409 Conflict\r\nConnection: close\r\n\r\n')
        return
      }
      server.handleUpgrade(request, socket, head, welcome)
    },
    route: (parcel, retry) => {
      const ready = [...open].filter((socket) => socket.readyState === socket.OPEN)
      const socket = ready[turn++ % Math.max(ready.length, 1)]
      if (socket === undefined) return Promise.resolve({ kind: 'refused', reason: 'connection_failed' })
      const id = randomUUID()
      return new Promise((resolve) => {
        const settle = (attempt: Attempt): void => {
          clearTimeout(timer)
          pending.delete(id)
          resolve(attempt)
        }
        const timer = setTimeout(() => settle({ kind: 'refused', reason: 'timeout' }), options.ackMs)
        pending.set(id, { socket, settle })
        tell(socket, {
          envelope_id: id,
          ...parcel,
          accepts_response_payload: parcel.type !== 'events_api',
          ...(parcel.type === 'events_api'
            ? { retry_attempt: retry?.num ?? 0, retry_reason: retry?.reason ?? '' }
            : {}),
        })
      })
    },
    count: () => open.size,
    refresh: (reason = 'refresh_requested') => {
      for (const socket of open) {
        tell(socket, { type: 'disconnect', reason, debug_info: { host: 'double' } })
        if (reason === 'warning') continue
        // It gets no more events, but what it has may still be acknowledged.
        open.delete(socket)
        setTimeout(() => socket.close(), options.lingerMs).unref()
      }
    },
    drop: () => {
      for (const socket of open) socket.terminate()
    },
    close: () => {
      for (const socket of server.clients) socket.terminate()
      server.close()
    },
  }
}

function tell(socket: WebSocket, message: Data): void {
  socket.send(JSON.stringify(message))
}

function read(source: string): Data {
  const value: unknown = JSON.parse(source)
  return isRecord(value) ? value : {}
}
