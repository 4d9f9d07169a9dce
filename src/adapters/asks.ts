import type { Receive, Sign } from '../adapter.ts'
import { FaultError } from '../errors.ts'
import { addressKey, type Message, type Post, type Reply } from '../message.ts'

/** What came of asking: the reply, or word that the event was taken before and nobody is working on it here. */
export type Asked = { readonly kind: 'reply'; readonly reply: Reply } | { readonly kind: 'duplicate' }

/** Those who sent a message and wait on an open line for its reply: an HTTP client, the command line. */
export type Asks = {
  /** Hands a message in and resolves with its reply. An abort of `signal` ends the waiting, not the answering. */
  readonly ask: (
    message: Message,
    receive: Receive,
    signal: AbortSignal,
    onSign?: (sign: Sign) => void,
  ) => Promise<Asked>
  /** Gives a post to those who wait for it; false if nobody does. */
  readonly offer: (post: Post) => boolean
  /** Gives a sign to those who wait for the reply; false if nobody does. */
  readonly show: (messageId: string, lane: string, sign: Sign) => boolean
}

type Waiter = { readonly end: (asked: Asked) => void; readonly sign: (sign: Sign) => void }

export function createAsks(): Asks {
  const waiters = new Map<string, Set<Waiter>>()
  const keyOf = (lane: string, messageId: string): string => `${lane} ${messageId}`

  return {
    ask: async (message, receive, signal, onSign) => {
      const { promise, resolve, reject } = Promise.withResolvers<Asked>()
      // It may be rejected while the message is still being taken in and nobody awaits it yet.
      promise.catch(() => undefined)
      const key = keyOf(addressKey(message.address), message.id)
      const others = waiters.get(key)
      const all = others ?? new Set()
      const me: Waiter = { end: resolve, sign: (sign) => onSign?.(sign) }
      waiters.set(key, all.add(me))
      const abort = (): void => reject(reasonOf(signal))
      signal.addEventListener('abort', abort, { once: true })
      try {
        if (signal.aborted) throw reasonOf(signal)
        const taken = await receive(message)
        if (taken === 'duplicate' && others === undefined) {
          // Whoever is here by now came after this one, and waits for an answer that nobody is making.
          if (waiters.get(key) === all) waiters.delete(key)
          for (const one of all) one.end({ kind: taken })
        }
        return await promise
      } finally {
        signal.removeEventListener('abort', abort)
        all.delete(me)
        if (all.size === 0 && waiters.get(key) === all) waiters.delete(key)
      }
    },
    offer: (post) => {
      if (post.answers === null) return false
      const key = keyOf(addressKey(post.address), post.answers)
      const all = waiters.get(key)
      // Who joins from now on would wait in vain: there is no second post.
      waiters.delete(key)
      for (const waiter of all ?? []) waiter.end({ kind: 'reply', reply: post.reply })
      return all !== undefined
    },
    show: (messageId, lane, sign) => {
      const all = waiters.get(keyOf(lane, messageId))
      for (const waiter of all ?? []) waiter.sign(sign)
      return all !== undefined
    },
  }
}

/** Why the waiting ended, as an error: servers abort with a mere text. */
function reasonOf({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new FaultError('cancelled', String(reason))
}
