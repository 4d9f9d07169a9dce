import type { Case } from './clocks-cases.ts'
import { dayMs, hourMs } from './clocks-changes.ts'

/** What an oracle says otherwise than we do about a case, in milliseconds after the change of the clocks. */
export type Difference = {
  readonly oracle: string
  readonly kind: Case['kind'] | 'restart'
  readonly change: Case['change']
  /** Ours that it has not. */
  readonly lostMs: readonly number[]
  /** Its own that we have not. */
  readonly moreMs: readonly number[]
}

/** A class of differences in which we mean to be right, or in which neither is wrong. */
export type Accepted = {
  readonly oracle: string
  readonly why: string
  readonly isIt: (difference: Difference) => boolean
}

const shiftOf = ({ change }: Difference): number => change.afterMs - change.beforeMs
/** Chatham's clocks change at a quarter to, Lord Howe's by half an hour. */
const isOdd = ({ change, ...rest }: Difference): boolean =>
  change.beforeMs % hourMs !== 0 || shiftOf({ change, ...rest }) % hourMs !== 0
const isGap = (one: Difference): boolean => shiftOf(one) > 0
const isToMidnight = ({ change }: Difference): boolean => (change.atMs + change.afterMs) % dayMs === 0
/** The second time that the clocks show what they showed before. */
const isSecond = (one: Difference, ms: number): boolean => ms >= 0 && ms < -shiftOf(one)
const isOnlyLostAt = (one: Difference, ms: number): boolean =>
  one.moreMs.length === 0 && one.lostMs.length === 1 && one.lostMs[0] === ms

/**
 * All differences that are known and meant, in the order in which they are tried. A difference that is in no class is
 * a breach: either we are wrong, or this list is to be longer.
 */
export const accepted: readonly Accepted[] = [
  {
    oracle: 'croner',
    why: 'leaves out a time in a gap that ends at midnight (Nuuk, Scoresbysund); we run it when the gap ends',
    isIt: (one) => one.kind === 'gap' && isToMidnight(one) && isOnlyLostAt(one, 0),
  },
  {
    oracle: 'cron-parser',
    why: 'loses its way where clocks change at a quarter to (Chatham) or by half an hour (Lord Howe)',
    isIt: isOdd,
  },
  {
    oracle: 'cron-parser',
    why: 'moves a time in a gap on by the length of the gap (2:30 to 3:30); we run it when the gap ends',
    isIt: (one) =>
      one.kind === 'gap' &&
      one.lostMs.length === 1 &&
      one.lostMs[0] === 0 &&
      one.moreMs.length === 1 &&
      one.moreMs.every((ms) => ms > 0 && ms < shiftOf(one)),
  },
  {
    oracle: 'cron-parser',
    why: 'loses times in and before a gap that ends at midnight',
    isIt: (one) => isGap(one) && isToMidnight(one) && one.moreMs.length === 0,
  },
  {
    oracle: 'cron-parser',
    why: 'runs a time in some repeated hours the second time, or both times; we run it the first time',
    isIt: (one) =>
      one.kind === 'overlap' &&
      one.moreMs.length > 0 &&
      one.moreMs.every((ms) => isSecond(one, ms)) &&
      one.lostMs.every((ms) => one.moreMs.includes(ms - shiftOf(one))),
  },
  {
    oracle: 'cron-parser',
    why: 'asked inside the repeated hour, after a start, runs a second time what has run; we do not',
    isIt: (one) => one.kind === 'restart' && one.moreMs.every((ms) => isSecond(one, ms)),
  },
  {
    oracle: 'systemd',
    why: 'leaves out a time in a gap; we run it when the gap ends, unless the task says otherwise',
    isIt: (one) => one.kind === 'gap' && isOnlyLostAt(one, 0),
  },
  {
    oracle: 'systemd',
    why: 'does not run wildcards in a repeated hour the second time; for us they go on by real time',
    isIt: (one) =>
      (one.kind === 'quarters' || one.kind === 'hours') &&
      one.moreMs.length === 0 &&
      one.lostMs.every((ms) => isSecond(one, ms)),
  },
  {
    oracle: 'systemd',
    why: 'leaves out the end of a gap at a quarter to, or gives up there (Chatham)',
    isIt: (one) => isGap(one) && isOdd(one) && one.moreMs.length === 0,
  },
]
