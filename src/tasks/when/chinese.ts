import { readChineseClock } from './chinese-clock.ts'
import { readChineseDays } from './chinese-days.ts'
import { chinese, readChineseNumber, readChineseSpan, readChineseWeekday, readPart } from './chinese-words.ts'
import { timesADay } from './english-repeats.ts'
import { matchAt } from './piece.ts'
import type { Found, Piece } from './piece.ts'

const { number, part } = chinese

const daily = new RegExp(
  `(?:每一?天|每日|天天|每个?(?=早上|早晨|清晨|晚上|上午|中午|下午|傍晚|凌晨|夜))`,
  'y',
)
const dayPart = /每(?:天|日)?(早|晚)(?!上|晨|间|餐|饭|会|点|晚|[一二三四五六七八九十\d]{1,2}晚)/y
const timesADayWords = new RegExp(
  `(?:每天|每日|一天|每周|每个?星期|每个?月|每小时)(${number})(?:次|遍|回)`,
  'y',
)
const everyHourAt = new RegExp(`每(?:个)?(?:小时|钟头)的?(?:(整点)|第?(${number})分钟?(?!后))`, 'y')
const onTheHour = /(?:每个?整点|每到整点|逢整点|整点)(?!报)/y
const everyOne = /每(?:过|隔)?(?:一?个?(小时|钟头)|(?:一)?(分钟|秒钟?|刻钟)|(半个?(?:小时|钟头)))(?!半)/y
const everyLead = /每(?:过|隔|间隔)?\s*(?=[\d一二两三四五六七八九十百半])/y
const apart = /每?(?:间)?隔\s*(?=[\d一二两三四五六七八九十百半])/y
const skipping = /每?隔(?:一)?(天|日|周|个?星期|个?礼拜|个?月)(?![一二三四五六日天])/y
const biweekly = /(?:每?双周|每?隔周)([一二三四五六日天](?![次个起]))?/y
const laterTail = /\s*(?:之后|以后|过后|后)(?!天|面|续|来|台|端|果)/y
const pastLead = /(?:再)?过(?=[\d一二两三四五六七八九十百半])/y
const pastTail = /(?=\s*(?:提醒|叫|通知|喊|再|,|，|$|告诉|就|记得|让))/y
const partAlone = new RegExp(`(${part}|(?<=[一二三四五六日天])[早晚](?![上晨间餐饭会点安]))(?!好|安)`, 'y')
const officeDay = /[早朝][一二三四五六七八九十\d]{1,2}晚[一二三四五六七八九十\d]{1,2}/y
const bothEnds = /早晚(?:各(?:一次)?)?/y
const ending =
  /(?:直到|截止到?|为止|连续|持续|除了|除去|不包括|一直到|期间|睡前|(?:起床|下班|放学|到家)后|(?:三餐|[早午晚]?(?:餐|饭))[前后]|日出|日落|或者?(?=[\d一二两三四五六七八九十早晚上下中明后周星每])|的?时候除外|(?:上周|上个?星期|上个?月|昨天|昨晚|前天|去年)[一二三四五六日天]?)/y
const beginning = /(?:开始|起)(?![床来飞身跑薪])/y
const vague = /每(?:隔)?(?:几|好几|若干)(?:个)?(?:小时|分钟|天|周|星期|月|年)/y

/** Reads Chinese words of time at a place in the text. */
export function readChinese(text: string, at: number): Found | undefined {
  if (
    !/[\d正圣国劳情每天隔双逢从再过半早晚凌清大一上中午下傍黄夜深差零子工办周平星礼今明后本这月二三四五六七八九十两百〇直截为连持除不期昨前去元整间睡起放到饭餐或\u4e00]/.test(
      text.charAt(at),
    )
  )
    return undefined
  return (
    readEvery(text, at) ??
    readLater(text, at) ??
    readStart(text, at) ??
    readChineseDays(text, at) ??
    readChineseClock(text, at) ??
    readLoose(text, at)
  )
}

function make(at: number, pieces: readonly Piece[], end: number, weak = false): Found {
  return { pieces, start: at, end, language: 'zh', weak }
}

const day: Piece = { kind: 'every', count: 1, unit: 'day' }

