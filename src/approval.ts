import { createHash } from 'node:crypto'
import type { Context } from './command.ts'
import type { Choice, Reply } from './message.ts'
import type { Action, Approval } from './store/approvals.ts'
import type { Write } from './store/writes.ts'
import type { Words } from './words.ts'

/** How long a question waits for its yes, in milliseconds. */
const approvalMs = 10 * 60_000

const yes =
  /^(?:y|yes|yes please|yep|ok|okay|sure|do it|go ahead|confirm|是|是的|好|好的|对|可以|行|确认|确定|同意|嗯)[.!。！]*$/iu
const no = /^(?:n|no|nope|cancel|don'?t|no thanks|不|不要|不用|不行|否|取消|算了)[.!。！]*$/iu
/** A yes or a no to the one question of this token; programs and buttons give it, who cannot see what was asked last. */
const answerToToken = /^(yes|no) ([0-9a-f]{8})$/u

/** What a message is to the question that is open, if one is. */
export type Verdict =
  /** No open question concerns it. */
  | { readonly kind: 'none' }
  /** It is the yes. */
  | { readonly kind: 'yes'; readonly approval: Approval }
  /** It is the no. */
  | { readonly kind: 'no' }
  /** It is the yes to a question that is not open any more. */
  | { readonly kind: 'gone' }
  /** It speaks of something else, and so leaves the question behind. */
  | { readonly kind: 'leave' }

/**
 * Judges a message by the open question. `inboxId` is its row: what was written before the question was asked cannot
 * answer it. `order` is what the message is otherwise: a `look` leaves the question as it is, an `urgent` order is never
 * taken for a no.
 */
export function judge(
  text: string,
  inboxId: number,
  open: Approval | undefined,
  order: 'look' | 'urgent' | 'other',
): Verdict {
  const said = text.trim()
  const approval = open !== undefined && inboxId > open.askedAtInboxId ? open : undefined
  const [, word, token] = answerToToken.exec(said) ?? []
  if (token !== undefined) {
    if (approval === undefined || tokenOf(approval.action) !== token) return { kind: 'gone' }
    return word === 'yes' ? { kind: 'yes', approval } : { kind: 'no' }
  }
  if (approval === undefined) return { kind: 'none' }
  if (order === 'urgent') return { kind: 'leave' }
  if (yes.test(said)) return { kind: 'yes', approval }
  if (no.test(said)) return { kind: 'no' }
  return order === 'look' ? { kind: 'none' } : { kind: 'leave' }
}

/** True if a person says yes with this, to whatever was asked. */
export function saysYes(text: string): boolean {
  return yes.test(text.trim())
}

/** Names one exact action: the beginning of the SHA-256 of what was shown. */
function tokenOf(action: Action): string {
  const { command, args } = action
  return createHash('sha256')
    .update(JSON.stringify([command, args]))
    .digest('hex')
    .slice(0, 8)
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
    reply: {
      text: `${visible(question)}\n${words.sayYes}`,
      status: 'asked',
      data: { ...action, approval: tokenOf(action) },
      choices: yesOrNo(action, words),
    },
    writes: [openQuestion(action, conversation, { person, nowMs, language })],
  }
}

/** The reply of a command that offers more: its data names the offer, so that a program's yes can be to it alone. */
export function offering(reply: Reply, action: Action, words: Words): Reply {
  const { data } = reply
  return {
    ...reply,
    data: { ...(data instanceof Object ? data : {}), offer: true, approval: tokenOf(action) },
    choices: yesOrNo(action, words),
  }
}

/** The buttons of a question: each answers this one, whatever was asked since. */
function yesOrNo(action: Action, words: Words): readonly Choice[] {
  const token = tokenOf(action)
  return [
    { label: words.yes, says: `yes ${token}`, tone: 'good' },
    { label: words.no, says: `no ${token}` },
  ]
}

/** The row of an open question: what the person's next yes in the conversation runs. */
export function openQuestion(
  action: Action,
  conversation: string,
  { person, nowMs, language }: Pick<Context, 'person' | 'nowMs' | 'language'>,
): Write {
  return ['approvals.open', conversation, person.key, action, language, nowMs, nowMs + approvalMs]
}

/** Shows what cannot be seen, or would turn the text around, as its code: a yes is given to what one can read. */
function visible(text: string): string {
  return text.replaceAll(/[^\P{C}\n]/gu, (hidden) => `\\u{${(hidden.codePointAt(0) ?? 0).toString(16)}}`)
}
