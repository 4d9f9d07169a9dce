import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { BudgetError, faults, ModelError, SourceError, type Fault } from '../../src/errors.ts'
import { askedWaitMs, retryWaitMs } from '../../src/tasks/retry.ts'

const middle = (): number => 0.5

const waits = (fault: Fault, most = 8): (number | undefined)[] =>
  Array.from({ length: most }, (_, i) => retryWaitMs({ fault }, i + 1, middle))

test('each fault that may pass has its waits, none longer than a quarter of an hour', () => {
  const seconds = (...all: number[]): number[] => all.map((s) => s * 1_000)
  assert.deepEqual(waits('network'), seconds(0, 30, 60, 120, 240, 480, 900, 900))
  assert.deepEqual(waits('rate-limit'), seconds(60, 120, 240, 480, 900, 900, 900, 900))
  assert.deepEqual(waits('overloaded'), seconds(30, 60, 120, 240, 480, 900, 900, 900))
  assert.deepEqual(waits('timeout'), waits('overloaded'))
})

test('no other fault is tried again, nor is a failure without one', () => {
  const passing = new Set<Fault>(['network', 'rate-limit', 'overloaded', 'timeout'])
  for (const fault of faults) if (!passing.has(fault)) assert.deepEqual(waits(fault, 1), [undefined], fault)
  assert.equal(retryWaitMs({ fault: null }, 1, middle), undefined)
})

test('what the other side asks for is waited for in full, unless it is of no use any more', () => {
  const asked = (retryAfterMs: number, random: () => number): number | undefined =>
    retryWaitMs({ fault: 'rate-limit', retryAfterMs }, 3, random)
  assert.equal(
    asked(7_000, () => 0),
    7_000,
  )
  assert.equal(
    asked(7_000, () => 1),
    8_400,
  )
  assert.equal(
    asked(20 * 60_000, () => 0),
    20 * 60_000,
  )
  assert.equal(asked(24 * 3_600_000, middle), undefined)
  assert.equal(retryWaitMs({ fault: 'refused', retryAfterMs: 7_000 }, 1, middle), undefined)
})

test('only a model says for how long it wants to be left alone', () => {
  assert.equal(askedWaitMs(new ModelError('rate-limit', 'slow down', { retryAfterMs: 7_000 })), 7_000)
  assert.equal(askedWaitMs(new SourceError('network', 'no answer')), undefined)
  assert.equal(askedWaitMs(new TypeError('x')), undefined)
  const cap = { period: 'day', of: 'total', usd: 1 } as const
  const spent = new BudgetError('over', { state: { cap, spentUsd: 1, reservedUsd: 0, endsAtMs: 0 } })
  assert.equal(retryWaitMs({ fault: spent.fault, retryAfterMs: askedWaitMs(spent) }, 1, middle), undefined)
})

test('a wait is spread by a fifth to either side and no further', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Fault>('network', 'rate-limit', 'overloaded', 'timeout'),
      fc.integer({ min: 1, max: 60 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (fault, attempt, chance) => {
        const plain = retryWaitMs({ fault }, attempt, middle) ?? NaN
        const spread = retryWaitMs({ fault }, attempt, () => chance) ?? NaN
        assert.ok(Number.isSafeInteger(spread) && Math.abs(spread - plain) <= plain * 0.2 + 1)
      },
    ),
  )
  assert.notEqual(
    retryWaitMs({ fault: 'timeout' }, 1, () => 0),
    retryWaitMs({ fault: 'timeout' }, 1, () => 1),
  )
})
