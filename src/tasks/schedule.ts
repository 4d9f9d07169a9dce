import { Cron, CronPattern } from 'croner'
import type { Schedule } from '../task.ts'
import type { Language } from '../words.ts'
import { tasksWords } from '../words-tasks.ts'
import { dayMs, openZone, type Zone } from './wall-time.ts'

/** Due times, oldest first, and how many still older ones were left out. */
export type DueTimes = { readonly slots: readonly number[]; readonly dropped: number }

/** The least time between two due times of a task, in milliseconds. */
const leastEveryMs = 60_000

/**
 * The first due time strictly after `afterMs`, or null if there is none. A fixed time of day comes once on each of
 * its dates: in a gap of the clocks at the gap's end, in a repeated hour the first time. A time with a `*` in its
 * minute or hour goes by the real time that passes. Throws for a schedule or zone that `validSchedule` refuses.
 */
export function nextDue(schedule: Schedule, zone: string, afterMs: number): number | null {
  if ('at' in schedule) {
    const atMs = Date.parse(schedule.at)
    return atMs > afterMs ? atMs : null
  }
  return slotsOf(schedule, openZone(zone)).next(afterMs)
}

/**
 * The due times from `fromMs`, which is one itself, up to and with `nowMs`: the newest `most` of them, and the number
 * of the older ones. A year of a minute's schedule takes milliseconds.
 */
export function dueUpTo(
  schedule: Schedule,
  zone: string,
  fromMs: number,
  nowMs: number,
  most: number,
): DueTimes {
  if (fromMs > nowMs) return { slots: [], dropped: 0 }
  const later =
    'at' in schedule
      ? { slots: [], dropped: 0 }
      : slotsOf(schedule, openZone(zone)).newest(fromMs, nowMs, most)
  const slots = [fromMs, ...later.slots]
  return later.dropped === 0 && slots.length <= most
    ? { slots, dropped: 0 }
    : { slots: later.slots, dropped: later.dropped + 1 }
}

/** What is wrong with a schedule or its zone, for the person; undefined if nothing is. */
export function validSchedule(
  schedule: Schedule,
  zone: string,
  language: Language = 'en',
): string | undefined {
  const words = tasksWords[language].schedule
  try {
    openZone(zone)
  } catch {
    return words.badZone(zone)
  }
  if ('at' in schedule) {
    const isWhole = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/u.test(schedule.at)
    return isWhole && !Number.isNaN(Date.parse(schedule.at)) ? undefined : words.badInstant(schedule.at)
  }
  if ('everyMs' in schedule) {
    const { everyMs, from } = schedule
    if (!Number.isSafeInteger(everyMs) || everyMs < leastEveryMs) return words.tooOften
    return from === undefined || !Number.isNaN(Date.parse(from)) ? undefined : words.badInstant(from)
  }
  return isCron(schedule.cron) ? undefined : words.badCron(schedule.cron)
}

/** Five fields of crontab(5). Croner also knows `+` for AND and `@daily`; a task's schedule is to have one meaning. */
function isCron(cron: string): boolean {
  if (cron.trim().split(/\s+/u).length !== 5 || cron.includes('+')) return false
  try {
    return new CronPattern(cron, undefined, { mode: '5-part' }).minute.length > 0
  } catch {
    return false
  }
}

/** The due times of a schedule that repeats. */
type Slots = {
  /** The first one strictly after `afterMs`. */
  readonly next: (afterMs: number) => number | null
  /** Those strictly after `afterMs` up to `nowMs`. */
  readonly newest: (afterMs: number, nowMs: number, most: number) => DueTimes
}

function slotsOf(schedule: Exclude<Schedule, { at: string }>, zone: Zone): Slots {
  if ('cron' in schedule) return cronSlots(schedule.cron, zone)
  const { everyMs, from } = schedule
  const startMs = from === undefined ? zone.firstInstantOf(0) : Date.parse(from)
  return everyMs % dayMs === 0 ? daySlots(startMs, everyMs, zone) : evenSlots(startMs, everyMs)
}

