import { createHash } from 'node:crypto'
import type { DueRun, Step } from '../store/runs.ts'
import type { Options, Schedule, Task } from '../task.ts'
import { runsWords, type RunsWords } from '../words-runs.ts'
import { openQuiet } from './quiet.ts'
import { openSlots } from './schedule.ts'
import { mostCaughtUp } from './valid-options.ts'
import type { DueTimes } from './slots.ts'
import { openZone } from './wall-time.ts'

/** What becomes of the due times that have passed: a row for each, oldest first. */
export type Decision = Pick<Step, 'runs' | 'dueCount' | 'replaces'>

/** How many runs of a task wait and run. */
export type Open = { readonly queued: number; readonly running: number }

/** A due time that is noticed within this time was not missed, in milliseconds. */
export const onTimeMs = 60_000
/** So many runs of a task wait for the one that is under way; a slow task is not to pile up runs without end. */
const mostWaiting = 10
/** So many due times are looked at for the next that is really run. */
const mostLookedAt = 1_000

type Planned = Pick<Task, 'id' | 'schedule' | 'options' | 'zone' | 'language' | 'dueCount'>

/**
 * Says for each due time whether it is run, skipped or missed, by the options of its task. `overlap` is about the runs
 * that were open before; what is made up for under `all` waits for them and for each other. Of a due time that is left
 * out in any case (a gap of the clocks, quiet hours) that is what its row says, also where it was missed, too. Throws
 * for a schedule, zone or quiet hours that cannot be read.
 */
export function decide(task: Planned, due: DueTimes, nowMs: number, open: Open): Decision {
  const { options } = task
  const words = runsWords[task.language]
  const { slots, dropped } = withinCount(due, task)
  const { leftOut, quietEnd } = openLimits(task)
  const left = slots.map(leftOut)
  const may = slots.filter((_, i) => left[i] === undefined)
  const isOnTime = (dueMs: number): boolean => nowMs - dueMs <= onTimeMs
  const onTime = may.filter(isOnTime)
  const late = catchUps(
    options,
    may.filter((dueMs) => !isOnTime(dueMs)),
    onTime.length > 0,
    nowMs,
  )
  const { queued, skipped, replaces } = overlapping(options, late, onTime, open, words)

  const jitterMs = jitterOf(task.id, options.jitterMs)
  const readyOf = (dueMs: number): number => {
    const jitteredMs = dueMs + jitterMs
    const readyMs = quietEnd(jitteredMs) === null ? jitteredMs : dueMs
    return isOnTime(dueMs) ? readyMs : (quietEnd(Math.max(nowMs, readyMs)) ?? readyMs)
  }
  const newestRunMs = Math.max(...queued)
  const rowOf = (dueMs: number, why: LeftOut | undefined): DueRun => {
    const note = why === undefined ? skipped.get(dueMs) : words[why]
    if (note !== undefined) return { dueMs, readyMs: dueMs, state: 'skipped', note }
    if (queued.has(dueMs)) return { dueMs, readyMs: readyOf(dueMs), state: 'queued', note: null }
    const missedNote = whyMissed(options, nowMs - dueMs, dueMs < newestRunMs, words)
    return { dueMs, readyMs: dueMs, state: 'missed', note: missedNote }
  }
  const runs = slots.map((dueMs, i) => rowOf(dueMs, left[i]))
  return { runs: tellingOf(dropped, runs, words), dueCount: slots.length + dropped, replaces }
}

/**
 * The next instants after `afterMs` at which a task is really run, where nothing goes wrong: without gaps of the
 * clocks that it skips, quiet hours, and what is after its end or its count, of which `hadCount` are used up. Fewer
 * than `most` where there are no more, or none is found among a thousand due times.
 */
export function comingTimes(
  schedule: Schedule,
  options: Options,
  zone: string,
  afterMs: number,
  most: number,
  hadCount = 0,
): number[] {
  const slots = openSlots(schedule, openZone(zone), options.until)
  const { leftOut, quietEnd } = openLimits({ schedule, options, zone })
  const found: number[] = []
  let count = hadCount
  let fromMs = afterMs
  for (let looked = 0; looked < mostLookedAt && found.length < most; looked++) {
    const dueMs = slots.next(fromMs)
    if (dueMs === null || (options.count !== null && ++count > options.count)) break
    fromMs = dueMs
    if (leftOut(dueMs) === undefined) {
      found.push(dueMs)
      continue
    }
    const endMs = quietEnd(dueMs)
    if (endMs === null) continue
    // One look for a whole night: there may be more due times in it than are looked at.
    if (options.count !== null) count += slots.newest(dueMs, endMs - 1, 0).dropped
    fromMs = endMs - 1
  }
  return found
}

