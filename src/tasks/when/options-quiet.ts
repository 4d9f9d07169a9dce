import type { QuietHours } from '../../task.ts'
import { reach as chineseReach, readChineseTime } from './chinese-clock.ts'
import type { Clause } from './clause.ts'
import { isTime, readEnglishTime } from './english-clock.ts'
import { matchAt } from './piece.ts'
import type { Match, Time } from './piece.ts'
import { settle } from './time.ts'

const named =
  /(?:(?:with\s+)?quiet(?:\s+(?:hours?|times?))?|do\s+not\s+disturb|don['’]?t\s+disturb|dnd)(?:\s*([:=])\s*|\s+)(?:from\s+|between\s+)?/y
const notBetween =
  /(?:but\s+|and\s+|just\s+)?(?:(?:not|never)\s+(?:between|from|during)|(?:except|excluding|but\s+not)(?:\s+(?:between|from|during))?)\s+/y
const reach = /\s*(?:-|–|—|~|(?:to|until|till|and)(?=\s))\s*/y

const namedChinese = /(?:免打扰|勿扰|静音)(?:时段|时间段?|模式)?(?:设为|为|是)?\s*(?:(:)\s*)?从?\s*/y
const exceptChinese = /除(?:了|去|开)?\s*/y
const from = /(?:每[天日]?)?从?/y
const closing = /\s*(?:之间|期间|这段时间|时段)?(?:以内|之内|内|里)?\s*/y
const outside = /(?:以外|之外|外)?都?/y
const undisturbed =
  /,?\s*(?:请|都|就)*(?:(?:(?:不要?|别|请?勿)再?|免)打扰(?:我们?|大家)?|请?勿扰|静音)(?![他她它你您爸妈孩老客邻谁们人])/y
const unsaid =
  /,?\s*(?:请|都|就)*(?:(?:不要?|别|请?勿)再?(?:提醒|发(?:送|消息)?|运行|执行|吵)(?:我们?|大家)?(?![他她它你您爸妈孩老客邻谁们人])|除外)/y

/**
 * Reads "quiet 22:00-07:00", "not between 10pm and 7", "except 22-7", 免打扰22:00-07:00, 晚上10点到早上7点不打扰. A colon
 * is of the 24-hour clock, and so is a bare hour beside such a time; beside am and pm a bare hour is the nearer one; two
 * bare hours say nothing certain.
 */
export function readQuiet(text: string, at: number): Clause | undefined {
  const lead = matchAt(named, text, at) ?? matchAt(notBetween, text, at)
  if (lead !== undefined) {
    const hours = readHours(text, lead.end, readEnglish, reach, false)
    const isNamed = /^(?:with\s|q|d)/.test(text.slice(at, at + 5))
    return hours === undefined ? unreadable(at, lead) : { start: at, ...hours, isPlain: isNamed }
  }
  return readChineseQuiet(text, at)
}

function readChineseQuiet(text: string, at: number): Clause | undefined {
  const lead = matchAt(namedChinese, text, at)
  if (lead !== undefined) {
    const hours = readHours(text, lead.end, readChinese, chineseReach, true)
    if (hours === undefined) return unreadable(at, lead)
    return { start: at, ...hours, end: matchAt(closing, text, hours.end)?.end ?? hours.end, isPlain: true }
  }
  const except = matchAt(exceptChinese, text, at)
  const begin = except?.end ?? matchAt(from, text, at)?.end ?? at
  if (!/[\d〇零一二两三四五六七八九十凌清大早上中午下傍黄晚夜深半正子差]/.test(text.charAt(begin)))
    return undefined
  const hours = readHours(text, begin, readChinese, chineseReach, true)
  if (hours === undefined) return undefined
  const inner = matchAt(closing, text, hours.end)?.end ?? hours.end
  if (except !== undefined) {
    return { start: at, ...hours, end: matchAt(outside, text, inner)?.end ?? inner, isPlain: false }
  }
  const plain = matchAt(undisturbed, text, inner)
  const tail = plain ?? matchAt(unsaid, text, inner)
  return tail === undefined ? undefined : { start: at, ...hours, end: tail.end, isPlain: plain !== undefined }
}

/** "quiet hours: at night" is meant as an option; "quiet please" is not. */
function unreadable(start: number, { groups, end }: Match): Clause | undefined {
  return groups[0] === undefined ? undefined : { start, end, says: undefined, isPlain: true }
}

/** An end of quiet hours: as it stands, of the 24-hour clock, in a half of the day that is told, or bare. */
type End = { readonly time: Time; readonly kind: 'colon' | 'clock24' | 'told' | 'bare'; readonly end: number }
type ReadEnd = (text: string, at: number) => End | undefined

function readHours(
  text: string,
  at: number,
  read: ReadEnd,
  link: RegExp,
  chinese: boolean,
): Pick<Clause, 'end' | 'says'> | undefined {
  const first = read(text, at)
  const joint = first === undefined ? undefined : matchAt(link, text, first.end)
  const last = joint === undefined ? undefined : read(text, joint.end)
  if (first === undefined || last === undefined) return undefined
  const quiet = quietOf(first, last, chinese)
  return { end: last.end, says: quiet === undefined ? undefined : { quiet } }
}

const figures = /(\d{1,2})(?![\d:.]|\s*[点时])/y

function readEnglish(text: string, at: number): End | undefined {
  const found = readEnglishTime(text, at, true, true)
  if (found === undefined) return undefined
  const said = text.slice(at, found.end)
  const isTold = found.time.part !== undefined || /[ap]\.?m|noon|midday|midnight/.test(said)
  return { time: found.time, kind: isTold ? 'told' : kindOf(found.time), end: found.end }
}

function readChinese(text: string, at: number): End | undefined {
  const found = readChineseTime(text, at)
  if (found !== undefined) {
    const { time, end } = found
    return { time, kind: time.part === undefined ? kindOf(time) : 'told', end }
  }
  const plain = matchAt(figures, text, at)
  if (plain === undefined) return undefined
  const said = plain.groups[0] ?? ''
  const hour = Number(said)
  const isSure = hour > 12 || said.startsWith('0')
  const time: Time = { hour, minute: 0, half: isSure ? 'sure' : 'hour' }
  return { time, kind: kindOf(time), end: plain.end }
}

function kindOf({ half }: Time): End['kind'] {
  if (half === 'sure') return 'clock24'
  return half === 'colon' ? 'colon' : 'bare'
}

const day = 24 * 60

function quietOf(first: End, last: End, chinese: boolean): QuietHours | undefined {
  if (!isTime(first.time) || !isTime(last.time)) return undefined
  const isToldBeside = first.kind === 'told' || last.kind === 'told'
  if (first.kind === 'bare' && last.kind === 'bare') return undefined
  const starts = minutesOf(first, isToldBeside, chinese)
  const stops = minutesOf(last, isToldBeside, chinese)
  // Of a bare hour there are two: the one that makes the shorter stretch is meant.
  const pairs = starts
    .flatMap((start) => stops.map((stop) => ({ start, stop, length: (stop - start + day) % day })))
    .filter(({ length }) => length > 0)
    .toSorted((a, b) => a.length - b.length)
  const [best] = pairs
  if (best === undefined) return undefined
  // "9:00-5:00" is most likely an office's day, and would be a whole night.
  const isTwelve = [first, last].every(({ time, kind }) => kind === 'colon' && time.hour < 10)
  return isTwelve && best.stop < best.start ? undefined : { from: shown(best.start), to: shown(best.stop) }
}

/** The minutes of the day that an end may be. */
function minutesOf({ time, kind }: End, isToldBeside: boolean, chinese: boolean): readonly number[] {
  if (kind === 'told') {
    const settled = settle(time, time.part, { repeats: true, chinese })
    return settled === undefined ? [] : [settled.hour * 60 + settled.minute]
  }
  const minutes = (time.hour % 24) * 60 + time.minute
  return kind === 'bare' && isToldBeside && time.hour <= 12
    ? [minutes % (day / 2), (minutes % (day / 2)) + day / 2]
    : [minutes]
}

function shown(minutes: number): string {
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
