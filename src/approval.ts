import { createHash } from 'node:crypto'
import type { Context } from './command.ts'
import { addressKey, type Address, type Choice, type Closing, type Reply } from './message.ts'
import type { Action, Approval } from './store/approvals.ts'
import type { Write } from './store/writes.ts'
import type { Words } from './words.ts'

/** How long a question waits for its yes, in milliseconds. */
export const approvalMs = 10 * 60_000

const yes =
  /^(?:y|yes|yes please|yep|ok|okay|sure|do it|go ahead|confirm|是|是的|好|好的|对|可以|行|确认|确定|同意|嗯)[.!。！]*$/iu
const no = /^(?:n|no|nope|cancel|don'?t|no thanks|不|不要|不用|不行|否|取消|算了)[.!。！]*$/iu
/** A yes or a no to the one question of this token; programs and buttons give it, who cannot see what was asked last. */
const answerToToken = /^(yes|no) ([0-9a-f]{8})$/u

/** What a message is to the questions that are open. */
export type Verdict =
  /** No open question concerns it. */
  | { readonly kind: 'none' }
  /** It is the yes, or the no; or it speaks of something else, and so leaves the question behind. */
  | { readonly kind: 'yes' | 'no' | 'leave'; readonly approval: Approval }
  /** It answers a question that is not open any more. */
  | { readonly kind: 'gone'; readonly token: string }
  /** It answers a question that somebody else was asked. */
  | { readonly kind: 'others' }
  /** It is a yes or a no, and could be that to any of so many questions. */
  | { readonly kind: 'several'; readonly count: number }

/** A message, as far as it matters to questions. `inboxId` is its row. */
type Said = {
  readonly text: string
  readonly inboxId: number
  readonly conversation: string
  readonly person: string
  /** A `look` leaves the question as it is, an `urgent` order is never taken for its no. */
  readonly order: 'look' | 'urgent' | 'other'
  /** True if a model was spoken with in the conversation not long ago: a bare yes there is for that, and not for this question. */
  readonly isTalking: (question: Approval) => boolean
}

/**
 * Judges a message by the questions that are open in its place and the threads of that. What was written before a question
 * was asked cannot answer it. A yes or a no in a conversation that has no question of its own answers the person's only one;
 * an offer steps back behind it.
 */
export function judge(said: Said, open: readonly Approval[]): Verdict {
  const { conversation, person, order } = said
  const text = said.text.trim()
  const before = open.filter(({ askedAtInboxId }) => said.inboxId > askedAtInboxId)
  const inHere = before.filter((one) => one.conversation === conversation)
  const here = inHere.find((one) => one.person === person)
  const [, word, token] = answerToToken.exec(text) ?? []
  if (token !== undefined) {
    if (here !== undefined && tokenOf(here.action) === token)
      return { kind: word === 'yes' ? 'yes' : 'no', approval: here }
    return inHere.some(({ action }) => tokenOf(action) === token)
      ? { kind: 'others' }
      : { kind: 'gone', token }
  }
  const answer = yes.test(text) ? 'yes' : no.test(text) ? 'no' : undefined
  const all = before.filter((one) => one.person === person)
  const questions = all.filter(({ isOffer }) => !isOffer)
  const mine = here !== undefined ? [here] : questions.length > 0 ? questions : all
  const [approval] = mine
  if (approval === undefined) return { kind: 'none' }
  if (here === undefined && (answer === undefined || said.isTalking(approval))) return { kind: 'none' }
  if (order === 'urgent') return mine.length === 1 ? { kind: 'leave', approval } : { kind: 'none' }
  if (mine.length > 1) return { kind: 'several', count: mine.length }
  if (answer !== undefined) return { kind: answer, approval }
  return order === 'look' ? { kind: 'none' } : { kind: 'leave', approval }
}

/** The buttons of a question go with this reply. */
export function closing(reply: Reply, { conversation, action }: Approval, by: Closing['by']): Reply {
  return { ...reply, closes: { conversation, token: tokenOf(action), by } }
}

/** The address of the conversation in which a question stands, said at another in the same place. */
export function addressOf({ conversation }: Pick<Approval, 'conversation'>, here: Address): Address {
  if (conversation === addressKey(here)) return here
  const { thread: _, aside: __, ...place } = here
  const [, , , thread] = conversation.split('/').map(decodeURIComponent)
  // Where a place has threads, what is asked outside of them was shown to one person alone.
  return thread === undefined ? { ...place, aside: true } : { ...place, thread }
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
      ...buttonsOf(action, nowMs, words),
    },
    writes: [openQuestion(action, conversation, { person, nowMs, language })],
  }
}

/** The reply of a command that offers more: its data names the offer, so that a program's yes can be to it alone. */
export function offering(reply: Reply, action: Action, nowMs: number, words: Words): Reply {
  const { data } = reply
  return {
    ...reply,
    data: { ...(data instanceof Object ? data : {}), offer: true, approval: tokenOf(action) },
    ...buttonsOf(action, nowMs, words),
  }
}

/** The buttons of a question: each answers this one, whatever was asked since. */
function buttonsOf(action: Action, nowMs: number, words: Words): Required<Pick<Reply, 'choices' | 'asks'>> {
  const token = tokenOf(action)
  const choices: readonly Choice[] = [
    { label: words.yes, says: `yes ${token}`, tone: 'good' },
    { label: words.no, says: `no ${token}` },
  ]
  return { choices, asks: { token, untilMs: nowMs + approvalMs } }
}

/** The row of an open question: what the person's next yes in the conversation runs. */
export function openQuestion(
  action: Action & { readonly isOffer?: true },
  conversation: string,
  { person, nowMs, language }: Pick<Context, 'person' | 'nowMs' | 'language'>,
): Write {
  return ['approvals.open', conversation, person.key, action, language, nowMs, nowMs + approvalMs]
}

/** Shows what cannot be seen, or would turn the text around, as its code: a yes is given to what one can read. */
function visible(text: string): string {
  return text.replaceAll(/[^\P{C}\n]/gu, (hidden) => `\\u{${(hidden.codePointAt(0) ?? 0).toString(16)}}`)
}
