import QuickLRU from 'quick-lru'
import type { CacheConfig } from '../config.ts'
import { faultOf, stopped } from '../errors.ts'
import type { Completion, Model, ModelEvent, ModelRequest } from '../model.ts'
import { createKeys } from './cache-key.ts'
import { createFlight, wholeOf, type Flight } from './flight.ts'

/** `hits` are answers that cost nothing: kept ones, and those of calls that others had begun. `bytes` as `maxBytes` counts them. */
export type CacheStats = {
  readonly hits: number
  readonly misses: number
  readonly entries: number
  readonly bytes: number
}

/** Answers that were given, and those that are being given. One is enough for all routes, and outlives them. */
export type Cache = {
  readonly stats: () => CacheStats
  /** The key of a request; undefined while the cache is off. */
  readonly keyOf: (request: ModelRequest, fingerprint: string) => string | undefined
  readonly textOf: (key: string) => string | undefined
  /** Keeps the text of an answer, if it may be given again and there is room for it. */
  readonly keep: (key: string, answer: Completion) => void
  /** The calls under way, by their keys. */
  readonly flights: Map<string, Flight>
  readonly count: (what: 'hit' | 'miss') => void
}

type CacheParts = {
  /** Read at each use, so that a change takes effect at once. */
  readonly settings: () => CacheConfig
  readonly now: () => number
  /** Random bytes of this process: without them nobody can tell from a key what was asked. */
  readonly secret: Uint8Array
}

type Entry = { readonly text: string; readonly keptAtMs: number; readonly bytes: number }

/** What an entry takes besides its text: its key, the two objects around it, its place in a map. Rounded up. */
const entryBytes = 300

/**
 * Makes the cache. It never holds more than `maxEntries` and `maxBytes` (UTF-16 of the texts and 300 bytes for each), and
 * drops what was not used for longest; an answer that is larger than a quarter of `maxBytes` is not kept. While it is off
 * it is empty.
 */
export function createCache({ settings, now, secret }: CacheParts): Cache {
  const keys = createKeys(secret)
  const entries = createEntries(settings, now)
  const counts = { hit: 0, miss: 0 }
  return {
    flights: new Map(),
    count: (what) => counts[what]++,
    keyOf: (request, fingerprint) => {
      entries.makeRoom(0, 0)
      const { enabled, scope } = settings()
      return enabled ? keys.keyOf(request, fingerprint, scope) : undefined
    },
    textOf: entries.textOf,
    keep: (key, answer) => {
      if (settings().enabled && mayBeGivenAgain(answer)) entries.keep(key, answer.text)
    },
    stats: () => ({ hits: counts.hit, misses: counts.miss, ...entries.measure() }),
  }
}

type Entries = Pick<Cache, 'textOf'> & {
  readonly keep: (key: string, text: string) => void
  /** Drops what was not used for longest until this much more finds room. */
  readonly makeRoom: (moreEntries: number, moreBytes: number) => void
  readonly measure: () => Pick<CacheStats, 'entries' | 'bytes'>
}

/** Holds the bounds itself: quick-lru keeps up to twice its size and counts no bytes. */
function createEntries(settings: CacheParts['settings'], now: CacheParts['now']): Entries {
  let entries = 0
  let bytes = 0
  const forget = (entry: Entry): void => {
    entries--
    bytes -= entry.bytes
  }
  const lru = new QuickLRU<string, Entry>({
    maxSize: sizeFor(settings().maxEntries),
    onEviction: (_key, entry) => forget(entry),
  })
  const drop = (key: string): void => {
    const entry = lru.peek(key)
    if (entry !== undefined && lru.delete(key)) forget(entry)
  }
  const isFresh = ({ keptAtMs }: Entry): boolean => {
    const ageMs = now() - keptAtMs
    return ageMs >= 0 && ageMs < settings().ttlSeconds * 1000
  }
  const makeRoom: Entries['makeRoom'] = (moreEntries, moreBytes) => {
    const { enabled, maxEntries, maxBytes } = settings()
    const size = sizeFor(maxEntries)
    if (lru.maxSize !== size) lru.resize(size)
    const isEnough = (): boolean =>
      enabled && entries + moreEntries <= maxEntries && bytes + moreBytes <= maxBytes
    if (isEnough()) return
    for (const [key] of lru.entriesAscending()) {
      drop(key)
      if (isEnough()) return
    }
  }

  return {
    makeRoom,
    textOf: (key) => {
      const entry = lru.peek(key)
      if (entry === undefined) return undefined
      lru.delete(key)
      if (isFresh(entry)) {
        lru.set(key, entry) // anew, so that it is the last: quick-lru's own order is by generations
        return entry.text
      }
      forget(entry)
    },
    keep: (key, text) => {
      const { maxEntries, maxBytes } = settings()
      const size = text.length * 2 + entryBytes
      drop(key)
      if (maxEntries < 1 || size > maxBytes / 4) return
      makeRoom(1, size)
      // A copy: a text that was cut out of a larger one would keep all of that in memory.
      lru.set(key, { text: structuredClone(text), keptAtMs: now(), bytes: size })
      entries++
      bytes += size
    },
    measure: () => {
      makeRoom(0, 0)
      for (const [key, entry] of lru) if (!isFresh(entry)) drop(key)
      return { entries, bytes }
    },
  }
}

