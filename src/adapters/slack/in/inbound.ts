import QuickLRU from 'quick-lru'
import type { Receive, Revise } from '../../../adapter.ts'
import type { SlackConfig } from '../../../config.ts'
import type { Log } from '../../../log.ts'
import { addressKey, type Attachment, type Author } from '../../../message.ts'
import { isForUs, isMentioned } from './attention.ts'
import { authorId } from './authors.ts'
import { createBotTurns, type Answered } from './bots.ts'
import { messageIds, slackAddress, type Inbound, type Incoming, type ReplyUrls } from '../contract.ts'
import type { Directory } from './directory.ts'
import { readEvent, type SlackEvent, type Written } from './events.ts'
import { readOrder, readPress } from './presses.ts'
import { createPlain } from './plain.ts'
import { threadBefore } from './thread-in.ts'

/** The home and the forms. */
export type Desk = {
  readonly home: (incoming: Incoming) => Promise<void>
  /** True if it was one of its own buttons. */
  readonly action: (incoming: Incoming) => Promise<boolean>
  readonly view: Inbound['view']
}

type Parts = {
  readonly receive: Receive
  readonly revise: Revise
  readonly settings: () => Pick<SlackConfig, 'mention' | 'channels' | 'bots' | 'botTurns'>
  /** True if something was answered in the conversation of this key. */
  readonly hasAnswered: (lane: string) => boolean
  /** True if an answer there was what a source holds, which no conversation remembers. */
  readonly hasTold: (lane: string) => boolean
  /** The newest messages that were taken in whose ids begin so, the newest first. */
  readonly taken: (account: string, beginning: string) => readonly Answered[]
  /** True if a command is called so. */
  readonly isCommand: (word: string) => boolean
  readonly directory: Pick<Directory, 'user' | 'channelName' | 'refresh'>
  readonly urls: Pick<ReplyUrls, 'remember'>
  readonly desk: Desk
  /** The app is not installed there any more. */
  readonly onGone: (account: string) => Promise<void>
  readonly now: () => number
  readonly log: Pick<Log, 'info'>
}

/** Threads in which we were called, as far as it is remembered without asking. */
const mostThreads = 5_000
/** Threads of which the conversation has heard all; of those that are forgotten Slack is asked. */
const mostWhole = 5_000
/** Of so many threads, and of each so many replies, are kept that may have come before the mention that called us. */
const mostEarlyThreads = 100
const mostEarly = 5
/** So many messages are remembered with the time of their newest change. */
const mostChanged = 2_000

/** Where something was written. */
type Place = { readonly lane: string; readonly account: string; readonly isDirect: boolean }

