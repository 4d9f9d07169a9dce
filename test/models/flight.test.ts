import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as fc from 'fast-check'
import { faultOf, ModelError } from '../../src/errors.ts'
import type { Completion, Model, ModelEvent, ModelRequest } from '../../src/model.ts'
import { cached, createCache } from '../../src/models/cache.ts'
import { createFlight, type Flight } from '../../src/models/flight.ts'
import { ask, assertFault } from '../contracts/model.ts'

/** One call of a puppet. `state`: `open` until it has passed on its end or its failure, or was told to stop. */
type PuppetCall = {
  readonly request: ModelRequest
  readonly say: (step: ModelEvent | Error) => void
  readonly pulls: () => number
  readonly state: () => 'open' | 'over' | 'stopped'
}

/** A model whose calls say what the test tells them, once they are pulled; it listens to its signal. */
function puppet(): Model & { readonly calls: PuppetCall[] } {
  const calls: PuppetCall[] = []
  return {
    name: 'puppet',
    calls,
    stream: async function* (request, signal) {
      const steps: (ModelEvent | Error)[] = []
      let wake = (): void => {}
      let state: 'open' | 'over' = 'open'
      let pulls = 0
      const say = (step: ModelEvent | Error): void => {
        steps.push(step)
        wake()
      }
      calls.push({
        request,
        say,
        pulls: () => pulls,
        state: () => (state === 'open' && signal.aborted ? 'stopped' : state),
      })
      const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      while (state === 'open') {
        pulls++
        if (steps.length === 0)
          await Promise.race([stopped, new Promise<void>((resolve) => (wake = resolve))])
        if (signal.aborted) throw new ModelError('cancelled', 'the puppet was stopped')
        const step = steps.shift()
        if (step === undefined) throw new Error('woken for nothing')
        if (step instanceof Error || step.kind === 'end') state = 'over'
        if (step instanceof Error) throw step
        yield step
      }
    },
  }
}

const text = (said: string): ModelEvent => ({ kind: 'text', text: said })
const end: ModelEvent = { kind: 'end', stop: 'complete', usage: { outputTokens: 3 } }
const never = new AbortController().signal
/** Until all that can happen without the outside has happened. */
const settle = (): Promise<void> => new Promise(setImmediate)

