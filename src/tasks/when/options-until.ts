import { addDays, daysBetween, instantOn, isRealDate, weekdayOf } from './calendar.ts'
import type { LocalDate } from './calendar.ts'
import { readChinese } from './chinese.ts'
import type { Clause } from './clause.ts'
import { datesOf } from './dates.ts'
import { readEnglish } from './english.ts'
import { readOrdinal, words } from './english-words.ts'
import { matchAt, wordPattern } from './piece.ts'
import type { Piece } from './piece.ts'
import type { Present } from './settle.ts'
import { settleTimes } from './time.ts'

const lead = /(?:and\s+)?(?:up\s+until|until|till|til|through|thru|(?:ending|ends)(?:\s+on|\s+at)?)\s+/y
const leadChinese = /(?:一直到|持续到|直到|截止(?:到|至|于)?|截至到?|到|至)\s*/y
const tail = /\s*\(?(?:inclusive|included)\)?/y
const tailChinese = /\s*(?:那天|当天)?(?:为止|止|结束)/y
const link = /(?:\s*,)?\s*(?:(?:on|at|the)\s+)*/y
const yearEnd = wordPattern('(?:the )?end of (?:the|this) year')
const yearEndChinese = /(?:今年)?年底/y
const ordinal = wordPattern(`(?:the )?(${words.ordinal})`)

const dayKinds: ReadonlySet<Piece['kind']> = new Set(['weekdays', 'monthdays', 'date', 'day'])
const kinds: ReadonlySet<Piece['kind']> = new Set([...dayKinds, 'instant', 'clock', 'part'])

/**
 * Reads "until 31 December", "till Friday 18:00", 直到12月31日, 到下周五为止. A date without a time is in it whole; a weekday
 * is the next one after today. What it cannot read is no clause: the readers of time know "until" as words that no
 * schedule says.
 */
export function readUntil(text: string, at: number, present: () => Present): Clause | undefined {
  const english = matchAt(lead, text, at)
  const chinese = english === undefined ? matchAt(leadChinese, text, at) : undefined
  const begin = english ?? chinese
  if (begin === undefined) return undefined
  const said = readDay(text, begin.end)
  if (said === undefined) return undefined
  const end = matchAt(chinese === undefined ? tail : tailChinese, text, said.end)?.end
  // 到明天 alone is as often a way as an end.
  if (chinese !== undefined && end === undefined && /^[到至]/.test(text.slice(at, at + 1))) return undefined
  const untilMs = lastMs(said.pieces, present(), chinese !== undefined)
  if (untilMs === undefined) return undefined
  const says = { until: new Date(untilMs).toISOString() }
  const clause = { start: at, end: end ?? said.end, says, isPlain: false }
  const hasDay = said.pieces.some(({ kind }) => kind !== 'clock' && kind !== 'part')
  if (!hasDay) return { ...clause, needs: 'interval' }
  // "every day until Friday at 8": at 8 each day, or on Friday? With a mark before it, it is one thing.
  const isApart = /[,;(。、]\s*$/.test(text.slice(Math.max(0, at - 8), at))
  const hasTime = said.pieces.some(({ kind }) => kind === 'clock')
  return hasTime && !isApart ? { ...clause, needs: 'time' } : clause
}

type Said = { readonly pieces: readonly Piece[]; readonly end: number }

function readDay(text: string, from: number): Said | undefined {
  let said: Said = { pieces: [], end: from }
  for (;;) {
    const next = matchAt(link, text, said.end)?.end ?? said.end
    const found = readOne(text, next)
    const pieces = [...said.pieces, ...(found?.pieces ?? [])]
    if (found === undefined || found.end <= next || !isDay(pieces)) break
    said = { pieces, end: found.end }
  }
  return said.pieces.length === 0 ? undefined : said
}

function readOne(text: string, at: number): Said | undefined {
  const closes = matchAt(yearEnd, text, at) ?? matchAt(yearEndChinese, text, at)
  if (closes !== undefined) {
    return { pieces: [{ kind: 'date', years: 0, month: 12, day: 31, repeats: false }], end: closes.end }
  }
  const found = readChinese(text, at) ?? readEnglish(text, at)
  if (found !== undefined) return found
  const day = matchAt(ordinal, text, at)
  const number = readOrdinal(day?.groups[0] ?? '')
  return day === undefined || number < 1 || number > 31
    ? undefined
    : { pieces: [{ kind: 'monthdays', days: [String(number)], repeats: false }], end: day.end }
}

/** True for the pieces of at most one day, once, and one time of day. */
function isDay(pieces: readonly Piece[]): boolean {
  const count = (kind: Piece['kind']): number => pieces.filter((piece) => piece.kind === kind).length
  return (
    pieces.every((piece) => kinds.has(piece.kind) && !('repeats' in piece && piece.repeats === true)) &&
    [...kinds].every((kind) => count(kind) <= 1) &&
    pieces.every((piece) => piece.kind !== 'clock' || piece.times.length === 1) &&
    (count('instant') === 0 || pieces.length === 1)
  )
}

function lastMs(pieces: readonly Piece[], present: Present, chinese: boolean): number | undefined {
  const [first] = pieces
  if (first?.kind === 'instant') return first.atMs
  const days = pieces.filter(({ kind }) => dayKinds.has(kind))
  const hasClock = pieces.some(({ kind }) => kind === 'clock')
  if (!hasClock && pieces.length > days.length) return undefined
  const dates = datesFor(days, present, hasClock)
  if (!hasClock) {
    const ends = dates.map((date) => instantOn(present.zone, addDays(date, 1), 0, 0) - 1)
    return isDated(days) ? ends[0] : ends.find((ms) => ms > present.nowMs)
  }
  const [time, ...more] = settleTimes(pieces, { repeats: false, chinese }) ?? []
  if (time === undefined || more.length > 0) return undefined
  const shift = time.midnight && days.length > 0 ? 0 : time.shift
  const instants = dates.map((date) => instantOn(present.zone, addDays(date, shift), time.hour, time.minute))
  return isDated(days) ? instants[0] : instants.find((ms) => ms > present.nowMs)
}

/** True where a year is told: such a date may be over, and is not another one then. */
function isDated(days: readonly Piece[]): boolean {
  return days.some((day) => day.kind === 'date' && day.year !== undefined)
}

function datesFor(days: readonly Piece[], present: Present, withToday: boolean): readonly LocalDate[] {
  const date = days.find((day) => day.kind === 'date')
  const weekday = days.find((day) => day.kind === 'weekdays')
  if (date?.year !== undefined) {
    const { year, month, day } = date
    const isRight = weekday === undefined || weekday.days.includes(weekdayOf({ year, month, day }))
    const isAll = days.length === (weekday === undefined ? 1 : 2)
    return isAll && isRight && isRealDate({ year, month, day }) ? [{ year, month, day }] : []
  }
  const dates = datesOf(days, present.today) ?? []
  // Said on a Friday, "until Friday" is not until today.
  const isBareWeekday = days.length === 1 && weekday !== undefined && weekday.week === undefined
  return isBareWeekday && !withToday ? dates.filter((one) => daysBetween(present.today, one) !== 0) : dates
}
