import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Installation as Installed, InstallProviderOptions } from '@slack/oauth'
import { untilAborted } from '../../../abort.ts'
import type { SlackConfig } from '../../../config.ts'
import { FaultError, faultOf, messageOf } from '../../../errors.ts'
import { lazily } from '../../../lazily.ts'
import type { Log } from '../../../log.ts'
import { slackSetupWords } from '../../../words-slack-setup.ts'
import type { Installation } from '../contract.ts'
import { accountOf, storedInstallation, type StoredInstallation } from './installation-row.ts'
import { slackPaths } from './manifest.ts'
import { scopeNames } from './scopes.ts'

/** The rows of installations in Slack, by account; `data` holds tokens. */
export type InstallationRows = {
  readonly of: (account: string) => unknown
  readonly accounts: () => readonly string[]
  readonly keep: (account: string, data: unknown) => Promise<unknown>
  readonly remove: (account: string) => Promise<unknown>
}

/** The workspaces that install the app by themselves. */
export type OAuth = {
  /**
   * What is installed in an account, with a token that is good for now; undefined where nothing is. Throws `bad-key`
   * where the token has expired and cannot be renewed.
   */
  readonly find: (account: string, signal: AbortSignal) => Promise<Installation | undefined>
  readonly accounts: () => readonly string[]
  /** Forgets an account that removed the app. */
  readonly forget: (account: string) => Promise<void>
  /** The pages of `slackPaths.install` and `slackPaths.redirect`. Never throws. */
  readonly handle: (request: Request) => Promise<Response>
}

type Parts = {
  readonly config: NonNullable<SlackConfig['oauth']> & Pick<SlackConfig, 'apiUrl'>
  readonly rows: InstallationRows
  readonly fetch: typeof fetch
  readonly now: () => number
  readonly log: Pick<Log, 'info' | 'warn'>
}

/** `@slack/oauth` renews a token that has two hours left. */
const renewBeforeMs = 2 * 3_600_000
/** A renewal, done or failed, is not begun again sooner. */
const renewPauseMs = 60_000

/** Connects Slack's own InstallProvider, loaded at the first need, with our rows. */
export function createOAuth(parts: Parts): OAuth {
  const { rows, now, log } = parts
  const provider = lazily(async () => {
    const { InstallProvider, LogLevel } = await import('@slack/oauth')
    return new InstallProvider(optionsOf(parts, LogLevel.ERROR))
  })
  const renewals = new Map<string, { readonly atMs: number; readonly done: Promise<unknown> }>()

  /** One at a time for each account: a refresh token is good for one use. */
  const renew = (account: string, stored: StoredInstallation): Promise<unknown> => {
    const last = renewals.get(account)
    if (last !== undefined && now() - last.atMs < renewPauseMs) return last.done
    const isEnterpriseInstall = stored.isEnterpriseInstall === true
    const done = provider()
      .then((installer) =>
        installer.authorize({
          teamId: stored.team?.id,
          enterpriseId: stored.enterprise?.id,
          isEnterpriseInstall,
        }),
      )
      .catch((error: unknown) => {
        log.warn({ fault: faultOf(error), err: error }, `the Slack token of ${account} was not renewed`)
      })
    renewals.set(account, { atMs: now(), done })
    return done
  }

  return {
    accounts: rows.accounts,
    find: async (account, signal) => {
      const stored = storedInstallation(rows.of(account))
      if (stored === undefined) return undefined
      if (leftMs(stored, now()) > renewBeforeMs) return toInstallation(account, stored)
      await untilAborted(renew(account, stored), signal)
      const renewed = storedInstallation(rows.of(account)) ?? stored
      if (leftMs(renewed, now()) > 0) return toInstallation(account, renewed)
      const remedy = `Open ${slackPaths.install} of this server, and install it there again`
      throw new FaultError('bad-key', `the Slack token of ${account} has expired. ${remedy}`)
    },
    forget: async (account) => {
      renewals.delete(account)
      await rows.remove(account)
      log.info(`Slack: ${account} removed the app`)
    },
    handle: async (request) => {
      const words = slackSetupWords[/^zh/iu.test(request.headers.get('accept-language') ?? '') ? 'zh' : 'en']
      const { pathname, search } = new URL(request.url)
      if (request.method !== 'GET') return page(405, words.notInstalled('GET'))
      const asked = new IncomingMessage(new Socket())
      asked.url = pathname + search
      asked.headers = { host: 'localhost', cookie: request.headers.get('cookie') ?? '' }
      const answer = new ServerResponse(asked)
      let ended = page(500, words.notInstalled('unknown'))
      try {
        const installer = await provider()
        if (pathname === slackPaths.install) {
          await installer.handleInstallPath(asked, answer)
          ended = new Response(null, { status: answer.statusCode })
        } else {
          await installer.handleCallback(asked, answer, {
            success: (installed) => {
              log.info(`Slack: installed in ${accountOf(installed)}`)
              ended = page(
                200,
                words.installed(installed.team?.name ?? installed.enterprise?.name ?? 'Slack'),
              )
            },
            failure: ({ code }) => {
              const isTheirs = /state|missing_code|authorization/u.test(code)
              ended = page(isTheirs ? 400 : 502, words.notInstalled(code))
            },
          })
        }
      } catch (error) {
        log.warn({ fault: faultOf(error), err: error }, 'a page of the Slack installation failed')
      }
      for (const [name, value] of Object.entries(answer.getHeaders()))
        ended.headers.append(name, String(value))
      return ended
    },
  }
}

type Options = InstallProviderOptions
type Level = NonNullable<Options['logLevel']>

function optionsOf({ config, rows, fetch, log }: Parts, level: Level): Options {
  const nothing = (): void => undefined
  return {
    ...config,
    authorizationUrl: new URL('/oauth/v2/authorize', config.apiUrl).href,
    installUrlOptions: { scopes: [...scopeNames] },
    directInstall: true,
    installationStore: {
      storeInstallation: async (installed) => {
        const account = accountOf(installed)
        if (account === undefined || storedInstallation(installed) === undefined)
          throw new Error('Slack gave no bot token')
        await rows.keep(account, installed)
      },
      fetchInstallation: async (query) => {
        const account = query.isEnterpriseInstall ? query.enterpriseId : query.teamId
        const stored = storedInstallation(account === undefined ? undefined : rows.of(account))
        if (stored === undefined) throw new Error('not installed there')
        return stored as unknown as Installed
      },
    },
    // Never with `headers`: the library writes the first token into them, and sends it for every team from then on.
    clientOptions: {
      slackApiUrl: config.apiUrl,
      fetch,
      timeout: 15_000,
      rejectRateLimitedCalls: true,
      retryConfig: { retries: 0 },
    },
    logger: {
      debug: nothing,
      info: nothing,
      warn: nothing,
      error: (...said) =>
        log.warn({ fault: 'refused' }, `Slack installation: ${said.map(messageOf).join(' ')}`),
      setLevel: nothing,
      getLevel: () => level,
      setName: nothing,
    },
  }
}

/** How long the token is still good, in milliseconds; one that is not renewed has no end. */
function leftMs({ bot: { refreshToken, expiresAt } }: StoredInstallation, nowMs: number): number {
  return refreshToken === undefined || expiresAt === undefined ? Infinity : expiresAt * 1_000 - nowMs
}

function toInstallation(account: string, { bot }: StoredInstallation): Installation {
  return { account, botToken: bot.token, botUserId: bot.userId, botId: bot.id, scopes: bot.scopes }
}

function page(status: number, text: string): Response {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
  return new Response(`${text}\n`, { status, headers })
}
