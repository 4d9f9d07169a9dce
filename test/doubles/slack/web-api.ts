import type { App, Bot } from './events.ts'
import { meet, type Fault, type Faults } from './faults.ts'
import { scopeFor } from './scopes.ts'
import { Refusal, refuse, text, type Args, type Data } from './wire.ts'
import type { Place } from './workspace.ts'
import { setTimeout as sleep } from 'node:timers/promises'

/** A method of the Web API, as an app in one workspace calls it. Throws a Refusal. */
export type FrontMethod = (args: Args, bot: Bot) => Promise<Data>

export type Call = {
  readonly method: string
  readonly args: Args
  readonly token: string
  readonly atMs: number
}

export type Answered =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: Data
    }
  /** The connection breaks instead. */
  | { readonly kind: 'reset' }

/** The Web API (https://docs.slack.dev/apis/web-api): who calls, whether they may, how often, and then the method. */
export type WebApi = {
  readonly answer: (method: string, token: string, args: () => Args) => Promise<Answered>
  readonly calls: () => readonly Call[]
}

export function createWebApi(parts: {
  readonly methods: Readonly<Record<string, FrontMethod>>
  /** The methods that want an app-level token. */
  readonly appMethods: Readonly<Record<string, () => Data>>
  readonly app: App
  readonly bots: () => readonly Bot[]
  readonly scopes: () => readonly string[]
  readonly place: (channel: string) => Place | undefined
  readonly faults: Faults
  /** The least time between two posts to a channel; 0 for no such rule. */
  readonly ratePerChannelMs: number
  readonly now: () => number
}): WebApi {
  const calls: Call[] = []
  const postedAtMs = new Map<string, number>()
  const run = async (method: string, token: string, args: Args): Promise<Data> => {
    const forApps = parts.appMethods[method]
    const found = parts.methods[method]
    if (forApps === undefined && found === undefined) refuse('unknown_method', { req_method: method })
    if (method === 'api.test') return { args }
    if (token === '') refuse('not_authed')
    const bot = parts.bots().find((one) => one.token === token)
    if (bot === undefined && token !== parts.app.appToken) refuse('invalid_auth')
    if ((forApps !== undefined) === (bot !== undefined)) refuse('not_allowed_token_type')
    if (bot === undefined) return forApps?.() ?? {}
    checkScope(method, args)
    checkRate(method, args)
    return (await found?.(args, bot)) ?? {}
  }
  const checkScope = (method: string, args: Args): void => {
    const scope = scopeFor(method, parts.place(text(args, 'channel')))
    if (scope === undefined || parts.scopes().includes(scope)) return
    refuse('missing_scope', { needed: scope, provided: parts.scopes().join(',') })
  }
  /** https://docs.slack.dev/apis/web-api/rate-limits: one message a second for each channel. */
  const checkRate = (method: string, args: Args): void => {
    if (parts.ratePerChannelMs === 0 || !['chat.postMessage', 'chat.startStream'].includes(method)) return
    const channel = text(args, 'channel')
    const nowMs = parts.now()
    if (nowMs - (postedAtMs.get(channel) ?? -Infinity) < parts.ratePerChannelMs)
      refuse('ratelimited', {}, { status: 429, retryAfterS: 1 })
    postedAtMs.set(channel, nowMs)
  }
  const carryOut = async (method: string, token: string, read: () => Args, fault: Fault | undefined) => {
    try {
      const args = read()
      // A token may stand among the arguments, too.
      const used = token || text(args, 'token')
      calls.push({ method, args, token: used, atMs: parts.now() })
      if (fault !== undefined) meet(fault)
      return answer(200, { ok: true, ...(await run(method, used, args)) }, parts.scopes())
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const { status, retryAfterS } = error.http
      const body = { ok: false, error: error.error, ...error.more }
      return answer(status, body, parts.scopes(), retryAfterS)
    }
  }
  return {
    calls: () => calls,
    answer: async (method, token, args) => {
      const fault = parts.faults.next(method)
      if (fault?.delayMs !== undefined) await sleep(fault.delayMs)
      if (fault?.reset === 'before') return { kind: 'reset' }
      const answered = await carryOut(method, token, args, fault)
      if (fault?.lateMs !== undefined) await sleep(fault.lateMs)
      return fault?.reset === 'after' ? { kind: 'reset' } : answered
    },
  }
}

function answer(status: number, body: Data, scopes: readonly string[], retryAfterS?: number): Answered {
  return {
    kind: 'answer',
    status,
    body,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'x-oauth-scopes': scopes.join(','),
      ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
    },
  }
}
