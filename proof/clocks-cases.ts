import type { Schedule } from '../src/task.ts'
import { dayMs, endMs, firstMs, hourMs, minuteMs, type Change, type Clocks } from './clocks-changes.ts'

/** What is proved: when a schedule is due next after an instant. */
export type NextDue = (schedule: Schedule, zone: string, afterMs: number) => number | null

/** A schedule near a change of the clocks, with all of its due times in a window around it. */
export type Case = {
  readonly kind: 'gap' | 'overlap' | 'beside' | 'quarters' | 'hours'
  readonly change: Change
  readonly schedule: Schedule
  readonly fromMs: number
  readonly toMs: number
  /** Those after `fromMs` up to `toMs`, reckoned from the two offsets alone. */
  readonly dueMs: readonly number[]
}

/** A cron line of two figures, and what it would be with wildcards. */
export const cronOf = (wallMs: number): string => {
  const minute = Math.floor((((wallMs % dayMs) + dayMs) % dayMs) / minuteMs)
  return `${minute % 60} ${Math.floor(minute / 60)} * * *`
}

/** Half of the window around a change for a time of day, and for a wildcard. */
const dailyMs = 3 * dayMs
const wildMs = 5 * hourMs

/** The schedules that a change of the clocks may upset. */
export function casesOf(change: Change): readonly Case[] {
  const { atMs, beforeMs, afterMs } = change
  const isGap = afterMs > beforeMs
  const [first, end] = isGap ? [atMs + beforeMs, atMs + afterMs] : [atMs + afterMs, atMs + beforeMs]
  const middle = first + Math.floor((end - first) / 2 / minuteMs) * minuteMs
  const inside = [first, middle, end - minuteMs].flatMap((wallMs) =>
    dailyCases(change, isGap ? 'gap' : 'overlap', wallMs),
  )
  const beside = [first - minuteMs, end].flatMap((wallMs) => dailyCases(change, 'beside', wallMs))
  return [...inside, ...beside, wildCase(change, 'quarters', 15), wildCase(change, 'hours', 60)]
}

function dailyCases(change: Change, kind: Case['kind'], wallMs: number): readonly Case[] {
  const fromMs = change.atMs - dailyMs
  const toMs = change.atMs + dailyMs
  const days = Array.from({ length: 11 }, (_, i) => firstInstant(change, wallMs + (i - 5) * dayMs))
  const dueMs = days.filter((ms) => ms > fromMs && ms <= toMs)
  const from = new Date(days[0] ?? 0).toISOString()
  const schedules: readonly Schedule[] = [{ cron: cronOf(wallMs) }, { everyMs: dayMs, from }]
  return schedules.map((schedule) => ({ kind, change, schedule, fromMs, toMs, dueMs }))
}

/** The first instant at which the clocks show a wall time; where they never do, the change that left it out. */
function firstInstant({ atMs, beforeMs, afterMs }: Change, wallMs: number): number {
  if (wallMs - beforeMs < atMs) return wallMs - beforeMs
  return wallMs - afterMs >= atMs ? wallMs - afterMs : atMs
}

function wildCase(change: Change, kind: Case['kind'], everyMinutes: number): Case {
  const [fromMs, toMs] = [change.atMs - wildMs, change.atMs + wildMs]
  const dueMs: number[] = []
  for (let ms = fromMs + minuteMs; ms <= toMs; ms += minuteMs) {
    const wall = ms + (ms < change.atMs ? change.beforeMs : change.afterMs)
    if (wall % (everyMinutes * minuteMs) === 0) dueMs.push(ms)
  }
  const cron = everyMinutes === 60 ? '0 * * * *' : `*/${everyMinutes} * * * *`
  return { kind, change, schedule: { cron }, fromMs, toMs, dueMs }
}

/** How one case went. */
export type Verdict = { readonly checks: number; readonly breaches: readonly string[] }

/**
 * Walks through the window of a case, then asks again as a program does that was started anew at instants around the
 * change. Each due time must come once, in order and at its instant, and no pause be longer than the period.
 */
