import { addSpans, leadPattern, matchAt, spanOf, wordPattern } from './piece.ts'
import type { Span } from './piece.ts'

const small = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
  'thirteen',
  'fourteen',
  'fifteen',
  'sixteen',
  'seventeen',
  'eighteen',
  'nineteen',
]
const tens = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety']
const ordinals =
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty[ -]first twenty[ -]second twenty[ -]third twenty[ -]fourth twenty[ -]fifth twenty[ -]sixth twenty[ -]seventh twenty[ -]eighth twenty[ -]ninth thirtieth thirty[ -]first'.split(
    /(?<!\[) (?!-)/,
  )
const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const weekdays = 'sun mon tue wed thu fri sat'.split(' ')

/** Parts of patterns, without groups. */
export const words = {
  number: `(?:(?:${tens.join('|')})(?:[ -](?:${small.slice(1, 10).join('|')}))?|${small.toReversed().join('|')})`,
  ordinal: `(?:\\d{1,2}(?:st|nd|rd|th)|${ordinals.toReversed().join('|')})`,
  month:
    '(?:jan(?:uary|\\.)?|feb(?:ruary|\\.)?|mar(?:ch|\\.)?|apr(?:il|\\.)?|may|june?|july?|aug(?:ust|\\.)?|sept?(?:ember|\\.)?|oct(?:ober|\\.)?|nov(?:ember|\\.)?|dec(?:ember|\\.)?)',
  weekday:
    '(?:mon(?:days?|\\.)?|tue(?:s(?:days?)?|\\.)?|wed(?:s|nesdays?|\\.)?|thu(?:r(?:s(?:days?)?)?|\\.)?|fri(?:days?|\\.)?|sat(?:urdays?|\\.)?|sun(?:days?|\\.)?)',
  unit: '(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|wks?|fortnights?|months?|years?|yrs?)',
} as const

/** A number in figures or words; 1 for "a" and "an", 2 for "a couple of". */
export function readNumber(said: string): number {
  const text = said.trim()
  if (/^\d/.test(text)) return Number.parseFloat(text)
  if (text === 'a' || text === 'an') return 1
  if (text.includes('couple')) return 2
  const [first = '', second] = text.split(/[\s-]+/)
  const ten = tens.indexOf(first)
  if (ten >= 0) return (ten + 2) * 10 + (second === undefined ? 0 : small.indexOf(second))
  return small.indexOf(first)
}

/** 1 to 31 for "1st" or "thirty-first". */
export function readOrdinal(said: string): number {
  if (/^\d/.test(said)) return Number.parseInt(said, 10)
  return ordinals.indexOf(said.trim().replace(/[\s-]+/, '[ -]')) + 1
}

/** 1 to 12. */
export function readMonth(said: string): number {
  return months.indexOf(said.slice(0, 3)) + 1
}

/** 0 for Sunday to 6. */
export function readWeekday(said: string): number {
  return weekdays.indexOf(said.slice(0, 3))
}

const half = wordPattern('(?:half an?|a half|half) (hour|minute|day|year)')
const andHalf = wordPattern('(an?|one) (hour|minute|day|week|month|year) and a half')
const counted = wordPattern(
  `(\\d{1,5}(?:\\.\\d{1,2})?|a couple(?: of)?|couple(?: of)?|an?|${words.number})( and a half)?[ -]?(?:more )?(${words.unit})`,
)
const glued = wordPattern('(\\d{1,4}(?:\\.\\d{1,2})?)\\s?([smhdw])')
const gluedTwo = wordPattern('(\\d{1,3})\\s?h\\s?(\\d{1,2})\\s?(?:m|mins?|minutes?)?')
const joint = leadPattern('(?:,? and|,)? (?=\\d|[a-z])')

/** A length of time, such as "an hour and a half", "2 hours 30 minutes", "1h30". */
export function readSpan(
  text: string,
  at: number,
): { readonly span: Span; readonly end: number } | undefined {
  const first = readOneSpan(text, at)
  if (first === undefined) return undefined
  let { span, end, rank, halved } = first
  while (!halved) {
    const link = matchAt(joint, text, end)
    const next = link === undefined ? undefined : readOneSpan(text, link.end)
    if (next === undefined || next.rank >= rank) break
    span = addSpans(span, next.span)
    end = next.end
    rank = next.rank
    halved = next.halved
  }
  return { span, end }
}

const ranks = ['s', 'm', 'h', 'd', 'w', 'M', 'y']

function readOneSpan(
  text: string,
  at: number,
):
  { readonly span: Span; readonly end: number; readonly rank: number; readonly halved: boolean } | undefined {
  const build = (unit: string, count: number, end: number, halved: boolean) => {
    const fortnight = unit.startsWith('f')
    const name = unitName(unit)
    const span = spanOf(name, fortnight ? count * 2 : count)
    const rank = ranks.indexOf(name === 'month' ? 'M' : (name[0] ?? ''))
    return span === undefined ? undefined : { span, end, rank, halved }
  }
  const halfMatch = matchAt(half, text, at)
  if (halfMatch !== undefined) return build(halfMatch.groups[0] ?? '', 0.5, halfMatch.end, true)
  const andHalfMatch = matchAt(andHalf, text, at)
  if (andHalfMatch !== undefined) return build(andHalfMatch.groups[1] ?? '', 1.5, andHalfMatch.end, true)
  const two = matchAt(gluedTwo, text, at)
  if (two !== undefined) {
    const minutes = Number(two.groups[0]) * 60 + Number(two.groups[1])
    return build('minute', minutes, two.end, true)
  }
  const match = matchAt(counted, text, at)
  if (match !== undefined) {
    const halved = match.groups[1] !== undefined
    return build(
      match.groups[2] ?? '',
      readNumber(match.groups[0] ?? '') + (halved ? 0.5 : 0),
      match.end,
      halved,
    )
  }
  const short = matchAt(glued, text, at)
  return short === undefined
    ? undefined
    : build(short.groups[1] ?? '', Number(short.groups[0]), short.end, false)
}

/** The unit that a word or letter names. */
export function unitName(said: string): 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year' {
  if (said.startsWith('mo')) return 'month'
  switch (said[0]) {
    case 's':
      return 'second'
    case 'm':
      return 'minute'
    case 'h':
      return 'hour'
    case 'd':
      return 'day'
    case 'y':
      return 'year'
    default:
      return 'week'
  }
}
