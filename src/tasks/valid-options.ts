import type { Options, Schedule } from '../task.ts'
import { minuteOfDay } from './quiet.ts'
import { isInstant, openSlots } from './schedule.ts'
import { openZone } from './wall-time.ts'

/** Which of the options is not sound. */
export type OptionProblem = 'badQuiet' | 'badUntil' | 'badCount' | 'badJitter' | 'badMissed'

/** The most runs that one pause may be made up for. */
export const mostCaughtUp = 1_000

/**
 * Which of the options of a valid schedule is not sound, if one is not: quiet hours are two different times of day,
 * the end is an instant with its offset, the count, the runs caught up (at most 1,000) and their age are above 0, and
 * the jitter is less than the time between two due times.
 */
export function validOptions(options: Options, schedule: Schedule): OptionProblem | undefined {
  const { missed, jitterMs, quiet, until, count } = options
  if (quiet !== null) {
    const [from, to] = [minuteOfDay(quiet.from), minuteOfDay(quiet.to)]
    if (from === undefined || to === undefined || from === to) return 'badQuiet'
  }
  if (until !== null && !isInstant(until)) return 'badUntil'
  if (count !== null && !isCount(count)) return 'badCount'
  if (missed.kind !== 'skip' && !(missed.maxAgeMs > 0)) return 'badMissed'
  if (missed.kind === 'all' && !(isCount(missed.most) && missed.most <= mostCaughtUp)) return 'badMissed'
  if (jitterMs === 0) return undefined
  return Number.isSafeInteger(jitterMs) && jitterMs > 0 && jitterMs < periodMs(schedule)
    ? undefined
    : 'badJitter'
}

function isCount(count: number): boolean {
  return Number.isSafeInteger(count) && count > 0
}

/** So many due times show the least time between two of them, for schedules that people make. */
const mostCompared = 100

/** The least time between two due times where no clock is changed; Infinity where there is one at most. */
function periodMs(schedule: Schedule): number {
  if ('at' in schedule) return Infinity
  if ('everyMs' in schedule) return schedule.everyMs
  const slots = openSlots(schedule, openZone('UTC'), null)
  let least = Infinity
  let last = slots.next(0)
  for (let i = 0; i < mostCompared && last !== null; i++) {
    const next = slots.next(last)
    if (next === null) break
    least = Math.min(least, next - last)
    last = next
  }
  return least
}
