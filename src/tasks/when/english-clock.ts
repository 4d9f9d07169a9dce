import { leadPattern, matchAt, wordPattern } from './piece.ts'
import type { Found, Part, Piece, Time } from './piece.ts'
import { readNumber, words } from './english-words.ts'

const hourWord = '(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)'
const halfMark = '(a\\.m\\.?|p\\.m\\.?|am|pm)'
const partWords = '(?: in the (morning|afternoon|evening)| at (night))?'
const exact = '(?: sharp| on the dot| exactly)?'

const colon = wordPattern(`(\\d{1,2}):(\\d{2})(?::00)?(?:\\s?${halfMark})?${partWords}${exact}`)
const dotted = wordPattern(`(\\d{1,2})\\.(\\d{2})(?:\\s?${halfMark})?${partWords}${exact}`)
const dottedSure = wordPattern(`(\\d{1,2})\\.(\\d{2})\\s?${halfMark}`)
const marked = wordPattern(
  `(\\d{1,2}|${hourWord})(?: (fifteen|thirty|forty[ -]five))?\\s?${halfMark}${exact}`,
)
const letterH = wordPattern('(\\d{1,2})h(\\d{2})')
const letterHAlone = wordPattern('(\\d{1,2})h')
const relative = wordPattern(
  `(half|(?:a )?quarter|${words.number}(?: minutes?)?|\\d{1,2}(?: minutes?)?) (past|after|to|till|before) (\\d{1,2}|${hourWord}|noon|midnight)(?:\\s?${halfMark})?${partWords}${exact}`,
)
const oclock = wordPattern(`(\\d{1,2}|${hourWord}) ?o ?['’]? ?clock(?: ${halfMark})?${partWords}${exact}`)
const named = wordPattern(`(?:12 ?|twelve )?(noon|midday|midnight)${exact}`)
const lunch = wordPattern('at lunch(?: ?time)?')
const military = wordPattern('([01]\\d|2[0-4])(\\d{2})(?: ?(?:hours|hrs|h))?')
const bare = wordPattern(
  `(\\d{1,2}|${hourWord})(?: (oh[ -](?:one|two|three|four|five|six|seven|eight|nine)|${words.number}))?${partWords}${exact}`,
)
const bareInPart = wordPattern(
  `(\\d{1,2}|${hourWord})(?: in the (morning|afternoon|evening)| at (night)|(?= (?:every|each) (?:morning|afternoon|evening|night)))`,
)
const endOfDay = wordPattern(
  '(?:at |by )?(?:the )?(?:end of (?:the |my )?(?:business |work(?:ing)? ?)?day|eod|cob|close of business)',
)

const before = leadPattern('(?:(?:at around|at about|at exactly|at|around|about) |@ ?)')
const also = /(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*&\s*|\s*\/\s*)(?:at\s+)?/y
const apart = /\s*(?:-|–|—|(?:to|until|till|through|and)(?=\s))\s*/y
const reach = /\s*(?:-|–|—|(?:to|until|till)(?=\s))\s*/y
const spanWords = leadPattern('(?:between|from) (?=\\d|[a-z])')
const officeHours = wordPattern('(?:during|in|within) (?:working|business|office|work) hours')
const unitsAfter =
  /\s*(?:[%°-]|(?:percent|per\s?cent|degrees?|dollars?|euros?|usd|eur|km|kg|miles?|meters?|metres?|people|persons?|points?|times?|items?|pages?|options?|street|st|avenue|guys|years?|days?|weeks?|months?|hours?|minutes?|mins?|seconds?|th)(?!\w))/y
const follows =
  /\s*(?:$|[,.;:!?)\u3000-\uffff]|(?:to|and|or|every|each|on|in|for|about|that|then|please|remind|send|tell|give|get|post|fetch|read|summari[sz]e|digest|check|ping|notify|wake|call|run|show|today|tomorrow|tonight|i|me|my|with|from|the|a|an|you|say|write|message|email|daily|weekly|weekdays?|mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday|this|next|local|starting|of)(?![\w])|[\u2e80-\u9fff])/y
const openBefore =
  /(?:^|[,.;:!?\u2e80-\u9fff]|\b(?:me|us|day|days|morning|evening|afternoon|night|today|tomorrow|tonight|weekdays?|weekends?|daily|weekly|monthly|\w+days?|\d(?:st|nd|rd|th)|\d))\s*$/

const midnight: Time = { hour: 24, minute: 0, half: 'hour' }

