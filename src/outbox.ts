import type { Adapter } from './adapter.ts'
import { faultOf, type Fault } from './errors.ts'
import type { Log } from './log.ts'
import { addressKey, type Address, type NotDelivered, type Post, type Reply } from './message.ts'
import { createSending, type Fate, type Sequel } from './sending.ts'
import { splitReply } from './split-text.ts'
import type { Pending } from './store/outbox.ts'
import type { Store } from './store/store.ts'
import type { Write } from './store/writes.ts'

/** A reply on its way out. `key` names it for ever: the same reply made again after a crash has the same key. */
export type Draft = {
  readonly key: string
  readonly address: Address
  /** The id of the message that this answers; null for what a task posts. */
  readonly answers: string | null
  /** The author of that message. */
  readonly asker?: string
  readonly reply: Reply
  /** The run that it tells of. */
  readonly run?: number
}

export type Outbox = {
  /**
   * Commits drafts together with the changes that belong to them, then sends them. Resolves after the commit, and
   * waits for it as long as the disk takes nothing; the sending goes on by itself, in order for each address, and the
   * parts of one reply follow each other. Of a reply, nothing is sent after a part that could not be sent. What a task
   * says without words is not sent.
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
  readonly random: () => number
  /** What follows where a post has not arrived and will not. Default: nothing. */
  readonly onFailed?: (post: Post, failure: NotDelivered) => Sequel
  /** A post that could not be sent for so long is not sent any more. */
  readonly maxAgeMs: () => number
  readonly log: Log
}

/** The faults of a disk that may take the same change later, and how soon it is asked again, in milliseconds. */
const diskPassing: ReadonlySet<Fault> = new Set(['disk-full', 'read-only', 'in-use'])
const rewriteAfterMs = 10_000

/** How the line about what was left says what became of it, in this order. */
const fateWords: Readonly<Record<Fate, string>> = {
  sent: 'sent',
  held: 'kept until asked for',
  found: 'had arrived, as their platform says',
  again: 'sent again, as their platform had nothing of them',
  tooOld: 'too old to be sent',
  failed: 'not delivered',
  unknown: 'may or may not have arrived',
  waiting: 'left for the next start',
}

