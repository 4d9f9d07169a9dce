import { z } from 'zod'
import type { Attachment } from '../../../message.ts'
import { shownName } from './text-in.ts'

/** Something that was written in a conversation. `thread` is its root: its own ts where it begins one. */
export type Written = {
  readonly kind: 'written'
  readonly channel: string
  readonly ts: string
  readonly thread: string
  readonly isReply: boolean
  /** Slack says in an event of its own that we are mentioned. */
  readonly isMention: boolean
  readonly user: string | undefined
  readonly botId: string | undefined
  /** Where the writer is at home. */
  readonly team: string | undefined
  /** What the writer is called, where the event tells. */
  readonly name: string | undefined
  /** In Slack's form. */
  readonly text: string
  readonly files: readonly Attachment[]
}

/** What a person did to something that was written: `text` is how it reads now, null where it was taken back. */
export type Changed = {
  readonly kind: 'changed'
  readonly channel: string
  readonly ts: string
  readonly thread: string
  readonly text: string | null
  /** When it was done, as Slack's clock says; 0 where Slack does not tell. */
  readonly atMs: number
}

/** The events that concern us, without what else Slack tells. */
export type SlackEvent =
  | Written
  | Changed
  | { readonly kind: 'home' }
  | {
      readonly kind: 'stop'
      readonly id: string
      readonly channel: string
      readonly thread: string
      readonly user: string
    }
  | { readonly kind: 'uninstalled' }
  | { readonly kind: 'revoked'; readonly bots: readonly string[] }
  /** The channels are not what they were; with `who`, if that is us. */
  | { readonly kind: 'channels'; readonly who?: string }

export const channelId = z.string().regex(/^[CDG][A-Z0-9]{1,30}$/u)
export const userId = z.string().regex(/^[UW][A-Z0-9]{1,30}$/u)
export const timestamp = z.string().regex(/^\d{1,12}\.\d{1,9}$/u)
/** What is not needed counts as absent where it is not what it should be. */
export const loose = <T extends z.ZodType>(type: T) => type.optional().catch(undefined)
export const team = loose(z.string().regex(/^[TE][A-Z0-9]{1,30}$/u))

const mostFiles = 10

const file = z.object({
  id: z.string().min(1).max(40),
  name: loose(z.string().min(1)),
  title: loose(z.string().min(1)),
  mimetype: loose(z.string().min(1)),
  size: loose(z.int().min(0)),
  mode: loose(z.string()),
})

const hiddenModes: ReadonlySet<string | undefined> = new Set(['tombstone', 'hidden_by_limit'])

const files = z
  .array(file.optional().catch(undefined))
  .catch([])
  .transform((all): Attachment[] =>
    all
      // Deleted ones, and those that a free workspace does not show any more (docs.slack.dev/reference/objects/file-object).
      .flatMap((one) => (one === undefined || hiddenModes.has(one.mode) ? [] : one))
      .slice(0, mostFiles)
      .map(({ id, name, title, mimetype, size }) => ({
        id,
        name: name ?? title ?? id,
        mediaType: mimetype ?? 'application/octet-stream',
        bytes: size ?? 0,
      })),
  )

const name = loose(z.string().transform(shownName).pipe(z.string().min(1)))

const said = z.object({
  channel: channelId,
  ts: timestamp,
  thread_ts: loose(timestamp),
  user: userId.nullish(),
  bot_id: z.string().nullish(),
  text: z.string().nullish(),
  files,
  team,
  user_team: team,
  source_team: team,
  user_profile: loose(z.object({ display_name: name, real_name: name, name })),
  bot_profile: loose(z.object({ name })),
  username: name,
  blocks: z.unknown().optional(),
})

const hasFile = /"type":"file"/u

const written = (isMention: boolean) =>
  said.transform((event): SlackEvent | undefined => {
    const { channel, ts, thread_ts: root = ts, user_profile: profile } = event
    // An app_mention may come without its files, and before the message that has them (NousResearch/hermes-agent#77141).
    const lacksFiles =
      isMention && event.files.length === 0 && hasFile.test(JSON.stringify(event.blocks ?? []))
    if (lacksFiles) return undefined
    return {
      kind: 'written',
      channel,
      ts,
      thread: root,
      isReply: root !== ts,
      isMention,
      user: event.user ?? undefined,
      botId: event.bot_id ?? undefined,
      team: event.user_team ?? event.source_team ?? event.team,
      name:
        profile?.display_name ??
        profile?.real_name ??
        profile?.name ??
        event.username ??
        event.bot_profile?.name,
      text: event.text ?? '',
      files: event.files,
    }
  })

