import { asSeen } from './as-seen.ts'
import { createDelivery, type Outcome } from './delivery.ts'
import { createEvents, type App, type Bot, type Emit } from './events.ts'
import { createFaults, type Fault } from './faults.ts'
import { createFiles, type StoredFile } from './files.ts'
import { createInteractions, type Interactions } from './interactions.ts'
import { createMemory } from './memory.ts'
import { createMethods } from './methods.ts'
import { createPeople, type People } from './people.ts'
import { createResponses } from './responses.ts'
import { usualScopes } from './scopes.ts'
import { createSlackServer } from './server.ts'
import { createSigned } from './signed.ts'
import { createSockets } from './sockets.ts'
import { createStatuses, type Status } from './statuses.ts'
import { createStreams } from './streams.ts'
import { createTriggers, createViews } from './views.ts'
import { createWebApi, type Call } from './web-api.ts'
import type { Data } from './wire.ts'
import type { Kind, Message, Workspace } from './workspace.ts'

/** A message as it lies in a channel; `asSeen` is what a person reads of it. */
export type StoredMessage = Message & { readonly streaming: boolean; readonly asSeen: string }

export type SlackDoubleOptions = {
  readonly port?: number
  /** What holds the messages: our own memory, or `emulate`, which others wrote. */
  readonly state?: 'memory' | 'emulate'
  readonly scopes?: readonly string[]
  /** The least time between two posts to a channel; Slack's is 1,000. Default: no such rule. */
  readonly ratePerChannelMs?: number
  /** So long an app may take to acknowledge. Default: Slack's 3 s. */
  readonly ackMs?: number
  readonly pingMs?: number
  /** So long a socket lives after it was asked to connect anew. */
  readonly lingerMs?: number
  readonly now?: () => number
}

/** Slack, on a loopback port: it refuses what Slack refuses, and tells the app what happens as Slack does. */
export type SlackDouble = AsyncDisposable &
  People &
  Interactions & {
    /** Ends in `/`. */
    readonly apiUrl: string
    readonly team: string
    readonly appId: string
    readonly appToken: string
    readonly signingSecret: string
    readonly bot: Bot
    /** Installs the app in another workspace; who wants it in a channel lets its user join there. */
    readonly install: (team: string) => Bot
    /** Makes a person of this team, or of another one that shares channels; returns the id. */
    readonly user: (name: string, more?: { readonly team?: string; readonly isBot?: boolean }) => string
    /** Makes a channel in which the app is a member. */
    readonly channel: (name: string, kind?: Exclude<Kind, 'dm'>) => string
    readonly dm: (user: string) => string
    readonly archive: (channel: string) => void
    readonly remove: (channel: string) => void
    /** The app is no longer a member. */
    readonly expel: (channel: string) => void
    /** Where events go: a URL of the app, or the sockets that are open. */
    readonly eventsUrl: (url: string | undefined) => void
    readonly emit: (event: Data, how?: Emit) => Promise<Outcome>
    /** Oldest first. */
    readonly messages: (channel: string) => readonly StoredMessage[]
    readonly ephemerals: (channel: string, user: string) => readonly StoredMessage[]
    /** The view that a person's home shows last. */
    readonly home: (user: string) => unknown
    readonly views: () => readonly { readonly id: string; readonly hash: string; readonly view: unknown }[]
    readonly statuses: (channel: string, thread: string) => Status
    readonly files: () => readonly StoredFile[]
    /** Sends downloads to another host from now on. */
    readonly redirectFilesTo: (url: string | undefined) => void
    readonly calls: (method?: string) => readonly Call[]
    readonly fault: (fault: Fault) => void
    readonly historyLagMs: (ms: number) => void
    /** Lets so much of Slack's time pass: for triggers, response URLs and streams. */
    readonly pass: (ms: number) => void
    readonly scopes: (scopes: readonly string[]) => void
    readonly refresh: (reason?: 'refresh_requested' | 'warning') => void
    readonly dropSockets: () => void
    readonly rateLimitApp: () => Promise<void>
    readonly sockets: () => number
    readonly redeliverMs: (delaysMs: readonly number[]) => void
    /** The API is gone, with every connection, until it appears again on the same port. */
    readonly vanish: () => Promise<void>
    readonly appear: () => Promise<void>
  }

