import { chinese, readChineseNumber, readChineseWeekday } from './chinese-words.ts'
import { make, readWeeks, separator } from './chinese-weeks.ts'
import { matchAt } from './piece.ts'
import type { Found, Piece } from './piece.ts'

const { number, week, weekday } = chinese
const dayMark = '(?:号(?![线楼机码门会厅店桌院库文位])|日(?![程报历常志语文本元记落出]))'
const monthly = /每(?:一)?个?月(?:一次)?的?/y
const monthdayList = new RegExp(
  `(${number})\\s*${dayMark}?((?:\\s*${separator}\\s*${number}\\s*${dayMark}?)*)(?<=号|日)`,
  'y',
)
const lastDay = /(?:的?最后一(?:天|日)|月?底|月?末|末尾)/y
const firstDay = /(?:第一天|月?初(?![一二三四五六七八九十]))/y
const edgeWorkday = /(第一个|首个|最后一个|最后1个)(?:工作日|上班日)/y
const nthWeekday = new RegExp(`(?:第(${number})个?|(最后一?个?))(?:${week})(${weekday})`, 'y')
const quarterly = /每(?:个)?季度?(?:一次)?(?:的?第一天)?/y
const halfYearly = /每半年(?:一次)?/y
const yearly = /每(?:一)?年(?:一次)?的?/y
const date = new RegExp(
  `(?:(\\d{4}|[一二三四五六七八九〇零]{4})\\s*年|(今年|明年|后年))?\\s*(${number})\\s*月\\s*(?:(${number})\\s*${dayMark}|(底|末|初))`,
  'y',
)
const festival = /(元旦|圣诞节|平安夜|国庆节|劳动节|情人节)(?!节目|礼物|快乐)/y
const monthdayAlone = new RegExp(
  `(下下?个?月|本月|这个?月|当月)?的?(?:(${number})\\s*${dayMark}|(最后一天|底|末)|(第一天|初(?![一二三四五六七八九十])))`,
  'y',
)
const nextMonth = /(下个?月)(?!份|球)/y
const monthEnd = /月底(?!前)/y
const relative =
  /(今天|今日|今儿|今晚|今早|今夜|明天|明日|明儿|明晚|明早|大后天|后天|后晚|当天晚上|今天晚上|明天晚上)个?(?!气)/y

/** Reads the days that Chinese words name: 每周一三五, 每月最后一天, 明天, 下周五, 12月5日. */
export function readChineseDays(text: string, at: number): Found | undefined {
  return readWeeks(text, at) ?? readMonths(text, at) ?? readDates(text, at)
}

function readMonths(text: string, at: number): Found | undefined {
  const quarter = matchAt(quarterly, text, at)
  if (quarter !== undefined)
    return make(at, [{ kind: 'every', count: 3, unit: 'month' }], text, quarter.end, true)
  const half = matchAt(halfYearly, text, at)
  if (half !== undefined) return make(at, [{ kind: 'every', count: 6, unit: 'month' }], text, half.end, true)
  const year = matchAt(yearly, text, at)
  if (year !== undefined) {
    const day = readDates(text, year.end)
    const [piece] = day?.pieces ?? []
    if (day !== undefined && piece?.kind === 'date')
      return make(at, [{ ...piece, repeats: true }], text, day.end, true)
    return make(at, [{ kind: 'every', count: 1, unit: 'year' }], text, year.end, true)
  }
  const month = matchAt(monthly, text, at)
  if (month === undefined) return undefined
  const inner = readMonthday(text, month.end)
  if (inner !== undefined) return make(at, [inner.piece], text, inner.end, true)
  const trimmed = text.charAt(month.end - 1) === '的' ? month.end - 1 : month.end
  return make(at, [{ kind: 'every', count: 1, unit: 'month' }], text, trimmed, true)
}

/** What follows 每月: its days. */
function readMonthday(text: string, at: number): { readonly piece: Piece; readonly end: number } | undefined {
  const monthdays = (
    days: readonly string[],
    end: number,
  ): { readonly piece: Piece; readonly end: number } => ({
    piece: { kind: 'monthdays', days, repeats: true },
    end,
  })
  const work = matchAt(edgeWorkday, text, at)
  if (work !== undefined)
    return monthdays([work.groups[0]?.startsWith('最后') === true ? 'LW' : '1W'], work.end)
  const nth = matchAt(nthWeekday, text, at)
  if (nth !== undefined) {
    const [count, , said = ''] = nth.groups
    const value = count === undefined ? 'L' : String(readChineseNumber(count))
    const piece: Piece = { kind: 'nth', weekday: readChineseWeekday(said), nth: value }
    return { piece: value === 'L' || Number(value) <= 5 ? piece : { kind: 'unsayable' }, end: nth.end }
  }
  const last = matchAt(lastDay, text, at)
  if (last !== undefined) return monthdays(['L'], last.end)
  const first = matchAt(firstDay, text, at)
  if (first !== undefined) return monthdays(['1'], first.end)
  const list = matchAt(monthdayList, text, at)
  if (list === undefined) return undefined
  const [head = '', tail = ''] = list.groups
  const days = [head, ...(tail.match(new RegExp(number, 'g')) ?? [])].map(readChineseNumber)
  if (days.some((day) => !(day >= 1 && day <= 31))) return { piece: { kind: 'unsayable' }, end: list.end }
  return monthdays(days.map(String), list.end)
}

