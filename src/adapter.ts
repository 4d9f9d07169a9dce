import type { Address, Attachment, Delivery, Message, Post, Reply, Revision } from './message.ts'

/**
 * Takes a message in. Resolves once its row is durable; only then may the adapter acknowledge it to the platform.
 * `duplicate` means that this event was taken before and needs nothing more.
 */
export type Receive = (message: Message) => Promise<'accepted' | 'duplicate'>

/**
 * Takes in that a person changed a message, or took it back; it may come before the message. While that waits for its answer
 * it is answered as it is now, or not at all; afterwards a question that it led to goes with it, and nothing else happens.
 * Resolves once that is durable.
 */
export type Revise = (revision: Revision) => Promise<void>

/** A sign of life while an answer is being made: all of its text so far, or what is being done. */
export type Sign =
  | { readonly kind: 'draft'; readonly text: string }
  /** `share`: how much of it is done, 0 to 1, where that is known. */
  | { readonly kind: 'progress'; readonly text: string; readonly share?: number }

/**
 * What a platform says when it is asked for a post by its key. `unknown`: it could not be asked, or cannot tell; with
 * `isFinal` it never will, so that it is not asked again.
 */
export type Found =
  | { readonly kind: 'there'; readonly ref?: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly why: string; readonly isFinal?: true }

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
  /**
   * Connects and delivers messages to `receive` until `stop`. Rejects only where a person must act: a platform that cannot
   * be reached just now is one that comes back by itself.
   */
  readonly start: (receive: Receive, revise: Revise) => Promise<void>
  /** Takes no more messages; resolves when the platform is let go. */
  readonly stop: () => Promise<void>
  /** Sends one post. Never throws: every outcome is a Delivery. */
  readonly send: (post: Post, signal: AbortSignal) => Promise<Delivery>
  /** Shows how the answer to a message, or a run (`run/7`), comes along; best effort, may be dropped. */
  readonly show?: (messageId: string, address: Address, sign: Sign) => void
  /** Cuts a reply into those that are posted one after the other. Default: its text, at `maxChars`, without buttons or a file. */
  readonly split?: (reply: Reply, address: Address) => readonly Reply[]
  /** The bytes of a file that came with a message. Throws a FaultError: `too-long`, `missing`, `refused`, `network`, … */
  readonly readFile?: (file: Attachment, address: Address, signal: AbortSignal) => Promise<Uint8Array>
  /**
   * The address that a person means by this target (`terminal`, `#news`), or undefined if it is not of this platform. A
   * name counts in the account of `from`, where that is one of this platform.
   */
  readonly resolve: (target: string, from?: Address) => Address | undefined
  /**
   * Resolves once `resolve` knows all names that it is to know now, just after a start, too; within a few seconds in any case.
   * Default: it does at any time.
   */
  readonly settled?: () => Promise<void>
  /** False where nothing can be posted because Moltbot is known not to be in there. Default: it can. */
  readonly isIn?: (place: Address) => boolean
  /** What people call a place of this platform, in the words of `resolve` (`#news`); undefined where nobody knows. */
  readonly nameOf?: (place: Address) => string | undefined
  /** Where a person of this platform is spoken to alone: `author` is the id of theirs. */
  readonly direct?: (account: string, author: string) => Address
  /** What keeps it from its work just now, in a sentence. */
  readonly trouble?: () => string | undefined
  /** What is amiss although it works, in a sentence. */
  readonly remark?: () => string | undefined
  /** One phrase for the start lines and /status, such as `http on 127.0.0.1:5000`. */
  readonly describe: () => string
}
