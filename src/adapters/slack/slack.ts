import QuickLRU from 'quick-lru'
import type { Adapter, Receive, Revise } from '../../adapter.ts'
import type { CommandTable } from '../../command.ts'
import type { SlackConfig } from '../../config.ts'
import type { Connections } from '../../connections.ts'
import { FaultError } from '../../errors.ts'
import type { FormReader } from '../../form.ts'
import type { createHome } from '../../home.ts'
import type { Log } from '../../log.ts'
import type { Address, Message, Reply } from '../../message.ts'
import type { Store } from '../../store/store.ts'
import type { Reads } from '../../store/writes.ts'
import type { Language } from '../../words.ts'
import type { Route } from '../http/http.ts'
import { slackAddress } from './contract.ts'
import { createDesk } from './desk/desk.ts'
import { draftText, streamedText } from './format/draft-text.ts'
import { escapeText } from './format/escape.ts'
import { renderMarkdown } from './format/markdown.ts'
import { asTyped, shownText } from './format/slash.ts'
import { mainLanguage, splitReply } from './format/split.ts'
import { createDirectory } from './in/directory.ts'
import { createFiles } from './in/files-in.ts'
import { createInbound } from './in/inbound.ts'
import { createLocale } from './in/locale.ts'
import { createTargets } from './in/targets.ts'
import { userOf } from './out/direct.ts'
import { createDrafts } from './out/drafts.ts'
import { lagMs } from './out/history.ts'
import { createSender } from './out/send.ts'
import { createPresence } from './presence.ts'
import { createInstallations } from './setup/installations.ts'
import { slackPaths } from './setup/manifest.ts'
import { installationRows } from './setup/installation-row.ts'
import { createOAuth } from './setup/oauth.ts'
import { createApi, createCaller, createRespond, type Caller } from './wire/api.ts'
import { createBolt } from './wire/bolt.ts'
import { createSignedRoute } from './wire/signed.ts'
import { createSocketLinks } from './wire/socket.ts'

/** The Slack platform, with the paths at which Slack and its people call it over HTTP. */
export type Slack = Adapter & {
  readonly routes: readonly Route[]
  /** True where everyone who can write there is answered, or this bot is; people who were let in are not meant. */
  readonly welcomes: (address: Address, author: string) => boolean
}

type Parts = {
  /** As it was at the start: tokens and transport. */
  readonly config: SlackConfig
  /** As it is now: whom and what to answer. */
  readonly settings: () => SlackConfig
  readonly connections: Connections
  readonly viaProxy: boolean
  readonly store: Pick<Store, 'write'> & {
    readonly read: {
      readonly installations: Reads['installations']
      readonly inbox: Pick<Reads['inbox'], 'under'>
      readonly outbox: Pick<Reads['outbox'], 'hasAnswered' | 'hasOpen' | 'hasTold' | 'saying'>
      readonly runs: Pick<Reads['runs'], 'cutShort'>
    }
  }
  /** The commands, once they are made. */
  readonly commands: () => {
    readonly table: Pick<CommandTable, 'find'>
    readonly homeOf: ReturnType<typeof createHome>
    readonly formOf: FormReader
  }
  readonly language: () => Language | 'auto'
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly random: () => number
  readonly log: Log
}

/** Slack takes 13,200 characters in the blocks of a message; what is longer is split before. */
const maxChars = 12_000
/** One message a second in each channel (docs.slack.dev/apis/web-api/rate-limits). */
const paceMs = 1_000
const mostRemembered = 2_000

