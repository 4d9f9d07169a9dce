import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ModelError } from '../../src/errors.ts'
import type { Model, ModelEvent, Try } from '../../src/model.ts'
import type { Candidate } from '../../src/models/candidate.ts'
import { createMeasures, type Measures } from '../../src/models/measures.ts'
import { routed } from '../../src/models/router.ts'
import { ask, assertFault, read, textOf } from '../contracts/model.ts'
import { candidateOf, fails, scripted, virtualTime, type Met } from '../doubles/candidates.ts'

/** Measurements of a model that has spoken after 100 ms so many times. */
function usual(times = 20): Measures {
  const measures = createMeasures()
  const one: Try = { model: '', outcome: 'answered', firstMs: 100, totalMs: 200, usage: {} }
  for (let i = 0; i < times; i++) measures.note(one)
  return measures
}

/** A route of models a, b, … that meet their scripts; `known` is known to speak after 100 ms. */
function start(scripts: readonly (readonly Met[])[], { hedge = true, measures = usual(), known = 'a' } = {}) {
  const time = virtualTime()
  const models = scripts.map((script, i) => scripted(time, 'abc'[i] ?? '', ...script))
  const candidates: readonly Candidate[] = models.map((model) =>
    candidateOf(model, { now: time.now, ...(model.name === known ? { measures } : {}) }),
  )
  const route = routed({ name: 'default', candidates, choose: 'order', hedge, random: () => 0.5, ...time })
  const run = async (request = ask('hi'), signal?: AbortSignal) => {
    const { events, thrown } = await time.until(read(route, request, signal))
    const end = events.at(-1)
    const trail = end?.kind === 'end' ? end.trail : thrown instanceof ModelError ? thrown.trail : undefined
    return {
      text: textOf(events),
      thrown,
      tries: trail?.tries.map(({ model, outcome, totalMs }) => `${model} ${outcome} ${totalMs}`),
      trail,
      asked: models.map(({ asked }) => asked.length),
    }
  }
  return { time, models, candidates, run }
}

