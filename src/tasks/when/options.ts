import type { Clause, ReadClause } from './clause.ts'
import { readCount } from './options-count.ts'
import { readGap, readJitter, readMissed, readOverlap } from './options-policy.ts'
import { readQuiet } from './options-quiet.ts'
import { readUntil } from './options-until.ts'
import type { Found, Piece } from './piece.ts'
import { isLink, isUnsayable, scan } from './scan.ts'
import type { Present } from './settle.ts'
import type { Schedule } from '../../task.ts'

const readers: readonly ReadClause[] = [
  readQuiet,
  readMissed,
  readOverlap,
  readGap,
  readJitter,
  readCount,
  readUntil,
]

/**
 * The clauses of a folded text, in order, that say more of a schedule than its time. "9 until 17" and "Monday through
 * Friday" are words of time and no clauses.
 */
export function readClauses(folded: string, present: () => Present): readonly Clause[] {
  const clauses: Clause[] = []
  for (let at = 0; at < folded.length;) {
    const clause = startsWord(folded, at) ? readClause(folded, at, present) : undefined
    if (clause !== undefined) clauses.push(clause)
    at = clause?.end ?? at + 1
  }
  if (clauses.length === 0) return clauses
  const times = scan(folded).filter((found) => !isUnsayable(found))
  // 每周一共5次: one that makes the words ambiguous may begin within a time.
  return clauses.filter(
    ({ start, says }) => says === undefined || !times.some((time) => time.start < start && start < time.end),
  )
}

function startsWord(folded: string, at: number): boolean {
  const first = folded.charAt(at)
  if (/[\s,;.()]/.test(first)) return false
  return !/[a-z0-9]/.test(first) || !/[\w./@#'’\u0001-]/.test(folded.charAt(at - 1))
}

function readClause(folded: string, at: number, present: () => Present): Clause | undefined {
  for (const read of readers) {
    const clause = read(folded, at, present)
    const isCut =
      clause !== undefined && /\w/.test(folded.charAt(clause.end - 1)) && /^\w/.test(folded.slice(clause.end))
    if (clause !== undefined && !isCut) return clause
  }
  return undefined
}

/**
 * Those clauses of a sentence that belong to its words of time: they stand beside them or between marks, or can be
 * nothing else. `without` is the text without any clause, `times` what stands in it.
 */
export function belonging(
  clauses: readonly Clause[],
  without: string,
  times: readonly Found[],
): readonly Clause[] {
  const spots = times.filter((time) => !isUnsayable(time))
  return clauses.filter(
    ({ start, end, isPlain }) =>
      isPlain ||
      (/(?:^|[,;(。.!?、])\s*$/.test(without.slice(Math.max(0, start - 200), start)) &&
        /^\s*(?:$|[,;).!?。、])/.test(without.slice(end, end + 200))) ||
      spots.some((spot) =>
        spot.end <= start
          ? isLink(without.slice(spot.end, start))
          : spot.start >= end && isLink(without.slice(end, spot.start)),
      ),
  )
}

/** The text with blanks in the place of the clauses, so that all else keeps its place. */
export function blank(text: string, clauses: readonly Clause[]): string {
  let left = text
  for (const { start, end } of clauses) {
    left = left.slice(0, start) + ' '.repeat(end - start) + left.slice(end)
  }
  return left
}

const ownTimes: ReadonlySet<Piece['kind']> = new Set([
  'clock',
  'part',
  'beat',
  'hours',
  'minute',
  'after',
  'instant',
])

/** True unless a clause contradicts the schedule, or leaves open what its time of day belongs to. */
export function doFit(clauses: readonly Clause[], schedule: Schedule, founds: readonly Found[]): boolean {
  return clauses.every(({ says, needs }) => {
    const isLimit = says !== undefined && ('until' in says || 'count' in says)
    if (isLimit && 'at' in schedule) return false
    if (needs === 'interval') return 'everyMs' in schedule && schedule.everyMs < 86_400_000
    // A cron line has no pieces, and its time is its own.
    const pieces = founds.flatMap((found) => found.pieces)
    return needs !== 'time' || pieces.length === 0 || pieces.some(({ kind }) => ownTimes.has(kind))
  })
}
