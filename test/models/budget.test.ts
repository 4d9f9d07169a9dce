import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BudgetError, ModelError, StoreError } from '../../src/errors.ts'
import { budgeted, createHits } from '../../src/models/budget.ts'
import { createOpenai } from '../../src/models/openai/openai.ts'
import type { Route } from '../../src/models/router.ts'
import type { OpenCall } from '../../src/store/calls.ts'
import { ask, asker, assertFault, modelContract, read, sceneNowMs } from '../contracts/model.ts'
import { startVendor, steps } from '../doubles/vendor.ts'
import { dayCap, openDesk, trailOf, underBudget } from './budget-desk.ts'

for (const [name, caps] of [
  ['a route under caps', [dayCap(1_000)]],
  ['a route without caps', []],
] as const) {
  modelContract(name, async (scene) => {
    const vendor = await startVendor([], { always: steps[scene] })
    const now = (): number => sceneNowMs
    const model = createOpenai({ name: 'gpt', endpoint: `${vendor.origin}/v1`, model: 'gpt-6', now })
    const budget = budgeted(model, openDesk(caps).parts)
    return { model: budget, asked: () => vendor.requests.length, close: vendor.close }
  })
}

const spentOf = (desk: ReturnType<typeof openDesk>): readonly [number, number] => {
  const [standing] = desk.ledger.standing(asker)
  return [standing?.spentUsd ?? -1, standing?.reservedUsd ?? -1]
}

test('a call is settled by what its trail says, once, before its end is told', async () => {
  const desk = openDesk([dayCap(5)])
  const { model } = underBudget(desk, { trail: trailOf(0.25), meanwhile: () => (desk.nowMs += 40) })
  for await (const event of model.stream(ask('hi'), new AbortController().signal)) {
    assert.equal(desk.records.length, event.kind === 'end' ? 1 : 0)
  }
  assert.deepEqual(spentOf(desk), [0.25, 0])
  const [record] = desk.records
  assert.deepEqual(
    { ...record, tries: record?.tries.length },
    {
      id: 1,
      atMs: Date.UTC(2026, 10, 22, 12),
      day: '2026-11-22',
      route: 'default',
      person: asker.person,
      conversation: 'terminal/local/terminal',
      task: null,
      run: null,
      reservedUsd: 1,
      model: 'gpt',
      choice: 'first',
      fault: null,
      attempts: 1,
      tries: 1,
      firstMs: 40,
      totalMs: 40,
      inputTokens: 100,
      outputTokens: 20,
      cachedTokens: 40,
      costUsd: 0.25,
      isEstimated: false,
      isHit: false,
    },
  )
  assert.deepEqual(desk.said, ['word '])
})

test('under a cap the row of the call is on the disk before the model is asked', async () => {
  const written = Promise.withResolvers<undefined>()
  const waiting = openDesk([dayCap(5)], { kind: 'known', usd: 1 }, { open: () => written.promise })
  const capped = underBudget(waiting, { trail: trailOf(0) })
  const reading = read(capped.model, ask('hi'))
  await new Promise(setImmediate)
  assert.equal(capped.asked(), 0)
  written.resolve(undefined)
  await reading
  assert.equal(capped.asked(), 1)
  const free = openDesk([], { kind: 'known', usd: 1 }, { open: () => new Promise(() => {}) })
  assert.equal((await read(underBudget(free, {}).model, ask('hi'))).thrown, undefined)
})

test('an abort while the row is being written asks nothing and costs nothing', async () => {
  const desk = openDesk([dayCap(5)], { kind: 'known', usd: 1 }, { open: () => new Promise(() => {}) })
  const { model, asked } = underBudget(desk, {})
  const controller = new AbortController()
  const reading = read(model, ask('hi'), controller.signal)
  await new Promise(setImmediate)
  controller.abort()
  assertFault((await reading).thrown, 'cancelled')
  assert.deepEqual([asked(), spentOf(desk), desk.records[0]?.costUsd], [0, [0, 0], 0])
})

test('a call that costs nothing has one row, written when it ends', async () => {
  const desk = openDesk([dayCap(5)], { kind: 'known', usd: 0 })
  await read(underBudget(desk, {}).model, ask('hi'))
  assert.deepEqual([desk.opened.length, desk.records.length, desk.records[0]?.costUsd], [0, 1, 0])
})

