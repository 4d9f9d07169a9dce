import type { Options } from '../../task.ts'
import { readChineseSpan } from './chinese-words.ts'
import { readSpan } from './english-words.ts'
import type { Present } from './settle.ts'

/** One thing that is said of a schedule beside its time, such as "until Friday" or 一共5次, and where it stands. */
export type Clause = {
  readonly start: number
  readonly end: number
  /** Undefined where it is clearly such a thing and yet means nothing certain. */
  readonly says: Partial<Options> | undefined
  /** True if it can be nothing else wherever it stands; others count beside words of time, or between marks. */
  readonly isPlain: boolean
  /** `interval`: it fits an interval shorter than a day alone. `time`: the words of time must have their own time of day. */
  readonly needs?: 'interval' | 'time'
}

/** Reads a clause that begins at a place in a folded text. */
export type ReadClause = (text: string, at: number, present: () => Present) => Clause | undefined

/** A length of time as an option has it, in milliseconds; a day has 24 hours. */
export function readLength(
  text: string,
  at: number,
): { readonly ms: number; readonly end: number } | undefined {
  const found = readSpan(text, at) ?? readChineseSpan(text, at)
  if (found === undefined || found.span.months > 0) return undefined
  return { ms: found.span.ms + found.span.days * 86_400_000, end: found.end }
}

/** What clauses say together; undefined if one of them cannot be understood, or if two say the same option. */
export function optionsOf(clauses: readonly Clause[]): Partial<Options> | undefined {
  const options: { -readonly [Key in keyof Options]?: Options[Key] } = {}
  for (const { says } of clauses) {
    if (says === undefined || Object.keys(says).some((key) => key in options)) return undefined
    Object.assign(options, says)
  }
  return options
}