/** A time of day and where it ends; `bare` where it is a number alone. */
export type TimeFound = { readonly time: Time; readonly end: number; readonly bare: boolean }

/** Reads times of day: "9am", "at 9 and 17:00", "half past 8", "between 9 and 17". */
export function readEnglishClock(text: string, at: number): Found | undefined {
  const found = (pieces: readonly Piece[], end: number): Found => ({
    pieces,
    start: at,
    end,
    language: 'en',
    weak: false,
  })
  const office = matchAt(officeHours, text, at)
  if (office !== undefined) {
    return found([{ kind: 'hours', from: sure(9), to: sure(17) }], office.end)
  }
  const close = matchAt(endOfDay, text, at)
  if (close !== undefined) return found([{ kind: 'clock', times: [sure(17)] }], close.end)
  const range = readHours(text, at)
  if (range !== undefined) return found([range.piece], range.end)

  const lead = matchAt(before, text, at)
  const from = lead?.end ?? at
  const first = readEnglishTime(text, from, lead !== undefined) ?? readLunch(text, at)
  if (first === undefined) return undefined
  if (first.bare && (!bareFits(text, at, first.end) || text.startsWith('about', at))) return undefined
  // "at 9 to 10": a stretch of time, which only what repeats within it can use.
  const until = lead === undefined ? undefined : matchAt(reach, text, first.end)
  const last = until === undefined ? undefined : readEnglishTime(text, until.end, true, true)
  if (last !== undefined && (!last.bare || matchAt(follows, text, last.end) !== undefined)) {
    return found([{ kind: 'hours', from: first.time, to: last.time }], last.end)
  }
  const times = [first.time]
  let end = first.end
  for (;;) {
    const link = matchAt(also, text, end)
    const next = link === undefined ? undefined : readEnglishTime(text, link.end, lead !== undefined)
    if (next === undefined || (next.bare && matchAt(follows, text, next.end) === undefined)) break
    if (next.bare && matchAt(unitsAfter, text, next.end) !== undefined) break
    times.push(next.time)
    end = next.end
  }
  const impossible = times.some((time) => !isTime(time))
  return found([impossible ? { kind: 'unsayable' } : { kind: 'clock', times }], end)
}

/** True unless "at 9" goes on to say nine of what. */
function bareFits(text: string, start: number, end: number): boolean {
  if (matchAt(unitsAfter, text, end) !== undefined) return false
  return (
    matchAt(follows, text, end) !== undefined || openBefore.test(text.slice(Math.max(0, start - 16), start))
  )
}

function readHours(text: string, at: number): { readonly piece: Piece; readonly end: number } | undefined {
  const lead = matchAt(spanWords, text, at)
  const from = readEnglishTime(text, lead?.end ?? at, true, true)
  if (from === undefined) return undefined
  const link = matchAt(lead === undefined ? reach : apart, text, from.end)
  if (link === undefined) return undefined
  const to = readEnglishTime(text, link.end, true, true)
  if (
    to === undefined ||
    (lead === undefined && (from.bare || to.bare) && !(from.bare && to.time.half === 'sure'))
  )
    return undefined
  if (!isTime(from.time) || !isTime(to.time)) return { piece: { kind: 'unsayable' }, end: to.end }
  return { piece: { kind: 'hours', from: from.time, to: to.time }, end: to.end }
}

