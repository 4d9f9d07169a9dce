import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { ModelError } from '../../src/errors.ts'
import type { Image, ModelRequest, Tool, Turn } from '../../src/model.ts'
import type { Candidate } from '../../src/models/candidate.ts'
import { createMeasures, type Measures } from '../../src/models/measures.ts'
import { createPlanner, lackError } from '../../src/models/plan.ts'
import { rank } from '../../src/models/score.ts'
import { mostRequestTokens, requestTokens } from '../../src/prompt.ts'
import { ask } from '../contracts/model.ts'
import { candidateOf, scripted, virtualTime } from '../doubles/candidates.ts'

const tools: readonly Tool[] = [{ name: 'remind', description: 'Reminds.', parameters: { type: 'object' } }]
const pixel: Image = { mediaType: 'image/png', base64: 'iVBORw0KGgo=' }
const picture: Turn = { role: 'user', text: 'what is this?', images: [pixel] }
const shape = { name: 'x', schema: { type: 'object' } }

const time = virtualTime()
const named = (name: string, more: Parameters<typeof candidateOf>[1] = {}): Candidate =>
  candidateOf(scripted(time, name), { now: time.now, ...more })

/** Measurements after so many calls that went like this. */
function measured(calls: number, firstMs: number, costUsd: number, failures = 0): Measures {
  const measures = createMeasures()
  const about = { model: '', totalMs: firstMs, usage: {} }
  for (let i = 0; i < calls; i++)
    measures.note(
      i < failures
        ? { ...about, outcome: 'overloaded' }
        : { ...about, outcome: 'answered', firstMs, costUsd },
    )
  return measures
}

type Asking = {
  readonly request?: ModelRequest
  readonly choose?: 'order' | 'weights' | 'auto'
  readonly random?: number
}

/** The names in the order of the plan, and why. */
function planned(
  candidates: readonly Candidate[],
  { request = ask('hi'), choose = 'order', random = 0.5 }: Asking = {},
) {
  const plan = createPlanner({ candidates, choose, random: () => random })(request)
  return {
    choice: plan.choice,
    order: plan.order.map(({ model }) => model.name),
    unable: plan.unable.map(({ candidate, lacks }) => `${candidate.model.name}: ${lacks.join()}`),
    request: plan.request,
  }
}

const rest = (candidate: Candidate): void =>
  candidate.breaker.enter()?.fail(new ModelError('rate-limit', 'slow down', { retryAfterMs: 60_000 }))

