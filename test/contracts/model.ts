import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ModelError, type Fault } from '../../src/errors.ts'
import type { Asker, Model, ModelEvent, ModelRequest, Shape, Usage } from '../../src/model.ts'
import { countedUsage, failing, pixel, turnsWithCalls, type Failing, type Scene } from './scenes.ts'

export { countedUsage, pixel, sceneNowMs, turnsWithCalls, type Scene } from './scenes.ts'

/**
 * A model in a scene. `asked` counts what reached the world behind it; absent where there is none. `showsWork`: whether
 * it lets its reader see that it is at work; absent where that does not matter.
 */
export type Staged = {
  readonly model: Model
  readonly showsWork?: boolean
  readonly asked?: () => number
  readonly close?: () => Promise<void>
}

/** Who asks in the tests. */
export const asker: Asker = {
  person: 'terminal/local/1',
  address: { adapter: 'terminal', account: 'local', channel: 'terminal' },
}

/** A request as a conversation makes it. */
export function ask(text: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return {
    asker,
    intent: { kind: 'chat' },
    system: 'Be brief.',
    turns: [{ role: 'user', text }],
    tools: [],
    maxTokens: 500,
    ...more,
  }
}

/** Reads a stream to its end or its error; that it is `working` is no part of what it says. */
export async function read(
  model: Model,
  request: ModelRequest,
  signal?: AbortSignal,
): Promise<{ readonly events: readonly ModelEvent[]; readonly thrown: unknown }> {
  const { events, thrown } = await readAll(model, request, signal)
  return { events: events.filter(({ kind }) => kind !== 'working'), thrown }
}

/** Reads a stream to its end or its error, with every event of it. */
export async function readAll(
  model: Model,
  request: ModelRequest,
  signal = new AbortController().signal,
): Promise<{ readonly events: readonly ModelEvent[]; readonly thrown: unknown }> {
  const events: ModelEvent[] = []
  try {
    for await (const event of model.stream(request, signal)) events.push(event)
    return { events, thrown: undefined }
  } catch (thrown) {
    return { events, thrown }
  }
}

/** All text of the events in one. */
export function textOf(events: readonly ModelEvent[]): string {
  return events.map((event) => (event.kind === 'text' ? event.text : '')).join('')
}

/** Fails unless it is a ModelError with this fault. */
export function assertFault(thrown: unknown, fault: Fault): asserts thrown is ModelError {
  assert.ok(thrown instanceof ModelError, `a ModelError was expected, not ${String(thrown)}`)
  assert.equal(thrown.fault, fault, thrown.message)
}

const tools = [
  {
    name: 'remind',
    description: 'Reminds of something.',
    parameters: {
      type: 'object',
      properties: { what: { type: 'string' }, minutes: { type: 'number' } },
      required: ['what'],
    },
  },
]

