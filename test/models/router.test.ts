import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { ModelError, faults, type Fault } from '../../src/errors.ts'
import type { Model, ModelEvent } from '../../src/model.ts'
import { createAnthropic } from '../../src/models/anthropic.ts'
import { createOpenai } from '../../src/models/openai.ts'
import { createRouter, type RouterParts } from '../../src/models/router.ts'
import { ask, assertFault, modelContract, read, textOf } from '../contracts/model.ts'
import { defaultPieces, startVendor, steps, type Step } from '../doubles/vendor.ts'

modelContract('a route', async (scene) => {
  // A cut before the first event would be tried again; every try meets the same scene.
  const vendor = await startVendor([steps[scene], steps[scene]])
  const model = createOpenai({ name: 'gpt', endpoint: `${vendor.origin}/v1`, model: 'gpt-6' })
  const router = createRouter({ routes: { default: [model] }, ...clock() })
  return { model: router.modelFor('default'), asked: () => vendor.requests.length, close: vendor.close }
})

/** A clock that goes on only by sleeping. */
function clock(): Pick<RouterParts, 'now' | 'sleep'> & { readonly sleptMs: readonly number[] } {
  const sleptMs: number[] = []
  let nowMs = 1_000_000
  return {
    sleptMs,
    now: () => nowMs,
    sleep: async (ms, signal) => {
      signal.throwIfAborted()
      sleptMs.push(ms)
      nowMs += ms
    },
  }
}

/** What one try meets: a failure at once or after some pieces, or an answer. */
type Try = { readonly pieces: number; readonly fault: Fault | undefined; readonly retryAfterMs?: number }

/** A model that meets its tries in order, the last one again and again, and counts them. */
function scripted(name: string, ...tries: readonly Try[]): Model & { readonly tried: () => number } {
  let count = 0
  return {
    name,
    tried: () => count,
    stream: async function* (): AsyncGenerator<ModelEvent> {
      const one = tries[Math.min(count++, tries.length - 1)] ?? { pieces: 1, fault: undefined }
      for (let i = 0; i < one.pieces; i++) yield { kind: 'text', text: `${name}.` }
      const { fault, retryAfterMs } = one
      if (fault !== undefined) throw new ModelError(fault, `${name} has ${fault}`, { retryAfterMs })
      yield { kind: 'end', stop: 'complete', usage: {} }
    },
  }
}
const fails = (fault: Fault, retryAfterMs?: number): Try => ({
  pieces: 0,
  fault,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
})
const answers: Try = { pieces: 1, fault: undefined }

async function run(...chain: readonly Model[]) {
  const time = clock()
  const failures: string[] = []
  const router = createRouter({
    routes: { default: chain },
    ...time,
    onFailure: (route, model, error) => failures.push(`${route} ${model} ${error.fault}`),
  })
  const { events, thrown } = await read(router.modelFor('default'), ask('hi'))
  return { text: textOf(events), events, thrown, failures, sleptMs: time.sleptMs }
}

/** A route as it must not be: it moves on whatever was passed on already. */
const careless: typeof run = async (...chain) => {
  const events: ModelEvent[] = []
  let thrown: unknown
  for (const model of chain) {
    const one = await read(model, ask('hi'))
    events.push(...one.events)
    thrown = one.thrown
    if (thrown === undefined) break
  }
  return { text: textOf(events), events, thrown, failures: [], sleptMs: [] }
}

