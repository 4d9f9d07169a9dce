import { readNumber, readOrdinal, readSpan, unitName, words } from './english-words.ts'
import { leadPattern, matchAt, spanOf, wordPattern } from './piece.ts'
import type { Found, Piece } from './piece.ts'

const { unit, weekday } = words

const everyWord = '(?:every|each|once an?|once every|once per|one time an?|one time per|per|a time per)'
const everySpan = leadPattern(`(?:every|each|once every|once per|once an?|per) (?=\\d|[a-z])`)
const everyCount = wordPattern(
  `${everyWord} (?:(other|second|2nd|third|3rd|fourth|4th|fifth|5th|sixth|6th) |single )?(?!second (?:${unit}|${weekday}))(${unit})`,
)
const everyPart = wordPattern('(?:every|each) (?:single )?(morning|noon|afternoon|evening|night|lunchtime)s?')
const frequency = wordPattern(
  '(?:(hourly|every hour on the hour|on the hour)|(daily|everyday)|(weekly)|(biweekly|bi-weekly|fortnightly)|(monthly)|(quarterly|(?:every|each) quarter(?! (?:of an )?hour)|once a quarter|once per quarter)|(yearly|annually)|(nightly)|(minutely)|(bimonthly|bi-monthly|semiweekly|biannually|semiannually))',
)
const perDay = wordPattern(
  `(once|twice|thrice|(?:\\d{1,2}|${words.number}) (?:times|x)|\\d{1,2}x) (?:(?:a|an|per|each|every) (day|hour|week|month|year)|(daily|hourly|weekly|monthly|yearly))`,
)
const minuteOfHour = wordPattern(
  '(?:every hour,? (?:at|on) (?:minute )?:?(\\d{1,2})(?: minutes)?(?: past)?(?: the hour)?|(?:at )?(\\d{1,2}|a quarter|quarter|half)(?: minutes?)? past (?:every|each|the) hour)',
)
const vague = wordPattern(
  `(?:every|each) (?:(?:other|second|third|2nd|3rd) (?:weekend|weekday|workday)|(?:\\d{1,2}|${words.number}) (?:mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays|weekends|weekdays))|(?:every|each) (?:few|several|some|so many|so often|now and then|once in a while|leap|summer|winter|spring|autumn|fall|season|decade|century)(?: ${unit})?`,
)
/** An English find. */
export function make(at: number, pieces: readonly Piece[], end: number, weak = false): Found {
  return { pieces, start: at, end, language: 'en', weak }
}

/** Every day. */
export const everyDay: Piece = { kind: 'every', count: 1, unit: 'day' }

/** Reads "every 2 hours", "twice a day", "monthly", "every morning". */
export function readRepeats(text: string, at: number): Found | undefined {
  const unclear = matchAt(vague, text, at)
  if (unclear !== undefined) return make(at, [{ kind: 'unsayable' }], unclear.end)
  const minute = matchAt(minuteOfHour, text, at)
  if (minute !== undefined) {
    const said = minute.groups[0] ?? minute.groups[1] ?? ''
    const value = said === 'half' ? 30 : said.endsWith('quarter') ? 15 : Number(said)
    return make(at, [value < 60 ? { kind: 'minute', minute: value } : { kind: 'unsayable' }], minute.end)
  }
  const times = matchAt(perDay, text, at)
  if (times !== undefined) return make(at, timesA(times.groups), times.end)
  const part = matchAt(everyPart, text, at)
  if (part !== undefined) return make(at, [everyDay, ...partPieces(part.groups[0] ?? '')], part.end)
  const known = matchAt(frequency, text, at)
  if (known !== undefined) return make(at, frequencyPieces(known.groups), known.end)
  const hourAndHalf = matchAt(wordPattern('(?:every|each) (?:hour|one hour|1 hour) and a half'), text, at)
  if (hourAndHalf !== undefined) return make(at, [{ kind: 'beat', everyMs: 5_400_000 }], hourAndHalf.end)
  const counted = matchAt(everyCount, text, at)
  if (counted !== undefined && !(counted.groups[1] ?? '').endsWith('s')) {
    // "every 5th of the month" and "every second day of the month" are days of a month.
    const [nth, name = ''] = counted.groups
    const count = nth === undefined ? 1 : nth === 'other' ? 2 : readOrdinal(nth)
    return make(at, everyPieces(name, count), counted.end)
  }
  const lead = matchAt(everySpan, text, at)
  if (lead === undefined) return undefined
  const bareHalf = matchAt(wordPattern('(?:(half(?: an?)?)|(quarter(?: of an)?)) hour'), text, lead.end)
  if (bareHalf !== undefined) {
    return make(
      at,
      [{ kind: 'beat', everyMs: bareHalf.groups[0] === undefined ? 900_000 : 1_800_000 }],
      bareHalf.end,
    )
  }
  const span = readSpan(text, lead.end)
  return span === undefined ? undefined : make(at, spanPieces(span.span), span.end)
}

