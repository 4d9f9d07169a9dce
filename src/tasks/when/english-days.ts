import { readHoliday, readIso, readNamedDate } from './english-dates.ts'
import type { Make } from './english-dates.ts'
import { matchAt, wordPattern } from './piece.ts'
import type { Found, Piece } from './piece.ts'
import { readNumber, readOrdinal, readWeekday, words } from './english-words.ts'

const { ordinal, weekday } = words

const inMonth = '(?: of (the|every|each|this|next|the next|the coming) month)'
const monthWords = `(?:${ordinal}|last|final)`
const monthdays = wordPattern(
  `(on )?(?:(every|each) )?(the )?(${ordinal}(?:(?:,? and|,| &) (?:the )?${ordinal})*)${inMonth}?(?: day${inMonth})?`,
)
const nthWeekday = wordPattern(
  `(on )?(?:(every|each) )?(?:the )?(${monthWords}) (${weekday})(?: (?:of|in) (?:the|every|each|a) (?:month|(quarter|year)))?`,
)
const edgeDay = wordPattern(
  '(?:on )?(?:every |each )?(?:the )?(first|1st|last|final) (?:(weekday|working day|workday|business day|week day)|(?:calendar )?day)(?: (?:of|in) (the|every|each|this|next)(?: (other|second))? (month|week|year|quarter))',
)
const monthEdge = wordPattern(
  '(?:at |on |by )?(?:the )?(end|beginning|start) of (the|every|each|this|next|the next) (month|week|year|quarter)',
)
const monthEnd = wordPattern('(?:at |on )?(?:every |each )?month[ -]end')
const relativeDay = wordPattern(
  '(?:on )?(?:(?:the )?(day after tomorrow|overmorrow)|(today)|(tomorrow|tmrw|tmr|tomorow|tommorow|tommorrow)|(tonight|tonite))',
)
const partOfDay = wordPattern(
  '(?:in |for |during )?(this|tomorrow|later this) (morning|afternoon|evening|night)',
)
const nextSpan = wordPattern(
  '(?:some ?time )?(?:in |during )?(next|the coming|this coming|the following) (week|month|year|quarter|weekend)',
)
const thisWeekend = wordPattern('(?:(?:on |over |at )?(?:this|the|the coming|this coming) weekend)')
const fromDay = wordPattern('(an?|one|two|three|\\d{1,2}) weeks? from (today|tomorrow)')
const thisWeek = wordPattern('this (?:week|month|year)')
/** Reads the days that words name: "tomorrow", "5 December", "the 1st and 15th of every month". */
export function readEnglishDays(text: string, at: number): Found | undefined {
  const found = (pieces: readonly Piece[], end: number, weak = false): Found => ({
    pieces,
    start: at,
    end,
    language: 'en',
    weak,
  })
  return (
    readHoliday(text, at, found) ??
    readIso(text, at, found) ??
    readCalendar(text, at, found) ??
    readRelative(text, at, found)
  )
}

function readCalendar(text: string, at: number, found: Make): Found | undefined {
  const last = matchAt(edgeDay, text, at)
  if (last !== undefined) return readEdgeDay(last.groups, last.end, found)
  const nth = matchAt(nthWeekday, text, at)
  if (nth !== undefined) return readNth(nth.groups, text.slice(at, nth.end), nth.end, found)
  const named = readNamedDate(text, at, found)
  if (named !== undefined) return named
  const days = matchAt(monthdays, text, at)
  return days === undefined ? undefined : readMonthdays(days.groups, days.end, found)
}

function readEdgeDay(groups: readonly (string | undefined)[], end: number, found: Make): Found | undefined {
  const [edge, working, which, other, unit] = groups
  const isLast = edge === 'last' || edge === 'final'
  if (unit === 'week' && other === undefined) {
    const repeats = which === 'every' || which === 'each'
    const day = working === undefined ? (isLast ? 0 : 1) : isLast ? 5 : 1
    if (repeats) return found([{ kind: 'weekdays', days: [day], repeats }], end)
  }
  if (unit !== 'month' || other !== undefined) return found([{ kind: 'unsayable' }], end)
  const day = working === undefined ? (isLast ? 'L' : '1') : isLast ? 'LW' : '1W'
  if (which === 'this' || which === 'next') {
    if (working !== undefined) return found([{ kind: 'unsayable' }], end)
    return found([{ kind: 'monthdays', days: [day], repeats: false, month: which === 'next' ? 1 : 0 }], end)
  }
  return found([{ kind: 'monthdays', days: [day], repeats: true }], end)
}