suite('a plan', () => {
  test('by order takes the models as they stand, those that rest too', () => {
    const all = [named('a'), named('b'), named('c')]
    for (const one of all) rest(one)
    assert.deepEqual(planned(all), {
      choice: 'first',
      order: ['a', 'b', 'c'],
      unable: [],
      request: ask('hi'),
    })
  })

  test('passes over what lacks pictures, a shape or room, and says what', () => {
    const plain = named('plain', { can: { images: false, shapes: false, contextTokens: 600 } })
    const able = named('able')
    const of = (request: ModelRequest) => planned([plain, able], { request })
    assert.deepEqual(of(ask('hi')).order, ['plain', 'able'])
    assert.deepEqual(of(ask('hi', { turns: [picture, { role: 'user', text: 'and?' }] })).unable, [
      'plain: images,length',
    ])
    assert.deepEqual(of(ask('hi', { shape })).unable, ['plain: shape'])
    assert.deepEqual(of(ask('hi', { maxTokens: 600 })).unable, ['plain: length'])
    assert.deepEqual(of(ask('long '.repeat(200))).unable, ['plain: length'])
    assert.deepEqual(of(ask('long '.repeat(200))).order, ['able'])
  })

  test('counts precisely where the prompt may not fit', () => {
    const text = 'word '.repeat(1_000) // 5,000 characters: at most 4,250 tokens, really 1,191
    const request = ask(text)
    const exactly = requestTokens(request) + request.maxTokens
    assert.ok(mostRequestTokens(request) > exactly)
    assert.deepEqual(planned([named('a', { can: { contextTokens: exactly } })], { request }).order, ['a'])
    assert.deepEqual(planned([named('a', { can: { contextTokens: exactly - 1 } })], { request }).order, [])
  })

  test('the quick bound is never below the precise count', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ' ', '字', 'か', '한', '🙂', '𠀀', '"', '\n'),
      maxLength: 300,
    })
    const turn: fc.Arbitrary<Turn> = fc.oneof(
      fc.record({ role: fc.constant('user'), text, images: fc.array(fc.constant(pixel), { maxLength: 3 }) }),
      fc.record({
        role: fc.constant('assistant'),
        text,
        calls: fc.array(fc.record({ id: text, name: text, args: fc.jsonValue(), result: text }), {
          maxLength: 2,
        }),
      }),
    )
    const tool = fc.record({ name: text, description: text, parameters: fc.constant({}) })
    fc.assert(
      fc.property(
        fc.array(turn, { minLength: 1, maxLength: 5 }),
        text,
        fc.array(tool, { maxLength: 3 }),
        fc.boolean(),
        (turns, system, tools, isShaped) => {
          const request = ask('', { turns, system, tools, ...(isShaped ? { shape } : {}) })
          assert.ok(mostRequestTokens(request) >= requestTokens(request))
        },
      ),
    )
  })

  test('models that take tools come alone; where there is none, the others are asked without tools', () => {
    const request = ask('hi', { tools })
    const talker = named('talker', { can: { tools: false } })
    const both = planned([talker, named('able')], { request })
    assert.deepEqual(both, { choice: 'first', order: ['able'], unable: ['talker: tools'], request })
    const alone = planned([talker], { request })
    assert.deepEqual(alone, {
      choice: 'first',
      order: ['talker'],
      unable: [],
      request: { ...request, tools: [] },
    })
  })

  test('a model that takes tools, and that a cap has no room for, does not keep the others from being asked without', () => {
    const shut: Candidate['breaker'] = {
      state: () => ({ kind: 'dead', fault: 'over-budget' }),
      enter: () => undefined,
    }
    const request = ask('hi', { tools })
    const dear = { ...named('dear'), breaker: shut }
    const talker = named('talker', { can: { tools: false } })
    assert.deepEqual(planned([dear, talker], { request }).order, ['dear', 'talker'])
    assert.deepEqual(planned([dear, talker], { request }).request.tools, [])
    const shutTalker = { ...talker, breaker: shut }
    assert.deepEqual(planned([dear, shutTalker], { request }).order, ['dear'])
    assert.deepEqual(planned([shutTalker], { request }).order, ['talker'])
    rest(talker)
    assert.deepEqual(planned([named('able'), talker], { request }).order, ['able'])
  })

  test('where no model is able, the error says what is missing', () => {
    const all = [named('a', { can: { images: false } }), named('b', { can: { shapes: false } })]
    const request = ask('hi', { turns: [picture], shape })
    const plan = createPlanner({ candidates: all, choose: 'order', random: () => 0 })(request)
    const error = lackError('default', plan)
    assert.equal(error.fault, 'unsupported')
    assert.match(
      error.message,
      /route default can take this request: a lacks images; b lacks shape; choose a route that/u,
    )
    assert.deepEqual(
      error.trail?.tries.map(({ outcome, because, costUsd }) => [outcome, because, costUsd]),
      [
        ['unable', 'unsupported', 0],
        ['unable', 'unsupported', 0],
      ],
    )
  })

  test('where one of them only has too little room, the error is too-long', () => {
    const all = [named('a', { can: { images: false } }), named('b', { can: { contextTokens: 100 } })]
    const request = ask('hi', { turns: [picture] })
    const plan = createPlanner({ candidates: all, choose: 'order', random: () => 0 })(request)
    const error = lackError('default', plan)
    assert.equal(error.fault, 'too-long')
    assert.match(
      error.message,
      /b lacks room \(it has 100 tokens, prompt and answer need about \d+\); shorten it/u,
    )
  })
})

suite('a plan by weight', () => {
  const all = [named('a', { weight: 1 }), named('b', { weight: 3 })]
  const first = (random: number, among = all) => planned(among, { choose: 'weights', random }).order[0]

  test('begins with each model as often as its weight says', () => {
    assert.deepEqual(
      [0, 0.24, 0.26, 0.999].map((random) => first(random)),
      ['a', 'a', 'b', 'b'],
    )
    assert.deepEqual(planned(all, { choose: 'weights', random: 0.9 }), {
      choice: 'weight',
      order: ['b', 'a'],
      unable: [],
      request: ask('hi'),
    })
  })

  test('does not draw those that rest, unless all do', () => {
    const [a, b, c] = [named('a', { weight: 98 }), named('b', { weight: 1 }), named('c', { weight: 1 })]
    rest(a)
    assert.equal(first(0, [a, b, c]), 'b')
    assert.equal(first(0.6, [a, b, c]), 'c')
    rest(b)
    rest(c)
    assert.equal(first(0.5, [a, b, c]), 'a')
  })
})