/** Sends replies: a row before each send, and an honest word for what became of it. */
export function createOutbox(parts: Parts): Outbox {
  const { store, adapters, opened, now, sleep, signal, log } = parts
  const lanes = new Map<string, Promise<unknown>>()
  /** The rows that wait for their turn or are being sent. */
  const onWay = new Set<number>()

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
  /** A writer that ended in the middle is begun anew by the next order; what can never be written fails again. */
  const commitTwice = (writes: readonly Write[]): Promise<readonly unknown[]> =>
    commit(writes).catch((error: unknown) => {
      if (faultOf(error) !== 'internal') throw error
      return commit(writes)
    })
  const isLeft = (row: Pending | undefined): row is Pending => row !== undefined && !onWay.has(row.id)
  const send = createSending({
    ...parts,
    onFailed: parts.onFailed ?? (() => ({ drafts: [], writes: [] })),
    commit: (writes, news = []) => (news.length === 0 ? commit(writes) : deliver(news, writes)),
  })

  /** Sends the parts of one reply when it is its turn at its address. Never rejects. */
  const enqueue = (reply: readonly [Pending, ...Pending[]]): Promise<readonly Fate[]> => {
    const lane = addressKey(reply[0].post.address)
    for (const { id } of reply) onWay.add(id)
    const done = (lanes.get(lane) ?? opened).then(() => sendParts(reply))
    const after = done.finally(() => {
      for (const { id } of reply) onWay.delete(id)
      if (lanes.get(lane) === after) lanes.delete(lane)
    })
    lanes.set(lane, after)
    return done
  }

  const sendParts = async (reply: readonly Pending[]): Promise<readonly Fate[]> => {
    const fates: Fate[] = []
    for (const [i, part] of reply.entries()) {
      const fate = await send(part, reply.slice(i + 1)).catch((error: unknown): Fate => {
        const about = { fault: faultOf(error), post: part.post.key, err: error }
        log.error(about, 'a post waits for the next start')
        return 'waiting'
      })
      fates.push(fate)
      const goesOn = fate !== 'failed' && fate !== 'tooOld' && fate !== 'waiting'
      if (!goesOn) return [...fates, ...Array<Fate>(reply.length - fates.length).fill(fate)]
    }
    return fates
  }

  /** Says in one line what became of what was left, once all of it has come to its end. */
  const tellOf = async (sending: readonly Promise<readonly Fate[]>[]): Promise<void> => {
    const { counts, words } = summed((await Promise.all(sending)).flat())
    log.info({ posts: counts }, `posts that were left from the last time: ${words}`)
  }

  const deliver: Outbox['deliver'] = async (drafts, writes) => {
    const replies = drafts.map((draft) => {
      const adapter = adapters.find(({ name }) => name === draft.address.adapter)
      const split = (reply: Reply): readonly Reply[] =>
        adapter?.split?.(reply, draft.address) ?? splitReply(reply, adapter?.maxChars ?? Infinity)
      return toPosts(draft, split, now())
    })
    const posts = replies.flat()
    const queue = posts.map((post): Write => ['outbox.queue', post])
    const writing = [...queue, ...writes]
    let ids: readonly unknown[] = []
    try {
      ids = (await commitTwice(writing)).slice(0, posts.length)
    } catch (error) {
      // Committed all the same, by a writer that ended before it could say so.
      if (!posts.some(({ key }) => isLeft(store.read.outbox.withKey(key)))) throw error
    }
    let at = 0
    for (const reply of replies) {
      const [first, ...others] = reply.flatMap((post): Pending[] => {
        const id = ids[at++]
        if (typeof id === 'number') return [{ id, post, cut: false, attempts: 0, sentAtMs: null }]
        // A post of this key was written down before, and goes its own way; unless nobody knew that it was.
        const row = store.read.outbox.withKey(post.key)
        return isLeft(row) ? [row] : []
      })
      if (first !== undefined) void enqueue([first, ...others])
    }
  }

  return {
    deliver,
    resume: () => {
      const left = Map.groupBy(store.read.outbox.open(), replyOf)
      const sending = [...left.values()].flatMap(([first, ...others]) =>
        first === undefined ? [] : [enqueue([first, ...others])],
      )
      if (sending.length > 0) void tellOf(sending)
    },
    drain: async (mostMs) => {
      const all = Promise.all(lanes.values()).then(() => undefined)
      const limit = new AbortController()
      await Promise.race([all, sleep(mostMs, limit.signal).catch(() => undefined)])
      limit.abort()
    },
  }
}

/** Splits a draft into posts, one for each part of its reply. */
function toPosts(
  { key, address, answers, asker, reply, run }: Draft,
  split: (reply: Reply) => readonly Reply[],
  nowMs: number,
): Post[] {
  // Who waits for an answer gets it, even an empty one.
  if (reply.text === '' && answers === null) return []
  const parts = split(reply)
  return parts.map((part, i) => ({
    key: parts.length === 1 ? key : `${key}#${i + 1}`,
    address,
    answers,
    ...(asker === undefined ? {} : { asker }),
    reply: part,
    createdAtMs: nowMs,
    ...(run === undefined ? {} : { run }),
  }))
}

/** The reply that a post is a part of, the same for all of its parts. */
function replyOf({ post }: Pending): string {
  return `${addressKey(post.address)} ${post.key.replace(/#\d+$/u, '')}`
}

function summed(fates: readonly Fate[]): { counts: Record<string, number>; words: string } {
  const names = Object.keys(fateWords) as Fate[]
  const counted = names
    .map((name) => [name, fates.filter((fate) => fate === name).length] as const)
    .filter(([, n]) => n > 0)
  return {
    counts: Object.fromEntries(counted),
    words: counted.map(([name, n]) => `${n} ${fateWords[name]}`).join(', '),
  }
}
