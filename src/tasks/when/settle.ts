import type { Schedule } from '../../task.ts'
import { cronOf, repeats } from './cron.ts'
import { datesOf } from './dates.ts'
import type { Piece, Span } from './piece.ts'
import { settleTimes } from './time.ts'
import type { Settled } from './time.ts'
import { addDays, addMonths, daysBetween, instantOn, weekdayOf } from './calendar.ts'
import type { LocalDate } from './calendar.ts'
import { dayMs } from '../wall-time.ts'
import type { Zone } from '../wall-time.ts'

/** The present, in a zone. */
export type Present = { readonly nowMs: number; readonly zone: Zone; readonly today: LocalDate }

/** What pieces mean together; undefined if they mean nothing, contradict each other, or lie in the past. */
export function toSchedule(all: readonly Piece[], present: Present, chinese: boolean): Schedule | undefined {
  if (all.some((piece) => piece.kind === 'unsayable')) return undefined
  const at = all.findIndex((piece) => piece.kind === 'start')
  if (at >= 0) {
    // "every day starting tomorrow" as well as "starting tomorrow, every day".
    const after = all.slice(at + 1)
    const turn = after.findIndex((piece) => repeats([piece]))
    const main = turn < 0 ? [] : after.slice(turn)
    return startingAt(
      [...all.slice(0, at), ...main],
      turn < 0 ? after : after.slice(0, turn),
      present,
      chinese,
    )
  }
  const [only] = all
  if (only?.kind === 'instant') {
    return all.length === 1 && only.atMs > present.nowMs
      ? { at: new Date(only.atMs).toISOString() }
      : undefined
  }
  if (all.some((piece) => piece.kind === 'after')) return afterwards(all, present, chinese)
  const stride = strideOf(all)
  if (stride !== undefined) return strided(stride, all, present, chinese)
  if (repeats(all)) {
    const beat = all.length === 1 ? all[0] : undefined
    if (beat?.kind === 'beat') return { everyMs: beat.everyMs }
    const cron = cronOf(all, chinese)
    return cron === undefined ? undefined : { cron }
  }
  return once(all, present, chinese)
}

/** "in 20 minutes", "in 2 days at 9". */
function afterwards(all: readonly Piece[], present: Present, chinese: boolean): Schedule | undefined {
  const afters = all.filter((piece) => piece.kind === 'after')
  const rest = all.filter((piece) => piece.kind !== 'after')
  const [after] = afters
  if (after === undefined || afters.length > 1) return undefined
  if (rest.some((piece) => piece.kind !== 'clock' && piece.kind !== 'part')) return undefined
  const { span } = after
  if (rest.length > 0) {
    if (span.ms !== 0) return undefined
    const times = settleTimes(rest, { repeats: false, chinese })
    return instantAfter([laterDay(present.today, span)], times, present)
  }
  if (span.days === 0 && span.months === 0) return atInstant(present.nowMs + span.ms, present)
  // Days keep the time on the clock.
  const wallMs = present.zone.wallOf(present.nowMs)
  const days = daysBetween(present.today, laterDay(present.today, span))
  return atInstant(present.zone.firstInstantOf(wallMs + days * dayMs) + span.ms, present)
}

function laterDay(today: LocalDate, span: Span): LocalDate {
  return addDays(addMonths(today, span.months), span.days)
}

function once(all: readonly Piece[], present: Present, chinese: boolean): Schedule | undefined {
  const dates = datesOf(all, present.today)
  if (dates === undefined) return undefined
  const times = settleTimes(all, { repeats: false, chinese })
  const today = all.some((piece) => piece.kind === 'day' && piece.days === 0)
  const [time] = times ?? []
  const found = instantAfter(dates, times, present, today)
  // "today at 8", said after eight in the morning, is at eight in the evening.
  if (found === undefined && today && time?.soft === true) {
    return instantAfter(dates, [{ ...time, hour: time.hour + 12, soft: false }], present, today)
  }
  return found
}

function instantAfter(
  dates: readonly LocalDate[],
  times: readonly Settled[] | undefined,
  present: Present,
  today = false,
): Schedule | undefined {
  const [time] = times ?? []
  if (time === undefined || times?.length !== 1) return undefined
  // "Friday at midnight" is 00:00 on Friday; only today's midnight is the one still to come.
  const shift = time.midnight && !today ? 0 : time.shift
  for (const date of dates) {
    const ms = instantOn(present.zone, addDays(date, shift), time.hour, time.minute)
    if (ms > present.nowMs) return atInstant(ms, present)
  }
  return undefined
}

