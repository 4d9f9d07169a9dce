import type { Piece } from './piece.ts'
import { addDays, daysBetween, daysInMonth, isRealDate, weekdayOf } from './calendar.ts'
import type { LocalDate } from './calendar.ts'

/**
 * The days that pieces may mean, nearest first: the first of them that is still to come is meant. Undefined if they
 * contradict each other or name no real day. Without any piece of day: today and tomorrow.
 */
export function datesOf(all: readonly Piece[], today: LocalDate): readonly LocalDate[] | undefined {
  const known = new Set(['weekdays', 'monthdays', 'date', 'day', 'week', 'month', 'clock', 'part'])
  if (all.some((piece) => !known.has(piece.kind))) return undefined
  const weekdays = all.filter((piece) => piece.kind === 'weekdays')
  const monthdays = all.filter((piece) => piece.kind === 'monthdays')
  const dates = all.filter((piece) => piece.kind === 'date')
  const days = all.filter((piece) => piece.kind === 'day')
  const weeks = all.filter((piece) => piece.kind === 'week')
  const months = all.filter((piece) => piece.kind === 'month')
  if ([weekdays, monthdays, dates, days, weeks, months].some((some) => some.length > 1)) return undefined
  const [weekday] = weekdays
  if (weekday !== undefined && weekday.days.length !== 1) return undefined
  const wanted = weekday?.days[0]
  const fitting = (some: readonly LocalDate[]): readonly LocalDate[] | undefined => {
    const fit = some.filter((date) => wanted === undefined || weekdayOf(date) === wanted)
    return fit.length === 0 ? undefined : fit
  }
  const main = dates.length + days.length + monthdays.length + weeks.length
  const [date] = dates
  if (date !== undefined) {
    const next = nextDates(date, today)
    // "Thursday, December 4" is a mistake where that is a Friday, not the next year in which it is right.
    const nearest = next.find((one) => daysBetween(today, one) >= 0)
    if (main + months.length > 1 || nearest === undefined) return undefined
    return wanted === undefined ? next : fitting([nearest])
  }
  const [day] = days
  if (day !== undefined) return main + months.length > 1 ? undefined : fitting([addDays(today, day.days)])
  const [monthday] = monthdays
  if (monthday !== undefined) {
    const month = monthday.month ?? months[0]?.months
    return main > 1 ? undefined : fitting(daysOfMonths(monthday.days, month, today))
  }
  const monday = addDays(today, -((weekdayOf(today) + 6) % 7))
  const [week] = weeks
  if (week !== undefined) {
    if (months.length > 0 || (weekday?.week ?? 0) !== 0) return undefined
    return [addDays(monday, 7 * week.weeks + (((wanted ?? 1) + 6) % 7))]
  }
  if (months[0] !== undefined) {
    return wanted === undefined ? daysOfMonths(['1'], months[0].months, today) : undefined
  }
  if (weekday === undefined) return [today, addDays(today, 1)]
  const ahead = ((wanted ?? 0) - weekdayOf(today) + 7) % 7
  if (weekday.week === undefined) return [addDays(today, ahead), addDays(today, ahead + 7)]
  const said = addDays(monday, 7 * weekday.week + (((wanted ?? 0) + 6) % 7))
  // "this Friday", said on a Sunday, can only be the one to come.
  return weekday.week === 0 ? [said, addDays(said, 7)] : [said]
}

function nextDates(piece: Piece & { kind: 'date' }, today: LocalDate): readonly LocalDate[] {
  const { month, day } = piece
  const year = piece.year ?? (piece.years === undefined ? undefined : today.year + piece.years)
  const years = year === undefined ? Array.from({ length: 9 }, (_, i) => today.year + i) : [year]
  return years.map((one) => ({ year: one, month, day })).filter(isRealDate)
}

function daysOfMonths(
  days: readonly string[],
  month: number | undefined,
  today: LocalDate,
): readonly LocalDate[] {
  const [day] = days
  if (day === undefined || days.length !== 1 || day.includes('W')) return []
  const months = month === undefined ? Array.from({ length: 13 }, (_, i) => i) : [month]
  return months
    .map((ahead) => {
      const first = new Date(Date.UTC(today.year, today.month - 1 + ahead, 1))
      const at = { year: first.getUTCFullYear(), month: first.getUTCMonth() + 1 }
      return { ...at, day: day === 'L' ? daysInMonth(at.year, at.month) : Number(day) }
    })
    .filter(isRealDate)
}
