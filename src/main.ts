import packageJson from '../package.json' with { type: 'json' }
import { setTimeout as sleepFor } from 'node:timers/promises'
import type { Adapter, Sign } from './adapter.ts'
import type { Asked } from './adapters/asks.ts'
import { openControl } from './adapters/http/control.ts'
import { createHttp } from './adapters/http/http.ts'
import { createTerminal } from './adapters/terminal.ts'
import { createAssistant, type Assistant } from './assistant.ts'
import { createCommandTable, type AnyCommand, type CommandTable } from './command.ts'
import { createContext } from './commands/context.ts'
import { createDigest } from './commands/digest.ts'
import { createHelp } from './commands/help.ts'
import { createModelCommand } from './commands/model.ts'
import { createNew } from './commands/new.ts'
import { createRemind } from './commands/remind.ts'
import { createStatus } from './commands/status.ts'
import { createStop } from './commands/stop.ts'
import { createTasks } from './commands/tasks.ts'
import { createUsage } from './commands/usage.ts'
import { createLiveConfig, type ConfigSource, type Loaded } from './config/live.ts'
import { faultOf } from './errors.ts'
import { createHealth, type Status } from './health.ts'
import { createInbox } from './inbox.ts'
import { createLanes } from './lanes.ts'
import { createLife, type Life } from './life.ts'
import { createLog } from './log.ts'
import { createMetrics } from './metrics.ts'
import type { Address } from './message.ts'
import { createBuiltin } from './models/builtin/builtin.ts'
import { createReader } from './models/builtin/reader.ts'
import { shorten } from './models/builtin/summary.ts'
import { createModels } from './models/models.ts'
import { createNotices } from './notices.ts'
import { createOutbox } from './outbox.ts'
import { createPeople } from './people.ts'
import { createFeed } from './sources/feed.ts'
import { createFile } from './sources/file.ts'
import { createOutside } from './sources/outside.ts'
import { createParse } from './sources/parsing.ts'
import { createSources } from './sources/sources.ts'
import { openStore } from './store/store.ts'
import { formatTime, restate } from './tasks/restate.ts'
import { createRunner } from './tasks/runner.ts'
import { nextDue, validSchedule } from './tasks/schedule.ts'
import { startTick } from './tasks/tick.ts'
import { systemZone } from './tasks/wall-time.ts'
import { findWhen, readWhen } from './tasks/when/when.ts'
import { wordsOf } from './words.ts'

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
}

/** So many conversations are answered, and so many tasks run, at the same time. */
const mostAnswersAtOnce = 64
const mostRunsAtOnce = 4
const runTimeoutMs = 10 * 60_000

const now = Date.now
const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  sleepFor(ms, undefined, { signal, ref: false })

