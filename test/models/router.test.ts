import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ModelError, type Fault } from '../../src/errors.ts'
import type { Model, ModelEvent, ModelRequest, Trail } from '../../src/model.ts'
import { createAnthropic } from '../../src/models/anthropic.ts'
import { createBreakers } from '../../src/models/breaker.ts'
import type { Candidate } from '../../src/models/candidate.ts'
import { createOpenai } from '../../src/models/openai/openai.ts'
import { routed, type MayCost, type RouteParts } from '../../src/models/router.ts'
import { ask, assertFault, modelContract, read, sceneNowMs, textOf } from '../contracts/model.ts'
import { answers, candidateOf, fails, scripted, virtualTime, type Met } from '../doubles/candidates.ts'
import { defaultPieces, startVendor, steps, type Step } from '../doubles/vendor.ts'

/** A clock that goes on only by sleeping, which takes no time. */
function clock() {
  const sleptMs: number[] = []
  let nowMs = 1_000_000
  return {
    sleptMs,
    now: () => nowMs,
    sleep: async (ms: number, signal: AbortSignal) => {
      signal.throwIfAborted()
      sleptMs.push(ms)
      nowMs += ms
    },
  }
}

modelContract('a route', async (scene) => {
  const vendor = await startVendor([], { always: steps[scene] })
  const time = clock()
  const model = createOpenai({
    name: 'gpt',
    endpoint: `${vendor.origin}/v1`,
    model: 'gpt-6',
    now: () => sceneNowMs,
  })
  const route = routed({ ...plain, ...time, candidates: [candidateOf(model, time)] })
  return { model: route, asked: () => vendor.requests.length, close: vendor.close }
})

const plain = { name: 'default', choose: 'order', hedge: false, random: () => 0.5 } as const

/** A route of models a, b, … that meet their scripts. */
function start(scripts: readonly (readonly Met[])[], more: Partial<RouteParts> = {}) {
  const time = clock()
  const models = scripts.map((script, i) => scripted(time, 'abcd'[i] ?? '', ...script))
  const breakers = createBreakers(time)
  return {
    ...startWith(
      models.map((model) => candidateOf(model, { breakers })),
      time,
      more,
    ),
    models,
    breakers,
  }
}

function startWith(
  candidates: readonly Candidate[],
  time: ReturnType<typeof clock>,
  more: Partial<RouteParts> = {},
) {
  const failures: string[] = []
  const onFailure: RouteParts['onFailure'] = (route, model, error) =>
    failures.push(`${route} ${model} ${error.fault}`)
  const route = routed({ ...plain, ...time, candidates, onFailure, ...more })
  const run = async (request: ModelRequest = ask('hi'), signal?: AbortSignal) => {
    const { events, thrown } = await read(route, request, signal)
    const trail = trailOf(events, thrown)
    const outcomes = trail?.tries.map(({ model, outcome }) => `${model} ${outcome}`)
    return { text: textOf(events), events, thrown, trail, outcomes, failures, sleptMs: time.sleptMs }
  }
  return { run, route, time, candidates, failures }
}

function trailOf(events: readonly ModelEvent[], thrown: unknown): Trail | undefined {
  const end = events.at(-1)
  return end?.kind === 'end' ? end.trail : thrown instanceof ModelError ? thrown.trail : undefined
}

const run = async (...scripts: readonly (readonly Met[])[]) => await start(scripts).run()

