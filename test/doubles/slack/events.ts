import type { Outcome, Parcel } from './delivery.ts'
import { isRecord, text, type Data } from './wire.ts'
import type { Place, Workspace } from './workspace.ts'

/** The app as Slack knows it. */
export type App = {
  readonly appId: string
  readonly appToken: string
  readonly signingSecret: string
  /** The old way to know Slack; it still comes in every body. */
  readonly verificationToken: string
}

/** The app in one workspace. */
export type Bot = {
  readonly team: string
  readonly userId: string
  readonly botId: string
  readonly token: string
}

export type Emit = {
  readonly eventId?: string
  readonly times?: number
  /** Fields of the body around the event, in place of the usual ones. */
  readonly body?: Data
}

/** What happens in a workspace, told to the app as Slack does (https://docs.slack.dev/apis/events-api). */
export type Events = {
  /** Tells of something, if the app is a member of that channel. */
  readonly occurred: (event: Data) => void
  readonly emit: (event: Data, how?: Emit) => Promise<Outcome>
  /** Resolves once every event about the message with this ts has been taken or given up. */
  readonly settled: (ts: string) => Promise<Outcome>
}

export function createEvents(parts: {
  readonly app: App
  readonly bots: () => readonly Bot[]
  readonly workspace: () => Workspace
  readonly send: (parcel: Parcel) => Promise<{ readonly outcome: Outcome }>
  readonly now: () => number
}): Events {
  let ids = 0
  const told = new Map<string, Promise<Outcome>[]>()
  const nextId = (): string => `Ev0M${(++ids).toString(36).toUpperCase().padStart(8, '0')}`
  const bodyOf = (event: Data, bot: Bot, place: Place | undefined, eventId = nextId()): Data => ({
    token: parts.app.verificationToken,
    team_id: place?.team ?? bot.team,
    context_team_id: bot.team,
    context_enterprise_id: null,
    api_app_id: parts.app.appId,
    event,
    type: 'event_callback',
    event_id: eventId,
    event_time: Math.floor(parts.now() / 1_000),
    authorizations: [
      {
        enterprise_id: null,
        team_id: bot.team,
        user_id: bot.userId,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel:
      place?.members.some((id) => parts.workspace().person(id)?.team !== place.team) ?? false,
    event_context: `4-${Buffer.from(eventId).toString('base64url')}`,
  })
  const tell = async (body: Data): Promise<Outcome> =>
    (await parts.send({ type: 'events_api', payload: body })).outcome
  return {
    occurred: (event) => {
      const place = parts.workspace().place(channelOf(event))
      const bot = parts.bots().find(({ userId }) => place?.members.includes(userId) ?? false)
      if (place === undefined || bot === undefined) return
      const dressed = dress(event, place, parts.now())
      const bodies = [dressed, ...twinOf(dressed, bot, place)].map((one) => tell(bodyOf(one, bot, place)))
      // Nobody waits for the echo of what the app wrote itself.
      if (event['bot_id'] !== bot.botId) told.set(aboutOf(event), bodies)
    },
    emit: async (event, { eventId = nextId(), times = 1, body = {} } = {}) => {
      const place = parts.workspace().place(channelOf(event))
      const bot = parts.bots().find(({ userId }) => place?.members.includes(userId)) ?? parts.bots()[0]
      if (bot === undefined) return 'refused'
      const sent = { ...bodyOf(event, bot, place, eventId), ...body }
      return all(Array.from({ length: times }, () => tell(sent)))
    },
    settled: async (ts) => {
      const outcomes = told.get(ts) ?? []
      told.delete(ts)
      return all(outcomes)
    },
  }
}

async function all(outcomes: readonly Promise<Outcome>[]): Promise<Outcome> {
  const settled = await Promise.all(outcomes)
  return settled.every((outcome) => outcome === 'acknowledged') ? 'acknowledged' : 'refused'
}

function channelOf(event: Data): string {
  const item = event['item']
  return text(event, 'channel') || (isRecord(item) ? text(item, 'channel') : '')
}

/** The ts of the message that an event is about. */
function aboutOf(event: Data): string {
  const message = event['message']
  return (isRecord(message) ? text(message, 'ts') : text(event, 'deleted_ts')) || text(event, 'ts')
}

const channelTypes = { public: 'channel', private: 'group', 'group-dm': 'mpim', dm: 'im' } as const

function dress(event: Data, place: Place, nowMs: number): Data {
  const { metadata: _, ...rest } = event
  const eventTs = text(event, 'ts') || (nowMs / 1_000).toFixed(6)
  if (event['type'] !== 'message') return { ...rest, event_ts: eventTs }
  const isFromElsewhere = text(event, 'team') !== '' && event['team'] !== place.team
  return {
    ...rest,
    ...(event['blocks'] === undefined && event['subtype'] === undefined
      ? { blocks: [richText(text(event, 'text'))] }
      : {}),
    ...(isFromElsewhere ? { user_team: event['team'], source_team: event['team'] } : {}),
    channel_type: channelTypes[place.kind],
    event_ts: eventTs,
  }
}

function richText(words: string): Data {
  const section = { type: 'rich_text_section', elements: [{ type: 'text', text: words }] }
  return { type: 'rich_text', block_id: 'r1', elements: [section] }
}

/** A mention comes twice, as a message and as an app_mention; in direct messages it does not. */
function twinOf(event: Data, bot: Bot, place: Place): readonly Data[] {
  const isPlain = [undefined, 'file_share', 'thread_broadcast'].some((one) => one === event['subtype'])
  const isMention = text(event, 'text').includes(`<@${bot.userId}`) && event['user'] !== bot.userId
  if (event['type'] !== 'message' || place.kind === 'dm' || !isPlain || !isMention) return []
  const { channel_type: _, subtype: __, ...rest } = event
  return [{ ...rest, type: 'app_mention' }]
}
