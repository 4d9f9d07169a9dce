import type { Zone } from '../wall-time.ts'

/** A day of the calendar; `month` is 1 to 12. */
export type LocalDate = { readonly year: number; readonly month: number; readonly day: number }

/** The day that the calendar shows at an instant. */
export function dateAt(zone: Zone, ms: number): LocalDate {
  return fromUtc(zone.wallOf(ms))
}

/**
 * The instant at which the clocks show a time on a day: the first of both where they show it twice, the end of the
 * gap where they skip it.
 */
export function instantOn(zone: Zone, date: LocalDate, hour: number, minute: number): number {
  return zone.firstInstantOf(Date.UTC(date.year, date.month - 1, date.day, hour, minute))
}

/** The day `days` after `date`, or before it where `days` is negative. */
export function addDays(date: LocalDate, days: number): LocalDate {
  return fromUtc(Date.UTC(date.year, date.month - 1, date.day + days))
}

/** The same day `months` later; the last of that month where it has no such day. */
export function addMonths(date: LocalDate, months: number): LocalDate {
  const first = fromUtc(Date.UTC(date.year, date.month - 1 + months, 1))
  return { ...first, day: Math.min(date.day, daysInMonth(first.year, first.month)) }
}

/** The days from `from` to `to`; negative where `to` is earlier. */
export function daysBetween(from: LocalDate, to: LocalDate): number {
  return (
    (Date.UTC(to.year, to.month - 1, to.day) - Date.UTC(from.year, from.month - 1, from.day)) / 86_400_000
  )
}

/** 0 for Sunday to 6 for Saturday. */
export function weekdayOf(date: LocalDate): number {
  return new Date(Date.UTC(date.year, date.month - 1, date.day)).getUTCDay()
}

/** 28 to 31. */
export function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** True if the calendar has this day. */
export function isRealDate(date: LocalDate): boolean {
  return (
    date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= daysInMonth(date.year, date.month)
  )
}

function fromUtc(ms: number): LocalDate {
  const at = new Date(ms)
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() }
}