suite('a route', () => {
  test('needs a model', () => {
    assert.throws(() => routed({ ...plain, ...clock(), candidates: [] }), /route default has no model/u)
  })

  test('the first model answers while it can', async () => {
    const { text, failures, outcomes, trail } = await run([answers], [answers])
    assert.equal(text, 'a.')
    assert.deepEqual(outcomes, ['a answered'])
    assert.equal(trail?.choice, 'first')
    assert.deepEqual(failures, [])
  })

  test('a broken connection is tried once more at once, then the next model is asked', async () => {
    assert.equal((await run([fails('network'), answers], [answers])).text, 'a.')
    const { outcomes, failures, sleptMs } = await run([fails('network')], [answers])
    assert.deepEqual(outcomes, ['a network', 'a network', 'b answered'])
    assert.deepEqual(failures, ['default a network', 'default a network'])
    assert.deepEqual(sleptMs, [])
  })

  test('a short rate limit is waited for, as long as the vendor asked and once', async () => {
    const first = await run([fails('rate-limit', 2_000), answers], [answers])
    assert.equal(first.text, 'a.')
    assert.deepEqual(first.sleptMs, [2_000])
    const again = await run([fails('rate-limit', 2_000)], [answers])
    assert.deepEqual(again.outcomes, ['a rate-limit', 'a rate-limit', 'b answered'])
    assert.deepEqual(again.sleptMs, [2_000])
  })

  test('a longer one, or one without a word of how long, is waited for only where no other model is ready', async () => {
    for (const retryAfterMs of [2_001, 9_000, undefined]) {
      const met = fails('rate-limit', retryAfterMs)
      const two = await run([met, answers], [answers])
      assert.equal(two.text, 'b.')
      assert.deepEqual(two.sleptMs, [])
      const alone = await run([met, answers])
      assert.equal(alone.text, 'a.')
      assert.deepEqual(alone.sleptMs, [retryAfterMs ?? 5_000])
    }
  })

  test('a rest that is longer than its patience is told instead', async () => {
    const { thrown, sleptMs } = await run([fails('rate-limit', 90_000)])
    assertFault(thrown, 'rate-limit')
    assert.equal(thrown.retryAfterMs, 90_000)
    assert.deepEqual(sleptMs, [])
    const brief = await start([[fails('rate-limit', 3_000), answers]], { patienceMs: 2_999 }).run()
    assertFault(brief.thrown, 'rate-limit')
    const longer = await start([[fails('rate-limit', 90_000), answers]], { patienceMs: 90_000 }).run()
    assert.equal(longer.text, 'a.')
  })

  test('an overloaded or slow model gives way at once, and is asked again after a second if it is the last', async () => {
    for (const fault of ['overloaded', 'timeout'] as const) {
      const two = await run([fails(fault), answers], [answers])
      assert.deepEqual(two.outcomes, [`a ${fault}`, 'b answered'])
      assert.deepEqual(two.sleptMs, [])
      const alone = await run([fails(fault), answers])
      assert.deepEqual(alone.outcomes, [`a ${fault}`, 'a answered'])
      assert.deepEqual(alone.sleptMs, [1_000])
      const last = await run([fails(fault)], [fails(fault), answers])
      assert.deepEqual(last.outcomes, [`a ${fault}`, `b ${fault}`, 'b answered'])
      assert.deepEqual(last.sleptMs, [1_000])
    }
  })

  test('what only this model cannot do, the next one is asked at once', async () => {
    for (const fault of [
      'bad-key',
      'no-credit',
      'unsupported',
      'too-long',
      'bad-answer',
      'internal',
    ] as const) {
      const { outcomes, sleptMs } = await run([fails(fault)], [answers])
      assert.deepEqual(outcomes, [`a ${fault}`, 'b answered'])
      assert.deepEqual(sleptMs, [])
    }
  })

  test('what no model should do, no other is asked for', async () => {
    for (const fault of ['refused', 'bad-request', 'cancelled', 'over-budget'] as const) {
      const { thrown, outcomes, failures } = await run([fails(fault)], [answers])
      assertFault(thrown, fault)
      assert.deepEqual(outcomes, [`a ${fault}`])
      assert.deepEqual(failures, fault === 'cancelled' ? [] : [`default a ${fault}`])
    }
  })

  test('once a piece was passed on, the failure is thrown and no other model speaks', async () => {
    const { text, thrown, outcomes } = await run([{ pieces: 1, fault: 'network' }], [answers])
    assert.equal(text, 'a.')
    assertFault(thrown, 'network')
    assert.deepEqual(outcomes, ['a network'])
  })

  test('when all failed, the error has the last fault and names each model with its own', async () => {
    const { thrown } = await run([fails('network')], [fails('rate-limit', 60_000)])
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
    const time = clock()
    const candidates = [candidateOf(broken), candidateOf(mute), candidateOf(scripted(time, 'b'))]
    const { text, failures } = await startWith(candidates, time).run()
    assert.equal(text, 'b.')
    assert.deepEqual(failures, ['default broken internal', 'default mute network', 'default mute network'])
  })

  test('a reader who leaves closes the stream of the model, and its breaker is free', async () => {
    let closed = 0
    const model: Model = {
      name: 'a',
      stream: async function* (): AsyncGenerator<ModelEvent> {
        try {
          for (;;) yield { kind: 'text', text: 'a.' }
        } finally {
          closed++
        }
      },
    }
    const time = clock()
    const one = candidateOf(model, time)
    one.breaker.enter()?.fail(new ModelError('rate-limit', 'slow down', { retryAfterMs: 1_000 }))
    const { route } = startWith([one], time)
    for await (const event of route.stream(ask('hi'), new AbortController().signal)) {
      assert.equal(event.kind, 'text')
      break
    }
    await new Promise(setImmediate)
    assert.equal(closed, 1)
    assert.equal(one.breaker.state().kind, 'closed')
  })

  test('an abort during a wait throws cancelled, with its trail', async () => {
    const controller = new AbortController()
    const { run } = start([[fails('rate-limit', 1_000)], [answers]], {
      sleep: async (_ms, signal) => {
        controller.abort()
        signal.throwIfAborted()
      },
    })
    const { thrown, outcomes } = await run(ask('hi'), controller.signal)
    assertFault(thrown, 'cancelled')
    assert.deepEqual(outcomes, ['a rate-limit'])
  })

  test('an abort before the start asks no model and leaves no mark', async () => {
    const { run, models, candidates } = start([[answers]])
    const { thrown, outcomes } = await run(ask('hi'), AbortSignal.abort())
    assertFault(thrown, 'cancelled')
    assert.deepEqual(outcomes, [])
    assert.equal(models[0]?.asked.length, 0)
    assert.equal(candidates[0]?.measures.read().calls, 0)
  })

  test('whatever a model throws at an abort is cancelled, and no failure', async () => {
    const controller = new AbortController()
    const model: Model = {
      name: 'a',
      // eslint-disable-next-line require-yield -- it is stopped before it says anything
      stream: async function* () {
        controller.abort()
        throw new TypeError('terminated')
      },
    }
    const { run } = startWith([candidateOf(model), candidateOf(scripted(clock(), 'b'))], clock())
    const { thrown, outcomes, failures } = await run(ask('hi'), controller.signal)
    assertFault(thrown, 'cancelled')
    assert.deepEqual(outcomes, ['a cancelled'])
    assert.deepEqual(failures, [])
  })

  test('what lacks an ability is passed over, and the trail says so', async () => {
    const time = clock()
    const [a, b] = [scripted(time, 'a'), scripted(time, 'b')]
    const candidates = [candidateOf(a, { can: { contextTokens: 100 } }), candidateOf(b)]
    const { outcomes, trail } = await startWith(candidates, time).run()
    assert.deepEqual(outcomes, ['a unable', 'b answered'])
    assert.deepEqual(trail?.tries[0], {
      model: 'a',
      outcome: 'unable',
      because: 'too-long',
      totalMs: 0,
      usage: {},
      costUsd: 0,
    })
    const { thrown } = await startWith(candidates.slice(0, 1), time).run()
    assertFault(thrown, 'too-long')
    assert.equal(thrown.trail?.tries.length, 1)
    assert.equal(a.asked.length, 0)
  })

  test('where no model takes tools, the first is asked without them', async () => {
    const time = clock()
    const a = scripted(time, 'a')
    const { run } = startWith([candidateOf(a, { can: { tools: false } })], time)
    assert.equal(
      (await run(ask('hi', { tools: [{ name: 'x', description: '', parameters: {} }] }))).text,
      'a.',
    )
    assert.deepEqual(a.asked[0]?.request.tools, [])
  })

  test('after a try that was billed no other is made without room for it, but for a free model', async () => {
    const time = clock()
    const [a, b, c] = [scripted(time, 'a', fails('network')), scripted(time, 'b'), scripted(time, 'c')]
    const dear = candidateOf(b, time)
    const free = candidateOf(c, { price: { inputUsd: 0, outputUsd: 0 } })
    const wanted: number[] = []
    const ended = async (hasRoom: boolean, more: readonly Candidate[]): Promise<unknown[]> => {
      const { route } = startWith([candidateOf(a, time), dear, ...more], time)
      const mayCost: MayCost = async (usd) => {
        wanted.push(usd)
        return hasRoom
      }
      const asked: Model = {
        name: 'r',
        stream: (request, signal) => route.stream(request, signal, mayCost),
      }
      const { events, thrown } = await read(asked, ask('hi'))
      const tries = trailOf(events, thrown)?.tries ?? []
      return tries.map(({ model, outcome, because }) => `${model} ${outcome} ${because ?? ''}`.trim())
    }
    assert.deepEqual(await ended(false, [free]), ['a network', 'b resting over-budget', 'c answered'])
    assert.deepEqual(await ended(false, []), ['a network', 'b resting over-budget'])
    assert.equal(b.asked.length, 0)
    // A probe that was not made is given back.
    dear.breaker.enter()?.fail(new ModelError('rate-limit', 'slow down', { retryAfterMs: 10 }))
    await time.sleep(20, new AbortController().signal)
    await ended(false, [])
    assert.equal(dear.breaker.state().kind, 'half-open')
    wanted.length = 0
    assert.deepEqual(await ended(true, []), ['a network', 'a network', 'b answered'])
    // What was paid for the first, or for both, and the most that the next may cost.
    const [second = 0, third = 0] = wanted
    assert.ok(wanted.length === 2 && second > 0 && third > second)
  })

  test('real vendors: a reset, then an overloaded one, then the other vendor answers', async (t) => {
    const script: Step[] = [
      { kind: 'reset', after: 'nothing' },
      { kind: 'error', code: 'overloaded_error', after: 'headers' },
    ]
    const vendor = await startVendor(script)
    t.after(vendor.close)
    const { run } = startWith(
      [
        candidateOf(createOpenai({ name: 'gpt', endpoint: `${vendor.origin}/v1`, model: 'm' })),
        candidateOf(createAnthropic({ name: 'claude', endpoint: vendor.origin, apiKey: 'k', model: 'm' })),
      ],
      clock(),
    )
    const { text, failures } = await run()
    assert.equal(text, defaultPieces.join(''))
    assert.deepEqual(failures, ['default gpt network', 'default gpt overloaded'])
    assert.equal(vendor.requests.length, 3)
  })
})

