import type { Adapter } from './adapter.ts'
import { faultOf, type Fault } from './errors.ts'
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
   * Commits drafts together with the changes that belong to them, then sends them. Resolves after the commit, and
   * waits for it as long as the disk takes nothing; the sending goes on by itself, in order for each address. What a
   * task says without words is not sent.
   */
  readonly deliver: (drafts: readonly Draft[], writes: readonly Write[]) => Promise<void>
  /** Takes up what an earlier life of the program left behind. To be called before anything else is delivered. */
  readonly resume: () => void
  /** Resolves when nothing is being sent any more, or after `mostMs`. */
  readonly drain: (mostMs: number) => Promise<void>
}

type Parts = {
  readonly store: Pick<Store, 'read' | 'writeAll'>
  readonly adapters: readonly Adapter[]
  /** Nothing is sent before this has resolved: the platforms are open then. */
  readonly opened: Promise<void>
  readonly now: () => number
  /** Waits; rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
  readonly log: Log
}

/** How long to wait before each new try after a definite refusal that may pass, in milliseconds. */
const retryAfterMs = [1_000, 5_000, 30_000, 120_000, 600_000] as const

/** The faults after which the platform surely has nothing and may take it later. */
const passing: ReadonlySet<Fault> = new Set(['network', 'rate-limit', 'overloaded'])

/** The faults of a disk that may take the same change later, and how soon it is asked again, in milliseconds. */
const diskPassing: ReadonlySet<Fault> = new Set(['disk-full', 'read-only', 'in-use'])
const rewriteAfterMs = 10_000

/** Sends replies: a row before each send, and an honest word for what became of it. */
export function createOutbox({ store, adapters, opened, now, sleep, signal, log }: Parts): Outbox {
  const byName = new Map(adapters.map((adapter) => [adapter.name, adapter]))
  const lanes = new Map<string, Promise<void>>()

  const enqueue = (pending: Pending): void => {
    const lane = addressKey(pending.post.address)
    const after = (lanes.get(lane) ?? opened)
      .then(() => send(pending))
      .catch((error: unknown) => {
        const about = { fault: faultOf(error), post: pending.post.key, err: error }
        log.error(about, 'a post waits for the next start')
      })
      .finally(() => lanes.get(lane) === after && lanes.delete(lane))
    lanes.set(lane, after)
  }

  const send = async ({ id, post, cut }: Pending): Promise<void> => {
    const adapter = byName.get(post.address.adapter)
    if (adapter === undefined) {
      const why = `${post.address.adapter} is not on`
      return settle(id, post, { kind: 'failed', fault: 'unsupported', why })
    }
    const showsTwice = adapter.afterCut === 'never'
    if (cut && showsTwice) return settle(id, post, { kind: 'unknown', why: 'Moltbot ended while sending it' })
    for (let attempt = 0; !signal.aborted; attempt++) {
      if (showsTwice) await commit([['outbox.sending', id]])
      const delivery = await adapter.send(post, signal)
      const waitMs = retryAfterMs[attempt]
      if (delivery.kind !== 'failed' || !passing.has(delivery.fault) || waitMs === undefined) {
        return settle(id, post, delivery)
      }
      log.warn({ fault: delivery.fault, post: post.key, waitMs }, `not sent yet: ${delivery.why}`)
      if (showsTwice) await commit([['outbox.requeue', id]])
      await sleep(waitMs, signal).catch(() => undefined)
    }
  }

  const settle = async (id: number, post: Post, delivery: Delivery): Promise<void> => {
    await commit([['outbox.settle', id, delivery, now()]])
    if (delivery.kind === 'failed') {
      log.error({ fault: delivery.fault, post: post.key }, `not delivered: ${delivery.why}`)
    }
    if (delivery.kind === 'unknown')
      log.warn({ post: post.key }, `may or may not have been delivered: ${delivery.why}`)
  }

  /** Commits changes, again and again while the disk takes nothing: what they hold has been done, and is not done anew. */
  const commit = async (writes: readonly Write[]): Promise<readonly unknown[]> => {
    for (let attempt = 0; ; attempt++) {
      try {
        return await store.writeAll(writes)
      } catch (error) {
        const fault = faultOf(error)
        if (!diskPassing.has(fault) || signal.aborted) throw error
        if (attempt === 0)
          log.error({ fault, err: error }, 'cannot write just now; trying again until it works')
        await sleep(rewriteAfterMs, signal)
      }
    }
  }

  return {
    deliver: async (drafts, writes) => {
      const posts = drafts.flatMap((draft) =>
        toPosts(draft, byName.get(draft.address.adapter)?.maxChars ?? Infinity, now()),
      )
      const queue = posts.map((post): Write => ['outbox.queue', post])
      const ids = (await commit([...queue, ...writes])).slice(0, posts.length)
      for (const [i, post] of posts.entries()) {
        const id = ids[i]
        if (typeof id === 'number') enqueue({ id, post, cut: false })
      }
    },
    resume: () => {
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
  // Who waits for an answer gets it, even an empty one.
  if (reply.text === '' && answers === null) return []
  const texts = splitText(reply.text, maxChars)
  const { data, status } = reply
  return texts.map((text, i) => ({
    key: texts.length === 1 ? key : `${key}/${i + 1}`,
    address,
    answers,
    reply: { text, status, ...(i === 0 && data !== undefined ? { data } : {}) },
    createdAtMs: nowMs,
  }))
}

/**
 * Cuts a text into pieces of at most `maxChars` (two at least), at a line end or a space in the second half of each
 * piece where there is one, else between two characters as people count them. No piece is blank.
 */
export function splitText(text: string, maxChars: number): string[] {
  const pieces: string[] = []
  let rest = text
  while (rest.length > maxChars) {
    const room = rest.slice(0, maxChars + 1)
    const line = room.lastIndexOf('\n')
    const space = room.lastIndexOf(' ')
    const at = line >= maxChars / 2 ? line : space
    const cut = at >= maxChars / 2 ? at : lastBoundary(rest, maxChars)
    pieces.push(rest.slice(0, cut))
    rest = rest.slice(/[\n ]/u.test(rest[cut] ?? '') ? cut + 1 : cut)
  }
  const filled = [...pieces, rest].filter((piece) => piece.trim() !== '')
  return filled.length === 0 ? [text] : filled
}

/** The end of the last whole character, as people count them, within `most` of the text's units. */
function lastBoundary(text: string, most: number): number {
  let end = 0
  for (const { index, segment } of new Intl.Segmenter().segment(text.slice(0, most + 64))) {
    if (index + segment.length > most) break
    end = index + segment.length
  }
  // One character longer than a piece, which only a heap of combining marks can be.
  return end > 0 ? end : most
}
