import { isRecord, part, records, text, type Data } from './wire.ts'

/**
 * What a person reads of a message: its blocks, and its text where it has none; of a streamed one the text and the blocks
 * below it. Marks of formatting stay as they are.
 */
export function asSeen(
  message: { readonly text: string; readonly blocks?: readonly Data[] },
  isStreamed: boolean,
): string {
  const blocks = (message.blocks ?? []).map(blockAsSeen).filter((seen) => seen !== '')
  if (isStreamed) return [message.text, ...blocks].filter(Boolean).join('\n')
  return blocks.length === 0 ? message.text : blocks.join('\n')
}

function blockAsSeen(block: Data): string {
  const type = text(block, 'type')
  if (type === 'divider') return '---'
  if (type === 'markdown') return text(block, 'text')
  if (type === 'table')
    return rowsOf(block)
      .map((row) => row.map(textOf).join(' | '))
      .join('\n')
  const parts = [
    block['title'],
    block['text'],
    block['label'],
    ...list(block['fields']),
    ...list(block['elements']),
  ]
  return [...parts, block['accessory'], block['element']]
    .map(textOf)
    .filter((seen) => seen !== '')
    .join(type === 'actions' || type === 'context' || type === 'context_actions' ? ' ' : '\n')
}

/** The words in an element, however deep they stand. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (!isRecord(value)) return ''
  switch (text(value, 'type')) {
    case 'button':
      return `[${textOf(value['text'])}]`
    case 'feedback_buttons':
      return ['positive_button', 'negative_button']
        .map((key) => `[${textOf(part(value, key)['text'])}]`)
        .join(' ')
    case 'user':
      return `<@${text(value, 'user_id')}>`
    case 'channel':
      return `<#${text(value, 'channel_id')}>`
    case 'broadcast':
      return `<!${text(value, 'range')}>`
    case 'emoji':
      return `:${text(value, 'name')}:`
    case 'link':
      return text(value, 'text') || text(value, 'url')
    default:
      return textOf(value['text']) || list(value['elements']).map(textOf).join('')
  }
}

function rowsOf(block: Data): readonly (readonly unknown[])[] {
  return list(block['rows']).map(list)
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Something that can be pressed, and the block that it stands in. */
export type Pressable = { readonly element: Data; readonly blockId: string }

/** Everything that can be pressed in blocks, in their order. */
export function pressables(blocks: readonly Data[]): readonly Pressable[] {
  return blocks.flatMap((block) =>
    [...records(block['elements']), ...[block['accessory'], block['element']].filter(isRecord)]
      .filter((element) => text(element, 'action_id') !== '')
      .map((element) => ({ element, blockId: text(block, 'block_id') })),
  )
}

/** The words on something that can be pressed; two for a pair of feedback buttons. */
export function labelsOf(element: Data): readonly string[] {
  return text(element, 'type') === 'feedback_buttons'
    ? ['positive_button', 'negative_button'].map((key) => textOf(part(element, key)['text']))
    : [textOf(element['text']), ...records(element['options']).map((option) => textOf(option['text']))]
}
