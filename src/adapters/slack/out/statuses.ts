import { over } from '../../../abort.ts'
import { addressKey, type Address } from '../../../message.ts'
import { clipped } from './buttons.ts'
import type { SlackApi } from '../contract.ts'
import type { Features } from './features.ts'
import { insist } from './insist.ts'

/**
 * What stands in a thread while we are at work there: the line behind our name, and the state of the session with its stop
 * button. It is there while somebody holds it, and is taken away after the last one has let go.
 */
export type Statuses = {
  /** Shows a text for as long as `id` holds it. Only threads have a status. */
  readonly hold: (id: string, address: Address, text: string) => void
  /** Resolves once it is out, could not be put out, or is held by others. */
  readonly release: (id: string, address: Address) => Promise<void>
  /** Takes away what an earlier life of the program may have left; resolves as `release` does. */
  readonly clear: (address: Address) => Promise<void>
  /** Takes all of them away; resolves when that is done or could not be. */
  readonly stop: () => Promise<void>
}

type Parts = {
  readonly api: SlackApi
  readonly features: Features
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** Aborted where nothing more is to be waited for. */
  readonly signal: AbortSignal
}

/** One of the two things that Slack shows. */
type Lamp = { readonly method: string; readonly field: (text: string) => string }

/** An empty text is none. */
const lamps: readonly Lamp[] = [
  // https://docs.slack.dev/reference/methods/agents.sessions.setStatus
  { method: 'agents.sessions.setStatus', field: (text) => (text === '' ? 'active' : 'processing') },
  // https://docs.slack.dev/reference/methods/assistant.threads.setStatus
  { method: 'assistant.threads.setStatus', field: (text) => text },
]

type Thread = {
  readonly address: Address
  readonly holders: Map<string, string>
  /** What each lamp was set to last; one that was never lit is not there. */
  readonly shown: Map<Lamp, { readonly value: string; readonly atMs: number }>
  /** Ends the wait for what changes next. */
  nap: AbortController
  /** A new text need not wait any more. */
  isIdle: boolean
  /** Resolves when nothing is shown any more. */
  done: Promise<void>
}

/** Slack takes a line away by itself after two minutes. */
const refreshMs = 90_000
/** The least time between two texts of one thread. */
const leastMs = 2_000
const mostTextChars = 100

export function createStatuses({ api, features, now, sleep, signal }: Parts): Statuses {
  const threads = new Map<string, Thread>()
  const working = new Set<Promise<void>>()
  let isStopping = false

  const set = async (thread: Thread, lamp: Lamp, text: string): Promise<void> => {
    const { method, field } = lamp
    const { account, channel, thread: thread_ts } = thread.address
    const value = field(text)
    const call = (): ReturnType<SlackApi['call']> =>
      api.call(method, { channel_id: channel, thread_ts, status: value }, { account, signal })
    if (text === '') {
      thread.shown.delete(lamp)
      return insist(call, { sleep, signal })
    }
    if (!features.has(account, method)) return
    // Lit, unless Slack says that it is not: one that nobody knows of is put out, too.
    const before = thread.shown.get(lamp)
    thread.shown.set(lamp, { value, atMs: now() })
    const answer = await call()
    if (answer.kind === 'ok' || answer.kind === 'unclear') return
    if (answer.kind === 'error') features.learn(account, method, answer.error)
    if (before === undefined) thread.shown.delete(lamp)
  }

  /** One at a time for each thread: makes what is shown what is held, until nothing is held and nothing is shown. */
  const follow = async (key: string, thread: Thread): Promise<void> => {
    for (;;) {
      thread.nap = new AbortController()
      const text = isStopping ? '' : newest(thread)
      const stale = lamps.filter((lamp) => isStale(thread.shown.get(lamp), lamp, text))
      await Promise.all(stale.map((lamp) => set(thread, lamp, text)))
      if (isStopping || thread.holders.size === 0) {
        if (thread.shown.size > 0) continue
        threads.delete(key)
        return
      }
      await sleep(leastMs, thread.nap.signal).catch(() => undefined)
      if (newest(thread) !== text) continue
      thread.isIdle = true
      await sleep(refreshMs - leastMs, thread.nap.signal).catch(() => undefined)
      thread.isIdle = false
    }
  }

  const isStale = (shown: { value: string; atMs: number } | undefined, lamp: Lamp, text: string): boolean => {
    if (shown === undefined) return text !== ''
    return shown.value !== lamp.field(text) || Math.abs(now() - shown.atMs) >= refreshMs - leastMs
  }

  const threadOf = (address: Address): Thread => {
    const key = addressKey(address)
    const known = threads.get(key)
    if (known !== undefined) return known
    const thread: Thread = {
      address,
      holders: new Map(),
      shown: new Map(),
      nap: new AbortController(),
      isIdle: false,
      done: Promise.resolve(),
    }
    threads.set(key, thread)
    const work = Promise.resolve()
      .then(() => follow(key, thread))
      .finally(() => working.delete(work))
    working.add(work)
    thread.done = work
    return thread
  }

  return {
    hold: (id, address, text) => {
      if (isStopping || address.thread === undefined) return
      const thread = threadOf(address)
      const isNew = !thread.holders.has(id)
      thread.holders.set(id, clipped(text, mostTextChars))
      if (isNew || thread.isIdle) thread.nap.abort(over)
    },
    release: async (id, address) => {
      const thread = threads.get(addressKey(address))
      if (thread?.holders.delete(id) !== true) return
      thread.nap.abort(over)
      if (thread.holders.size === 0) await thread.done
    },
    clear: async (address) => {
      if (isStopping || address.thread === undefined) return
      const thread = threadOf(address)
      const maybeLit = lamps.filter(
        (lamp) => !thread.shown.has(lamp) && features.has(address.account, lamp.method),
      )
      for (const lamp of maybeLit) thread.shown.set(lamp, { value: '?', atMs: now() })
      thread.nap.abort()
      if (thread.holders.size === 0) await thread.done
    },
    stop: async () => {
      isStopping = true
      for (const { nap } of threads.values()) nap.abort()
      await Promise.all(working)
    },
  }
}

/** What the thread says while it is held: the text of who came last. */
function newest({ holders }: Thread): string {
  return [...holders.values()].at(-1) ?? ''
}