/** Reads one time of day. `bareToo`: "9" alone is one; `inRange`: another follows, so "10 to 5" is two of them. */
export function readEnglishTime(
  text: string,
  at: number,
  bareToo: boolean,
  inRange = false,
): TimeFound | undefined {
  const name = matchAt(named, text, at)
  if (name !== undefined)
    return { time: name.groups[0] === 'midnight' ? midnight : sure(12), end: name.end, bare: false }
  const past = inRange ? undefined : matchAt(relative, text, at)
  const counted = past === undefined ? undefined : readRelative(past.groups, past.end)
  if (counted !== undefined && (bareToo || !/^\d{1,2}$/.test(past?.groups[0] ?? ''))) return counted
  const clock = matchAt(colon, text, at) ?? matchAt(bareToo ? dotted : dottedSure, text, at)
  if (clock !== undefined && !/[.:]\d/y.test(text.slice(clock.end, clock.end + 2))) {
    const [hour = '', minute = '', mark, day, night] = clock.groups
    return { time: timeOf(hour, Number(minute), 'colon', mark, day ?? night), end: clock.end, bare: false }
  }
  const half = matchAt(marked, text, at)
  if (half !== undefined) {
    const [hour = '', minute, mark] = half.groups
    return {
      time: timeOf(hour, minute === undefined ? 0 : readNumber(minute), 'hour', mark),
      end: half.end,
      bare: false,
    }
  }
  const clockWord = matchAt(oclock, text, at)
  if (clockWord !== undefined) {
    const [hour = '', mark, day, night] = clockWord.groups
    return { time: timeOf(hour, 0, 'hour', mark, day ?? night), end: clockWord.end, bare: false }
  }
  const french = matchAt(letterH, text, at) ?? (bareToo ? matchAt(letterHAlone, text, at) : undefined)
  if (french !== undefined) {
    return {
      time: sure(Number(french.groups[0]), Number(french.groups[1] ?? 0)),
      end: french.end,
      bare: false,
    }
  }
  const alone = bareToo ? undefined : matchAt(letterHAlone, text, at)
  if (alone !== undefined && Number(alone.groups[0]) >= 13 && Number(alone.groups[0]) <= 23) {
    return { time: sure(Number(alone.groups[0])), end: alone.end, bare: false }
  }
  const inPart = bareToo ? undefined : matchAt(bareInPart, text, at)
  if (inPart !== undefined && openBefore.test(text.slice(Math.max(0, at - 16), at))) {
    return {
      time: timeOf(inPart.groups[0] ?? '', 0, 'hour', undefined, inPart.groups[1] ?? inPart.groups[2]),
      end: inPart.end,
      bare: false,
    }
  }
  if (!bareToo) return undefined
  const four = matchAt(military, text, at)
  const year = four !== undefined && /^(?:19|20)\d\d$/.test(text.slice(at, four.end))
  if (four !== undefined && !year)
    return { time: sure(Number(four.groups[0]), Number(four.groups[1])), end: four.end, bare: true }
  const plain = matchAt(bare, text, at)
  if (plain === undefined) return undefined
  const [hour = '', minute, day, night] = plain.groups
  const minutes = minute === undefined ? 0 : readNumber(minute.replace(/^oh[\s-]+/, ''))
  const part = day ?? night
  return { time: timeOf(hour, minutes, 'hour', undefined, part), end: plain.end, bare: part === undefined }
}

function readLunch(text: string, at: number): TimeFound | undefined {
  const found = matchAt(lunch, text, at)
  return found === undefined ? undefined : { time: sure(12), end: found.end, bare: false }
}

function readRelative(groups: readonly (string | undefined)[], end: number): TimeFound | undefined {
  const [amount = '', direction, hour = '', mark, day, night] = groups
  const minutes =
    amount === 'half' ? 30 : amount.endsWith('quarter') ? 15 : readNumber(amount.replace(/\s*minutes?$/, ''))
  const base =
    hour === 'noon' ? sure(12) : hour === 'midnight' ? sure(24) : timeOf(hour, 0, 'hour', mark, day ?? night)
  const past = direction === 'past' || direction === 'after'
  if (amount === 'half' && !past) return undefined
  // "ten to nine" is a time, "9 to 5" is not.
  if (minutes > 59 || (!past && minutes % 5 !== 0 && !amount.includes('minute'))) return undefined
  if (past) return { time: { ...base, hour: base.hour % 24, minute: minutes }, end, bare: false }
  const earlier = base.hour === 1 && base.half !== 'sure' ? 12 : (base.hour + 23) % 24
  return { time: { ...base, hour: earlier, minute: 60 - minutes }, end, bare: false }
}

function sure(hour: number, minute = 0): Time {
  return { hour, minute, half: 'sure' }
}

function timeOf(said: string, minute: number, shape: 'hour' | 'colon', mark?: string, part?: string): Time {
  const hour = readNumber(said)
  const twelve = hour >= 1 && hour <= 12
  if (mark !== undefined) {
    if (!twelve) return sure(99)
    return sure((hour % 12) + (mark.startsWith('p') ? 12 : 0), minute)
  }
  const half = !twelve || /^0\d/.test(said) ? 'sure' : shape
  const parts: readonly Part[] = ['morning', 'afternoon', 'evening', 'night']
  const named = parts.find((one) => one === part)
  return { hour, minute, half, ...(named === undefined ? {} : { part: named }) }
}

/** True for 0:00 to 24:00. */
export function isTime(time: Time): boolean {
  return time.minute <= 59 && (time.hour <= 23 || (time.hour === 24 && time.minute === 0))
}
