import type { Figure } from '../bench/figures.ts'
import { dueUpTo, nextDue } from '../src/tasks/schedule.ts'
import { openZone } from '../src/tasks/wall-time.ts'
import type { Accepted } from './clocks-accepted.ts'
import { casesOf, iso, judge, judgeYears, type Case, type NextDue, type Verdict } from './clocks-cases.ts'
import { allZones, clocksOf, dayMs, sameClocks, type Change, type Clocks } from './clocks-changes.ts'
import { compare } from './clocks-compare.ts'
import { croner, cronParser, findSystemd, type Oracle } from './clocks-oracles.ts'
import { planted } from './clocks-planted.ts'
import type { Proof } from './proof.ts'
import { createRandom, type Random } from './random.ts'

/** How a proof went. */
export type Outcome = Readonly<Tally> & {
  readonly zones: number
  /** Sets of clocks that differ: many zones show the same at every instant. */
  readonly sets: number
  readonly changes: number
}

type Tally = {
  checks: number
  comparisons: number
  readonly breaches: string[]
  /** By oracle, the changes that its clocks do not know. */
  readonly unknown: Map<string, number>
  /** The differences that are in the list of those accepted, by their class. */
  readonly meant: Map<Accepted, number>
}

type Options = {
  readonly zones: readonly string[]
  /** How far apart the clocks are looked at in the search for changes. */
  readonly stepMs: number
  /** The years whose changes are walked through, and whether in each zone or in one of each set of clocks. */
  readonly years: ReadonlySet<number>
  readonly isEach: boolean
  /** Which of these are put to an oracle, in one zone of each set. */
  readonly isCompared: (change: Change, oracle: Oracle) => boolean
  readonly oracles: readonly Oracle[]
  readonly nextDue: NextDue
  readonly say: (line: string) => void
}

const shownBreaches = 10
const allYears = Array.from({ length: 12 }, (_, i) => 2026 + i)

/**
 * Every zone's changes of the clocks from 2026 to 2037: fixed times inside a gap or an overlap and beside it, each day
 * by interval, wildcards, a start at instants in and around the repeated hour; each due time once on its date, in
 * order, and no pause longer than the period. What we say is also put to three other schedulers, and each difference
 * must be in the list of those that we accept. Mistakes that were planted must be found.
 *
 * The short form looks at every zone and change, and walks through those of two years (by the seed), in one zone of
 * each set of clocks; others show the same at every instant.
 */
export const clocksProof: Proof = {
  name: 'clocks',
  summary:
    'due times over every change of the clocks in the world, 2026 to 2037, beside three other schedulers',
  run: async ({ isShort, seed, say }) => {
    const random = createRandom(seed)
    const someYears = [0, 5].map((step) => allYears[(seed + step) % allYears.length] ?? 2026)
    const { zones, aliases } = allZones()
    const systemd = findSystemd()
    if (systemd === undefined) say('systemd-analyze is not installed: not compared with')
    const outcome = await proveClocks({
      zones: [...zones, ...aliases],
      stepMs: isShort ? 7 * dayMs : dayMs,
      years: new Set(isShort ? someYears : allYears),
      isEach: !isShort,
      isCompared: sampling(random, isShort ? { croner: 0.4, 'cron-parser': 0.4, systemd: 0.1 } : {}),
      oracles: [croner, cronParser, ...(systemd === undefined ? [] : [systemd])],
      nextDue,
      say,
    })
    const missed = notFound(zones, say)
    for (const [{ oracle, why }, n] of outcome.meant) say(`accepted ${n} times: ${oracle} ${why}`)
    for (const breach of outcome.breaches.slice(0, shownBreaches)) say(breach)
    return {
      figures: [...figuresOf(outcome, systemd === undefined), ...plantedFigures(missed)],
      holds: outcome.breaches.length === 0 && missed.length === 0,
    }
  },
}

function sampling(random: Random, shares: Readonly<Record<string, number>>): Options['isCompared'] {
  return (_, { name }) => random() < (shares[name] ?? 1)
}

/** Runs it. */
export async function proveClocks(options: Options): Promise<Outcome> {
  const { zones, stepMs, isEach, say } = options
  const clocks = zones.map((zone) => clocksOf(zone, stepMs))
  const sets = sameClocks(clocks)
  const changes = clocks.reduce((sum, one) => sum + one.changes.length, 0)
  const tally: Tally = {
    checks: 2 * changes,
    breaches: clocks.flatMap(wrongOffsets),
    comparisons: 0,
    unknown: new Map(),
    meant: new Map(),
  }
  for (const [i, set] of sets.entries()) {
    for (const one of isEach ? set : set.slice(0, 1)) await proveZone(options, one, one === set[0], tally)
    if (i % 10 === 9) say(`${i + 1} of ${sets.length} sets of clocks, ${tally.checks} checks`)
  }
  return { zones: zones.length, sets: sets.length, changes, ...tally }
}

