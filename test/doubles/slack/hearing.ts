import { once } from 'node:events'
import { WebSocket } from 'ws'
import { ask } from './ask.ts'
import type { SlackDouble } from './slack.ts'
import { isRecord, part, text, type Data } from './wire.ts'

/** One socket of an app, and what came over it. */
export type Hearing = {
  readonly frames: readonly Data[]
  /** The inner events, oldest first. */
  readonly events: () => readonly Data[]
  /** Resolves once so many envelopes have come. */
  readonly until: (count: number) => Promise<void>
  readonly closed: Promise<unknown>
  readonly close: () => void
}

/** Opens a socket and acknowledges all that comes, with what `answer` returns; `silent` keeps it from that. */
export async function hear(
  slack: SlackDouble,
  answer: (envelope: Data) => unknown = () => undefined,
): Promise<Hearing> {
  const { body } = await ask(slack, 'apps.connections.open', {}, slack.appToken)
  const socket = new WebSocket(text(body, 'url'))
  const frames: Data[] = []
  const watchers = new Set<() => void>()
  const envelopes = (): readonly Data[] => frames.filter((frame) => 'envelope_id' in frame)
  socket.on('message', (data: Buffer) => {
    const frame: unknown = JSON.parse(data.toString())
    if (!isRecord(frame)) return
    frames.push(frame)
    if ('envelope_id' in frame) {
      const payload = answer(frame)
      if (payload !== silent) socket.send(JSON.stringify({ envelope_id: frame['envelope_id'], payload }))
    }
    for (const watcher of watchers) watcher()
  })
  const closed = once(socket, 'close')
  await once(socket, 'message')
  return {
    frames,
    events: () => envelopes().map((envelope) => part(part(envelope, 'payload'), 'event')),
    until: (count) =>
      new Promise((resolve) => {
        const watcher = (): void => {
          if (envelopes().length < count) return
          watchers.delete(watcher)
          resolve()
        }
        watchers.add(watcher)
        watcher()
      }),
    closed,
    close: () => socket.close(),
  }
}

/** The answer that is none. */
export const silent = Symbol('silent')
