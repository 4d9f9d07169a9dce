/** The days of a zone, as people there count them. */
export type Calendar = {
  /** The local date: `2026-11-22`. */
  readonly dayOf: (ms: number) => string
  /** The first instant of the next local day or month. */
  readonly endOf: (period: 'day' | 'month', ms: number) => number
}

const hourMs = 3_600_000

/**
 * Counts days from one local midnight to the next, also where the clocks are changed between them. The zone is asked
 * for at each call, because it may change; asking again for the same day costs next to nothing.
 */
export function createCalendar(zone: () => string): Calendar {
  // Made by the first question: the tables behind it take 8 MiB.
  let made: { readonly zone: string; readonly format: Intl.DateTimeFormat } | undefined
  let known = { zone: '', day: '', fromMs: 0, untilMs: 0 }

  const read = (ms: number): string => {
    const wanted = zone()
    if (made?.zone !== wanted) made = { zone: wanted, format: formatOf(wanted) }
    return made.format.format(ms)
  }
  const endOfDay = (ms: number): number => {
    const day = read(ms)
    return firstAfter(ms, 50 * hourMs, (at) => read(at) !== day)
  }
  const look = (ms: number): typeof known => {
    if (known.zone !== zone() || ms < known.fromMs || ms >= known.untilMs) {
      known = { zone: zone(), day: read(ms), fromMs: ms, untilMs: endOfDay(ms) }
    }
    return known
  }
  return {
    dayOf: (ms) => look(ms).day,
    endOf: (period, ms) => {
      if (period === 'day') return look(ms).untilMs
      const month = read(ms).slice(0, 7)
      return firstAfter(ms, 32 * 24 * hourMs, (at) => read(at).slice(0, 7) !== month)
    },
  }
}

/** The first millisecond after `ms` that passes; one within `spanMs` does, and all after it. */
function firstAfter(ms: number, spanMs: number, passes: (ms: number) => boolean): number {
  let early = ms
  let late = ms + spanMs
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2)
    if (passes(middle)) late = middle
    else early = middle
  }
  return late
}

/** Canada writes dates as ISO 8601 does. */
function formatOf(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
}
