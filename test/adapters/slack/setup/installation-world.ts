import Database from 'better-sqlite3'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'
import { createCaller, type Caller } from '../../../../src/adapters/slack/wire/api.ts'
import { newLeave } from '../../../../src/adapters/slack/setup/leave.ts'
import type { InstallationRows } from '../../../../src/adapters/slack/setup/installation-row.ts'
import { createOAuth, type OAuth } from '../../../../src/adapters/slack/setup/oauth.ts'
import { createConnections } from '../../../../src/connections.ts'
import { takeSteps } from '../../../../src/store/schema.ts'
import { installationReads, installationWrites } from '../../../../src/store/installations.ts'

/** The rows of installations in a database of its own. */
export function openRows(t: TestContext): InstallationRows {
  const db = new Database(':memory:')
  takeSteps(db)
  t.after(() => db.close())
  const [writes, reads] = [installationWrites(db), installationReads(db)]
  return {
    of: (account) => reads.of('slack', account),
    accounts: () => reads.accounts('slack'),
    keep: async (account, data, leave) =>
      writes['installations.keep']('slack', account, data, Date.now(), leave),
    remove: async (account) => writes['installations.remove']('slack', account),
  }
}

/** What was asked of a server, and with which token. */
type Asked = { readonly method: string; readonly token: string; readonly args: URLSearchParams }

export type TokenServer = {
  readonly apiUrl: string
  readonly asked: Asked[]
  /** Tokens that are good no more. */
  readonly revoked: Set<string>
}

/** The token of an account, which says whose it is. */
export const tokenOf = (account: string): string => `xoxb-token-of-${account}`

/**
 * The part of Slack that hands out tokens, for any number of teams: the code of an installation is the account, with `-org`
 * behind it for all of an enterprise and `-rotating` for a token that ends. auth.test knows every token of `tokenOf`.
 */
export async function startTokenServer(t: TestContext, renew = true): Promise<TokenServer> {
  const asked: Asked[] = []
  const revoked = new Set<string>()
  let renewals = 0
  const answer = ({ method, token, args }: Asked): object => {
    if (method === 'oauth.v2.access' && args.get('grant_type') === 'refresh_token') {
      const account = args.get('refresh_token')?.split('/')[0] ?? ''
      const fresh = {
        access_token: `${tokenOf(account)}-${++renewals}`,
        refresh_token: `${account}/${renewals}`,
      }
      return renew
        ? { ok: true, token_type: 'bot', expires_in: 43_200, ...fresh }
        : { ok: false, error: 'invalid_refresh_token' }
    }
    if (method === 'oauth.v2.access') {
      const [account = '', kind] = (args.get('code') ?? '').split('-')
      const enterprise = { id: `E${account.slice(1)}`, name: 'Enterprise' }
      const isAll = kind === 'org'
      return {
        ok: true,
        app_id: 'A1',
        authed_user: { id: 'U1' },
        scope: 'chat:write,commands',
        token_type: 'bot',
        access_token: tokenOf(isAll ? enterprise.id : account),
        bot_user_id: `U-${account}`,
        team: isAll ? null : { id: account, name: `Team ${account}` },
        enterprise: isAll ? enterprise : null,
        is_enterprise_install: isAll,
        ...(kind === 'rotating' ? { refresh_token: `${account}/0`, expires_in: 60 } : {}),
      }
    }
    if (revoked.has(token)) return { ok: false, error: 'token_revoked' }
    return { ok: true, url: 'https://x.slack.com/', bot_id: `B-${token}`, user_id: 'U1', team_id: 'T1' }
  }
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const args = new URLSearchParams(await bodyOf(request))
    const token = (request.headers.authorization ?? '').replace('Bearer ', '')
    const one = { method: (request.url ?? '').replace('/api/', ''), token, args }
    asked.push(one)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer(one)))
  }
  const server = createServer((request, response) => void serve(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  return {
    asked,
    revoked,
    apiUrl: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/api/`,
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const part of request) body += String(part)
  return body
}

export function callerOf(apiUrl: string): Caller {
  return createCaller({ apiUrl, fetch: (url, init) => fetch(url, init) })
}

/** An OAuth over a server, with what it logs. */
export function oauthOf(
  t: TestContext,
  rows: InstallationRows,
  apiUrl: string,
  { fetch: given, now = Date.now }: { fetch?: typeof fetch; now?: () => number } = {},
): { oauth: OAuth; logged: string[] } {
  const { fetch, close } = createConnections()
  t.after(close)
  const logged: string[] = []
  const note = (...said: unknown[]): void =>
    void logged.push(said.map((one) => JSON.stringify(one)).join(' '))
  const config = { clientId: '1.2', clientSecret: 'client', stateSecret, apiUrl }
  return {
    oauth: createOAuth({ config, rows, fetch: given ?? fetch, now, log: { info: note, warn: note } }),
    logged,
  }
}

const stateSecret = 'state-state-state'
const base = 'http://bot.example.org/slack'

/** The address of the page of the installation with a leave that was given then, by default now. */
export function leaveLink(nowMs = Date.now(), secret = stateSecret): string {
  return `${base}/install?leave=${newLeave(secret, nowMs)}`
}

/** The address at which the browser comes back from Slack with this code, once it was sent there; and its cookie. */
export async function begin(oauth: OAuth, code: string, link = leaveLink()): Promise<Request> {
  const first = await oauth.handle(new Request(link))
  const state = new URL(first.headers.get('location') ?? '').searchParams.get('state') ?? ''
  const cookie = (first.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const query = new URLSearchParams({ code, state })
  return new Request(`${base}/oauth_redirect?${query.toString()}`, { headers: { cookie } })
}

/** A browser that goes to the page of the installation, by default with a new leave, and comes back with this code. */
export async function install(oauth: OAuth, code: string, link = leaveLink()): Promise<Response> {
  return oauth.handle(await begin(oauth, code, link))
}