test('a failure costs what its trail says; without a trail, all that was set aside', async () => {
  const desk = openDesk([dayCap(50)])
  const failed = await read(
    underBudget(desk, { fails: 'network', trail: trailOf(0.5, 'network') }).model,
    ask('hi'),
  )
  assertFault(failed.thrown, 'network')
  assert.deepEqual(
    [spentOf(desk), desk.records[0]?.fault, desk.records[0]?.model],
    [[0.5, 0], 'network', null],
  )
  await read(underBudget(desk, { fails: 'internal' }).model, ask('hi'))
  assert.deepEqual([spentOf(desk), desk.records[1]?.isEstimated], [[1.5, 0], true])
})

test('a reader that leaves early settles by the trail of the abort, and the route is let go of', async () => {
  for (const [trail, usd] of [
    [trailOf(0.5, 'cancelled'), 0.5],
    [undefined, 1],
  ] as const) {
    const desk = openDesk([dayCap(5)])
    const { model, left } = underBudget(desk, { silent: true, ...(trail === undefined ? {} : { trail }) })
    for await (const event of model.stream(ask('hi'), new AbortController().signal)) {
      assert.equal(event.kind, 'text')
      break
    }
    assert.deepEqual([spentOf(desk), left(), desk.records.length], [[usd, 0], 1, 1])
    assert.equal(desk.records[0]?.fault, 'cancelled')
  }
})

test('an abort settles once, whether it comes before, during or after the answer', async () => {
  const desk = openDesk([dayCap(5)])
  await read(underBudget(desk, {}).model, ask('hi'), AbortSignal.abort())
  assert.deepEqual([spentOf(desk), desk.records.length], [[0, 0], 0])
  const during = new AbortController()
  const act = {
    silent: true,
    trail: trailOf(0.5, 'cancelled'),
    meanwhile: () => setImmediate(() => during.abort()),
  } as const
  assertFault((await read(underBudget(desk, act).model, ask('hi'), during.signal)).thrown, 'cancelled')
  const after = new AbortController()
  await read(underBudget(desk, { trail: trailOf(0.25) }).model, ask('hi'), after.signal)
  after.abort()
  assert.deepEqual([spentOf(desk), desk.records.length], [[0.75, 0], 2])
})

test('what a reader throws into a stream that has ended settles nothing anew', async () => {
  const desk = openDesk([dayCap(5)])
  const { model } = underBudget(desk, { pieces: 0, trail: trailOf(0.25) })
  const events = model.stream(ask('hi'), new AbortController().signal)[Symbol.asyncIterator]()
  assert.equal((await events.next()).value?.kind, 'end')
  await assert.rejects(async () => events.throw?.(new Error('a defect of the reader')), /defect/u)
  assert.deepEqual([spentOf(desk), desk.records.length], [[0.25, 0], 1])
})

test('a call that a cap refuses is not made, and has a row that says so', async () => {
  const desk = openDesk([dayCap(0.5)])
  const { model, asked } = underBudget(desk, {})
  const { thrown } = await read(model, ask('hi'))
  assert.ok(thrown instanceof BudgetError)
  const [record] = desk.records
  assert.deepEqual(
    [asked(), record?.fault, record?.attempts, record?.costUsd, record?.reservedUsd],
    [0, 'over-budget', 0, 0, 1],
  )
  assert.deepEqual([desk.opened, desk.lines], [[], []])
})

test('a model of unknown price is recorded as unknown without caps, and refused by name under one', async () => {
  const unknown = { kind: 'unknown', model: 'new' } as const
  const desk = openDesk([], unknown)
  await read(underBudget(desk, { trail: trailOf(undefined) }).model, ask('hi'))
  const [record] = desk.records
  assert.deepEqual([record?.costUsd, record?.reservedUsd, desk.lines[0]?.unpricedCalls], [null, null, 1])
  const { thrown } = await read(underBudget(openDesk([dayCap(5)], unknown), {}).model, ask('hi'))
  assert.equal(thrown instanceof BudgetError ? thrown.model : undefined, 'new')
})

