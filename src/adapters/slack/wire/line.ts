import { z } from 'zod'
import { untilAborted } from '../../../abort.ts'
import { faultOf } from '../../../errors.ts'
import type { Log } from '../../../log.ts'
import { rateLimitedMinuteMs, type Dispatch, type OnRateLimited } from './arrival.ts'
import type { SlackAnswer } from '../contract.ts'
import { failedOpening, partingFor, soon, type Failure } from './line-failure.ts'

/** One WebSocket, from the moment on which it is being opened. */
export type Socket = {
  /** Sends nothing where it is not open. */
  readonly send: (text: string) => void
  readonly ping: () => void
  /** Says goodbye; whether the connection ends then is up to the other side. */
  readonly close: () => void
  /** Ends the connection at once. */
  readonly destroy: () => void
}

/** What is heard of a WebSocket; none of it may throw. */
export type Hearing = {
  readonly text: (text: string) => void
  /** It is alive: a ping, or the answer to ours. */
  readonly sign: () => void
  /** It is over, or was never open. */
  readonly closed: (why: string) => void
}

/** Opens a WebSocket; rejects where the address is none. */
export type Connect = (url: string, hear: Hearing) => Promise<Socket>

/** Why another line must take the place of this one: Slack asks for it, and lets it live on for a while; or it is over. */
export type Parting = { readonly kind: 'refresh' } | Failure

/** One connection of Socket Mode, after its `hello`. */
export type Line = {
  readonly kind: 'line'
  readonly isOpen: () => boolean
  /** Never rejects. */
  readonly parting: Promise<Parting>
  /** Ends it once what is under way is acknowledged, or after so long. Never rejects. */
  readonly retire: (mostMs: number) => Promise<void>
  /** Resolves at its end. */
  readonly ended: Promise<void>
}

export type LineParts = {
  /** Calls `apps.connections.open`. */
  readonly open: () => Promise<SlackAnswer>
  readonly connect: Connect
  readonly dispatch: Dispatch
  readonly onRateLimited: OnRateLimited
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** Once it is aborted nothing more is taken. */
  readonly signal: AbortSignal
  readonly log: Log
}

/** How long Slack may take from the address to `hello`. */
const mostHelloMs = 15_000
/** How often we ping, and how many pings without any sign of the other side mean that it is gone. */
const pingMs = 5_000
const mostSilentPings = 3
/** Slack answers a goodbye but does not end the connection (slackapi/node-slack-sdk#2752). */
const mostGoodbyeMs = 500

const frameSchema = z.object({
  type: z.string(),
  reason: z.string().optional().catch(undefined),
  envelope_id: z.string().optional().catch(undefined),
  payload: z.unknown().optional(),
  accepts_response_payload: z.boolean().optional().catch(undefined),
  retry_attempt: z.number().optional().catch(undefined),
  retry_reason: z.string().optional().catch(undefined),
})
type Frame = z.infer<typeof frameSchema>

const addressSchema = z.object({ url: z.string() })

/**
 * Opens a line; resolves once Slack has said hello, or with why it has not. Each envelope is acknowledged over the line on
 * which it came, once `dispatch` has resolved. Never rejects.
 */
