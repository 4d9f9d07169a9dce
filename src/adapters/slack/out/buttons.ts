import { z } from 'zod'
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

const goneId = 'moltbot-gone'

/** What stands in place of the buttons of a question that ended without an answer. */
export function goneBlock(buttons: readonly Button[]): Block {
  const { gone } = slackWords[languageOf(buttons.map(({ text }) => text.text).join(''))]
  return { type: 'context', block_id: goneId, elements: [{ type: 'plain_text', text: gone }] }
}

/** True for a block that `goneBlock` made. */
export function isGone({ block_id }: Block): boolean {
  return block_id === goneId
}

const buttonSchema = z.object({
  value: z.string(),
  action_id: z.string(),
  style: z.string().optional(),
  text: z.object({ text: z.string() }),
})
const rowSchema = z.looseObject({ type: z.literal('actions'), elements: z.array(z.unknown()) })

/** A button as it stands in a message. */
export type Button = z.output<typeof buttonSchema>

/**
 * The blocks of a message without the buttons that say one of these; undefined where there are none. In their place stands
 * the other choice, or else a note on them.
 */
export function withoutButtons(
  blocks: readonly Block[],
  says: readonly string[],
  note: (buttons: readonly Button[]) => Block,
  instead?: Choice,
): readonly Block[] | undefined {
  const named = (element: unknown): Button | undefined => {
    const button = buttonSchema.safeParse(element).data
    return button !== undefined && says.includes(button.value) ? button : undefined
  }
  const rows = blocks.map((block) => rowSchema.safeParse(block).data)
  const buttons = rows.flatMap((row) => row?.elements.flatMap((element) => named(element) ?? []) ?? [])
  if (buttons.length === 0) return undefined
  const first = rows.findIndex((row) => row?.elements.some((element) => named(element) !== undefined))
  return blocks.flatMap((block, i) => {
    const row = rows[i]
    if (row === undefined) return [block]
    const elements = row.elements.flatMap((element) => {
      const button = named(element)
      if (button === undefined) return [element]
      return instead === undefined ? [] : [{ ...buttonOf(instead, i), action_id: button.action_id }]
    })
    const notes = i === first && instead === undefined ? [note(buttons)] : []
    return elements.length === 0 ? notes : [{ ...block, elements }, ...notes]
  })
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