test('what is not known of a call under a cap counts as much as was set aside', async () => {
  const desk = openDesk([dayCap(5)])
  await read(underBudget(desk, { trail: trailOf(undefined) }).model, ask('hi'))
  assert.deepEqual([spentOf(desk), desk.records[0]?.costUsd, desk.records[0]?.isEstimated], [[1, 0], 1, true])
})

test('rows that cannot be written are told of, and the call goes on; under a cap it is not made', async () => {
  const full = (): Promise<never> => Promise.reject(new StoreError('disk-full', 'the disk is full'))
  const most = { kind: 'known', usd: 1 } as const
  const free = openDesk([], most, { open: full, settle: full })
  const { events, thrown } = await read(underBudget(free, { trail: trailOf(0.25) }).model, ask('hi'))
  assert.deepEqual([thrown, events.at(-1)?.kind, free.troubles.length], [undefined, 'end', 2])

  const capped = openDesk([dayCap(5)], most, { open: full })
  const refused = underBudget(capped, { trail: trailOf(0.25) })
  assertFault((await read(refused.model, ask('hi'))).thrown, 'disk-full')
  assert.equal(refused.asked(), 0)
  assert.deepEqual(spentOf(capped), [0, 0])
})

test('an error of the route passes as it is', async () => {
  const desk = openDesk([dayCap(5)])
  const { thrown } = await read(
    underBudget(desk, { fails: 'bad-key', trail: trailOf(0, 'bad-key') }).model,
    ask('hi'),
  )
  assert.ok(thrown instanceof ModelError && thrown.trail?.tries.length === 1)
})

test('answers from the cache that come together share a write, and cost nothing', () => {
  const desk = openDesk([dayCap(5)])
  const writes: (readonly OpenCall[])[] = []
  const later: (() => void)[] = []
  const hit = createHits({
    ...desk.parts,
    write: async (hits) => writes.push(hits),
    later: (run) => later.push(run),
  })
  for (let i = 0; i < 3; i++) hit('default', ask('hi'), 'hello')
  later.shift()?.()
  hit('default', ask('hi'), 'hello')
  later.shift()?.()
  assert.deepEqual([writes.map(({ length }) => length), later.length], [[3, 1], 0])
  assert.deepEqual([desk.said.length, writes[0]?.[0]?.reservedUsd, spentOf(desk)], [4, 0, [0, 0]])
})

/** A route that wants to cost so much in all, and then fails without a word of what it did. */
const wanting = (usd: number, heard: boolean[]): Route => ({
  name: 'default',
  // eslint-disable-next-line require-yield -- it has nothing to say
  stream: async function* (_request, _signal, mayCost) {
    heard.push((await mayCost?.(usd)) ?? true)
    throw new ModelError('internal', 'broken')
  },
})

test('what a further try may cost is on the disk before it is made, and counts where nobody knows better', async () => {
  const desk = openDesk([dayCap(5)])
  const heard: boolean[] = []
  await read(budgeted(wanting(3, heard), desk.parts), ask('hi'))
  assert.deepEqual(
    [heard, desk.opened.map(({ id, reservedUsd }) => [id, reservedUsd])],
    [
      [true],
      [
        [1, 1],
        [1, 3],
      ],
    ],
  )
  assert.deepEqual([spentOf(desk), desk.records[0]?.reservedUsd], [[3, 0], 3])
  await read(budgeted(wanting(3, heard), desk.parts), ask('hi'))
  assert.deepEqual([heard, spentOf(desk), desk.opened.length], [[true, false], [4, 0], 3])
})

test('no further try is made under a cap where its row cannot be written; without caps nobody is asked', async () => {
  const heard: boolean[] = []
  const most = { kind: 'known', usd: 1 } as const
  const desk = openDesk([dayCap(5)], most, {
    open: async ({ reservedUsd }) => {
      if (reservedUsd !== 1) throw new StoreError('disk-full', 'the disk is full')
    },
  })
  await read(budgeted(wanting(3, heard), desk.parts), ask('hi'))
  assert.deepEqual([heard, desk.troubles.length], [[false], 1])
  const free = openDesk([], most)
  await read(budgeted(wanting(3, heard), free.parts), ask('hi'))
  assert.deepEqual([heard, free.opened.length], [[false, true], 1])
})
