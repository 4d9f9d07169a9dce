import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { ModelError, type Fault } from '../../src/errors.ts'
import { createBreakers, type Breaker, type Breakers, type Pass } from '../../src/models/breaker.ts'

/** Breakers on a clock that `advance` moves. */
function start() {
  let nowMs = 1_000_000
  const breakers = createBreakers({ now: () => nowMs })
  return { breakers, breaker: breakers.of('key', 'a'), advance: (ms: number) => void (nowMs += ms) }
}

function enter(breaker: Breaker): Pass {
  const pass = breaker.enter()
  assert.ok(pass !== undefined, 'the breaker lets nobody in')
  return pass
}

const failure = (fault: Fault, retryAfterMs?: number): ModelError =>
  new ModelError(fault, fault, { retryAfterMs })

const fail = (breaker: Breaker, fault: Fault, retryAfterMs?: number): void =>
  enter(breaker).fail(failure(fault, retryAfterMs))

/** Asserts that it rests for exactly so long. */
function assertRests(
  { breaker, advance }: Pick<ReturnType<typeof start>, 'breaker' | 'advance'>,
  ms: number,
): void {
  advance(ms - 1)
  assert.equal(breaker.state().kind, 'open')
  assert.equal(breaker.enter(), undefined)
  advance(1)
  assert.equal(breaker.state().kind, 'half-open')
}

