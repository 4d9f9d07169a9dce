import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Try, Usage } from '../../src/model.ts'
import { chargeOf, costOf, free, mostCost, mostOf, type Tariff } from '../../src/models/price.ts'
import { requestTokens } from '../../src/prompt.ts'
import { ask } from '../contracts/model.ts'

const price: Tariff = { inputUsd: 2, outputUsd: 10, cachedUsd: 0.2, cacheWriteUsd: 2.5 }
const tiered: Tariff = {
  ...price,
  tiers: [{ aboveTokens: 200_000, price: { inputUsd: 4, outputUsd: 15 } }],
}
const close = (usd: number | undefined, expected: number): void => {
  assert.ok(usd !== undefined && Math.abs(usd - expected) < 1e-12, `${usd} is not ${expected}`)
}
const answered = (model: string, costUsd?: number): Try => ({
  model,
  outcome: 'answered',
  totalMs: 5,
  usage: { inputTokens: 10, outputTokens: 2 },
  ...(costUsd === undefined ? {} : { costUsd }),
})

test('tokens that the vendor had in its cache are part of the prompt, and cost their own price', () => {
  close(costOf(price, { inputTokens: 1_000, outputTokens: 100 }), 0.003)
  const usage = { inputTokens: 1_000, outputTokens: 100, cachedTokens: 600, cacheWriteTokens: 300 }
  close(costOf(price, usage), (100 * 2 + 600 * 0.2 + 300 * 2.5 + 100 * 10) / 1e6)
  close(costOf({ inputUsd: 2, outputUsd: 10 }, usage), 0.003)
})

test('without a price or a count the cost is not known, and never 0', () => {
  assert.equal(costOf(undefined, { inputTokens: 1, outputTokens: 1 }), undefined)
  assert.equal(costOf(price, { inputTokens: 1 }), undefined)
  assert.equal(costOf(price, { outputTokens: 1 }), undefined)
  assert.equal(mostCost(undefined, 1, 1), undefined)
})

test('what is free costs nothing, counted or not', () => {
  assert.equal(costOf(free, {}), 0)
  assert.equal(costOf({ ...free, cachedUsd: 1 }, {}), undefined)
})

test('a prompt above the bound of a tier costs what the tier says, all of it', () => {
  close(costOf(tiered, { inputTokens: 200_000, outputTokens: 0 }), 0.4)
  close(costOf(tiered, { inputTokens: 200_001, outputTokens: 1 }), (200_001 * 4 + 15) / 1e6)
})

test('the most is never less than what a prompt a third longer than estimated can cost', () => {
  const usd = fc.double({ min: 0, max: 100, noNaN: true })
  const tariff = fc.record({ inputUsd: usd, outputUsd: usd, cachedUsd: usd, cacheWriteUsd: usd })
  const tokens = fc.nat(400_000)
  fc.assert(
    fc.property(
      tariff,
      tokens,
      fc.nat(10_000),
      fc.nat(100),
      fc.nat(100),
      (one, prompt, most, read, wrote) => {
        const inputTokens = Math.floor((prompt * 4) / 3)
        const usage: Usage = {
          inputTokens,
          outputTokens: most,
          cachedTokens: Math.floor((inputTokens * read) / 200),
          cacheWriteTokens: Math.floor((inputTokens * wrote) / 200),
        }
        const cost = costOf(one, usage)
        const bound = mostCost(one, prompt, most)
        return cost !== undefined && bound !== undefined && cost <= bound + 1e-9
      },
    ),
  )
})

test('the dearest model of a route decides the most, and one of unknown price makes it unknown', () => {
  const request = ask('hi')
  const cheap = { model: { name: 'cheap' }, price }
  const dear = { model: { name: 'dear' }, price: { inputUsd: 20, outputUsd: 100 } }
  const unknown = { model: { name: 'new' }, price: undefined }
  const usd = mostCost(dear.price, requestTokens(request), request.maxTokens)
  const found = mostOf([cheap, dear], request)
  assert.deepEqual([found.kind, found.kind === 'known' && found.usd], ['known', usd])
  assert.deepEqual(mostOf([dear, unknown], request), { kind: 'unknown', model: 'new' })
  assert.deepEqual(mostOf([{ model: { name: 'own' }, price: free }], request), {
    kind: 'known',
    usd: 0,
    ampleUsd: 0,
  })
})

test('the ample most is that of all tries that failed before the answer; twice the answer where two are asked at once', () => {
  const request = ask('hi')
  const models = [2, 20].map((usd) => ({
    model: { name: `m${usd}` },
    price: { inputUsd: usd, outputUsd: usd * 10 },
  }))
  const tokens = requestTokens(request)
  const [cheap, dear] = models.map(({ price: one }) => mostCost(one, tokens, 0) ?? Number.NaN)
  const answer = (request.maxTokens * 200) / 1e6
  for (const [hedge, atOnce] of [
    [false, 1],
    [true, 2],
  ] as const) {
    const found = mostOf(models, request, hedge)
    assert.ok(found.kind === 'known' && cheap !== undefined && dear !== undefined)
    close(found.usd, (dear + answer) * atOnce)
    close(found.ampleUsd, 2 * cheap + 2 * dear + answer * atOnce)
  }
})

test('a vendor that counts more cached tokens than the prompt has is charged for no more than the prompt', () => {
  const usage = { inputTokens: 1_000, outputTokens: 0 }
  close(costOf(price, { ...usage, cachedTokens: 5_000 }), (1_000 * 0.2) / 1e6)
  close(costOf(price, { ...usage, cachedTokens: 900, cacheWriteTokens: 600 }), (400 * 0.2 + 600 * 2.5) / 1e6)
})

test('each model of a call is charged for its tries, and the call is counted for the one that answered', () => {
  const tries: Try[] = [
    { model: 'a', outcome: 'unable', totalMs: 0, usage: {} },
    { ...answered('b', 0.5), outcome: 'timeout', isEstimated: true },
    answered('c', 0.25),
  ]
  const { usd, isEstimated, lines } = chargeOf(tries, undefined)
  assert.deepEqual([usd, isEstimated], [0.75, true])
  assert.deepEqual(
    lines.map(({ model, calls, costUsd, inputTokens }) => [model, calls, costUsd, inputTokens]),
    [
      ['b', 0, 0.5, 10],
      ['c', 1, 0.25, 10],
    ],
  )
})

test('a try of unknown cost makes the call one of unknown price, unless something is to count in its place', () => {
  const tries = [{ ...answered('new'), outcome: 'network' } as const, answered('known', 0.25)]
  const open = chargeOf(tries, undefined)
  assert.equal(open.usd, undefined)
  assert.deepEqual(
    open.lines.map(({ model, costUsd, unpricedCalls }) => [model, costUsd, unpricedCalls]),
    [
      ['new', 0, 1],
      ['known', 0.25, 0],
    ],
  )
  const counted = chargeOf(tries, 1)
  assert.deepEqual([counted.usd, counted.isEstimated], [1, true])
  assert.equal(counted.lines.find(({ model }) => model === 'new')?.costUsd, 0.75)
})

test('where nobody knows what was done, all that was set aside counts; where nothing was asked, nothing', () => {
  assert.deepEqual([chargeOf(undefined, 2).usd, chargeOf(undefined, 2).lines[0]?.calls], [2, 1])
  assert.deepEqual(chargeOf(undefined, undefined).lines[0]?.unpricedCalls, 1)
  assert.deepEqual(chargeOf([], 2), { usd: 0, isEstimated: false, lines: [] })
})
