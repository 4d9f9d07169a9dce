/** A part of the day. `dawn` is the hours after midnight (凌晨), `forenoon` is 上午. */
export type Part = 'dawn' | 'morning' | 'forenoon' | 'noon' | 'afternoon' | 'evening' | 'night'

/** A time of day as said. Hour 24 is midnight; with half `hour` it was called so, else it is the end of the day. */
export type Time = {
  readonly hour: number
  readonly minute: number
  /**
   * How sure the half of the day is. `sure`: am, pm or the 24-hour clock. `hour`: a bare "at 3"; `colon`: "3:30",
   * which is bare in English and of the 24-hour clock in Chinese.
   */
  readonly half: 'sure' | 'hour' | 'colon'
  readonly part?: Part
}

/** A length of time: `days` and `months` keep the time of day over a change of the clocks, `ms` does not. */
export type Span = { readonly ms: number; readonly days: number; readonly months: number }

/** The smallest words of time that have a meaning; what they mean together is `toSchedule`'s to say. */
export type Piece =
  | { readonly kind: 'every'; readonly count: number; readonly unit: 'day' | 'week' | 'month' | 'year' }
  | { readonly kind: 'beat'; readonly everyMs: number }
  /** `week`: 0 for this week, 1 for the next; absent for the next such day. Sunday is 0. */
  | {
      readonly kind: 'weekdays'
      readonly days: readonly number[]
      readonly repeats: boolean
      readonly week?: number
    }
  /** Days of a month: numbers, or `L` (last), `LW` and `1W` (last and first working day). */
  | {
      readonly kind: 'monthdays'
      readonly days: readonly string[]
      readonly repeats: boolean
      readonly month?: number
    }
  /** The first (1), …, or last (`L`) such weekday of the month. */
  | { readonly kind: 'nth'; readonly weekday: number; readonly nth: string }
  | {
      readonly kind: 'date'
      readonly year?: number
      /** Years from this one: 0 for "this year". */
      readonly years?: number
      readonly month: number
      readonly day: number
      readonly repeats: boolean
    }
  /** Days from today. */
  | { readonly kind: 'day'; readonly days: number }
  | { readonly kind: 'week'; readonly weeks: number }
  | { readonly kind: 'month'; readonly months: number }
  | { readonly kind: 'after'; readonly span: Span }
  | { readonly kind: 'instant'; readonly atMs: number }
  | { readonly kind: 'clock'; readonly times: readonly Time[] }
  | { readonly kind: 'hours'; readonly from: Time; readonly to: Time }
  | { readonly kind: 'minute'; readonly minute: number }
  /** `repeats`: "mornings". */
  | { readonly kind: 'part'; readonly part: Part; readonly repeats?: boolean }
  /** What follows is the beginning of a repetition. */
  | { readonly kind: 'start' }
  /** Clearly words of time, and nothing that a schedule can say: impossible, ambiguous, or with an end. */
  | { readonly kind: 'unsayable' }

/** Pieces and where they stand. `weak` ones count only beside others, or where the sentence leaves no doubt. */
export type Found = {
  readonly pieces: readonly Piece[]
  readonly start: number
  readonly end: number
  readonly language: 'en' | 'zh' | 'any'
  readonly weak: boolean
}

/** What a pattern found: its groups, and where it ends. */
export type Match = { readonly groups: readonly (string | undefined)[]; readonly end: number }

/** Matches a sticky pattern at `at`. */
export function matchAt(pattern: RegExp, text: string, at: number): Match | undefined {
  pattern.lastIndex = at
  const match = pattern.exec(text)
  return match === null ? undefined : { groups: match.slice(1), end: at + match[0].length }
}

/** A sticky pattern of whole words: a space stands for any white space. */
export function wordPattern(source: string): RegExp {
  return new RegExp(`(?:${spaced(source)})(?![\\w'’])`, 'y')
}

/** A sticky pattern of words that others follow; unlike in `wordPattern` it may end within a word. */
export function leadPattern(source: string): RegExp {
  return new RegExp(`(?:${spaced(source)})`, 'y')
}

function spaced(source: string): string {
  return source.replaceAll(' ?', '\\s*').replaceAll(' ', '\\s+')
}

/** One unit of time as a `Span`, `count` times; undefined where it does not come out whole. */
export function spanOf(
  unit: 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year',
  count: number,
): Span | undefined {
  const none: Span = { ms: 0, days: 0, months: 0 }
  switch (unit) {
    case 'second':
      return { ...none, ms: Math.round(count * 1000) }
    case 'minute':
      return { ...none, ms: Math.round(count * 60_000) }
    case 'hour':
      return { ...none, ms: Math.round(count * 3_600_000) }
    case 'day':
      return Number.isInteger(count)
        ? { ...none, days: count }
        : { ...none, ms: Math.round(count * 86_400_000) }
    case 'week':
      return Number.isInteger(count * 7) ? { ...none, days: count * 7 } : undefined
    case 'month':
      return Number.isInteger(count) ? { ...none, months: count } : undefined
    case 'year':
      return Number.isInteger(count * 12) ? { ...none, months: count * 12 } : undefined
  }
}

/** Both lengths one after the other. */
export function addSpans(a: Span, b: Span): Span {
  return { ms: a.ms + b.ms, days: a.days + b.days, months: a.months + b.months }
}
