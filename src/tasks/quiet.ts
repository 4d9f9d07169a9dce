import type { QuietHours } from '../task.ts'
import { dayMs, openZone, type Zone } from './wall-time.ts'

/** The end of the quiet hours that an instant lies within; null if it lies in none. */
export type QuietEnd = (ms: number) => number | null

/**
 * The instant at which the quiet hours end that `ms` lies within, perhaps on the next day; null if it lies in none.
 * They begin and end when the clocks show these times first, and where the clocks leave one out, at the gap's end.
 * Throws a RangeError for times that are none.
 */
export function quietEndMs(quiet: QuietHours | null, zone: string, ms: number): number | null {
  return quiet === null ? null : openQuiet(quiet, openZone(zone))(ms)
}

/** As `quietEndMs`, for those who ask for many instants. */
export function openQuiet(quiet: QuietHours | null, zone: Zone): QuietEnd {
  if (quiet === null) return () => null
  const from = wallOfDay(quiet.from)
  const to = wallOfDay(quiet.to)
  /** Those that begin on the date of the last question and the dates beside it. */
  let known: { readonly date: number; readonly spans: readonly (readonly [fromMs: number, toMs: number])[] } =
    { date: NaN, spans: [] }
  const spanOf = (date: number): readonly [number, number] => [
    zone.firstInstantOf(date + from),
    zone.firstInstantOf(date + to + (to <= from ? dayMs : 0)),
  ]
  return (ms) => {
    const date = Math.floor(zone.wallOf(ms) / dayMs) * dayMs
    // The clocks may have shown the next date already and been put back to this one.
    if (known.date !== date) known = { date, spans: [date - dayMs, date, date + dayMs].map(spanOf) }
    const found = known.spans.find(([fromMs, toMs]) => fromMs <= ms && ms < toMs)
    return found?.[1] ?? null
  }
}

/** The minute of the day that `HH:MM` names, 0 to 1,439; undefined for what is no time of day. */
export function minuteOfDay(text: string): number | undefined {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)$/u.exec(text)
  return match === null ? undefined : Number(match[1]) * 60 + Number(match[2])
}

function wallOfDay(text: string): number {
  const minute = minuteOfDay(text)
  if (minute === undefined) throw new RangeError(`${text} is no time of day`)
  return minute * 60_000
}
