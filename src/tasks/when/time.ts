import type { Part, Piece, Time } from './piece.ts'

/**
 * A time of day that is settled. `shift` is 1 where it is after the midnight that ends the day; `soft` if it may as
 * well be twelve hours later; `midnight` if it was called so, which leaves open which one.
 */
export type Settled = {
  readonly hour: number
  readonly minute: number
  readonly shift: 0 | 1
  readonly soft: boolean
  readonly midnight: boolean
}

/** The hour that a part of the day stands for when no hour is named; undefined where none is usual. */
export const partHours: Readonly<Record<Part, number | undefined>> = {
  dawn: undefined,
  morning: 8,
  forenoon: 9,
  noon: 12,
  afternoon: 14,
  evening: 18,
  night: 21,
}

/** The hour of a day without any. */
export const defaultHour = 9

/** How bare hours are meant: of a repetition or of one instant, in Chinese or not. */
export type Usage = { readonly repeats: boolean; readonly chinese: boolean }

/**
 * The times of day that the pieces name, in their order; undefined if one contradicts itself.
 *
 * A bare hour from 1 to 5 is in the afternoon, and so is a 6 that is meant once; from 7 to 12 it stands as it is.
 * In Chinese "3:30" is of the 24-hour clock. Without an hour a part of the day has its own (`partHours`), a day 9:00.
 */
export function settleTimes(pieces: readonly Piece[], usage: Usage): readonly Settled[] | undefined {
  const clocks: { time: Time; part: Part | undefined }[] = []
  const parts: Part[] = []
  let waiting: { time: Time; part: Part | undefined }[] = []
  let current: Part | undefined
  for (const piece of pieces) {
    if (piece.kind === 'part') {
      parts.push(piece.part)
      current = piece.part
      for (const clock of waiting) clock.part = piece.part
      waiting = []
    }
    if (piece.kind === 'clock') {
      for (const time of piece.times) {
        const own = { time, part: time.part ?? current }
        clocks.push(own)
        if (own.part === undefined) waiting.push(own)
      }
    }
  }
  const settled =
    clocks.length > 0
      ? clocks.map((clock) => settle(clock.time, clock.part, usage))
      : parts.length > 0
        ? parts.map((part) => ofPart(part))
        : [{ hour: defaultHour, minute: 0, shift: 0, soft: false, midnight: false } as const]
  const whole = settled.filter((one) => one !== undefined)
  return whole.length === settled.length ? whole : undefined
}

function ofPart(part: Part): Settled | undefined {
  const hour = partHours[part]
  return hour === undefined ? undefined : { hour, minute: 0, shift: 0, soft: false, midnight: false }
}

/** One time of day, with the part of the day that it is said to be in; undefined if they contradict each other. */
export function settle(time: Time, part: Part | undefined, usage: Usage): Settled | undefined {
  const { minute } = time
  const at = (hour: number, shift: 0 | 1 = 0, soft = false): Settled => ({
    hour,
    minute,
    shift,
    soft,
    midnight: false,
  })
  if (time.hour === 24) return { ...at(0, 1), midnight: time.half === 'hour' }
  if (part === undefined) {
    const bare = time.half === 'hour' || (time.half === 'colon' && !usage.chinese)
    const last = usage.repeats ? 5 : 6
    if (bare && time.hour >= 1 && time.hour <= last) return at(time.hour + 12)
    return at(time.hour, 0, bare && time.hour < 12)
  }
  const { hour } = time
  const open = time.half !== 'sure'
  switch (part) {
    case 'dawn':
      return hour === 12 ? at(0) : hour <= 6 ? at(hour) : undefined
    case 'morning':
      return hour === 12 && open ? undefined : hour < 12 ? at(hour) : undefined
    case 'forenoon':
      return hour <= 12 ? at(hour) : undefined
    case 'noon':
      return hour >= 10 && hour <= 14 ? at(hour) : open && hour <= 2 ? at(hour + 12) : undefined
    case 'afternoon':
      return hour >= 12 && hour <= 19 ? at(hour) : open && hour <= 7 ? at(hour + 12) : undefined
    case 'evening':
    case 'night':
      if (hour >= 16) return at(hour)
      if (hour === 0 || (hour === 12 && open)) return at(0, 1)
      if (hour >= 5 && hour <= 11) return open ? at(hour + 12) : undefined
      if (hour === 4 && part === 'evening' && open) return at(16)
      return hour <= 4 ? at(hour, 1) : undefined
  }
}
