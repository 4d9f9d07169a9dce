import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { ModelError, faults, type Fault } from '../../src/errors.ts'
import type { Model, ModelEvent, ModelRequest, Tool, Trail, Try } from '../../src/model.ts'
import { createBreakers } from '../../src/models/breaker.ts'
import type { Candidate } from '../../src/models/candidate.ts'
import { createMeasures } from '../../src/models/measures.ts'
import { routed, type RouteParts } from '../../src/models/router.ts'
import { ask, read } from '../contracts/model.ts'
import { candidateOf, scripted, virtualTime, type Met, type VirtualTime } from '../doubles/candidates.ts'

/** A world for routes: models with their keys and scripts, and the calls that come, some of them at once. */
type World = {
  readonly models: readonly {
    readonly key: 'k1' | 'k2'
    readonly script: readonly Met[]
    readonly tools: boolean
    readonly contextTokens: number | undefined
    /** True if it is known well enough to be hedged. */
    readonly timed: boolean
  }[]
  readonly choose: RouteParts['choose']
  readonly hedge: boolean
  readonly patienceMs: number
  readonly random: number
  readonly calls: readonly {
    readonly afterMs: number
    readonly tools: boolean
    readonly abortMs: number | undefined
  }[]
}

/** One request that reached a model. */
type Asking = { readonly call: number; readonly model: string; readonly key: string; isOver: boolean }

/** What a call of a route came to. */
type Outcome = {
  readonly events: readonly ModelEvent[]
  readonly thrown: unknown
  readonly trail: Trail | undefined
  readonly asked: readonly Asking[]
  readonly waitedMs: number
}

const tool: Tool = { name: 'remind', description: 'Reminds.', parameters: {} }

/**
 * Makes the route of a world; `sleep` is that of one call. The real one is `routed`, the others break a rule. A breach
 * that only a model can see is told, not thrown: the route would take it for a failure of the model.
 */
type Make = (parts: RouteParts, tell: (breach: string) => void) => Model

const met: fc.Arbitrary<Met> = fc
  .record(
    {
      silentMs: fc.constantFrom(0, 50, 300, 5_000),
      pieces: fc.constantFrom(0, 0, 0, 1, 3),
      fault: fc.option(
        fc.constantFrom(...faults, 'network', 'overloaded', 'rate-limit', 'timeout', 'bad-key'),
        {
          nil: undefined,
          freq: 5,
        },
      ),
      retryAfterMs: fc.constantFrom(0, 10, 2_000, 9_000, 90_000),
    },
    { requiredKeys: ['pieces'] },
  )
  .map(({ fault, ...rest }) => (fault === undefined ? { ...rest, pieces: 2 } : { ...rest, fault }))

