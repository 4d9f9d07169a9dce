import { addSpans, matchAt, spanOf } from './piece.ts'
import type { Part, Span } from './piece.ts'

const digits = '零一二三四五六七八九'

/** Parts of patterns, without groups. Characters are folded: simplified, half-width. */
export const chinese = {
  number: '(?:\\d{1,5}|[〇零一二两三四五六七八九十百]{1,6})',
  week: '(?:周|星期|礼拜)',
  weekday: '[一二三四五六日天1-6]',
  part: '(?:凌晨|清晨|清早|大清早|一大早|早晨|早上|早间|一早|上午|中午|午间|正午|下午|午后|傍晚|黄昏|晚上|晚间|夜里|夜间|夜晚|深夜|半夜)',
} as const

/** A number in figures or characters, up to 9999; NaN if it is none. */
export function readChineseNumber(said: string): number {
  if (/^\d/.test(said)) return Number.parseFloat(said)
  let total = 0
  let current = 0
  for (const char of said) {
    const digit = char === '两' ? 2 : char === '〇' ? 0 : digits.indexOf(char)
    if (digit >= 0)
      current = current * (total === 0 && said.length > 1 && !/[十百]/.test(said) ? 10 : 0) + digit
    else if (char === '十') {
      total += (current === 0 ? 1 : current) * 10
      current = 0
    } else if (char === '百') {
      total += (current === 0 ? 1 : current) * 100
      current = 0
    } else return Number.NaN
  }
  return total + current
}

/** 0 for Sunday to 6. */
export function readChineseWeekday(said: string): number {
  return said === '日' || said === '天' ? 0 : /\d/.test(said) ? Number(said) % 7 : digits.indexOf(said)
}

/** The part of the day that a word names. */
export function readPart(said: string): Part | undefined {
  if (said.startsWith('凌晨')) return 'dawn'
  if (said.startsWith('上午')) return 'forenoon'
  if (/^(?:中午|午间|正午)/.test(said)) return 'noon'
  if (/^(?:下午|午后)/.test(said)) return 'afternoon'
  if (/^(?:傍晚|黄昏)/.test(said)) return 'evening'
  if (/^(?:清|早|大清|一大早|一早)/.test(said)) return 'morning'
  return /^(?:晚|夜|深|半夜)/.test(said) ? 'night' : undefined
}

const { number } = chinese
const one = new RegExp(
  `(?:(${number}(?:\\.\\d{1,2})?)\\s*(个)?(半)?|(半)(个)?)\\s*(小时|钟头|分钟|分|秒钟|秒|天|日|周|星期|礼拜|月|年|刻钟)(半)?`,
  'y',
)
const joint = /[零又]?(?=[\d一二两三四五六七八九十半])/y

/** A length of time, such as 一个半小时, 两小时三十分钟, 三天, 半个月. */
export function readChineseSpan(
  text: string,
  at: number,
): { readonly span: Span; readonly end: number } | undefined {
  const first = readOne(text, at)
  if (first === undefined) return undefined
  let { span, end, rank } = first
  for (;;) {
    const link = matchAt(joint, text, end)
    const next = link === undefined ? undefined : readOne(text, link.end)
    if (next === undefined || next.rank >= rank) break
    span = addSpans(span, next.span)
    end = next.end
    rank = next.rank
  }
  return { span, end }
}

const units = {
  秒: { unit: 'second', rank: 0 },
  分: { unit: 'minute', rank: 1 },
  刻: { unit: 'minute', rank: 1 },
  小: { unit: 'hour', rank: 2 },
  钟: { unit: 'hour', rank: 2 },
  天: { unit: 'day', rank: 3 },
  日: { unit: 'day', rank: 3 },
  周: { unit: 'week', rank: 4 },
  星: { unit: 'week', rank: 4 },
  礼: { unit: 'week', rank: 4 },
  月: { unit: 'month', rank: 5 },
  年: { unit: 'year', rank: 6 },
} as const

function readOne(
  text: string,
  at: number,
): { readonly span: Span; readonly end: number; readonly rank: number } | undefined {
  const match = matchAt(one, text, at)
  if (match === undefined) return undefined
  const [said, measure, half, onlyHalf, , name = '', after] = match.groups
  const known = Object.entries(units).find(([first]) => name.startsWith(first))?.[1]
  if (known === undefined) return undefined
  // 三月 is March, 三个月 three months; 12日 is a date.
  if ((name === '月' && measure === undefined && onlyHalf === undefined) || name === '日') return undefined
  if (name === '月' && onlyHalf !== undefined)
    return { span: { ms: 0, days: 15, months: 0 }, end: match.end, rank: known.rank }
  const count = onlyHalf === undefined ? readChineseNumber(said ?? '') + (half === undefined ? 0 : 0.5) : 0.5
  const total = (count + (after === undefined ? 0 : 0.5)) * (name === '刻钟' ? 15 : 1)
  const span = spanOf(known.unit, total)
  return span === undefined || Number.isNaN(total) ? undefined : { span, end: match.end, rank: known.rank }
}