export function judge(nextDue: NextDue, one: Case): Verdict {
  const { change, schedule, fromMs, toMs, dueMs } = one
  const walked = walk(nextDue, schedule, change.zone, fromMs, toMs)
  const breaches = [...wrongTimes(walked, dueMs), ...longPauses(one, walked)]
  const starts = startsAround(change)
  for (const startMs of starts) {
    const next = nextDue(schedule, change.zone, startMs)
    const expected = dueMs.find((ms) => ms > startMs) ?? null
    if (next !== expected)
      breaches.push(`started at ${iso(startMs)} it is due ${iso(next)}, not ${iso(expected)}`)
  }
  const name = `${change.zone} ${JSON.stringify(schedule)} around ${iso(change.atMs)} (${one.kind})`
  return { checks: walked.length + starts.length, breaches: breaches.map((what) => `${name}: ${what}`) }
}

/** The due times in (fromMs, toMs], as one asks for them one after the other; it stops where they do not go forwards. */
export function walk(
  nextDue: NextDue,
  schedule: Schedule,
  zone: string,
  fromMs: number,
  toMs: number,
): readonly number[] {
  const walked: number[] = []
  for (
    let ms = nextDue(schedule, zone, fromMs);
    ms !== null && ms <= toMs;
    ms = nextDue(schedule, zone, ms)
  ) {
    if (ms <= (walked.at(-1) ?? fromMs)) break
    walked.push(ms)
  }
  return walked
}

/** Instants in and around the time that a gap leaves out or an overlap shows twice. */
export function startsAround({ atMs, beforeMs, afterMs }: Change): readonly number[] {
  const shiftMs = Math.abs(afterMs - beforeMs)
  return [-1.1, -0.75, -0.5, -0.25, 0.25, 0.5, 0.75, 1.1]
    .map((share) => Math.floor(atMs + share * shiftMs))
    .concat([atMs - 1, atMs, atMs + 1])
}

function wrongTimes(walked: readonly number[], dueMs: readonly number[]): string[] {
  const lost = dueMs.filter((ms) => !walked.includes(ms)).map((ms) => `not due at ${iso(ms)}`)
  const more = walked.filter((ms) => !dueMs.includes(ms)).map((ms) => `due at ${iso(ms)}`)
  return [...lost, ...more]
}

/** By what it is, not by where: a wildcard never pauses, a time of day comes again after a day and the change at most. */
function longPauses({ kind, change, fromMs }: Case, walked: readonly number[]): string[] {
  const shiftMs = Math.abs(change.afterMs - change.beforeMs)
  const periodMs = kind === 'quarters' ? 15 * minuteMs : kind === 'hours' ? hourMs : dayMs
  // Half an hour (Lord Howe) is no whole number of hours, so that the full hour itself moves.
  const mostMs = periodMs === dayMs ? periodMs + shiftMs : periodMs + (shiftMs % periodMs)
  return walked.flatMap((ms, i) => {
    const pauseMs = ms - (walked[i - 1] ?? Math.max(fromMs, ms - periodMs))
    return pauseMs > mostMs ? [`a pause of ${pauseMs / minuteMs} min before ${iso(ms)}`] : []
  })
}

/** All the years of a zone in one go: a time of day comes on each date exactly once. */
export function judgeYears(
  dueUpTo: (schedule: Schedule, zone: string, fromMs: number, nowMs: number) => readonly number[],
  { zone, startOffsetMs, changes }: Clocks,
): Verdict {
  const wallOf = (ms: number): number => {
    const last = changes.findLast(({ atMs }) => atMs <= ms)
    return ms + (last === undefined ? startOffsetMs : last.afterMs)
  }
  const timeMs = 2.5 * hourMs
  const days = Math.round((endMs - firstMs) / dayMs)
  const fromMs = firstMs + timeMs - startOffsetMs
  const slots = dueUpTo({ cron: cronOf(timeMs) }, zone, fromMs, endMs + timeMs - startOffsetMs - dayMs)
  const dates = new Map<number, number>()
  const breaches: string[] = []
  for (const [i, ms] of slots.entries()) {
    const previous = slots[i - 1] ?? -Infinity
    if (ms <= previous) breaches.push(`${zone}: ${iso(ms)} comes after ${iso(previous)}`)
    const date = Math.floor(wallOf(ms) / dayMs)
    dates.set(date, (dates.get(date) ?? 0) + 1)
  }
  const first = Math.floor(firstMs / dayMs)
  for (let date = first; date < first + days - 1; date++) {
    const count = dates.get(date) ?? 0
    if (count !== 1) breaches.push(`${zone}: due ${count} times on ${iso(date * dayMs).slice(0, 10)}`)
  }
  return { checks: slots.length, breaches }
}

export function iso(ms: number | null): string {
  return ms === null ? 'never' : new Date(ms).toISOString()
}