function sizeFor(maxEntries: number): number {
  return Math.max(1, maxEntries)
}

/**
 * True for a whole answer in words by the model that the route would choose again. A try of another model, failed,
 * resting or outrun, says that chance or a bad hour had a hand in it; one that is `unable` would be so again.
 */
function mayBeGivenAgain({ text, calls, stop, trail }: Completion): boolean {
  if (text.trim() === '' || calls.length > 0 || stop !== 'complete') return false
  const by = trail?.tries.at(-1)?.model
  return (
    trail === undefined || trail.tries.every(({ model, outcome }) => model === by || outcome === 'unable')
  )
}

/** What `cached` needs besides the model. */
export type CachedParts = {
  readonly cache: Cache
  /** Stands for all that decides the answer besides the request: the models of the route, their endpoints and parameters. */
  readonly fingerprint: string
  /** Told just before the end of each answer that costs nothing. */
  readonly onHit: (request: ModelRequest, answer: Completion) => void
}

/**
 * The model with a cache. An answer that was given before, within the scope of the settings, comes as one piece of text;
 * a call that is under way is shared. Both end with `cached`, without usage, and `onHit` is told. A failure is that of
 * all who share the call, but for a cap of the one who began it; an abort is of one alone. Where the one who began a call
 * has left it to others, they still pay nothing: the model inside settles each call that it makes, whoever reads it.
 */
export function cached(model: Model, { cache, fingerprint, onHit }: CachedParts): Model {
  const endOf = (request: ModelRequest, { text, calls, stop, trail }: Completion): ModelEvent => {
    // Who reads along with a call of a stand-in is told of that, too.
    const end = { stop, usage: {}, cached: true, ...(trail === undefined ? {} : { trail }) } as const
    cache.count('hit')
    onHit(request, { text, calls, ...end })
    return { kind: 'end', ...end }
  }
  const begin = (key: string, request: ModelRequest): Flight => {
    cache.count('miss')
    const flight = createFlight(model, request, (answer) => {
      cache.flights.delete(key)
      if (answer !== undefined) cache.keep(key, answer)
    })
    cache.flights.set(key, flight)
    return flight
  }
  /** Reads along. False, and nothing was said, if the call was refused for a cap: that is a cap of the one who began it. */
  const follow = async function* (
    flight: Flight,
    request: ModelRequest,
    signal: AbortSignal,
  ): AsyncGenerator<ModelEvent, boolean, undefined> {
    const heard: ModelEvent[] = []
    try {
      for await (const event of flight.read(signal)) {
        heard.push(event)
        // Each reader obeys calls of its own.
        if (event.kind === 'call') yield { ...event, args: structuredClone(event.args) }
        else yield event.kind === 'end' ? endOf(request, wholeOf(heard, event)) : event
      }
    } catch (thrown) {
      if (heard.length > 0 || faultOf(thrown) !== 'over-budget') throw thrown
      return false
    }
    return true
  }
  return {
    name: model.name,
    stream: async function* (request, signal) {
      if (signal.aborted) throw stopped(model.name, signal.reason)
      const key = cache.keyOf(request, fingerprint)
      if (key === undefined) {
        yield* model.stream(request, signal)
        return
      }
      const text = cache.textOf(key)
      if (text !== undefined) {
        yield { kind: 'text', text }
        if (signal.aborted) throw stopped(model.name, signal.reason)
        yield endOf(request, { text, calls: [], stop: 'complete', usage: {} })
        return
      }
      for (let flight = cache.flights.get(key); flight !== undefined; flight = cache.flights.get(key)) {
        if (yield* follow(flight, request, signal)) return
      }
      yield* begin(key, request).read(signal)
    },
  }
}
