import { setTimeout as sleepFor } from 'node:timers/promises'
import { z } from 'zod'
import { withinTime } from '../../../abort.ts'
import { faultOf, messageOf, type Fault } from '../../../errors.ts'
import type { SlackAnswer, SlackApi } from '../contract.ts'
import { failureOf } from './unreached.ts'

/** A SlackAnswer that also names the scopes of the token, where Slack does, and those which a `missing_scope` asks for. */
export type Called =
  | Exclude<SlackAnswer, { kind: 'ok' | 'error' }>
  | (Extract<SlackAnswer, { kind: 'ok' }> & { readonly scopes?: readonly string[] })
  | (Extract<SlackAnswer, { kind: 'error' }> & { readonly needed?: string })

/** Calls a method of the Web API with any token, once. Never throws; no token and no argument is in what it says. */
export type Caller = (
  method: string,
  args: Readonly<Record<string, unknown>>,
  options: { readonly token: string; readonly signal: AbortSignal; readonly timeoutMs?: number },
) => Promise<Called>

/** The part of fetch that is used here; redirects must not be followed. */
export type Fetch = (
  url: string,
  init: {
    readonly method: 'POST'
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
    readonly signal: AbortSignal
  },
) => Promise<{
  readonly status: number
  readonly headers: { readonly get: (name: string) => string | null }
  readonly text: () => Promise<string>
}>

type Parts = {
  /** Ends in `/`. */
  readonly apiUrl: string
  readonly fetch: Fetch
  /** An answer that takes longer is not waited for. Default 15,000. */
  readonly timeoutMs?: number
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

type Request = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Throws where something in it cannot be sent. */
  readonly encode: () => string
  readonly signal: AbortSignal
  readonly timeoutMs?: number | undefined
}

/** What Slack answered; `text` is the body. */
type Answered = {
  readonly kind: 'answered'
  readonly status: number
  readonly text: string
  readonly scopes?: readonly string[]
  readonly retryAfterMs?: number
}

const answerSchema = z.looseObject({
  ok: z.boolean(),
  error: z.string().optional().catch(undefined),
  needed: z.string().optional().catch(undefined),
})

/** Of these Slack says that "some aspect of the operation" may have "succeeded before the error was raised" (chat.postMessage). */
const halfDone: ReadonlySet<string> = new Set(['internal_error', 'fatal_error'])

/** Makes the caller of the Web API at `apiUrl`: form-encoded, which every method understands. */
export function createCaller(parts: Parts): Caller {
  return async (method, args, { token, signal, timeoutMs }) => {
    // An HTTP client would name the token in its error.
    if (!/^[\x21-\x7e]+$/u.test(token)) return { kind: 'error', error: 'invalid_auth' }
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    }
    const url = parts.apiUrl + method
    const answered = await post(parts, { url, headers, encode: () => formOf(args), signal, timeoutMs })
    return answered.kind === 'answered' ? read(answered) : answered
  }
}

/** Makes what answers at a `response_url`: those of Slack, and those of the server of `apiUrl`. */
export function createRespond(parts: Parts): SlackApi['respond'] {
  const hosts: ReadonlySet<string> = new Set(['https://hooks.slack.com', new URL(parts.apiUrl).origin])
  return async (url, body, signal) => {
    if (!URL.canParse(url) || !hosts.has(new URL(url).origin)) return { kind: 'error', error: 'invalid_url' }
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    const answered = await post(parts, { url, headers, encode: () => JSON.stringify(body), signal })
    if (answered.kind !== 'answered') return answered
    if (answered.text.trimStart().startsWith('{') || answered.status === 429) return read(answered)
    if (answered.status >= 200 && answered.status < 300) return { kind: 'ok', data: {} }
    if (answered.status >= 500) return unclear(answered)
    const isName = /^[a-z_]{1,50}$/u.test(answered.text)
    return { kind: 'error', error: isName ? answered.text : `http_${answered.status}` }
  }
}

/** The Web API with the bot tokens of `tokenOf`, which throws a FaultError where it has none. */
export function createApi(
  caller: Caller,
  tokenOf: (account: string, signal: AbortSignal) => Promise<string>,
  respond: SlackApi['respond'] = async () => ({ kind: 'error', error: 'invalid_url' }),
): SlackApi {
  return {
    call: async (method, args, { account, ...options }) => {
      let token: string
      try {
        token = await tokenOf(account, options.signal)
      } catch (error) {
        return noToken.has(faultOf(error))
          ? { kind: 'error', error: 'invalid_auth' }
          : { kind: 'unreached', why: `there is no token for it just now: ${messageOf(error)}` }
      }
      return caller(method, args, { ...options, token })
    },
    respond,
  }
}

/** Where asking again brings no token. */
const noToken: ReadonlySet<Fault> = new Set(['bad-key', 'missing', 'refused', 'unsupported'])

async function post(
  parts: Parts,
  request: Request,
): Promise<Answered | Exclude<SlackAnswer, { kind: 'ok' }>> {
  const { url, headers, signal } = request
  const mostMs = request.timeoutMs ?? parts.timeoutMs ?? 15_000
  if (signal.aborted) return { kind: 'unreached', why: 'stopped' }
  let body: string
  try {
    body = request.encode()
  } catch {
    return { kind: 'error', error: 'invalid_arguments' }
  }
  const exchange = async (signal: AbortSignal): Promise<Answered> => {
    const response = await parts.fetch(url, { method: 'POST', headers, body, signal })
    const retryAfterMs = secondsOf(response.headers.get('retry-after'))
    const scopes = response.headers.get('x-oauth-scopes')?.split(/[\s,]+/u)
    return {
      kind: 'answered',
      status: response.status,
      text: await response.text(),
      ...(scopes === undefined ? {} : { scopes }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    }
  }
  const sleep = parts.sleep ?? ((ms, signal) => sleepFor(ms, undefined, { signal }))
  try {
    return await withinTime(exchange, { mostMs, signal, sleep })
  } catch (error) {
    if (signal.aborted) return { kind: 'unclear', why: 'stopped' }
    if (faultOf(error) === 'timeout') return { kind: 'unclear', why: `no answer within ${mostMs} ms` }
    return failureOf(error)
  }
}

function read(answered: Answered): Called {
  const { status, text, scopes, retryAfterMs } = answered
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
  if (status === 429) return { kind: 'error', error: 'ratelimited', ...wait }
  const { success, data } = answerSchema.safeParse(status < 500 ? jsonOf(text) : undefined)
  if (!success) return unclear(answered)
  if (data.ok) return { kind: 'ok', data, ...(scopes === undefined ? {} : { scopes }) }
  const { error = 'unknown_error', needed } = data
  if (halfDone.has(error)) return { kind: 'unclear', why: `Slack says ${error}` }
  return { kind: 'error', error, ...wait, ...(needed === undefined ? {} : { needed }) }
}

function unclear({ status }: Answered): { readonly kind: 'unclear'; readonly why: string } {
  return { kind: 'unclear', why: `Slack answered HTTP ${status} without saying what came of it` }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A Retry-After of whole seconds, which is all that Slack sends (docs.slack.dev/apis/web-api/rate-limits). */
function secondsOf(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/u.test(header) ? Number(header) * 1_000 : undefined
}

function formOf(args: Readonly<Record<string, unknown>>): string {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(args)) {
    if (value !== undefined) form.append(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  return form.toString()
}
