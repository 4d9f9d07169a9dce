import { checkBlocks, checkMarkdown, checkMetadata, chars, limits } from './limits.ts'
import type { Bot } from './events.ts'
import type { FrontMethod } from './web-api.ts'
import { isRecord, records, refuse, text, type Args, type Data } from './wire.ts'
import type { Workspace } from './workspace.ts'

/** Messages that are written bit by bit (https://docs.slack.dev/reference/methods/chat.startStream). */
export type Streams = {
  readonly methods: Readonly<Record<`chat.${'start' | 'append' | 'stop'}Stream`, FrontMethod>>
  /** Undefined for a message that is no stream, was changed since, or is gone. */
  readonly stateOf: (channel: string, ts: string) => 'open' | 'ended' | undefined
  /** Stops the open streams of a thread, and says which. */
  readonly stopIn: (channel: string, thread: string) => readonly string[]
  /** Forgets that a message was a stream. */
  readonly forget: (channel: string, ts: string) => void
}

type Stream = {
  readonly thread: string
  readonly owner: string
  readonly startedAtMs: number
  text: string
  isStopped: boolean
}

export function createStreams(parts: {
  readonly workspace: () => Workspace
  readonly now: () => number
  readonly setSession: (channel: string, thread: string, status: string) => void
}): Streams {
  const streams = new Map<string, Stream>()
  const isOpen = ({ isStopped, startedAtMs }: Stream): boolean =>
    !isStopped && parts.now() - startedAtMs < limits.streamMs
  const isThere = (channel: string, ts: string): boolean =>
    parts
      .workspace()
      .messages(channel)
      .some((message) => message.ts === ts)
  const opened = (args: Args, bot: Bot): Stream => {
    const [channel, ts] = [text(args, 'channel'), text(args, 'ts')]
    if (!isThere(channel, ts)) refuse('message_not_found')
    const stream = streams.get(`${channel}/${ts}`)
    if (stream === undefined || !isOpen(stream)) return refuse('message_not_in_streaming_state')
    return stream.owner === bot.userId ? stream : refuse('message_not_owned_by_app')
  }
  return {
    methods: {
      'chat.startStream': async (args, bot) => {
        const { channel, thread } = checkStart(args)
        const added = addedText(args)
        const place = { channel, ...(thread === '' ? {} : { thread_ts: thread }) }
        const posted = await parts
          .workspace()
          .call('chat.postMessage', { ...place, text: added || '…' }, bot.userId)
        const ts = text(posted, 'ts')
        streams.set(`${channel}/${ts}`, {
          thread: thread || ts,
          owner: bot.userId,
          startedAtMs: parts.now(),
          text: added,
          isStopped: false,
        })
        parts.workspace().patch(channel, ts, { text: added })
        return { channel, ts }
      },
      'chat.appendStream': async (args, bot) => {
        const added = addedText(args)
        const stream = opened(args, bot)
        if (added === '' && !Array.isArray(args['chunks'])) refuse('no_text')
        stream.text += added
        parts.workspace().patch(text(args, 'channel'), text(args, 'ts'), { text: stream.text })
        return { channel: args['channel'], ts: args['ts'] }
      },
      'chat.stopStream': async (args, bot) => {
        const added = addedText(args)
        if (args['blocks'] !== undefined) checkBlocks(args['blocks'])
        checkMetadata(args)
        const stream = opened(args, bot)
        const [channel, ts] = [text(args, 'channel'), text(args, 'ts')]
        stream.text += added
        stream.isStopped = true
        const blocks = records(args['blocks'])
        parts.workspace().patch(channel, ts, {
          text: stream.text,
          ...(blocks.length === 0
            ? {}
            : { blocks: blocks.map((block, at) => ({ block_id: `b${at}`, ...block })) }),
          ...(isRecord(args['metadata']) ? { metadata: args['metadata'] } : {}),
        })
        const status = text(args, 'session_status')
        if (status !== '') parts.setSession(channel, stream.thread, status)
        return {
          channel,
          ts,
          message: { type: 'message', ts, text: stream.text, streaming_state: 'completed' },
        }
      },
    },
    stateOf: (channel, ts) => {
      const stream = streams.get(`${channel}/${ts}`)
      if (stream === undefined || !isThere(channel, ts)) return undefined
      return isOpen(stream) ? 'open' : 'ended'
    },
    stopIn: (channel, thread) => {
      const open = [...streams].filter(
        ([key, stream]) => key.startsWith(`${channel}/`) && stream.thread === thread && isOpen(stream),
      )
      for (const [, stream] of open) stream.isStopped = true
      return open.map(([key]) => key.slice(channel.length + 1))
    },
    forget: (channel, ts) => void streams.delete(`${channel}/${ts}`),
  }
}

/** In a channel the reader must be named, in a direct message the thread (https://github.com/openclaw/openclaw/issues/20337). */
function checkStart(args: Args): { readonly channel: string; readonly thread: string } {
  const [channel, thread] = [text(args, 'channel'), text(args, 'thread_ts')]
  if (channel === '') refuse('channel_not_found')
  if (channel.startsWith('D')) {
    if (thread === '') refuse('invalid_arguments')
    return { channel, thread }
  }
  if (text(args, 'recipient_team_id') === '') refuse('missing_recipient_team_id')
  if (text(args, 'recipient_user_id') === '') refuse('missing_recipient_user_id')
  return { channel, thread }
}

const chunkTypes: ReadonlySet<string> = new Set(['markdown_text', 'task_update', 'plan_update', 'blocks'])

function addedText(args: Args): string {
  checkMarkdown(args)
  const chunks: readonly Data[] = records(args['chunks'])
  if (chunks.some((chunk) => !chunkTypes.has(text(chunk, 'type')))) refuse('invalid_chunks')
  const all = text(args, 'markdown_text') + chunks.map(chunkText).join('')
  if (chars(all) > limits.markdownChars) refuse('msg_too_long')
  return all
}

function chunkText(chunk: Data): string {
  const type = text(chunk, 'type')
  if (type === 'markdown_text') return text(chunk, 'text')
  return type === 'task_update' || type === 'plan_update' ? `\n${text(chunk, 'title')}\n` : ''
}