const festivals: Readonly<Record<string, readonly [number, number]>> = {
  元旦: [1, 1],
  情人节: [2, 14],
  劳动节: [5, 1],
  国庆节: [10, 1],
  平安夜: [12, 24],
  圣诞节: [12, 25],
}

function readDates(text: string, at: number): Found | undefined {
  const full = matchAt(date, text, at)
  if (full !== undefined) return readFullDate(full.groups, text, at, full.end)
  const feast = matchAt(festival, text, at)
  const feastDay = feast === undefined ? undefined : festivals[feast.groups[0] ?? '']
  if (feast !== undefined && feastDay !== undefined) {
    const found = make(
      at,
      [{ kind: 'date', month: feastDay[0], day: feastDay[1], repeats: false }],
      text,
      feast.end,
    )
    return { ...found, weak: true }
  }
  const near = matchAt(relative, text, at)
  if (near !== undefined) return make(at, relativePieces(near.groups[0] ?? ''), text, near.end)
  const end = matchAt(monthEnd, text, at)
  if (end !== undefined)
    return make(at, [{ kind: 'monthdays', days: ['L'], repeats: false, month: 0 }], text, end.end)
  const alone = matchAt(monthdayAlone, text, at)
  if (alone !== undefined) {
    const found = readMonthdayAlone(alone.groups, text, at, alone.end)
    if (found !== undefined) return found
  }
  const next = matchAt(nextMonth, text, at)
  return next === undefined ? undefined : make(at, [{ kind: 'month', months: 1 }], text, next.end)
}

function readFullDate(
  groups: readonly (string | undefined)[],
  text: string,
  at: number,
  end: number,
): Found | undefined {
  const [year, near, monthSaid = '', daySaid, edge] = groups
  const month = readChineseNumber(monthSaid)
  if (edge !== undefined && edge !== '初') return make(at, [{ kind: 'unsayable' }], text, end)
  const day = edge === '初' ? 1 : readChineseNumber(daySaid ?? '')
  const years = near === undefined ? undefined : ['今年', '明年', '后年'].indexOf(near)
  const piece = { kind: 'date', month, day, repeats: false } as const
  const whole: Piece =
    year !== undefined
      ? { ...piece, year: readChineseNumber(year) }
      : years === undefined
        ? piece
        : { ...piece, years }
  return make(at, [whole], text, end)
}

function readMonthdayAlone(
  groups: readonly (string | undefined)[],
  text: string,
  at: number,
  end: number,
): Found | undefined {
  const [which, said, last, first] = groups
  const months =
    which === undefined ? undefined : which.startsWith('下下') ? 2 : which.startsWith('下') ? 1 : 0
  if (months === undefined && said === undefined) return undefined
  const day =
    said === undefined
      ? last === undefined
        ? first === undefined
          ? ''
          : '1'
        : 'L'
      : String(readChineseNumber(said))
  if (day !== 'L' && !(Number(day) >= 1 && Number(day) <= 31)) return undefined
  // 三日 alone is as often three days as the third.
  if (months === undefined && text.charAt(end - 1) === '日') return undefined
  const piece: Piece = { kind: 'monthdays', days: [day], repeats: false }
  const found = make(at, [months === undefined ? piece : { ...piece, month: months }], text, end)
  return months === undefined && /[第任务编车房]\s*$/.test(text.slice(Math.max(0, at - 3), at))
    ? undefined
    : found
}

function relativePieces(said: string): readonly Piece[] {
  const days =
    said.startsWith('今') || said.startsWith('当')
      ? 0
      : said.startsWith('明')
        ? 1
        : said.startsWith('大')
          ? 3
          : 2
  const day: Piece = { kind: 'day', days }
  if (said.endsWith('早')) return [day, { kind: 'part', part: 'morning' }]
  return /[晚夜]/.test(said) ? [day, { kind: 'part', part: 'night' }] : [day]
}
