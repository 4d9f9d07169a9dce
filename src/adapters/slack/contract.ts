import type { Address, Message } from '../../message.ts'

/**
 * What came of a call of the Web API. `error`: Slack answered and has done nothing; `error` is its own name for the reason
 * (`channel_not_found`), `retryAfterMs` the wait that it asked for. `unreached`: no connection was made, so nothing was
 * done. `unclear`: it may or may not have been done.
 */
export type SlackAnswer =
  | { readonly kind: 'ok'; readonly data: Readonly<Record<string, unknown>> }
  | { readonly kind: 'error'; readonly error: string; readonly retryAfterMs?: number }
  | { readonly kind: 'unreached' | 'unclear'; readonly why: string }

/** Slack's Web API. */
export type SlackApi = {
  /**
   * Calls a method with the bot token of an account (a team, or an enterprise), once: nothing is tried again here. Values that are
   * not text are sent as JSON; undefined ones are left out. Never throws.
   */
  readonly call: (
    method: string,
    args: Readonly<Record<string, unknown>>,
    options: { readonly account: string; readonly signal: AbortSignal; readonly timeoutMs?: number },
  ) => Promise<SlackAnswer>
  /** Sends JSON to a `response_url` that Slack gave us; refused where the URL is not one of Slack's. Never throws. */
  readonly respond: (
    url: string,
    body: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ) => Promise<SlackAnswer>
}

/** Who we are in an account. */
export type Installation = {
  /** The team, or the enterprise where the app was installed for all of it. */
  readonly account: string
  readonly botToken: string
  readonly botUserId: string
  readonly botId: string
  /** The scopes that were granted, where they are known. */
  readonly scopes?: readonly string[]
}

/** The accounts in which the app is installed. */
export type Installations = {
  /** Throws a FaultError: `bad-key` where the token is not accepted, `missing` where the app is not installed there. */
  readonly of: (account: string, signal: AbortSignal) => Promise<Installation>
  /** The accounts that are known now. */
  readonly accounts: () => readonly string[]
  /** The only account, where there is just one: a name without its account is meant there. */
  readonly only: () => string | undefined
}

/** Something that Slack sent, in the order in which its parts are checked; `body` is not read yet. */
export type Incoming = {
  readonly body: Readonly<Record<string, unknown>>
  /** The account that it is for: the first of `authorizations`, which is right for Slack Connect and enterprises, too. */
  readonly account: string
  readonly installation: Installation
}

/**
 * What is done with what Slack sends. Each resolves once what must last is durable; only then is Slack answered, with the
 * result as its body. A rejection leaves it unanswered, so that Slack sends it again.
 */
export type Inbound = {
  readonly event: (incoming: Incoming) => Promise<void>
  readonly command: (incoming: Incoming) => Promise<Readonly<Record<string, unknown>> | undefined>
  /** Buttons and menus. */
  readonly action: (incoming: Incoming) => Promise<void>
  /** A form that was sent; the result tells Slack what to do with it (`response_action`). */
  readonly view: (incoming: Incoming) => Promise<Readonly<Record<string, unknown>> | undefined>
}

/** How Slack answers a slash command or a button, within 30 minutes; forgotten when the program ends. */
export type ReplyUrls = {
  readonly remember: (messageId: string, url: string) => void
  readonly of: (messageId: string) => string | undefined
}

/**
 * The ids of messages, as `Message.id` has them. What a person wrote is named by channel and ts alone, so that the `message` and
 * the `app_mention` of one text, and every redelivery, are one.
 */
export const messageIds = {
  written: (channel: string, ts: string): string => `${channel}/${ts}`,
  command: (triggerId: string): string => `command/${triggerId}`,
  /** Two people, and two buttons, may be pressed in one moment. */
  click: (channel: string, messageTs: string, actionTs: string, user: string, button: string): string =>
    `click/${channel}/${messageTs}/${actionTs}/${user}/${button}`,
  form: (viewId: string, hash: string): string => `form/${viewId}/${hash}`,
  stop: (eventId: string): string => `stop/${eventId}`,
} as const

/** What a message id stands for. */
export type MessageSource =
  | { readonly kind: 'written'; readonly channel: string; readonly ts: string }
  | { readonly kind: 'click'; readonly channel: string; readonly messageTs: string }
  | { readonly kind: 'command' | 'form' | 'stop' }

/** Reads an id that `messageIds` made; undefined for any other. */
export function sourceOf(id: Message['id']): MessageSource | undefined {
  const [first = '', second = '', third = ''] = id.split('/')
  if (first === 'command' || first === 'form' || first === 'stop') return { kind: first }
  if (first === 'click') return { kind: 'click', channel: second, messageTs: third }
  return /^[CDG][A-Z0-9]+$/u.test(first) && /^\d+\.\d+$/u.test(second)
    ? { kind: 'written', channel: first, ts: second }
    : undefined
}

/**
 * An address in Slack. Channels (`C…`) and groups (`G…`) are read by several; a direct message (`D…`), which the id of its person
 * (`U…`, `W…`) names as well, is not.
 */
export function slackAddress(account: string, channel: string, thread?: string): Address {
  return {
    adapter: 'slack',
    account,
    channel,
    ...(thread === undefined ? {} : { thread }),
    ...(/^[DUW]/u.test(channel) ? {} : { shared: true as const }),
  }
}

/** The name of the metadata that our posts carry; `event_payload.key` is the key of the post. */
export const postEvent = 'moltbot_post'
/** The same of a draft that is still being written, or was left by a crash; `event_payload.answers` is the message's id. */
export const draftEvent = 'moltbot_draft'
