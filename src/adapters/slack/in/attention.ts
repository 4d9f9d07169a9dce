import type { Mention } from '../../../config.ts'
import { mentionedIn } from './text-in.ts'

/** What was written, as far as it says for whom. */
type Heard = {
  /** Nobody else reads along. */
  readonly isDirect: boolean
  /** Slack says that we are mentioned, in an event of its own. */
  readonly isMention: boolean
  /** In Slack's form. */
  readonly text: string
  /** It answers in a thread, and begins none. */
  readonly isReply: boolean
  /** We were called into that thread before. */
  readonly wasCalled: () => boolean
}

/** Begins with a person, or a group of people. */
const toSomebody = /^\s*<(?:@[UW]|!subteam\^)/u

/** True if the text mentions us; Slack's own event for it says the same. */
export function isMentioned(
  { isMention, text }: Pick<Heard, 'isMention' | 'text'>,
  botUserId: string,
): boolean {
  return isMention || mentionedIn(text).includes(botUserId)
}

/**
 * Whether something that was written is for us, as `mention` says for its channel; a direct message always is. In a
 * thread that we stay in, what begins with the mention of somebody else is for them.
 */
export function isForUs(heard: Heard, mention: Mention, botUserId: string): boolean {
  if (heard.isDirect || mention === 'never' || isMentioned(heard, botUserId)) return true
  return mention === 'thread' && heard.isReply && !toSomebody.test(heard.text) && heard.wasCalled()
}
