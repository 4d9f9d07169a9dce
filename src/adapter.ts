import type { Address, Delivery, Message, Post } from './message.ts'

/**
 * Takes a message in. Resolves once its row is durable; only then may the adapter acknowledge it to the platform.
 * `duplicate` means that this event was taken before and needs nothing more.
 */
export type Receive = (message: Message) => Promise<'accepted' | 'duplicate'>

/** A sign of life while an answer is being made: all of its text so far, or what is being done. */
export type Sign = { readonly kind: 'draft' | 'progress'; readonly text: string }

/** A chat platform. */
export type Adapter = {
  readonly name: string
  /** The most characters that one post may have; longer replies are split before they reach `send`. */
  readonly maxChars: number
  /**
   * What may be done with a post whose sending was cut short, so that nobody knows whether it arrived.
   * `resend`: doing it again shows it once only. `never`: it could show twice, so it ends `unknown`.
   */
  readonly afterCut: 'resend' | 'never'
  /** Connects and delivers messages to `receive` until `stop`. Rejects only where a person must act. */
  readonly start: (receive: Receive) => Promise<void>
  /** Takes no more messages; resolves when the platform is let go. */
  readonly stop: () => Promise<void>
  /** Sends one post. Never throws: every outcome is a Delivery. */
  readonly send: (post: Post, signal: AbortSignal) => Promise<Delivery>
  /** Shows how the answer to a message comes along; best effort, may be dropped. */
  readonly show?: (messageId: string, address: Address, sign: Sign) => void
  /** The address that a person means by this target (`terminal`, `#news`), or undefined if it is not of this platform. */
  readonly resolve: (target: string) => Address | undefined
  /** One phrase for the start lines and /status, such as `http on 127.0.0.1:5000`. */
  readonly describe: () => string
}