suite('a route with models that rest', () => {
  test('passes them over at once, and says why', async () => {
    const { run, candidates } = start([[answers], [answers]])
    candidates[0]?.breaker.enter()?.fail({ fault: 'rate-limit', retryAfterMs: 1_000 })
    const { outcomes, trail, sleptMs } = await run()
    assert.deepEqual(outcomes, ['a resting', 'b answered'])
    assert.equal(trail?.tries[0]?.because, 'rate-limit')
    assert.equal(trail?.tries[0]?.costUsd, 0)
    assert.deepEqual(sleptMs, [])
  })

  test('waits for the soonest where all rest, and asks it', async () => {
    const { run, candidates } = start([[answers], [answers]])
    candidates[0]?.breaker.enter()?.fail({ fault: 'rate-limit', retryAfterMs: 8_000 })
    candidates[1]?.breaker.enter()?.fail({ fault: 'rate-limit', retryAfterMs: 3_000 })
    const { outcomes, sleptMs } = await run()
    assert.deepEqual(outcomes, ['a resting', 'b resting', 'b answered'])
    assert.deepEqual(sleptMs, [3_000])
  })

  test('waits for one that rests where the others have failed', async () => {
    const { run, candidates } = start([[answers], [fails('bad-answer')]])
    candidates[0]?.breaker.enter()?.fail({ fault: 'rate-limit', retryAfterMs: 3_000 })
    const { outcomes, sleptMs } = await run()
    assert.deepEqual(outcomes, ['a resting', 'b bad-answer', 'a answered'])
    assert.deepEqual(sleptMs, [3_000])
  })

  test('where none is back in time, fails with what made it rest and when to come again', async () => {
    const { run, candidates } = start([[answers], [answers]])
    candidates[0]?.breaker.enter()?.fail({ fault: 'bad-key', retryAfterMs: undefined })
    candidates[1]?.breaker.enter()?.fail({ fault: 'rate-limit', retryAfterMs: 30_000 })
    const { thrown, outcomes, sleptMs } = await run()
    assertFault(thrown, 'rate-limit')
    assert.equal(thrown.retryAfterMs, 30_000)
    assert.match(
      thrown.message,
      /\(a: resting after bad-key, b: resting after rate-limit\); try again in 30 s/u,
    )
    assert.deepEqual(outcomes, ['a resting', 'b resting'])
    assert.deepEqual(sleptMs, [])
  })

  test('a dead key is no reason to wait', async () => {
    const { run } = start([[fails('bad-key'), answers]], { patienceMs: Infinity })
    assertFault((await run()).thrown, 'bad-key')
    const { thrown, outcomes } = await run()
    assertFault(thrown, 'bad-key')
    assert.equal(thrown.retryAfterMs, undefined)
    assert.deepEqual(outcomes, ['a resting'])
  })

  test('while one call probes, the others take the next model, or wait for the probe to be over', async () => {
    const time = virtualTime()
    const a = scripted(time, 'a', { silentMs: 600 })
    const one = candidateOf(a, time)
    const two = candidateOf(scripted(time, 'b'), time)
    one.breaker.enter()?.fail({ fault: 'rate-limit', retryAfterMs: 0 })
    const parts = { ...plain, ...time }
    const alone = routed({ ...parts, candidates: [one] })
    const both = routed({ ...parts, candidates: [one, two] })
    const [probe, waits, passes] = await time.until(
      Promise.all([read(alone, ask('1')), read(alone, ask('2')), read(both, ask('3'))]),
    )
    assert.deepEqual(
      [probe, waits, passes].map(({ events }) => textOf(events)),
      ['a.', 'a.', 'b.'],
    )
    assert.equal(a.asked.length, 2)
    assert.deepEqual(
      time.sleptMs.filter((ms) => ms !== 600),
      [250, 250, 250],
    )
  })

  test('three failures make it rest for later calls, and one success after that brings it back', async () => {
    const { run, models, time } = start([
      [fails('bad-answer'), fails('bad-answer'), fails('bad-answer'), answers],
      [answers],
    ])
    for (let i = 0; i < 3; i++) assert.equal((await run()).text, 'b.')
    assert.deepEqual((await run()).outcomes, ['a resting', 'b answered'])
    assert.equal(models[0]?.asked.length, 3)
    await time.sleep(5_000, new AbortController().signal)
    assert.deepEqual((await run()).outcomes, ['a answered'])
    assert.deepEqual((await run()).outcomes, ['a answered'])
  })

  test('an answer between failures keeps it from resting', async () => {
    const [bad, rest] = [fails('bad-answer'), [answers]]
    const { run, models } = start([[bad, bad, answers, bad, bad, answers], rest])
    for (let i = 0; i < 6; i++) await run()
    assert.equal(models[0]?.asked.length, 6)
  })

  test('the second try of a model that has just been made to rest is left out', async () => {
    const { run, models } = start([[fails('network')], [answers]])
    await run()
    const { outcomes } = await run()
    assert.deepEqual(outcomes, ['a network', 'b answered'])
    assert.equal(models[0]?.asked.length, 3)
  })
})

