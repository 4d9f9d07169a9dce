import type { Fault } from './errors.ts'
import type { Action } from './store/approvals.ts'
import type { Language } from './words.ts'

/** Where a reply goes. `account` tells two workspaces of one platform apart; `thread` is absent outside a thread. */
export type Address = {
  readonly adapter: string
  readonly account: string
  readonly channel: string
  readonly thread?: string
  /** Several people read along there: a channel, a group. No part of the key. */
  readonly shared?: true
  /** What is said there is shown to whoever says it, and to nobody else: a slash command. No part of the key. */
  readonly aside?: true
}

/** Who wrote a message: the platform's immutable id. The name is for display and decides nothing. */
export type Author = { readonly id: string; readonly name: string }

/** A file that came with a message; its platform reads it when the message is answered. */
export type Attachment = {
  /** The platform's own id of it. */
  readonly id: string
  readonly name: string
  /** As the platform says, such as `application/pdf`. */
  readonly mediaType: string
  readonly bytes: number
  /** No file, but what was said before in the thread of the message, which its conversation has not heard. */
  readonly isThread?: true
}

/** What a person wrote, from any platform, in one shape. */
export type Message = {
  /** The platform's own id of the event; unique within adapter and account, the same when it is delivered again. */
  readonly id: string
  readonly address: Address
  readonly author: Author
  readonly text: string
  readonly sentAtMs: number
  readonly files?: readonly Attachment[]
  /** The exact action that the person said yes to, where it stood before them in words: a form that they sent. */
  readonly action?: Action
  /**
   * `awaited`: its author alone sees what comes of it, and waits for that: a slash command, a press. `overheard`: it names nobody,
   * in a thread of several. Default: it is said to us. Not kept over a restart, after which nobody waits.
   */
  readonly manner?: 'awaited' | 'overheard'
}

/** What became of a message after it was sent: its new text, or null where its author took it back. */
export type Revision = Pick<Message, 'id' | 'address'> & { readonly text: string | null }

/** How a turn ended, for whoever acts on it: the command line's exit code, an HTTP client. */
export type ReplyStatus = 'done' | 'failed' | 'misused' | 'refused' | 'asked'

/** What a person may say next with a press: `says` is what they have said then, in the same conversation. */
export type Choice = {
  readonly label: string
  readonly says: string
  readonly tone?: 'good' | 'bad'
}

/**
 * What became of a question of this token that stands in a conversation: its answer; `left`, where the talk went on to something
 * else; `gone`, where it was not open any more when it was answered.
 */
export type Closing = {
  /** The key of the conversation. */
  readonly conversation: string
  readonly token: string
  readonly by: 'yes' | 'no' | 'left' | 'gone'
}

/** What Moltbot says back. `data` holds the same for programs (`--json`), where a command has any. */
export type Reply = {
  readonly text: string
  readonly status: ReplyStatus
  readonly data?: unknown
  /** Buttons, where the platform has them; the text says the same without them. */
  readonly choices?: readonly Choice[]
  /** The question that it asks, if it does, and when that ends by itself, Unix milliseconds. */
  readonly asks?: { readonly token: string; readonly untilMs: number }
  /** The question whose buttons go with it. */
  readonly closes?: Closing
  /** Somebody stopped it, and is told so by themselves: a chat needs no second word of it. */
  readonly isStopped?: true
  /** Whom it is to reach where others read along, by the id of their author: they are notified where the platform can do that. */
  readonly to?: Author['id']
  /** What of a source it shows: those items count as seen in that scope, unless it does not arrive. */
  readonly shows?: { readonly scope: string; readonly items: readonly string[] }
  /** Whose words they are, where they are not ours; people may say whether those of a model were good. */
  readonly from?: 'model' | 'source'
  /** For the asker's eyes alone, where others read along and the platform can say it so. */
  readonly aside?: true
  /** What is too long to be read in a chat. */
  readonly file?: { readonly name: string; readonly text: string }
}

/** One row of the outbox on its way to a platform. */
export type Post = {
  /** Names this post for ever: the same reply to the same place has the same key after a restart. */
  readonly key: string
  readonly address: Address
  /** The id of the message that this answers; null for what a task posts. */
  readonly answers: string | null
  /** The author of that message: the platform's id. */
  readonly asker?: string
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
  | NotDelivered

/** Why a post has not arrived: `why` is for the log. */
export type NotDelivered = {
  readonly kind: 'failed'
  readonly fault: Fault
  readonly why: string
  /** The same for people, where there are words for it. */
  readonly says?: Readonly<Record<Language, string>>
  /** The wait that the platform asked for. */
  readonly retryAfterMs?: number
}

/** One line of text for an address: the key of its conversation and of its lane. */
export function addressKey(address: Address): string {
  const parts = [address.adapter, address.account, address.channel]
  if (address.thread !== undefined) parts.push(address.thread)
  return parts.map(encodeURIComponent).join('/')
}

/** True if an address, by its key, is a place or one of its threads. */
export function isWithin(key: string, place: string): boolean {
  return key === place || key.startsWith(`${place}/`)
}
