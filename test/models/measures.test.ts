import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { faults } from '../../src/errors.ts'
import type { Try } from '../../src/model.ts'
import { createMeasures } from '../../src/models/measures.ts'

const tried = (more: Partial<Try> = {}): Try => ({
  model: 'a',
  outcome: 'answered',
  totalMs: 900,
  usage: {},
  ...more,
})

/** Measurements after these tries. */
function after(...tries: readonly Try[]) {
  const measures = createMeasures()
  measures.seed(tries)
  return measures.read()
}

suite('measurements', () => {
  test('nothing is known at first', () => {
    assert.deepEqual(after(), {
      calls: 0,
      success: undefined,
      firstMs: undefined,
      p95FirstMs: undefined,
      timed: 0,
      costUsd: undefined,
    })
  })

  test('the first few calls count alike, and what is old is forgotten', () => {
    assert.equal(after(tried(), tried({ outcome: 'timeout' })).success, 0.5)
    const good = Array.from({ length: 100 }, () => tried())
    const bad = Array.from({ length: 100 }, () => tried({ outcome: 'overloaded' }))
    assert.equal(after(...bad, ...good).calls, 200)
    assert.ok((after(...bad, ...good).success ?? 0) > 0.99)
    assert.ok((after(...good, ...bad).success ?? 1) < 0.01)
  })

  test('what says nothing of the model is not counted as a call', () => {
    const { calls, success } = after(
      tried({ outcome: 'cancelled' }),
      tried({ outcome: 'refused' }),
      tried({ outcome: 'bad-request' }),
      tried({ outcome: 'too-long' }),
      tried({ outcome: 'outrun' }),
      tried({ outcome: 'resting', because: 'overloaded' }),
      tried({ outcome: 'unable' }),
    )
    assert.equal(calls, 0)
    assert.equal(success, undefined)
  })

  test('times are the median and the p95 of the last 64', () => {
    const times = Array.from({ length: 64 }, (_, i) => tried({ firstMs: 64 - i }))
    const { firstMs, p95FirstMs, timed } = after(...times)
    assert.deepEqual({ firstMs, p95FirstMs, timed }, { firstMs: 32, p95FirstMs: 61, timed: 64 })
    const newer = Array.from({ length: 64 }, () => tried({ firstMs: 500 }))
    assert.equal(after(...times, ...newer).p95FirstMs, 500)
    assert.equal(after(...times, ...newer).timed, 64)
  })

  test('a time also counts where the answer was cut later', () => {
    assert.equal(after(tried({ outcome: 'network', firstMs: 70 })).firstMs, 70)
  })

  test('being outrun counts as a long time, never as a short one', () => {
    const usual = [tried({ firstMs: 100 }), tried({ firstMs: 100 }), tried({ firstMs: 100 })]
    assert.equal(after(...usual, tried({ outcome: 'outrun', totalMs: 10 })).timed, 3)
    assert.equal(after(...usual, tried({ outcome: 'outrun', totalMs: 700 })).p95FirstMs, 700)
    assert.equal(after(tried({ outcome: 'outrun', totalMs: 10 })).timed, 0)
  })

  test('an unknown cost is left out, never counted as nothing', () => {
    assert.equal(after(tried({ costUsd: 0.02 }), tried(), tried({ costUsd: 0.04 })).costUsd, 0.03)
    assert.equal(after(tried()).costUsd, undefined)
    assert.equal(after(tried({ costUsd: 0 })).costUsd, 0)
    assert.equal(
      after(tried({ outcome: 'rate-limit', costUsd: 0 })).costUsd,
      undefined,
      'a failure is no price',
    )
  })

  test('a new time is seen by the next reading', () => {
    const measures = createMeasures()
    measures.note(tried({ firstMs: 5 }))
    assert.equal(measures.read().firstMs, 5)
    measures.note(tried({ firstMs: 1 }))
    measures.note(tried({ firstMs: 1 }))
    assert.equal(measures.read().firstMs, 1)
  })

  test('whatever is noted, shares stay shares and times are among those seen', () => {
    const one: fc.Arbitrary<Try> = fc.record(
      {
        model: fc.constant('a'),
        outcome: fc.constantFrom('answered', 'outrun', 'unable', 'resting', ...faults),
        totalMs: fc.nat(10_000),
        usage: fc.constant({}),
        firstMs: fc.nat(10_000),
        costUsd: fc.double({ min: 0, max: 10, noNaN: true }),
      },
      { requiredKeys: ['model', 'outcome', 'totalMs', 'usage'] },
    )
    fc.assert(
      fc.property(fc.array(one, { maxLength: 200 }), (tries) => {
        const { success = 0, firstMs, p95FirstMs, timed, costUsd = 0, calls } = after(...tries)
        const seen = new Set(tries.flatMap(({ firstMs, totalMs }) => [firstMs, totalMs]))
        assert.ok(success >= 0 && success <= 1 + 1e-9)
        assert.ok(costUsd >= 0 && costUsd <= 10 + 1e-9)
        assert.ok(calls <= tries.length && timed <= 64)
        assert.equal(firstMs === undefined, timed === 0)
        assert.ok(timed === 0 || (seen.has(firstMs) && seen.has(p95FirstMs)))
        assert.ok((firstMs ?? 0) <= (p95FirstMs ?? 0))
      }),
    )
  })
})
