import QuickLRU from 'quick-lru'
import { z } from 'zod'
import type { Log } from '../../../log.ts'
import type { SlackAnswer, SlackApi } from '../contract.ts'
import { loose } from './events.ts'
import { shownName } from './text-in.ts'

/** Somebody in Slack. */
export type SlackUser = {
  readonly name: string
  /** There where it is a bot. */
  readonly botId?: string
  /** The team, and the enterprise, that they belong to; none where that is not known. */
  readonly homes: readonly string[]
}

/** How ids are called in each account. Names are for people to read and decide nothing. */
export type Directory = {
  /** Never rejects, and takes no longer than about a second: the id is the name of who is not known. */
  readonly user: (account: string, id: string) => Promise<SlackUser>
  readonly userName: (account: string, id: string) => Promise<string>
  /** The name of a channel that we are in, and that `channelNamed` finds by it. */
  readonly channelName: (account: string, id: string) => string | undefined
  /** The id of the channel that is called so; undefined where we are in none, or in several, of that name. */
  readonly channelNamed: (account: string, name: string) => string | undefined
  /** What a channel is or was called, also where that name means none, or another one, by now. */
  readonly channelCalled: (account: string, id: string) => string | undefined
  /** Whether we are in a channel; undefined as long as Slack has not told its channels. Groups of people are none. */
  readonly isIn: (account: string, id: string) => boolean | undefined
  /** Asks for the channels anew, in the background. */
  readonly refresh: (account: string) => void
  /** Resolves when no channels are being asked for any more; Slack may take minutes for that. */
  readonly settled: () => Promise<unknown>
}

type Parts = {
  readonly api: Pick<SlackApi, 'call'>
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** Aborted when the adapter stops. */
  readonly signal: AbortSignal
  readonly log: Pick<Log, 'warn'>
}

type Channels = {
  names: ReadonlyMap<string, string>
  /** Null where a name stands for several. */
  ids: ReadonlyMap<string, string | null>
  members: ReadonlySet<string> | undefined
  askedAtMs: number
  asking: Promise<void> | undefined
  /** They changed while they were asked for. */
  isStale: boolean
}

const mostUsers = 5_000
const userTimeoutMs = 1_000
/** A name may change. */
const keepUserMs = 12 * 3_600_000
/** Who could not be asked for is asked for again after so long; the same for a channel that is not known. */
const againMs = 60_000
/** Slack's most (docs.slack.dev/reference/methods/users.conversations). */
const pageSize = 999
const mostPages = 100
/** How long Slack may let a page wait because there were too many calls, and how often. */
const mostPauseMs = 60_000
const mostPauses = 10

const name = loose(z.string().transform(shownName).pipe(z.string().min(1)))
const userAnswer = z.object({
  user: z.object({
    name,
    real_name: name,
    is_bot: z.boolean().catch(false),
    team_id: loose(z.string()),
    enterprise_user: loose(z.object({ enterprise_id: loose(z.string()) })),
    profile: z.object({ display_name: name, real_name: name, bot_id: loose(z.string().min(1)) }).catch({}),
  }),
})
const channelsAnswer = z.object({
  channels: z.array(z.object({ id: z.string(), name: z.string().transform(shownName) })),
  response_metadata: z.object({ next_cursor: z.string().catch('') }).catch({ next_cursor: '' }),
})

