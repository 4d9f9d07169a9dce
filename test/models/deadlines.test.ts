import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Model, ModelEvent } from '../../src/model.ts'
import { withDeadlines, type Timers } from '../../src/models/deadlines.ts'
import { createAnthropic } from '../../src/models/anthropic.ts'
import { createOpenai } from '../../src/models/openai/openai.ts'
import { ask, assertFault, modelContract, read, readAll, sceneNowMs } from '../contracts/model.ts'
import { startVendor, steps } from '../doubles/vendor.ts'

const deadlines = { firstMs: 2_000, gapMs: 1_000, totalMs: 10_000 }

modelContract('a model with deadlines', async (scene) => {
  const vendor = await startVendor([], { always: steps[scene] })
  const model = createOpenai({
    name: 'gpt',
    endpoint: `${vendor.origin}/v1`,
    model: 'gpt-6',
    now: () => sceneNowMs,
  })
  return {
    model: withDeadlines(model, deadlines),
    showsWork: false,
    asked: () => vendor.requests.length,
    close: vendor.close,
  }
})

/** Timers that run when `advance` says so. */
function fakeTimers(): Timers & { readonly advance: (ms: number) => void; readonly pending: () => number } {
  const timers = new Set<{ atMs: number; run: () => void }>()
  let nowMs = 0
  return {
    now: () => nowMs,
    set: (ms, run) => {
      const timer = { atMs: nowMs + ms, run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance: (ms) => {
      nowMs += ms
      for (const timer of timers) {
        if (timer.atMs > nowMs) continue
        timers.delete(timer)
        timer.run()
      }
    },
    pending: () => timers.size,
  }
}

/** A model that ignores its signal: it says a piece for each `say()`, and neither ends nor lets itself be closed. */
function deafModel(): {
  readonly model: Model
  readonly say: (event?: ModelEvent) => void
  readonly signals: readonly AbortSignal[]
} {
  const waiting: ((result: IteratorResult<ModelEvent>) => void)[] = []
  const signals: AbortSignal[] = []
  const iterator: AsyncIterator<ModelEvent> = {
    next: () => new Promise((resolve) => waiting.push(resolve)),
    return: () => new Promise(() => {}),
  }
  const stream: Model['stream'] = (_request, signal) => {
    signals.push(signal)
    return { [Symbol.asyncIterator]: () => iterator }
  }
  return {
    model: { name: 'deaf', stream },
    say: (value = { kind: 'text', text: '.' }) => waiting.shift()?.({ done: false, value }),
    signals,
  }
}

/** A stream of the deaf model, with or without deadlines; `hear` pulls one piece. */
const start = (wrapped = true) => {
  const timers = fakeTimers()
  const { model, say, signals } = deafModel()
  const controller = new AbortController()
  const bounded = wrapped ? withDeadlines(model, deadlines, timers) : model
  const iterator = bounded.stream(ask('hi'), controller.signal)[Symbol.asyncIterator]()
  const hear = async (): Promise<void> => {
    const next = iterator.next()
    say()
    assert.deepEqual(await next, { done: false, value: { kind: 'text', text: '.' } })
  }
  /** The model is heard to work; nothing of that comes out, so nobody waits for it. */
  const work = async (): Promise<void> => {
    say({ kind: 'working' })
    await new Promise(setImmediate)
  }
  return { timers, controller, iterator, hear, work, signals }
}

/** The model, whose time goes by while it thinks; where it is dumb it does not show that it does. */
const thinking = (model: Model, tick: () => void, isDumb: boolean): Model => ({
  name: model.name,
  stream: async function* (request, signal) {
    for await (const event of model.stream(request, signal)) {
      if (event.kind === 'working') tick()
      if (event.kind !== 'working' || !isDumb) yield event
    }
  },
})

const fail = async (next: Promise<unknown>): Promise<unknown> => await next.catch((error: unknown) => error)

suite('deadlines', () => {
  test('a model that says nothing times out, though it does not listen, and is told to stop', async () => {
    const { timers, iterator, signals } = start()
    const next = iterator.next()
    timers.advance(1_999)
    assert.equal(signals[0]?.aborted, false)
    timers.advance(1)
    const thrown = await fail(next)
    assertFault(thrown, 'timeout')
    assert.match(thrown.message, /deaf said nothing within 2000 ms/u)
    assert.equal(signals[0]?.aborted, true)
    assert.equal(timers.pending(), 0)
  })

  test('without deadlines it is waited for: neither time nor an abort ends it', async () => {
    const { timers, controller, iterator } = start(false)
    const next = iterator.next()
    timers.advance(1_000_000)
    controller.abort()
    const turn = new Promise((resolve) => setImmediate(resolve, 'still waiting'))
    assert.equal(await Promise.race([next, turn]), 'still waiting')
  })

  test('the wait for the next event is shorter than the one for the first', async () => {
    const { timers, iterator, hear } = start()
    await hear()
    const next = iterator.next()
    timers.advance(1_000)
    assertFault(await fail(next), 'timeout')
  })

  test('a model that keeps talking is stopped when its whole time is up', async () => {
    const { timers, iterator, hear } = start()
    for (let count = 0; count < 10; count++) {
      await hear()
      timers.advance(999)
    }
    const next = iterator.next()
    timers.advance(10)
    const thrown = await fail(next)
    assertFault(thrown, 'timeout')
    assert.match(thrown.message, /was not done within 10000 ms/u)
  })

  test('a reader who takes its time is not a gap, yet the whole time runs on', async () => {
    const { timers, iterator, hear, signals } = start()
    await hear()
    timers.advance(5_000)
    await hear()
    timers.advance(5_000)
    assert.equal(signals[0]?.aborted, true)
    const thrown = await fail(iterator.next())
    assertFault(thrown, 'timeout')
    assert.match(thrown.message, /was not done within 10000 ms/u)
  })

  test('a model that is at work is waited for, and the reader gets only what it says', async () => {
    const { timers, iterator, work, hear } = start()
    await hear()
    const next = iterator.next()
    for (let count = 0; count < 8; count++) {
      await work()
      timers.advance(999)
    }
    await work()
    timers.advance(1_000)
    assertFault(await fail(next), 'timeout')
  })

  test('while it is at work the whole time runs on, also for one that never pauses', async () => {
    const { timers, iterator, work } = start()
    const next = fail(iterator.next())
    for (let count = 0; count < 20; count++) {
      await work()
      timers.advance(900)
    }
    const thrown = await next
    assertFault(thrown, 'timeout')
    assert.match(thrown.message, /was not done within 10000 ms/u)

    const clock = fakeTimers()
    const busy: Model = {
      name: 'busy',
      stream: async function* () {
        for (;;) {
          clock.advance(1)
          yield { kind: 'working' }
        }
      },
    }
    // Its timers never run.
    const bounded = withDeadlines(busy, deadlines, { now: clock.now, set: () => () => {} })
    assertFault((await read(bounded, ask('hi'))).thrown, 'timeout')
  })

  test('34 seconds of thoughts fit where 30 are allowed until the first words, with each vendor', async (t) => {
    const vendor = await startVendor([], { always: { kind: 'answer', thoughts: Array(17).fill('Hm.') } })
    t.after(vendor.close)
    const more = { name: 'm', model: 'm', endpoint: `${vendor.origin}/v1` }
    const models = [
      createOpenai(more),
      createOpenai({ ...more, api: 'responses' }),
      createAnthropic({ ...more, endpoint: vendor.origin }),
    ]
    for (const model of models) {
      for (const isDumb of [false, true]) {
        const timers = fakeTimers()
        const slow = thinking(model, () => timers.advance(2_000), isDumb)
        const limits = { firstMs: 30_000, gapMs: 30_000, totalMs: 120_000 }
        const { events, thrown } = await readAll(withDeadlines(slow, limits, timers), ask('hi'))
        assert.ok(timers.now() >= 30_000)
        assert.ok(events.every(({ kind }) => kind !== 'working'))
        // The control: a vendor that does not show that it thinks.
        if (isDumb) assertFault(thrown, 'timeout')
        else assert.equal(thrown, undefined)
      }
    }
  })

  test('an abort ends a model that does not listen', async () => {
    const { timers, controller, iterator, hear } = start()
    await hear()
    const next = iterator.next()
    controller.abort()
    assertFault(await fail(next), 'cancelled')
    assert.equal(timers.pending(), 0)
  })

  test('a reader who leaves does not wait for a model that hangs', async () => {
    const { timers, iterator, hear, signals } = start()
    await hear()
    await iterator.return?.()
    assert.equal(signals[0]?.aborted, true)
    assert.equal(timers.pending(), 0)
  })

  test('an answer in time leaves no timer behind, and its model is not told to stop', async () => {
    const timers = fakeTimers()
    const signals: AbortSignal[] = []
    const brief: Model = {
      name: 'brief',
      stream: async function* (_request, signal) {
        signals.push(signal)
        yield { kind: 'text', text: 'Yes.' }
        yield { kind: 'end', stop: 'complete', usage: {} }
      },
    }
    const { events, thrown } = await read(withDeadlines(brief, deadlines, timers), ask('hi'))
    assert.equal(thrown, undefined)
    assert.equal(events.length, 2)
    assert.equal(timers.pending(), 0)
    assert.equal(signals[0]?.aborted, false)
  })

  test('a real clock stops a vendor that stalls', async (t) => {
    const vendor = await startVendor([{ kind: 'stall', after: 'first' }])
    t.after(vendor.close)
    const model = createOpenai({ name: 'gpt', endpoint: `${vendor.origin}/v1`, model: 'gpt-6' })
    const { events, thrown } = await read(withDeadlines(model, { ...deadlines, gapMs: 20 }), ask('hi'))
    assert.equal(events.length, 1)
    assertFault(thrown, 'timeout')
  })
})
