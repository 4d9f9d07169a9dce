import { chinese, readChineseWeekday } from './chinese-words.ts'
import { matchAt } from './piece.ts'
import type { Found, Piece } from './piece.ts'

const { week, weekday } = chinese

/** What stands between the members of a list. */
export const separator = '(?:[、,/]|和|及|与|跟|以及|还有)'
const notMore = '(?![次个起点时刻月号楼层线种小分钟百千万名位条张家些直定样般同边])'

/** A figure that is an hour is no day: 每周12点. */
const notHour = '(?!(?<=\\d)\\d*\\s*[点:时])'

const everyWeekday = new RegExp(`每?逢?(?:每个?|逢)?(?:一个)?${week}(${weekday})${notMore}${notHour}`, 'y')
const weekdayMore = new RegExp(
  `(?:\\s*${separator}\\s*(?:每?个?${week})?|每?个?${week})(${weekday})${notMore}|([一二三四五六日天])${notMore}(?!十)|(?<=[1-6])([1-6])${notHour}`,
  'y',
)
const weekdayReach = new RegExp(`\\s*(?:到|至|-|~|—|–)\\s*(?:${week})?(${weekday})`, 'y')
const everyWeek = new RegExp(
  `每(?:一)?个?${week}(?:一次)?(?![一二三四五六日天末](?!次))(?!末)(?![1-6](?!\\d*\\s*[点:时次]))`,
  'y',
)
const workdays = /(?:每个?)?(?:工作日|上班日|平日|周中)(?![志程报记])/y
const weekends = new RegExp(`(这个?|本|下个?|下)?(每个?|每逢|逢)?(?:周末|星期末)(?!愉快|快乐|好)`, 'y')
const oneWeekday = new RegExp(`(下下个?|下个?|这个?|本|上上个?|上个?)?${week}(${weekday})${notMore}`, 'y')
const nextWeek = new RegExp(`(下下个?|下个?)${week}(?![一二三四五六日天末期])`, 'y')

/** A Chinese find. Weak where 的 makes it describe a thing, unless it is `strong`. */
export function make(at: number, pieces: readonly Piece[], text: string, end: number, strong = false): Found {
  // 明天的会议 says which meeting, not when.
  const describes =
    text.startsWith('的', end) && !/^的(?:时候|[早晚上中下凌清傍夜\d])/.test(text.slice(end, end + 3))
  return { pieces, start: at, end, language: 'zh', weak: describes && !strong }
}

/** Reads 每周一三五, 工作日, 下周五, 周末. */
export function readWeeks(text: string, at: number): Found | undefined {
  const work = matchAt(workdays, text, at)
  if (work !== undefined)
    return make(at, [{ kind: 'weekdays', days: [1, 2, 3, 4, 5], repeats: true }], text, work.end, true)
  const ends = matchAt(weekends, text, at)
  if (ends !== undefined) {
    const which = ends.groups[0]
    if (which === undefined)
      return make(at, [{ kind: 'weekdays', days: [0, 6], repeats: true }], text, ends.end)
    return make(
      at,
      [{ kind: 'weekdays', days: [6], repeats: false, week: which.startsWith('下') ? 1 : 0 }],
      text,
      ends.end,
    )
  }
  const every = matchAt(everyWeekday, text, at)
  if (every !== undefined) {
    const list = readList(text, every.end, readChineseWeekday(every.groups[0] ?? ''))
    const repeats = /^[每逢]/.test(text.slice(at, at + 1)) || list.days.length > 1
    if (repeats) return make(at, [{ kind: 'weekdays', days: list.days, repeats: true }], text, list.end, true)
  }
  const weekly = matchAt(everyWeek, text, at)
  if (weekly !== undefined) {
    const rest = text.slice(weekly.end, weekly.end + 2)
    if (/^[二两三四五六七\d][次回遍]/.test(rest))
      return make(at, [{ kind: 'unsayable' }], text, weekly.end + 2, true)
    const once = /^[一1]次/.test(rest) ? 2 : 0
    return make(at, [{ kind: 'every', count: 1, unit: 'week' }], text, weekly.end + once, true)
  }
  const one = matchAt(oneWeekday, text, at)
  if (one !== undefined) {
    const [which, said = ''] = one.groups
    if (which?.startsWith('上') === true) return make(at, [{ kind: 'unsayable' }], text, one.end)
    const days = [readChineseWeekday(said)]
    const weekNumber =
      which === undefined ? undefined : which.startsWith('下下') ? 2 : which.startsWith('下') ? 1 : 0
    const piece: Piece = { kind: 'weekdays', days, repeats: false }
    return make(at, [weekNumber === undefined ? piece : { ...piece, week: weekNumber }], text, one.end)
  }
  const next = matchAt(nextWeek, text, at)
  if (next === undefined) return undefined
  return make(
    at,
    [{ kind: 'week', weeks: next.groups[0]?.startsWith('下下') === true ? 2 : 1 }],
    text,
    next.end,
  )
}

/** 一、三、五 or 一三五 or 一到五. */
function readList(
  text: string,
  from: number,
  first: number,
): { readonly days: readonly number[]; readonly end: number } {
  const days = new Set([first])
  let end = from
  let last = first
  for (;;) {
    const reach = matchAt(weekdayReach, text, end)
    if (reach !== undefined) {
      const to = readChineseWeekday(reach.groups[0] ?? '')
      for (let day = last; day !== to; day = (day + 1) % 7) days.add(day)
      days.add(to)
      last = to
      end = reach.end
      continue
    }
    const more = matchAt(weekdayMore, text, end)
    if (more === undefined) return { days: [...days].toSorted((a, b) => a - b), end }
    const [listed, han, figure] = more.groups
    const glued = han ?? figure
    const next = readChineseWeekday(listed ?? glued ?? '')
    // 周一一起: a day that is not later begins another word.
    if (glued !== undefined && next !== 0 && (last === 0 || next <= last))
      return { days: [...days].toSorted((a, b) => a - b), end }
    if (glued === '天') return { days: [...days].toSorted((a, b) => a - b), end }
    days.add(next)
    last = next
    end = more.end
  }
}
