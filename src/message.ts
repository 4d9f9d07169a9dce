import type { Fault } from './errors.ts'

/** Where a reply goes. `account` tells two workspaces of one platform apart; `thread` is absent outside a thread. */
export type Address = {
  readonly adapter: string
  readonly account: string
  readonly channel: string
  readonly thread?: string
}

/** Who wrote a message: the platform's immutable id. The name is for display and decides nothing. */
export type Author = { readonly id: string; readonly name: string }

/** What a person wrote, from any platform, in one shape. */
export type Message = {
  /** The platform's own id of the event; unique within adapter and account, the same when it is delivered again. */
  readonly id: string
  readonly address: Address
  readonly author: Author
  readonly text: string
  readonly sentAtMs: number
}

/** How a turn ended, for whoever acts on it: the command line's exit code, an HTTP client. */
export type ReplyStatus = 'done' | 'failed' | 'misused' | 'refused' | 'asked'

/** What Moltbot says back. `data` holds the same for programs (`--json`), where a command has any. */
export type Reply = {
  readonly text: string
  readonly status: ReplyStatus
  readonly data?: unknown
}

/** One row of the outbox on its way to a platform. */
export type Post = {
  /** Names this post for ever: the same reply to the same place has the same key after a restart. */
  readonly key: string
  readonly address: Address
  /** The id of the message that this answers; null for what a task posts. */
  readonly answers: string | null
  readonly reply: Reply
  readonly createdAtMs: number
  /** The run that it tells of. */
  readonly run?: number
}

/**
 * What became of a post.
 * `sent`: the platform has it. `held`: kept until the other side asks for it.
 * `unknown`: it may or may not have arrived, and nobody can tell. `failed`: it has not arrived and will not.
 */
export type Delivery =
  | { readonly kind: 'sent'; readonly ref?: string }
  | { readonly kind: 'held' }
  | { readonly kind: 'unknown'; readonly why: string }
  | {
      readonly kind: 'failed'
      readonly fault: Fault
      readonly why: string
      /** The wait that the platform asked for. */
      readonly retryAfterMs?: number
    }

/** One line of text for an address: the key of its conversation and of its lane. */
export function addressKey(address: Address): string {
  const parts = [address.adapter, address.account, address.channel]
  if (address.thread !== undefined) parts.push(address.thread)
  return parts.map(encodeURIComponent).join('/')
}
