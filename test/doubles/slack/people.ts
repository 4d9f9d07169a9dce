import type { Outcome } from './delivery.ts'
import type { Bot, Events } from './events.ts'
import type { Files } from './files.ts'
import type { Statuses } from './statuses.ts'
import type { Streams } from './streams.ts'
import type { Views } from './views.ts'
import { asView } from './views.ts'
import type { Workspace } from './workspace.ts'

export type Said = {
  readonly channel: string
  readonly user: string
  /** As Slack has it: `&`, `<` and `>` stand as `&amp;`, `&lt;` and `&gt;`, a mention as `<@U…>`. */
  readonly text: string
  readonly thread?: string
  readonly files?: readonly {
    readonly name: string
    readonly mediaType: string
    readonly bytes: Uint8Array
  }[]
}

/** What people do without pressing a button. Whoever does something in a channel is its member from then on. */
export type People = {
  /** Resolves once every event of it was acknowledged or given up. */
  readonly say: (said: Said) => Promise<{ readonly ts: string; readonly outcome: Outcome }>
  readonly botSays: (
    said: Omit<Said, 'user' | 'files'> & { readonly bot: string },
  ) => Promise<{ readonly ts: string }>
  readonly edit: (channel: string, ts: string, text: string) => Promise<void>
  /** Where there are replies the message leaves a tombstone, and the app is told of a change instead of a deletion. */
  readonly erase: (channel: string, ts: string) => Promise<void>
  readonly openHome: (user: string, tab?: 'home' | 'messages') => Promise<Outcome>
  /**
   * Stops the open streams of the thread and tells the app (docs: agent_session_stopped). Throws where no stop button is
   * shown: that needs the session to be `processing`.
   */
  readonly pressStop: (channel: string, thread: string, user: string) => Promise<void>
  readonly join: (channel: string, user: string) => void
}

export function createPeople(parts: {
  readonly workspace: Workspace
  readonly events: Events
  readonly files: Files
  readonly streams: Streams
  readonly statuses: Statuses
  readonly views: Views
  readonly bot: Bot
  readonly now: () => number
}): People {
  const { workspace, events } = parts
  const join = (channel: string, user: string): void => {
    const place = workspace.place(channel)
    if (place !== undefined && !place.members.includes(user))
      workspace.alter(channel, { members: [...place.members, user] })
  }
  const authorOf = (channel: string, ts: string): string =>
    workspace.messages(channel).find((message) => message.ts === ts)?.user ?? ''
  return {
    join,
    say: async ({ channel, user, text, thread, files = [] }) => {
      join(channel, user)
      const place = thread === undefined ? {} : { thread_ts: thread }
      const shared = files.map((file) => parts.files.keep(file, user))
      const written =
        shared.length === 0
          ? await workspace.call('chat.postMessage', { channel, text, ...place }, user)
          : workspace.add(channel, { user, text, ...place, subtype: 'file_share', files: shared })
      const ts = String(written['ts'])
      return { ts, outcome: await events.settled(ts) }
    },
    botSays: async ({ channel, bot, text, thread }) => {
      join(channel, bot)
      const botId = workspace.person(bot)?.botId ?? 'B0OTHER'
      const place = thread === undefined ? {} : { thread_ts: thread }
      const { ts } = workspace.add(channel, { user: bot, bot_id: botId, app_id: 'A0OTHER', text, ...place })
      await events.settled(ts)
      return { ts }
    },
    edit: async (channel, ts, text) => {
      await workspace.call('chat.update', { channel, ts, text }, authorOf(channel, ts))
      await events.settled(ts)
    },
    erase: async (channel, ts) => {
      await workspace.call('chat.delete', { channel, ts }, authorOf(channel, ts))
      await events.settled(ts)
    },
    openHome: (user, tab = 'home') => {
      const view = parts.views.all().find(({ homeOf }) => homeOf === user)
      return events.emit({
        type: 'app_home_opened',
        user,
        channel: workspace.direct(parts.bot.userId, user).id,
        tab,
        event_ts: (parts.now() / 1_000).toFixed(6),
        ...(view === undefined ? {} : { view: asView(view) }),
      })
    },
    pressStop: async (channel, thread, user) => {
      const { session } = parts.statuses.of(channel, thread)
      if (session !== 'processing') throw new Error(`no stop button: the session is ${session ?? 'unknown'}`)
      await events.emit({
        type: 'agent_session_stopped',
        channel,
        thread_ts: thread,
        user,
        streaming_message_ts: parts.streams.stopIn(channel, thread),
        event_ts: (parts.now() / 1_000).toFixed(6),
      })
    },
  }
}
