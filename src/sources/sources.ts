import { SourceError } from '../errors.ts'
import { sourceWords } from '../words-sources.ts'
import { inBoth } from '../words.ts'
import type { Reading, ReadingRights, Source } from '../source.ts'

/** All sources as one: `read` asks the first that fits, and throws `unsupported` if none does. */
export type Sources = {
  readonly read: (from: string, rights: ReadingRights, signal: AbortSignal) => Promise<Reading>
}

/** Makes one of many sources, asked in the order of `list`. */
export function createSources(list: readonly Source[]): Sources {
  return {
    read: async (from, rights, signal) => {
      const source = list.find((one) => one.fits(from))
      if (source !== undefined) return source.read(from, rights, signal)
      const text = inBoth(sourceWords, (words) => words.nothing(from.slice(0, 200)))
      throw new SourceError('unsupported', text)
    },
  }
}
