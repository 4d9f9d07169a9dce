import { problemsOfBlocks, type Problems } from './blocks.ts'
import { isRecord, part, records, refuse, text, type Args, type Data } from './wire.ts'

/** Figures of Slack that more than one place needs. */
export const limits = {
  /** Of one `markdown_text` or one markdown block; one more is `msg_too_long`. */
  markdownChars: 12_000,
  /** Of all markdown blocks of a message; seen by slackapi/bolt-js#2509 at about 13,200. */
  allMarkdownChars: 13_200,
  /** Of the `text` of chat.update, which is not cut as that of a post (F3-Nation/archive-slackblast#64 and others). */
  updateChars: 4_000,
  messageBlocks: 50,
  viewBlocks: 100,
  sockets: 10,
  triggerMs: 3_000,
  responseUrlMs: 30 * 60_000,
  responseUrlUses: 5,
  /** slackapi/python-slack-sdk#1859: a stream ends by itself. */
  streamMs: 5 * 60_000,
} as const

/** Refuses a message that Slack would refuse; without content only where that is all there is. */
export function checkMessage(args: Args, needsContent: boolean): void {
  const blocks = args['blocks']
  const hasBlocks = Array.isArray(blocks) && blocks.length > 0
  const hasMarkdown = text(args, 'markdown_text') !== ''
  const hasText = text(args, 'text').trim() !== ''
  const hasAttachments = Array.isArray(args['attachments']) && args['attachments'].length > 0
  if (needsContent && !hasBlocks && !hasMarkdown && !hasText && !hasAttachments) refuse('no_text')
  if (hasMarkdown && (hasBlocks || hasText)) refuse('markdown_text_conflict')
  checkMarkdown(args)
  if (blocks !== undefined) checkBlocks(blocks)
  checkMetadata(args)
}

export function checkMarkdown(args: Args): void {
  if (chars(text(args, 'markdown_text')) > limits.markdownChars) refuse('msg_too_long')
}

export function checkBlocks(blocks: unknown): void {
  const problems = problemsOfBlocks(blocks, limits.messageBlocks)
  if (problems.length > 0) refuse('invalid_blocks', explained(problems))
  const sizes = records(blocks)
    .filter((block) => text(block, 'type') === 'markdown')
    .map((block) => chars(text(block, 'text')))
  if (sizes.some((size) => size > limits.markdownChars)) refuse('msg_too_long')
  if (sizes.reduce((sum, size) => sum + size, 0) > limits.allMarkdownChars) refuse('msg_blocks_too_long')
}

/** https://docs.slack.dev/messaging/message-metadata */
export function checkMetadata(args: Args): void {
  const metadata = args['metadata']
  if (metadata === undefined) return
  if (!isRecord(metadata) || text(metadata, 'event_type') === '' || !isRecord(metadata['event_payload']))
    refuse('invalid_metadata_format')
}

/** https://docs.slack.dev/reference/views */
export function checkView(view: unknown): void {
  if (!isRecord(view)) refuse('invalid_arguments', explained(['must provide an object [json-pointer:/view]']))
  const type = text(view, 'type')
  const hasInput = records(view['blocks']).some((block) => text(block, 'type') === 'input')
  const problems = [
    ...(['modal', 'home'].includes(type) ? [] : [`unsupported type: ${type} [json-pointer:/view/type]`]),
    ...problemsOfBlocks(view['blocks'], limits.viewBlocks),
    ...longest(view, 'private_metadata', 3_000),
    ...longest(view, 'callback_id', 255),
    ...longest(view, 'external_id', 255),
    ...(type === 'modal'
      ? [
          ...('title' in view ? [] : ['missing required field: title [json-pointer:/view]']),
          ...(hasInput && !('submit' in view) ? ['missing required field: submit [json-pointer:/view]'] : []),
          ...['title', 'submit', 'close'].flatMap((key) => longest(part(view, key), 'text', 24)),
        ]
      : []),
  ]
  if (problems.length > 0) refuse('invalid_arguments', explained(problems))
  if (JSON.stringify(view).length > 250_000) refuse('view_too_large')
}

function longest(of: Data, key: string, most: number): Problems {
  return chars(text(of, key)) > most
    ? [`must be less than ${most + 1} characters [json-pointer:/view/${key}]`]
    : []
}

function explained(problems: Problems): Data {
  const messages = problems.map((problem) => `[ERROR] ${problem}`)
  return { errors: problems, response_metadata: { messages } }
}

/** Slack counts characters, not UTF-16 units. */
export function chars(value: string): number {
  return [...value].length
}