suite('a flight', () => {
  const start = (): {
    inner: ReturnType<typeof puppet>
    flight: Flight
    landed: (Completion | undefined)[]
  } => {
    const inner = puppet()
    const landed: (Completion | undefined)[] = []
    return { inner, landed, flight: createFlight(inner, ask('hi'), (answer) => landed.push(answer)) }
  }
  const pulled = async (events: AsyncIterator<ModelEvent>): Promise<ModelEvent | undefined> => {
    const next = await events.next()
    return next.done === true ? undefined : next.value
  }
  const thrownBy = async (work: Promise<unknown>): Promise<unknown> =>
    await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )

  test('asks nothing until somebody pulls', async () => {
    const { inner, flight } = start()
    const reader = flight.read(never)
    await settle()
    assert.equal(inner.calls.length, 0)
    await reader.return()
    assert.equal(inner.calls.length, 0)
  })

  test('gives every reader all events from the start, as they come', async () => {
    const { inner, flight, landed } = start()
    const [one, two] = [flight.read(never), flight.read(never)]
    const first = one.next()
    inner.calls[0]?.say(text('a'))
    assert.deepEqual((await first).value, text('a'))
    assert.deepEqual(await pulled(two), text('a'))
    const both = [one.next(), two.next()]
    inner.calls[0]?.say(text('b'))
    for (const next of both) assert.deepEqual((await next).value, text('b'))
    const last = two.next()
    inner.calls[0]?.say(end)
    assert.deepEqual((await last).value, end)
    assert.deepEqual(landed, [{ text: 'ab', calls: [], stop: 'complete', usage: { outputTokens: 3 } }])
    assert.deepEqual(await pulled(one), end)
    for (const reader of [one, two]) assert.equal(await pulled(reader), undefined)
    assert.equal(inner.calls.length, 1)
  })

  test('asks for no more than the quickest reader wants', async () => {
    const { inner, flight } = start()
    const [one, two] = [flight.read(never), flight.read(never)]
    for (const said of ['a', 'b', 'c']) {
      const next = one.next()
      inner.calls[0]?.say(text(said))
      await next
    }
    await pulled(two)
    await settle()
    assert.equal(inner.calls[0]?.pulls(), 3)
    for (const reader of [one, two]) await reader.return()
  })

  test('goes on when the one who began it is stopped or leaves', async () => {
    for (const way of ['is stopped', 'leaves'] as const) {
      const { inner, flight } = start()
      const controller = new AbortController()
      const [one, two] = [flight.read(controller.signal), flight.read(never)]
      const first = one.next()
      inner.calls[0]?.say(text('a'))
      await first
      const waiting = two.next()
      if (way === 'is stopped') {
        const next = one.next()
        controller.abort()
        assertFault(await thrownBy(next), 'cancelled')
      } else await one.return()
      inner.calls[0]?.say(end)
      assert.deepEqual((await waiting).value, text('a'))
      assert.deepEqual(await pulled(two), end)
      assert.equal(inner.calls[0]?.state(), 'over')
    }
  })

  test('is aborted when the last reader has gone, also between two pulls', async () => {
    const { inner, flight, landed } = start()
    const controllers = [new AbortController(), new AbortController()]
    const readers = controllers.map(({ signal }) => flight.read(signal))
    const nexts = readers.map((reader) => reader.next())
    inner.calls[0]?.say(text('a'))
    await Promise.all(nexts)
    controllers[0]?.abort()
    assert.equal(inner.calls[0]?.state(), 'open')
    assert.deepEqual(landed, [])
    controllers[1]?.abort()
    assert.equal(inner.calls[0]?.state(), 'stopped')
    assert.deepEqual(landed, [undefined])
    for (const reader of readers) assertFault(await thrownBy(reader.next()), 'cancelled')
    assert.equal(inner.calls[0]?.pulls(), 1)
  })

  test('is left at once, also where the model listens to nothing', async () => {
    const deaf: Model = {
      name: 'deaf',
      stream: () => ({
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise(() => {}),
          return: () => new Promise(() => {}),
        }),
      }),
    }
    const controller = new AbortController()
    const next = createFlight(deaf, ask('hi'), () => {})
      .read(controller.signal)
      .next()
    controller.abort('enough')
    const thrown = await thrownBy(next)
    assertFault(thrown, 'cancelled')
    assert.equal(thrown.cause, 'enough')
  })

  test('fails for all its readers after what was said', async () => {
    const { inner, flight, landed } = start()
    const [one, two, late] = [flight.read(never), flight.read(never), flight.read(never)]
    const firsts = [one.next(), two.next()]
    inner.calls[0]?.say(text('a'))
    await Promise.all(firsts)
    const failure = new ModelError('overloaded', 'no room')
    const next = one.next()
    inner.calls[0]?.say(failure)
    assert.equal(await thrownBy(next), failure)
    assert.deepEqual(landed, [undefined], 'it can be joined while a slow reader is still at work')
    assert.equal(await thrownBy(two.next()), failure)
    assert.deepEqual(await pulled(late), text('a'))
    assert.equal(await thrownBy(late.next()), failure)
  })

  test('is a network failure when the model ends without its end, and any other as it was thrown', async () => {
    const mute: Model = { name: 'mute', stream: async function* () {} }
    assertFault(
      await thrownBy(
        createFlight(mute, ask('hi'), () => {})
          .read(never)
          .next(),
      ),
      'network',
    )
    const broken: Model = {
      name: 'broken',
      stream: () => {
        throw new RangeError('oops')
      },
    }
    const thrown = await thrownBy(
      createFlight(broken, ask('hi'), () => {})
        .read(never)
        .next(),
    )
    assert.ok(thrown instanceof RangeError)
  })

  test('what the model does after its end is done when a reader goes on', async () => {
    let isSettled = false
    const settling: Model = {
      name: 'settling',
      stream: async function* () {
        try {
          yield end
        } finally {
          await settle()
          isSettled = true
        }
      },
    }
    for await (const _ of createFlight(settling, ask('hi'), () => {}).read(never)) assert.ok(!isSettled)
    assert.ok(isSettled)
  })

  test('keeps nothing of what was said when its readers are done', async () => {
    setFlagsFromString('--expose-gc')
    const gc: unknown = runInNewContext('gc')
    assert.ok(typeof gc === 'function')
    const said = await (async () => {
      const { inner, flight } = start()
      const event = text('a'.repeat(1_000))
      const [one, two] = [flight.read(never), flight.read(never)]
      const nexts = [one.next(), two.next()]
      inner.calls[0]?.say(event)
      inner.calls[0]?.say(end)
      await Promise.all(nexts)
      await one.return()
      return { event: new WeakRef(event), readers: [two] }
    })()
    const isKept = async (): Promise<boolean> => {
      await settle()
      gc()
      return said.event.deref() !== undefined
    }
    assert.ok(await isKept(), 'a reader is still there')
    for await (const event of said.readers.pop() ?? []) assert.deepEqual(event, end)
    assert.ok(!(await isKept()))
  })
})

