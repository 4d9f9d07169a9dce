import type { Context } from './command.ts'
import type { Reply } from './message.ts'
import type { Action } from './store/approvals.ts'
import type { Write } from './store/writes.ts'
import type { Words } from './words.ts'

/** How long a question waits for its yes, in milliseconds. */
const approvalMs = 10 * 60_000

const yes =
  /^(y|yes|yes please|yep|ok|okay|sure|do it|go ahead|confirm|是|是的|好|好的|对|可以|行|确认|确定|同意|嗯)[.!。！]*$/iu
const no = /^(n|no|nope|cancel|don'?t|no thanks|不|不要|不用|不行|否|取消|算了)[.!。！]*$/iu

/** What a message says to an open question; undefined if it speaks of something else. */
export function readConsent(text: string): 'yes' | 'no' | undefined {
  const said = text.trim()
  return yes.test(said) ? 'yes' : no.test(said) ? 'no' : undefined
}

/** Asks a person for a yes to one exact action: the question, and the row that a yes will use. */
export function ask(
  question: string,
  action: Action,
  conversation: string,
  { person, nowMs, language }: Pick<Context, 'person' | 'nowMs' | 'language'>,
  words: Words,
): { readonly reply: Reply; readonly writes: readonly Write[] } {
  return {
    reply: { text: `${visible(question)}\n${words.sayYes}`, status: 'asked', data: action },
    writes: [['approvals.open', conversation, person.key, action, language, nowMs, nowMs + approvalMs]],
  }
}

/** Shows what cannot be seen, or would turn the text around, as its code: a yes is given to what one can read. */
function visible(text: string): string {
  return text.replaceAll(/[^\P{C}\n]/gu, (hidden) => `\\u{${(hidden.codePointAt(0) ?? 0).toString(16)}}`)
}
