import { z } from 'zod'
import { untilAborted } from '../../../abort.ts'
import { FaultError, type Fault } from '../../../errors.ts'
import { lazily } from '../../../lazily.ts'
import type { Called, Caller } from '../wire/api.ts'
import type { Installation, Installations } from '../contract.ts'
import type { OAuth } from './oauth.ts'
import { missingScopes } from './scopes.ts'

type Parts = {
  /** Of the one workspace; it is asked for its name at the first need. */
  readonly botToken: string | undefined
  readonly call: Caller
  /** Where more workspaces install the app by themselves. */
  readonly oauth: OAuth | undefined
}

/** The accounts, and how they are learned and forgotten. */
export type KnownInstallations = Installations & {
  /**
   * Asks anew who the bot token is of, so that `accounts` and `only` know it; without one, whether Slack is there. Throws as
   * `of` does.
   */
  readonly learn: (signal: AbortSignal) => Promise<void>
  /** What the workspaces did not grant, by name, and what to do; undefined where all is granted, as far as Slack says. */
  readonly lacking: () => string | undefined
  /** Forgets an account that removed the app, unless it was installed there again since. */
  readonly forget: (account: string) => Promise<void>
}

/** How long the token of an account that is said to be gone may take to be tried: Slack waits for three seconds. */
const mostFarewellMs = 2_000

/** Who we are in each account. What could not be learned is asked again at the next need. */
export function createInstallations({ botToken, call, oauth }: Parts): KnownInstallations {
  let known: Installation | undefined
  // Nobody's signal: others may wait for the same answer.
  const { signal: endless } = new AbortController()
  const ask = async (): Promise<Installation | undefined> => {
    if (botToken === undefined) return undefined
    known = read(await call('auth.test', {}, { token: botToken, signal: endless }), botToken)
    return known
  }
  const own = lazily(ask)
  const accounts = (): readonly string[] => {
    const installed = oauth?.accounts() ?? []
    return known === undefined ? installed : [...new Set([known.account, ...installed])]
  }
  return {
    of: async (account, signal) => {
      const installed = await oauth?.find(account, signal)
      if (installed !== undefined) return installed
      const ours = await untilAborted(own(), signal)
      // Whatever is for another account must never be done with this token.
      if (ours?.account === account) return ours
      throw new FaultError(
        'missing',
        `Moltbot is not installed in ${account} of Slack. Install it there first`,
      )
    },
    accounts,
    only: () => {
      const [first, ...more] = accounts()
      return more.length === 0 ? first : undefined
    },
    learn: async (signal) => {
      await untilAborted(known === undefined ? own() : ask(), signal)
      if (botToken === undefined) checkReached(await call('api.test', {}, { token: 'none', signal }))
    },
    lacking: () => {
      const lacks = accounts().flatMap((account) => {
        const granted = oauth?.granted(account) ?? (account === known?.account ? known.scopes : undefined)
        const missing = granted === undefined ? [] : missingScopes(granted)
        return missing.length === 0 ? [] : [`${missing.join(', ')} (in ${account})`]
      })
      return lacks.length === 0 ? undefined : `${lacksScopes}: ${lacks.join('; ')}. ${addScopes}`
    },
    forget: async (account) => {
      if (oauth === undefined) return
      const signal = AbortSignal.timeout(mostFarewellMs)
      const left = await oauth.find(account, signal).catch(() => undefined)
      if (left === undefined) return oauth.forget(account)
      // The farewell may come late, after the app was installed there again.
      const answer = await call('auth.test', {}, { token: left.botToken, signal })
      if (answer.kind !== 'ok') await oauth.forget(account)
    },
  }
}

const whoSchema = z.object({
  team_id: z.string(),
  enterprise_id: z.string().nullish(),
  is_enterprise_install: z.boolean().nullish(),
  user_id: z.string(),
  bot_id: z.string(),
})

const remedy =
  'Copy the Bot User OAuth Token of the app into SLACK_BOT_TOKEN and start Moltbot again; moltbot doctor says more'

const lacksScopes = 'Slack works in part only, for these scopes are not granted'
const addScopes =
  'Add them at api.slack.com/apps, your app, OAuth & Permissions, install the app again, and start Moltbot again; moltbot doctor says what each is for'

/** Errors of Slack that are none of the token (docs.slack.dev/reference/methods/auth.test, errors); all others are. */
const otherFaults: Readonly<Record<string, Fault>> = {
  ratelimited: 'rate-limit',
  request_timeout: 'timeout',
  service_unavailable: 'overloaded',
  internal_error: 'overloaded',
  fatal_error: 'overloaded',
}

function checkReached(answer: Called): asserts answer is Extract<Called, { kind: 'ok' | 'error' }> {
  if (answer.kind === 'unreached' || answer.kind === 'unclear')
    throw new FaultError('network', `Slack cannot be reached: ${answer.why}`)
}

function read(answer: Called, botToken: string): Installation {
  if (answer.kind === 'error') {
    const fault = otherFaults[answer.error]
    if (fault !== undefined) throw new FaultError(fault, `Slack says ${answer.error} to auth.test`)
    throw new FaultError('bad-key', `Slack does not accept the bot token (${answer.error}). ${remedy}`)
  }
  checkReached(answer)
  const who = whoSchema.safeParse(answer.data).data
  if (who === undefined)
    throw new FaultError('bad-key', `Slack says that this is not the token of a bot. ${remedy}`)
  const isForAll = who.is_enterprise_install === true && typeof who.enterprise_id === 'string'
  return {
    account: isForAll ? (who.enterprise_id ?? who.team_id) : who.team_id,
    botToken,
    botUserId: who.user_id,
    botId: who.bot_id,
    ...(answer.scopes === undefined ? {} : { scopes: answer.scopes }),
  }
}
