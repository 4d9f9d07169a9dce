import type { Address, Delivery, Message, Post } from './message.ts'

/**
 * Takes a message in. Resolves once its row is durable; only then may the adapter acknowledge it to the platform.
 * `duplicate` means that this event was taken before and needs nothing more.
 */
export type Receive = (message: Message) => Promise<'accepted' | 'duplicate'>

/** A sign of life while an answer is being made: all of its text so far, or what is being done. */
export type Sign =
  | { readonly kind: 'draft'; readonly text: string }
  /** `share`: how much of it is done, 0 to 1, where that is known. */
  | { readonly kind: 'progress'; readonly text: string; readonly share?: number }

/** What a platform says when it is asked for a post by its key. `unknown`: it could not be asked, or cannot tell. */
export type Found =
  | { readonly kind: 'there'; readonly ref?: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly why: string }

/** How a platform is asked whether it holds a post. */
export type LookUp = {
  /** It may take the platform so long to show what it holds, in milliseconds; it is not asked sooner after a send. */
  readonly graceMs: number
  /** Asks for the post of this key, sent at `sinceMs` or later. Never throws. */
  readonly find: (post: Post, sinceMs: number, signal: AbortSignal) => Promise<Found>
}

/** A chat platform. */
export type Adapter = {
  readonly name: string
  /** The most characters that one post may have; longer replies are split before they reach `send`. */
  readonly maxChars: number
  /**
   * What may be done with a post whose sending was cut short, so that nobody knows whether it arrived.
   * `resend`: doing it again shows it once only. `never`: it could show twice, so it ends `unknown`. A LookUp: the
   * platform can be asked, and the post is sent again only if it is absent.
   */
  readonly afterCut: 'resend' | 'never' | LookUp
  /** The least time between the beginnings of two sends to one channel, in milliseconds. Default: 0. */
  readonly paceMs?: number
  /** Connects and delivers messages to `receive` until `stop`. Rejects only where a person must act. */
  readonly start: (receive: Receive) => Promise<void>
  /** Takes no more messages; resolves when the platform is let go. */
  readonly stop: () => Promise<void>
  /** Sends one post. Never throws: every outcome is a Delivery. */
  readonly send: (post: Post, signal: AbortSignal) => Promise<Delivery>
  /** Shows how the answer to a message, or a run (`run/7`), comes along; best effort, may be dropped. */
  readonly show?: (messageId: string, address: Address, sign: Sign) => void
  /** The address that a person means by this target (`terminal`, `#news`), or undefined if it is not of this platform. */
  readonly resolve: (target: string) => Address | undefined
  /** One phrase for the start lines and /status, such as `http on 127.0.0.1:5000`. */
  readonly describe: () => string
}