function atInstant(ms: number, present: Present): Schedule | undefined {
  if (ms <= present.nowMs || ms > 8.64e15) return undefined
  return { at: new Date(ms).toISOString() }
}

/** The days from one time to the next where a cron line cannot say them. */
function strideOf(all: readonly Piece[]): number | undefined {
  const every = all.find(
    (piece) => piece.kind === 'every' && piece.count > 1 && (piece.unit === 'day' || piece.unit === 'week'),
  )
  if (every?.kind !== 'every') return undefined
  return every.unit === 'week' ? every.count * 7 : every.count
}

function strided(
  days: number,
  all: readonly Piece[],
  present: Present,
  chinese: boolean,
  from: LocalDate = present.today,
): Schedule | undefined {
  const weekdays = all.filter((piece) => piece.kind === 'weekdays')
  const known = new Set(['every', 'weekdays', 'clock', 'part'])
  if (all.some((piece) => !known.has(piece.kind)) || all.filter((piece) => piece.kind === 'every').length > 1)
    return undefined
  const wanted = weekdays[0]?.days[0]
  if (weekdays.length > 1 || (weekdays[0]?.days.length ?? 1) > 1 || weekdays[0]?.week !== undefined)
    return undefined
  if (wanted !== undefined && days % 7 !== 0) return undefined
  const dates = Array.from({ length: 9 }, (_, i) => addDays(from, i)).filter(
    (date) => wanted === undefined || weekdayOf(date) === wanted,
  )
  const first = instantAfter(dates, settleTimes(all, { repeats: true, chinese }), present)
  return first !== undefined && 'at' in first ? { everyMs: days * dayMs, from: first.at } : undefined
}

/** "every 2 hours starting at 9", "every other day at 8 starting tomorrow". */
function startingAt(
  main: readonly Piece[],
  start: readonly Piece[],
  present: Present,
  chinese: boolean,
): Schedule | undefined {
  if (
    main.length === 0 ||
    start.length === 0 ||
    start.some((piece) => piece.kind === 'start') ||
    repeats(start)
  )
    return undefined
  const days = strideOf(main)
  const [beat] = main
  const named = start.filter((piece) => piece.kind !== 'clock' && piece.kind !== 'part')
  const clocks = start.filter((piece) => piece.kind === 'clock' || piece.kind === 'part')
  if (days !== undefined) {
    const dates = named.length === 0 ? [present.today] : datesOf(named, present.today)
    const [first] = dates ?? []
    return first === undefined ? undefined : strided(days, [...main, ...clocks], present, chinese, first)
  }
  if (main.length === 1 && beat?.kind === 'beat') {
    const first = once(start, present, chinese)
    return first !== undefined && 'at' in first ? { everyMs: beat.everyMs, from: first.at } : undefined
  }
  // A cron line has no beginning, so it must be one that would begin then anyway.
  const cron = toSchedule([...main, ...clocks], present, chinese)
  if (cron === undefined || !('cron' in cron)) return undefined
  const dates = named.length === 0 ? [present.today] : datesOf(named, present.today)
  const [first] = dates ?? []
  if (first === undefined) return undefined
  const skipped = daysBefore(first, present.today)
  const today = settleTimes([...main, ...clocks], { repeats: true, chinese }) ?? []
  const weekdays = main.find((piece) => piece.kind === 'weekdays')
  const counts = (date: LocalDate): boolean =>
    weekdays?.kind !== 'weekdays' || weekdays.days.includes(weekdayOf(date))
  const plain = main.every((piece) =>
    piece.kind === 'every' ? piece.unit === 'day' : ['weekdays', 'clock', 'part'].includes(piece.kind),
  )
  if (!plain || skipped === undefined) return undefined
  const early = skipped.some(
    (date) =>
      counts(date) &&
      today.some((time) => instantOn(present.zone, date, time.hour, time.minute) > present.nowMs),
  )
  return early ? undefined : cron
}

function daysBefore(first: LocalDate, today: LocalDate): readonly LocalDate[] | undefined {
  const apart = daysBetween(today, first)
  return apart < 0 || apart > 31 ? undefined : Array.from({ length: apart }, (_, i) => addDays(today, i))
}