/** Why a due time is never run: a key of the words about runs. */
type LeftOut = 'gap' | 'quiet'

function openLimits({ schedule, options, zone: name }: Pick<Task, 'schedule' | 'options' | 'zone'>): {
  readonly leftOut: (dueMs: number) => LeftOut | undefined
  readonly quietEnd: (ms: number) => number | null
} {
  const zone = openZone(name)
  const quietEnd = openQuiet(options.quiet, zone)
  const isGap = options.dstGap === 'skip' ? openSlots(schedule, zone, null).isInGap : () => false
  return {
    leftOut: (dueMs) => (isGap(dueMs) ? 'gap' : quietEnd(dueMs) === null ? undefined : 'quiet'),
    quietEnd,
  }
}

/** Without what is beyond the task's count; the oldest due times are the ones that count. */
function withinCount({ slots, dropped }: DueTimes, { options, dueCount }: Planned): DueTimes {
  const total = slots.length + dropped
  const allowed = options.count === null ? total : Math.min(total, Math.max(0, options.count - dueCount))
  return {
    slots: slots.slice(0, Math.max(0, slots.length - (total - allowed))),
    dropped: Math.min(dropped, allowed),
  }
}

/** Which of the due times that passed unseen are made up for. */
function catchUps({ missed }: Options, late: readonly number[], isRunNow: boolean, nowMs: number): number[] {
  if (missed.kind === 'skip' || (missed.kind === 'once' && isRunNow)) return []
  const recent = late.filter((dueMs) => nowMs - dueMs <= missed.maxAgeMs)
  return newest(recent, missed.kind === 'once' ? 1 : Math.min(missed.most, mostCaughtUp))
}

type Overlapping = {
  readonly queued: ReadonlySet<number>
  readonly skipped: ReadonlyMap<number, string>
  readonly replaces: string | null
}

/** What of that which is to run may run beside, after or in place of what is open. */
function overlapping(
  { overlap, missed }: Options,
  late: readonly number[],
  onTime: readonly number[],
  open: Open,
  words: RunsWords,
): Overlapping {
  const waiting = missed.kind === 'all' ? late : []
  const coming = missed.kind === 'all' ? onTime : [...late, ...onTime]
  const mostLate = missed.kind === 'all' ? Math.max(missed.most, mostWaiting) : 0
  const isBusy = open.queued + open.running > 0
  const kept = {
    skip: isBusy ? [] : coming.slice(0, 1),
    queue: coming.slice(0, Math.max(0, mostWaiting - open.queued)),
    replace: newest(coming, 1),
  }[overlap]
  const note = {
    skip: words.overlapped,
    queue: words.waitingTooLong(Math.max(mostWaiting, open.queued)),
    replace: words.replaced,
  }[overlap]
  const queued = new Set([...newest(waiting, mostLate - open.queued), ...kept])
  return {
    queued,
    skipped: new Map(
      [
        ...waiting.map((dueMs) => [dueMs, words.waitingTooLong(open.queued)] as const),
        ...coming.map((dueMs) => [dueMs, note] as const),
      ].filter(([dueMs]) => !queued.has(dueMs)),
    ),
    replaces: overlap === 'replace' && isBusy && kept.length > 0 ? words.replaced : null,
  }
}

function whyMissed({ missed }: Options, ageMs: number, isLaterRun: boolean, words: RunsWords): string {
  if (missed.kind === 'skip') return words.missed
  if (ageMs > missed.maxAgeMs) return words.missedTooOld
  return isLaterRun ? words.missedOlder : words.missed
}

/** The oldest row tells of those still older that have none. */
function tellingOf(dropped: number, runs: readonly DueRun[], words: RunsWords): readonly DueRun[] {
  const [oldest, ...others] = runs
  if (oldest === undefined || dropped === 0) return runs
  return [{ ...oldest, note: words.missedAndMore(oldest.note ?? words.missed, dropped) }, ...others]
}

/** The same for all runs of a task, and spread over the tasks. */
function jitterOf(taskId: number, jitterMs: number): number {
  if (jitterMs === 0) return 0
  return createHash('sha256').update(`task/${taskId}/jitter`).digest().readUIntBE(0, 6) % jitterMs
}

function newest(all: readonly number[], most: number): number[] {
  return all.slice(Math.max(0, all.length - Math.max(0, most)))
}