suite('a breaker', () => {
  test('opens after three failures in a row, for five seconds', () => {
    for (const fault of ['network', 'timeout', 'overloaded', 'bad-answer', 'internal'] as const) {
      const it = start()
      fail(it.breaker, fault)
      fail(it.breaker, fault)
      assert.deepEqual(it.breaker.state(), { kind: 'closed' })
      fail(it.breaker, fault)
      assert.deepEqual(it.breaker.state(), { kind: 'open', fault, untilMs: 1_005_000 })
      assertRests(it, 5_000)
    }
  })

  test('a success between failures starts the count anew', () => {
    const { breaker } = start()
    for (let i = 0; i < 10; i++) {
      fail(breaker, 'network')
      fail(breaker, 'network')
      enter(breaker).succeed()
    }
    assert.equal(breaker.state().kind, 'closed')
  })

  test('a rate limit opens it at once, for as long as the vendor asks', () => {
    const it = start()
    fail(it.breaker, 'rate-limit', 90_000)
    assertRests(it, 90_000)
  })

  test('a vendor that asks for days is probed after an hour', () => {
    const it = start()
    fail(it.breaker, 'rate-limit', 2_000_000_000)
    assertRests(it, 3_600_000)
  })

  test('each rest is twice as long as the one before, up to five minutes, until a success', () => {
    const it = start()
    for (const ms of [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
      fail(it.breaker, 'rate-limit')
      assertRests(it, ms)
    }
    enter(it.breaker).succeed()
    fail(it.breaker, 'rate-limit')
    assertRests(it, 5_000)
  })

  test('after its rest one call is the probe, and the others see it as open', () => {
    const it = start()
    fail(it.breaker, 'rate-limit', 1_000)
    it.advance(1_000)
    const probe = enter(it.breaker)
    assert.deepEqual(it.breaker.state(), { kind: 'probing', fault: 'rate-limit' })
    assert.equal(it.breaker.enter(), undefined)
    probe.succeed()
    assert.equal(it.breaker.state().kind, 'closed')
    enter(it.breaker)
    enter(it.breaker)
  })

  test('a probe that fails opens it again, without counting to three', () => {
    const it = start()
    fail(it.breaker, 'rate-limit', 1_000)
    it.advance(1_000)
    fail(it.breaker, 'timeout')
    assertRests(it, 10_000)
  })

  test('a probe that was cancelled or left lets the next one in', () => {
    const it = start()
    fail(it.breaker, 'rate-limit', 1_000)
    it.advance(1_000)
    enter(it.breaker).release()
    assert.equal(it.breaker.state().kind, 'half-open')
    enter(it.breaker).fail(failure('cancelled'))
    assert.equal(it.breaker.state().kind, 'half-open')
    enter(it.breaker).succeed()
    assert.equal(it.breaker.state().kind, 'closed')
  })

  test('a probe that has begun to answer lets others in, but then one failure is enough', () => {
    const it = start()
    fail(it.breaker, 'rate-limit')
    it.advance(5_000)
    const probe = enter(it.breaker)
    probe.spoke()
    enter(it.breaker).release()
    probe.fail(failure('network'))
    assertRests(it, 10_000)
    const next = enter(it.breaker)
    next.spoke()
    next.succeed()
    fail(it.breaker, 'network')
    assert.equal(it.breaker.state().kind, 'closed')
  })

  test('a no to one request is the answer of a model that is up', () => {
    for (const fault of ['refused', 'bad-request', 'too-long', 'unsupported'] as const) {
      const it = start()
      for (let i = 0; i < 5; i++) fail(it.breaker, fault)
      assert.equal(it.breaker.state().kind, 'closed')
      fail(it.breaker, 'rate-limit', 1_000)
      it.advance(1_000)
      fail(it.breaker, fault)
      assert.equal(it.breaker.state().kind, 'closed')
    }
  })

  test('calls that began before it opened do not make its rest longer, unless the vendor says so', () => {
    const it = start()
    const late = Array.from({ length: 6 }, () => enter(it.breaker))
    for (const pass of late.slice(0, 4)) pass.fail(failure('rate-limit'))
    late[4]?.fail(failure('network'))
    assert.equal(it.breaker.enter(), undefined)
    late[5]?.succeed()
    assert.equal(it.breaker.enter(), undefined)
    it.advance(4_000)
    const state = it.breaker.state()
    assert.ok(state.kind === 'open')
    assert.equal(state.untilMs, 1_005_000)
  })

  test('calls that began before it closed do not count against it', () => {
    const it = start()
    const late = Array.from({ length: 3 }, () => enter(it.breaker))
    fail(it.breaker, 'rate-limit', 1_000)
    it.advance(1_000)
    enter(it.breaker).succeed()
    for (const pass of late) pass.fail(failure('timeout'))
    assert.equal(it.breaker.state().kind, 'closed')
  })

  test('where key and model rest, the longer rest is told', () => {
    const it = start()
    const [one, two] = [enter(it.breaker), enter(it.breaker)]
    one.fail(failure('rate-limit', 3_000_000))
    two.fail(failure('no-credit'))
    assert.deepEqual(it.breaker.state(), { kind: 'open', fault: 'rate-limit', untilMs: 4_000_000 })
    assert.deepEqual(it.breakers.of('key', 'b').state(), {
      kind: 'open',
      fault: 'no-credit',
      untilMs: 1_900_000,
    })
  })

  test('a later word of the vendor prolongs the rest', () => {
    const it = start()
    const [one, two] = [enter(it.breaker), enter(it.breaker)]
    one.fail(failure('rate-limit', 1_000))
    two.fail(failure('rate-limit', 7_000))
    assertRests(it, 7_000)
  })

  test('a pass counts once', () => {
    const it = start()
    const pass = enter(it.breaker)
    pass.succeed()
    for (let i = 0; i < 5; i++) pass.fail(failure('rate-limit'))
    pass.release()
    assert.equal(it.breaker.state().kind, 'closed')
  })

  test('one model that is limited does not stop another of the same key', () => {
    const { breakers, breaker } = start()
    fail(breaker, 'rate-limit', 60_000)
    for (let i = 0; i < 3; i++) fail(breakers.of('key', 'b'), 'unsupported')
    enter(breakers.of('key', 'b'))
  })

  test('a key that was not accepted is never asked again, and that is told once', () => {
    const { breakers, breaker, advance } = start()
    const other = breakers.of('key', 'b')
    const [one, two, three] = [enter(breaker), enter(other), enter(other)]
    one.fail(failure('bad-key'))
    two.fail(failure('bad-key'))
    three.succeed()
    advance(10 * 365 * 86_400_000)
    for (const each of [breaker, other, breakers.of('key', 'new')]) {
      assert.deepEqual(each.state(), { kind: 'dead', fault: 'bad-key' })
      assert.equal(each.enter(), undefined)
    }
    enter(breakers.of('new key', 'a'))
  })

  test('a key without credit rests for a quarter of an hour, then one call of one model is its probe', () => {
    const it = start()
    const other = it.breakers.of('key', 'b')
    fail(it.breaker, 'no-credit')
    assert.equal(other.enter(), undefined)
    assertRests(it, 900_000)
    const probe = enter(other)
    assert.equal(it.breaker.enter(), undefined)
    probe.fail(failure('network'))
    assert.equal(it.breaker.state().kind, 'half-open', 'a broken connection says nothing of the credit')
    fail(it.breaker, 'no-credit')
    assertRests(it, 900_000)
    enter(it.breaker).succeed()
    enter(other)
  })

  test('a key whose probe was free again while its model rests is left alone', () => {
    const it = start()
    fail(it.breaker, 'no-credit')
    it.advance(899_000)
    it.advance(1_000)
    const probe = enter(it.breaker)
    probe.fail(failure('rate-limit', 60_000))
    assert.equal(it.breaker.enter(), undefined)
    assert.equal(it.breakers.of('key', 'b').state().kind, 'closed', 'the key was accepted')
  })

  test('breakers stay with their names, and are forgotten with the config', () => {
    const { breakers, breaker } = start()
    fail(breaker, 'rate-limit')
    assert.equal(breakers.of('key', 'a'), breaker)
    breakers.keep([
      { keyId: 'key', modelId: 'a' },
      { keyId: 'other', modelId: 'b' },
    ])
    assert.equal(breakers.of('key', 'a').state().kind, 'open')
    breakers.keep([{ keyId: 'key', modelId: 'b' }])
    assert.equal(breakers.of('key', 'a').state().kind, 'closed')
    fail(breakers.of('key', 'a'), 'bad-key')
    breakers.keep([])
    assert.equal(breakers.of('key', 'a').state().kind, 'closed')
  })
})

/** What may happen to the breakers of two models of one key. */
type Act =
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'enter'; readonly model: number }
  | {
      readonly kind: 'use'
      readonly pass: number
      readonly how: 'spoke' | 'succeed' | 'release' | Fault
      readonly retryAfterMs: number | undefined
    }

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('advance'),
      ms: fc.constantFrom(1, 1_000, 5_000, 10_000, 900_000),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('enter'), model: fc.nat(1) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('use'),
      pass: fc.nat(3),
      how: fc.constantFrom(
        ...(['spoke', 'succeed', 'release', 'cancelled', 'refused', 'rate-limit', 'no-credit'] as const),
        ...(['network', 'network', 'timeout', 'overloaded', 'bad-answer', 'bad-key'] as const),
      ),
      retryAfterMs: fc.option(fc.constantFrom(0, 1_000, 7_000, 9_000_000), { nil: undefined }),
    }),
  },
)

