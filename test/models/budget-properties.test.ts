import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { BudgetError, ModelError, type Cap } from '../../src/errors.ts'
import type { Asker, Model, Trail, Try } from '../../src/model.ts'
import { budgeted } from '../../src/models/budget.ts'
import { createLedger, type Ledger } from '../../src/models/ledger.ts'
import { createMeasures } from '../../src/models/measures.ts'
import { mostOf, type Most } from '../../src/models/price.ts'
import { routed } from '../../src/models/router.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { ask, asker, read } from '../contracts/model.ts'
import { candidateOf, scripted, virtualTime, type Met } from '../doubles/candidates.ts'
import { openDesk } from './budget-desk.ts'

/** How a call ends: answered or failed with a trail, failed without one, left by its reader, or aborted. */
type Fate = 'answered' | 'failed' | 'silent' | 'left' | 'aborted'

/** `overrun` is the true cost in parts of what was set aside; null is not known. */
type Call = {
  readonly who: number
  readonly mostCents: number | null
  readonly overrun: number | null
  readonly fate: Fate
}

type Step =
  | { readonly do: 'ask'; readonly calls: readonly Call[] }
  | { readonly do: 'finish'; readonly pick: number }
  | { readonly do: 'restart' }
  | { readonly do: 'midnight' }

const askers: readonly Asker[] = [
  asker,
  { ...asker, person: 'terminal/local/2' },
  { ...asker, task: 7 },
  { ...asker, person: 'terminal/local/2', task: 8 },
]
const caps: readonly Cap[] = [
  { period: 'day', of: 'total', usd: 1 },
  { period: 'day', of: 'person', usd: 0.7 },
  { period: 'day', of: 'task', usd: 0.4 },
  { period: 'month', of: 'total', usd: 1.8 },
]

const call = fc.record<Call>({
  who: fc.nat(askers.length - 1),
  mostCents: fc.option(fc.integer({ min: 0, max: 60 }), { freq: 8 }),
  overrun: fc.option(fc.constantFrom(0, 0.1, 0.5, 1, 1.3), { freq: 6 }),
  fate: fc.constantFrom<Fate>('answered', 'answered', 'failed', 'silent', 'left', 'aborted'),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('ask'), calls: fc.array(call, { minLength: 1, maxLength: 6 }) }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('finish'), pick: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('midnight') }) },
)

/** A call that is under way, with what lets it come to its end. */
type Running = { readonly finish: () => void; readonly done: Promise<void> }

/**
 * Our own account of what is spent and set aside, for each cap and period. `breaches` has every call that got through
 * and does not fit; so what is spent passes a cap by no more than the calls then under way cost above what was set aside.
 */
function createAccount() {
  const breaches: string[] = []
  const sums = new Map<string, { spent: number; reserved: number }>()
  const keysOf = ({ person, task }: Asker, day: string): { cap: Cap; key: string }[] =>
    caps
      .filter(({ of }) => of !== 'task' || task !== undefined)
      .map((cap) => {
        const scope = { total: '', person, task: String(task) }[cap.of]
        return { cap, key: `${cap.of} ${scope} ${cap.period === 'day' ? day : day.slice(0, 7)}` }
      })
  const sumOf = (key: string): { spent: number; reserved: number } => {
    const sum = sums.get(key) ?? { spent: 0, reserved: 0 }
    sums.set(key, sum)
    return sum
  }
  return {
    breaches,
    grant: (who: Asker, day: string, usd: number): void => {
      for (const { cap, key } of keysOf(who, day)) {
        const sum = sumOf(key)
        sum.reserved += usd
        if (usd === 0 || sum.spent + sum.reserved <= cap.usd + 1e-6) continue
        breaches.push(`${key}: ${sum.spent} and ${sum.reserved} do not fit into ${cap.usd}`)
      }
    },
    settle: (who: Asker, day: string, reservedUsd: number, usd: number): void => {
      for (const { key } of keysOf(who, day)) {
        const sum = sumOf(key)
        sum.reserved -= reservedUsd
        sum.spent += usd
      }
    },
    sums: (who: Asker, day: string) => keysOf(who, day).map(({ key }) => sumOf(key)),
  }
}

