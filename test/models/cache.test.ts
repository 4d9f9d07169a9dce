import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import QuickLRU from 'quick-lru'
import type { CacheConfig } from '../../src/config.ts'
import { BudgetError, ModelError } from '../../src/errors.ts'
import {
  complete,
  type Completion,
  type Model,
  type ModelEvent,
  type ModelRequest,
  type Trail,
  type Try,
} from '../../src/model.ts'
import { cached, createCache, type Cache } from '../../src/models/cache.ts'
import { createOpenai } from '../../src/models/openai/openai.ts'
import {
  ask,
  asker,
  assertFault,
  modelContract,
  read,
  sceneNowMs,
  type Scene,
  type Staged,
} from '../contracts/model.ts'
import { startVendor, steps } from '../doubles/vendor.ts'

const defaults: CacheConfig = {
  enabled: true,
  scope: 'person',
  ttlSeconds: 60,
  maxEntries: 100,
  maxBytes: 100_000,
}
const never = new AbortController().signal
const settle = (): Promise<void> => new Promise(setImmediate)

/** A cache whose settings and clock the test turns. */
function createFakeCache(change: Partial<CacheConfig> = {}) {
  const world = { settings: { ...defaults, ...change }, nowMs: 1_000_000 }
  const cache = createCache({
    settings: () => world.settings,
    now: () => world.nowMs,
    secret: Buffer.alloc(32, 1),
  })
  const set = (more: Partial<CacheConfig>): void => {
    world.settings = { ...world.settings, ...more }
  }
  return { world, cache, set }
}

/** A model that says what `answer` gives for the how manieth request. */
function speaker(answer: (count: number, request: ModelRequest) => readonly (ModelEvent | Error)[]) {
  const requests: ModelRequest[] = []
  const model: Model = {
    name: 'speaker',
    stream: async function* (request) {
      const count = requests.push(request)
      await settle()
      for (const event of answer(count, request)) {
        if (event instanceof Error) throw event
        yield event
      }
    },
  }
  return { model, requests }
}

const text = (said: string): ModelEvent => ({ kind: 'text', text: said })
const ends = (more: Partial<Extract<ModelEvent, { kind: 'end' }>> = {}): ModelEvent => ({
  kind: 'end',
  stop: 'complete',
  usage: { inputTokens: 9, outputTokens: 4 },
  ...more,
})
const call: ModelEvent = { kind: 'call', id: '1', name: 'remind', args: { what: ['tea'] } }
const hitEnd: ModelEvent = { kind: 'end', stop: 'complete', usage: {}, cached: true }
const numbered = () => speaker((count) => [text(`answer `), text(`${count}`), ends()])

/** The model over the cache, and what it told of hits. */
function over(model: Model, cache: Cache, fingerprint = 'route') {
  const hits: [ModelRequest, Completion][] = []
  const onHit = (request: ModelRequest, answer: Completion): void => void hits.push([request, answer])
  return { hits, model: cached(model, { cache, fingerprint, onHit }) }
}

const staged =
  (wrap: (model: Model) => Model) =>
  async (scene: Scene): Promise<Staged> => {
    const vendor = await startVendor([], { always: steps[scene] })
    const openai = createOpenai({
      name: 'gpt',
      now: () => sceneNowMs,
      endpoint: `${vendor.origin}/v1`,
      apiKey: 'sk-1',
      model: 'gpt-6',
    })
    return { model: wrap(openai), asked: () => vendor.requests.length, close: vendor.close }
  }

modelContract(
  'a cached model',
  staged((model) => over(model, createFakeCache().cache).model),
)

modelContract(
  'a cached model with the cache off',
  staged((model) => over(model, createFakeCache({ enabled: false }).cache).model),
)

/** The scenes whose answer is kept, and is the same from the cache. */
const answered = new Set<Scene>(['answer', 'gzip', 'drip', 'no usage', 'images', 'history', 'shape'])