/** Makes messages of what Slack sends. Each promise resolves once what came of it is durable, and rejects if it is not. */
export function createInbound(parts: Parts): Inbound {
  const { receive, directory, desk, urls, now } = parts
  const called = new QuickLRU<string, true>({ maxSize: mostThreads })
  const changed = new QuickLRU<string, number>({ maxSize: mostChanged })
  const early = new QuickLRU<string, readonly Written[]>({ maxSize: mostEarlyThreads })
  const whole = new QuickLRU<string, true>({ maxSize: mostWhole })
  const turns = createBotTurns((place) => {
    const [account = '', channel = ''] = place.split('/')
    const all = parts.taken(account, `${channel}/`)
    const people = all.findIndex(({ author }) => !parts.settings().bots.includes(author))
    return people < 0 ? all : all.slice(0, people)
  })
  const asRead = createPlain(directory)
  const plain = (text: string, { account, installation: { botUserId } }: Incoming): Promise<string> =>
    asRead(text, { account, botUserId })

  const wasCalled = (lane: string): boolean => {
    const was = called.get(lane) ?? parts.hasAnswered(lane)
    if (was) called.set(lane, true)
    return was
  }

  type Who = { readonly user: string; readonly team: string | undefined; readonly name: string | undefined }
  const person = async ({ user, team, name }: Who, { account, body }: Incoming): Promise<Author> => {
    const known = await directory.user(account, user)
    return {
      id: authorId(user, team === undefined ? known.homes : [team], account, body),
      name: known.name === user ? (name ?? user) : known.name,
    }
  }

  /** The files of a message, and what was said in its thread before where its conversation has not heard all of that. */
  const filesOf = (
    event: Written,
    text: string,
    { lane, account, isDirect }: Place,
  ): readonly Attachment[] => {
    const { isReply, ts, files, channel, thread } = event
    if (!isReply || (text === '' && files.length === 0)) return files
    const root = messageIds.written(channel, thread)
    // All that is said where nobody else is comes in.
    const isOurs = isDirect && parts.taken(account, root).some(({ id }) => id === root)
    return (isOurs || whole.has(lane)) && !parts.hasTold(lane) ? files : [...files, threadBefore(ts)]
  }

  /** Who wrote it, where we listen to them: people, and bots that are allowed and have a turn left. */
  const writerOf = async (event: Written, incoming: Incoming): Promise<Author | undefined> => {
    const { bots, botTurns } = parts.settings()
    const { user, ts, channel, name } = event
    const place = `${incoming.account}/${channel}`
    const known = user === undefined ? undefined : await directory.user(incoming.account, user)
    const botId = event.botId ?? known?.botId
    if (botId === undefined) {
      turns.end(place)
      return user === undefined ? undefined : person({ ...event, user }, incoming)
    }
    if (!bots.includes(botId)) return undefined
    const message = { id: messageIds.written(channel, ts), author: botId }
    if (turns.take(place, message, botTurns)) return { id: botId, name: name ?? botId }
    parts.log.info({ channel, bot: botId }, 'a bot is not answered again before a person writes there')
    return undefined
  }

  const onWritten = async (event: Written, incoming: Incoming): Promise<void> => {
    const { channel, ts, thread, text, user, botId } = event
    const { account, installation } = incoming
    const { mention, channels, bots } = parts.settings()
    if (user === 'USLACKBOT' || user === installation.botUserId || botId === installation.botId) return
    const address = slackAddress(account, channel, thread)
    const lane = addressKey(address)
    if (botId !== undefined && !bots.includes(botId)) return void whole.delete(lane)
    const heard = { ...event, isDirect: address.shared !== true, wasCalled: () => wasCalled(lane) }
    const mode = channels.get(channel)?.mention ?? mention
    if (!isForUs(heard, mode, installation.botUserId)) {
      whole.delete(lane)
      if (botId === undefined) turns.end(`${account}/${channel}`)
      if (isForUs({ ...heard, wasCalled: () => true }, mode, installation.botUserId))
        early.set(lane, [...(early.get(lane) ?? []), event].slice(-mostEarly))
      return
    }
    // At once: what is said next in the thread may come before the names are known.
    if (isMentioned(event, installation.botUserId)) called.set(lane, true)
    const [author, read] = await Promise.all([writerOf(event, incoming), plain(text, incoming)])
    if (author === undefined) return void whole.delete(lane)
    const sentAtMs = Math.floor(Number(ts) * 1_000)
    const said = named.test(read) ? orderText(read.replace(named, ''), parts.isCommand) : read
    const message = { id: messageIds.written(channel, ts), address, author, text: said, sentAtMs }
    const isOverheard = address.shared === true && !isMentioned(event, installation.botUserId)
    const files = filesOf(event, said, { lane, account, isDirect: heard.isDirect })
    const taken = await receive({
      ...message,
      ...(files.length === 0 ? {} : { files }),
      ...(isOverheard ? { manner: 'overheard' as const } : {}),
    })
    if (taken === 'accepted' && !event.isReply) whole.set(lane, true)
    if (!isMentioned(event, installation.botUserId)) return
    // Slack promises no order: what was written after the mention may have come before it.
    for (const reply of early.get(lane) ?? [])
      if (Number(reply.ts) > Number(ts)) await onWritten(reply, incoming)
    early.delete(lane)
  }

  const onEvent = async (event: SlackEvent, incoming: Incoming): Promise<void> => {
    const { account, installation } = incoming
    switch (event.kind) {
      case 'written':
        return onWritten(event, incoming)
      case 'changed': {
        const { channel, ts, thread, text, atMs } = event
        const id = messageIds.written(channel, ts)
        // An edit that is sent again later undoes none that came after it.
        if (atMs < (changed.get(`${account}/${id}`) ?? 0)) return
        changed.set(`${account}/${id}`, atMs)
        const address = slackAddress(account, channel, thread)
        const read = text === null ? null : await plain(text, incoming)
        return parts.revise({ id, address, text: read })
      }
      case 'home':
        return desk.home(incoming)
      case 'stop': {
        const address = slackAddress(account, event.channel, event.thread)
        const author = await person({ user: event.user, team: undefined, name: undefined }, incoming)
        await receive({ id: messageIds.stop(event.id), address, author, text: '/stop', sentAtMs: now() })
        return
      }
      case 'uninstalled':
        return parts.onGone(account)
      case 'revoked':
        // Those of people may be revoked without ours.
        return event.bots.includes(installation.botUserId) ? parts.onGone(account) : undefined
      case 'channels':
        if (event.who === undefined || event.who === installation.botUserId) directory.refresh(account)
    }
  }

  return {
    event: async (incoming) => {
      const event = readEvent(incoming.body)
      if (event !== undefined) await onEvent(event, incoming)
    },
    command: async (incoming) => {
      const order = readOrder(incoming.body)
      if (order === undefined) return undefined
      const id = messageIds.command(order.triggerId)
      const address = { ...slackAddress(incoming.account, order.channel), aside: true as const }
      const [author, text] = await Promise.all([person(order, incoming), plain(order.text, incoming)])
      if (order.responseUrl !== undefined) urls.remember(id, order.responseUrl)
      const said = orderText(text, parts.isCommand)
      await receive({ id, address, author, text: said, sentAtMs: now(), manner: 'awaited' })
      return undefined
    },
    action: async (incoming) => {
      if (await desk.action(incoming)) return
      const press = readPress(incoming.body)
      if (press === undefined) return
      const id = messageIds.click(press.channel, press.messageTs, press.actionTs, press.user, press.button)
      const place = slackAddress(incoming.account, press.channel, press.thread)
      // What is pressed below an answer that one person alone was shown is between them and us, too.
      const isAside = place.shared === true && place.thread === undefined
      const address = isAside ? { ...place, aside: true as const } : place
      const author = await person(press, incoming)
      if (press.responseUrl !== undefined) urls.remember(id, press.responseUrl)
      await receive({ id, address, author, text: press.says, sentAtMs: now(), manner: 'awaited' })
    },
    view: desk.view,
  }
}

/** The slash command, where Slack does not take it for one: in a thread, or after a mention. */
const named = /^[/／]moltbot(?:\s+|$)/iu

/** What a slash command says: a command of ours with the slash that Slack took for itself, or plain words. */
function orderText(text: string, isCommand: (word: string) => boolean): string {
  if (text === '') return '/help'
  const [word = ''] = text.split(/\s/u)
  return !text.startsWith('/') && isCommand(word) ? `/${text}` : text
}
