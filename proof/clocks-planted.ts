import { dueUpTo, isInGap, nextDue } from '../src/tasks/schedule.ts'
import { openZone } from '../src/tasks/wall-time.ts'
import type { Schedule } from '../src/task.ts'
import type { NextDue } from './clocks-cases.ts'
import { dayMs, hourMs } from './clocks-changes.ts'
import { nextByCronParser } from './clocks-oracles.ts'

/** A way of reckoning that is wrong, which the proof must find. */
export type Planted = { readonly name: string; readonly nextDue: NextDue }

const isDaily = (schedule: Schedule): boolean =>
  'everyMs' in schedule ||
  ('cron' in schedule && !schedule.cron.includes('/') && !schedule.cron.startsWith('0 *'))

/** Mistakes that schedulers make at a change of the clocks. */
export const planted: readonly Planted[] = [
  {
    name: 'cron-parser alone',
    nextDue: (schedule, zone, afterMs) =>
      'cron' in schedule ? nextByCronParser(schedule.cron, zone, afterMs) : nextDue(schedule, zone, afterMs),
  },
  {
    name: 'a day is 24 hours',
    nextDue: (schedule, zone, afterMs) => {
      if (!isDaily(schedule)) return nextDue(schedule, zone, afterMs)
      const firstMs = nextDue(schedule, zone, Math.floor(afterMs / (30 * dayMs)) * 30 * dayMs) ?? 0
      return firstMs + Math.max(0, Math.floor((afterMs - firstMs) / dayMs) + 1) * dayMs
    },
  },
  {
    name: 'a time in a gap is left out',
    nextDue: (schedule, zone, afterMs) => {
      const next = nextDue(schedule, zone, afterMs)
      return next !== null && isInGap(schedule, zone, next) ? nextDue(schedule, zone, next) : next
    },
  },
  {
    name: 'after a start in the repeated hour it comes a second time',
    nextDue: (schedule, zone, afterMs) => {
      const before = nextDue(schedule, zone, afterMs - hourMs) ?? afterMs
      const { wallOf } = openZone(zone)
      const isAgain = before <= afterMs && wallOf(before + hourMs) === wallOf(before)
      return isAgain ? before + hourMs : nextDue(schedule, zone, afterMs)
    },
  },
  {
    name: 'wildcards pause in the repeated hour',
    nextDue: (schedule, zone, afterMs) => {
      const { wallOf, firstInstantOf } = openZone(zone)
      const found = dueUpTo(schedule, zone, afterMs, afterMs + 2 * dayMs, Infinity).slots.slice(1)
      return found.find((ms) => firstInstantOf(wallOf(ms)) === ms) ?? null
    },
  },
]
