import type { Zone } from './wall-time.ts'

/** Due times, oldest first, and how many still older ones were left out. */
export type DueTimes = { readonly slots: readonly number[]; readonly dropped: number }

/** The due times of one schedule in its zone. */
export type Slots = {
  /** The first one strictly after `afterMs`, or null if there is none. */
  readonly next: (afterMs: number) => number | null
  /** Those strictly after `afterMs` up to and with `nowMs`: the newest `most`, and the number of the older ones. */
  readonly newest: (afterMs: number, nowMs: number, most: number) => DueTimes
  /** True for a due time that the clocks left out on its date, so that it comes when the gap ends. */
  readonly isInGap: (dueMs: number) => boolean
}

/** One instant. */
export function onceSlots(atMs: number): Slots {
  const countTo = (ms: number): number => (atMs <= ms ? 1 : 0)
  return {
    next: (afterMs) => (atMs > afterMs ? atMs : null),
    newest: (afterMs, nowMs, most) => newestOf(countTo(afterMs), countTo(nowMs), most, () => atMs),
    isInGap: () => false,
  }
}

/** Every so many milliseconds of real time, from `startMs` on. */
export function evenSlots(startMs: number, everyMs: number): Slots {
  const countTo = (ms: number): number => Math.max(0, Math.floor((ms - startMs) / everyMs) + 1)
  return {
    next: (afterMs) => startMs + countTo(afterMs) * everyMs,
    newest: (afterMs, nowMs, most) =>
      newestOf(countTo(afterMs), countTo(nowMs), most, (n) => startMs + n * everyMs),
    isInGap: () => false,
  }
}

/** Every so many days from `startMs` on, at the same local time. */
export function daySlots(startMs: number, everyMs: number, zone: Zone): Slots {
  const startWallMs = zone.wallOf(startMs)
  const slot = (n: number): number => (n === 0 ? startMs : zone.firstInstantOf(startWallMs + n * everyMs))
  const indexAfter = (afterMs: number): number => {
    let n = Math.max(0, Math.floor((zone.wallOf(afterMs) - startWallMs) / everyMs) - 1)
    while (slot(n) <= afterMs) n++
    return n
  }
  return {
    next: (afterMs) => slot(indexAfter(afterMs)),
    newest: (afterMs, nowMs, most) => newestOf(indexAfter(afterMs), indexAfter(nowMs), most, slot),
    isInGap: (dueMs) => {
      if (!isGapEnd(zone, dueMs)) return false
      const n = indexAfter(dueMs - 1)
      return n > 0 && slot(n) === dueMs && zone.wallOf(dueMs) !== startWallMs + n * everyMs
    },
  }
}

/** True for an instant at which the clocks are put forward. */
export function isGapEnd(zone: Zone, ms: number): boolean {
  return zone.wallOf(ms) - zone.wallOf(ms - 1) > 1
}

/** The newest of the slots from the one numbered `first` up to `end`, which is none of them. */
function newestOf(first: number, end: number, most: number, slot: (n: number) => number): DueTimes {
  const count = Math.max(0, end - first)
  const kept = Math.min(most, count)
  return { slots: Array.from({ length: kept }, (_, i) => slot(end - kept + i)), dropped: count - kept }
}

/** The same, without those after `untilMs`. */
export function endingAt(untilMs: number, { next, newest, isInGap }: Slots): Slots {
  return {
    next: (afterMs) => {
      const ms = next(afterMs)
      return ms === null || ms > untilMs ? null : ms
    },
    newest: (afterMs, nowMs, most) => newest(afterMs, Math.min(nowMs, untilMs), most),
    isInGap,
  }
}
