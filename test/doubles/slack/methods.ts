import type { Bot } from './events.ts'
import { chars, checkMessage, limits } from './limits.ts'
import type { Streams } from './streams.ts'
import type { FrontMethod } from './web-api.ts'
import { dense, records, refuse, text, type Args, type Data } from './wire.ts'
import { stateMethods, type StateMethod, type Workspace } from './workspace.ts'

/** The methods that a workspace has, behind the checks of what it is given. */
export function createMethods(parts: {
  readonly workspace: () => Workspace
  readonly now: () => number
  /** So long a new message is not found in the history. */
  readonly lagMs: () => number
  /** The app wrote in a thread. */
  readonly answered: (channel: string, thread: string) => void
  readonly streams: Pick<Streams, 'stateOf' | 'forget'>
}): Readonly<Record<string, FrontMethod>> {
  const ask = (method: StateMethod, args: Args, bot: Bot): Promise<Data> =>
    parts.workspace().call(method, args, bot.userId)
  const plain = Object.fromEntries(
    stateMethods.map((method): [string, FrontMethod] => [method, (args, bot) => ask(method, args, bot)]),
  )
  const visible = (args: Args): Args => {
    if (parts.lagMs() === 0) return args
    const seenS = (parts.now() - parts.lagMs()) / 1_000
    return { ...args, latest: String(Math.min(seenS, Number(text(args, 'latest') || seenS))) }
  }
  /** A stream cannot be changed or deleted while it is open (seen by others on Slack in 2026). */
  const isOpen = (args: Args): boolean =>
    parts.streams.stateOf(text(args, 'channel'), text(args, 'ts')) === 'open'
  const past = async (method: StateMethod, args: Args, bot: Bot): Promise<Data> => {
    const page = await ask(method, visible(args), bot)
    const messages = records(page['messages']).map((message) => {
      const state = parts.streams.stateOf(text(args, 'channel'), text(message, 'ts'))
      return state === undefined ? message : { ...message, streaming_state: streamingStates[state] }
    })
    return { ...page, messages }
  }
  return {
    ...plain,
    'api.test': async (args) => ({ args }),
    'chat.postMessage': async (args, bot) => {
      checkMessage(args, true)
      const posted = await ask('chat.postMessage', asBlocks(args), bot)
      parts.answered(text(posted, 'channel'), text(args, 'thread_ts'))
      return posted
    },
    'chat.postEphemeral': async (args, bot) => {
      checkMessage(args, true)
      return ask('chat.postEphemeral', asBlocks(args), bot)
    },
    'chat.update': async (args, bot) => {
      checkMessage(args, true)
      if (chars(text(args, 'text')) > limits.updateChars) refuse('msg_too_long')
      if (isOpen(args)) refuse('streaming_state_conflict')
      const changed = await ask('chat.update', asBlocks(args), bot)
      parts.streams.forget(text(changed, 'channel'), text(changed, 'ts'))
      return changed
    },
    'chat.delete': async (args, bot) => {
      if (isOpen(args)) refuse('cant_delete_message')
      return ask('chat.delete', args, bot)
    },
    'chat.getPermalink': async (args) => {
      const [channel, ts] = [text(args, 'channel'), text(args, 'message_ts')]
      const isThere = parts
        .workspace()
        .messages(channel)
        .some((message) => message.ts === ts)
      if (!isThere) refuse('message_not_found')
      return { channel, permalink: `https://double.slack.com/archives/${channel}/p${ts.replace('.', '')}` }
    },
    'conversations.history': (args, bot) => past('conversations.history', args, bot),
    'conversations.replies': (args, bot) => past('conversations.replies', args, bot),
    'users.conversations': async (args, bot) => {
      const { channels, ...rest } = await ask('conversations.list', { ...args, limit: '999' }, bot)
      const list: readonly unknown[] = Array.isArray(channels) ? channels : []
      const isIn = (channel: unknown): boolean => JSON.stringify(channel).includes('"is_member":true')
      return { ...rest, channels: list.filter(isIn) }
    },
    'bots.info': async (args, bot) => {
      if (text(args, 'bot') !== bot.botId) refuse('bot_not_found')
      return { bot: { id: bot.botId, user_id: bot.userId, name: 'moltbot', deleted: false } }
    },
  }
}

const streamingStates = { open: 'in_progress', ended: 'completed' } as const

/** `markdown_text` is one markdown block. */
function asBlocks(args: Args): Args {
  const markdown = text(args, 'markdown_text')
  if (markdown === '') return args
  return dense({
    ...args,
    markdown_text: undefined,
    text: markdown,
    blocks: [{ type: 'markdown', text: markdown }],
  })
}
