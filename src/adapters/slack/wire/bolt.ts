import type { App, AppOptions, Logger } from '@slack/bolt'
import QuickLRU from 'quick-lru'
import { FaultError, faultOf, messageOf } from '../../../errors.ts'
import { lazily } from '../../../lazily.ts'
import type { Log } from '../../../log.ts'
import type { Dispatch } from './arrival.ts'
import type { Inbound, Incoming, Installation, Installations } from '../contract.ts'
import { readEnvelope, type Envelope } from './envelope.ts'

/** Slack's framework, which takes what arrives to what is done with it. */
export type Bolt = {
  /** Loads the framework, which the first arrival would wait for otherwise. */
  readonly load: () => Promise<void>
  readonly dispatch: Dispatch
}

type Parts = { readonly installations: Installations; readonly inbound: Inbound; readonly log: Log }

/** An arrival on its way through Bolt, with what came of it. */
type Way = {
  readonly envelope: Envelope
  installation?: Installation
  answer?: Readonly<Record<string, unknown>> | undefined
  /** It was not taken in, and Slack must send it again. */
  failure?: { readonly cause: unknown }
}

/** Slack waits for three seconds, then it sends it again (docs.slack.dev/apis/events-api). */
const mostTokenWaitMs = 2_500
const mostStrangers = 1_000

/**
 * Makes the way from Slack's events, commands, clicks and forms to `inbound`. Bolt does what it does in every app of Slack: it
 * finds the installation, leaves out what we said ourselves, and calls the listener. Bolt acknowledges events before it calls
 * them, so its acknowledgement is not listened to: ours is the end of `dispatch`.
 */
export function createBolt({ installations, inbound, log }: Parts): Bolt {
  const ways = new WeakMap<object, Way>()
  /** The accounts in which we are not installed, as far as they were told of. */
  const strangers = new QuickLRU<string, true>({ maxSize: mostStrangers })

  /** Hands on what arrived; a listener of Bolt, but for its arguments. */
  const listener =
    (take: (incoming: Incoming) => Promise<Way['answer'] | void>) =>
    async ({ body }: { readonly body: object }): Promise<void> => {
      const way = ways.get(body)
      if (way === undefined) return
      const { account } = way.envelope
      try {
        const installation = way.installation ?? (await leaving(account))
        way.answer = (await take({ body: way.envelope.body, account, installation })) ?? undefined
      } catch (cause) {
        way.failure = { cause }
      }
    }

  const find = (account: string): Promise<Installation> =>
    installations.of(account, AbortSignal.timeout(mostTokenWaitMs))

  /** Bolt asks for no installation where the app was removed: there may be none. */
  const leaving = (account: string): Promise<Installation> =>
    find(account).catch(() => ({ account, botToken: '', botUserId: '', botId: '' }))

  const tellOfStranger = (account: string): void => {
    if (strangers.has(account)) return
    strangers.set(account, true)
    log.warn({ account }, 'Slack sends what happens in a workspace in which Moltbot is not installed')
  }

  const authorize: AppOptions['authorize'] = async (_, body) => {
    const way = body === undefined ? undefined : ways.get(body)
    if (way === undefined) throw new FaultError('internal', 'Bolt asks for something that did not arrive')
    try {
      way.installation = await find(way.envelope.account)
      strangers.delete(way.envelope.account)
    } catch (cause) {
      // Who is not installed there cannot answer, however often it is sent.
      if (faultOf(cause) === 'missing') tellOfStranger(way.envelope.account)
      else way.failure = { cause }
      throw cause
    }
    // Without a token: nothing is posted past the outbox.
    const { botId, botUserId } = way.installation
    return { ...(botId === '' ? {} : { botId }), ...(botUserId === '' ? {} : { botUserId }) }
  }

  const load = lazily(async (): Promise<App> => {
    const { App, LogLevel } = await import('@slack/bolt')
    const write = (...parts: unknown[]): void => log.debug(`Bolt: ${parts.map(messageOf).join(' ')}`)
    const logger: Logger = {
      debug: () => {}, // it would tell of whole bodies
      info: write,
      warn: write,
      error: write,
      setLevel: () => {},
      setName: () => {},
      getLevel: () => LogLevel.INFO,
    }
    const app = new App({
      receiver: { init: () => {}, start: async () => {}, stop: async () => {} },
      authorize,
      logger,
      convoStore: false,
      deferInitialization: true,
      clientOptions: { retryConfig: { retries: 0 } },
    })
    await app.init()
    app.event(/^/u, listener(inbound.event))
    app.command(/^/u, listener(inbound.command))
    app.action({}, listener(inbound.action))
    app.view({ type: 'view_submission' }, listener(inbound.view))
    app.error(async (error) => {
      throw error
    })
    return app
  })

  return {
    load: async () => void (await load()),
    dispatch: async ({ body, retryNum, retryReason }) => {
      const envelope = readEnvelope(body)
      if (envelope === undefined) {
        log.debug('Slack sent something that is not answered here')
        return undefined
      }
      const way: Way = { envelope }
      ways.set(envelope.body, way)
      const app = await load()
      try {
        await app.processEvent({
          body: envelope.body,
          ack: async () => {},
          ...(retryNum === undefined ? {} : { retryNum }),
          ...(retryReason === undefined ? {} : { retryReason }),
        })
      } catch (error) {
        // What breaks Bolt breaks it each time: only what failed on our side is sent again.
        if (way.failure === undefined && !strangers.has(envelope.account))
          log.warn({ err: error }, 'Slack sent something that was left aside')
      }
      if (way.failure !== undefined) throw way.failure.cause
      return way.answer
    },
  }
}