modelContract('an answer from the cache', async (scene) => {
  if (!answered.has(scene)) return undefined
  const stage = await staged((model) => over(model, createFakeCache().cache).model)(scene)
  const { model } = stage
  const stream: Model['stream'] = async function* (request, signal) {
    if (!signal.aborted) await complete(model, request, never)
    const asked = stage.asked?.()
    yield* model.stream(request, signal)
    assert.equal(stage.asked?.(), asked, 'this was no hit')
  }
  return { ...stage, model: { name: model.name, stream } }
})

modelContract('a call that another began', async (scene) => {
  const stage = await staged((model) => over(model, createFakeCache().cache).model)(scene)
  if (scene === 'usage') {
    await stage.close?.()
    return undefined // it costs nothing, and counts nothing
  }
  const { model } = stage
  const controller = new AbortController()
  const stream: Model['stream'] = async function* (request, signal) {
    const leading = signal.aborted ? undefined : read(model, request, controller.signal)
    yield* model.stream(request, signal)
    await leading
  }
  return {
    model: { name: model.name, stream },
    asked: stage.asked ?? (() => 0),
    close: async () => {
      controller.abort()
      await stage.close?.()
    },
  }
})

suite('an answer that was given before', () => {
  test('comes again as one text with an end that costs nothing, and is told of', async () => {
    const { cache } = createFakeCache()
    const inner = numbered()
    const { model, hits } = over(inner.model, cache)
    const first = await read(model, ask('hi'))
    assert.deepEqual(first.events, [text('answer '), text('1'), ends()])
    assert.deepEqual(hits, [])
    const second = await read(model, ask('hi'))
    assert.deepEqual(second.events, [text('answer 1'), hitEnd])
    assert.deepEqual(hits, [
      [ask('hi'), { text: 'answer 1', calls: [], stop: 'complete', usage: {}, cached: true }],
    ])
    assert.equal((await complete(model, ask('ho'), never)).text, 'answer 2')
    assert.deepEqual(cache.stats(), { hits: 1, misses: 2, entries: 2, bytes: 2 * (300 + 16) })
  })

  test('is there for whoever asks when its end has just come', async () => {
    const { cache } = createFakeCache()
    const inner = numbered()
    const { model } = over(inner.model, cache)
    for await (const event of model.stream(ask('hi'), never)) {
      if (event.kind === 'end')
        assert.deepEqual((await read(model, ask('hi'))).events, [text('answer 1'), hitEnd])
    }
    assert.equal(inner.requests.length, 1)
  })

  test('is not counted where the reader was stopped before its end', async () => {
    const { cache } = createFakeCache()
    const { model, hits } = over(numbered().model, cache)
    await read(model, ask('hi'))
    const controller = new AbortController()
    const events = model.stream(ask('hi'), controller.signal)[Symbol.asyncIterator]()
    await events.next()
    controller.abort()
    assertFault(await events.next().catch((thrown: unknown) => thrown), 'cancelled')
    assert.deepEqual(hits, [])
    assert.equal(cache.stats().hits, 0)
  })

  test('outlives the model that gave it, and is not that of another route', async () => {
    const { cache } = createFakeCache()
    await read(over(numbered().model, cache).model, ask('hi'))
    const rebuilt = speaker(() => [text('anew'), ends()])
    assert.equal((await complete(over(rebuilt.model, cache).model, ask('hi'), never)).text, 'answer 1')
    assert.equal((await complete(over(rebuilt.model, cache, 'other').model, ask('hi'), never)).text, 'anew')
  })

  test('is old after its time, and when the clock goes back', async () => {
    const { cache, world, set } = createFakeCache()
    const { model } = over(numbered().model, cache)
    const saysAt = async (ms: number): Promise<string> => {
      world.nowMs = 1_000_000 + ms
      return (await complete(model, ask('hi'), never)).text
    }
    assert.equal(await saysAt(0), 'answer 1')
    assert.equal(await saysAt(59_999), 'answer 1')
    assert.equal(await saysAt(60_000), 'answer 2')
    set({ ttlSeconds: 10 })
    assert.equal(await saysAt(69_999), 'answer 2')
    assert.equal(await saysAt(70_000), 'answer 3')
    set({ ttlSeconds: 100 })
    assert.equal(await saysAt(169_999), 'answer 3')
    assert.equal(await saysAt(69_999), 'answer 4')
    world.nowMs += 100_000
    assert.deepEqual(cache.stats(), { hits: 3, misses: 4, entries: 0, bytes: 0 })
  })
})