suite('the trail of a route', () => {
  const price = { inputUsd: 1, outputUsd: 10 }
  /** The last try of a route with one model that meets this. */
  const tried = async (met: Met, more: Parameters<typeof candidateOf>[1] = { price }) => {
    const time = clock()
    const { run } = startWith([candidateOf(scripted(time, 'a', met), { ...time, ...more })], time)
    const { trail } = await run()
    return trail?.tries.at(-1)
  }

  test('has what the vendor counted, and what that costs', async () => {
    assert.deepEqual(await tried({ usage: { inputTokens: 1_000, outputTokens: 200, cachedTokens: 100 } }), {
      model: 'a',
      outcome: 'answered',
      firstMs: 0,
      totalMs: 0,
      usage: { inputTokens: 1_000, outputTokens: 200, cachedTokens: 100 },
      costUsd: 0.003,
    })
  })

  test('an unknown price is unknown, and what was free is free', async () => {
    assert.equal((await tried({}, { price: undefined }))?.costUsd, undefined)
    assert.equal((await tried({}, { price: { inputUsd: 0, outputUsd: 0 } }))?.costUsd, 0)
    assert.equal((await tried(fails('bad-key'), { price: undefined }))?.costUsd, 0, 'nothing was sold')
  })

  test('where the vendor did not count, it is estimated and says so', async () => {
    const one = await tried({ usage: {}, pieces: 40 })
    assert.equal(one?.isEstimated, true)
    assert.ok((one?.usage.inputTokens ?? 0) > 0)
    assert.equal(one?.usage.outputTokens, Math.ceil(80 / 4.2))
    assert.ok((one?.costUsd ?? 0) > 0)
  })

  test('an answer that was cut costs what was said until then', async () => {
    for (const fault of ['network', 'overloaded', 'cancelled'] as const) {
      const one = await tried({ pieces: 40, fault })
      assert.equal(one?.isEstimated, true)
      assert.equal(one?.usage.outputTokens, Math.ceil(80 / 4.2))
      assert.ok((one?.costUsd ?? 0) > 0)
    }
  })

  test('a proposed command counts as something said', async () => {
    const model: Model = {
      name: 'a',
      stream: async function* (): AsyncGenerator<ModelEvent> {
        yield { kind: 'call', id: '1', name: 'remind', args: { what: 'tea '.repeat(100) } }
        yield { kind: 'end', stop: 'complete', usage: {} }
      },
    }
    const { trail } = await startWith([candidateOf(model)], clock()).run()
    assert.ok((trail?.tries[0]?.usage.outputTokens ?? 0) > 90)
  })

  test('a refusal costs nothing, a silence costs the prompt', async () => {
    const freeOf = async (met: Met) => (await tried(met))?.costUsd === 0
    const refused: Fault[] = [
      'rate-limit',
      'overloaded',
      'bad-key',
      'no-credit',
      'too-long',
      'unsupported',
      'refused',
      'bad-request',
    ]
    for (const fault of refused) assert.ok(await freeOf(fails(fault)), fault)
    for (const fault of ['timeout', 'network', 'bad-answer', 'internal', 'cancelled'] as const) {
      const one = await tried(fails(fault))
      assert.ok((one?.costUsd ?? 0) > 0 && one?.isEstimated === true && one.usage.outputTokens === 0, fault)
    }
    const closed = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    const cause = new Error('fetch failed', { cause: closed })
    assert.ok(await freeOf({ ...fails('network'), cause }), 'no connection stood')
  })

  test('a reader who leaves ends in the measurements, not in a failure', async () => {
    const { route, candidates, failures } = start([[{ pieces: 3 }]])
    for await (const _ of route.stream(ask('hi'), new AbortController().signal)) break
    assert.equal(candidates[0]?.measures.read().timed, 1)
    assert.equal(candidates[0]?.measures.read().calls, 0)
    assert.deepEqual(failures, [])
  })

  test('an error that is not the last word of a route keeps its message and adds what came before', async () => {
    const { thrown } = await run([fails('overloaded')], [{ pieces: 1, fault: 'network' }])
    assertFault(thrown, 'network')
    assert.equal(thrown.message, 'b has network (a: overloaded, b: network)')
    assert.equal((await run([fails('refused')])).thrown instanceof ModelError, true)
  })

  test('why the route began as it did', async () => {
    assert.equal((await start([[answers], [answers]], { choose: 'weights' }).run()).trail?.choice, 'weight')
    assert.equal((await start([[answers], [answers]], { choose: 'auto' }).run()).trail?.choice, 'trial')
    assert.equal((await start([[answers]], { choose: 'auto' }).run()).trail?.choice, 'best')
    assert.equal((await start([[fails('bad-key')]], { choose: 'auto' }).run()).trail?.choice, 'best')
  })
})
