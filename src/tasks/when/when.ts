import type { Moment } from '../../command.ts'
import type { Schedule, When } from '../../task.ts'
import { optionsOf } from './clause.ts'
import type { Clause } from './clause.ts'
import { readCronLine } from './cron-line.ts'
import { foldText } from './fold.ts'
import { belonging, blank, doFit, readClauses } from './options.ts'
import type { Found } from './piece.ts'
import { clustersOf, isLink, isUnsayable, rankOf, scan, widen } from './scan.ts'
import type { Cluster } from './scan.ts'
import { toSchedule } from './settle.ts'
import type { Present } from './settle.ts'
import { dateAt } from './calendar.ts'
import { openZone } from '../wall-time.ts'

/** Words of time within a text, with what else they say of the schedule. */
export type Finding = When & {
  /** The words of time as they stand in the text; where they stand apart, joined by a space or a comma. */
  readonly words: string
  /** The text without them, tidied. */
  readonly rest: string
}

/** A longer text is a story, not an order with words of time. */
const maxChars = 4000

/**
 * Finds the words of time in a text, English or Chinese, and what they mean. Undefined if there are none, if they
 * mean something past, impossible or ambiguous, or if the text names several times that cannot be one schedule.
 *
 * A day without a time is at 9:00, a part of the day at its own hour (`partHours`), "end of day" at 17:00; a bare hour
 * is read as `settleTimes` says. "every week" is on Monday, "every month" on the 1st, "next week" is its Monday; "next
 * Friday" and 下周五 are in the week that begins next Monday. 12/05 is ambiguous; 5.12.2026 is the fifth.
 *
 * Options ("until Friday", "5 times", 免打扰22-7) belong to the words of time where they stand beside them or between
 * marks; one that is clearly meant and cannot be understood makes the whole undefined.
 */
export function findWhen(text: string, moment: Moment): Finding | undefined {
  if (text.length > maxChars) return undefined
  const folded = foldText(text)
  const present = presentOf(moment)
  const all = [...zoneIn(folded, moment), ...readClauses(folded, present)]
  const bare = blank(folded, all)
  const clauses = all.length === 0 ? all : belonging(all, bare, scan(bare))
  const options = optionsOf(clauses)
  if (options === undefined) return undefined
  const left = blank(folded, clauses)
  const clusters = clustersOf(left, scan(left))
  if (clusters.length === 0) return undefined
  const chosen = choose(clusters, left, present())
  if (chosen === undefined || !doFit(clauses, chosen.schedule, chosen.founds)) return undefined
  const words = wordsOf(text, chosen.clusters, clauses)
  const found = { schedule: chosen.schedule, options }
  // Whoever keeps the words must be able to read them again.
  const isWhole = chosen.clusters.length === 1 && clauses.length === 0
  if (!isWhole && !isSame(readWhen(words, moment), found)) return undefined
  const cuts = [
    ...chosen.clusters.map((cluster) => widen(left, cluster)),
    ...clauses.map((clause) => cutOf(clause, folded)),
  ]
  return { ...found, words, rest: without(text, cuts) }
}

/**
 * Reads a text that is words of time with their options and nothing else, a cron line of five fields, or an instant in
 * ISO 8601; the zone may stand in brackets, as `restate` tells it. Undefined as for `findWhen`.
 */
export function readWhen(text: string, moment: Moment): When | undefined {
  if (text.length > maxChars) return undefined
  const folded = foldText(text)
  const present = presentOf(moment)
  const clauses = [...zoneIn(folded, moment), ...readClauses(folded, present)].map((clause) => ({
    ...clause,
    ...cutOf(clause, folded),
  }))
  const options = optionsOf(clauses)
  if (options === undefined) return undefined
  const cron = readCronLine(blank(text, clauses).replace(/^[\s,;，；]+|[\s,;，；]+$/g, ''))
  const founds = cron === undefined ? onlyTimes(blank(folded, clauses)) : []
  if (founds === undefined) return undefined
  const schedule = cron === undefined ? scheduleOf(founds, present()) : { cron }
  return schedule === undefined || !doFit(clauses, schedule, founds) ? undefined : { schedule, options }
}

/** The words of time in a text that holds nothing else; undefined if it does, or holds none. */
function onlyTimes(folded: string): readonly Found[] | undefined {
  const founds = scan(folded)
  let from = 0
  for (const found of founds) {
    if (!isLink(folded.slice(from, found.start))) return undefined
    from = found.end
  }
  const isRest = /^(?:[\s,.;:!]|的|时候|左右|整|提醒)*$/.test(folded.slice(from))
  return founds.length > 0 && isRest ? founds : undefined
}

