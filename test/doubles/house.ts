import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { z } from 'zod'
import { createAssistant, type Assistant } from '../../src/assistant.ts'
import { command, createCommandTable, type AnyCommand } from '../../src/command.ts'
import { createNew } from '../../src/commands/new.ts'
import { createStop } from '../../src/commands/stop.ts'
import { createInbox, type Inbox } from '../../src/inbox.ts'
import { createLanes, type Lanes } from '../../src/lanes.ts'
import { createLog } from '../../src/log.ts'
import type { Model } from '../../src/model.ts'
import { createOutbox, type Outbox } from '../../src/outbox.ts'
import { randomCode } from '../../src/pairing.ts'
import { createPeople } from '../../src/people.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { temporaryFolder } from './folder.ts'
import { createPlatform, type Platform } from './platform.ts'

/** The life of a message, whole, on a real store: a scripted model on one side, a platform that remembers on the other. */
export type House = {
  readonly store: Store
  readonly platform: Platform
  readonly assistant: Assistant
  readonly inbox: Inbox
  readonly outbox: Outbox
  readonly lanes: Lanes
  readonly logged: string[]
  readonly ranSet: string[]
  /** The end of the process as far as rows can tell: the store is let go, nothing else is finished. */
  readonly crash: () => Promise<void>
}

export type HouseOptions = {
  readonly path?: string
  readonly model: Model
  readonly platform?: Platform
  readonly owners?: readonly string[]
  readonly nowMs?: () => number
  readonly historyTokens?: number
  readonly store?: Store
  readonly attach?: Parameters<typeof createAssistant>[0]['attach']
  readonly isOpen?: Parameters<typeof createPeople>[0]['isOpen']
  readonly directTo?: Parameters<typeof createAssistant>[0]['directTo']
  readonly settled?: () => Promise<void>
}

/**
 * Small commands beside /new and /stop: `look` only reads, `note` is a look that writes something down, `set <what>` changes
 * something.
 */
function smallCommands(ran: string[]): AnyCommand[] {
  const shape = {
    aliases: [],
    words: ['what'],
    schedulable: true,
    urgent: false,
    tool: true,
  } as const
  const summary = { en: 'a small command', zh: '小命令' }
  const args = z.object({ what: z.string() })
  return [
    command({
      ...shape,
      name: 'look',
      summary,
      usage: 'look <what>',
      args,
      tier: () => 'read',
      run: async ({ what }) => ({
        reply: { text: `looked at ${what}`, status: 'done' },
        ...(what === 'elsewhere' ? { to: { adapter: 'chat', account: 'home', channel: 'attic' } } : {}),
      }),
    }),
    command({
      ...shape,
      name: 'note',
      summary,
      usage: 'note <what>',
      tool: false,
      args,
      tier: () => 'read',
      run: async ({ what }, { nowMs }) => ({
        reply: { text: 'noted', status: 'done' },
        writes: [['seen.add', 'note', [what], nowMs]],
      }),
    }),
    command({
      ...shape,
      name: 'set',
      summary,
      usage: 'set <what>',
      args,
      tier: () => 'ask',
      run: async ({ what }, { nowMs, language }) => {
        ran.push(what)
        return {
          reply: { text: language === 'en' ? `set ${what}` : `set ${what} in ${language}`, status: 'done' },
          writes: [['seen.add', 'set', [what], nowMs]],
        }
      },
    }),
  ]
}

export async function openHouse(t: TestContext, options: HouseOptions): Promise<House> {
  const { model, platform = createPlatform('chat'), owners = ['chat'], nowMs = () => 1_000 } = options
  const store = options.store ?? (await openStore(options.path ?? temporaryFolder(t)))
  const logged: string[] = []
  const ranSet: string[] = []
  const log = createLog(
    'warn',
    () => [],
    (line) => logged.push(line),
  )
  /** Waits between tries are over at once; a limit of time on something else is never reached. */
  const never = (_: number, signal: AbortSignal): Promise<void> =>
    new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(new Error('woken')), { once: true }),
    )
  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    ms >= 5 * 60_000 ? never(ms, signal) : Promise.resolve()
  const lanes = createLanes(8)
  const table = createCommandTable([
    ...smallCommands(ranSet),
    createNew(),
    createStop({ stopAnswers: (lane) => lanes.stop(lane), stopRuns: () => 0 }),
  ])
  const assistant = createAssistant({
    table,
    people: createPeople({
      local: new Set(owners),
      read: store.read.people,
      isOpen: options.isOpen ?? (() => false),
      now: nowMs,
      newCode: randomCode,
    }),
    read: store.read,
    ...(options.directTo === undefined ? {} : { directTo: options.directTo }),
    places: { nameOf: ({ channel }) => channel, settled: options.settled ?? (async () => undefined) },
    modelFor: () => model,
    attach: options.attach ?? (() => assert.fail('no file is expected')),
    shorten: (text) => `gist of ${text.length} characters`,
    restate: ({ name, args, when }) => ({
      kind: 'action',
      words: `${name} ${when}`,
      action: { command: name, args },
    }),
    limits: () => ({
      historyTokens: options.historyTokens ?? 3_000,
      answerTokens: 500,
      maxMessageChars: 1_000,
    }),
    zone: () => 'UTC',
    language: () => 'auto',
    now: nowMs,
    log,
  })
  const outbox = createOutbox({
    store,
    adapters: [platform],
    opened: Promise.resolve(),
    now: nowMs,
    sleep,
    signal: new AbortController().signal,
    random: () => 0.5,
    maxAgeMs: () => Infinity,
    log,
  })
  const inbox = createInbox({
    store,
    lanes,
    answer: assistant.answer,
    deliver: outbox.deliver,
    adapters: [platform],
    table,
    mostChars: () => 1_000,
    now: nowMs,
    sleep: never,
    log,
  })
  await platform.start(inbox.receive, inbox.revise)
  let closed: Promise<void> | undefined
  const crash = (): Promise<void> => (closed ??= store.close())
  t.after(crash)
  return { store, platform, assistant, inbox, outbox, lanes, logged, ranSet, crash }
}
