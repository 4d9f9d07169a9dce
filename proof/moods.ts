import type { Mood } from './platform.ts'
import { between, type Random } from './random.ts'

/** How a platform treats what it is sent, at random: well more often than not. */
export type Moods = {
  readonly mood: () => Mood
  readonly isHistoryBroken: () => boolean
  readonly lagMs: () => number
  readonly slowMs: () => number
  readonly lateMs: () => number
  /** From now on all goes well. */
  readonly calmDown: () => void
  /** How many posts came in all, and how many of them without an answer that says what became of them. */
  readonly counts: () => { readonly sends: number; readonly unclear: number }
}

/** Shares of a hundred, and whether the sender is left in the dark. */
const moods: readonly (readonly [mood: Mood, share: number, isUnclear: boolean])[] = [
  ['at-once', 58, false],
  ['slow', 10, false],
  ['late', 6, true],
  ['never', 4, true],
  ['reset', 6, true],
  ['error-after', 5, true],
  ['error-before', 4, true],
  ['limited', 4, false],
  ['busy', 3, false],
]
const brokenHistoryShare = 0.1
/** In milliseconds. What is slow and then shown late is shown within the adapter's grace time. */
const mostLagMs = 300
const mostSlowMs = 250
/** Longer than the adapter waits, and shorter. */
const lateMs = [300, 3_000] as const

export function createMoods(random: Random): Moods {
  let sends = 0
  let unclear = 0
  let isCalm = false
  return {
    mood: () => {
      sends++
      if (isCalm) return 'at-once'
      let left = random() * 100
      const [mood, , isUnclear] = moods.find(([, share]) => (left -= share) < 0) ?? ['at-once', 0, false]
      if (isUnclear) unclear++
      return mood
    },
    isHistoryBroken: () => !isCalm && random() < brokenHistoryShare,
    lagMs: () => between(random, 0, mostLagMs),
    slowMs: () => between(random, 0, mostSlowMs),
    lateMs: () => between(random, ...lateMs),
    calmDown: () => (isCalm = true),
    counts: () => ({ sends, unclear }),
  }
}
