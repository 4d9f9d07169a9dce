import type { Receive, Revise } from '../../../../src/adapter.ts'
import type { Incoming } from '../../../../src/adapters/slack/contract.ts'
import type { Answered } from '../../../../src/adapters/slack/in/bots.ts'
import { createInbound, type Desk } from '../../../../src/adapters/slack/in/inbound.ts'
import type { SlackUser } from '../../../../src/adapters/slack/in/directory.ts'
import type { SlackConfig } from '../../../../src/config.ts'
import type { Message, Revision } from '../../../../src/message.ts'

export type Settings = Pick<SlackConfig, 'mention' | 'channels' | 'bots' | 'botTurns'>

export const ts = '1783536983.783769'
export const sentAtMs = 1_783_536_983_783
export const nowMs = 5_000

const users: Readonly<Record<string, SlackUser>> = {
  U1A: { name: 'Ada', homes: ['T1A'] },
  U2B: { name: 'Bo', homes: ['T1A'] },
  U7X: { name: 'Xu', homes: ['T9X'] },
  U3P: { name: 'pager', homes: ['T1A'], botId: 'B3P' },
}

/** What comes of what Slack sends; each thing may be told otherwise. */
export function stageInbound(
  more: {
    readonly settings?: Partial<Settings>
    readonly hasAnswered?: (lane: string) => boolean
    readonly hasTold?: (lane: string) => boolean
    readonly taken?: (account: string, beginning: string) => readonly Answered[]
    readonly receive?: Receive
    readonly revise?: Revise
    readonly desk?: Partial<Desk>
    readonly onGone?: (account: string) => Promise<void>
  } = {},
) {
  const received: Message[] = []
  const revised: Revision[] = []
  const urls = new Map<string, string>()
  const told: string[] = []
  const settings: Settings = {
    mention: 'always',
    channels: new Map(),
    bots: [],
    botTurns: 3,
    ...more.settings,
  }
  const inbound = createInbound({
    receive: async (message) => {
      received.push(message)
      return more.receive === undefined ? 'accepted' : more.receive(message)
    },
    revise: async (revision) => {
      revised.push(revision)
      await more.revise?.(revision)
    },
    settings: () => settings,
    hasAnswered: more.hasAnswered ?? (() => false),
    hasTold: more.hasTold ?? (() => false),
    taken: more.taken ?? (() => []),
    isCommand: (word) => word === 'digest' || word === '摘要',
    directory: {
      user: async (_, id) => users[id] ?? { name: id, homes: [] },
      channelName: (_, id) => (id === 'C1A' ? 'news' : undefined),
      refresh: (account) => void told.push(`refresh ${account}`),
    },
    urls: { remember: (id, url) => void urls.set(id, url) },
    desk: {
      home: async () => void told.push('home'),
      action: async () => false,
      view: async () => ({ response_action: 'clear' }),
      ...more.desk,
    },
    onGone: more.onGone ?? (async (account) => void told.push(`gone ${account}`)),
    now: () => nowMs,
    log: { info: () => undefined },
  })
  const event = (event: object, body: object = {}): Promise<void> =>
    inbound.event(incoming({ type: 'event_callback', event_id: 'Ev1', team_id: 'T1A', event, ...body }))
  /** A message of a person in a channel, unless told otherwise. */
  const say = (text: string, said: object = {}): Promise<void> => event({ ...written, text, ...said })
  return { inbound, received, revised, urls, told, event, say }
}

export const written = { type: 'message', channel: 'C1A', user: 'U1A', ts, team: 'T1A' }

export function incoming(body: Readonly<Record<string, unknown>>): Incoming {
  const installation = { account: 'T1A', botToken: 'xoxb-1', botUserId: 'UBOT', botId: 'BBOT' }
  return { body, account: 'T1A', installation }
}
