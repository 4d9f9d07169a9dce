import { readMonth, readOrdinal, words } from './english-words.ts'
import { leadPattern, matchAt, wordPattern } from './piece.ts'
import type { Found, Piece } from './piece.ts'

const { month, ordinal } = words

const monthDay = wordPattern(
  `(on )?(?:the )?(${month}) (?:the )?(${ordinal}|\\d{1,2})(?:,? (\\d{4}))?(?!:\\d)(?!\\s*[ap]\\.?m)`,
)
const dayMonth = wordPattern(`(on )?(?:the )?(${ordinal}|\\d{1,2})(?: of)? (${month})(?:,? (\\d{4}))?`)
const everyDate = leadPattern(`(?:every|each) (?:year on )?(?=the |\\d|${ordinal}|${month})`)
const iso = wordPattern('(?:on )?(\\d{4})[-/.](\\d{1,2})[-/.](\\d{1,2})')
const isoInstant = wordPattern(
  '(\\d{4}-\\d{2}-\\d{2}[t ]\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,9})?)?) ?(z|utc|[+-]\\d{2}:?\\d{2})',
)
const isoLocal = /(\d{4})-(\d{2})-(\d{2})t(\d{2}):(\d{2})(?::00(?:\.0+)?)?(?![\w:.])/y
const dayMonthYear = wordPattern('(?:on )?(\\d{1,2})\\.(\\d{1,2})\\.(\\d{4})')
const slashed = wordPattern('(on )?\\d{1,2}/\\d{1,2}(?:/\\d{2,4})?')
const dottedShort = wordPattern('on (?:the )?(\\d{1,2})\\.(\\d{1,2})\\.')

const holiday = wordPattern(
  "(on |at )?(christmas eve|christmas(?: day)?|xmas|new year['’]?s eve|new year['’]?s(?: day)?|halloween|valentine['’]?s day)",
)
const dated = wordPattern(`(?:every|each) (?:year on |${month}(?! (?:the )?\\d))`)

const holidays: readonly (readonly [RegExp, number, number])[] = [
  [/^(?:christmas eve)/, 12, 24],
  [/^(?:christmas|xmas)/, 12, 25],
  [/^new year.*eve/, 12, 31],
  [/^new year/, 1, 1],
  [/^halloween/, 10, 31],
  [/^valentine/, 2, 14],
]

/** Reads "Christmas", "New Year's Eve". */
export function readHoliday(text: string, at: number, found: Make): Found | undefined {
  const match = matchAt(holiday, text, at)
  const name = match?.groups[1] ?? ''
  const known = holidays.find(([pattern]) => pattern.test(name))
  if (match === undefined || known === undefined) return undefined
  return found(
    [{ kind: 'date', month: known[1], day: known[2], repeats: false }],
    match.end,
    match.groups[0] === undefined,
  )
}

/** Makes a find that starts where the reader was asked to look. */
export type Make = (pieces: readonly Piece[], end: number, weak?: boolean) => Found

/** Reads dates in figures: 2026-12-01, 1.12.2026, instants in ISO 8601. 12/05 says nothing certain. */
export function readIso(text: string, at: number, found: Make): Found | undefined {
  const instant = matchAt(isoInstant, text, at)
  if (instant !== undefined) {
    const [wall = '', offset = ''] = instant.groups
    const zone = offset === 'z' || offset === 'utc' ? 'Z' : offset
    const atMs = Date.parse(`${wall.replace(/[t ]/, 'T')}${zone}`)
    return found([Number.isNaN(atMs) ? { kind: 'unsayable' } : { kind: 'instant', atMs }], instant.end)
  }
  const local = matchAt(isoLocal, text, at)
  if (local !== undefined) {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = local.groups.map(Number)
    if (hour > 23 || minute > 59) return found([{ kind: 'unsayable' }], local.end)
    const clock: Piece = { kind: 'clock', times: [{ hour, minute, half: 'sure' }] }
    return found([{ kind: 'date', year, month, day, repeats: false }, clock], local.end)
  }
  const date = matchAt(iso, text, at)
  if (date !== undefined) {
    const [year = 0, month = 0, day = 0] = date.groups.map(Number)
    return found([{ kind: 'date', year, month, day, repeats: false }], date.end)
  }
  const dots = matchAt(dayMonthYear, text, at)
  if (dots !== undefined) {
    const [day = 0, month = 0, year = 0] = dots.groups.map(Number)
    return found([{ kind: 'date', year, month, day, repeats: false }], dots.end)
  }
  // 12/05 is December to some and May to others.
  const slash = matchAt(slashed, text, at)
  if (slash !== undefined) return found([{ kind: 'unsayable' }], slash.end, slash.groups[0] === undefined)
  const short = matchAt(dottedShort, text, at)
  return short === undefined ? undefined : found([{ kind: 'unsayable' }], short.end)
}

/** Reads "December 5", "5 Dec 2026", "every January 1st". */
export function readNamedDate(text: string, at: number, found: Make): Found | undefined {
  const every = matchAt(everyDate, text, at)
  const from = every?.end ?? at
  const repeats = every !== undefined
  const us = matchAt(monthDay, text, from)
  if (us !== undefined) {
    const [on, name = '', day = '', year] = us.groups
    return readDate(name, day, year, repeats, us.end, found, name === 'may' && on === undefined && !repeats)
  }
  const eu = matchAt(dayMonth, text, from)
  if (eu !== undefined) {
    const [on, day = '', name = '', year] = eu.groups
    return readDate(name, day, year, repeats, eu.end, found, name === 'may' && on === undefined && !repeats)
  }
  const vague = matchAt(dated, text, at)
  return vague === undefined ? undefined : found([{ kind: 'unsayable' }], vague.end)
}

function readDate(
  name: string,
  said: string,
  year: string | undefined,
  repeats: boolean,
  end: number,
  found: Make,
  weak: boolean,
): Found {
  const day = /^\d+$/.test(said) ? Number(said) : readOrdinal(said)
  const date = { kind: 'date', month: readMonth(name), day, repeats } as const
  return found([year === undefined ? date : { ...date, year: Number(year) }], end, weak)
}
