import { listen, messageOf, placeOf, startEmulate, type Row, type Rows } from './emulate-insides.ts'
import { dense, part, refuse, text, type Args, type Data } from './wire.ts'
import type { Message, Person, StateMethod, Workspace, WorkspaceParts } from './workspace.ts'

/**
 * A workspace in vercel-labs' emulate: reading and writing messages, and the events of them, are its work. What it has no
 * method for (making people and channels, files) is put into its rows.
 */
export async function createEmulate(parts: WorkspaceParts): Promise<Workspace> {
  const { rows, webhooks, url, close } = await startEmulate()
  const team = String(rows.teams.all()[0]?.['team_id'])
  let ids = 0
  let lastMicros = 0
  const nextId = (prefix: string): string =>
    `${prefix}0E${(++ids).toString(36).toUpperCase().padStart(8, '0')}`
  const nextTs = (): string => {
    lastMicros = Math.max(Math.round(parts.now() * 1_000), lastMicros + 1)
    return `${Math.floor(lastMicros / 1e6)}.${String(lastMicros % 1e6).padStart(6, '0')}`
  }
  const person = (id: string): Person | undefined => {
    const row = rows.users.findOneBy('user_id', id)
    const botId = rows.bots.findOneBy('user_id', id)?.['bot_id']
    return row === undefined
      ? undefined
      : {
          id,
          name: text(row, 'name'),
          team: text(row, 'team_id'),
          ...(typeof botId === 'string' ? { botId } : {}),
        }
  }
  const rowOf = (channel: string): Row | undefined => rows.channels.findOneBy('channel_id', channel)
  const messageRow = (channel: string, ts: string): Row | undefined =>
    rows.messages.findBy('channel_id', channel).find((row) => row['ts'] === ts)
  /** Its events lack the marks of a bot and the team of the author. */
  const heard = (event: Data): void => {
    const author = person(text(event, 'user'))
    const bot = author?.botId === undefined ? {} : { bot_id: author.botId, app_id: parts.appId }
    parts.onEvent(
      event['type'] === 'message' && event['subtype'] === undefined
        ? { ...event, ...bot, team: author?.team }
        : event,
    )
  }
  const hearing = await listen((body) => heard(part(body, 'event')))
  webhooks.register({ url: hearing.url, events: ['*'], active: true, owner: 'slack' })

  const addPlace: Workspace['addPlace'] = ({ name, kind, members, team: owner = team }) => {
    const row = rows.channels.insert({
      channel_id: nextId(kind === 'dm' ? 'D' : kind === 'group-dm' ? 'G' : 'C'),
      team_id: owner,
      name,
      is_channel: kind === 'public' || kind === 'private',
      is_private: kind !== 'public',
      is_im: kind === 'dm',
      is_mpim: kind === 'group-dm',
      is_archived: false,
      topic: {},
      purpose: {},
      members,
      creator: members[0],
      num_members: members.length,
    })
    return placeOf(row)
  }
  const call = async (method: StateMethod, args: Args, as: string): Promise<Data> => {
    const form = Object.entries(args).map(([key, value]): [string, string] => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ])
    const response = await fetch(`${url}/api/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer token-of-${as}` },
      body: new URLSearchParams(form),
    })
    const { ok, error, ...data }: Data = { ...Object(await response.json()) }
    if (ok !== true) refuse(typeof error === 'string' ? error : `emulate: HTTP ${response.status}`)
    return data
  }
  const insertInto = (table: Rows, message: Omit<Message, 'ts' | 'team'>, more: Data): Message => {
    const made = { ts: nextTs(), team: person(message.user)?.team ?? team, ...message }
    table.insert({ type: 'message', reply_count: 0, reply_users: [], reactions: [], ...made, ...more })
    return made
  }
  return {
    team,
    addPerson: ({ id = nextId('U'), name, team: owner, botId }) => {
      const profile = { display_name: name, real_name: name, email: `${id}@example.com` }
      const isBot = botId !== undefined
      rows.users.insert({
        user_id: id,
        team_id: owner,
        name,
        real_name: name,
        email: profile.email,
        is_admin: false,
        is_bot: isBot,
        deleted: false,
        profile,
      })
      if (isBot)
        rows.bots.insert({ bot_id: botId, app_id: parts.appId, user_id: id, name, deleted: false, icons: {} })
      rows.tokens.insert({
        token: `token-of-${id}`,
        token_type: isBot ? 'bot' : 'user',
        team_id: owner,
        user_id: id,
        scopes: ['chat:write'],
        bot_id: botId,
      })
      return { id, name, team: owner, ...(isBot ? { botId } : {}) }
    },
    addPlace,
    direct: (one, other) => {
      const found = rows.channels
        .all()
        .map(placeOf)
        .find(({ kind, members }) => kind === 'dm' && members.includes(one) && members.includes(other))
      return found ?? addPlace({ name: '', kind: 'dm', members: [one, other] })
    },
    person,
    place: (id) => {
      const row = rowOf(id)
      return row === undefined ? undefined : placeOf(row)
    },
    alter: (channel, { members, isArchived }) => {
      const row = rowOf(channel)
      if (row !== undefined)
        rows.channels.update(
          row.id,
          dense({ members, num_members: members?.length, is_archived: isArchived }),
        )
    },
    drop: (channel) => {
      const row = rowOf(channel)
      if (row !== undefined) rows.channels.delete(row.id)
    },
    call: async (method, args, as) => {
      const answered = await call(method, args, as)
      const botId = person(as)?.botId
      const row = messageRow(text(answered, 'channel'), text(answered, 'ts'))
      if (method === 'chat.postMessage' && botId !== undefined && row !== undefined)
        rows.messages.update(row.id, { bot_id: botId, app_id: parts.appId })
      return answered
    },
    add: (channel, message) => {
      const made = insertInto(rows.messages, message, { channel_id: channel })
      parts.onEvent({ type: 'message', channel, ...made })
      return made
    },
    patch: (channel, ts, fields) => {
      const row = messageRow(channel, ts)
      if (row !== undefined) rows.messages.update(row.id, fields)
    },
    messages: (channel) =>
      rows.messages
        .findBy('channel_id', channel)
        .map(messageOf)
        .toSorted((one, other) => Number(one.ts) - Number(other.ts)),
    whisper: (channel, to, message) =>
      insertInto(rows.ephemeralMessages, message, { channel_id: channel, target_user: to }),
    whispers: (channel, to) =>
      rows.ephemeralMessages
        .findBy('channel_id', channel)
        .filter((row) => row['target_user'] === to)
        .map(messageOf),
    rewhisper: (ts, fields) => {
      const row = rows.ephemeralMessages.findOneBy('ts', ts)
      if (row === undefined) return
      if (fields === undefined) rows.ephemeralMessages.delete(row.id)
      else rows.ephemeralMessages.update(row.id, fields)
    },
    [Symbol.asyncDispose]: async () => {
      await hearing.close()
      await close()
    },
  }
}