function readNth(
  groups: readonly (string | undefined)[],
  said: string,
  end: number,
  found: Make,
): Found | undefined {
  const [, every, which = '', day = '', ofLonger] = groups
  const ofMonth = /\bmonth$/.test(said)
  if (ofLonger !== undefined) return found([{ kind: 'unsayable' }], end)
  const nth = which === 'last' || which === 'final' ? 'L' : String(readOrdinal(which))
  if (!ofMonth) {
    // "last Friday" is over; "every second Monday" is every other one.
    if (nth === 'L' && every === undefined) return undefined
    if (nth === '2' && every !== undefined) return undefined
    if (nth !== 'L' && Number(nth) > 5) return undefined
    return found([{ kind: 'nth', weekday: readWeekday(day), nth }], end, every === undefined)
  }
  if (nth !== 'L' && Number(nth) > 5) return found([{ kind: 'unsayable' }], end)
  return found([{ kind: 'nth', weekday: readWeekday(day), nth }], end)
}

function readMonthdays(groups: readonly (string | undefined)[], end: number, found: Make): Found | undefined {
  const [on, every, the, list = '', which, whichToo] = groups
  const scope = which ?? whichToo
  const repeats = every !== undefined || scope === 'the' || scope === 'every' || scope === 'each'
  // "the second" of what? Only a day of a month where something says so.
  if (!repeats && scope === undefined && (on === undefined || (the === undefined && !/^\d/.test(list))))
    return undefined
  if (every !== undefined && scope === undefined && !/^\d/.test(list)) return undefined
  const days = list.split(/[\s,]*(?:\band\b|,|&)[\s,]*(?:the\s+)?/).map(readOrdinal)
  if (days.some((day) => day < 1 || day > 31)) return found([{ kind: 'unsayable' }], end)
  const piece: Piece = { kind: 'monthdays', days: days.map(String), repeats }
  if (scope === 'this') return found([{ ...piece, month: 0 }], end)
  if (scope?.endsWith('next') || scope?.endsWith('coming')) return found([{ ...piece, month: 1 }], end)
  return found([piece], end)
}

function readRelative(text: string, at: number, found: Make): Found | undefined {
  const part = matchAt(partOfDay, text, at)
  if (part !== undefined) {
    const named = (['morning', 'afternoon', 'evening', 'night'] as const).find(
      (one) => one === part.groups[1],
    )
    const day: Piece = { kind: 'day', days: part.groups[0] === 'tomorrow' ? 1 : 0 }
    return found(named === undefined ? [day] : [day, { kind: 'part', part: named }], part.end)
  }
  const day = matchAt(relativeDay, text, at)
  if (day !== undefined) {
    const [after, today, tomorrow, tonight] = day.groups
    if (after !== undefined) return found([{ kind: 'day', days: 2 }], day.end)
    if (tomorrow !== undefined) return found([{ kind: 'day', days: 1 }], day.end)
    if (today !== undefined) return found([{ kind: 'day', days: 0 }], day.end)
    if (tonight !== undefined)
      return found(
        [
          { kind: 'day', days: 0 },
          { kind: 'part', part: 'night' },
        ],
        day.end,
      )
  }
  const later = matchAt(fromDay, text, at)
  if (later !== undefined) {
    const days = readNumber(later.groups[0] ?? '') * 7 + (later.groups[1] === 'tomorrow' ? 1 : 0)
    return found([{ kind: 'day', days }], later.end)
  }
  const next = matchAt(nextSpan, text, at)
  if (next !== undefined) return found([nextPiece(next.groups[1] ?? '')], next.end)
  const weekend = matchAt(thisWeekend, text, at)
  if (weekend !== undefined)
    return found([{ kind: 'weekdays', days: [6], repeats: false, week: 0 }], weekend.end)
  const edge = matchAt(monthEdge, text, at)
  if (edge !== undefined) return readMonthEdge(edge.groups, edge.end, found)
  const end = matchAt(monthEnd, text, at)
  if (end !== undefined) {
    const repeats = /every|each/.test(text.slice(at, end.end))
    return found([{ kind: 'monthdays', days: ['L'], repeats }], end.end)
  }
  const now = matchAt(thisWeek, text, at)
  return now === undefined ? undefined : found([{ kind: 'unsayable' }], now.end, true)
}

function nextPiece(unit: string): Piece {
  switch (unit) {
    case 'week':
      return { kind: 'week', weeks: 1 }
    case 'month':
      return { kind: 'month', months: 1 }
    case 'weekend':
      return { kind: 'weekdays', days: [6], repeats: false, week: 1 }
    default:
      return { kind: 'unsayable' }
  }
}

function readMonthEdge(groups: readonly (string | undefined)[], end: number, found: Make): Found {
  const [edge, which, unit] = groups
  const isEnd = edge === 'end'
  const every = which === 'every' || which === 'each'
  const months = which?.endsWith('next') ? 1 : 0
  if (unit === 'month') {
    const piece: Piece = { kind: 'monthdays', days: [isEnd ? 'L' : '1'], repeats: every }
    return found([every || (months === 0 && !isEnd) ? piece : { ...piece, month: months }], end)
  }
  if (unit === 'week') {
    const piece: Piece = { kind: 'weekdays', days: [isEnd ? 5 : 1], repeats: every }
    return found([every ? piece : { ...piece, week: isEnd ? months : 1 }], end)
  }
  return found([{ kind: 'unsayable' }], end)
}
