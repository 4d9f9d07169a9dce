import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Installation as Installed, InstallProviderOptions } from '@slack/oauth'
import { untilAborted } from '../../../abort.ts'
import type { SlackConfig } from '../../../config.ts'
import { FaultError, faultOf, messageOf } from '../../../errors.ts'
import { lazily } from '../../../lazily.ts'
import type { Log } from '../../../log.ts'
import { slackSetupWords, type SlackSetupWords } from '../../../words-slack-setup.ts'
import type { Installation } from '../contract.ts'
import {
  accountOf,
  storedInstallation,
  type InstallationRows,
  type StoredInstallation,
} from './installation-row.ts'
import { readLeave } from './leave.ts'
import { slackPaths } from './manifest.ts'
import { scopeNames } from './scopes.ts'

/** The workspaces that install the app by themselves. */
export type OAuth = {
  /**
   * What is installed in an account, with a token that is good for now; undefined where nothing is. Throws `bad-key`
   * where the token has expired and cannot be renewed, and `network` where Slack could not be asked for a new one.
   */
  readonly find: (account: string, signal: AbortSignal) => Promise<Installation | undefined>
  readonly accounts: () => readonly string[]
  /** The scopes that an account granted; undefined where nothing is installed. */
  readonly granted: (account: string) => readonly string[] | undefined
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
const installUrl = { scopes: [...scopeNames] }

/** Connects Slack's own InstallProvider, loaded at the first need, with our rows. */
export function createOAuth(parts: Parts): OAuth {
  const { config, rows, now, log } = parts
  /** Whether Slack answered when it was asked last: of a renewal that failed the library does not say why. */
  let isThere = true
  const provider = lazily(async () => {
    const { InstallProvider, LogLevel } = await import('@slack/oauth')
    const watched: typeof fetch = async (...about) => {
      isThere = false
      const response = await parts.fetch(...about)
      isThere = response.ok
      return response
    }
    return new InstallProvider(optionsOf({ ...parts, fetch: watched }, LogLevel.ERROR))
  })
  const renewals = new Map<string, { readonly atMs: number; readonly done: Promise<unknown> }>()

  /** One at a time for each account: a refresh token is good for one use. */
  const renew = (account: string, stored: StoredInstallation): Promise<unknown> => {
    const last = renewals.get(account)
    if (last !== undefined && Math.abs(now() - last.atMs) < renewPauseMs) return last.done
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
    granted: (account) => storedInstallation(rows.of(account))?.bot.scopes,
    find: async (account, signal) => {
      const stored = storedInstallation(rows.of(account))
      if (stored === undefined) return undefined
      if (leftMs(stored, now()) > renewBeforeMs) return toInstallation(account, stored)
      await untilAborted(renew(account, stored), signal)
      const renewed = storedInstallation(rows.of(account)) ?? stored
      if (leftMs(renewed, now()) > 0) return toInstallation(account, renewed)
      if (!isThere) throw new FaultError('network', `the Slack token of ${account} could not be renewed yet`)
      const remedy = `Open ${slackPaths.install}?renew of this server, and install it there again`
      throw new FaultError('bad-key', `the Slack token of ${account} has expired. ${remedy}`)
    },
    forget: async (account) => {
      renewals.delete(account)
      await rows.remove(account)
      log.info(`Slack: ${account} removed the app`)
    },
    handle: async (request) => {
      const words = slackSetupWords[/^zh/iu.test(request.headers.get('accept-language') ?? '') ? 'zh' : 'en']
      const { pathname, search, searchParams } = new URL(request.url)
      if (request.method !== 'GET') return page(405, words.notInstalled('GET'))
      const leave = readLeave(searchParams.get('leave') ?? '', config.stateSecret, now())
      // Which workspace it will be only Slack knows, so the rows decide at the end; this spares people the way there.
      if (pathname === slackPaths.install && leave === undefined && !searchParams.has('renew'))
        return leavePage(words)
      const asked = new IncomingMessage(new Socket())
      asked.url = pathname + search
      asked.headers = { host: 'localhost', cookie: request.headers.get('cookie') ?? '' }
      const answer = new ServerResponse(asked)
      let ended = page(500, words.notInstalled('unknown'))
      try {
        const installer = await provider()
        if (pathname === slackPaths.install) {
          const metadata = leave === undefined ? {} : { metadata: leave }
          await installer.handleInstallPath(asked, answer, {}, { ...installUrl, ...metadata })
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
            failure: (error) => {
              const isTheirs = /state|missing_code|authorization/u.test(error.code)
              ended =
                faultOf(error) === 'refused'
                  ? leavePage(words)
                  : page(isTheirs ? 400 : 502, words.notInstalled(error.code))
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
    directInstall: true,
    installationStore: {
      storeInstallation: async (installed) => {
        const account = accountOf(installed)
        if (account === undefined || storedInstallation(installed) === undefined)
          throw new Error('Slack gave no bot token')
        // @slack/oauth takes it along in its signed state.
        if (!(await rows.keep(account, installed, installed.metadata)))
          throw new FaultError('refused', `${account} was installed without a leave that is open`)
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

/** Whom to ask for a leave, and the way on for a workspace that needs none. */
function leavePage({ noLeave, again }: SlackSetupWords): Response {
  const link = `<a href="${slackPaths.install}?renew">${again}</a>`
  return page(403, `<!doctype html><meta charset="utf-8"><p>${noLeave}</p><p>${link}</p>`, 'text/html')
}

function page(status: number, text: string, type = 'text/plain'): Response {
  const headers = { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' }
  return new Response(`${text}\n`, { status, headers })
}