/** Walks through the steps on a real store; throws where a promise about money is broken. */
async function walk(steps: readonly Step[], reserves = true): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), 'moltbot-test-'))
  const account = createAccount()
  const troubles: unknown[] = []
  let nowMs = Date.UTC(2026, 10, 21, 12)
  let open: Running[] = []
  let life = await begin()

  async function begin() {
    const store = await openStore(path)
    await store.write('calls.settleLeft')
    return {
      store,
      ledger: watched(store),
      id: store.read.calls.lastId(),
      isOver: false,
      left: [] as (() => void)[],
    }
  }

  /** The ledger, with every reservation and every settling in our own account. */
  function watched(store: Store): Ledger {
    const ledger = createLedger({
      spent: store.read.calls.spent,
      caps: () => caps,
      zone: () => 'Europe/Berlin',
      now: () => nowMs,
      notify: () => undefined,
    })
    return {
      ...ledger,
      reserve: (who, most) => {
        const isOn = reserves || most.kind === 'unknown'
        const { reservedUsd, ...rest } = ledger.reserve(who, isOn ? most : { kind: 'known', usd: 0 })
        const usd = most.kind === 'known' ? most.usd : 0
        account.grant(who, rest.day, usd)
        let settled = 0
        const crash = (): void => account.settle(who, rest.day, usd, usd)
        life.left.push(crash)
        return {
          ...rest,
          reservedUsd: isOn ? reservedUsd : usd,
          settle: (cost) => {
            rest.settle(cost)
            if (++settled > 1) account.breaches.push('settled twice')
            const at = life.left.indexOf(crash)
            // What ends after the crash of its program has ended with it.
            if (at === -1) return
            life.left.splice(at, 1)
            account.settle(who, rest.day, usd, cost)
          },
        }
      },
    }
  }

  function start({ who, mostCents, overrun, fate }: Call): void {
    const here = life
    const most: Most =
      mostCents === null ? { kind: 'unknown', model: 'new' } : { kind: 'known', usd: mostCents / 100 }
    const costUsd = overrun === null || mostCents === null ? undefined : (mostCents / 100) * overrun
    const gate = Promise.withResolvers<void>()
    const route = gated(gate.promise, fate, trailOf(costUsd))
    const model = budgeted(route, {
      ledger: here.ledger,
      mostOf: () => most,
      newId: () => ++here.id,
      open: (row) => here.store.write('calls.open', row),
      settle: (record, lines) => here.store.write('calls.settle', record, lines),
      now: () => nowMs,
      onTrouble: (error) => troubles.push(error),
    })
    const controller = new AbortController()
    const done = reader(model, askers[who] ?? asker, fate, gate.promise, controller)
    open.push({ finish: gate.resolve, done })
    void done.then(() => (open = open.filter((one) => one.done !== done)))
  }

  const finishAll = async (): Promise<void> => {
    const all = open
    for (const one of all) one.finish()
    await Promise.all(all.map((one) => one.done))
  }
  /** What the ledger has, what the rows have and what we have is the same. */
  const compare = async (): Promise<void> => {
    assert.deepEqual(account.breaches, [])
    await life.store.write('seen.probe', nowMs)
    const day = life.ledger.today()
    const rows = life.store.read.calls
    for (const who of askers) {
      const standing = life.ledger.standing(who)
      for (const [i, sum] of account.sums(who, day).entries()) {
        near(standing[i]?.spentUsd, sum.spent)
        near(standing[i]?.reservedUsd, reserves ? sum.reserved : 0)
      }
    }
    near(rows.total({ from: day, to: day }).costUsd, account.sums(asker, day)[0]?.spent)
  }

  try {
    for (const one of steps) {
      if (one.do === 'ask') {
        one.calls.forEach(start)
        await new Promise(setImmediate)
      } else if (one.do === 'finish') {
        const chosen = open[one.pick % Math.max(1, open.length)]
        chosen?.finish()
        await chosen?.done
      } else if (one.do === 'midnight') {
        nowMs += 86_400_000
      } else {
        await life.store.close()
        for (const crash of life.left.splice(0)) crash()
        await finishAll()
        life = await begin()
      }
      await compare()
    }
    await finishAll()
    await compare()
    assert.equal(life.left.length, 0, 'a reservation was not settled')
    assert.equal(await life.store.write('calls.settleLeft'), 0)
    await compare()
  } finally {
    await finishAll().catch(() => undefined)
    await life.store.close().catch(() => undefined)
    rmSync(path, { recursive: true, force: true })
  }
}

