import { readChinese } from './chinese.ts'
import { readEnglish } from './english.ts'
import type { Found } from './piece.ts'

/** Pieces that stand together. */
export type Cluster = { readonly start: number; readonly end: number; readonly founds: readonly Found[] }

const refused =
  /(?:^|[^\w])(?:by|before|since|until|till|of|than|last|past|previous|ago|for|chapter|page|version|section|room|episode|season|level|gate|platform|flight|line|number|no\.|the old|next|after|two|three|four|five|few|several)\s*$/

/** All pieces in a folded text, in order. */
export function scan(folded: string): readonly Found[] {
  const founds: Found[] = []
  let at = 0
  while (at < folded.length) {
    const found =
      /[a-z0-9@]/.test(folded.charAt(at)) || folded.charAt(at) === ','
        ? latin(folded, at)
        : readChinese(folded, at)
    if (found !== undefined && found.end > at) {
      founds.push(found)
      at = found.end
    } else {
      at++
    }
  }
  return founds
}

function latin(folded: string, at: number): Found | undefined {
  const before = folded.charAt(at - 1)
  if (/[\w./@#'’\u0001-]/.test(before)) return undefined
  // Digits may begin words of either language: "9点", "12月5日".
  const found = readChinese(folded, at) ?? readEnglish(folded, at)
  if (found === undefined) return undefined
  const next = folded.slice(found.end, found.end + 2)
  const inWord = /[\w.]/.test(folded.charAt(found.end - 1))
  if (inWord && /^(?:[.@:/\\-][\w\u0001]|[\w\u0001])/.test(next)) return undefined
  const before12 = folded.slice(Math.max(0, at - 12), at)
  // "for every weekday" says when, "a table for Friday" does not.
  const every =
    /^(?:every|each|daily|weekdays)\b/.test(folded.slice(at, at + 9)) && /\bfor\s+$/.test(before12)
  if (found.language !== 'zh' && refused.test(before12) && !every) return undefined
  // "the 5pm train" names a train.
  const isClock =
    found.pieces.some((piece) => piece.kind === 'clock') &&
    /^(?:\d|noon|midday|midnight)/.test(folded.slice(at, at + 8))
  if (isClock && /(?:^|\s)(?:the|an?|my|our|his|her|their|this|that)\s+$/.test(before12)) return undefined
  return namesThing(folded, found, before12) ? undefined : found
}

/** "our weekly meeting" names a meeting; "a daily digest" says when. */
function namesThing(folded: string, found: Found, before: string): boolean {
  if (
    !/ly$|^everyday$/.test(folded.slice(found.start, found.end)) ||
    !/(?:^|\s)(?:the|an?|my|our|his|her|their|this|that|your)\s+$/.test(before)
  )
    return false
  return /^\s+(?!(?:new |quick |short )?(?:digests?|summar\w+|reminders?|alarms?|recap|round-?up|briefing|overview|at|on|in|to|for|every|and|from|of)\b)[a-z]/.test(
    folded.slice(found.end, found.end + 24),
  )
}

const link =
  /^(?:[\s,、;()\-–—~:]|\band\b|\bat\b|\bon\b|\bof\b|\bthe\b|\bin\b|\bfor\b|\bfrom\b|\blocal time\b|\bmy time\b|&|@|的|在|于|和|及|与|跟|以及|还有|都|就|每|各|一次|准时|左右|整(?!理)|那天|这天|当天)*$/

/** True for the small words and marks that may stand between pieces of one time. */
export function isLink(between: string): boolean {
  return between.trim().length <= 24 && link.test(between)
}

/** Pieces that stand together, without those that are too weak to count. */
export function clustersOf(folded: string, founds: readonly Found[]): readonly Cluster[] {
  const groups: Found[][] = []
  for (const found of founds) {
    const last = groups.at(-1)
    const previous = last?.at(-1)
    if (last !== undefined && previous !== undefined && isLink(folded.slice(previous.end, found.start)))
      last.push(found)
    else groups.push([found])
  }
  return groups
    .map((group) => trimWeak(folded, group))
    .filter((group) => group.length > 0)
    .map((group) => ({ start: group[0]?.start ?? 0, end: group.at(-1)?.end ?? 0, founds: group }))
}

function trimWeak(folded: string, group: readonly Found[]): readonly Found[] {
  if (group.some((found) => !found.weak)) return group
  // Weak words alone: "Friday" or "morning" at an end of the text, or after "remind me".
  const [first] = group
  const last = group.at(-1)
  if (first === undefined || last === undefined) return []
  if (
    group.every((found) => found.pieces.some((piece) => piece.kind === 'unsayable' || piece.kind === 'start'))
  )
    return []
  const before = folded.slice(Math.max(0, first.start - 24), first.start)
  const after = folded.slice(last.end, last.end + 24)
  const opens = /^\s*$/.test(before) || /\b(?:me|us)\s*$/.test(before)
  const closes = /^[\s.!?。]*$/.test(after)
  if (
    /\b(?:the|a|an|my|our|your|his|her|their|this|that|every|good|about|like|is|was|love|hate)\s*$/.test(
      before,
    )
  )
    return []
  const free =
    closes || /^\s*(?:[,，]|to\b|that\b|about\b|remind\b|please\b|send\b|提醒|叫我|通知)/.test(after)
  return (opens && free) || (closes && !/^\s*$/.test(before)) ? group : []
}

/** True for words of time that no schedule says. */
export function isUnsayable(found: Found): boolean {
  return found.pieces.some((piece) => piece.kind === 'unsayable')
}

/** 4 for a repetition, 3 for a day with a time or a delay, 2 for a time, 1 for a day; less where it describes a thing. */
export function rankOf(cluster: Cluster, folded: string): number {
  const kinds = new Set(cluster.founds.flatMap((found) => found.pieces.map((piece) => piece.kind)))
  const repeats = cluster.founds.some((found) =>
    found.pieces.some(
      (piece) =>
        ('repeats' in piece && piece.repeats) || ['every', 'beat', 'nth', 'minute'].includes(piece.kind),
    ),
  )
  const clock = kinds.has('clock') || kinds.has('part')
  const whole = kinds.has('after') || kinds.has('instant')
  const describes = folded.startsWith('的', cluster.end)
  const day = kinds.size > (kinds.has('clock') ? 1 : 0) + (kinds.has('part') ? 1 : 0)
  const rank = repeats ? 4 : whole || (clock && day) ? 3 : clock ? 2 : 1
  return describes ? rank - 1 : rank
}

/** The cluster with the small words and marks that belong to it. */
export function widen(folded: string, cluster: Cluster): { readonly start: number; readonly end: number } {
  const before = /(?:(?:^|(?<=[\s,]))(?:at|on|for|in|and|then|from)\s+|[在于到等每]|\s)*$/.exec(
    folded.slice(Math.max(0, cluster.start - 16), cluster.start),
  )
  const after = /^(?:\s|的时候|时候|左右|前后|准时|整(?!理)|都|就|的话)*/.exec(
    folded.slice(cluster.end, cluster.end + 16),
  )
  return { start: cluster.start - (before?.[0].length ?? 0), end: cluster.end + (after?.[0].length ?? 0) }
}
