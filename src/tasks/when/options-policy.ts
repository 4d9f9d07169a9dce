import type { Missed, Options } from '../../task.ts'
import { chinese, readChineseNumber } from './chinese-words.ts'
import { readLength } from './clause.ts'
import type { Clause } from './clause.ts'
import { readNumber, words } from './english-words.ts'
import { matchAt } from './piece.ts'
import type { Match } from './piece.ts'

const dayMs = 86_400_000
/** What holds where only "once" or "all" is said. */
const usualAgeMs = dayMs
const usualMost = 10

const missedLead =
  /(?:(?:if|when)\s+)?missed(?:\s+(?:runs?|times?|ones?))?\s*(?:([:=])\s*|,\s*|\s+)(?:then\s+)?(?:(?:run|catch\s+up)\s+)?/y
const missedKind = /(?:(skip)(?:ped)?|(once)|(all))(?![\w'’-])/y
const missedChinese = /(?:如果|若|要是)?错过(?:的|了|时|则|的话|就)*\s*(?:(:)\s*|,\s*)?/y
const missedKindChinese =
  /(?:(跳过|不补)|(补(?:运行|跑|发)?(?:最近)?一次|只?补一次|一次)|(全部都?补(?:运行|跑|发)?|全补|都补|补全部|全部))/y
const mostEnglish = new RegExp(
  `[\\s,(]*(?:and\\s+)?(?:at\\s+most|up\\s+to|no\\s+more\\s+than)\\s+(\\d{1,5}|${words.number})(?:\\s+(?:times|runs|of\\s+them))?(?!\\w)`,
  'y',
)
const mostChinese = new RegExp(`[\\s,(、]*(?:最多|至多)\\s*(${chinese.number})\\s*[次个]?`, 'y')
const ageLead = /[\s,(、]*(?:(?:and\s+)?(?:not|no)\s+older\s+than\s+|(?:不超过|不早于|不旧于)\s*)/y
const ageTail = /\s*(?:以内|之内|内|以前|前)?/y
const closing = /\s*\)/y

/** Reads "missed: all (at most 5, not older than 2 days)", 错过补一次，不超过2小时. */
export function readMissed(text: string, at: number): Clause | undefined {
  const lead = matchAt(missedLead, text, at)
  if (lead !== undefined) return missedFrom(text, at, lead, missedKind)
  const han = matchAt(missedChinese, text, at)
  return han === undefined ? undefined : missedFrom(text, at, han, missedKindChinese)
}

function missedFrom(text: string, start: number, lead: Match, kinds: RegExp): Clause | undefined {
  const isPlain = lead.groups[0] !== undefined
  const kind = matchAt(kinds, text, lead.end)
  if (kind === undefined) return isPlain ? { start, end: lead.end, says: undefined, isPlain } : undefined
  const [skip, once] = kind.groups
  if (skip !== undefined) return { start, end: kind.end, says: { missed: { kind: 'skip' } }, isPlain }
  const details = readDetails(text, kind.end, once === undefined)
  const { maxAgeMs = usualAgeMs, most = usualMost } = details
  const missed: Missed = once === undefined ? { kind: 'all', most, maxAgeMs } : { kind: 'once', maxAgeMs }
  const isSound = maxAgeMs > 0 && most >= 1
  return { start, end: details.end, says: isSound ? { missed } : undefined, isPlain }
}

type Details = {
  readonly end: number
  readonly most: number | undefined
  readonly maxAgeMs: number | undefined
}

function readDetails(text: string, from: number, withMost: boolean): Details {
  let end = from
  let most: number | undefined
  let maxAgeMs: number | undefined
  for (;;) {
    const figures = withMost && most === undefined ? matchAt(mostEnglish, text, end) : undefined
    const han = withMost && most === undefined ? matchAt(mostChinese, text, end) : undefined
    const lead = maxAgeMs === undefined ? matchAt(ageLead, text, end) : undefined
    const age = lead === undefined ? undefined : readLength(text, lead.end)
    if (figures !== undefined) most = readNumber(figures.groups[0] ?? '')
    else if (han !== undefined) most = readChineseNumber(han.groups[0] ?? '')
    else if (age !== undefined) maxAgeMs = age.ms
    else break
    const aged = age === undefined ? undefined : (matchAt(ageTail, text, age.end)?.end ?? age.end)
    end = figures?.end ?? han?.end ?? aged ?? end
  }
  const close = text.slice(from, end).includes('(') ? matchAt(closing, text, end) : undefined
  return { end: close?.end ?? end, most, maxAgeMs }
}

const overlapping =
  /(?:(?:on|if|when)\s+)?overlap(?:s|ping|ped)?(?:\s+runs)?\s*(?:([:=])\s*|,\s*|\s+)(?:(skip|queue|replace)(?!\w))?/y
const overlappingChinese = /重叠(?:时|的话|则)*\s*(?:(:)\s*)?(跳过|排队|替换|取代)?/y

/** Reads "overlap: queue", 重叠：排队. */
export function readOverlap(text: string, at: number): Clause | undefined {
  const said = matchAt(overlapping, text, at) ?? matchAt(overlappingChinese, text, at)
  return named(at, said, (word) => {
    if (/^(?:skip|跳过)$/.test(word)) return { overlap: 'skip' }
    return /^(?:queue|排队)$/.test(word) ? { overlap: 'queue' } : { overlap: 'replace' }
  })
}

const gap = /(?:in\s+a\s+)?dst[\s_-]*gap\s*(?:([:=])\s*|\s+)(?:(skip|run)(?!\w))?/y
const gapChinese = /夏令时的?(?:空档|间隙|跳变)时?\s*(?:(:)\s*)?(跳过|执行|运行)?/y

/** Reads "dst_gap: skip", 夏令时空档：跳过. */
export function readGap(text: string, at: number): Clause | undefined {
  const said = matchAt(gap, text, at) ?? matchAt(gapChinese, text, at)
  return named(at, said, (word) => ({ dstGap: /^(?:skip|跳过)$/.test(word) ? 'skip' : 'run' }))
}

/** A name with its value; without a value it is a clause where a colon says so. */
function named(
  start: number,
  said: Match | undefined,
  read: (word: string) => Partial<Options>,
): Clause | undefined {
  if (said === undefined) return undefined
  const [colon, word] = said.groups
  const isPlain = colon !== undefined
  if (word === undefined && !isPlain) return undefined
  return { start, end: said.end, says: word === undefined ? undefined : read(word), isPlain }
}

const jitterNamed =
  /(?:with\s+)?(?:an?\s+)?(?:random\s+)?jitter(?:\s*([:=])\s*|\s+)(?:(?:of|by)\s+)?(?:up\s+to\s+)?/y
const jitterNamedChinese = /(?:随机(?:延后|延迟|推迟|抖动|错开)|抖动)\s*(?:(:)\s*)?(?:最多|至多|不超过)?\s*/y
const jitterTold =
  /(?:spread(?:\s+out)?\s+over|random(?:ly)?\s+delay(?:ed)?(?:\s+(?:of|by))?)(\s*[:=])?\s+(?:up\s+to\s+)?/y
const withLead = /with\s+(?:up\s+to\s+)?(?=\d|[a-z])/y
const withTail = /\s+(?:of\s+)?(?:random\s+)?(?:jitter|delay)(?!\w)/y

/** Reads "jitter 5 minutes", "with 5 minutes jitter", "spread over 5 minutes", 随机延后5分钟. */
export function readJitter(text: string, at: number): Clause | undefined {
  const name = matchAt(jitterNamed, text, at) ?? matchAt(jitterNamedChinese, text, at)
  const lead = name ?? matchAt(jitterTold, text, at)
  if (lead === undefined) return readJitterLast(text, at)
  const isPlain = name !== undefined
  const length = readLength(text, lead.end)
  if (length !== undefined) {
    const end = matchAt(ageTail, text, length.end)?.end ?? length.end
    return { start: at, end, says: { jitterMs: length.ms }, isPlain }
  }
  const isMeant = lead.groups[0] !== undefined || /\d/.test(text.charAt(lead.end))
  return isMeant ? { start: at, end: lead.end, says: undefined, isPlain } : undefined
}

function readJitterLast(text: string, at: number): Clause | undefined {
  const lead = matchAt(withLead, text, at)
  const length = lead === undefined ? undefined : readLength(text, lead.end)
  const tail = length === undefined ? undefined : matchAt(withTail, text, length.end)
  return length === undefined || tail === undefined
    ? undefined
    : { start: at, end: tail.end, says: { jitterMs: length.ms }, isPlain: true }
}