/** Connects the parts of Slack: what arrives goes in through `inbound`, what is posted goes out through `sender`. */
export function createSlack(parts: Parts): Slack {
  const { config, settings, connections, store, now, sleep, random, log } = parts
  const { apiUrl, botToken, appToken, signingSecret } = config
  const { fetch } = connections
  const ended = new AbortController()
  const { signal } = ended
  const startedAtMs = now()
  const wire = { apiUrl, fetch, sleep }

  const plainCall = createCaller(wire)
  const call: Caller = async (method, args, options) => {
    const answer = await plainCall(method, args, options)
    // What we broke off ourselves says nothing of Slack.
    if (!options.signal.aborted && !signal.aborted) presence.note(answer)
    return answer
  }
  const oauth =
    config.oauth === undefined
      ? undefined
      : createOAuth({
          config: { ...config.oauth, apiUrl },
          rows: installationRows(store, now),
          fetch,
          now,
          log,
        })
  const installations = createInstallations({ botToken, call: plainCall, oauth })
  const api = createApi(
    call,
    async (account, until) => (await installations.of(account, until)).botToken,
    createRespond(wire),
  )
  const directory = createDirectory({ api, now, sleep, signal, log })
  const presence = createPresence({
    learn: installations.learn,
    onKnown: () => installations.accounts().forEach(directory.refresh),
    lacking: installations.lacking,
    signal,
    now,
    sleep,
    log,
  })
  const taken = (account: string, beginning: string): ReturnType<Reads['inbox']['under']> =>
    store.read.inbox.under('slack', account, beginning)
  const targets = createTargets({ installations, directory, presence, taken, sleep, signal })

  let intake: { readonly receive: Receive; readonly revise: Revise } | undefined
  const open = (): NonNullable<typeof intake> => {
    if (intake === undefined || signal.aborted) throw new FaultError('overloaded', 'Slack is not started')
    return intake
  }
  const messages = new QuickLRU<string, Message>({ maxSize: mostRemembered })
  const urls = new QuickLRU<string, string>({ maxSize: mostRemembered })
  const messageOf = (id: string): Message | undefined => messages.get(id)
  const drafts = createDrafts({
    api,
    urls: { of: (id) => urls.get(id) },
    draftText,
    escape: escapeText,
    messageOf,
    startedAtMs,
    hasOpen: store.read.outbox.hasOpen,
    cutShort: store.read.runs.cutShort,
    now,
    sleep,
    log,
  })
  const receive: Receive = async (message) => {
    const { receive: take } = open()
    messages.set(message.id, message)
    const taken = await take(message)
    if (taken === 'accepted') drafts.begin(message.id, message.address)
    return taken
  }
  const revise: Revise = async (revision) => {
    await open().revise(revision)
    if (revision.text !== null) return
    // What stood there goes as soon as Slack lets it; the deletion is taken in by now.
    sender.drop(revision)
  }

  const { commands } = parts
  const isCommand = (word: string): boolean => commands().table.find(word) !== undefined
  const locale = createLocale(api)
  const desk = createDesk({
    ...parts,
    api,
    receive,
    homeOf: (...about) => commands().homeOf(...about),
    formOf: {
      fill: (...about) => commands().formOf.fill(...about),
      tell: (order, about) => {
        const told = commands().formOf.tell(order, about)
        return { ...told, words: targets.withNames(told.words, about.address.account) }
      },
    },
    asTyped: (text) => asTyped(text, isCommand),
    languageOf: (incoming) => {
      const language = parts.language()
      return language === 'auto' ? locale(incoming) : language
    },
    signal,
  })
  const inbound = createInbound({
    ...parts,
    isCommand,
    ...store.read.outbox,
    taken,
    receive,
    revise,
    directory,
    urls: { remember: (id, url) => void urls.set(id, url) },
    desk,
    onGone: async (account) => {
      log.warn({ account }, 'Slack says that Moltbot was removed from a workspace')
      await installations.forget(account)
      presence.ask()
    },
  })
  const bolt = createBolt({ installations, inbound, log })
  const onRateLimited = presence.rateLimited
  const sockets =
    appToken === undefined
      ? undefined
      : createSocketLinks({
          open: () => plainCall('apps.connections.open', {}, { token: appToken, signal }),
          dispatch: bolt.dispatch,
          known: presence.known,
          onRateLimited,
          viaProxy: parts.viaProxy,
          now,
          sleep,
          random,
          log,
        })
  const signed =
    signingSecret === undefined
      ? undefined
      : createSignedRoute({ signingSecret, dispatch: bolt.dispatch, onRateLimited, now, log })
  const sender = createSender({
    api,
    installations,
    drafts,
    urls: { of: (id) => urls.get(id) },
    format: { render: renderMarkdown, streamedText, escape: escapeText },
    fetch,
    messageOf,
    startedAtMs,
    now,
    sleep,
    signal,
    log,
  })

  const split = (reply: Reply, { account, aside }: Address): readonly Reply[] => {
    const language = parts.language()
    const own = shownText(reply, isCommand)
    const text = reply.from === undefined ? targets.withNames(own, account) : own
    return splitReply({ ...reply, text }, language === 'auto' ? mainLanguage(text) : language, aside)
  }
  const stop = async (): Promise<void> => {
    await sockets?.stop()
    ended.abort()
    await drafts.stop()
    await connections.close()
  }
  let stopping: Promise<void> | undefined

  return {
    name: 'slack',
    maxChars,
    paceMs,
    afterCut: { graceMs: lagMs, find: sender.find },
    split,
    routes: [
      ...(signed === undefined ? [] : [signed]),
      ...(oauth === undefined
        ? []
        : [slackPaths.install, slackPaths.redirect].map((path) => ({ path, handle: oauth.handle }))),
    ],
    welcomes: ({ adapter, channel, shared }, author) => {
      const { people, channels, bots } = settings()
      const rule = channels.get(channel)?.people ?? people
      return adapter === 'slack' && shared === true && (rule === 'everyone' || bots.includes(author))
    },
    start: async (to, change) => {
      intake = { receive: to, revise: change }
      presence.ask()
      void presence.known.then(drafts.clear)
      sockets?.start()
      await bolt.load()
    },
    stop: () => (stopping ??= stop()),
    send: sender.send,
    show: drafts.show,
    readFile: createFiles({ ...store.read.outbox, api, installations, directory, taken, fetch, apiUrl }),
    resolve: targets.resolve,
    settled: targets.settled,
    isIn: targets.isIn,
    nameOf: targets.nameOf,
    direct: (account, author) => slackAddress(account, userOf(author)),
    trouble: () => presence.trouble() ?? sockets?.state().trouble,
    remark: installations.lacking,
    describe: () => {
      const way = sockets === undefined ? 'HTTP' : 'Socket Mode'
      return `slack (${[way, ...installations.accounts().slice(0, 5)].join(', ')})`
    },
  }
}