suite('the router', () => {
  test('routes have names and a description, and an unknown one is refused', () => {
    const [a, b] = [scripted('a'), scripted('b')]
    const router = createRouter({ routes: { default: [a, b], cheap: [b] }, ...clock() })
    assert.deepEqual(router.names, ['default', 'cheap'])
    assert.equal(router.modelFor('cheap').name, 'cheap')
    assert.equal(router.describe(), 'default: a → b; cheap: b')
    assert.throws(() => router.modelFor('toString'), /there is no route toString; there is default, cheap/u)
    assert.throws(() => createRouter({ routes: { default: [] }, ...clock() }), /route default has no model/u)
  })

  test('the first model answers while it can', async () => {
    const [a, b] = [scripted('a', answers), scripted('b', answers)]
    const { text, failures } = await run(a, b)
    assert.equal(text, 'a.')
    assert.equal(b.tried(), 0)
    assert.deepEqual(failures, [])
  })

  test('a broken connection is tried once more at once, then the next model is asked', async () => {
    assert.equal((await run(scripted('a', fails('network'), answers), scripted('b'))).text, 'a.')
    const a = scripted('a', fails('network'))
    const { text, failures, sleptMs } = await run(a, scripted('b'))
    assert.equal(text, 'b.')
    assert.equal(a.tried(), 2)
    assert.deepEqual(failures, ['default a network', 'default a network'])
    assert.deepEqual(sleptMs, [])
  })

  test('a rate limit waits as long as the vendor asked, once', async () => {
    const a = scripted('a', fails('rate-limit', 2_000), answers)
    const first = await run(a, scripted('b'))
    assert.equal(first.text, 'a.')
    assert.deepEqual(first.sleptMs, [2_000])
    const again = await run(scripted('a', fails('rate-limit', 2_000)), scripted('b'))
    assert.equal(again.text, 'b.')
    assert.deepEqual(again.sleptMs, [2_000])
  })

  test('a wait that is too long, unknown, or does not fit any more, is not waited', async () => {
    assert.deepEqual((await run(scripted('a', fails('rate-limit', 90_000)), scripted('b'))).sleptMs, [])
    assert.deepEqual((await run(scripted('a', fails('rate-limit')), scripted('b'))).sleptMs, [])
    const three = await run(
      scripted('a', fails('rate-limit', 3_000)),
      scripted('b', fails('rate-limit', 3_000)),
      scripted('c'),
    )
    assert.deepEqual(three.sleptMs, [3_000])
    assert.equal(three.text, 'c.')
  })

  test('what only this model cannot do, the next one is asked at once', async () => {
    for (const fault of [
      'overloaded',
      'timeout',
      'bad-key',
      'no-credit',
      'unsupported',
      'too-long',
    ] as const) {
      const a = scripted('a', fails(fault))
      assert.equal((await run(a, scripted('b'))).text, 'b.')
      assert.equal(a.tried(), 1)
    }
  })

  test('what no model should do, no other is asked for', async () => {
    for (const fault of ['refused', 'bad-request', 'cancelled'] as const) {
      const b = scripted('b')
      assertFault((await run(scripted('a', fails(fault)), b)).thrown, fault)
      assert.equal(b.tried(), 0)
    }
  })

  test('once a piece was passed on, the failure is thrown and no other model speaks', async () => {
    const b = scripted('b')
    const { text, thrown } = await run(scripted('a', { pieces: 1, fault: 'network' }), b)
    assert.equal(text, 'a.')
    assertFault(thrown, 'network')
    assert.equal(b.tried(), 0)
  })

  test('when all failed, the error has the last fault and names each model with its own', async () => {
    const { thrown } = await run(scripted('a', fails('network')), scripted('b', fails('rate-limit', 60_000)))
    assertFault(thrown, 'rate-limit')
    assert.equal(thrown.retryAfterMs, 60_000)
    assert.match(
      thrown.message,
      /route default answered \(a: network, b: rate-limit\); the last said: b has rate-limit/u,
    )
  })

  test('a defect in one model is not the end of the route', async () => {
    const broken: Model = {
      name: 'broken',
      stream: () => {
        throw new RangeError('oops')
      },
    }
    const mute: Model = { name: 'mute', stream: async function* () {} }
    const { text, failures } = await run(broken, mute, scripted('b'))
    assert.equal(text, 'b.')
    assert.deepEqual(failures, ['default broken internal', 'default mute network', 'default mute network'])
  })

  test('an abort during the wait throws cancelled', async () => {
    const controller = new AbortController()
    const router = createRouter({
      routes: { default: [scripted('a', fails('rate-limit', 1_000)), scripted('b')] },
      now: () => 0,
      sleep: async (_ms, signal) => {
        controller.abort()
        signal.throwIfAborted()
      },
    })
    assertFault((await read(router.modelFor('default'), ask('hi'), controller.signal)).thrown, 'cancelled')
  })

  test('real vendors: a reset, then an overloaded one, then the other vendor answers', async (t) => {
    const script: Step[] = [
      { kind: 'reset', after: 'nothing' },
      { kind: 'error', code: 'overloaded_error', after: 'headers' },
    ]
    const vendor = await startVendor(script)
    t.after(vendor.close)
    const { text, failures } = await run(
      createOpenai({ name: 'gpt', endpoint: `${vendor.origin}/v1`, model: 'm' }),
      createAnthropic({ name: 'claude', endpoint: vendor.origin, model: 'm' }),
    )
    assert.equal(text, defaultPieces.join(''))
    assert.deepEqual(failures, ['default gpt network', 'default gpt overloaded'])
    assert.equal(vendor.requests.length, 3)
  })
})

suite('whatever fails', () => {
  const oneTry: fc.Arbitrary<Try> = fc.record({
    pieces: fc.constantFrom(0, 0, 0, 1, 3),
    fault: fc.option(fc.constantFrom(...faults), { nil: undefined, freq: 6 }),
    retryAfterMs: fc.constantFrom(0, 10, 2_000, 90_000),
  })
  const script = fc.array(fc.array(oneTry, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 })
  const checked = async (tries: readonly (readonly Try[])[], ask1: typeof run): Promise<void> => {
    const models = tries.map((one, i) => scripted(`m${i}`, ...one))
    const { events, thrown, failures, sleptMs } = await ask1(...models)

    assert.equal(events.filter((event) => event.kind === 'end').length, thrown === undefined ? 1 : 0)
    assert.ok(thrown === undefined || thrown instanceof ModelError)
    const speakers = new Set(events.flatMap((event) => (event.kind === 'text' ? [event.text] : [])))
    assert.ok(speakers.size <= 1, 'the answer is a mix')
    for (const [i, model] of models.entries()) {
      assert.ok(model.tried() <= 2, 'a model was asked too often')
      const met = (tries[i] ?? []).slice(0, model.tried())
      const once = met.slice(0, -1).every(({ fault }) => fault === 'network' || fault === 'rate-limit')
      assert.ok(once, 'a model was asked again after a fault that another try does not mend')
    }
    assert.ok(sleptMs.reduce((sum, ms) => sum + ms, 0) <= 5_000, 'it waited beyond its patience')
    assert.equal(
      failures.length,
      models.reduce((sum, model) => sum + model.tried(), 0) - (thrown === undefined ? 1 : 0),
    )
  }

  test('one model speaks or one error is thrown, and no model is asked beyond its plan', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (tries) => await checked(tries, run)),
      { numRuns: 1_000 },
    )
  })

  test('the property sees a route that moves on after it has spoken', async () => {
    await assert.rejects(
      checked([[{ pieces: 1, fault: 'network' }], [answers]], careless),
      /the answer is a mix/u,
    )
  })
})
