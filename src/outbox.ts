import type { Adapter } from './adapter.ts'
import { faultOf } from './errors.ts'
import type { Log } from './log.ts'
import { addressKey, type Address, type Delivery, type Post, type Reply } from './message.ts'
import type { Pending } from './store/outbox.ts'
import type { Store } from './store/store.ts'
import type { Write } from './store/writes.ts'

/** A reply on its way out. `key` names it for ever: the same reply made again after a crash has the same key. */
export type Draft = {
  readonly key: string
  readonly address: Address
  /** The id of the message that this answers; null for what a task posts. */
  readonly answers: string | null
  readonly reply: Reply
}

export type Outbox = {
  /**
   * Commits drafts together with the changes that belong to them, then sends them. Resolves after the commit; the
   * sending goes on by itself, in order for each address. A draft without text is not sent.
   */
  readonly deliver: (drafts: readonly Draft[], writes: readonly Write[]) => Promise<void>
  /** Sends what an earlier life of the program left behind. */
  readonly resume: () => Promise<void>
  /** Resolves when nothing is being sent any more, or after `mostMs`. */
  readonly drain: (mostMs: number) => Promise<void>
}

type Parts = {
  readonly store: Pick<Store, 'read' | 'write' | 'writeAll'>
  readonly adapters: readonly Adapter[]
  readonly now: () => number
  /** Waits; rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
  readonly log: Log
}

/** How long to wait before each new try after a definite refusal that may pass, in milliseconds. */
const retryAfterMs = [1_000, 5_000, 30_000, 120_000, 600_000] as const

/** The faults after which the platform surely has nothing and may take it later. */
const passing = new Set(['network', 'rate-limit', 'overloaded'])

/** Sends replies: a row before each send, and an honest word for what became of it. */
export function createOutbox({ store, adapters, now, sleep, signal, log }: Parts): Outbox {
  const byName = new Map(adapters.map((adapter) => [adapter.name, adapter]))
  const lanes = new Map<string, Promise<void>>()

  const enqueue = (pending: Pending): void => {
    const lane = addressKey(pending.post.address)
    const before = lanes.get(lane) ?? Promise.resolve()
    const after = before
      .then(() => send(pending))
      .catch((error: unknown) =>
        log.error(
          { fault: faultOf(error), post: pending.post.key, err: error },
          'a post is stuck until the next start',
        ),
      )
      .finally(() => lanes.get(lane) === after && lanes.delete(lane))
    lanes.set(lane, after)
  }

  const send = async ({ id, post, cut }: Pending): Promise<void> => {
    const adapter = byName.get(post.address.adapter)
    if (adapter === undefined)
      return settle(id, post, {
        kind: 'failed',
        fault: 'unsupported',
        why: `${post.address.adapter} is not on`,
      })
    if (cut && adapter.afterCut === 'never') {
      return settle(id, post, { kind: 'unknown', why: 'Moltbot ended while sending it' })
    }
    for (let attempt = 0; !signal.aborted; attempt++) {
      if (adapter.afterCut === 'never') await store.write('outbox.sending', id)
      const delivery = await adapter.send(post, signal)
      const waitMs = retryAfterMs[attempt]
      if (delivery.kind !== 'failed' || !passing.has(delivery.fault) || waitMs === undefined)
        return settle(id, post, delivery)
      log.warn({ fault: delivery.fault, post: post.key, waitMs }, `not sent yet: ${delivery.why}`)
      if (adapter.afterCut === 'never') await store.write('outbox.requeue', id)
      await sleep(waitMs, signal).catch(() => undefined)
    }
  }

  const settle = async (id: number, post: Post, delivery: Delivery): Promise<void> => {
    await store.write('outbox.settle', id, delivery, now())
    if (delivery.kind === 'failed')
      log.error({ fault: delivery.fault, post: post.key }, `not delivered: ${delivery.why}`)
    if (delivery.kind === 'unknown')
      log.warn({ post: post.key }, `may or may not have been delivered: ${delivery.why}`)
  }

  return {
    deliver: async (drafts, writes) => {
      const posts = drafts.flatMap((draft) =>
        toPosts(draft, byName.get(draft.address.adapter)?.maxChars ?? Infinity, now()),
      )
      const queue = posts.map((post): Write => ['outbox.queue', post])
      const ids = (await store.writeAll([...queue, ...writes])).slice(0, posts.length)
      for (const [i, post] of posts.entries()) {
        const id = ids[i]
        if (typeof id === 'number') enqueue({ id, post, attempts: 0, cut: false })
      }
    },
    resume: async () => {
      const open = store.read.outbox.open()
      if (open.length > 0) log.info({ posts: open.length }, 'sending what was left from the last time')
      open.forEach(enqueue)
    },
    drain: async (mostMs) => {
      const all = Promise.all(lanes.values()).then(() => undefined)
      const limit = new AbortController()
      await Promise.race([all, sleep(mostMs, limit.signal).catch(() => undefined)])
      limit.abort()
    },
  }
}

/** Splits a draft into posts of at most `maxChars`, at line ends where there are any. */
function toPosts({ key, address, answers, reply }: Draft, maxChars: number, nowMs: number): Post[] {
  if (reply.text === '') return []
  const texts = splitText(reply.text, maxChars)
  return texts.map((text, i) => ({
    key: texts.length === 1 ? key : `${key}/${i + 1}`,
    address,
    answers,
    reply: { ...reply, text },
    createdAtMs: nowMs,
  }))
}

/** Cuts a text into pieces of at most `maxChars`, at the last line end or space that fits, never inside a character. */
export function splitText(text: string, maxChars: number): string[] {
  const pieces: string[] = []
  let rest = text
  while (rest.length > maxChars) {
    const room = rest.slice(0, maxChars)
    const line = room.lastIndexOf('\n')
    const space = room.lastIndexOf(' ')
    const wanted = line > maxChars / 2 ? line : space > maxChars / 2 ? space : maxChars
    const cut = /[\uD800-\uDBFF]/u.test(rest[wanted - 1] ?? '') ? wanted - 1 : wanted
    pieces.push(rest.slice(0, cut).trimEnd())
    rest = rest.slice(cut).trimStart()
  }
  return [...pieces, rest]
}
