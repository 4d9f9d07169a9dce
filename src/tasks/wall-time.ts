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
  const offsetMs = (ms: number): number => readOffset(format.format(ms))

  /** The offsets in force well before and well after a wall time; they differ near a change of the clocks only. */
  const offsetsAround = (wallMs: number): readonly [before: number, after: number] => [
    offsetMs(wallMs - dayMs),
    offsetMs(wallMs + dayMs),
  ]

  const instantsOf = (wallMs: number): readonly number[] => {
    const [before, after] = offsetsAround(wallMs)
    const candidates = before === after ? [before] : [Math.max(before, after), Math.min(before, after)]
    return candidates.map((offset) => wallMs - offset).filter((ms) => ms + offsetMs(ms) === wallMs)
  }

  const firstInstantOf = (wallMs: number): number => {
    const [first] = instantsOf(wallMs)
    if (first !== undefined) return first
    const [before, after] = offsetsAround(wallMs)
    let early = wallMs - after
    let late = wallMs - before
    while (late - early > 1) {
      const middle = Math.floor((early + late) / 2)
      if (offsetMs(middle) === after) late = middle
      else early = middle
    }
    return late
  }

  return { wallOf: (ms) => ms + offsetMs(ms), instantsOf, firstInstantOf }
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
