import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { FormField, FormOrder, FormTold } from '../../../form.ts'
import { slackHomeWords } from '../../../words-slack-home.ts'
import type { Language } from '../../../words.ts'
import { clipped, type Block } from '../out/buttons.ts'

/** How Slack calls the form of a new task, and that of a change. */
const callbacks = { make: 'task', edit: 'task-edit' } as const

/** A form as Slack sends it back: what stands in its fields, and what was told of it last. */
export type SentForm = {
  readonly id: string
  readonly hash: string
  readonly order: FormOrder
  /** Names the action whose words the person saw; empty where they saw what was wrong. */
  readonly seen: string
  /** The instant from which their words of time counted. */
  readonly seenAtMs: number
}

type Shown = {
  readonly language: Language
  /** What stands in the fields when it is opened; what a person wrote since stays as it is. */
  readonly filled: FormOrder
  readonly told: FormTold
  readonly toldAtMs: number
  /** True where sending would do something else than the words said that the person saw. */
  readonly isChanged?: boolean
}

// docs.slack.dev/reference/block-kit/blocks/section-block, …/block-elements/plain-text-input-element
const mostSectionChars = 3_000
const mostFieldChars = 3_000

const placePrefix = 'slack:'

/** The view of the form, with a line in words that says what sending it would do. */
export function formView({ language, filled, told, toldAtMs, isChanged = false }: Shown): Block {
  const words = slackHomeWords[language].form
  const { edit } = filled
  return {
    type: 'modal',
    callback_id: edit === undefined ? callbacks.make : callbacks.edit,
    title: plain(edit === undefined ? words.make : words.edit(edit), 24),
    submit: plain(words.save, 24),
    close: plain(words.close, 24),
    private_metadata: JSON.stringify({ seen: nameOf(told), seenAtMs: toldAtMs, edit }),
    blocks: [
      input('what', words.what, textField('what', words.whatHint, filled.what)),
      input('when', words.when, textField('when', words.whenHint, filled.when)),
      { ...input('to', words.to, placeField(filled)), optional: true, hint: plain(words.toHint, 2_000) },
      { type: 'divider' },
      ...(isChanged ? [section(`⚠ ${words.changed}`)] : []),
      ...pieces(told.words).map(section),
    ],
  }
}

/** True if the fields have room for all of it: what they cut off, saving would take from the task. */
export function fitsForm({ what, when }: FormOrder): boolean {
  return what.length <= mostFieldChars && when.length <= mostFieldChars
}

/** A view that only says something: what was wanted cannot be. */
export function wordView(text: string, title: string, language: Language): Block {
  const close = plain(slackHomeWords[language].form.close, 24)
  return { type: 'modal', title: plain(title, 24), close, blocks: pieces(text).map(section) }
}

/** The answer to a form that cannot be taken as it is: a word at a field, and nothing typed is lost. */
export function formErrors(
  text: string,
  field: FormField = 'what',
): { readonly response_action: 'errors'; readonly errors: Readonly<Record<string, string>> } {
  return { response_action: 'errors', errors: { [field]: clipped(text, mostSectionChars) } }
}

/** Names what a form would do: the SHA-256 of the exact action; empty where it would do nothing. */
export function nameOf(told: FormTold): string {
  if (told.kind === 'problem') return ''
  const { command, args } = told.action
  return createHash('sha256')
    .update(JSON.stringify([command, args]))
    .digest('base64url')
}

const field = (name: FormField) =>
  z.object({
    [name]: z.object({ value: z.string().nullish(), selected_conversation: z.string().nullish() }).optional(),
  })
const sentSchema = z.object({
  id: z.string(),
  hash: z.string(),
  callback_id: z.enum(callbacks),
  private_metadata: z.string(),
  state: z
    .object({
      values: z.object({
        what: field('what').optional(),
        when: field('when').optional(),
        to: field('to').optional(),
      }),
    })
    .optional(),
})
const keptSchema = z.object({
  seen: z.string(),
  seenAtMs: z.number(),
  edit: z.number().int().positive().exactOptional(),
})

/** Reads a view of Slack's; undefined if it is not the form of a task. */
export function readForm(view: unknown): SentForm | undefined {
  const sent = sentSchema.safeParse(view)
  if (!sent.success) return undefined
  const { id, hash, private_metadata: metadata, state } = sent.data
  const { edit, ...seen } = keptSchema.parse(JSON.parse(metadata))
  const channel = state?.values.to?.['to']?.selected_conversation
  return {
    id,
    hash,
    ...seen,
    order: {
      what: state?.values.what?.['what']?.value ?? '',
      when: state?.values.when?.['when']?.value ?? '',
      ...(channel ? { to: placePrefix + channel } : {}),
      ...(edit === undefined ? {} : { edit }),
    },
  }
}

/** A change of any field is told at once. Slack keeps what was typed where block and action keep their names. */
function input(name: FormField, label: string, element: Block): Block {
  return { type: 'input', block_id: name, label: plain(label, 2_000), dispatch_action: true, element }
}

function textField(name: 'what' | 'when', hint: string, text: string): Block {
  return {
    type: 'plain_text_input',
    action_id: name,
    multiline: name === 'what',
    max_length: mostFieldChars,
    placeholder: plain(hint, 150),
    ...(text === '' ? {} : { initial_value: clipped(text, mostFieldChars) }),
    dispatch_action_config: {
      trigger_actions_on:
        name === 'what' ? ['on_character_entered'] : ['on_enter_pressed', 'on_character_entered'],
    },
  }
}

/** Channels and groups: in the direct messages of others we have no voice. */
function placeField({ to, edit }: FormOrder): Block {
  return {
    type: 'conversations_select',
    action_id: 'to',
    filter: { include: ['public', 'private', 'mpim'], exclude_bot_users: true },
    ...(to?.startsWith(placePrefix) === true
      ? { initial_conversation: to.slice(placePrefix.length) }
      : { default_to_current_conversation: edit === undefined }),
  }
}

/** The words whole, because a yes is given to them: as plain text, which nothing in it can style, link or hide. */
function pieces(text: string): readonly string[] {
  return text.match(/[\s\S]{1,1500}/gu) ?? [text] // of UTF-16 units that is twice as many at most
}

function section(text: string): Block {
  return { type: 'section', text: plain(text, mostSectionChars) }
}

function plain(text: string, mostChars: number): Block {
  return { type: 'plain_text', text: clipped(text, mostChars), emoji: false }
}