/** A route that says a word, waits at the gate, and comes to its end. */
function gated(gate: Promise<void>, fate: Fate, trail: Trail): Model {
  return {
    name: 'default',
    stream: async function* (_request, signal) {
      const stopped = new Promise<void>((resolve) =>
        signal.addEventListener('abort', () => resolve(), { once: true }),
      )
      yield { kind: 'text', text: 'word' }
      await Promise.race([gate, stopped])
      if (signal.aborted) throw new ModelError('cancelled', 'stopped', { trail })
      if (fate === 'failed') throw new ModelError('network', 'broken', { trail })
      if (fate === 'silent') throw new ModelError('internal', 'broken')
      yield { kind: 'end', stop: 'complete', usage: {}, trail }
    },
  }
}

async function reader(
  model: Model,
  who: Asker,
  fate: Fate,
  gate: Promise<void>,
  controller: AbortController,
): Promise<void> {
  try {
    for await (const event of model.stream(ask('hi', { asker: who }), controller.signal)) {
      if (event.kind !== 'text' || (fate !== 'left' && fate !== 'aborted')) continue
      await gate
      if (fate === 'left') break
      controller.abort()
    }
  } catch (error) {
    assert.ok(error instanceof ModelError)
  }
}

function trailOf(costUsd: number | undefined): Trail {
  const cost = costUsd === undefined ? {} : { costUsd }
  return { choice: 'first', tries: [{ model: 'gpt', outcome: 'answered', totalMs: 1, usage: {}, ...cost }] }
}

/** What the models of a route do, how dear they are, and when its calls come. */
type Failover = {
  readonly capCents: number
  readonly hedge: boolean
  readonly models: readonly {
    readonly usd: number
    readonly script: readonly Met[]
    readonly timed: boolean
  }[]
  readonly gapsMs: readonly number[]
}