const shape: Shape = {
  name: 'place',
  schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

/**
 * The suite that every Model passes. `make` stages a fresh model with a world that stays in the scene, however often it
 * is asked: `startVendor([], { always: steps[scene] })` from test/doubles/vendor.ts is one, for all of our vendors.
 * `make` returns undefined for a scene that this model cannot come into (nothing can be cut where there is no network),
 * and what needs the scene is then skipped. A wrapper that tries again or waits (on a clock that need not be real) must
 * end as the scene does: with the same fault and the same `retryAfterMs`, text only where the scene speaks.
 */
export function modelContract(name: string, make: (scene: Scene) => Promise<Staged | undefined>): void {
  const staged = (scene: Scene, title: string, run: (stage: Staged) => Promise<void>): void => {
    test(title, { timeout: 5_000 }, async (t) => {
      const stage = await make(scene)
      if (stage === undefined) {
        t.skip('does not apply')
        return
      }
      try {
        await run(stage)
      } finally {
        await stage.close?.()
      }
    })
  }

  suite(`${name} is a model`, () => {
    staged('answer', 'it says text and ends once, with nothing after the end', async ({ model }) => {
      const { events, thrown } = await read(model, ask('What is the capital of France?'))
      assert.equal(thrown, undefined)
      assert.ok(textOf(events).length > 0)
      assert.ok(events.every((event) => event.kind !== 'text' || event.text !== ''))
      assert.equal(events.filter((event) => event.kind === 'end').length, 1)
      assert.equal(events.at(-1)?.kind, 'end')
    })

    staged('answer', 'the end counts tokens or leaves the count out', async ({ model }) => {
      const { events } = await read(model, ask('What is the capital of France?'))
      const end = events.at(-1)
      assert.ok(end?.kind === 'end')
      for (const tokens of Object.values(end.usage)) assert.ok(Number.isSafeInteger(tokens) && tokens >= 0)
    })

    staged('answer', 'nothing is asked before the first event is pulled', async ({ model, asked }) => {
      const iterator = model.stream(ask('hi'), new AbortController().signal)[Symbol.asyncIterator]()
      await new Promise(setImmediate)
      if (asked !== undefined) assert.equal(asked(), 0)
      await iterator.return?.()
    })

    staged('answer', 'two streams at once do not mix', async ({ model }) => {
      const [one, two] = await Promise.all([read(model, ask('one')), read(model, ask('two'))])
      for (const { events, thrown } of [one, two]) {
        assert.equal(thrown, undefined)
        assert.equal(events.filter((event) => event.kind === 'end').length, 1)
      }
      const alone = await read(model, ask('one'))
      assert.equal(textOf(one.events), textOf(alone.events))
    })

    staged(
      'answer',
      'an abort before the start asks nothing and throws cancelled',
      async ({ model, asked }) => {
        const { events, thrown } = await read(model, ask('hi'), AbortSignal.abort())
        assertFault(thrown, 'cancelled')
        assert.deepEqual(events, [])
        if (asked !== undefined) assert.equal(asked(), 0)
      },
    )

    staged('answer', 'an abort after the first event throws cancelled, without an end', async ({ model }) => {
      await abortAfterFirst(model, 'before the pull')
    })

    staged('answer', 'a reader may leave early', async ({ model }) => {
      for await (const event of model.stream(ask('hi'), new AbortController().signal)) {
        if (event.kind === 'working') continue
        assert.equal(event.kind, 'text')
        break
      }
    })

    staged('thinking', 'what it thinks is no part of its answer', async ({ model, showsWork }) => {
      const { events, thrown } = await readAll(model, ask('What is the capital of France?'))
      assert.equal(thrown, undefined)
      isCapital(textOf(events))
      assert.doesNotMatch(textOf(events), /Hm/u)
      const isShown = events.some(({ kind }) => kind === 'working')
      if (showsWork !== undefined) assert.equal(isShown, showsWork)
    })

    staged(
      'stall',
      'an abort while it is silent in mid-answer throws cancelled at once',
      async ({ model }) => {
        await abortAfterFirst(model, 'during the pull')
      },
    )

    for (const scene of ['silence', 'opened'] as const) {
      staged(scene, `${scene}: an abort throws cancelled at once`, async ({ model, asked }) => {
        const controller = new AbortController()
        const reading = read(model, ask('hi'), controller.signal)
        for (let asks = asked?.(); asks === 0; asks = asked?.()) await new Promise(setImmediate)
        controller.abort()
        const { events, thrown } = await reading
        assertFault(thrown, 'cancelled')
        assert.deepEqual(events, [])
      })
    }

    for (const [scene, { fault, ...more }] of Object.entries<Failing>(failing).filter(isScene)) {
      staged(scene, `${scene}: it throws ${fault} and never ends`, async ({ model }) => {
        const { events, thrown } = await read(model, ask('hi'))
        assertFault(thrown, fault)
        assert.equal(thrown.retryAfterMs, more.retryAfterMs)
        assert.deepEqual(
          events.map(({ kind }) => kind),
          more.spoken === true ? ['text'] : [],
        )
      })
    }

    for (const scene of ['gzip', 'drip', 'no usage', 'images', 'history', 'shape', 'usage'] as const) {
      staged(scene, `${scene}: ${whole[scene].title}`, async ({ model }) => {
        const { events, thrown } = await read(model, ask('What is in Paris?', whole[scene].request))
        assert.equal(thrown, undefined)
        const end = events.at(-1)
        assert.ok(end?.kind === 'end' && end.stop === 'complete')
        whole[scene].check(textOf(events), end.usage)
      })
    }

    staged('call', 'it proposes a command with its arguments before the end', async ({ model }) => {
      const { events, thrown } = await read(model, ask('remind me of tea in 5 minutes', { tools }))
      assert.equal(thrown, undefined)
      assert.deepEqual(
        events.flatMap((event) => (event.kind === 'call' ? [[event.name, event.args]] : [])),
        [['remind', { what: 'tea', minutes: 5 }]],
      )
      assert.ok(events.every((event) => event.kind !== 'call' || event.id !== ''))
      assert.equal(events.at(-1)?.kind, 'end')
    })
  })
}

/** Pulls one event, and expects `cancelled` from the next pull: at once, or the test runs out of time. */
async function abortAfterFirst(model: Model, when: 'before the pull' | 'during the pull'): Promise<void> {
  const controller = new AbortController()
  const iterator = model.stream(ask('hi'), controller.signal)[Symbol.asyncIterator]()
  let first = await iterator.next()
  while (first.done !== true && first.value.kind === 'working') first = await iterator.next()
  assert.ok(first.done !== true && first.value.kind === 'text')
  if (when === 'before the pull') controller.abort()
  const next = iterator.next()
  controller.abort()
  assertFault(await next.catch((error: unknown) => error), 'cancelled')
}

/** The scenes that are answered as any other, and what is particular about each. */
const whole: Readonly<
  Record<
    'gzip' | 'drip' | 'no usage' | 'images' | 'history' | 'shape' | 'usage',
    {
      readonly title: string
      readonly request?: Partial<ModelRequest>
      readonly check: (text: string, usage: Usage) => void
    }
  >
> = {
  gzip: { title: 'a compressed answer is read', check: isCapital },
  drip: { title: 'an answer in bits is put together', check: isCapital },
  'no usage': {
    title: 'what the vendor does not count is left out',
    check: (text, usage) => {
      isCapital(text)
      assert.deepEqual(usage, {})
    },
  },
  usage: {
    title: 'tokens in the cache of the vendor are counted',
    check: (_text, usage) => assert.deepEqual(usage, countedUsage),
  },
  images: {
    title: 'a picture arrives',
    request: { turns: [{ role: 'user', text: 'What is this?', images: [pixel] }] },
    check: isCapital,
  },
  history: {
    title: 'past calls arrive with their results, whatever their ids',
    request: { turns: turnsWithCalls, tools },
    check: isCapital,
  },
  shape: {
    title: 'the answer is JSON of the shape that was asked for',
    request: { shape },
    check: (text) => assert.deepEqual(JSON.parse(text), { city: 'Paris' }),
  },
}

function isCapital(text: string): void {
  assert.match(text, /capital/u)
}

function isScene(entry: readonly [string, Failing]): entry is [keyof typeof failing, Failing] {
  return Object.hasOwn(failing, entry[0])
}