async function proveZone(options: Options, clocks: Clocks, isFirst: boolean, tally: Tally): Promise<void> {
  const take = ({ checks, breaches }: Verdict): void => {
    tally.checks += checks
    tally.breaches.push(...breaches)
  }
  take(judgeYears((...args) => dueUpTo(...args, Infinity).slots, clocks))
  for (const change of clocks.changes) {
    if (!options.years.has(new Date(change.atMs).getUTCFullYear())) continue
    const cases = casesOf(change)
    for (const one of cases) take(judge(options.nextDue, one))
    for (const oracle of isFirst ? options.oracles : []) {
      if (!options.isCompared(change, oracle)) continue
      if (oracle.knows(change)) await proveBeside(oracle, cases, tally)
      else count(tally.unknown, oracle.name)
    }
  }
}

async function proveBeside(oracle: Oracle, cases: readonly Case[], tally: Tally): Promise<void> {
  const { comparisons, differences } = await compare(oracle, cases)
  tally.comparisons += comparisons
  for (const { what, meant } of differences) {
    if (meant === undefined) tally.breaches.push(what)
    else count(tally.meant, meant)
  }
}

function count<T>(counts: Map<T, number>, key: T): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** Where our own reading of a zone does not see a change, or sees it elsewhere. */
function wrongOffsets({ zone, changes }: Clocks): string[] {
  const { wallOf } = openZone(zone)
  return changes.flatMap(({ atMs, beforeMs, afterMs }) =>
    wallOf(atMs - 1) === atMs - 1 + beforeMs && wallOf(atMs) === atMs + afterMs
      ? []
      : [`${zone}: the change at ${iso(atMs)} is not read right`],
  )
}

/** The planted mistakes that are not found in a handful of zones. */
function notFound(zones: readonly string[], say: Options['say']): readonly string[] {
  const few = ['America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe'].filter((zone) =>
    zones.includes(zone),
  )
  const cases = few
    .flatMap((zone) => clocksOf(zone, 7 * dayMs).changes)
    .filter(({ atMs }) => new Date(atMs).getUTCFullYear() === 2027)
    .flatMap(casesOf)
  const missed = planted.filter((one) =>
    cases.every((near) => judge(one.nextDue, near).breaches.length === 0),
  )
  for (const { name } of missed) say(`NOT FOUND: ${name}`)
  return missed.map(({ name }) => name)
}

function plantedFigures(missed: readonly string[]): Figure[] {
  const about = 'mistakes of schedulers put in the place of ours'
  return [
    { metric: 'planted', value: planted.length, unit: 'mistakes', about },
    {
      metric: 'caught',
      value: planted.length - missed.length,
      unit: 'mistakes',
      about: 'by the same checks',
    },
  ]
}

function figuresOf(outcome: Outcome, isWithoutSystemd: boolean): Figure[] {
  const { zones, sets, changes, checks, comparisons, breaches, unknown, meant } = outcome
  const oracles = [...new Set([...unknown.keys(), ...[...meant.keys()].map(({ oracle }) => oracle)])]
  const acceptedOf = (name: string): number =>
    [...meant].reduce((sum, [{ oracle }, n]) => sum + (oracle === name ? n : 0), 0)
  const byOracle = oracles.flatMap((name): Figure[] => [
    {
      metric: `accepted ${name}`,
      value: acceptedOf(name),
      unit: 'differences',
      about: 'of those on the list',
    },
    { metric: `unknown ${name}`, value: unknown.get(name) ?? 0, unit: 'changes', about: 'not in its data' },
  ])
  return [
    { metric: 'zones', value: zones, unit: 'zones', about: 'all names that this Node knows, and older ones' },
    { metric: 'sets', value: sets, unit: 'sets', about: 'of clocks that differ at some instant' },
    {
      metric: 'transitions',
      value: changes,
      unit: 'changes',
      about: 'of the clocks, 2026 to 2037, all zones',
    },
    { metric: 'checks', value: checks, unit: 'checks', about: 'due times and answers looked at' },
    { metric: 'comparisons', value: comparisons, unit: 'answers', about: 'of other schedulers' },
    { metric: 'breaches', value: breaches.length, unit: 'breaches', about: 'what is not as it must be' },
    ...byOracle,
    { metric: 'oracles left out', value: isWithoutSystemd ? 1 : 0, unit: 'oracles', about: 'not installed' },
  ]
}