/** The rules once more, as plainly as they can be said. */
type Rules = { until: number; openings: number; bad: number; probe: number | undefined; since: number }

function reference() {
  const rules = (): Rules => ({ until: -1, openings: 0, bad: 0, probe: undefined, since: 0 })
  const [key, models] = [rules(), [rules(), rules()]]
  const all = [key, ...models]
  let step = 0
  const open = (it: Rules, until: number): void =>
    void Object.assign(it, { until, openings: it.openings + 1, bad: 0, probe: undefined, since: ++step })
  const close = (it: Rules, bad: number): void =>
    void Object.assign(it, { until: -1, bad, probe: undefined, since: ++step })
  const isFree = (it: Rules, nowMs: number): boolean =>
    it.until < 0 || (it.probe === undefined && nowMs >= it.until)
  const good = (it: Rules, pass: number, entered: number): void => {
    if (it.probe === pass) close(it, 0)
    else if (it.until >= 0 || entered < it.since) return
    Object.assign(it, { bad: 0, openings: 0 })
  }
  return {
    mayEnter: (model: number, nowMs: number): boolean =>
      [key, models[model]].every((it) => it !== undefined && isFree(it, nowMs)),
    enter: (model: number, pass: number): number => {
      for (const it of [key, models[model]]) if (it !== undefined && it.until >= 0) it.probe = pass
      return ++step
    },
    use: (
      model: number,
      pass: number,
      entered: number,
      nowMs: number,
      { how, retryAfterMs }: Act & { kind: 'use' },
    ): number => {
      const it = models[model] ?? key
      const free = (): void => all.forEach((one) => void (one.probe === pass && (one.probe = undefined)))
      const nextUntil = nowMs + Math.min(5_000 * 2 ** it.openings, 300_000)
      if (how === 'spoke') {
        const wasProbe = [key, it].filter((one) => one.probe === pass)
        for (const one of wasProbe) close(one, 2)
        return wasProbe.includes(it) ? ++step : entered
      }
      if (how === 'succeed' || how === 'refused') {
        good(key, pass, entered)
        good(it, pass, entered)
      } else if (how === 'bad-key') Object.assign(key, { until: Infinity, probe: undefined })
      else if (how === 'no-credit') {
        if (key.until < 0 || key.probe === pass) open(key, nowMs + 900_000)
        else key.until = Math.max(key.until, nowMs + 900_000)
      } else if (how === 'rate-limit') {
        good(key, pass, entered)
        const asked = retryAfterMs === undefined ? undefined : nowMs + Math.min(retryAfterMs, 3_600_000)
        if (it.until < 0 || it.probe === pass) open(it, asked ?? nextUntil)
        else if (asked !== undefined) it.until = Math.max(it.until, asked)
      } else if (how !== 'release' && how !== 'cancelled') {
        if (it.probe === pass) open(it, nextUntil)
        else if (it.until < 0 && entered >= it.since && ++it.bad === 3) open(it, nextUntil)
      }
      free()
      return entered
    },
  }
}

