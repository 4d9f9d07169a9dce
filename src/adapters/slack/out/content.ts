import type { Post } from '../../../message.ts'
import { buttonBlocks, type Block } from './buttons.ts'
import { postEvent, type SlackAnswer } from '../contract.ts'
import { blockErrors } from './delivery-faults.ts'

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
  return { text, blocks: [...blocks, ...buttonBlocks(reply, { thread: address.thread, key })] }
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
  const text = format.escape(post.reply.text)
  const mayFit = answer.kind === 'error' && blockErrors.has(answer.error) && text.length <= mostPlainChars
  return mayFit ? call({ text }) : answer
}