const world: fc.Arbitrary<World> = fc.record({
  models: fc.array(
    fc.record({
      key: fc.constantFrom('k1', 'k2'),
      script: fc.array(met, { minLength: 1, maxLength: 4 }),
      tools: fc.boolean(),
      contextTokens: fc.constantFrom(undefined, undefined, 100),
      timed: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  choose: fc.constantFrom('order', 'weights', 'auto'),
  hedge: fc.boolean(),
  patienceMs: fc.constantFrom(0, 1_500, 10_000),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  calls: fc.array(
    fc.record({
      afterMs: fc.constantFrom(0, 0, 100, 6_000),
      tools: fc.boolean(),
      abortMs: fc.option(fc.constantFrom(0, 20, 400), { nil: undefined, freq: 5 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
})

/** A model that tells of each request that reaches it. `askings` is shared by all models of the world. */
function watched(model: Model, key: string, askings: Asking[]): Model {
  return {
    name: model.name,
    stream: async function* (request, signal) {
      const asking = { call: Number(request.turns[0]?.text), model: model.name, key, isOver: false }
      askings.push(asking)
      try {
        yield* model.stream(request, signal)
      } finally {
        asking.isOver = true
      }
    },
  }
}

const usual: Try = { model: '', outcome: 'answered', firstMs: 60, totalMs: 90, usage: {} }

/** Puts the calls to routes over the same models, and asserts all that must hold in any world. */
async function live(it: World, make: Make): Promise<void> {
  const time = virtualTime()
  const askings: Asking[] = []
  const breakers = createBreakers(time)
  const dead = new Set<string>()
  const breaches: string[] = []
  const tell = (breach: string): void => void breaches.push(breach)
  const candidates = it.models.map(({ key, script, tools, contextTokens, timed }, i): Candidate => {
    const model = watched(guarded(scripted(time, `m${i}`, ...script), key, dead, tell), key, askings)
    const measures = createMeasures()
    if (timed) measures.seed(Array.from({ length: 20 }, () => usual))
    return candidateOf(model, { can: { tools, contextTokens }, keyId: key, breakers, measures })
  })
  const outcomes = it.calls.map(
    async (call, i) => await callOf(it, call, i, { time, candidates, askings, make, tell }),
  )
  for (const outcome of await time.until(Promise.all(outcomes))) assertFair(it, outcome)
  assert.deepEqual(breaches, [])
  await new Promise(setImmediate)
  assert.ok(
    askings.every(({ isOver }) => isOver),
    'a model was left talking',
  )
  for (const { breaker } of candidates)
    assert.notEqual(breaker.state().kind, 'probing', 'a probe was never given back')
}

/** Tells where a model is asked with a key that was refused before. */
function guarded(model: Model, key: string, dead: Set<string>, tell: (breach: string) => void): Model {
  return {
    name: model.name,
    stream: async function* (request, signal) {
      if (dead.has(key)) tell('a dead key was asked')
      try {
        yield* model.stream(request, signal)
      } catch (thrown) {
        if (thrown instanceof ModelError && thrown.fault === 'bad-key') dead.add(key)
        throw thrown
      }
    },
  }
}

type Around = {
  readonly time: VirtualTime
  readonly candidates: readonly Candidate[]
  readonly askings: readonly Asking[]
  readonly make: Make
  readonly tell: (breach: string) => void
}

async function callOf(
  { choose, hedge, patienceMs, random }: World,
  { afterMs, tools, abortMs }: World['calls'][number],
  index: number,
  { time, candidates, askings, make, tell }: Around,
): Promise<Outcome> {
  await time.sleep(afterMs, new AbortController().signal)
  let waitedMs = 0
  const sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
    const isHedge = askings.some(({ call, isOver }) => call === index && !isOver)
    if (!isHedge) waitedMs += ms
    await time.sleep(ms, signal)
  }
  const route = make(
    {
      name: 'r',
      candidates,
      choose,
      hedge,
      patienceMs,
      now: time.now,
      sleep,
      random: () => random,
    },
    tell,
  )
  const controller = new AbortController()
  if (abortMs !== undefined) void time.sleep(abortMs, controller.signal).then(() => controller.abort())
  const { events, thrown } = await read(
    route,
    ask(`${index}`, tools ? { tools: [tool] } : {}),
    controller.signal,
  )
  const end = events.at(-1)
  const trail = end?.kind === 'end' ? end.trail : thrown instanceof ModelError ? thrown.trail : undefined
  return { events, thrown, trail, asked: askings.filter(({ call }) => call === index), waitedMs }
}

const unasked = new Set(['resting', 'unable'])

function assertFair({ patienceMs }: World, { events, thrown, trail, asked, waitedMs }: Outcome): void {
  if (thrown !== undefined && !(thrown instanceof ModelError)) throw thrown
  assert.equal(events.filter(({ kind }) => kind === 'end').length, thrown === undefined ? 1 : 0)
  const speakers = new Set(events.flatMap((event) => (event.kind === 'text' ? [event.text] : [])))
  assert.ok(speakers.size <= 1, 'the answer is a mix')

  const names = asked.map(({ model }) => model)
  const turns = names.filter((name, i) => name !== names[i - 1])
  assert.equal(new Set(turns).size, turns.length, 'a model had two turns')
  for (const name of turns)
    assert.ok(names.filter((one) => one === name).length <= 2, 'a model was asked too often')
  assert.ok(waitedMs <= patienceMs, 'it waited beyond its patience')

  assert.ok(trail !== undefined, 'there is no trail')
  const told = trail.tries.filter(({ outcome }) => !unasked.has(outcome)).map(({ model }) => model)
  assert.deepEqual(told.toSorted(), names.toSorted(), 'the trail is not complete')
  const passed = trail.tries.filter(({ outcome }) => unasked.has(outcome)).map(({ model }) => model)
  assert.equal(new Set(passed).size, passed.length, 'the trail repeats itself')
  if (thrown === undefined) assert.equal(trail.tries.at(-1)?.outcome, 'answered')
}

/** A route that never asks more than `most` models at once; where it may not hedge, that is one. */
const counting =
  (make: Make, most: (request: ModelRequest, parts: RouteParts) => number): Make =>
  (parts, tell) => {
    let limit = 1
    let open = 0
    const candidates = parts.candidates.map((one): Candidate => {
      const stream: Model['stream'] = async function* (request, signal) {
        if (++open > limit) tell('too many models were asked at once')
        try {
          yield* one.model.stream(request, signal)
        } finally {
          open--
        }
      }
      return { ...one, model: { name: one.model.name, stream } }
    })
    const route = make({ ...parts, candidates }, tell)
    return {
      name: route.name,
      stream: (request, signal) => {
        limit = most(request, parts)
        return route.stream(request, signal)
      },
    }
  }

const mostAtOnce = (request: ModelRequest, { hedge, candidates }: RouteParts): number =>
  // Where no model takes tools, the request is asked without any, and may be hedged.
  hedge &&
  (request.tools.length === 0 || candidates.every(({ can }) => !can.tools || can.contextTokens === 100))
    ? 2
    : 1

suite('whatever the models do', () => {
  test('a route keeps to its plan, its patience, its keys and the truth', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (it) => await live(it, counting(routed, mostAtOnce))),
      { numRuns: 1_500 },
    )
  })

  /** A quiet world: two models, one call. */
  const quiet = (a: Met, b: Met, more: Partial<World> = {}): World => ({
    models: [a, b].map((met) => ({
      key: 'k1',
      script: [met],
      tools: true,
      contextTokens: undefined,
      timed: true,
    })),
    choose: 'order',
    hedge: false,
    patienceMs: 1_000,
    random: 0.5,
    calls: [{ afterMs: 0, tools: false, abortMs: undefined }],
    ...more,
  })
  const failing = (fault: Fault, pieces = 0): Met => ({ fault, pieces })
  /** A route that asks as `order` says, whatever is answered, and gives all that is said away. */
  const reckless =
    (order: (candidates: readonly Candidate[]) => readonly Candidate[], more: Partial<Trail> = {}): Make =>
    ({ name, candidates, sleep }) => ({
      name,
      stream: async function* (request, signal) {
        const tries: Trail['tries'][number][] = []
        for (const { model } of order(candidates)) {
          const { events, thrown } = await read(model, request, signal)
          if (thrown !== undefined && !(thrown instanceof ModelError)) throw thrown
          const outcome = thrown === undefined ? 'answered' : thrown.fault
          tries.push({ model: model.name, outcome, totalMs: 0, usage: {} })
          for (const event of events)
            yield event.kind === 'end' ? { ...event, trail: { choice: 'first', tries, ...more } } : event
          if (thrown === undefined) return
          await sleep(800, signal)
        }
        throw new ModelError('internal', 'none', { trail: { choice: 'first', tries, ...more } })
      },
    })

  const broken: readonly (readonly [what: string, it: World, make: Make, error: RegExp])[] = [
    [
      'moves on after it has spoken',
      quiet(failing('network', 1), {}),
      reckless((all) => all),
      /the answer is a mix/u,
    ],
    [
      'comes back to a model',
      quiet(failing('timeout'), failing('timeout')),
      reckless(([a, b]) => [a, b, a].filter((one) => one !== undefined)),
      /a model had two turns/u,
    ],
    [
      'asks again and again',
      quiet(failing('network'), {}),
      reckless(([a]) => [a, a, a].filter((one) => one !== undefined)),
      /a model was asked too often/u,
    ],
    [
      'waits as long as it likes',
      quiet(failing('network'), failing('network')),
      reckless((all) => all),
      /beyond its patience/u,
    ],
    ['asks a dead key', quiet(failing('bad-key'), {}), reckless((all) => all), /a dead key was asked/u],
    [
      'forgets what it asked',
      quiet({}, {}),
      reckless((all) => all, { tries: [] }),
      /the trail is not complete/u,
    ],
    [
      'hedges a request with tools',
      quiet({ silentMs: 300 }, {}, { hedge: true, calls: [{ afterMs: 0, tools: true, abortMs: undefined }] }),
      (parts) => {
        const route = routed(parts)
        return {
          name: route.name,
          stream: (request, signal) => route.stream({ ...request, tools: [] }, signal),
        }
      },
      /too many models were asked at once/u,
    ],
    [
      'never gives a probe back',
      quiet(
        failing('rate-limit'),
        {},
        {
          calls: [
            { afterMs: 0, tools: false, abortMs: undefined },
            { afterMs: 6_000, tools: false, abortMs: undefined },
          ],
        },
      ),
      (parts) => {
        const candidates = parts.candidates.map((one) => ({
          ...one,
          breaker: {
            ...one.breaker,
            enter: () => {
              const pass = one.breaker.enter()
              const isProbe = one.breaker.state().kind === 'probing'
              return pass === undefined || !isProbe
                ? pass
                : { ...pass, spoke: () => {}, succeed: () => {}, fail: () => {} }
            },
          },
        }))
        return routed({ ...parts, candidates })
      },
      /a probe was never given back/u,
    ],
  ]
  for (const [what, it, make, error] of broken) {
    test(`the property sees a route that ${what}`, async () => {
      await live(it, counting(routed, mostAtOnce))
      await assert.rejects(live(it, counting(make, mostAtOnce)), error)
    })
  }
})
