import { chinese, readChineseNumber } from './chinese-words.ts'
import type { Clause } from './clause.ts'
import { readNumber, words } from './english-words.ts'
import { matchAt, wordPattern } from './piece.ts'

const number = `(\\d{1,5}|${words.number})`
const lead = '(for (?:a total of )?|a total of |only |at most |up to |no more than |max(?:imum)?(?: of)? )?'
const total = '( in (?:all|total)| altogether| overall| at most| max(?:imum)?| only)?'
/** "3 times a day" says how often, "3 times as much" how much, "10 times faster" neither. */
const notMore = `(?! (?:(?:an?|per|the) |(?:each|every) ${words.unit}|daily|hourly|weekly|monthly|yearly|as |more|less|in a row|over|table|\\w+er(?!\\w)))`
const english = wordPattern(`(?:and )?${lead}${number} (?:times?|occurrences?)${total}${notMore}`)
/** "3 times every Monday": in all, or on each of them? */
const each = wordPattern(' (?:every|each)')
const named = wordPattern(`count ?[:=] ?(\\d{1,5})(?: times?)?`)

/** What says how often within a day or week, rather than how often in all: 每天共3次. */
const period = /(?:每|一)(?:天|日|周|个?星期|个?礼拜|个?月|年|个?小时|晚|早)\s*$/
const inAll = new RegExp(
  `(?:总共|一共|合共|共计|共|合计|总计|只要|只需要?|仅|只|最多|至多|限|次数\\s*:?)\\s*(?:提醒|运行|执行|发)?\\s*(${chinese.number})\\s*[次遍回](?:为止|就好|即可|就行|就停|后停止?|后结束)?(?!数)`,
  'y',
)
const thenStop = new RegExp(`(?:到|满)?(${chinese.number})\\s*[次遍回](?:为止|就停|后停止?|后结束)`, 'y')

/** Reads "5 times", "ten times in all", 一共十次, 只要3次. */
export function readCount(text: string, at: number): Clause | undefined {
  const key = matchAt(named, text, at)
  if (key !== undefined) return clause(at, key.end, readNumber(key.groups[0] ?? ''), true)
  const said = matchAt(english, text, at)
  if (said !== undefined) {
    const [first, count = '', last] = said.groups
    const isOpen = first === undefined && last === undefined && matchAt(each, text, said.end) !== undefined
    return clause(at, said.end, isOpen ? Number.NaN : readNumber(count), false)
  }
  const han = matchAt(inAll, text, at) ?? matchAt(thenStop, text, at)
  if (han === undefined) return undefined
  const count = period.test(text.slice(Math.max(0, at - 6), at))
    ? Number.NaN
    : readChineseNumber(han.groups[0] ?? '')
  return clause(at, han.end, count, false)
}

function clause(start: number, end: number, count: number, isPlain: boolean): Clause {
  return { start, end, says: count >= 1 ? { count } : undefined, isPlain }
}
