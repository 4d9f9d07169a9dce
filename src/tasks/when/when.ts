import type { Moment } from '../../command.ts'
import type { Schedule } from '../../task.ts'
import { readCronLine } from './cron-line.ts'
import { foldText } from './fold.ts'
import type { Found } from './piece.ts'
import { clustersOf, isLink, isUnsayable, rankOf, scan, widen } from './scan.ts'
import type { Cluster } from './scan.ts'
import { toSchedule } from './settle.ts'
import type { Present } from './settle.ts'
import { dateAt } from './calendar.ts'
import { openZone } from '../wall-time.ts'

/** Words of time within a text. */
export type When = {
  readonly schedule: Schedule
  /** The words of time as they stand in the text; where they stand apart, joined by a space. */
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
 */
export function findWhen(text: string, moment: Moment): When | undefined {
  if (text.length > maxChars) return undefined
  const folded = foldText(text)
  const clusters = clustersOf(folded, scan(folded))
  if (clusters.length === 0) return undefined
  const present = presentOf(moment)
  const chosen = choose(clusters, folded, present)
  if (chosen === undefined) return undefined
  const words = chosen.clusters.map((cluster) => text.slice(cluster.start, cluster.end).trim()).join(' ')
  // Whoever keeps the words must be able to read them again.
  if (chosen.clusters.length > 1 && !isSame(readWhen(words, moment), chosen.schedule)) return undefined
  const cuts = chosen.clusters.map((cluster) => widen(folded, cluster))
  return { schedule: chosen.schedule, words, rest: without(text, cuts) }
}

/**
 * Reads a text that is words of time and nothing else, a cron line of five fields, or an instant in ISO 8601.
 * Undefined as for `findWhen`.
 */
export function readWhen(text: string, moment: Moment): Schedule | undefined {
  if (text.length > maxChars) return undefined
  const cron = readCronLine(text)
  if (cron !== undefined) return { cron }
  const folded = foldText(text)
  const founds = scan(folded)
  const [first] = founds
  if (first === undefined) return undefined
  let from = 0
  for (const found of founds) {
    if (!isLink(folded.slice(from, found.start))) return undefined
    from = found.end
  }
  if (!/^(?:[\s,.;:!]|的|时候|左右|整|提醒)*$/.test(folded.slice(from))) return undefined
  return scheduleOf(founds, presentOf(moment))
}

function presentOf(moment: Moment): Present {
  const zone = openZone(moment.zone)
  return { nowMs: moment.nowMs, zone, today: dateAt(zone, moment.nowMs) }
}

function scheduleOf(founds: readonly Found[], present: Present): Schedule | undefined {
  const chinese = founds.some((found) => found.language === 'zh')
  return toSchedule(
    founds.flatMap((found) => found.pieces),
    present,
    chinese,
  )
}

function isSame(a: Schedule | undefined, b: Schedule): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

type Chosen = { readonly schedule: Schedule; readonly clusters: readonly Cluster[] }

function choose(clusters: readonly Cluster[], folded: string, present: Present): Chosen | undefined {
  if (clusters.some((cluster) => cluster.founds.some((found) => !found.weak && isUnsayable(found))))
    return undefined
  const together = scheduleOf(
    clusters.flatMap((cluster) => cluster.founds),
    present,
  )
  if (together !== undefined) return { schedule: together, clusters }
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
  return schedule === undefined ? undefined : { schedule, clusters: [best.cluster] }
}

function without(text: string, cuts: readonly { readonly start: number; readonly end: number }[]): string {
  let rest = ''
  let from = 0
  for (const cut of cuts) {
    rest += `${text.slice(from, cut.start)} `
    from = cut.end
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
