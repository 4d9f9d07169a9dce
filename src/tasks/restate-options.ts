import { usualOptions, type Missed, type Options } from '../task.ts'
import { optionsWords, type OptionsWords } from '../words-options.ts'
import type { Language } from '../words.ts'
import { formatDate, formatTime } from './format-time.ts'
import { dayMs, openZone } from './wall-time.ts'

/** Each option that is not the usual one, in words that `readWhen` reads to the same option. */
export function optionWords(options: Options, zone: string, language: Language): readonly string[] {
  const words = optionsWords[language]
  const { missed, overlap, dstGap, jitterMs, quiet, until, count } = options
  return [
    ...(until === null ? [] : [words.until(untilWords(until, zone, language))]),
    ...(count === null ? [] : [words.count(count)]),
    ...(quiet === null ? [] : [words.quiet(quiet.from, quiet.to)]),
    ...(isUsual(missed) ? [] : [missedWords(missed, words)]),
    ...(overlap === usualOptions.overlap ? [] : [words.overlap[overlap]]),
    ...(dstGap === usualOptions.dstGap ? [] : [words.dstGap[dstGap]]),
    ...(jitterMs === usualOptions.jitterMs ? [] : [words.jitter(lengthWords(jitterMs, words))]),
  ]
}

/** A date alone where all of it is in; an instant that a date and a time would not name for sure in ISO 8601. */
function untilWords(until: string, zone: string, language: Language): string {
  const ms = Date.parse(until)
  if (Number.isNaN(ms)) return until
  const { wallOf, firstInstantOf } = openZone(zone)
  const wallMs = wallOf(ms)
  const nextDate = (Math.floor(wallMs / dayMs) + 1) * dayMs
  if (firstInstantOf(nextDate) - 1 === ms) return formatDate(ms, zone, language)
  const isSure = ms % 60_000 === 0 && firstInstantOf(wallMs) === ms
  return isSure ? formatTime(ms, zone, language) : new Date(ms).toISOString()
}

function isUsual(missed: Missed): boolean {
  const usual = usualOptions.missed
  return missed.kind === 'once' && usual.kind === 'once' && missed.maxAgeMs === usual.maxAgeMs
}

function missedWords(missed: Missed, words: OptionsWords): string {
  switch (missed.kind) {
    case 'skip':
      return words.missedSkip
    case 'once':
      return words.missedOnce(lengthWords(missed.maxAgeMs, words))
    case 'all':
      return words.missedAll(missed.most, lengthWords(missed.maxAgeMs, words))
  }
}

const sizes = [
  ['day', dayMs],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const

/** A length in whole seconds: "1 day 2 hours", 1天2小时. */
function lengthWords(ms: number, words: OptionsWords): string {
  let left = Math.round(ms / 1_000) * 1_000
  const parts: string[] = []
  for (const [unit, size] of sizes) {
    const n = Math.floor(left / size)
    left -= n * size
    if (n > 0) parts.push(words.length(n, unit))
  }
  return parts.length === 0 ? words.length(0, 'second') : parts.join(words.lengths)
}
