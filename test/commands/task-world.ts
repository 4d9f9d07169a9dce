import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { z } from 'zod'
import {
  command,
  createCommandTable,
  type CommandTable,
  type Context,
  type Invocation,
  type Outcome,
} from '../../src/command.ts'
import type { Restated } from '../../src/assistant.ts'
import { createRemind } from '../../src/commands/remind.ts'
import { createTasks } from '../../src/commands/tasks.ts'
import { createReader } from '../../src/models/builtin/reader.ts'
import type { RunEnd } from '../../src/store/runs.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import type { PastRun, RunState, Task } from '../../src/task.ts'
import { formatTime, restate } from '../../src/tasks/restate.ts'
import { nextDue, validSchedule } from '../../src/tasks/schedule.ts'
import { validOptions } from '../../src/tasks/valid-options.ts'
import { findWhen, readWhen } from '../../src/tasks/when/when.ts'
import { temporaryFolder } from '../doubles/folder.ts'

/** Saturday, 21 November 2026, 11:00 in Berlin. */
export const nowMs = Date.parse('2026-11-21T10:00:00Z')
export const zone = 'Europe/Berlin'
export const here = { adapter: 'terminal', account: 'local', channel: 'main' }
export const news = { ...here, channel: 'news' }
export const stranger = { person: { key: 'http/local/other', name: 'other', role: 'owner' as const } }

const digest = command({
  name: 'digest',
  aliases: ['摘要'],
  summary: { en: 'digest', zh: '摘要' },
  usage: 'digest <from> [to <place>]',
  args: z.object({ from: z.string().min(1), to: z.string().optional() }),
  words: ['from', 'to'],
  tier: () => 'ask',
  schedulable: true,
  tool: true,
  run: async () => ({ reply: { text: '', status: 'done' } }),
})

export const contextOf = (changes: Partial<Context> = {}): Context => ({
  person: { key: 'terminal/local/me', name: 'me', role: 'owner' },
  address: here,
  language: 'en',
  nowMs,
  zone,
  signal: new AbortController().signal,
  progress: () => undefined,
  ...changes,
})

/** The command over a real store, with all that it is connected with in the program. */
export type World = {
  readonly store: Store
  readonly table: CommandTable
  readonly tasks: ReturnType<typeof createTasks>
  readonly task: (id: number) => Task
  /** Tells what a line of the tier `write` would do. */
  readonly ask: (text: string, changes?: Partial<Context>) => Restated
  /** Types a line, says yes if it asks, and commits what it changes. */
  readonly type: (text: string, changes?: Partial<Context>) => Promise<Outcome>
  /** Says yes to what was told. */
  readonly agree: (told: Restated, changes?: Partial<Context>) => Promise<Outcome>
  /** Brings a run to an end, begun `lateMs` after it was due. */
  readonly finish: (run: PastRun, end?: Partial<RunEnd>, lateMs?: number, tookMs?: number) => Promise<void>
  /** Writes down a run of each state, one for each hour from now on. */
  readonly passed: (
    id: number,
    states: readonly ('missed' | 'skipped' | 'queued')[],
    note?: string,
  ) => Promise<PastRun[]>
  readonly open: (state: RunState) => PastRun[]
}

export async function openWorld(t: TestContext): Promise<World> {
  const store = await openStore(temporaryFolder(t))
  t.after(() => store.close())
  let lastId = store.read.tasks.lastId()
  const tasks = createTasks({
    read: store.read,
    newId: () => ++lastId,
    readCall: (name, args) => table.readCall(name, args),
    readTyped: (text, moment) => table.read(text, moment),
    findWhen,
    readWhen,
    propose: createReader(findWhen),
    nameOf: ({ channel }) => `#${channel}`,
    resolve: (to, { address }) =>
      to === 'news' ? news : to === 'here' && address.channel !== 'foreign' ? address : undefined,
    restate,
    formatTime,
    nextDue,
    validSchedule,
    validOptions,
  })
  const table = createCommandTable([tasks.command, createRemind({ findWhen }), digest])
  const read = (text: string): Invocation => {
    const order = table.read(text, { nowMs, zone })
    return order?.kind === 'invocation' ? order.invocation : assert.fail(`${text}: ${JSON.stringify(order)}`)
  }
  const commit = async (invocation: Invocation, changes?: Partial<Context>): Promise<Outcome> => {
    const outcome = await invocation.run(contextOf(changes))
    await store.writeAll(outcome.writes ?? [])
    return outcome
  }
  const ask: World['ask'] = (text, changes) => tasks.restate(read(text), contextOf(changes))
  const agree: World['agree'] = async (told, changes) => {
    if (told.kind === 'problem') return { reply: { text: told.words, status: 'misused' } }
    // What is stored of a question is JSON.
    const { command: name, args } = JSON.parse(JSON.stringify(told.action))
    const order = table.readCall(name, args)
    return order.kind === 'invocation'
      ? commit(order.invocation, changes)
      : assert.fail(JSON.stringify(order))
  }
  const history = (id: number): PastRun[] => store.read.runs.history({ task: id }, 1_000)
  return {
    store,
    table,
    tasks,
    task: (id) => store.read.tasks.get(id) ?? assert.fail(`no task ${id}`),
    ask,
    agree,
    type: async (text, changes) => {
      const invocation = read(text)
      return invocation.tier === 'write' ? agree(ask(text, changes), changes) : commit(invocation, changes)
    },
    finish: async ({ id, dueMs }, end = {}, lateMs = 0, tookMs = 1_000) => {
      const claim = { id, token: `token-${id}` }
      await store.write('runs.claim', claim, dueMs + lateMs, dueMs + lateMs + 60_000)
      const usual = { state: 'succeeded', status: 'done', fault: null, note: null, output: null } as const
      await store.write('runs.finish', claim, { ...usual, ...end }, dueMs + lateMs + tookMs)
    },
    passed: async (id, states, note) => {
      const task = store.read.tasks.get(id) ?? assert.fail(`no task ${id}`)
      const firstMs = task.nextDueMs ?? assert.fail(`task ${id} is not due`)
      const runs = states.map((state, i) => {
        const dueMs = firstMs + i * 3_600_000
        return { dueMs, readyMs: dueMs, state, note: state === 'queued' ? null : (note ?? 'quiet hours') }
      })
      const step = { nextDueMs: firstMs + 86_400_000, runs, dueCount: runs.length, replaces: null }
      assert.equal(await store.write('tasks.advance', task, step, nowMs), true)
      return history(id).slice(0, runs.length).toReversed()
    },
    open: (state) => store.read.runs.history({ person: 'terminal/local/me' }, 1_000, { states: [state] }),
  }
}