suite('what is kept', () => {
  const keeps = async (...events: readonly (ModelEvent | Error)[]): Promise<boolean> => {
    const { cache } = createFakeCache()
    const inner = speaker(() => events)
    const { model } = over(inner.model, cache)
    await read(model, ask('hi'))
    const isCounted = cache.stats().entries === 1
    await read(model, ask('hi'))
    assert.equal(inner.requests.length, isCounted ? 1 : 2)
    return isCounted
  }

  test('a whole answer in words is, and nothing else', async () => {
    assert.ok(await keeps(text('a'), ends()))
    assert.ok(!(await keeps(text('a'), call, ends())), 'with a call')
    assert.ok(!(await keeps(text('a'), ends({ stop: 'length' }))), 'cut')
    assert.ok(!(await keeps(text('a'), ends({ stop: 'refused' }))), 'refused')
    assert.ok(!(await keeps(text(' \n'), ends())), 'silent')
    assert.ok(!(await keeps(ends())), 'empty')
    assert.ok(!(await keeps(new ModelError('overloaded', 'no room'))), 'failed')
    assert.ok(!(await keeps(text('a'), new ModelError('network', 'cut'))), 'failed midway')
    assert.ok(!(await keeps(text('a'))), 'without an end')
  })

  test('the answer of the model that the route chose is, that of one that stood in is not', async () => {
    const tried = (model: string, outcome: Try['outcome']): Try => ({ model, outcome, totalMs: 1, usage: {} })
    const after = async (...before: readonly Try[]): Promise<boolean> => {
      const trail: Trail = { choice: 'first', tries: [...before, tried('b', 'answered')] }
      return await keeps(text('a'), ends({ trail }))
    }
    assert.ok(await after())
    assert.ok(await after(tried('b', 'network')), 'the same model on its second try')
    assert.ok(await after(tried('a', 'unable')), 'it would be unable again')
    for (const outcome of ['network', 'resting', 'rate-limit', 'outrun'] as const) {
      assert.ok(!(await after(tried('a', outcome))), outcome)
      assert.ok(!(await after(tried('a', outcome), tried('c', 'unable'))), outcome)
    }
  })
})