suite('hedging', () => {
  test('a model that is slower than usual is joined by the next, and the first to speak wins', async () => {
    const { run, models, time } = start([[{ silentMs: 5_000 }], [{ silentMs: 50 }]])
    const { text, tries, trail } = await run()
    assert.equal(text, 'b.')
    assert.deepEqual(tries, ['a outrun 150', 'b answered 50'])
    assert.equal(models[0]?.asked[0]?.stopped(), true)
    assert.equal(models[1]?.asked[0]?.stopped(), false)
    assert.equal(time.sleptMs[0], 5_000)
    assert.equal(time.sleptMs[1], 100, 'the p95 of its first events')
    assert.equal(trail?.tries[0]?.isEstimated, true)
    assert.ok((trail?.tries[0]?.costUsd ?? 0) > 0, 'its prompt may be billed')
    assert.equal(trail?.tries[0]?.usage.outputTokens, 0)
  })

  test('the slow one may still win, and then the other is outrun', async () => {
    const { run, models } = start([[{ silentMs: 150 }], [{ silentMs: 5_000 }]])
    const { text, tries } = await run()
    assert.equal(text, 'a.')
    assert.deepEqual(tries, ['b outrun 50', 'a answered 150'])
    assert.equal(models[1]?.asked[0]?.stopped(), true)
  })

  test('a model in its usual time is not joined', async () => {
    const { run, time } = start([[{ silentMs: 90 }], [{}]])
    assert.deepEqual((await run()).asked, [1, 0])
    assert.equal(time.pending(), 0, 'nothing is left to wake up')
  })

  test('switched off, unmeasured, alone, or with tools, no second model is asked', async () => {
    const slow: Met = { silentMs: 5_000 }
    const tools = [{ name: 'remind', description: '', parameters: {} }]
    assert.deepEqual((await start([[slow], [{}]]).run()).asked, [1, 1], 'the control')
    assert.deepEqual((await start([[slow], [{}]], { hedge: false }).run()).asked, [1, 0])
    assert.deepEqual((await start([[slow], [{}]], { measures: usual(19) }).run()).asked, [1, 0])
    assert.deepEqual((await start([[slow]]).run()).asked, [1])
    assert.deepEqual((await start([[slow], [{}]]).run(ask('hi', { tools }))).asked, [1, 0])
  })

  test('only the first model of a call is joined', async () => {
    const script: readonly (readonly Met[])[] = [[fails('bad-answer')], [{ silentMs: 5_000 }], [{}]]
    assert.deepEqual((await start(script, { known: 'b' }).run()).asked, [1, 1, 0])
    assert.deepEqual((await start(script.slice(1), { known: 'a' }).run()).asked, [1, 1], 'the control')
  })

  test('a probe that was outrun leaves the next call the probe', async () => {
    const { run, candidates } = start([[{ silentMs: 5_000 }], [{}]])
    candidates[0]?.breaker.enter()?.fail({ fault: 'rate-limit', retryAfterMs: 0 })
    assert.deepEqual((await run()).tries, ['a outrun 100', 'b answered 0'])
    assert.equal(candidates[0]?.breaker.state().kind, 'half-open')
  })

  test('what a model that was outrun says all the same is not heard', async () => {
    const time = virtualTime()
    const deaf: Model = {
      name: 'deaf',
      stream: async function* (): AsyncGenerator<ModelEvent> {
        await time.sleep(500, new AbortController().signal)
        yield { kind: 'end', stop: 'complete', usage: { inputTokens: 1, outputTokens: 1 } }
      },
    }
    const candidates = [candidateOf(deaf, { measures: usual() }), candidateOf(scripted(time, 'b'))]
    const route = routed({ name: 'r', candidates, choose: 'order', hedge: true, random: () => 0, ...time })
    const { events } = await time.until(read(route, ask('hi')))
    await time.until(time.sleep(1_000, new AbortController().signal))
    const end = events.at(-1)
    assert.ok(end?.kind === 'end')
    assert.deepEqual(
      end.trail?.tries.map(({ outcome }) => outcome),
      ['outrun', 'answered'],
    )
  })

  test('a model that rests, or is being probed, is not asked for this', async () => {
    const { run, candidates, time } = start([[{ silentMs: 5_000 }], [{}], [{ silentMs: 10 }]])
    candidates[1]?.breaker.enter()?.fail(new ModelError('rate-limit', 'slow down', { retryAfterMs: 1_000 }))
    assert.deepEqual((await run()).asked, [1, 0, 1])
    time.advance(1_000)
    assert.equal(candidates[1]?.breaker.state().kind, 'half-open')
    assert.deepEqual((await run()).asked, [2, 0, 2])
  })

  test('where one fails, the other goes on alone', async () => {
    const one = start([[{ silentMs: 300, ...fails('bad-request') }], [{ silentMs: 9_000 }], [{}]])
    assert.deepEqual(await one.run().then(({ text, asked }) => ({ text, asked })), {
      text: 'b.',
      asked: [1, 1, 0],
    })
    const other = start([[{ silentMs: 9_000 }], [fails('network')], [{}]])
    const { text, tries, asked } = await other.run()
    assert.equal(text, 'a.')
    assert.deepEqual(asked, [1, 1, 0])
    assert.deepEqual(tries, ['b network 0', 'a answered 9000'])
  })

  test('where both fail it is the turn of the next, and neither is asked again', async () => {
    const { run } = start([
      [{ silentMs: 300, ...fails('network') }],
      [{ silentMs: 10, ...fails('timeout') }],
      [{}],
    ])
    const { text, tries, asked } = await run()
    assert.equal(text, 'c.')
    assert.deepEqual(asked, [1, 1, 1])
    assert.deepEqual(tries, ['b timeout 10', 'a network 300', 'c answered 0'])
  })

  test('a first model that fails before it is late is tried again as ever', async () => {
    const { run } = start([[fails('network'), {}], [{}]])
    assert.deepEqual((await run()).tries, ['a network 0', 'a answered 0'])
  })

  test('the one that was joined stays known as slow, and the breaker of neither minds', async () => {
    const { run, candidates } = start([[{ silentMs: 5_000 }], [{ silentMs: 400 }]])
    await run()
    assert.equal(candidates[0]?.measures.read().timed, 21)
    assert.equal(candidates[0]?.measures.read().p95FirstMs, 100)
    await run()
    assert.equal(candidates[0]?.measures.read().p95FirstMs, 500)
    assert.deepEqual(
      candidates.map(({ breaker }) => breaker.state().kind),
      ['closed', 'closed'],
    )
  })

  test('an abort stops both', async () => {
    const { run, models, time } = start([[{ silentMs: 5_000 }], [{ silentMs: 5_000 }]])
    const controller = new AbortController()
    void time.sleep(200, new AbortController().signal).then(() => controller.abort())
    const { thrown, tries } = await run(ask('hi'), controller.signal)
    assertFault(thrown, 'cancelled')
    assert.deepEqual(tries?.toSorted(), ['a cancelled 200', 'b cancelled 100'])
    assert.deepEqual(
      models.map(({ asked }) => asked[0]?.stopped()),
      [true, true],
    )
  })

  test('an abort before it is late asks no second model', async () => {
    const { run, time } = start([[{ silentMs: 5_000 }], [{}]])
    const controller = new AbortController()
    void time.sleep(50, new AbortController().signal).then(() => controller.abort())
    const { thrown, asked } = await run(ask('hi'), controller.signal)
    assertFault(thrown, 'cancelled')
    assert.deepEqual(asked, [1, 0])
  })
})
