import { make } from './english-repeats.ts'
import { readWeekday, words } from './english-words.ts'
import { leadPattern, matchAt, wordPattern } from './piece.ts'
import type { Found } from './piece.ts'

const { weekday } = words

const dayLink = '(?:\\s*,\\s*and|\\s*,|\\s+and|\\s*&|\\s*/)\\s*(?:on )?(?:every )?'
const dayRange = '\\s*(?:-|–|—|to|through|thru|until|till)\\s*'
const weekdayList = wordPattern(`((?:${weekday})(?:(?:${dayLink}|${dayRange})${weekday})*)`)
const weekdayLead = leadPattern(
  '(on |on an? )?(?:(every single|every other|every second|every 2nd|alternate|every|each|all|any) |(this coming|the coming|this|next|coming) )?(?=[a-z])',
)
const workdays = wordPattern(
  '(?:on |during )?(?:(every|each|all)(?: single)? )?(?:the )?(?:(weekdays|workdays|working days|work days|business days|week days)|(weekday|workday|working day|work day|business day|week day)|(weekends)|(weekend(?: day)?))',
)
const exceptDays = leadPattern(
  '(?:,? )?(?:except|but not|but|excluding|other than|apart from)(?: for)?(?: on)?(?: the)? (?=[a-z])',
)
const weekNamed = /(?:^|[^\w])week\s*$/

/** Reads "on weekdays", "every Mon, Wed and Fri", "next Friday", "every day except Sunday". */
export function readWeekdays(text: string, at: number): Found | undefined {
  const work = matchAt(workdays, text, at)
  if (work !== undefined) return readWorkdays(work.groups, text, at, work.end)
  const lead = matchAt(weekdayLead, text, at)
  const [on, every, which] = lead?.groups ?? []
  const list = matchAt(weekdayList, text, lead?.end ?? at)
  if (list === undefined) return undefined
  const said = list.groups[0] ?? ''
  const { days, plural, many } = readDays(said)
  let end = list.end
  if (every !== undefined && /other|second|2nd|alternate/.test(every)) {
    return make(
      at,
      [
        { kind: 'every', count: 2, unit: 'week' },
        { kind: 'weekdays', days, repeats: true },
      ],
      end,
    )
  }
  const repeats = every !== undefined || plural || many
  if (which !== undefined) {
    if (many) return make(at, [{ kind: 'unsayable' }], end)
    return make(
      at,
      [{ kind: 'weekdays', days, repeats: false, ...(which === 'next' ? { week: 1 } : { week: 0 }) }],
      end,
    )
  }
  // A day alone may be part of a name: "the Monday report".
  const weak = on === undefined && !repeats
  const fewer = repeats ? readExcept(text, end) : undefined
  end = fewer?.end ?? end
  const kept = days.filter((one) => !(fewer?.days ?? []).includes(one))
  return make(
    at,
    [{ kind: 'weekdays', days: kept, repeats }],
    end,
    weak && !weekNamed.test(text.slice(Math.max(0, at - 6), at)),
  )
}

function readWorkdays(
  groups: readonly (string | undefined)[],
  text: string,
  at: number,
  end: number,
): Found | undefined {
  const [every, manyWork, oneWork, manyEnds, oneEnd] = groups
  const weak = every === undefined && (oneWork !== undefined || oneEnd !== undefined)
  const days = manyWork !== undefined || oneWork !== undefined ? [1, 2, 3, 4, 5] : [0, 6]
  if (weak && oneEnd !== undefined && manyEnds === undefined) return undefined
  const fewer = readExcept(text, end)
  const kept = days.filter((one) => !(fewer?.days ?? []).includes(one))
  return make(at, [{ kind: 'weekdays', days: kept, repeats: true }], fewer?.end ?? end, weak)
}

/** Reads what follows "every day": the days on which not. */
export function readExcept(
  text: string,
  at: number,
): { readonly days: readonly number[]; readonly end: number } | undefined {
  const lead = matchAt(exceptDays, text, at)
  if (lead === undefined) return undefined
  const weekends = matchAt(wordPattern('weekends?'), text, lead.end)
  if (weekends !== undefined) return { days: [0, 6], end: weekends.end }
  const list = matchAt(weekdayList, text, lead.end)
  return list === undefined ? undefined : { days: readDays(list.groups[0] ?? '').days, end: list.end }
}

function readDays(said: string): {
  readonly days: readonly number[]
  readonly plural: boolean
  readonly many: boolean
} {
  const days = new Set<number>()
  let previous: number | undefined
  for (const match of said.matchAll(
    new RegExp(`(-|–|—|\\bto\\b|through|thru|until|till)?\\s*(${weekday})`, 'g'),
  )) {
    const next = readWeekday(match[2] ?? '')
    if (match[1] !== undefined && previous !== undefined) {
      for (let one = previous; one !== next; one = (one + 1) % 7) days.add(one)
    }
    days.add(next)
    previous = next
  }
  return { days: [...days].toSorted((a, b) => a - b), plural: /days\b/.test(said), many: days.size > 1 }
}