const met = fc.constantFrom<Met>(
  { fault: 'network', pieces: 0 },
  { fault: 'network', pieces: 0, silentMs: 200 },
  { fault: 'timeout', pieces: 0, silentMs: 900 },
  { fault: 'network', pieces: 1 },
  { pieces: 1, silentMs: 300, usage: {} },
)
const failover: fc.Arbitrary<Failover> = fc.record({
  capCents: fc.integer({ min: 3, max: 40 }),
  hedge: fc.boolean(),
  models: fc.array(
    fc.record({
      usd: fc.constantFrom(0, 100, 1_000, 1_000),
      script: fc.array(met, { minLength: 1, maxLength: 3 }),
      timed: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  gapsMs: fc.array(fc.constantFrom(0, 0, 100, 2_000), { minLength: 1, maxLength: 20 }),
})
const usual: Try = { model: '', outcome: 'answered', firstMs: 60, totalMs: 90, usage: {} }

/** Puts the calls to the route; resolves with what was charged, and throws where that passes the cap. */
async function failOver({ capCents, hedge, models, gapsMs }: Failover, asksFirst = true): Promise<number> {
  const time = virtualTime()
  const desk = openDesk([{ period: 'day', of: 'total', usd: capCents / 100 }])
  const candidates = models.map(({ usd, script, timed }, i) => {
    const measures = createMeasures()
    if (timed) measures.seed(Array.from({ length: 20 }, () => usual))
    const price = { inputUsd: usd, outputUsd: usd }
    return candidateOf(scripted(time, `m${i}`, ...script), { price, measures, now: time.now })
  })
  const route = routed({ ...time, name: 'r', candidates, choose: 'order', hedge, random: () => 0.5 })
  const asked: typeof route = asksFirst
    ? route
    : { name: 'r', stream: (request, signal) => route.stream(request, signal) }
  const model = budgeted(asked, {
    ...desk.parts,
    mostOf: (request) => mostOf(candidates, request, hedge),
  })
  const never = new AbortController().signal
  let atMs = 0
  const calls = gapsMs.map(async (gapMs) => {
    await time.sleep((atMs += gapMs), never)
    const { thrown } = await read(model, ask('hi', { maxTokens: 20 }))
    assert.ok(thrown === undefined || thrown instanceof ModelError)
  })
  await time.until(Promise.all(calls))
  const [standing] = desk.ledger.standing(asker)
  // Every count is an estimate here, so that no call costs more than was set aside for it.
  assert.ok((standing?.spentUsd ?? 0) <= capCents / 100 + 1e-6, `${standing?.spentUsd} passes the cap`)
  assert.equal(standing?.reservedUsd, 0)
  return standing?.spentUsd ?? 0
}

function near(found: number | undefined, expected: number | undefined): void {
  assert.ok(Math.abs((found ?? Number.NaN) - (expected ?? 0)) < 1e-6, `${found} is not ${expected}`)
}

const manySteps = fc.array(step, { minLength: 3, maxLength: 12 })

test('no call gets past a cap, whatever fails, runs at once or is restarted, and all sums agree with the rows', async () => {
  await fc.assert(
    fc.asyncProperty(manySteps, (steps) => walk(steps)),
    { numRuns: 15 },
  )
})

test('with reservations switched off calls do get past a cap', async () => {
  const broken = await fc.check(
    fc.asyncProperty(manySteps, (steps) => walk(steps, false)),
    { numRuns: 25, endOnFailure: true, seed: 1 },
  )
  assert.equal(broken.failed, true)
  assert.match(String(broken.errorInstance), /do not fit/u)
})

test('tries that fail and are billed do not carry a call past a cap, however many models are asked', async () => {
  await fc.assert(
    fc.asyncProperty(failover, async (it) => void (await failOver(it))),
    { numRuns: 300 },
  )
})

test('a route that does not ask before a further try does pass it', async () => {
  const bad = { usd: 1_000, script: [{ fault: 'network', pieces: 0 } as const], timed: false }
  const it: Failover = { capCents: 6, hedge: false, models: [bad, bad, bad, bad], gapsMs: [0] }
  assert.ok((await failOver(it)) > 0)
  await assert.rejects(failOver(it, false), /passes the cap/u)
})

test('where a cap has room for one call with all its tries, the others wait and that one is answered', async () => {
  const bad = { usd: 1_000, script: [{ fault: 'network', pieces: 0 } as const], timed: false }
  const good = { usd: 1_000, script: [{ pieces: 1, usage: {} } as const], timed: false }
  const gapsMs = Array.from({ length: 10 }, () => 0)
  assert.ok((await failOver({ capCents: 40, hedge: false, models: [bad, bad, good], gapsMs })) > 0)
})

test('one after another, spending passes a cap by no more than one overrun', () => {
  const one = fc.record({ cents: fc.integer({ min: 1, max: 60 }), overrun: fc.constantFrom(0.1, 0.9, 1, 2) })
  fc.assert(
    fc.property(fc.array(one, { maxLength: 40 }), (calls) => {
      const cap: Cap = { period: 'day', of: 'total', usd: 1 }
      const ledger = createLedger({
        spent: () => [],
        caps: () => [cap],
        zone: () => 'UTC',
        now: () => 0,
        notify: () => undefined,
      })
      let [spent, worst] = [0, 0]
      for (const { cents, overrun } of calls) {
        try {
          ledger.reserve(asker, { kind: 'known', usd: cents / 100 }).settle((cents / 100) * overrun)
          spent += (cents / 100) * overrun
          worst = Math.max(worst, (cents / 100) * (overrun - 1))
        } catch (error) {
          assert.ok(error instanceof BudgetError)
        }
      }
      return spent <= cap.usd + worst + 1e-6
    }),
  )
})