/** What may happen next. `who` picks a key, a reader or a call of those that there are. */
type Step = { readonly does: (typeof deeds)[number]; readonly who: number }

/** The more often it stands here, the more often it is done. */
const deeds = ['ask', 'ask', 'pull', 'pull', 'pull', 'say', 'say', 'fail', 'abort', 'leave'] as const

suite('whatever readers do', () => {
  const steps = fc.array(fc.record({ does: fc.constantFrom(...deeds), who: fc.nat(11) }), { maxLength: 60 })

  test('one call at a time is asked for, its events reach all whole, and an abort is nobody else’s', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => await play(steps, shared)),
      { numRuns: 2_000 },
    )
  })

  const asks = (...keys: number[]): Step[] => keys.map((who) => ({ does: 'ask', who }))
  const pulls = (...readers: number[]): Step[] => readers.map((who) => ({ does: 'pull', who }))

  test('the property sees calls that are not shared', async () => {
    const script = [...asks(0, 0), ...pulls(0, 1)]
    await assert.rejects(
      play(script, (model) => model),
      /asked twice at a time/u,
    )
    await play(script, shared)
  })

  test('the property sees an abort of one that reaches another', async () => {
    const script: Step[] = [...asks(0, 0), ...pulls(0, 1), { does: 'abort', who: 0 }]
    await assert.rejects(play(script, careless), /failed with what is not its own/u)
    await play(script, shared)
  })

  test('the property sees a call that nobody reads, and readers who do not go', async () => {
    const endless = (model: Model): Model => {
      const inner = shared(model)
      return { name: inner.name, stream: (request) => inner.stream(request, never) }
    }
    const script: Step[] = [...asks(0), ...pulls(0), { does: 'abort', who: 0 }]
    await assert.rejects(play(script, endless), /was aborted and waits/u)
    await play(script, shared)
    const lost = (model: Model): Model =>
      shared({ name: 'lost', stream: (request) => model.stream(request, never) })
    await assert.rejects(play(script, lost), /nobody reads, and the call goes on/u)
  })

  test('the property sees a reader who misses what was said before', async () => {
    const late = (model: Model): Model => {
      const inner = shared(model)
      const known = new Set<string>()
      return {
        name: inner.name,
        stream: async function* (request, signal) {
          const isLate = known.has(request.turns[0]?.text ?? '')
          known.add(request.turns[0]?.text ?? '')
          let skip = isLate
          for await (const event of inner.stream(request, signal)) {
            if (!skip || event.kind !== 'text') yield event
            skip = false
          }
        },
      }
    }
    const script: Step[] = [...asks(0, 0), ...pulls(0), { does: 'say', who: 0 }, ...pulls(1)]
    await assert.rejects(play(script, late), /other than what was said/u)
    await play(script, shared)
  })
})

/** The model as the cache shares it; nothing is kept, so that each request is a call or a part of one. */
function shared(model: Model): Model {
  const settings = { enabled: true, scope: 'person', ttlSeconds: 60, maxEntries: 0, maxBytes: 0 } as const
  const cache = createCache({ settings: () => settings, now: () => 0, secret: Buffer.alloc(32) })
  return cached(model, { cache, fingerprint: '', onHit: () => {} })
}

/** What one writes first: the calls under way by their text, each read to its end with the signal of the one who began. */
function careless(model: Model): Model {
  const open = new Map<string, Promise<readonly ModelEvent[]>>()
  const begin = async (
    key: string,
    request: ModelRequest,
    signal: AbortSignal,
  ): Promise<readonly ModelEvent[]> => {
    try {
      const events: ModelEvent[] = []
      for await (const event of model.stream(request, signal)) events.push(event)
      return events
    } finally {
      open.delete(key)
    }
  }
  return {
    name: model.name,
    stream: async function* (request, signal) {
      const key = request.turns[0]?.text ?? ''
      const reading = open.get(key) ?? begin(key, request, signal)
      open.set(key, reading)
      yield* await reading
    },
  }
}

type Reader = {
  readonly key: number
  readonly controller: AbortController
  readonly events: AsyncIterator<ModelEvent>
  readonly got: ModelEvent[]
  state: 'new' | 'reading' | 'done' | 'left'
  isWaiting: boolean
  thrown?: unknown
}