export async function openLine(parts: LineParts): Promise<Line | Failure> {
  const { open, connect, sleep, signal, log } = parts
  let socket: Socket | undefined
  const heard = listen(parts, (text) => socket?.send(text))
  const end = (why: string): void => {
    heard.closed(why)
    socket?.destroy()
  }
  const begin = async (): Promise<Failure | undefined> => {
    const answer = await untilAborted(open(), signal)
    if (answer.kind !== 'ok') return failedOpening(answer)
    socket = await connect(addressSchema.parse(answer.data).url, heard)
    const begun = new AbortController()
    const late = sleep(mostHelloMs, AbortSignal.any([signal, begun.signal])).then(
      () => soon('it did not say hello'),
      () => soon('stopped'),
    )
    const gone = heard.parting.then((why) =>
      why.kind === 'refresh' ? soon('it asked for another connection before it said hello') : why,
    )
    return Promise.race([heard.hello, gone, late]).finally(() => begun.abort())
  }
  const watch = async (): Promise<void> => {
    for (let silent = 0; silent < mostSilentPings; silent = heard.hasSign() ? 0 : silent + 1) {
      socket?.ping()
      await sleep(pingMs, heard.over)
    }
    end('the connection fell silent')
  }

  const failure = await begin().catch((error: unknown) => {
    log.debug({ err: error }, 'no line to Slack was opened')
    return soon('no connection could be made')
  })
  if (failure !== undefined) {
    end('it was never open')
    return failure
  }
  watch().catch(() => undefined)
  return {
    kind: 'line',
    isOpen: heard.isOpen,
    parting: heard.parting,
    ended: heard.ended,
    retire: async (mostMs) => {
      const pause = (ms: number): Promise<void> => sleep(ms, heard.over).catch(() => undefined)
      await Promise.race([heard.allAcknowledged(), pause(mostMs)])
      heard.leave(soon('it was replaced'))
      socket?.close()
      await pause(mostGoodbyeMs)
      end('it was replaced')
    },
  }
}

/** All that is heard on a line, and what follows from it. */
type Heard = Hearing & {
  readonly hello: Promise<undefined>
  readonly parting: Promise<Parting>
  readonly ended: Promise<void>
  /** Aborted at the end. */
  readonly over: AbortSignal
  readonly isOpen: () => boolean
  /** From now on it does not count as open. */
  readonly leave: (why: Failure) => void
  /** Whether there was any sign of life since this was asked the last time. */
  readonly hasSign: () => boolean
  /** Resolves when nothing is under way. */
  readonly allAcknowledged: () => Promise<void>
}

function listen(parts: LineParts, send: (text: string) => void): Heard {
  const hello = Promise.withResolvers<undefined>()
  const parting = Promise.withResolvers<Parting>()
  const ended = Promise.withResolvers<void>()
  const over = new AbortController()
  const busy = new Set<Promise<void>>()
  let isOpen = true
  let isHeard = false

  const leave = (why: Parting): void => {
    parting.resolve(why)
    if (why.kind === 'failure') isOpen = false
  }
  return {
    sign: () => (isHeard = true),
    closed: (why) => {
      leave(soon(why))
      over.abort()
      ended.resolve()
    },
    text: (text) => {
      isHeard = true
      const frame = readFrame(text)
      if (frame === undefined) parts.log.debug('Slack sent a frame that cannot be read')
      else if (frame.type === 'hello') hello.resolve(undefined)
      else if (frame.type === 'disconnect') leave(partingFor(frame.reason))
      else if (frame.envelope_id !== undefined && !parts.signal.aborted) {
        const work = take(frame, parts, send).finally(() => busy.delete(work))
        busy.add(work)
      }
    },
    hello: hello.promise,
    parting: parting.promise,
    ended: ended.promise,
    over: over.signal,
    isOpen: () => isOpen,
    leave,
    hasSign: () => {
      const had = isHeard
      isHeard = false
      return had
    },
    allAcknowledged: async () => {
      while (busy.size > 0) await Promise.all(busy)
    },
  }
}

async function take(
  frame: Frame,
  { dispatch, onRateLimited, log }: LineParts,
  send: (text: string) => void,
): Promise<void> {
  const { envelope_id, payload: body, retry_attempt: retryNum, retry_reason: retryReason } = frame
  try {
    const minuteMs = rateLimitedMinuteMs(body)
    if (minuteMs !== undefined) onRateLimited(minuteMs)
    const answer = minuteMs === undefined ? await dispatch({ body, retryNum, retryReason }) : undefined
    send(
      JSON.stringify({ envelope_id, payload: frame.accepts_response_payload === true ? answer : undefined }),
    )
  } catch (error) {
    const about = { fault: faultOf(error), err: error }
    log.error(about, 'what Slack sent could not be taken in; it sends it again')
  }
}

function readFrame(text: string): Frame | undefined {
  try {
    return frameSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
