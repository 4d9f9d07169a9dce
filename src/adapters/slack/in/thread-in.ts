import type { Adapter } from '../../../adapter.ts'
import { FaultError, type Fault } from '../../../errors.ts'
import type { Attachment, Post } from '../../../message.ts'
import { messageIds, postEvent, type Installation, type Installations, type SlackApi } from '../contract.ts'
import { search, type PastMessage } from '../out/history.ts'
import type { Directory } from './directory.ts'
import { createPlain } from './plain.ts'
import { shownName } from './text-in.ts'

/** What reading a thread takes. */
export type ThreadParts = {
  readonly api: Pick<SlackApi, 'call'>
  readonly installations: Pick<Installations, 'of'>
  readonly directory: Pick<Directory, 'user' | 'channelName'>
  /** The newest messages that were taken in whose ids begin so. */
  readonly taken: (account: string, beginning: string) => readonly { readonly id: string }[]
  /** What a post of ours says, by its key, as far as the rows go back. */
  readonly saying: (key: string) => Pick<Post, 'answers' | 'reply'> | undefined
}

const mostMessages = 30
const mostChars = 8_000
const mostEachChars = 4_000
const mostMs = 10_000
/** What people and bots say (docs.slack.dev/reference/events/message); the others tell of what happened. */
const sayings: ReadonlySet<string | undefined> = new Set([
  undefined,
  'bot_message',
  'file_share',
  'me_message',
  'thread_broadcast',
])
const faultOfError: Readonly<Record<string, Fault>> = {
  ratelimited: 'rate-limit',
  thread_not_found: 'missing',
  invalid_auth: 'bad-key',
  token_revoked: 'bad-key',
  account_inactive: 'bad-key',
}

/** What stands among the files of a message for what was said in its thread before it. */
export function threadBefore(ts: string): Attachment {
  return { id: `thread/${ts}`, name: 'thread', mediaType: 'text/plain', bytes: 0, isThread: true }
}

/**
 * Reads what was said in a thread before a message, as it is now, and what the conversation has not heard: no message that was
 * taken in, and no answer of ours but what a source told. The root and the newest of it, oldest first, a line for each with
 * who said it; files are named. Nothing where it has heard all.
 */
export function createThread(parts: ThreadParts): NonNullable<Adapter['readFile']> {
  const { api, installations, directory, taken, saying } = parts
  const plain = createPlain(directory)
  const wasTaken = (account: string, id: string): boolean =>
    taken(account, id).some((message) => message.id === id)

  const lineOf = async (past: PastMessage, ours: Installation): Promise<string | undefined> => {
    const { account, botUserId } = ours
    const { user, text = '', files = [] } = past
    if (isOurs(past, ours)) return spoken('Moltbot', ownText(past, saying) ?? '')
    const [name, words] = await Promise.all([
      user === undefined
        ? shownName(past.username ?? past.bot_id ?? '') || undefined
        : directory.user(account, user),
      plain(text, { account, botUserId }),
    ])
    const named = files.map((file) => `[${file.name ?? 'file'}]`)
    const who = typeof name === 'object' ? name.name : (name ?? 'somebody')
    return spoken(who, [words, ...named].filter((part) => part !== '').join(' '))
  }

  return async ({ id }, address, signal) => {
    const { account, channel, thread } = address
    const latest = id.slice(id.indexOf('/') + 1)
    const ours = await installations.of(account, signal)
    const unheard: PastMessage[] = []
    const within = AbortSignal.any([signal, AbortSignal.timeout(mostMs)])
    const searched = await search(api, address, { oldest: '0', latest, signal: within }, (past) => {
      const isHeard = isOurs(past, ours)
        ? ownText(past, saying) === undefined
        : past.ts === latest || wasTaken(account, messageIds.written(channel, past.ts))
      if (!isHeard && sayings.has(past.subtype)) unheard.push(past)
      return undefined
    })
    signal.throwIfAborted()
    if (searched.kind === 'unknown')
      throw new FaultError(
        searched.error === undefined ? 'network' : (faultOfError[searched.error] ?? 'refused'),
        `what was said in the thread could not be read: ${searched.why}`,
      )
    const told = async (some: readonly PastMessage[]): Promise<readonly string[]> =>
      (await Promise.all(some.map((past) => lineOf(past, ours)))).filter((line) => line !== undefined)
    const first = await told(unheard[0]?.ts === thread ? unheard.splice(0, 1) : [])
    const others = await told(unheard.slice(-mostMessages))
    const last = newest(others, mostChars - first.join('').length)
    const isCut = unheard.length > mostMessages || last.length < others.length
    return new TextEncoder().encode([...first, ...(isCut ? ['…'] : []), ...last].join('\n'))
  }
}

/** What a post of ours says; undefined for an answer that the conversation remembers, and for what is still being written. */
function ownText({ metadata, text }: PastMessage, saying: ThreadParts['saying']): string | undefined {
  const key = metadata?.event_payload['key']
  if (metadata?.event_type !== postEvent || typeof key !== 'string') return undefined
  const row = saying(key)
  const isRemembered = row !== undefined && row.answers !== null && row.reply.from !== 'source'
  return isRemembered ? undefined : (row?.reply.text ?? text)
}

function isOurs({ user, bot_id }: PastMessage, { botUserId, botId }: Installation): boolean {
  return user === botUserId || bot_id === botId
}

/** The lines within are set in, so that nobody can speak in the name of somebody else. */
function spoken(who: string, text: string): string | undefined {
  if (text.trim() === '') return undefined
  const cut = text.length > mostEachChars ? `${text.slice(0, mostEachChars).toWellFormed()}…` : text
  return `${who}: ${cut.replaceAll(/\r\n?|[\n\v\f\u0085\u2028\u2029]/gu, '\n  ')}`
}

/** As many of the last lines as have so many characters. */
function newest(lines: readonly string[], mostLineChars: number): readonly string[] {
  let room = mostLineChars
  const older = lines.findLastIndex((line) => (room -= line.length) < 0)
  return lines.slice(older + 1)
}