export function createDirectory(parts: Parts): Directory {
  const { api, now, signal, log } = parts
  const users = new QuickLRU<string, { asked: Promise<SlackUser>; untilMs: number }>({ maxSize: mostUsers })
  const accounts = new Map<string, Channels>()

  const askForUser = async (account: string, id: string): Promise<SlackUser | undefined> => {
    const answer = await api.call('users.info', { user: id }, { account, signal, timeoutMs: userTimeoutMs })
    const read = answer.kind === 'ok' ? userAnswer.safeParse(answer.data).data?.user : undefined
    if (read === undefined) return undefined
    const { profile } = read
    return {
      name: profile.display_name ?? profile.real_name ?? read.real_name ?? read.name ?? id,
      homes: [read.team_id, read.enterprise_user?.enterprise_id].filter((home) => home !== undefined),
      ...(read.is_bot ? { botId: profile.bot_id ?? id } : {}),
    }
  }

  const user = (account: string, id: string): Promise<SlackUser> => {
    const key = `${account}/${id}`
    const before = users.get(key)
    if (before !== undefined && now() < before.untilMs) return before.asked
    const entry = {
      untilMs: now() + keepUserMs,
      asked: askForUser(account, id).then((found) => {
        if (found !== undefined) return found
        entry.untilMs = now() + againMs
        return before?.asked ?? { name: id, homes: [] }
      }),
    }
    users.set(key, entry)
    return entry.asked
  }

  const channelsOf = (account: string): Channels => {
    const known = accounts.get(account)
    if (known !== undefined) return known
    const made: Channels = {
      names: new Map(),
      ids: new Map(),
      members: undefined,
      askedAtMs: -Infinity,
      asking: undefined,
      isStale: false,
    }
    accounts.set(account, made)
    return made
  }

  const ask = async (account: string, channels: Channels): Promise<void> => {
    while (channels.isStale) {
      channels.isStale = false
      channels.askedAtMs = now()
      const found = await listChannels(parts, account)
      if (found.kind === 'ok') Object.assign(channels, indexed(found.all, channels.names))
      else if (!signal.aborted)
        log.warn(
          { account, why: 'error' in found ? found.error : found.why },
          'Slack does not tell its channels',
        )
    }
    channels.asking = undefined
  }

  const refresh = (account: string): void => {
    const channels = channelsOf(account)
    channels.isStale = true
    channels.asking ??= ask(account, channels)
  }

  const known = <T>(account: string, look: (channels: Channels) => T | undefined): T | undefined => {
    const channels = channelsOf(account)
    const found = look(channels)
    if (found === undefined && now() - channels.askedAtMs >= againMs) refresh(account)
    return found
  }

  return {
    user,
    userName: async (account, id) => (await user(account, id)).name,
    channelName: (account, id) => {
      const name = known(account, ({ names }) => names.get(id))
      return name !== undefined && channelsOf(account).ids.get(name) === id ? name : undefined
    },
    channelNamed: (account, name) => known(account, ({ ids }) => ids.get(name.toLowerCase())) ?? undefined,
    channelCalled: (account, id) => known(account, ({ names }) => names.get(id)),
    isIn: (account, id) =>
      known(account, ({ members }) => members?.has(id) || undefined) ??
      (channelsOf(account).members === undefined ? undefined : false),
    refresh,
    settled: () => Promise.all([...accounts.values()].flatMap(({ asking }) => asking ?? [])),
  }
}

type Listed =
  | { readonly kind: 'ok'; readonly all: readonly { readonly id: string; readonly name: string }[] }
  | Exclude<SlackAnswer, { kind: 'ok' }>

/** Every channel that we are in, over all pages (docs.slack.dev/reference/methods/users.conversations). */
async function listChannels({ api, sleep, signal }: Parts, account: string): Promise<Listed> {
  const all: { id: string; name: string }[] = []
  let cursor: string | undefined
  let pauses = 0
  for (let page = 0; page < mostPages; page++) {
    const asked = { types: 'public_channel,private_channel', exclude_archived: true, limit: pageSize, cursor }
    let answer = await api.call('users.conversations', asked, { account, signal })
    while (answer.kind === 'error' && answer.error === 'ratelimited' && ++pauses <= mostPauses) {
      await sleep(Math.min(answer.retryAfterMs ?? mostPauseMs, mostPauseMs), signal).catch(() => undefined)
      answer = await api.call('users.conversations', asked, { account, signal })
    }
    if (answer.kind !== 'ok') return answer
    const read = channelsAnswer.safeParse(answer.data)
    if (!read.success) return { kind: 'error', error: 'not what was agreed' }
    all.push(...read.data.channels)
    cursor = read.data.response_metadata.next_cursor || undefined
    if (cursor === undefined) break
  }
  return { kind: 'ok', all }
}

/** Of what is gone the name is kept, for people. */
function indexed(
  all: readonly { readonly id: string; readonly name: string }[],
  before: Channels['names'],
): Pick<Channels, 'names' | 'ids' | 'members'> {
  const names = new Map(all.map(({ id, name }) => [id, name.toLowerCase()]))
  const ids = new Map<string, string | null>()
  for (const [id, name] of names) ids.set(name, ids.has(name) ? null : id)
  return { names: new Map([...before, ...names]), ids, members: new Set(names.keys()) }
}
