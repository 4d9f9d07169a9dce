import { flag, refuse, text, type Args, type Data } from './wire.ts'
import type { Message } from './workspace.ts'

/**
 * A page of a channel, newest first and without the replies in threads
 * (https://docs.slack.dev/reference/methods/conversations.history).
 */
export function historyPage(messages: readonly Message[], args: Args): Data {
  const roots = messages.filter(
    (message) =>
      message.thread_ts === undefined ||
      message.thread_ts === message.ts ||
      message.subtype === 'thread_broadcast',
  )
  return pageOf(roots.filter(within(args)).toReversed(), messages, args)
}

/** A page of a thread: its root, then its replies, oldest first. */
export function repliesPage(messages: readonly Message[], args: Args): Data {
  const ts = text(args, 'ts')
  const root = messages.find((message) => message.ts === ts)
  if (root === undefined) refuse('thread_not_found')
  const isIn = within(args)
  const replies = messages.filter((message) => message.thread_ts === ts && message.ts !== ts && isIn(message))
  return pageOf([root, ...replies], messages, args)
}

/** Without `inclusive` a message at `oldest` or `latest` itself is not there. */
function within(args: Args): (message: Message) => boolean {
  const [oldest, latest, inclusive] = [text(args, 'oldest'), text(args, 'latest'), flag(args, 'inclusive')]
  const isAfter = (ts: number): boolean => oldest === '' || (inclusive ? ts >= +oldest : ts > +oldest)
  const isBefore = (ts: number): boolean => latest === '' || (inclusive ? ts <= +latest : ts < +latest)
  return ({ ts }) => isAfter(Number(ts)) && isBefore(Number(ts))
}

function pageOf(found: readonly Message[], all: readonly Message[], args: Args): Data {
  const { page, next } = paged(found, args, 100)
  return {
    messages: page.map((message) => asStored(message, all, flag(args, 'include_all_metadata'))),
    has_more: next !== '',
    ...(next === '' ? {} : { response_metadata: { next_cursor: next } }),
  }
}

/** The part of a list that `limit` and `cursor` ask for, and the cursor of what follows. */
export function paged<T>(
  items: readonly T[],
  args: Args,
  usual: number,
): { readonly page: readonly T[]; readonly next: string } {
  const limit = Math.min(Number(text(args, 'limit')) || usual, 999)
  const cursor = text(args, 'cursor')
  const start = cursor === '' ? 0 : Number(Buffer.from(cursor, 'base64').toString().replace('at:', ''))
  if (!Number.isInteger(start) || start < 0 || start > items.length) refuse('invalid_cursor')
  const end = start + limit
  const next = end < items.length ? Buffer.from(`at:${end}`).toString('base64') : ''
  return { page: items.slice(start, end), next }
}

/** A message as the API shows it. */
export function asStored(message: Message, all: readonly Message[], withMetadata: boolean): Data {
  const { metadata, ...rest } = message
  const replies = all.filter((other) => other.thread_ts === message.ts && other.ts !== message.ts)
  const last = replies.at(-1)
  return {
    type: 'message',
    ...rest,
    ...(withMetadata && metadata !== undefined ? { metadata } : {}),
    ...(last === undefined
      ? {}
      : {
          thread_ts: message.ts,
          reply_count: replies.length,
          reply_users_count: new Set(replies.map(({ user }) => user)).size,
          reply_users: [...new Set(replies.map(({ user }) => user))],
          latest_reply: last.ts,
        }),
  }
}
