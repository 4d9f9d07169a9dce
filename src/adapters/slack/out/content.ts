import type { Post, Reply } from '../../../message.ts'
import { buttonBlocks, type Block } from './buttons.ts'
import { postEvent, type SlackAnswer } from '../contract.ts'
import { blockErrors } from './delivery-faults.ts'
import { userOf } from './direct.ts'

/** What a message says: `text` is what notifications show, and all of it where there are no blocks. */
export type Content = { readonly text: string; readonly blocks: readonly Block[] }

/** How texts become Slack's. */
export type Format = {
  /** Markdown as blocks, and as a short plain text. */
  readonly render: (text: string) => Content
  /** Markdown as a stream takes it; its beginnings are those that drafts show. */
  readonly streamedText: (text: string) => string
  /** Makes a text harmless where it stands without blocks. */
  readonly escape: (text: string) => string
}

/** A text that is longer is cut by Slack without a word. */
const mostPlainChars = 40_000

/** What a post says, with its buttons. */
export function contentOf({ reply, address, key }: Post, { render }: Pick<Format, 'render'>): Content {
  const { text, blocks } = render(reply.text)
  const buttons = buttonBlocks(reply, { thread: address.thread, key })
  return { text: namedIn(reply, text), blocks: [...mentionBlocks(reply), ...blocks, ...buttons] }
}

/** Names whom a reply is to reach, in a block of its own: what stands in a text mentions nobody. */
export function mentionBlocks({ to }: Pick<Reply, 'to'>): readonly Block[] {
  const mention = mentionOf(to)
  return mention === undefined ? [] : [{ type: 'section', text: { type: 'mrkdwn', text: mention } }]
}

/** https://docs.slack.dev/messaging/formatting-message-text ("Mentioning users"). */
function mentionOf(author: string | undefined): string | undefined {
  const user = author === undefined ? '' : userOf(author)
  return /^[UW][A-Z0-9]+$/u.test(user) ? `<@${user}>` : undefined
}

function namedIn({ to }: Pick<Reply, 'to'>, text: string): string {
  const mention = mentionOf(to)
  return mention === undefined ? text : `${mention} ${text}`
}

/** Names a post in its message, so that it can be asked for. */
export function metadataOf(key: string): Readonly<Record<string, unknown>> {
  return { event_type: postEvent, event_payload: { key } }
}

/** Posts with blocks and, where Slack does not take those and so has posted nothing, once more as plain text. */
export async function postFitting(
  call: (content: { readonly text: string; readonly blocks?: readonly Block[] }) => Promise<SlackAnswer>,
  post: Post,
  format: Format,
): Promise<SlackAnswer> {
  const answer = await call(contentOf(post, format))
  const text = namedIn(post.reply, format.escape(post.reply.text))
  const mayFit = answer.kind === 'error' && blockErrors.has(answer.error) && text.length <= mostPlainChars
  return mayFit ? call({ text }) : answer
}