/** Every so many milliseconds of real time. */
function evenSlots(startMs: number, everyMs: number): Slots {
  const countTo = (ms: number): number => Math.max(0, Math.floor((ms - startMs) / everyMs) + 1)
  return {
    next: (afterMs) => startMs + countTo(afterMs) * everyMs,
    newest: (afterMs, nowMs, most) => {
      const [first, end] = [countTo(afterMs), countTo(nowMs)]
      const kept = Math.min(most, end - first)
      const slots = Array.from({ length: kept }, (_, i) => startMs + (end - kept + i) * everyMs)
      return { slots, dropped: end - first - kept }
    },
  }
}

/** Every so many days, at the same local time. */
function daySlots(startMs: number, everyMs: number, zone: Zone): Slots {
  const startWallMs = zone.wallOf(startMs)
  const slot = (n: number): number => (n === 0 ? startMs : zone.firstInstantOf(startWallMs + n * everyMs))
  const indexAfter = (afterMs: number): number => {
    let n = Math.max(0, Math.floor((zone.wallOf(afterMs) - startWallMs) / everyMs) - 1)
    while (slot(n) <= afterMs) n++
    return n
  }
  return {
    next: (afterMs) => slot(indexAfter(afterMs)),
    newest: (afterMs, nowMs, most) => {
      const [first, end] = [indexAfter(afterMs), indexAfter(nowMs)]
      const kept = Math.min(most, end - first)
      const slots = Array.from({ length: kept }, (_, i) => slot(end - kept + i))
      return { slots, dropped: end - first - kept }
    },
  }
}

/**
 * Croner reads the pattern and finds its dates; the times of a date are laid onto the zone here. Croner's own
 * reckoning misses a fixed time in a gap that ends at midnight (America/Nuuk, America/Scoresbysund).
 */
function cronSlots(cron: string, zone: Zone): Slots {
  const [minute = '', hour = '', ...dateFields] = cron.trim().split(/\s+/u)
  const dates = new Cron(`0 0 ${dateFields.join(' ')}`, { timezone: 'UTC', mode: '5-part' })
  const pattern = new CronPattern(cron, undefined, { mode: '5-part' })
  const minutes = pattern.hour.flatMap((isHour, h) =>
    isHour === 0 ? [] : pattern.minute.flatMap((isMinute, m) => (isMinute === 0 ? [] : [h * 60 + m])),
  )
  const isFixed = !/[*?]/u.test(minute + hour)

  const dateFrom = (wallMs: number): number | undefined => dates.nextRun(new Date(wallMs - 1))?.getTime()
  const dateOf = (ms: number): number => Math.floor(zone.wallOf(ms) / dayMs) * dayMs

  /** The instants of one date, soonest first. On a date without a change of the clocks they are `minutes` long. */
  const slotsOn = (date: number): readonly number[] => {
    const startMs = zone.firstInstantOf(date)
    if (zone.firstInstantOf(date + dayMs) - startMs === dayMs) return minutes.map((m) => startMs + m * 60_000)
    const walls = minutes.map((m) => date + m * 60_000)
    const all = isFixed
      ? walls.map((wallMs) => zone.firstInstantOf(wallMs))
      : walls.flatMap((wallMs) => zone.instantsOf(wallMs))
    return [...new Set(all)].toSorted((a, b) => a - b)
  }

  return {
    next: (afterMs) => {
      // A gap that ends at midnight moves a time of one date to the start of the next, so the search begins a date early.
      for (let date = dateFrom(dateOf(afterMs) - dayMs); date !== undefined; date = dateFrom(date + dayMs)) {
        const found = slotsOn(date).find((ms) => ms > afterMs)
        if (found !== undefined) return found
      }
      return null
    },
    newest: (afterMs, nowMs, most) => {
      const found: number[] = []
      let dropped = 0
      const last = dateOf(nowMs)
      for (
        let date = dateFrom(dateOf(afterMs) - dayMs);
        date !== undefined && date <= last;
        date = dateFrom(date + dayMs)
      ) {
        for (const ms of slotsOn(date)) if (ms > (found.at(-1) ?? afterMs) && ms <= nowMs) found.push(ms)
        if (found.length > most) dropped += found.splice(0, found.length - most).length
      }
      return { slots: found, dropped }
    },
  }
}
