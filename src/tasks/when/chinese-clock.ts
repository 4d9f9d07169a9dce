import { isTime } from './english-clock.ts'
import { chinese, readChineseNumber, readPart } from './chinese-words.ts'
import { matchAt } from './piece.ts'
import type { Found, Part, Piece, Time } from './piece.ts'

const { number, part } = chinese
const hour = '(?:[01]?\\d|2[0-4]|二十[一二三四]?|十[一二三四五六七八九]?|[零〇一二两三四五六七八九])'
const minutes =
  '(?:[0-5]?\\d|[零〇][一二三四五六七八九]|[二三四五]?十[一二三四五六七八九]?|[一二两三四五六七八九])'

const pointed = new RegExp(
  `(${part}|[早晚])?\\s*(${hour})\\s*(?:(点钟|点整(?!理)|点正(?![在好式])|点)|时(?![候间代期常段刻]))(?:\\s*(半|[一1]刻|[三3]刻|(?:过|零|〇)?${minutes}分钟?(?!后|以后|之后)|[零〇][一二三四五六七八九]|[二三四五]?十[一二三四五六七八九]?(?![点个天月号日])|[0-5]\\d(?![\\d点个天月号日])))?(整(?!理)|钟)?`,
  'y',
)
const colon = new RegExp(`(${part}|[早晚])?\\s*(\\d{1,2}):(\\d{2})(?::00)?(?![\\d:])(?!\\s*[ap]\\.?m)`, 'y')
const lacking = new RegExp(
  `(${part}|[早晚])?差(?:(${number})分钟?|([一1]刻)钟?)(?:到|不到)?(${hour})点钟?`,
  'y',
)
const lackingAfter = new RegExp(`(${part})?(${hour})点差(?:(${number})分钟?|([一1]刻)钟?)`, 'y')
const named = /(?:(?:零点|午夜|半夜十二点|子夜)整?)/y
const noon = /(?:正午|午饭时间|午休时间|午饭时)/y
const endOfDay = /(?:下班前|下班时|下班的时候|下班后)/y
/** What stands between the two ends of a stretch of time. */
export const reach = /\s*(?:到|至|-|~|—|–|直到)\s*/y
const closing = /\s*(?:之间|期间|时段|这段时间)?(?:内)?/y
const office = /(?:工作|上班|办公)(?:时间|时段)(?:内|里)?/y

type TimeFound = { readonly time: Time; readonly end: number; readonly weak: boolean }

/** Reads times of day: 早上8点半, 21:00, 两点一刻, 差五分九点, 从9点到17点. */
export function readChineseClock(text: string, at: number): Found | undefined {
  const found = (piece: Piece, end: number, weak = false): Found => ({
    pieces: [piece],
    start: at,
    end,
    language: 'zh',
    weak,
  })
  const hours = matchAt(office, text, at)
  if (hours !== undefined) {
    return found(
      {
        kind: 'hours',
        from: { hour: 9, minute: 0, half: 'sure' },
        to: { hour: 17, minute: 0, half: 'sure' },
      },
      hours.end,
    )
  }
  const close = matchAt(endOfDay, text, at)
  if (close !== undefined && !text.startsWith('下班后', at)) {
    return found({ kind: 'clock', times: [{ hour: 17, minute: 0, half: 'sure' }] }, close.end, true)
  }
  const lead = text.startsWith('从', at) ? 1 : 0
  const first = readChineseTime(text, at + lead)
  if (first === undefined) return undefined
  const link = matchAt(reach, text, first.end)
  const last = link === undefined ? undefined : readChineseTime(text, link.end)
  if (last !== undefined) {
    const end = matchAt(closing, text, last.end)?.end ?? last.end
    if (!isTime(first.time) || !isTime(last.time)) return found({ kind: 'unsayable' }, end)
    const to =
      last.time.part === undefined && first.time.part === 'afternoon'
        ? { ...last.time, part: first.time.part }
        : last.time
    return found({ kind: 'hours', from: first.time, to }, end)
  }
  // 十一点之前 sets a limit, not a time.
  if (lead === 1 || /^(?:之前|以前|前(?![后面台往]))/.test(text.slice(first.end, first.end + 2)))
    return undefined
  const pieces: readonly Piece[] =
    first.time.part === undefined
      ? [{ kind: 'clock', times: [first.time] }]
      : [
          { kind: 'part', part: first.time.part },
          { kind: 'clock', times: [bareOf(first.time)] },
        ]
  const sayable = isTime(first.time)
  return {
    pieces: sayable ? pieces : [{ kind: 'unsayable' }],
    start: at,
    end: first.end,
    // "21:00" says nothing of the language that it stands in.
    language: /[^\d:]/.test(text.slice(at, first.end)) ? 'zh' : 'any',
    weak: first.weak,
  }
}

