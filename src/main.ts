import packageJson from '../package.json' with { type: 'json' }
import { randomUUID } from 'node:crypto'
import { sleep } from './abort.ts'
import type { Adapter, Sign } from './adapter.ts'
import type { Asked } from './adapters/asks.ts'
import { openControl } from './adapters/http/control.ts'
import { createPlatforms, localAdapters } from './adapters/platforms.ts'
import { createAssistant, type Assistant } from './assistant.ts'
import { readAttachments } from './attachments.ts'
import { moltbotCommand } from './cli/command-text.ts'
import { createCommands } from './commands/commands.ts'
import type { Config } from './config.ts'
import { createLiveConfig, type ConfigSource, type Loaded } from './config/live.ts'
import { faultOf } from './errors.ts'
import { createHealth, type Status } from './health.ts'
import { createInbox } from './inbox.ts'
import { createLanes } from './lanes.ts'
import { createLife, type Life } from './life.ts'
import { createLog, type Log } from './log.ts'
import { createMetrics } from './metrics.ts'
import { createBuiltin } from './models/builtin/builtin.ts'
import { createReader } from './models/builtin/reader.ts'
import { shorten } from './models/builtin/summary.ts'
import { createModels } from './models/models.ts'
import { createNotices } from './notices.ts'
import { createOutbox } from './outbox.ts'
import { randomCode } from './pairing.ts'
import { createPeople } from './people.ts'
import { createPlaces } from './places.ts'
import { createFeed } from './sources/feed.ts'
import { createFile } from './sources/file.ts'
import { createFileToText } from './sources/file-text.ts'
import { createOutside } from './sources/outside.ts'
import { createParse, createReadPdf } from './sources/parsing.ts'
import { createSources } from './sources/sources.ts'
import { createBackups } from './store/backup.ts'
import { openStore } from './store/store.ts'
import { createRunner } from './tasks/runner.ts'
import { startTick } from './tasks/tick.ts'
import { systemZone } from './tasks/wall-time.ts'
import { time } from './tasks/time.ts'
import { createUpkeep } from './upkeep.ts'

/** A Moltbot with all its parts connected. */
export type Moltbot = Life & {
  /** Says a line as the person at the terminal, and resolves with the reply. */
  readonly ask: (text: string, signal: AbortSignal, onSign?: (sign: Sign) => void) => Promise<Asked>
  /** Prints a line above what is being typed. */
  readonly print: (text: string) => void
  readonly status: () => Status
}

export type Surroundings = {
  readonly loaded: Loaded
  /** Where the config came from; watched for changes while Moltbot serves. */
  readonly source: ConfigSource
  /** True for the Moltbot that keeps running; false for a command line that does one thing and ends. */
  readonly serves: boolean
  /** The lines of a person; read only by a Moltbot that serves. */
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
  readonly writeLog: (line: string) => void
  /** Called when the person closes the terminal's input. */
  readonly onEnd: () => void
  /** More platforms than those of the config. */
  readonly platforms?: (parts: { readonly now: () => number; readonly log: Log }) => readonly Adapter[]
}

/** So many conversations are answered at the same time. */
const mostAnswersAtOnce = 64

const now = Date.now
const world = { now, sleep, random: Math.random } as const