/** Plays the acts on breakers and rules, and asserts that they agree on who may enter after each. */
function play(acts: readonly Act[], wrap: (breakers: Breakers) => Breakers = (breakers) => breakers): void {
  let nowMs = 0
  const breakers = wrap(createBreakers({ now: () => nowMs }))
  const rules = reference()
  type Held = { model: number; id: number; entered: number; pass: Pass }
  const held: Held[] = []
  let ids = 0
  for (const one of acts) {
    switch (one.kind) {
      case 'advance':
        nowMs += one.ms
        break
      case 'enter': {
        const may = rules.mayEnter(one.model, nowMs)
        const pass = breakers.of('key', `${one.model}`).enter()
        assert.equal(pass !== undefined, may, `model ${one.model} at ${nowMs}`)
        if (pass === undefined) break
        const id = ++ids
        held.unshift({ model: one.model, id, entered: rules.enter(one.model, id), pass })
        break
      }
      case 'use': {
        const it = held[one.pass % Math.max(1, held.length)]
        if (it === undefined) break
        it.entered = rules.use(it.model, it.id, it.entered, nowMs, one)
        if (one.how === 'spoke') it.pass.spoke()
        else held.splice(held.indexOf(it), 1)
        if (one.how === 'succeed') it.pass.succeed()
        else if (one.how === 'release') it.pass.release()
        else if (one.how !== 'spoke') it.pass.fail(failure(one.how, one.retryAfterMs))
      }
    }
    for (const model of [0, 1]) {
      const { kind } = breakers.of('key', `${model}`).state()
      assert.equal(
        kind === 'closed' || kind === 'half-open',
        rules.mayEnter(model, nowMs),
        `model ${model} is ${kind}`,
      )
    }
  }
}

suite('whatever happens to breakers', () => {
  const acts = fc.array(act, { minLength: 1, maxLength: 60 })

  test('they open and close by their rules', () => {
    fc.assert(
      fc.property(acts, (all) => play(all)),
      { numRuns: 2_000 },
    )
  })

  test('the property sees breakers that let a second probe in, or never open', () => {
    const alwaysIn = (breakers: Breakers): Breakers => {
      const pass: Pass = { spoke: () => {}, succeed: () => {}, fail: () => {}, release: () => {} }
      return {
        ...breakers,
        of: (keyId, modelId) => {
          const breaker = breakers.of(keyId, modelId)
          return { ...breaker, enter: () => breaker.enter() ?? pass }
        },
      }
    }
    const neverOpen = (breakers: Breakers): Breakers => ({
      ...breakers,
      of: (keyId, modelId) => ({
        ...breakers.of(keyId, modelId),
        enter: () => {
          const pass = breakers.of(keyId, modelId).enter()
          return pass === undefined ? undefined : { ...pass, fail: pass.release }
        },
      }),
    })
    for (const wrap of [alwaysIn, neverOpen])
      assert.throws(() =>
        fc.assert(
          fc.property(acts, (all) => play(all, wrap)),
          { numRuns: 2_000 },
        ),
      )
  })

  test('of many callers at the end of a rest exactly one gets in', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.boolean(), { maxLength: 50 }),
        (callers, leaves) => {
          const { breaker, advance } = start()
          fail(breaker, 'rate-limit', 1_000)
          advance(1_000)
          for (const leave of leaves) {
            const passes = Array.from({ length: callers }, () => breaker.enter()).filter(
              (pass) => pass !== undefined,
            )
            assert.equal(passes.length, 1)
            if (leave) passes[0]?.release()
            else passes[0]?.fail(failure('cancelled'))
          }
        },
      ),
    )
  })
})