/** The moment's own zone in brackets, which says nothing new; another one is no part of a schedule. */
function zoneIn(folded: string, { zone }: Moment): readonly Clause[] {
  const named = `(${zone.toLowerCase()})`
  const start = folded.indexOf(named)
  return start < 0 ? [] : [{ start, end: start + named.length, says: {}, isPlain: false }]
}

type Stretch = { readonly start: number; readonly end: number }

/** A clause with the brackets around it. */
function cutOf({ start, end }: Clause, folded: string): Stretch {
  const opens = /\(\s*$/.exec(folded.slice(0, start))
  const closes = /^\s*\)/.exec(folded.slice(end))
  return opens === null || closes === null
    ? { start, end }
    : { start: opens.index, end: end + closes[0].length }
}

function wordsOf(text: string, clusters: readonly Cluster[], clauses: readonly Clause[]): string {
  const apart = clauses.filter(
    (clause) => !clusters.some(({ start, end }) => start <= clause.start && clause.end <= end),
  )
  const parts = [
    ...clusters.map(({ start, end }) => ({ start, end, isClause: false })),
    ...apart.map(({ start, end }) => ({ start, end, isClause: true })),
  ].toSorted((a, b) => a.start - b.start)
  return parts
    .map(({ start, end, isClause }, i) => {
      const before = parts[i - 1]
      const said = text.slice(start, end).trim()
      if (before === undefined) return said
      const between = text.slice(before.end, start)
      if (/^[\s,;，；、]*$/.test(between)) return between + said
      if (!isClause && !before.isClause) return ` ${said}`
      return (/[\u4e00-\u9fff]/.test(said) ? '，' : ', ') + said
    })
    .join('')
}

/** The moment in its zone, opened at the first need: a cron line has none. */
function presentOf(moment: Moment): () => Present {
  let present: Present | undefined
  return () => {
    if (present !== undefined) return present
    const zone = openZone(moment.zone)
    present = { nowMs: moment.nowMs, zone, today: dateAt(zone, moment.nowMs) }
    return present
  }
}

function scheduleOf(founds: readonly Found[], present: Present): Schedule | undefined {
  const chinese = founds.some((found) => found.language === 'zh')
  return toSchedule(
    founds.flatMap((found) => found.pieces),
    present,
    chinese,
  )
}

function isSame(a: When | undefined, b: When): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

type Chosen = {
  readonly schedule: Schedule
  readonly clusters: readonly Cluster[]
  readonly founds: readonly Found[]
}

function choose(clusters: readonly Cluster[], folded: string, present: Present): Chosen | undefined {
  if (clusters.some((cluster) => cluster.founds.some((found) => !found.weak && isUnsayable(found))))
    return undefined
  const founds = clusters.flatMap((cluster) => cluster.founds)
  const together = scheduleOf(founds, present)
  if (together !== undefined) return { schedule: together, clusters, founds }
  if (clusters.length < 2) return undefined
  // They cannot be one schedule: the most telling of them is meant, if there is one.
  const ranked = clusters
    .map((cluster) => ({ cluster, rank: rankOf(cluster, folded) }))
    .toSorted((a, b) => b.rank - a.rank)
  const [best, second] = ranked
  if (best === undefined || second === undefined || best.rank === second.rank || best.rank < 2)
    return undefined
  if (second.rank >= 3) return undefined
  const schedule = scheduleOf(best.cluster.founds, present)
  return schedule === undefined
    ? undefined
    : { schedule, clusters: [best.cluster], founds: best.cluster.founds }
}

function without(text: string, cuts: readonly Stretch[]): string {
  let rest = ''
  let from = 0
  for (const cut of cuts.toSorted((a, b) => a.start - b.start)) {
    // A clause may stand within the words of time.
    if (cut.start > from) rest += `${text.slice(from, cut.start)} `
    from = Math.max(from, cut.end)
  }
  rest += text.slice(from)
  return rest
    .replace(/\s+/g, ' ')
    .replace(/\s+([,.!?;:，。！？；：、]+)(?=\s|$)/g, '$1')
    .replace(/([,，、;；])(?:\s*[,，、;；])+/g, '$1')
    .replace(/(?<=[\u2e80-\u9fff，。！？]) (?=[\u2e80-\u9fff])/g, '')
    .replace(/^[\s,.;:，。；：、!！-]+|[\s,;:，；：、-]+$/g, '')
    .replace(/[,，、;；]([.!?。！？])$/, '$1')
}
