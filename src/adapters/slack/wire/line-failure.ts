import type { SlackAnswer } from '../contract.ts'

/** Why there is no line, in a sentence; and whether a person must act before there can be one. */
export type Failure = {
  readonly kind: 'failure'
  readonly plan: 'soon' | 'person'
  readonly why: string
  /** The wait that Slack asked for. */
  readonly retryAfterMs?: number
}

/** The answers of `apps.connections.open` that stay the same until somebody changes the app or its token. */
const badToken: ReadonlySet<string> = new Set([
  'access_denied',
  'account_inactive',
  'invalid_auth',
  'missing_scope',
  'no_permission',
  'not_allowed_token_type',
  'not_authed',
  'token_expired',
  'token_revoked',
])

const appPages = 'https://api.slack.com/apps'

export function soon(why: string): Failure {
  return { kind: 'failure', plan: 'soon', why }
}

/** The failure of an `apps.connections.open` that gave no address. */
export function failedOpening(answer: Exclude<SlackAnswer, { kind: 'ok' }>): Failure {
  if (answer.kind !== 'error') return soon(`it cannot be reached: ${answer.why}`)
  const { error, retryAfterMs } = answer
  if (badToken.has(error)) {
    const remedy = `make one with the scope connections:write at ${appPages}, Basic Information, App-Level Tokens`
    return {
      kind: 'failure',
      plan: 'person',
      why: `the app token is not accepted (${error}): ${remedy}`,
    }
  }
  return {
    ...soon(`it gives no address (${error})`),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}

/** What a `disconnect` means, by its reason (docs.slack.dev/apis/events-api/using-socket-mode). */
export function partingFor(reason: string | undefined): { readonly kind: 'refresh' } | Failure {
  if (reason === 'link_disabled') {
    const why = `Socket Mode is turned off for this app: turn it on at ${appPages}, Socket Mode`
    return { kind: 'failure', plan: 'person', why }
  }
  if (reason === 'too_many_websockets')
    return soon('an app may have ten connections, and other programs hold them with the same app token')
  return { kind: 'refresh' }
}
