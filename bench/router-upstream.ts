// The model of the router bench, in a process of its own: answers every POST at once with the same chat completion in
// 17 pieces, and keeps nothing of what it was asked, however often. GET tells how many answers it has given.
import { serve } from './vendor.ts'

/** The words that it says, a piece each; with the pieces for role, end and usage they are 17. */
export const upstreamWords: readonly string[] =
  'Paris is the capital of France and has been for most of a millennium'.match(/\S+\s*/gu) ?? []

if (import.meta.main) await serve(upstreamWords, [1_000, 14])
