import type { Piece, Time } from './piece.ts'
import { settle, settleTimes } from './time.ts'
import type { Settled } from './time.ts'
import { daysInMonth } from './calendar.ts'

/** True if the pieces mean more than one time. */
export function repeats(all: readonly Piece[]): boolean {
  return all.some((piece) => {
    switch (piece.kind) {
      case 'every':
      case 'beat':
      case 'nth':
      case 'minute':
        return true
      case 'weekdays':
      case 'monthdays':
      case 'date':
        return piece.repeats
      case 'part':
        return piece.repeats === true
      default:
        return false
    }
  })
}

/** The cron line of five fields for pieces that repeat; undefined where none says it. */
export function cronOf(all: readonly Piece[], chinese: boolean): string | undefined {
  const days = dayFields(all)
  if (days === undefined || pairsUp(all)) return undefined
  const within = all.some(
    (piece) => piece.kind === 'beat' || piece.kind === 'minute' || piece.kind === 'hours',
  )
  if (within) {
    const times = hourlyFields(all, chinese)
    return times === undefined ? undefined : `${times} ${days.dom} ${days.month} ${days.dow}`
  }
  const times = settleTimes(all, { repeats: true, chinese })
  if (times === undefined || times.length === 0) return undefined
  const minutes = new Set(times.map((time) => time.minute))
  if (minutes.size !== 1) return undefined
  const shifted = shiftedDays(times, days)
  if (shifted === undefined) return undefined
  const hours = sorted(times.map((time) => time.hour))
  return `${[...minutes].join('')} ${hours.join(',')} ${shifted.dom} ${shifted.month} ${shifted.dow}`
}

/** True for "Mondays at 9 and Fridays at 17": each day has its own time, which is more than one cron line says. */
function pairsUp(all: readonly Piece[]): boolean {
  const order = all.map((piece) =>
    piece.kind === 'clock' ? 'c' : ['weekdays', 'monthdays', 'nth', 'date'].includes(piece.kind) ? 'd' : '',
  )
  return /dc+d+c|cd+c+d/.test(order.join(''))
}

type DayFields = {
  readonly dom: string
  readonly month: string
  readonly dow: string
  readonly days?: readonly number[]
}

function dayFields(all: readonly Piece[]): DayFields | undefined {
  const timeKinds = new Set(['clock', 'part', 'beat', 'hours', 'minute'])
  const rest = all.filter((piece) => !timeKinds.has(piece.kind))
  const everies = rest.filter((piece) => piece.kind === 'every')
  const others = rest.filter((piece) => piece.kind !== 'every')
  const daily = everies.filter((piece) => piece.unit === 'day')
  const [longer, ...more] = everies.filter((piece) => piece.unit !== 'day')
  if (more.length > 0 || daily.length > 2) return undefined
  if (longer !== undefined && daily.length > 0) return undefined
  const month = longer?.unit === 'month' ? monthField(longer.count) : '*'
  if (month === undefined) return undefined
  const [on, ...rivals] = others
  if (on === undefined) {
    if (longer === undefined) return { dom: '*', month: '*', dow: '*' }
    if (longer.unit === 'week') return { dom: '*', month: '*', dow: '1', days: [1] }
    return longer.unit === 'month' ? { dom: '1', month, dow: '*' } : undefined
  }
  if (on.kind === 'weekdays') {
    const lists = others.map((piece) =>
      piece.kind === 'weekdays' && piece.week === undefined ? piece.days : undefined,
    )
    if (lists.includes(undefined) || (longer !== undefined && longer.unit !== 'week')) return undefined
    if (longer === undefined && !repeats(all)) return undefined
    if (daily.length > 0 && !on.repeats) return undefined
    const days = lists.flatMap((list) => list ?? [])
    return weekFields(days)
  }
  if (rivals.length > 0 || daily.length > 0) return undefined
  if (on.kind === 'monthdays') {
    if (on.month !== undefined || (longer !== undefined && longer.unit !== 'month')) return undefined
    const dom = monthdaysField(on.days)
    return dom === undefined ? undefined : { dom, month, dow: '*' }
  }
  if (on.kind === 'nth') {
    if (longer !== undefined && longer.unit !== 'month') return undefined
    return { dom: '*', month, dow: on.nth === 'L' ? `${on.weekday}L` : `${on.weekday}#${on.nth}` }
  }
  if (on.kind === 'date') {
    if (longer !== undefined && longer.unit !== 'year') return undefined
    // 2028 has a 29 February.
    const real = on.month >= 1 && on.month <= 12 && on.day >= 1 && on.day <= daysInMonth(2028, on.month)
    return real && on.year === undefined
      ? { dom: String(on.day), month: String(on.month), dow: '*' }
      : undefined
  }
  return undefined
}

