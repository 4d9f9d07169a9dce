import type { Adapter, Receive, Sign } from '../../src/adapter.ts'
import type { Address, Delivery, Message, Post } from '../../src/message.ts'

/** A platform that keeps what it is sent. Each delivery comes from `script`, in order; after that all are sent. */
export type Platform = Adapter & {
  readonly address: Address
  readonly posts: Post[]
  readonly signs: Sign[]
  readonly script: (Delivery | Promise<Delivery>)[]
  readonly deliver: (text: string, more?: Partial<Message>) => Promise<'accepted' | 'duplicate'>
  /** Resolves with the first post that fits, also one that was there before. */
  readonly posted: (fits: (post: Post) => boolean) => Promise<Post>
}

export function createPlatform(name: string, afterCut: Adapter['afterCut'] = 'resend'): Platform {
  const posts: Post[] = []
  const signs: Sign[] = []
  const script: (Delivery | Promise<Delivery>)[] = []
  const watchers = new Set<() => void>()
  const address: Address = { adapter: name, account: 'home', channel: 'general' }
  let receive: Receive = () => Promise.reject(new Error('not started'))
  let events = 0
  return {
    name,
    address,
    posts,
    signs,
    script,
    afterCut,
    maxChars: 4_000,
    start: async (to) => {
      receive = to
    },
    stop: async () => undefined,
    send: async (post) => {
      const delivery = await (script.shift() ?? { kind: 'sent' })
      if (delivery.kind === 'sent') posts.push(post)
      for (const watcher of watchers) watcher()
      return delivery
    },
    show: (_, __, sign) => void signs.push(sign),
    resolve: (target) => (target === `#${name}` ? address : undefined),
    describe: () => name,
    deliver: (text, more = {}) =>
      receive({
        id: `event-${++events}`,
        address,
        author: { id: 'ann', name: 'Ann' },
        text,
        sentAtMs: 0,
        ...more,
      }),
    posted: async (fits) => {
      for (;;) {
        const found = posts.find(fits)
        if (found !== undefined) return found
        await new Promise<void>((resolve) => {
          const watcher = (): void => {
            watchers.delete(watcher)
            resolve()
          }
          watchers.add(watcher)
        })
      }
    },
  }
}
