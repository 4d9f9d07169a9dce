import packageJson from '../package.json' with { type: 'json' }
import { setTimeout as sleepFor } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
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
import type { Config } from './config.ts'
import { watchConfig } from './config/watch.ts'
import { createHealth, type Status } from './health.ts'
import { createInbox } from './inbox.ts'
import { createLanes } from './lanes.ts'
import { createLife, type Life } from './life.ts'
import { createLog } from './log.ts'
import type { Address } from './message.ts'
import { createBuiltin } from './models/builtin/builtin.ts'
import { createReader } from './models/builtin/reader.ts'
import { shorten } from './models/builtin/summary.ts'
import { createRoutes } from './models/routes.ts'
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

/** A checked config.yaml and the secrets that it brought along. */
export type Loaded = { readonly config: Config; readonly secrets: readonly string[] }

export type Surroundings = {
  readonly loaded: Loaded
  /** Where the config came from; watched for changes while Moltbot serves. */
  readonly source: { readonly file: string; readonly text: string; readonly load: (text: string) => Loaded }
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
  let { config, secrets } = loaded
  const log = createLog(config.log.level, () => secrets, writeLog)
  const store = await openStore(config.data)
  const ended = new AbortController()

  let machineZone: string | undefined
  const zone = (): string => config.timezone ?? (machineZone ??= systemZone())
  const propose = createReader(findWhen)
  const builtin = createBuiltin({
    propose,
    now,
    zone,
    whoIAm: (language) => wordsOf(language).builtin.whoIAm,
  })
  const routes = createRoutes({ builtin, now, sleep, log })
  routes.use(config)

  const sources = createSources(sourcesOf())
  const terminal = createTerminal({ input, output, isRead: serves, onEnd, now })
  const http = createHttp({
    host: config.http.host,
    port: config.http.port,
    allowedHosts: () => loaded.config.http.allowedHosts,
    readiness: () => health.readiness(),
    answersTo: store.read.outbox.answersTo,
    held: store.read.outbox.held,
    settle: (id) => store.write('outbox.settle', id, { kind: 'sent' }, now()),
    now,
    sleep,
    log,
  })
  const adapters: readonly Adapter[] = config.http.enabled && serves ? [terminal, http] : [terminal]
  const resolve = (target: string, from: Address): Address | undefined =>
    target === 'here' || target === '这里' ? from : adapters.map((one) => one.resolve(target)).find(Boolean)

  const health = createHealth({
    version: packageJson.version,
    store,
    adapters,
    models: () => routes.list()[0]?.models ?? [],
    httpTrouble: () => (adapters.includes(http) && http.port() === undefined ? http.describe() : undefined),
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
      modelFor: (conversation) => routes.modelFor(routeOf(conversation)),
      shorten,
      resolve,
      mostItems: () => config.digest.maxItems,
    }),
    createRemind({ findWhen }),
    tasks.command,
    createModelCommand({ routes: routes.list, chosen: routeOf }),
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
    modelFor: routes.modelFor,
    shorten,
    restate: tasks.restate,
    limits: () => config.conversation,
    zone,
    language: () => config.language,
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
    mostChars: () => config.conversation.maxMessageChars,
    now,
    sleep,
    log,
  })
  const runner = createRunner({
    store,
    perform: (task, dueMs, signal) => {
      const { address, language, zone: taskZone, person } = task
      return assistant.perform(task, person, {
        address,
        language,
        nowMs: now(),
        zone: taskZone,
        dueMs,
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

  const followConfig = (): (() => void) =>
    watchConfig({
      ...source,
      onChange: (next: Loaded) => {
        routes.use(next.config)
        const fixed = ({ data, http: listening, log: logging }: Config): unknown => [data, listening, logging]
        const isAll = isDeepStrictEqual(fixed(loaded.config), fixed(next.config))
        config = next.config
        // Calls that are under way may still speak of the old ones.
        secrets = [...new Set([...secrets, ...next.secrets])]
        log.info(`config.yaml is in use${isAll ? '' : '; data, http and log stay until the next start'}`)
      },
      onRefused: (problems) => {
        const lines = problems.join('\n')
        log.error({ fault: 'bad-request' }, `config.yaml was not taken, the old settings stay:\n${lines}`)
      },
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
    watchConfig: followConfig,
    open: opened.resolve,
    end: () => ended.abort(),
    sleep,
    log,
  })
  return { ...life, ask: terminal.ask, print: terminal.print, status: health.status }
}

function sourcesOf(): Parameters<typeof createSources>[0] {
  const parse = createParse()
  return [createFeed({ fetch: createOutside().fetch, parse }), createFile({ parse })]
}