function spanPieces(span: {
  readonly ms: number
  readonly days: number
  readonly months: number
}): readonly Piece[] {
  const { ms, days, months } = span
  if (ms > 0 && days === 0 && months === 0) return [{ kind: 'beat', everyMs: ms }]
  if (ms === 0 && days > 0 && months === 0) {
    return [
      days % 7 === 0
        ? { kind: 'every', count: days / 7, unit: 'week' }
        : { kind: 'every', count: days, unit: 'day' },
    ]
  }
  if (ms === 0 && days === 0 && months > 0) return [{ kind: 'every', count: months, unit: 'month' }]
  return [{ kind: 'unsayable' }]
}

function everyPieces(name: string, count: number): readonly Piece[] {
  if (name.startsWith('f')) return [{ kind: 'every', count: count * 2, unit: 'week' }]
  const said = unitName(name)
  if (said === 'year') return [count === 1 ? { kind: 'every', count, unit: 'year' } : { kind: 'unsayable' }]
  if (said === 'week' || said === 'month' || said === 'day') return [{ kind: 'every', count, unit: said }]
  return [{ kind: 'beat', everyMs: spanOf(said, count)?.ms ?? 0 }]
}

function frequencyPieces(groups: readonly (string | undefined)[]): readonly Piece[] {
  const [hourly, daily, weekly, biweekly, monthly, quarterly, yearly, nightly, minutely] = groups
  if (hourly !== undefined)
    return hourly === 'hourly' ? [{ kind: 'beat', everyMs: 3_600_000 }] : [{ kind: 'minute', minute: 0 }]
  if (daily !== undefined) return [everyDay]
  if (weekly !== undefined) return [{ kind: 'every', count: 1, unit: 'week' }]
  if (biweekly !== undefined) return [{ kind: 'every', count: 2, unit: 'week' }]
  if (monthly !== undefined) return [{ kind: 'every', count: 1, unit: 'month' }]
  if (quarterly !== undefined) return [{ kind: 'every', count: 3, unit: 'month' }]
  if (yearly !== undefined) return [{ kind: 'every', count: 1, unit: 'year' }]
  if (nightly !== undefined) return [everyDay, { kind: 'part', part: 'night' }]
  if (minutely !== undefined) return [{ kind: 'beat', everyMs: 60_000 }]
  return [{ kind: 'unsayable' }]
}

/** The hours of "twice a day" and the like. */
export const timesADay: Readonly<Record<number, readonly number[]>> = {
  1: [],
  2: [9, 18],
  3: [9, 13, 18],
  4: [9, 12, 15, 18],
}

function timesA(groups: readonly (string | undefined)[]): readonly Piece[] {
  const [said = '', per, adverb] = groups
  const count =
    said === 'once'
      ? 1
      : said === 'twice'
        ? 2
        : said === 'thrice'
          ? 3
          : readNumber(said.replace(/\s*(times|x)$/, ''))
  const of = per ?? (adverb === 'daily' ? 'day' : (adverb ?? '').replace(/ly$/, ''))
  if (count === 1) return everyPieces(of, 1)
  const hours = timesADay[count]
  if (of === 'hour' && count > 0 && 60 % count === 0) return [{ kind: 'beat', everyMs: 3_600_000 / count }]
  if (of !== 'day' || hours === undefined) return [{ kind: 'unsayable' }]
  return [everyDay, { kind: 'clock', times: hours.map((hour) => ({ hour, minute: 0, half: 'sure' })) }]
}

/** What the name of a part of the day stands for. */
export function partPieces(said: string): readonly Piece[] {
  const name = said.replace(/s$/, '')
  if (name === 'noon' || name.startsWith('lunch'))
    return [{ kind: 'clock', times: [{ hour: 12, minute: 0, half: 'sure' }] }]
  const part = (['morning', 'afternoon', 'evening', 'night'] as const).find((one) => one === name)
  return part === undefined ? [] : [{ kind: 'part', part }]
}