/** Builds every part from the config and connects them. Throws a StoreError if the data folder cannot be used. */
export async function createMoltbot({
  loaded,
  source,
  serves,
  input,
  output,
  writeLog,
  onEnd,
  platforms = () => [],
}: Surroundings): Promise<Moltbot> {
  const config = createLiveConfig(loaded, source)
  const { data, log: logging } = loaded.config
  const log = createLog(logging.level, config.secrets, writeLog)
  const store = await openStore(data)
  const ended = new AbortController()

  let machineZone: string | undefined
  const zone = (): string => config.now().timezone ?? (machineZone ??= systemZone())
  const propose = createReader(time.findWhen)
  const builtin = createBuiltin({ propose, now, zone })
  const metrics = createMetrics((error) =>
    log.error({ fault: faultOf(error), err: error }, 'a call is missing in the metrics'),
  )
  const viaProxy = process.env['NODE_USE_ENV_PROXY'] === '1' // as Node's own fetch does
  const models = createModels({
    builtin,
    store,
    settings: config.now,
    zone,
    ...world,
    viaProxy,
    metrics,
    log,
    onCap: (notice) => notices.tellOfCap(notice),
    onKey: (...about) => notices.tellOfKey(...about),
  })
  await models.settleLeft()
  models.use(config.now())

  const sources = createSources(sourcesOf())
  const fileToText = createFileToText({ readPdf: createReadPdf() })
  const { terminal, slack, adapters } = await createPlatforms({
    config: loaded.config,
    live: config.now,
    serves,
    input,
    output,
    onEnd,
    viaProxy,
    store,
    readiness: () => health.readiness(),
    metrics: metrics.expose,
    progressOf: (id) => runner.progressOf(id),
    commands: () => commands,
    more: platforms({ now, log }),
    ...world,
    log,
  })
  const others = adapters.map(({ name }) => name).filter((name) => !localAdapters.has(name))
  const people = createPeople({
    local: localAdapters,
    read: store.read.people,
    isOpen: (address, author) => slack?.welcomes(address, author) ?? false,
    now,
    newCode: randomCode,
    program: moltbotCommand(process.env),
  })
  const places = createPlaces({ adapters, roleAt: people.roleAt })

  const health = createHealth({
    version: packageJson.version,
    store,
    adapters,
    models: () => models.list()[0]?.models ?? [],
    remarks: () => [...notices.remarks(), ...upkeep.remarks()],
    now,
  })

  const commands = createCommands({
    read: store.read,
    readSource: sources.read,
    modelFor: models.modelFor,
    models: { routes: models.list, models: models.models, scores: models.scores },
    ledger: models.ledger,
    time: { ...time, propose },
    shorten,
    resolve: places.resolve,
    nameOf: places.nameOf,
    people: { platforms: others, directTo: places.directTo, roleAt: people.roleAt },
    zone,
    now,
    settings: config.now,
    stop: { stopAnswers: (lane) => lanes.stop(lane), stopRuns: (lane) => runner.stopRuns(lane) },
    status: health.status,
    shareOf: (...about) => assistant.promptFor(...about).share,
  })
  const { table } = commands
  const assistant: Assistant = createAssistant({
    table,
    people,
    directTo: places.directTo,
    places,
    read: store.read,
    modelFor: models.modelFor,
    attach: ({ address }, files, route, signal) =>
      readAttachments(files, {
        readFile: (file, until) => places.readFile(file, address, until),
        toText: fileToText,
        takesImages: seesImages(config.now(), route ?? 'default'),
        mostChars: config.now().conversation.maxMessageChars,
        signal,
      }),
    shorten,
    restate: commands.restate,
    limits: () => config.now().conversation,
    zone,
    language: () => config.now().language,
    now,
    log,
  })

  const lanes = createLanes(mostAnswersAtOnce)
  const opened = Promise.withResolvers<void>()
  const outbox = createOutbox({
    store,
    adapters,
    opened: opened.promise,
    ...world,
    signal: ended.signal,
    maxAgeMs: () => config.now().posts.maxAgeMs,
    onFailed: (post, failure) => notices.aboutPost(post, failure),
    log,
  })
  const notices = createNotices({
    deliver: outbox.deliver,
    to: () => config.now().notices.to,
    placeOf: places.named,
    directTo: places.directTo,
    nameOf: places.nameOf,
    read: store.read,
    pauseAfter: () => config.now().tasks.pauseAfter,
    language: () => config.now().language,
    formatTime: (ms, language) => time.formatTime(ms, zone(), language),
    now,
    log,
  })
  const inbox = createInbox({
    store,
    lanes,
    answer: assistant.answer,
    deliver: async (drafts, writes) => {
      if (writes.some(([name]) => name === 'tasks.change' || name === 'tasks.edit')) await runner.catchUp()
      await outbox.deliver(drafts, writes)
      if (serves && writes.some(([name]) => /^(?:tasks|runs)\./u.test(name))) runner.wake()
    },
    adapters,
    table,
    mostChars: () => config.now().conversation.maxMessageChars,
    now,
    sleep,
    log,
  })
  const runner = createRunner({
    store,
    perform: (task, run, about) => {
      const { address, language, zone: taskZone, person, id } = task
      const when = { nowMs: now(), zone: taskZone, dueMs: run.dueMs }
      return assistant.perform(task, person, { address, language, ...when, task: id, run: run.id, ...about })
    },
    deliver: outbox.deliver,
    ...world,
    newToken: randomUUID,
    tick: (onTick) => startTick(onTick),
    limits: () => config.now().tasks,
    // Who reads along in a channel did not ask how it comes along.
    show: ({ address }, { id, isOrdered }, sign) =>
      isOrdered || address.shared !== true ? places.show(`run/${id}`, address, sign) : undefined,
    news: notices.aboutTask,
    log,
  })

  const upkeep = createUpkeep({
    store,
    settings: config.now,
    backups: createBackups(store.folder, now),
    now,
    sleep,
    log,
  })
  const life = createLife({
    store,
    inbox,
    outbox,
    runner,
    upkeep,
    adapters,
    terminal,
    serves,
    openControl: () => openControl(store.folder.socket, terminal),
    watchConfig: () => config.follow(log, models.use),
    open: opened.resolve,
    end: () => ended.abort(),
    sleep,
    log,
  })
  const stop: Life['stop'] = async (mostMs) => {
    await life.stop(mostMs)
    await models.close()
  }
  return { ...life, stop, ask: terminal.ask, print: terminal.print, status: health.status }
}

function sourcesOf(): Parameters<typeof createSources>[0] {
  const parse = createParse()
  return [createFeed({ fetch: createOutside().fetch, parse }), createFile({ parse })]
}

/** True if a model of the route, or the model of that name, can see pictures. */
function seesImages({ models, routes }: Config, route: string): boolean {
  return (routes.get(route)?.models ?? [route]).some((name) => models.get(name)?.images === true)
}
