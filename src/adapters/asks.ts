import type { Receive, Sign } from '../adapter.ts'
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
  readonly show: (messageId: string, lane: string, sign: Sign) => void
}

type Waiter = { readonly reply: (reply: Reply) => void; readonly sign: (sign: Sign) => void }

export function createAsks(): Asks {
  const waiters = new Map<string, Set<Waiter>>()
  const keyOf = (lane: string, messageId: string): string => `${lane} ${messageId}`

  const join = (key: string, waiter: Waiter): (() => void) => {
    const all = waiters.get(key) ?? new Set()
    waiters.set(key, all.add(waiter))
    return () => {
      all.delete(waiter)
      if (all.size === 0) waiters.delete(key)
    }
  }

  return {
    ask: async (message, receive, signal, onSign) => {
      const { promise, resolve, reject } = Promise.withResolvers<Asked>()
      const key = keyOf(addressKey(message.address), message.id)
      const isWaitedFor = waiters.has(key)
      const leave = join(key, {
        reply: (reply) => resolve({ kind: 'reply', reply }),
        sign: (sign) => onSign?.(sign),
      })
      const abort = (): void => reject(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      try {
        signal.throwIfAborted()
        const taken = await receive(message)
        if (taken === 'duplicate' && !isWaitedFor) return { kind: 'duplicate' }
        return await promise
      } finally {
        leave()
        signal.removeEventListener('abort', abort)
      }
    },
    offer: (post) => {
      if (post.answers === null) return false
      const all = waiters.get(keyOf(addressKey(post.address), post.answers))
      for (const waiter of all ?? []) waiter.reply(post.reply)
      return all !== undefined
    },
    show: (messageId, lane, sign) => {
      for (const waiter of waiters.get(keyOf(lane, messageId)) ?? []) waiter.sign(sign)
    },
  }
}