function readEvery(text: string, at: number): Found | undefined {
  const office = matchAt(officeDay, text, at)
  if (office !== undefined) return make(at, [{ kind: 'unsayable' }], office.end)
  const unclear = matchAt(vague, text, at)
  if (unclear !== undefined) return make(at, [{ kind: 'unsayable' }], unclear.end)
  const times = matchAt(timesADayWords, text, at)
  if (times !== undefined)
    return make(at, timesOf(text.slice(at, at + 4), readChineseNumber(times.groups[0] ?? '')), times.end)
  const hourAt = matchAt(everyHourAt, text, at)
  if (hourAt !== undefined) {
    const minute = hourAt.groups[0] === undefined ? readChineseNumber(hourAt.groups[1] ?? '') : 0
    return make(at, [minute < 60 ? { kind: 'minute', minute } : { kind: 'unsayable' }], hourAt.end)
  }
  const hour = matchAt(onTheHour, text, at)
  if (hour !== undefined) {
    return make(at, [{ kind: 'minute', minute: 0 }], hour.end)
  }
  const short = matchAt(dayPart, text, at)
  if (short !== undefined) {
    return make(at, [day, { kind: 'part', part: short.groups[0] === '早' ? 'morning' : 'night' }], short.end)
  }
  const days = matchAt(daily, text, at)
  if (days !== undefined) return make(at, [day], days.end)
  const twoWeeks = matchAt(biweekly, text, at)
  const skip = twoWeeks === undefined ? matchAt(skipping, text, at) : undefined
  if (skip !== undefined) {
    const unit = skip.groups[0] ?? ''
    const name = /月/.test(unit) ? 'month' : /[天日]/.test(unit) ? 'day' : 'week'
    return make(at, [{ kind: 'every', count: 2, unit: name }], skip.end)
  }
  if (twoWeeks !== undefined) {
    const on = twoWeeks.groups[0]
    const every: Piece = { kind: 'every', count: 2, unit: 'week' }
    if (on === undefined) return make(at, [every], twoWeeks.end)
    return make(
      at,
      [every, { kind: 'weekdays', days: [readChineseWeekday(on)], repeats: true }],
      twoWeeks.end,
    )
  }
  const one = matchAt(everyOne, text, at)
  if (one !== undefined)
    return make(
      at,
      [{ kind: 'beat', everyMs: beatOf(one.groups.find((group) => group !== undefined) ?? '') }],
      one.end,
    )
  return readEverySpan(text, at)
}

function beatOf(unit: string): number {
  if (unit.startsWith('半')) return 1_800_000
  if (unit.startsWith('分')) return 60_000
  if (unit.startsWith('秒')) return 1000
  return unit.startsWith('刻') ? 900_000 : 3_600_000
}

function readEverySpan(text: string, at: number): Found | undefined {
  const lead = matchAt(everyLead, text, at) ?? matchAt(apart, text, at)
  if (lead === undefined) return undefined
  const span = readChineseSpan(text, lead.end)
  if (span === undefined) return undefined
  const { ms, days, months } = span.span
  const once = /^一?次/.test(text.slice(span.end, span.end + 2))
    ? text.startsWith('次', span.end)
      ? 1
      : 2
    : 0
  const end = span.end + once
  if (ms > 0 && days === 0 && months === 0) return make(at, [{ kind: 'beat', everyMs: ms }], end)
  if (ms === 0 && months > 0 && days === 0)
    return make(at, [{ kind: 'every', count: months, unit: 'month' }], end)
  if (ms !== 0 || days === 0 || months !== 0) return make(at, [{ kind: 'unsayable' }], end)
  const weeks = days % 7 === 0
  return make(
    at,
    [weeks ? { kind: 'every', count: days / 7, unit: 'week' } : { kind: 'every', count: days, unit: 'day' }],
    end,
  )
}

function timesOf(of: string, count: number): readonly Piece[] {
  if (/^(?:每天|每日|一天)/.test(of)) {
    const hours = timesADay[count]
    if (hours === undefined) return [{ kind: 'unsayable' }]
    if (hours.length === 0) return [day]
    return [day, { kind: 'clock', times: hours.map((hour) => ({ hour, minute: 0, half: 'sure' })) }]
  }
  if (/小时/.test(of))
    return count > 0 && 60 % count === 0
      ? [{ kind: 'beat', everyMs: 3_600_000 / count }]
      : [{ kind: 'unsayable' }]
  if (count !== 1) return [{ kind: 'unsayable' }]
  return [{ kind: 'every', count: 1, unit: /月/.test(of) ? 'month' : 'week' }]
}

/** 从明天开始, 下周一起: when a repetition begins. */
function readStart(text: string, at: number): Found | undefined {
  const days = readChineseDays(text, text.startsWith('从', at) ? at + 1 : at)
  const begins = days === undefined ? undefined : matchAt(beginning, text, days.end)
  if (days === undefined || begins === undefined) return undefined
  return make(at, [{ kind: 'start' }, ...days.pieces], begins.end)
}

function readLater(text: string, at: number): Found | undefined {
  const lead = matchAt(pastLead, text, at) ?? (text.startsWith('再', at) ? { end: at + 1 } : undefined)
  const span = readChineseSpan(text, lead?.end ?? at)
  if (span === undefined) return undefined
  const tail = matchAt(laterTail, text, span.end)
  if (tail !== undefined) return make(at, [{ kind: 'after', span: span.span }], tail.end)
  if (lead === undefined || matchAt(pastTail, text, span.end) === undefined) return undefined
  return make(at, [{ kind: 'after', span: span.span }], span.end)
}

function readLoose(text: string, at: number): Found | undefined {
  const both = matchAt(bothEnds, text, at)
  if (both !== undefined) {
    const pieces: readonly Piece[] = /[\d一二两三四五六七八九十]/.test(text.charAt(both.end))
      ? [{ kind: 'unsayable' }]
      : [
          { kind: 'part', part: 'morning' },
          { kind: 'part', part: 'night' },
        ]
    return make(at, pieces, both.end, true)
  }
  const named = matchAt(partAlone, text, at)
  const partOfDay = named === undefined ? undefined : readPart(named.groups[0] ?? '')
  if (named !== undefined && partOfDay !== undefined) {
    return make(at, [{ kind: 'part', part: partOfDay }], named.end, true)
  }
  const limit = matchAt(ending, text, at)
  return limit === undefined ? undefined : make(at, [{ kind: 'unsayable' }], limit.end, true)
}
