/** One day in milliseconds, as a calendar counts it. */
export const dayMs = 86_400_000

/**
 * A time zone. A wall time is what the clocks there show, written as the Unix milliseconds that a clock in UTC would
 * have when it shows the same.
 */
export type Zone = {
  readonly wallOf: (ms: number) => number
  /** The instants at which the clocks show `wallMs`: one, none in a gap, two where the hour is repeated; soonest first. */
  readonly instantsOf: (wallMs: number) => readonly number[]
  /** The first instant at which the clocks show `wallMs`; in a gap the instant at which the gap ends. */
  readonly firstInstantOf: (wallMs: number) => number
}

/** Opens a time zone by its IANA name. Throws a RangeError for a name that is none. */
export function openZone(name: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
  const offsetMs = createOffsets((ms) => readOffset(format.format(ms)))

  /** The offsets in force well before and well after a wall time; they differ near a change of the clocks only. */
  const offsetsAround = (wallMs: number): readonly [before: number, after: number] => [
    offsetMs(wallMs - dayMs),
    offsetMs(wallMs + dayMs),
  ]

  const instantsOf = (wallMs: number): readonly number[] => {
    const [before, after] = offsetsAround(wallMs)
    if (before === after) return [wallMs - before]
    const candidates = [wallMs - Math.max(before, after), wallMs - Math.min(before, after)]
    return candidates.filter((ms) => ms + offsetMs(ms) === wallMs)
  }

  const firstInstantOf = (wallMs: number): number => {
    const [first] = instantsOf(wallMs)
    if (first !== undefined) return first
    const [before, after] = offsetsAround(wallMs)
    return changeWithin(wallMs - after, wallMs - before, (ms) => offsetMs(ms) === after)
  }

  return { wallOf: (ms) => ms + offsetMs(ms), instantsOf, firstInstantOf }
}

/** The first instant after `earlyMs`, up to and with `lateMs`, at which the clocks have been changed. */
function changeWithin(earlyMs: number, lateMs: number, isChanged: (ms: number) => boolean): number {
  let [early, late] = [earlyMs, lateMs]
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2)
    if (isChanged(middle)) late = middle
    else early = middle
  }
  return late
}

/** So many days are remembered at once. */
const mostDays = 4_000

/** The offset on a day in UTC: `before` up to `changeMs`, from there on `after`; Infinity where there is no change. */
type Day = { readonly before: number; readonly after: number; readonly changeMs: number }

/** The offset at an instant, looked up once for each day in UTC. The clocks of a zone are never changed twice on one. */
function createOffsets(ask: (ms: number) => number): (ms: number) => number {
  const days = new Map<number, Day>()
  let last: { readonly number: number; readonly day: Day } | undefined
  const dayAt = (number: number): Day => {
    const known = days.get(number)
    if (known !== undefined) return known
    const startMs = number * dayMs
    const before = days.get(number - 1)?.after ?? ask(startMs)
    const after = days.get(number + 1)?.before ?? ask(startMs + dayMs)
    const changeMs =
      before === after ? Infinity : changeWithin(startMs, startMs + dayMs, (ms) => ask(ms) === after)
    const day = { before, after, changeMs }
    if (days.size >= mostDays) days.clear()
    days.set(number, day)
    return day
  }
  return (ms) => {
    const number = Math.floor(ms / dayMs)
    if (last?.number !== number) last = { number, day: dayAt(number) }
    return ms < last.day.changeMs ? last.day.before : last.day.after
  }
}

/** The time zone of this machine, UTC where it says none that has a name. */
export function systemZone(): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  return /^[A-Z]/iu.test(zone) ? zone : 'UTC'
}

/** Reads the end of `11/21/2026, GMT+05:30`; plain `GMT` is no offset. */
function readOffset(text: string): number {
  const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/u.exec(text)
  if (match === null) throw new Error(`no offset in ${text}`)
  const [, sign, hours, minutes, seconds] = match
  const amountMs = (Number(hours ?? 0) * 3_600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1_000
  return sign === '-' ? -amountMs : amountMs
}