suite('a plan by measurement', () => {
  const good = named('good', { measures: measured(20, 300, 0.001) })
  const dear = named('dear', { measures: measured(20, 300, 0.1) })
  const slow = named('slow', { measures: measured(20, 9_000, 0.001) })
  const shaky = named('shaky', { measures: measured(20, 300, 0.001, 15) })
  const auto = (candidates: readonly Candidate[], random = 0.5) =>
    planned(candidates, { choose: 'auto', random })

  test('begins with the best; the others follow by their score', () => {
    const { choice, order } = auto([shaky, dear, slow, good])
    assert.equal(choice, 'best')
    assert.equal(order[0], 'good')
    assert.deepEqual(order.toSorted(), ['dear', 'good', 'shaky', 'slow'])
    assert.deepEqual(auto([shaky, good]).order, ['good', 'shaky'])
    assert.deepEqual(auto([good, shaky]).order, ['good', 'shaky'])
  })

  test('models of which little is known are tried first, the least known before the others', () => {
    const fresh = named('fresh', { measures: measured(4, 9_000, 0.1, 3) })
    const newest = named('newest')
    assert.deepEqual(auto([good, fresh, newest]).choice, 'trial')
    assert.equal(auto([good, fresh, newest]).order[0], 'newest')
    assert.equal(auto([good, fresh]).order[0], 'fresh')
    const known = named('known', { measures: measured(5, 9_000, 0.1, 3) })
    assert.equal(auto([good, known]).order[0], 'good')
  })

  test('one call in twenty tries another than the best, each as often', () => {
    const firsts = (random: number) => auto([good, dear, slow], random)
    const others = new Set([firsts(0).order[0], firsts(0.049).order[0]])
    assert.deepEqual(others, new Set(['dear', 'slow']))
    assert.equal(firsts(0.049).choice, 'trial')
    assert.equal(firsts(0.05).choice, 'best')
    assert.equal(firsts(0.05).order[0], 'good')
  })

  test('a model that rests is neither the best nor on trial', () => {
    const resting = named('resting', { measures: measured(20, 100, 0) })
    rest(resting)
    const unknown = named('unknown')
    rest(unknown)
    for (const random of [0, 0.02, 0.5]) assert.equal(auto([resting, unknown, good], random).order[0], 'good')
    assert.equal(auto([resting, unknown, good], 0).choice, 'best', 'there is nothing else to try')
    assert.deepEqual(auto([resting, unknown, good]).order.toSorted(), ['good', 'resting', 'unknown'])
  })

  test('the scores say why', () => {
    const standings = rank([slow, good, dear, shaky])
    const { candidate: _, ...best } = standings[0] ?? assert.fail('there are no standings')
    assert.deepEqual(best, {
      name: 'good',
      score: 1,
      success: 1,
      firstMs: 300,
      costUsd: best.costUsd,
      calls: 20,
    })
    assert.ok(Math.abs((best.costUsd ?? 0) - 0.001) < 1e-12)
    const score = (name: string) => standings.find((one) => one.name === name)?.score ?? Number.NaN
    assert.ok(Math.abs(score('slow') - (500 / 9_200 + 1) / 2) < 1e-9)
    const { success = 0 } = standings.find(({ name }) => name === 'shaky') ?? {}
    assert.ok(success > 0 && success < 0.9)
    assert.ok(Math.abs(score('shaky') - success ** 2) < 1e-9)
    assert.ok(Math.abs(score('dear') - (1 + 0.0015 / 0.1005) / 2) < 1e-9)
  })

  test('an unknown price is taken for the dearest, never for nothing', () => {
    const silent = createMeasures()
    for (let i = 0; i < 20; i++)
      silent.note({ model: '', outcome: 'answered', firstMs: 300, totalMs: 300, usage: {} })
    const unpriced = named('unpriced', { measures: silent, price: undefined })
    assert.equal(auto([unpriced, dear, good]).order[0], 'good')
    const [first, second] = rank([dear, unpriced])
    assert.equal(first?.score, second?.score)
  })

  test('whatever is known, scores are from 0 to 1 and every able model is in the order once', () => {
    const one = fc.record({
      calls: fc.nat(30),
      firstMs: fc.nat(60_000),
      costUsd: fc.constantFrom(0, 1e-9, 0.001, 5),
      failures: fc.nat(30),
      rests: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.array(one, { minLength: 1, maxLength: 6 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.constantFrom('order', 'weights', 'auto'),
        (all, random, choose) => {
          const candidates = all.map(({ calls, firstMs, costUsd, failures, rests }, i) => {
            const candidate = named(`m${i}`, { measures: measured(calls, firstMs, costUsd, failures) })
            if (rests) rest(candidate)
            return candidate
          })
          const { order } = planned(candidates, { choose, random })
          assert.deepEqual(order.toSorted(), candidates.map(({ model }) => model.name).toSorted())
          for (const { score } of rank(candidates)) assert.ok(score >= 0 && score <= 1, String(score))
          const asleep = all.map(({ rests }) => rests)
          if (choose !== 'order' && asleep.includes(false))
            assert.equal(asleep[Number(order[0]?.slice(1))], false, 'it begins with one that rests')
        },
      ),
      { numRuns: 500 },
    )
  })
})