function weekFields(days: readonly number[]): DayFields | undefined {
  const unique = sorted(days)
  if (unique.length === 0) return undefined
  return { dom: '*', month: '*', dow: unique.length === 7 ? '*' : runs(unique), days: unique }
}

function monthField(count: number): string | undefined {
  if (count === 1) return '*'
  return count > 0 && count < 12 && 12 % count === 0 ? `*/${count}` : undefined
}

function monthdaysField(days: readonly string[]): string | undefined {
  const named = days.filter((day) => !/^\d+$/.test(day))
  if (named.length > 0) return days.length === 1 ? days[0] : undefined
  const numbers = sorted(days.map(Number))
  return numbers.every((day) => day >= 1 && day <= 31) ? numbers.join(',') : undefined
}

/** Where a time is after midnight, "Friday night at 1" is on Saturday. */
function shiftedDays(times: readonly Settled[], days: DayFields): DayFields | undefined {
  // "every Friday at midnight" is 00:00 on Friday, as crontab users read it.
  const late = times.filter((time) => time.shift === 1 && !time.midnight)
  if (late.length === 0 || (days.dom === '*' && days.dow === '*')) return days
  if (late.length !== times.length || days.days === undefined) return undefined
  return weekFields(days.days.map((day) => (day + 1) % 7))
}

/** The fields minute and hour of "every 15 minutes between 9 and 17". */
function hourlyFields(all: readonly Piece[], chinese: boolean): string | undefined {
  const beats = all.filter((piece) => piece.kind === 'beat')
  const minutes = all.filter((piece) => piece.kind === 'minute')
  const ranges = all.filter((piece) => piece.kind === 'hours')
  if (all.some((piece) => piece.kind === 'clock' || piece.kind === 'part')) return undefined
  if (beats.length + minutes.length > 2 || beats.length > 1 || minutes.length > 1 || ranges.length > 1)
    return undefined
  const [beat] = beats
  const [minute] = minutes
  if (beat === undefined && minute === undefined) return undefined
  if (beat !== undefined && minute !== undefined && beat.everyMs % 3_600_000 !== 0) return undefined
  const everyMinutes = (beat?.everyMs ?? 3_600_000) / 60_000
  if (!Number.isInteger(everyMinutes)) return undefined
  const range = ranges[0] === undefined ? undefined : rangeOf(ranges[0].from, ranges[0].to, chinese)
  if (ranges.length > 0 && range === undefined) return undefined
  if (everyMinutes < 60) {
    if (60 % everyMinutes !== 0 || (range !== undefined && (range.from.minute > 0 || range.to.minute > 0)))
      return undefined
    const step = everyMinutes === 1 ? '*' : `*/${everyMinutes}`
    // "between 9 and 17" ends at 17:00, so the last hour is that from 16:00 on.
    return `${step} ${range === undefined ? '*' : hoursField(range.from.hour, range.to.hour - 1, 1)}`
  }
  const step = everyMinutes / 60
  if (!Number.isInteger(step) || 24 % step !== 0) return undefined
  const first = minute?.minute ?? range?.from.minute ?? 0
  if (range === undefined) return step === 24 ? undefined : `${first} ${step === 1 ? '*' : `*/${step}`}`
  const last = range.to.minute >= first ? range.to.hour : range.to.hour - 1
  return `${first} ${hoursField(range.from.hour, last, step)}`
}

function hoursField(from: number, to: number, step: number): string {
  const range = from === to ? String(from) : `${from}-${to}`
  return step === 1 || from === to ? range : `${range}/${step}`
}

function rangeOf(fromTime: Time, toTime: Time, chinese: boolean): { from: Settled; to: Settled } | undefined {
  const usage = { repeats: true, chinese }
  // "between 2 and 4 pm": both are in the afternoon.
  const from = settle(fromTime, fromTime.part, usage)
  const open = settle(toTime, toTime.part, usage)
  if (from === undefined || open === undefined || open.shift === 1) return undefined
  const later = open.hour <= from.hour && open.soft ? { ...open, hour: open.hour + 12 } : open
  return later.hour > from.hour && later.hour <= 23 ? { from, to: later } : undefined
}

function sorted(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].toSorted((a, b) => a - b)
}

/** Numbers as a cron field has them: three or more in a row as a range. */
function runs(numbers: readonly number[]): string {
  const groups: number[][] = []
  for (const one of numbers) {
    const last = groups.at(-1)
    if (last !== undefined && last.at(-1) === one - 1) last.push(one)
    else groups.push([one])
  }
  return groups.map((group) => (group.length > 2 ? `${group[0]}-${group.at(-1)}` : group.join(','))).join(',')
}
