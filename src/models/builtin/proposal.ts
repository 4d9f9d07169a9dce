import type { Moment } from '../../command.ts'

/** A command that plain words ask for. `when` holds the words of time, if it is to be done at a time. */
export type Proposal = {
  readonly command: string
  readonly args: Readonly<Record<string, unknown>>
  readonly when?: string
}

/** Finds words of time: `words` as they stand in the text, `rest` the text without them. */
export type FindWhen = (
  text: string,
  moment: Moment,
) => { readonly words: string; readonly rest: string } | undefined
