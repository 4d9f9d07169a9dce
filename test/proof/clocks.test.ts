import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proveClocks, type Outcome } from '../../proof/clocks.ts'
import { accepted } from '../../proof/clocks-accepted.ts'
import { casesOf, judge, judgeYears, type NextDue } from '../../proof/clocks-cases.ts'
import { clocksOf, dayMs, minuteMs, sameClocks } from '../../proof/clocks-changes.ts'
import { croner, cronParser, type Oracle } from '../../proof/clocks-oracles.ts'
import { planted } from '../../proof/clocks-planted.ts'
import { nextDue } from '../../src/tasks/schedule.ts'

const zones = ['America/New_York', 'America/Nuuk', 'Australia/Lord_Howe', 'Antarctica/Troll', 'Asia/Shanghai']

function proveFew(oracles: readonly Oracle[], reckon: NextDue = nextDue): Promise<Outcome> {
  return proveClocks({
    zones,
    stepMs: 7 * dayMs,
    years: new Set([2027]),
    isEach: true,
    isCompared: () => true,
    oracles,
    nextDue: reckon,
    say: () => undefined,
  })
}

test('the changes of the clocks are found to the second, and zones that show the same stand together', () => {
  const { changes } = clocksOf('America/New_York', 7 * dayMs)
  assert.equal(changes.length, 24)
  assert.deepEqual(
    changes
      .slice(2, 4)
      .map(({ atMs, beforeMs, afterMs }) => [new Date(atMs).toISOString(), (afterMs - beforeMs) / minuteMs]),
    [
      ['2027-03-14T07:00:00.000Z', 60],
      ['2027-11-07T06:00:00.000Z', -60],
    ],
  )
  const sets = sameClocks(['Europe/Berlin', 'Europe/Paris', 'UTC'].map((zone) => clocksOf(zone, 7 * dayMs)))
  assert.deepEqual(
    sets.map((set) => set.map(({ zone }) => zone)),
    [['Europe/Berlin', 'Europe/Paris'], ['UTC']],
  )
})

test('a few zones and a year hold, beside two other schedulers whose differences are all on the list', async () => {
  const outcome = await proveFew([croner, cronParser])
  assert.deepEqual(outcome.breaches, [])
  assert.deepEqual([outcome.zones, outcome.sets, outcome.changes], [5, 5, 96])
  assert.ok(outcome.checks > 20_000 && outcome.comparisons > 100)
  const seen = new Set([...outcome.meant.keys()].map(({ oracle }) => oracle))
  assert.deepEqual([...seen].toSorted(), ['cron-parser', 'croner'])
})

test('each planted way of reckoning is found', () => {
  const cases = clocksOf('America/New_York', 7 * dayMs)
    .changes.filter(({ atMs }) => new Date(atMs).getUTCFullYear() === 2027)
    .flatMap(casesOf)
  for (const one of planted) {
    const breaches = cases.flatMap((near) => judge(one.nextDue, near).breaches)
    assert.ok(breaches.length > 0, one.name)
  }
  assert.deepEqual(
    cases.flatMap((near) => judge(nextDue, near).breaches),
    [],
  )
})

test('a scheduler that goes wrong shows in the proof itself', async () => {
  const late: NextDue = (schedule, zone, afterMs) => {
    const next = nextDue(schedule, zone, afterMs)
    return next === null ? null : next + 1
  }
  assert.ok((await proveFew([], late)).breaches.length > 100)
})

test('a date without its time, and one that has it twice, are found over the years', () => {
  const clocks = clocksOf('Asia/Shanghai', 30 * dayMs)
  const daily = (fromMs: number, toMs: number): number[] =>
    Array.from({ length: Math.floor((toMs - fromMs) / dayMs) + 1 }, (_, i) => fromMs + i * dayMs)
  const breaches = (change: (all: number[]) => number[]): number =>
    judgeYears((_, __, fromMs, toMs) => change(daily(fromMs, toMs)), clocks).breaches.length
  assert.equal(
    breaches((all) => all),
    0,
  )
  assert.equal(
    breaches((all) => all.toSpliced(100, 1)),
    1,
  )
  assert.equal(
    breaches((all) => all.toSpliced(100, 0, (all[100] ?? 0) - minuteMs)),
    1,
  )
})

test('a difference that is on no list is a breach, also one of a listed class at another place', async () => {
  const shifted: Oracle = {
    ...croner,
    times: async (cron, zone, fromMs, toMs) =>
      (await croner.times(cron, zone, fromMs, toMs)).map((ms) =>
        cron.startsWith('0 *') ? ms + minuteMs : ms,
      ),
  }
  assert.ok((await proveFew([shifted])).breaches.some((what) => what.includes('croner lacks')))
  const deaf: Oracle = { ...croner, times: () => Promise.resolve([]) }
  assert.ok((await proveFew([deaf])).breaches.length > 10)
})

test('an oracle whose clocks do not know a change is not asked, and that is counted', async () => {
  const old: Oracle = { ...croner, knows: ({ zone }) => zone !== 'America/New_York' }
  const outcome = await proveFew([old])
  assert.deepEqual(outcome.breaches, [])
  assert.equal(outcome.unknown.get('croner'), 2)
})

test('each accepted difference says why', () => {
  for (const { oracle, why } of accepted) {
    assert.ok(['croner', 'cron-parser', 'systemd'].includes(oracle))
    assert.ok(why.length > 20)
  }
})