suite('the bounds of the cache', () => {
  const answer = (chars: number): Completion => ({
    text: 'x'.repeat(chars),
    calls: [],
    stop: 'complete',
    usage: {},
  })

  test('an answer above a quarter of the bytes is not kept', () => {
    const { cache } = createFakeCache({ maxBytes: 4 * (300 + 200) })
    cache.keep('fits', answer(100))
    cache.keep('larger', answer(101))
    assert.equal(cache.textOf('fits')?.length, 100)
    assert.equal(cache.textOf('larger'), undefined)
    assert.deepEqual(cache.stats(), { hits: 0, misses: 0, entries: 1, bytes: 500 })
  })

  test('smaller bounds take effect at once, and larger ones, too', () => {
    const { cache, set } = createFakeCache()
    const fill = (): void => {
      for (let i = 0; i < 10; i++) cache.keep(`${i}`, answer(100))
    }
    const kept = (): string =>
      Array.from({ length: 10 }, (_, i) => (cache.textOf(`${i}`) === undefined ? '' : `${i}`)).join('')
    fill()
    assert.equal(kept(), '0123456789')
    set({ maxEntries: 4 })
    assert.equal(cache.stats().entries, 4)
    assert.equal(kept(), '6789')
    set({ maxBytes: 1_100 })
    assert.deepEqual(cache.stats(), { hits: 0, misses: 0, entries: 2, bytes: 1_000 })
    assert.equal(kept(), '89')
    set({ maxEntries: 5, maxBytes: 100_000 })
    fill()
    assert.equal(kept(), '56789')
    set({ maxEntries: 0 })
    fill()
    assert.equal(kept(), '')
  })

  test('while the cache is off there are neither hits nor shared calls, and it is empty', async () => {
    const { cache, set } = createFakeCache()
    const inner = numbered()
    const { model, hits } = over(inner.model, cache)
    const both = async (): Promise<number> => {
      const before = inner.requests.length
      await Promise.all([read(model, ask('hi')), read(model, ask('hi'))])
      return inner.requests.length - before
    }
    assert.equal(await both(), 1)
    set({ enabled: false })
    assert.equal(await both(), 2)
    assert.deepEqual(cache.stats(), { hits: 1, misses: 1, entries: 0, bytes: 0 })
    set({ enabled: true })
    assert.equal(await both(), 1, 'what was kept before it was off is gone')
    assert.equal(hits.length, 2)
  })

  test('an answer that began while the cache was on is not kept when it is off', async () => {
    const { cache, set } = createFakeCache()
    const reading = read(over(numbered().model, cache).model, ask('hi'))
    set({ enabled: false })
    await reading
    set({ enabled: true })
    assert.equal(cache.stats().entries, 0)
  })

  type Deed =
    | { readonly does: 'keep'; readonly key: string; readonly chars: number }
    | { readonly does: 'read'; readonly key: string }
    | { readonly does: 'bound'; readonly maxEntries: number; readonly maxBytes: number }
  const key = fc.constantFrom(...'abcdefghij')
  const deeds: fc.Arbitrary<Deed[]> = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ does: fc.constant('keep'), key, chars: fc.nat(500) }) },
      { weight: 6, arbitrary: fc.record({ does: fc.constant('read'), key }) },
      {
        weight: 1,
        arbitrary: fc.record({ does: fc.constant('bound'), maxEntries: fc.nat(9), maxBytes: fc.nat(12_000) }),
      },
    ),
    { maxLength: 80 },
  )

  test('whatever is kept and read, both bounds hold and what was used last is there', () => {
    fc.assert(
      fc.property(deeds, (deeds) => {
        const { cache, world, set } = createFakeCache({ maxEntries: 2, maxBytes: 4_000 })
        const expected = new Map<string, number>() // the one that was used last comes last
        const sum = (): number => [...expected.values()].reduce((bytes, chars) => bytes + 300 + 2 * chars, 0)
        for (const deed of deeds) {
          if (deed.does === 'bound') set(deed)
          if (deed.does === 'read') {
            const chars = expected.get(deed.key)
            assert.equal(cache.textOf(deed.key)?.length, chars)
            if (chars !== undefined && expected.delete(deed.key)) expected.set(deed.key, chars)
          }
          const { maxEntries, maxBytes } = world.settings
          if (deed.does === 'keep') {
            cache.keep(deed.key, { ...answer(deed.chars), text: '答'.repeat(deed.chars) || ' ' })
            if (deed.chars > 0) expected.delete(deed.key)
            if (deed.chars > 0 && 300 + 2 * deed.chars <= maxBytes / 4) expected.set(deed.key, deed.chars)
          }
          for (const oldest of expected.keys()) {
            if (expected.size <= maxEntries && sum() <= maxBytes) break
            expected.delete(oldest)
          }
          assert.deepEqual(cache.stats(), { hits: 0, misses: 0, entries: expected.size, bytes: sum() })
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('quick-lru alone would not hold them', () => {
    const lru = new QuickLRU<string, string>({ maxSize: 4 })
    for (const key of 'abcdefg') lru.set(key, key)
    assert.ok([...lru].length > 4)
  })
})

suite('a call that is under way', () => {
  test('is shared: the others pay nothing and are told of as hits', async () => {
    const { cache } = createFakeCache()
    const trail: Trail = { choice: 'first', tries: [] }
    const inner = speaker(() => [text('a'), text('b'), ends({ trail })])
    const { model, hits } = over(inner.model, cache)
    const [one, two, three] = await Promise.all(['', '', ''].map(() => read(model, ask('hi'))))
    assert.equal(inner.requests.length, 1)
    assert.deepEqual(one?.events, [text('a'), text('b'), ends({ trail })])
    for (const other of [two, three])
      assert.deepEqual(other?.events, [text('a'), text('b'), { ...hitEnd, trail }])
    const answer = { text: 'ab', calls: [], stop: 'complete', usage: {}, cached: true, trail }
    assert.deepEqual(hits, [
      [ask('hi'), answer],
      [ask('hi'), answer],
    ])
    assert.deepEqual(cache.stats(), { hits: 2, misses: 1, entries: 1, bytes: 304 })
    assert.equal(cache.flights.size, 0)
  })

  test('is shared with its calls, each reader having its own', async () => {
    const { cache } = createFakeCache()
    const inner = speaker(() => [call, ends()])
    const { model, hits } = over(inner.model, cache)
    const [one, two] = await Promise.all([
      complete(model, ask('hi'), never),
      complete(model, ask('hi'), never),
    ])
    assert.equal(inner.requests.length, 1)
    assert.deepEqual(two.calls, one.calls)
    assert.notEqual(two.calls[0]?.args, one.calls[0]?.args)
    assert.deepEqual(hits[0]?.[1].calls, one.calls)
    assert.equal(two.cached, true)
    await complete(model, ask('hi'), never)
    assert.equal(inner.requests.length, 2, 'an answer with a call was kept')
  })

  test('is kept though the one who began it has left, and costs the others nothing', async () => {
    const { cache } = createFakeCache()
    const inner = numbered()
    const { model, hits } = over(inner.model, cache)
    const controller = new AbortController()
    const first = read(model, ask('hi'), controller.signal)
    const second = read(model, ask('hi'))
    controller.abort()
    assertFault((await first).thrown, 'cancelled')
    assert.deepEqual((await second).events, [text('answer '), text('1'), hitEnd])
    assert.equal(hits.length, 1)
    assert.deepEqual((await read(model, ask('hi'))).events, [text('answer 1'), hitEnd])
    assert.equal(inner.requests.length, 1)
  })

  test('is not joined, and not kept, when all have left', async () => {
    const { cache } = createFakeCache()
    const inner = numbered()
    const { model } = over(inner.model, cache)
    const controller = new AbortController()
    const first = read(model, ask('hi'), controller.signal)
    controller.abort()
    const second = read(model, ask('hi'))
    assertFault((await first).thrown, 'cancelled')
    assert.deepEqual((await second).events, [text('answer '), text('2'), ends()])
  })

  test('fails for all, and the next one to ask asks anew', async () => {
    const { cache } = createFakeCache()
    const failure = new ModelError('overloaded', 'no room')
    const inner = speaker((count) => (count === 1 ? [failure] : [text('a'), ends()]))
    const { model, hits } = over(inner.model, cache)
    const both = await Promise.all([read(model, ask('hi')), read(model, ask('hi'))])
    assert.deepEqual(
      both.map(({ thrown }) => thrown),
      [failure, failure],
    )
    assert.deepEqual(hits, [])
    assert.equal((await complete(model, ask('hi'), never)).text, 'a')
  })

  test('is not asked again once a reader has heard of it, whatever it fails with', async () => {
    const { cache } = createFakeCache()
    const failure = new ModelError('over-budget', 'a cap was reached midway')
    const inner = speaker(() => [text('a'), failure])
    const { model } = over(inner.model, cache)
    const both = await Promise.all([read(model, ask('hi')), read(model, ask('hi'))])
    for (const { events, thrown } of both) assert.deepEqual([events, thrown], [[text('a')], failure])
    assert.equal(inner.requests.length, 1)
  })

  test('is asked again by those who share it, if it was refused for a cap of the one who began it', async () => {
    const { cache } = createFakeCache({ scope: 'everyone' })
    const by = (person: string): ModelRequest => ask('hi', { asker: { ...asker, person } })
    const cap = { period: 'day', of: 'person', usd: 1 } as const
    const poor = new BudgetError('anna has spent it all', {
      state: { cap, spentUsd: 1, reservedUsd: 0, endsAtMs: 0 },
    })
    const inner = speaker((_count, { asker }) => (asker.person === 'anna' ? [poor] : [text('a'), ends()]))
    const { model, hits } = over(inner.model, cache)
    const [anna, alsoAnna, ben, eve] = await Promise.all(
      ['anna', 'anna', 'ben', 'eve'].map((person) => read(model, by(person))),
    )
    assert.equal(anna?.thrown, poor)
    assert.equal(alsoAnna?.thrown, poor)
    for (const other of [ben, eve]) assert.equal(other?.thrown, undefined)
    assert.deepEqual(
      inner.requests.map(({ asker }) => asker.person),
      ['anna', 'anna', 'ben'],
    )
    assert.deepEqual(
      hits.map(([{ asker }]) => asker.person),
      ['eve'],
    )
  })
})

suite('whoever asks', () => {
  type Asked = {
    readonly person: string
    readonly channel: string
    readonly text: string
    readonly waits: boolean
  }
  const few = fc.constantFrom('a', 'b')
  const asked: fc.Arbitrary<Asked[]> = fc.array(
    fc.record({ person: few, channel: few, text: few, waits: fc.boolean() }),
    { maxLength: 20 },
  )
  /** Has all of them ask, some at once; each answer names for whom it was made. Fails where one gets what is another's. */
  const checked = async (
    all: readonly Asked[],
    scope: CacheConfig['scope'],
    within: 'person' | 'channel',
  ): Promise<void> => {
    const { cache } = createFakeCache({ scope })
    const inner = speaker((_count, { asker, turns }) => [
      text(JSON.stringify({ person: asker.person, channel: asker.address.channel, text: turns[0]?.text })),
      ends(),
    ])
    const { model } = over(inner.model, cache)
    const answer = async ({ person, channel, text }: Asked): Promise<ReadonlyMap<string, unknown>> => {
      const request = ask(text, { asker: { person, address: { ...asker.address, channel } } })
      const made: unknown = JSON.parse((await complete(model, request, never)).text)
      assert.ok(typeof made === 'object' && made !== null)
      return new Map(Object.entries(made))
    }
    const answers: Promise<ReadonlyMap<string, unknown>>[] = []
    for (const one of all) {
      answers.push(answer(one))
      if (one.waits) await answers.at(-1)
    }
    for (const [i, made] of (await Promise.all(answers)).entries()) {
      assert.equal(made.get(within), all[i]?.[within], 'an answer leaked')
      assert.equal(made.get('text'), all[i]?.text)
    }
    const kinds = new Set(all.map((one) => (scope === 'everyone' ? one.text : one[within] + one.text)))
    assert.equal(inner.requests.length, kinds.size, 'what could be shared was not')
  }

  test('a person gets what was made for that person, in any channel', async () => {
    await fc.assert(
      fc.asyncProperty(asked, async (all) => await checked(all, 'person', 'person')),
      { numRuns: 200 },
    )
  })

  test('a channel gets what was made in that channel, for any person', async () => {
    await fc.assert(
      fc.asyncProperty(asked, async (all) => await checked(all, 'channel', 'channel')),
      { numRuns: 200 },
    )
  })

  test('the property sees a leak, of kept answers and of calls under way', async () => {
    const leaky = fc.asyncProperty(asked, async (all) => await checked(all, 'everyone', 'person'))
    assert.ok((await fc.check(leaky, { numRuns: 200, seed: 1 })).failed)
    const [anna, ben] = [
      { person: 'a', channel: 'a', text: 'a' },
      { person: 'b', channel: 'a', text: 'a' },
    ] as const
    for (const waits of [true, false]) {
      const all = [anna, ben].map((one) => ({ ...one, waits }))
      await assert.rejects(checked(all, 'everyone', 'person'), /an answer leaked/u)
      await assert.rejects(checked(all, 'channel', 'person'), /an answer leaked/u)
    }
  })
})
