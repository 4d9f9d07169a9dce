import type { Choice, Reply } from '../../../message.ts'
import { languageOf } from '../../../words.ts'
import { slackWords } from '../../../words-slack.ts'

/** A part of a message, as Slack's Block Kit has it. */
export type Block = Readonly<Record<string, unknown>>

/** Where buttons stand: their presses are said in that conversation. */
type Place = { readonly thread: string | undefined; readonly key: string }

// https://docs.slack.dev/reference/block-kit/block-elements/button-element
const mostLabelChars = 75
const mostValueChars = 2_000
/** Slack takes 25 in a block; five are one row of a phone. */
const eachRow = 5
const mostButtons = 25

/** The blocks below a reply: a button for each of its choices, and 👍 👎 where a model said it. */
export function buttonBlocks(
  reply: Pick<Reply, 'choices' | 'from' | 'text'>,
  place: Place,
): readonly Block[] {
  const buttons = (reply.choices ?? []).filter(isPressable).slice(0, mostButtons).map(buttonOf)
  const rows = Array.from({ length: Math.ceil(buttons.length / eachRow) }, (_, row) => ({
    type: 'actions',
    elements: buttons.slice(row * eachRow, (row + 1) * eachRow),
  }))
  const blocks: readonly Block[] = reply.from === 'model' ? [...rows, ratingOf(reply, place.key)] : rows
  // A block's id is unique in its message, and names the conversation in its second part.
  const base = `moltbot/${place.thread ?? ''}`
  return blocks.map((block, i) => ({ ...block, block_id: i === 0 ? base : `${base}/${i}` }))
}

/** What a press of which nothing more is needed leaves in place of the buttons: `✓ yes, <@U1>`. */
export function pressedBlock(label: string, isGood: boolean, user: string | undefined): Block {
  const elements = [
    { type: 'plain_text', text: isGood ? '✓' : '✗' },
    ...(label === '' ? [] : [{ type: 'plain_text', text: clipped(label, mostLabelChars) }]),
    ...(user === undefined ? [] : [{ type: 'mrkdwn', text: `<@${user}>` }]),
  ]
  return { type: 'context', elements }
}

/** One that Slack would refuse would take the whole message with it; the text says the same without it. */
function isPressable({ label, says }: Choice): boolean {
  return label.trim() !== '' && says !== '' && says.length <= mostValueChars
}

function buttonOf({ label, says, tone }: Choice, i: number): Block {
  return {
    type: 'button',
    action_id: `say-${i}`,
    text: { type: 'plain_text', text: clipped(label, mostLabelChars) },
    value: says,
    ...(tone === undefined ? {} : { style: tone === 'good' ? 'primary' : 'danger' }),
  }
}

/** https://docs.slack.dev/reference/block-kit/block-elements/feedback-buttons-element */
function ratingOf({ text }: Pick<Reply, 'text'>, key: string): Block {
  const words = slackWords[languageOf(text)]
  const button = (sign: string, word: 'good' | 'bad'): Block => ({
    text: { type: 'plain_text', text: sign },
    accessibility_label: words[word],
    value: `/rate ${word} ${key}`,
  })
  const element = {
    type: 'feedback_buttons',
    action_id: 'rate',
    positive_button: button('👍', 'good'),
    negative_button: button('👎', 'bad'),
  }
  return { type: 'context_actions', elements: [element] }
}

/** The beginning of a text, with `…` where something is left out; no character is cut in two. */
export function clipped(text: string, mostChars: number): string {
  return text.length <= mostChars
    ? text
    : `${text
        .slice(0, mostChars - 1)
        .toWellFormed()
        .replace(/\uFFFD$/u, '')}…`
}