export async function createSlackDouble(options: SlackDoubleOptions = {}): Promise<SlackDouble> {
  const clock = options.now ?? Date.now
  let passedMs = 0
  let lagMs = 0
  let scopes = options.scopes ?? usualScopes
  let redirectedTo: string | undefined
  const now = (): number => clock() + passedMs
  const app: App = {
    appId: 'A0M0DOUBLE',
    appToken: 'xapp-1-A0M0DOUBLE-1-double',
    signingSecret: '0123456789abcdef0123456789abcdef',
    verificationToken: 'double-verification',
  }
  const ackMs = options.ackMs ?? 3_000
  const sockets = createSockets({
    appId: app.appId,
    ackMs,
    pingMs: options.pingMs ?? 10_000,
    lingerMs: options.lingerMs ?? 100,
  })
  const signed = createSigned({
    secret: app.signingSecret,
    verificationToken: app.verificationToken,
    ackMs,
    now,
  })
  const delivery = createDelivery((parcel, retry) => (signed.isOn() ? signed : sockets).route(parcel, retry))
  const bots: Bot[] = []
  const events = createEvents({ app, bots: () => bots, workspace: () => workspace, send: delivery.send, now })
  const parts = { appId: app.appId, now, onEvent: events.occurred }
  const workspace: Workspace =
    options.state === 'emulate'
      ? await (await import('./emulate.ts')).createEmulate(parts)
      : createMemory(parts)
  const install = (team: string): Bot => {
    const botId = `B0M0DOUBLE${bots.length || ''}`
    const { id } = workspace.addPerson({ name: 'moltbot', team, botId })
    const made: Bot = { team, userId: id, botId, token: `xoxb-double-${team}` }
    bots.push(made)
    return made
  }
  const bot = install(workspace.team)

  const around = { workspace: () => workspace, origin: () => server.origin(), appId: app.appId, now }
  const statuses = createStatuses(around.workspace)
  const streams = createStreams({ ...around, setSession: statuses.setSession })
  const triggers = createTriggers(now)
  const views = createViews(around.workspace, triggers)
  const files = createFiles(around)
  const responses = createResponses(around)
  const faults = createFaults()
  const methods = createMethods({
    ...around,
    lagMs: () => lagMs,
    answered: statuses.answered,
    streams,
  })
  const webApi = createWebApi({
    methods: { ...methods, ...streams.methods, ...statuses.methods, ...views.methods, ...files.methods },
    appMethods: {
      'apps.connections.open': () => ({ url: `${server.origin().replace('http', 'ws')}${sockets.ticket()}` }),
    },
    app,
    bots: () => bots,
    scopes: () => scopes,
    place: workspace.place,
    faults,
    ratePerChannelMs: options.ratePerChannelMs ?? 0,
    now,
  })
  const server = createSlackServer({
    webApi,
    files,
    responses,
    isToken: (token) => bots.some((one) => one.token === token),
    redirectFilesTo: () => redirectedTo,
    upgrade: sockets.upgrade,
  })
  await server.listen(options.port ?? 0)
  const people = createPeople({ workspace, events, files, streams, statuses, views, bot, now })
  const interactions = createInteractions({
    workspace,
    app,
    bot,
    delivery,
    responses,
    triggers,
    views,
    join: people.join,
    now,
  })
  const stored =
    (channel: string) =>
    (message: Message): StoredMessage => {
      const state = streams.stateOf(channel, message.ts)
      return { ...message, streaming: state === 'open', asSeen: asSeen(message, state !== undefined) }
    }
  return {
    ...people,
    ...interactions,
    apiUrl: `${server.origin()}/api/`,
    team: workspace.team,
    appId: app.appId,
    appToken: app.appToken,
    signingSecret: app.signingSecret,
    bot,
    install,
    user: (name, { team = workspace.team, isBot = false } = {}) =>
      workspace.addPerson({ name, team, ...(isBot ? { botId: `B0${name.toUpperCase()}` } : {}) }).id,
    channel: (name, kind = 'public') => workspace.addPlace({ name, kind, members: [bot.userId] }).id,
    dm: (user) => workspace.direct(bot.userId, user).id,
    archive: (channel) => workspace.alter(channel, { isArchived: true }),
    remove: workspace.drop,
    expel: (channel) => {
      const members = workspace.place(channel)?.members ?? []
      workspace.alter(channel, { members: members.filter((id) => id !== bot.userId) })
    },
    eventsUrl: signed.to,
    emit: events.emit,
    messages: (channel) => workspace.messages(channel).map(stored(channel)),
    ephemerals: (channel, user) => workspace.whispers(channel, user).map(stored(channel)),
    home: (user) => views.all().find(({ homeOf }) => homeOf === user)?.view,
    views: () => views.all().map(({ id, hash, view }) => ({ id, hash, view })),
    statuses: statuses.of,
    files: files.all,
    redirectFilesTo: (url) => void (redirectedTo = url),
    calls: (method) => webApi.calls().filter((call) => method === undefined || call.method === method),
    fault: faults.add,
    historyLagMs: (ms) => void (lagMs = ms),
    pass: (ms) => void (passedMs += ms),
    scopes: (next) => void (scopes = next),
    refresh: sockets.refresh,
    dropSockets: sockets.drop,
    rateLimitApp: async () => {
      const minute = Math.floor(now() / 60_000) * 60
      const payload = {
        type: 'app_rate_limited',
        token: app.verificationToken,
        team_id: bot.team,
        minute_rate_limited: minute,
        api_app_id: app.appId,
      }
      await delivery.send({ type: 'events_api', payload })
    },
    sockets: sockets.count,
    redeliverMs: delivery.redeliverMs,
    vanish: async () => {
      sockets.drop()
      await server.close()
    },
    appear: async () => void (await server.listen(0)),
    [Symbol.asyncDispose]: async () => {
      delivery.stop()
      signed.close()
      sockets.close()
      await server.close()
      await workspace[Symbol.asyncDispose]()
    },
  }
}
