import type { TestContext } from 'node:test'
import type { Adapter, Sign } from '../../src/adapter.ts'
import type { TaskLimits } from '../../src/config.ts'
import { createLog } from '../../src/log.ts'
import type { Post } from '../../src/message.ts'
import { createNotices } from '../../src/notices.ts'
import { createOutbox } from '../../src/outbox.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import type { Perform } from '../../src/tasks/carrying.ts'
import { createRunner, type Runner } from '../../src/tasks/runner.ts'
import { nextDue } from '../../src/tasks/schedule.ts'
import { usualOptions, type NewTask, type Run } from '../../src/task.ts'
import { temporaryFolder } from '../doubles/folder.ts'

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const start = Date.parse('2026-11-23T08:00:00Z')
export const address = { adapter: 'test', account: 'a', channel: 'news' }
/** Where the owner reads. */
export const owner = { adapter: 'test', account: 'a', channel: 'owner' }

export const well: Perform = async (task, { dueMs }) => ({
  reply: { text: `${task.id} at ${new Date(dueMs).toISOString()}`, status: 'done' },
})
export const hangs: Perform = () => new Promise(() => undefined)

/** One life of the program: a real store and outbox, with the clock, the timers and the platform in the test's hand. */
export type Life = {
  readonly store: Store
  readonly runner: Runner
  readonly posts: Post[]
  readonly performed: { readonly taskId: number; readonly dueMs: number }[]
  readonly logged: string[]
  readonly shown: { readonly run: number; readonly sign: Sign }[]
  readonly clockWatches: readonly number[]
  /** Ticks, waits until nothing runs and nothing is being sent. */
  readonly tick: () => Promise<void>
  /** Ends the waits that are going on. */
  readonly passTimers: () => void
  /** Resolves once it holds; the disk and the writer take their time. */
  readonly until: (holds: () => boolean) => Promise<void>
  readonly rows: (taskId: number) => Run[]
  readonly texts: (channel?: string) => string[]
  readonly end: () => Promise<void>
}

export type Changes = {
  readonly perform?: Perform
  /** Another runner over the store of a life that goes on. */
  readonly on?: Life
  readonly store?: (store: Store) => Pick<Store, 'read' | 'write'>
  readonly writeAll?: (writeAll: Store['writeAll']) => Store['writeAll']
  readonly limits?: Partial<TaskLimits> | (() => Partial<TaskLimits>)
  readonly newToken?: () => string
  readonly random?: () => number
  readonly show?: (sign: Sign) => void
}

const usualLimits: TaskLimits = {
  atOnce: 4,
  eachCommand: 4,
  timeoutMs: 10 * minuteMs,
  attempts: 3,
  pauseAfter: 5,
}

let tokens = 0

export async function live(path: string, clock: { nowMs: number }, changes: Changes = {}): Promise<Life> {
  const store = changes.on?.store ?? (await openStore(path))
  const posts: Post[] = []
  const clockWatches: number[] = []
  const performed: { taskId: number; dueMs: number }[] = []
  const logged: string[] = []
  const shown: { run: number; sign: Sign }[] = []
  const waits: (() => void)[] = []
  const now = (): number => clock.nowMs
  const sleep = (_: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      waits.push(resolve)
      signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')), {
        once: true,
      })
    })
  const log = createLog(
    'debug',
    () => [],
    (line) => logged.push(line),
  )
  const adapter: Adapter = {
    name: 'test',
    maxChars: 10_000,
    afterCut: 'resend',
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    send: (post) => {
      posts.push(post)
      return Promise.resolve({ kind: 'sent' })
    },
    resolve: () => undefined,
    describe: () => 'test',
  }
  const { signal } = new AbortController()
  const outbox = createOutbox({
    store: { ...store, writeAll: changes.writeAll?.(store.writeAll) ?? store.writeAll },
    adapters: [adapter],
    opened: Promise.resolve(),
    now,
    sleep,
    signal,
    random: () => 0.5,
    maxAgeMs: () => 30 * 24 * hourMs,
    log,
  })
  const notices = createNotices({
    deliver: outbox.deliver,
    to: () => '#owner',
    placeOf: () => owner,
    directTo: () => undefined,
    nameOf: ({ channel }) => channel,
    read: store.read,
    pauseAfter: () => usualLimits.pauseAfter,
    language: () => 'auto',
    formatTime: String,
    now,
    log,
  })
  const perform = changes.perform ?? well
  const runner = createRunner({
    store: changes.store?.(store) ?? store,
    perform: (task, run, about) => {
      performed.push({ taskId: task.id, dueMs: run.dueMs })
      return perform(task, run, about)
    },
    deliver: outbox.deliver,
    now,
    sleep,
    random: changes.random ?? (() => 0.5),
    newToken: changes.newToken ?? (() => `token ${++tokens}`),
    tick: () => {
      clockWatches.push(now())
      return () => undefined
    },
    log,
    limits: () => {
      const changed = typeof changes.limits === 'function' ? changes.limits() : changes.limits
      return { ...usualLimits, ...changed }
    },
    show: (_, run, sign) => {
      changes.show?.(sign)
      shown.push({ run: run.id, sign })
    },
    news: notices.aboutTask,
  })
  return {
    store,
    runner,
    clockWatches,
    posts,
    performed,
    logged,
    shown,
    passTimers: () => waits.splice(0).forEach((pass) => pass()),
    until: async (holds) => {
      while (!holds()) await new Promise((resolve) => setImmediate(resolve))
    },
    tick: async () => {
      await runner.tick()
      await runner.idle()
      await outbox.drain(0)
    },
    rows: (taskId) => store.read.runs.history({ task: taskId }, 2_000).toReversed(),
    texts: (channel = address.channel) =>
      posts.filter((post) => post.address.channel === channel).map(({ reply }) => reply.text),
    end: () => store.close(),
  }
}

/** Writes down a task due by a schedule, from the clock's now on. */
export async function addTask(
  { store }: Life,
  clock: { nowMs: number },
  id: number,
  changes: Partial<NewTask> = {},
): Promise<void> {
  const schedule = changes.schedule ?? { cron: '0 * * * *' }
  await store.write('tasks.add', id, {
    command: 'digest',
    args: {},
    schedule,
    options: usualOptions,
    zone: 'UTC',
    person: 'test/a/u',
    address,
    language: 'en',
    nextDueMs: nextDue(schedule, 'UTC', clock.nowMs),
    createdAtMs: clock.nowMs,
    ...changes,
  })
}

/** Queues a due time of a task as its schedule would, ready at `readyMs`; the task stays due as it was. */
export async function queueDue(
  { store }: Life,
  clock: { nowMs: number },
  taskId: number,
  dueMs: number,
  readyMs = dueMs,
): Promise<void> {
  const task = store.read.tasks.get(taskId)
  if (task === undefined) throw new Error(`there is no task ${taskId}`)
  const runs = [{ dueMs, state: 'queued' as const, readyMs, note: null }]
  const step = { nextDueMs: task.nextDueMs, runs, dueCount: 1, replaces: null }
  await store.write('tasks.advance', task, step, clock.nowMs)
}

export const states = (rows: readonly Run[]): string[] => rows.map(({ state }) => state)

export function world(t: TestContext): { path: string; clock: { nowMs: number } } {
  return { path: temporaryFolder(t), clock: { nowMs: start } }
}
