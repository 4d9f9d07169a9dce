import { readFileSync } from 'node:fs'

/** A change of the clocks of a zone; the offsets are what is added to UTC, in milliseconds. */
export type Change = {
  readonly zone: string
  readonly atMs: number
  readonly beforeMs: number
  readonly afterMs: number
}

/** The clocks of a zone over the years that are looked at. */
export type Clocks = {
  readonly zone: string
  readonly startOffsetMs: number
  readonly changes: readonly Change[]
}

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
export const firstMs = Date.UTC(2026, 0, 1)
export const endMs = Date.UTC(2038, 0, 1)

/** Every zone that this Node has a name for, and the older names of the time zone data on this machine. */
export function allZones(): { readonly zones: readonly string[]; readonly aliases: readonly string[] } {
  const zones = [...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC'])]
  return { zones, aliases: aliasesOfMachine().filter((name) => !zones.includes(name) && isZone(name)) }
}

function aliasesOfMachine(): readonly string[] {
  try {
    const text = readFileSync('/usr/share/zoneinfo/tzdata.zi', 'utf8')
    return [...text.matchAll(/^L \S+ (\S+)$/gmu)].map(([, name = '']) => name)
  } catch {
    return []
  }
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** The changes of a zone from 2026 to 2037, found by looking every `stepMs` and halving; nothing of ours is asked. */
export function clocksOf(zone: string, stepMs: number): Clocks {
  const offsetAt = createOffsets(zone)
  const changes: Change[] = []
  let beforeMs = offsetAt(firstMs)
  const startOffsetMs = beforeMs
  for (let ms = firstMs; ms < endMs; ms += stepMs) {
    const late = Math.min(ms + stepMs, endMs)
    // More than one change between two looks would be seen as one; each is found before the next is looked for.
    for (let afterMs = offsetAt(late); afterMs !== beforeMs;) {
      const atMs = firstChange(offsetAt, changes.at(-1)?.atMs ?? ms, ms, late, beforeMs)
      const now = offsetAt(atMs)
      changes.push({ zone, atMs, beforeMs, afterMs: now })
      beforeMs = now
      afterMs = offsetAt(late)
    }
  }
  return { zone, startOffsetMs, changes }
}

/** The instant after which the offset is not `beforeMs` any more, to the second. */
function firstChange(
  offsetAt: (ms: number) => number,
  lastMs: number,
  fromMs: number,
  toMs: number,
  beforeMs: number,
): number {
  let early = Math.max(lastMs, fromMs)
  let late = toMs
  while (late - early > 1_000) {
    const middle = Math.floor((early + late) / 2_000) * 1_000
    if (offsetAt(middle) === beforeMs) early = middle
    else late = middle
  }
  return late
}

/** The offset of a zone, from the date and time that the clocks there show. */
function createOffsets(zone: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  return (ms) => {
    const [day = 0, month = 1, year = 0, hour = 0, minute = 0, second = 0] = format
      .format(ms)
      .split(/\D+/u)
      .map(Number)
    return Date.UTC(year, month - 1, day, hour, minute, second) - ms
  }
}

/** One zone for each set of clocks, with the names of all that show the same at every instant. */
export function sameClocks(all: readonly Clocks[]): readonly (readonly Clocks[])[] {
  const groups = Map.groupBy(all, ({ startOffsetMs, changes }) =>
    JSON.stringify([startOffsetMs, changes.map(({ atMs, afterMs }) => [atMs, afterMs])]),
  )
  return [...groups.values()]
}
