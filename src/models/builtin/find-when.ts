import type { Moment } from '../../command.ts'

/** Finds words of time: `words` as they stand in the text, `rest` the text without them. */
export type FindWhen = (
  text: string,
  moment: Moment,
) => { readonly words: string; readonly rest: string } | undefined