/** Plays the steps, checks after each, then lets everything come to its end and checks that. */
async function play(steps: readonly Step[], wrap: (model: Model) => Model): Promise<void> {
  const inner = puppet()
  const model = wrap(inner)
  const readers: Reader[] = []
  const scripts = new Map<PuppetCall, number>()
  const failures = new Set<unknown>()
  const round = async (...steps: readonly Step[]): Promise<void> => {
    for (const { does, who } of steps) {
      if (does === 'ask') readers.push(newReader(model, who % 2))
      const reader = readers[who % readers.length]
      if (reader !== undefined) act(reader, does)
      const number = who % inner.calls.length
      const call = inner.calls[number]
      if (call !== undefined && (does === 'say' || does === 'fail'))
        failures.add(tell(call, number, does, scripts))
    }
    await settle()
    for (const reader of readers) checkReader(reader, inner.calls, failures)
    for (const key of [0, 1]) checkCalls(key, inner.calls, readers)
  }

  for (const step of steps) await round(step)
  for (let rounds = 0; rounds < 6; rounds++) {
    await round(...[...readers.keys()].map((who) => ({ does: 'pull', who }) as const))
    await round(...[...inner.calls.keys()].map((who) => ({ does: 'say', who }) as const))
  }
  for (const { state, got, thrown } of readers) {
    assert.ok(state === 'done' || state === 'left', 'a reader waits for ever')
    if (state === 'done' && thrown === undefined) assert.equal(got.length, 4)
  }
  for (const number of inner.calls.keys()) {
    const payers = readers.filter(
      ({ got }) => numberOf(got) === number && got[3]?.kind === 'end' && !got[3].cached,
    )
    assert.ok(payers.length <= 1, 'two paid for one call')
  }
}

function newReader(model: Model, key: number): Reader {
  const controller = new AbortController()
  const events = model.stream(ask(`${key}`), controller.signal)[Symbol.asyncIterator]()
  return { key, controller, events, got: [], state: 'new', isWaiting: false }
}

function act(reader: Reader, does: Step['does']): void {
  if (does === 'abort') reader.controller.abort()
  if (reader.isWaiting || reader.state === 'done' || reader.state === 'left') return
  if (does === 'leave') {
    reader.state = 'left'
    void reader.events.return?.()
  }
  if (does !== 'pull') return
  reader.state = 'reading'
  reader.isWaiting = true
  const hear = ({ value, thrown }: { value?: ModelEvent; thrown?: unknown }): void => {
    reader.isWaiting = false
    if (value !== undefined) reader.got.push(value)
    if (value === undefined || value.kind === 'end') reader.state = 'done'
    if (thrown !== undefined) reader.thrown = thrown
  }
  reader.events.next().then(
    (next) => hear(next.done === true ? {} : { value: next.value }),
    (thrown: unknown) => hear({ thrown }),
  )
}

/** Has a call say its next line: three pieces of text with its number, then the end; or has it fail. */
function tell(
  call: PuppetCall,
  number: number,
  does: 'say' | 'fail',
  scripts: Map<PuppetCall, number>,
): ModelError | undefined {
  const line = scripts.get(call) ?? 0
  if (line > 3) return undefined
  const failure = new ModelError('overloaded', `call ${number} fails`)
  scripts.set(call, does === 'fail' ? 4 : line + 1)
  call.say(does === 'fail' ? failure : line === 3 ? end : text(`${number}.${line}`))
  return does === 'fail' ? failure : undefined
}

function checkCalls(key: number, calls: readonly PuppetCall[], readers: readonly Reader[]): void {
  const open = calls.filter(({ request, state }) => keyOf(request) === key && state() === 'open')
  assert.ok(open.length <= 1, 'asked twice at a time')
  const isRead = readers.some(
    (reader) => reader.key === key && reader.state === 'reading' && !reader.controller.signal.aborted,
  )
  assert.ok(open.length === 0 || isRead, 'nobody reads, and the call goes on')
}

function checkReader(
  { key, got, thrown, controller, isWaiting }: Reader,
  calls: readonly PuppetCall[],
  failures: ReadonlySet<unknown>,
): void {
  const { aborted } = controller.signal
  assert.ok(!aborted || !isWaiting, 'a reader was aborted and waits')
  const number = numberOf(got)
  const script = [0, 1, 2].map((line) => `${number}.${line}`)
  assert.deepEqual(
    got.map((event) => (event.kind === 'text' ? event.text : event.kind)),
    [...script, 'end'].slice(0, got.length),
    'a reader got other than what was said',
  )
  const call = calls[number]
  if (call !== undefined) assert.equal(keyOf(call.request), key, 'a reader got what another asked')
  if (thrown === undefined) return
  const isOwn = failures.has(thrown) || (aborted && faultOf(thrown) === 'cancelled')
  assert.ok(isOwn, 'a reader failed with what is not its own')
}

/** The number of the call that a reader hears. */
function numberOf(got: readonly ModelEvent[]): number {
  return got[0]?.kind === 'text' ? Number.parseInt(got[0].text, 10) : -1
}

function keyOf(request: ModelRequest): number {
  return Number(request.turns[0]?.text)
}
