import { Cron, CronPattern } from 'croner'
import type { Schedule } from '../task.ts'
import type { Language } from '../words.ts'
import { tasksWords } from '../words-tasks.ts'
import { daySlots, endingAt, evenSlots, isGapEnd, onceSlots, type DueTimes, type Slots } from './slots.ts'
import { dayMs, openZone, type Zone } from './wall-time.ts'

/** The least time between two due times of a task, in milliseconds. */
const leastEveryMs = 60_000

/**
 * The first due time strictly after `afterMs` and not after `until`, or null if there is none. A fixed time of day
 * comes once on each of its dates: in a gap of the clocks at the gap's end, in a repeated hour the first time. A time
 * with a `*` in its minute or hour goes by the real time that passes. Throws for what `validSchedule` refuses.
 */
export function nextDue(
  schedule: Schedule,
  zone: string,
  afterMs: number,
  until: string | null = null,
): number | null {
  return openSlots(schedule, openZone(zone), until).next(afterMs)
}

/**
 * The due times from `fromMs`, which is one itself, up to and with `nowMs`, none after `until`: the newest `most` of
 * them, and the number of the older ones. A year of a minute's schedule takes milliseconds.
 */
export function dueUpTo(
  schedule: Schedule,
  zone: string,
  fromMs: number,
  nowMs: number,
  most: number,
  until: string | null = null,
): DueTimes {
  const untilMs = until === null ? Infinity : instantOf(until)
  return dueFrom(openSlots(schedule, openZone(zone), until), fromMs, Math.min(nowMs, untilMs), most)
}

/** As `dueUpTo`, of slots that are open already. */
export function dueFrom(slots: Slots, fromMs: number, nowMs: number, most: number): DueTimes {
  if (fromMs > nowMs) return { slots: [], dropped: 0 }
  const later = slots.newest(fromMs, nowMs, most)
  return later.dropped === 0 && later.slots.length < most
    ? { slots: [fromMs, ...later.slots], dropped: 0 }
    : { slots: later.slots, dropped: later.dropped + 1 }
}

/** True for a due time that the clocks left out on its date, so that it comes when the gap ends. */
export function isInGap(schedule: Schedule, zone: string, dueMs: number): boolean {
  return openSlots(schedule, openZone(zone), null).isInGap(dueMs)
}

/** The due times of a schedule; throws as `nextDue` does. For those who ask for many. */
export function openSlots(schedule: Schedule, zone: Zone, until: string | null): Slots {
  const slots = slotsOf(schedule, zone)
  return until === null ? slots : endingAt(instantOf(until), slots)
}

function slotsOf(schedule: Schedule, zone: Zone): Slots {
  if ('at' in schedule) return onceSlots(instantOf(schedule.at))
  if ('cron' in schedule) return cronSlots(schedule.cron, zone)
  const { everyMs, from } = schedule
  if (!(everyMs >= leastEveryMs)) throw new RangeError(`every ${everyMs} ms is no schedule`)
  const startMs = from === undefined ? zone.firstInstantOf(0) : instantOf(from)
  return everyMs % dayMs === 0 ? daySlots(startMs, everyMs, zone) : evenSlots(startMs, everyMs)
}

