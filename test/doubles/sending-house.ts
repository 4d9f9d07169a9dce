import type { TestContext } from 'node:test'
import type { Adapter, Found } from '../../src/adapter.ts'
import { createLog } from '../../src/log.ts'
import type { Address, Delivery, Post } from '../../src/message.ts'
import { createOutbox, type Draft, type Outbox } from '../../src/outbox.ts'
import type { OutboxCounts } from '../../src/store/outbox.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { temporaryFolder } from './folder.ts'
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts'

/** A send as it began. */
export type Begun = { readonly key: string; readonly channel: string; readonly atMs: number }

/** A platform that holds what it is sent, and says of it what a test tells it to. */
export type Chat = Adapter & {
  readonly begun: Begun[]
  /** The keys of what it took, as often as it did. */
  readonly taken: string[]
  /** With what it was asked for a post. */
  readonly askedSinceMs: number[]
}

export type ChatOptions = {
  readonly name?: string
  /** How a send goes, the first, the second, …; after these, and where it says nothing, it is taken and answered. */
  readonly answer?: (post: Post, n: number) => Answer | undefined
  /** What it says when it is asked; undefined is the truth. */
  readonly says?: (post: Post, n: number) => Found | undefined
  readonly afterCut?: 'resend' | 'never'
  readonly graceMs?: number
  readonly paceMs?: number
  readonly maxChars?: number
  /** What another life of the program left on it. */
  readonly before?: Chat
}

/** `lost`: taken, but the answer does not come, and the adapter says that it does not know. `hang`: nor does that. */
export type Answer = Delivery | 'lost' | 'hang'

export function createChat(clock: () => VirtualClock, options: ChatOptions = {}): Chat {
  const { name = 'chat', answer, says, before } = options
  const begun: Begun[] = []
  const taken: string[] = [...(before?.taken ?? [])]
  const askedSinceMs: number[] = []
  const find = async (post: Post, sinceMs: number): Promise<Found> => {
    askedSinceMs.push(sinceMs)
    const truth = taken.includes(post.key) ? { kind: 'there' as const, ref: `ref-${post.key}` } : undefined
    return says?.(post, askedSinceMs.length) ?? truth ?? { kind: 'absent' }
  }
  return {
    name,
    begun,
    taken,
    askedSinceMs,
    maxChars: options.maxChars ?? 1_000,
    paceMs: options.paceMs ?? 0,
    afterCut: options.afterCut ?? { graceMs: options.graceMs ?? 10_000, find },
    start: async () => undefined,
    stop: async () => undefined,
    send: async (post) => {
      begun.push({ key: post.key, channel: post.address.channel, atMs: clock().now() })
      const how = answer?.(post, begun.length) ?? { kind: 'sent' }
      if (how === 'lost' || how === 'hang') taken.push(post.key)
      if (how === 'lost') return { kind: 'unknown', why: 'no answer came' }
      if (how === 'hang') return new Promise<Delivery>(() => undefined)
      if (how.kind === 'sent') taken.push(post.key)
      return how
    },
    resolve: () => undefined,
    describe: () => name,
  }
}

/** An outbox on a real store, with platforms that do what a test says, in a time that passes when the test lets it. */
export type SendingHouse = {
  readonly outbox: Outbox
  readonly store: Store
  readonly clock: VirtualClock
  /** The lines of the log, parsed. */
  readonly logged: readonly LogLine[]
  readonly counts: () => OutboxCounts
  /** Lets so much time pass. */
  readonly pass: (ms: number) => Promise<void>
  /** Ends the program as SIGTERM does; waits are over. */
  readonly end: () => void
  /** The end of the process as far as rows can tell. */
  readonly crash: () => Promise<void>
}

export type LogLine = { readonly msg: string; readonly level: number; readonly posts?: object }

type HouseOptions = {
  readonly path?: string
  readonly platforms: (clock: () => VirtualClock) => readonly Adapter[]
  readonly startMs?: number
  readonly maxAgeMs?: number
  readonly opened?: Promise<void>
  readonly onFailed?: Parameters<typeof createOutbox>[0]['onFailed']
}

export async function openSendingHouse(t: TestContext, options: HouseOptions): Promise<SendingHouse> {
  const clock = createVirtualClock(options.startMs ?? 1_000_000)
  const store = await openStore(options.path ?? temporaryFolder(t))
  const ended = new AbortController()
  const writes = { ordered: 0, underWay: 0 }
  const writeAll: Store['writeAll'] = async (wanted) => {
    writes.ordered++
    writes.underWay++
    return store.writeAll(wanted).finally(() => writes.underWay--)
  }
  /** Only writes and sleeps take time here; when a few turns of the loop order no more of them, all has come to rest. */
  const rest = async (): Promise<void> => {
    let before: number
    do {
      before = writes.ordered
      for (let turn = 0; turn < 5 || writes.underWay > 0; turn++)
        await new Promise((resolve) => setImmediate(resolve))
    } while (writes.ordered !== before)
  }
  const logged: LogLine[] = []
  const outbox = createOutbox({
    store: { read: store.read, writeAll },
    adapters: options.platforms(() => clock),
    opened: options.opened ?? Promise.resolve(),
    now: clock.now,
    sleep: clock.sleep,
    signal: ended.signal,
    random: () => 1,
    maxAgeMs: () => options.maxAgeMs ?? 24 * 3_600_000,
    ...(options.onFailed === undefined ? {} : { onFailed: options.onFailed }),
    log: createLog(
      'info',
      () => [],
      (line) => logged.push(JSON.parse(line)),
    ),
  })
  let closed: Promise<void> | undefined
  const crash = (): Promise<void> => (closed ??= store.close())
  t.after(crash)
  return {
    outbox,
    store,
    clock,
    logged,
    counts: store.read.outbox.counts,
    pass: (ms) => clock.pass(ms, rest),
    end: () => ended.abort(),
    crash,
  }
}

export const general: Address = { adapter: 'chat', account: 'home', channel: 'general' }

/** What a task posts. */
export function draft(key: string, address: Address = general, text = key): Draft {
  return { key, address, answers: null, reply: { text, status: 'done' } }
}