/** Builds every part from the config and connects them. Throws a StoreError if the data folder cannot be used. */
export async function createMoltbot({
  loaded,
  source,
  serves,
  input,
  output,
  writeLog,
  onEnd,
}: Surroundings): Promise<Moltbot> {
  const config = createLiveConfig(loaded, source)
  const { data, http: listening, log: logging } = loaded.config
  const log = createLog(logging.level, config.secrets, writeLog)
  const store = await openStore(data)
  const ended = new AbortController()

  let machineZone: string | undefined
  const zone = (): string => config.now().timezone ?? (machineZone ??= systemZone())
  const propose = createReader(findWhen)
  const builtin = createBuiltin({
    propose,
    now,
    zone,
    whoIAm: (language) => wordsOf(language).builtin.whoIAm,
  })
  const metrics = createMetrics((error) =>
    log.error({ fault: faultOf(error), err: error }, 'a call is missing in the metrics'),
  )
  const models = createModels({
    builtin,
    store,
    settings: config.now,
    zone,
    now,
    sleep,
    random: Math.random,
    viaProxy: process.env['NODE_USE_ENV_PROXY'] === '1', // as Node's own fetch does
    metrics,
    log,
    onCap: (notice) => notices.tellOfCap(notice),
    onKey: (...about) => notices.tellOfKey(...about),
  })
  await models.settleLeft()
  models.use(config.now())

  const sources = createSources(sourcesOf())
  const terminal = createTerminal({ input, output, isRead: serves, onEnd, now })
  const http = createHttp({
    ...listening,
    allowedHosts: () => listening.allowedHosts,
    readiness: () => health.readiness(),
    metrics: metrics.expose,
    answersTo: store.read.outbox.answersTo,
    held: store.read.outbox.held,
    settle: (id) => store.write('outbox.settle', id, { kind: 'sent' }, now()),
    now,
    sleep,
    log,
  })
  const adapters: readonly Adapter[] = listening.enabled && serves ? [terminal, http] : [terminal]
  const placeOf = (target: string): Address | undefined =>
    adapters.map((one) => one.resolve(target)).find(Boolean)
  const resolve = (target: string, from: Address): Address | undefined =>
    target === 'here' || target === '这里' ? from : placeOf(target)

  const health = createHealth({
    version: packageJson.version,
    store,
    adapters,
    models: () => models.list()[0]?.models ?? [],
    httpTrouble: () => (adapters.includes(http) && http.port() === undefined ? http.describe() : undefined),
    remarks: () => notices.remarks(),
    now,
  })

  const routeOf = (conversation: string): string | null => store.read.conversations.get(conversation).route
  let lastTaskId = store.read.tasks.lastId()
  const tasks = createTasks({
    read: store.read.tasks,
    newId: () => ++lastTaskId,
    readCall: (name, args) => table.readCall(name, args),
    readWhen,
    propose,
    resolve,
    restate,
    nextDue,
    validSchedule,
    formatTime,
  })
  const commands: readonly AnyCommand[] = [
    createHelp(() => table.all),
    createDigest({
      read: sources.read,
      seen: store.read.seen.has,
      modelFor: (conversation) => models.modelFor(routeOf(conversation)),
      shorten,
      resolve,
      mostItems: () => config.now().digest.maxItems,
    }),
    createRemind({ findWhen }),
    tasks.command,
    createModelCommand({
      routes: models.list,
      models: models.models,
      scores: models.scores,
      lastCall: store.read.calls.lastOf,
      chosen: routeOf,
    }),
    createUsage({
      read: store.read.calls,
      ...models.ledger,
      caps: () => config.now().caps,
      formatTime,
    }),
    createNew(),
    createStop({ stopAnswers: (lane) => lanes.stop(lane), stopRuns: (lane) => runner.stopRuns(lane) }),
    createStatus(health.status),
    createContext({ shareOf: (...about) => assistant.promptFor(...about).share }),
  ]
  const table: CommandTable = createCommandTable(commands)
  const assistant: Assistant = createAssistant({
    table,
    people: createPeople(new Set(['terminal', 'http'])),
    read: store.read,
    modelFor: models.modelFor,
    shorten,
    restate: tasks.restate,
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
    now,
    sleep,
    signal: ended.signal,
    log,
  })
  const notices = createNotices({
    deliver: outbox.deliver,
    to: () => config.now().notices.to,
    placeOf,
    language: () => config.now().language,
    formatTime: (ms, language) => formatTime(ms, zone(), language),
    now,
    log,
  })
  const inbox = createInbox({
    store,
    lanes,
    answer: assistant.answer,
    deliver: async (drafts, writes) => {
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
    perform: (task, dueMs, signal) => {
      const { address, language, zone: taskZone, person, id } = task
      return assistant.perform(task, person, {
        address,
        language,
        nowMs: now(),
        zone: taskZone,
        dueMs,
        task: id,
        signal,
      })
    },
    deliver: outbox.deliver,
    now,
    sleep,
    tick: (onTick) => startTick(onTick),
    log,
    mostAtOnce: mostRunsAtOnce,
    timeoutMs: runTimeoutMs,
  })

  const life = createLife({
    store,
    inbox,
    outbox,
    runner,
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