function instantOf(text: string): number {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new RangeError(`${text} is no instant`)
  return ms
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
  if ('at' in schedule) return isInstant(schedule.at) ? undefined : words.badInstant(schedule.at)
  if ('everyMs' in schedule) {
    const { everyMs, from } = schedule
    if (!Number.isSafeInteger(everyMs) || everyMs < leastEveryMs) return words.tooOften
    return from === undefined || isInstant(from) ? undefined : words.badInstant(from)
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

/** True for an instant as ISO 8601 has it, with its offset. */
export function isInstant(text: string): boolean {
  const isWhole = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/u.test(text)
  return isWhole && !Number.isNaN(Date.parse(text))
}

/**
 * Croner reads the pattern and finds its dates; the times of a date are laid onto the zone here. Croner's own
 * reckoning misses a fixed time in a gap that ends at midnight (America/Nuuk, America/Scoresbysund).
 */
function cronSlots(cron: string, zone: Zone): Slots {
  const [minute = '', hour = '', ...dateFields] = cron.trim().split(/\s+/u)
  const pattern = new CronPattern(cron, undefined, { mode: '5-part' })
  const minutes = pattern.hour.flatMap((isHour, h) =>
    isHour === 0 ? [] : pattern.minute.flatMap((isMinute, m) => (isMinute === 0 ? [] : [h * 60 + m])),
  )
  const [first, last] = [(minutes[0] ?? 0) * 60_000, (minutes.at(-1) ?? 0) * 60_000]
  const isFixed = !/[*?]/u.test(minute + hour)
  const dateFrom = datesOf(pattern, dateFields.join(' '))
  const dateOf = (ms: number): number => Math.floor(zone.wallOf(ms) / dayMs) * dayMs
  const isRegular = (date: number, startMs: number): boolean =>
    zone.firstInstantOf(date + dayMs) - startMs === dayMs

  /** The instants of one date, soonest first. On a date without a change of the clocks they are `minutes` long. */
  const slotsOn = (date: number): readonly number[] => {
    const startMs = zone.firstInstantOf(date)
    if (isRegular(date, startMs)) return minutes.map((m) => startMs + m * 60_000)
    const walls = minutes.map((m) => date + m * 60_000)
    const all = isFixed
      ? walls.map((wallMs) => zone.firstInstantOf(wallMs))
      : walls.flatMap((wallMs) => zone.instantsOf(wallMs))
    return [...new Set(all)].toSorted((a, b) => a - b)
  }

  /** The dates that may have due times after `afterMs`: a gap that ends at midnight moves one to the next date's start. */
  const datesAfter = function* (afterMs: number): Generator<number, void> {
    for (let date = dateFrom(dateOf(afterMs) - dayMs); date !== undefined; date = dateFrom(date + dayMs))
      yield date
  }

  return {
    next: (afterMs) => {
      for (const date of datesAfter(afterMs)) {
        const found = slotsOn(date).find((ms) => ms > afterMs)
        if (found !== undefined) return found
      }
      return null
    },
    newest: (afterMs, nowMs, most) => {
      const dates: { readonly date: number; readonly count: number; readonly afterMs: number }[] = []
      let total = 0
      let doneMs = afterMs
      for (const date of datesAfter(afterMs)) {
        const startMs = zone.firstInstantOf(date)
        if (startMs > nowMs) break
        // Counted without being made: a year of a minute's schedule is half a million.
        const isWhole = startMs + first > doneMs && startMs + last <= nowMs && isRegular(date, startMs)
        const some = isWhole ? [] : slotsOn(date).filter((ms) => ms > doneMs && ms <= nowMs)
        const count = isWhole ? minutes.length : some.length
        dates.push({ date, count, afterMs: doneMs })
        total += count
        doneMs = isWhole ? startMs + last : (some.at(-1) ?? doneMs)
      }
      const kept: (readonly number[])[] = []
      let missing = Math.min(most, total)
      for (let i = dates.length - 1; i >= 0 && missing > 0; i--) {
        const { date = 0, afterMs: from = 0 } = dates[i] ?? {}
        const all = slotsOn(date).filter((ms) => ms > from && ms <= nowMs)
        const some = all.slice(-missing)
        kept.push(some)
        missing -= some.length
      }
      const slots = kept.toReversed().flat()
      return { slots, dropped: total - slots.length }
    },
    isInGap: (dueMs) => {
      if (!isFixed || !isGapEnd(zone, dueMs)) return false
      const date = dateOf(dueMs)
      const isOn = (one: number): boolean => dateFrom(one) === one
      const isNominal = isOn(date) && minutes.includes((zone.wallOf(dueMs) - date) / 60_000)
      return !isNominal && [date - dayMs, date].some((one) => isOn(one) && slotsOn(one).includes(dueMs))
    },
  }
}

/** A date is looked for day by day for so many days; Croner is slower at each and quicker over years. */
const daysAtHand = 400

/**
 * Finds the first date of a cron line's date fields at or after a date, both as midnight in UTC; undefined where there
 * is none any more.
 */
function datesOf(pattern: CronPattern, fields: string): (fromMs: number) => number | undefined {
  let cron: Cron | undefined
  const byCroner = (fromMs: number): number | undefined => {
    cron ??= new Cron(`0 0 ${fields}`, { timezone: 'UTC', mode: '5-part' })
    return cron.nextRun(new Date(fromMs - 1))?.getTime()
  }
  // `L`, `W` and `#` are Croner's alone.
  if (!/^[\d*?,/\-\sA-KM-VX-Z]+$/iu.test(fields)) return byCroner
  const isOn = (ms: number): boolean => {
    const date = new Date(ms)
    if (pattern.month[date.getUTCMonth()] === 0) return false
    const isDay = pattern.day[date.getUTCDate() - 1] !== 0
    const isWeekday = pattern.dayOfWeek[date.getUTCDay()] !== 0
    return pattern.starDOM || pattern.starDOW ? isDay && isWeekday : isDay || isWeekday
  }
  return (fromMs) => {
    const start = Math.ceil(fromMs / dayMs) * dayMs
    for (let ms = start; ms < start + daysAtHand * dayMs; ms += dayMs) if (isOn(ms)) return ms
    return byCroner(start)
  }
}