function bareOf(time: Time): Time {
  return { hour: time.hour, minute: time.minute, half: time.half }
}

/** Reads one time of day. */
export function readChineseTime(text: string, at: number): TimeFound | undefined {
  const midnight = matchAt(named, text, at)
  if (midnight !== undefined && !/^零点[\d一二三四五]/.test(text.slice(at, at + 3))) {
    return { time: { hour: 24, minute: 0, half: 'hour' }, end: midnight.end, weak: false }
  }
  const midday = matchAt(noon, text, at)
  if (midday !== undefined && !/^\s*[\d一二两十]/.test(text.slice(midday.end, midday.end + 2))) {
    return { time: { hour: 12, minute: 0, half: 'sure' }, end: midday.end, weak: false }
  }
  const minus = matchAt(lacking, text, at)
  if (minus !== undefined) {
    const [day, less, quarter, said = ''] = minus.groups
    return before(said, quarter === undefined ? readChineseNumber(less ?? '') : 15, day, minus.end)
  }
  const minusAfter = matchAt(lackingAfter, text, at)
  if (minusAfter !== undefined) {
    const [day, said = '', less, quarter] = minusAfter.groups
    return before(said, quarter === undefined ? readChineseNumber(less ?? '') : 15, day, minusAfter.end)
  }
  const clock = matchAt(colon, text, at)
  if (clock !== undefined) {
    const [day, said = '', minute = ''] = clock.groups
    return { time: timeOf(said, Number(minute), 'colon', day), end: clock.end, weak: false }
  }
  const point = matchAt(pointed, text, at)
  return point === undefined ? undefined : readPoint(point.groups, text, at, point.end)
}

function before(said: string, less: number, day: string | undefined, end: number): TimeFound | undefined {
  if (Number.isNaN(less) || less < 1 || less > 59) return undefined
  const hourSaid = readChineseNumber(said)
  const time = timeOf(String(hourSaid), 0, 'hour', day)
  const earlier = hourSaid === 1 && time.half !== 'sure' ? 12 : (hourSaid + 23) % 24
  return { time: { ...time, hour: earlier, minute: 60 - less }, end, weak: false }
}

function readPoint(
  groups: readonly (string | undefined)[],
  text: string,
  at: number,
  end: number,
): TimeFound | undefined {
  const [day, said = '', mark, tail, exact] = groups
  const previous = text.charAt(at - 1)
  // 第三点, 有一点, 三点五: not of the clock.
  const short = day === '早' || day === '晚'
  if (short && /^[一1两2]$/.test(said) && !/[今明后每天日夜一二三四五六]/.test(previous)) return undefined
  if (
    day === undefined &&
    /[\d.第几有这那些早晚快慢多少大小好差高低共]/.test(previous) &&
    !/[今明每天日]早|[今明后每天日]晚|大早/.test(text.slice(Math.max(0, at - 2), at))
  ) {
    return undefined
  }
  const plain = tail === undefined && exact === undefined && (mark === '点' || mark === undefined)
  const next = text.slice(end, end + 2)
  if (
    plain &&
    /^(?:儿|也|都没|不(?![要再打提发运执])|点|建议|意见|要求|想法|[.]\d|内容|原因|体会|好处|问题|说明|五[^分]|钱|数|\d)/.test(
      next,
    )
  )
    return undefined
  const minute = tail === undefined ? 0 : minuteOf(tail)
  if (Number.isNaN(minute)) return undefined
  // 5时 is of the 24-hour clock, 5点 is not.
  const time = timeOf(said, minute, mark === undefined ? 'colon' : 'hour', day)
  const weak = day === undefined && plain && !/^\d/.test(said)
  return { time, end, weak }
}

function minuteOf(tail: string): number {
  if (tail === '半') return 30
  if (/刻/.test(tail)) return /^[一1]/.test(tail) ? 15 : 45
  return readChineseNumber(
    tail
      .replace(/^过/, '')
      .replace(/^[零〇](?=.)/, '')
      .replace(/分钟?$/, ''),
  )
}

function timeOf(said: string, minute: number, shape: 'hour' | 'colon', day: string | undefined): Time {
  const value = readChineseNumber(said)
  const sure = value === 0 || value > 12 || /^0\d/.test(said)
  const named: Part | undefined = day === undefined ? undefined : readPart(day)
  // 半夜 and 深夜 before the morning are those of the same day: 半夜两点.
  const early = day !== undefined && /^(?:半夜|深夜|夜里)/.test(day) && value >= 1 && value <= 5
  const partOf = early ? 'dawn' : named
  return {
    hour: value,
    minute,
    half: sure ? 'sure' : shape,
    ...(partOf === undefined ? {} : { part: partOf }),
  }
}