/** The ts of the event itself; that of the message stands deeper. */
const changeTs = loose(timestamp).transform((ts) => Math.floor(Number(ts ?? 0) * 1_000))

/** What is seen of a message before and after a change. */
const seen = z.object({
  text: z.string().nullish(),
  thread_ts: loose(timestamp),
  bot_id: z.unknown().optional(),
})

const edited = z
  .object({
    channel: channelId,
    ts: changeTs,
    message: seen.extend({ ts: timestamp, subtype: loose(z.string()) }),
    previous_message: loose(seen),
  })
  .transform(({ channel, ts: atMs, message, previous_message: before }): SlackEvent | undefined => {
    const { ts, thread_ts: thread = ts, text } = message
    const change = { kind: 'changed', channel, ts, thread, atMs } as const
    // A message that was taken back while others had answered in its thread stays there, as a tombstone.
    if (message.subtype === 'tombstone') return { ...change, text: null }
    // A preview of a link comes as a change, too, and so does each step of a bot that writes on.
    if (isOfBot(message) || (before !== undefined && before.text === text)) return undefined
    return { ...change, text: text ?? '' }
  })

const deleted = z
  .object({ channel: channelId, ts: changeTs, deleted_ts: timestamp, previous_message: loose(seen) })
  .transform(({ channel, ts: atMs, deleted_ts: ts, previous_message: before }): SlackEvent | undefined =>
    before !== undefined && isOfBot(before)
      ? undefined
      : { kind: 'changed', channel, ts, thread: before?.thread_ts ?? ts, text: null, atMs },
  )

function isOfBot({ bot_id: botId }: { readonly bot_id?: unknown }): boolean {
  return botId !== undefined && botId !== null
}

const home = z
  .object({ tab: z.literal('home'), user: userId })
  .transform((): SlackEvent => ({ kind: 'home' }))

const stop = z
  .object({ channel: channelId, thread_ts: timestamp, user: userId, id: z.string().min(1) })
  .transform(({ thread_ts: thread, ...rest }): SlackEvent => ({ kind: 'stop', thread, ...rest }))

const revoked = z
  .object({ tokens: z.object({ bot: z.array(z.string()).catch([]) }) })
  .transform(({ tokens }): SlackEvent => ({ kind: 'revoked', bots: tokens.bot }))

const joined = z
  .object({ user: userId })
  .transform(({ user }): SlackEvent => ({ kind: 'channels', who: user }))

const channels = z.unknown().transform((): SlackEvent => ({ kind: 'channels' }))

/** By type and subtype (docs.slack.dev/reference/events/message); what is not here does not concern us. */
const readers: ReadonlyMap<string, z.ZodType<SlackEvent | undefined>> = new Map<
  string,
  z.ZodType<SlackEvent | undefined>
>([
  ['app_mention', written(true)],
  ...['', '/file_share', '/thread_broadcast', '/me_message', '/bot_message'].map(
    (subtype) => [`message${subtype}`, written(false)] as const,
  ),
  ['message/message_changed', edited],
  ['message/message_deleted', deleted],
  ['app_home_opened', home],
  ['agent_session_stopped', stop],
  ['app_uninstalled', z.unknown().transform((): SlackEvent => ({ kind: 'uninstalled' }))],
  ['tokens_revoked', revoked],
  ...['message/channel_join', 'message/group_join', 'member_joined_channel'].map(
    (kind) => [kind, joined] as const,
  ),
  ...['channel', 'group'].flatMap((kind) =>
    ['rename', 'archive', 'unarchive', 'deleted', 'left'].map(
      (what) => [`${kind}_${what}`, channels] as const,
    ),
  ),
])

const envelope = z.object({
  event: z.looseObject({ type: z.string(), subtype: loose(z.string()) }),
  event_id: z.unknown().optional(),
})

/** Reads the body of an event; undefined for one that does not concern us, or is not what it should be. Never throws. */
export function readEvent(body: unknown): SlackEvent | undefined {
  const read = envelope.safeParse(body).data
  if (read === undefined) return undefined
  const { type, subtype } = read.event
  const key = type === 'message' && subtype !== undefined ? `message/${subtype}` : type
  return readers.get(key)?.safeParse({ ...read.event, id: read.event_id }).data
}
