import Database from 'better-sqlite3'
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { z } from 'zod'
import { command, createCommandTable, type CommandTable } from '../../src/command.ts'
import { createFormReader } from '../../src/commands/form.ts'
import { createRemind } from '../../src/commands/remind.ts'
import { glanceOf } from '../../src/commands/task-glance.ts'
import { createTasks } from '../../src/commands/tasks.ts'
import type { FormReader, FormTold } from '../../src/form.ts'
import { createHome } from '../../src/home.ts'
import type { Address } from '../../src/message.ts'
import { createReader } from '../../src/models/builtin/reader.ts'
import { mayActAs, type Role } from '../../src/people.ts'
import type { Action } from '../../src/store/approvals.ts'
import { homeReads } from '../../src/store/home.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { formatTime, restate } from '../../src/tasks/restate.ts'
import { nextDue, validSchedule } from '../../src/tasks/schedule.ts'
import { validOptions } from '../../src/tasks/valid-options.ts'
import { findWhen, readWhen } from '../../src/tasks/when/when.ts'
import { temporaryFolder } from '../doubles/folder.ts'
import { contextOf, zone } from './task-world.ts'

const digest = command({
  name: 'digest',
  aliases: ['摘要'],
  summary: { en: 'digest', zh: '摘要' },
  usage: 'digest <from> [to <place>]',
  args: z.object({ from: z.string().min(1), to: z.string().optional() }),
  words: ['from', 'to'],
  tier: () => 'ask',
  schedulable: true,
  run: async () => ({ reply: { text: '', status: 'done' } }),
})

/** The home and the form over a real store, as the program connects them. */
export type FormWorld = {
  readonly store: Store
  readonly formOf: FormReader
  readonly homeOf: ReturnType<typeof createHome>
  /** Runs an action that a person agreed to, as that person, and commits it. Resolves with the words that come of it. */
  readonly agree: (action: Action, person: string, address: Address) => Promise<string>
  /** Types a line as a person; a task is written down without a question. */
  readonly type: (line: string, person: string, address: Address) => Promise<string>
  /** The role of a person, `member` at first. */
  readonly roles: Map<string, Role>
}

export async function openFormWorld(t: TestContext, now: () => number): Promise<FormWorld> {
  const store = await openStore(temporaryFolder(t))
  const readOnly = new Database(store.folder.database, { readonly: true })
  t.after(async () => {
    readOnly.close()
    await store.close()
  })
  const roles = new Map<string, Role>()
  const roleAt = (key: string): Role => roles.get(key) ?? 'member'
  let lastId = 0
  const time = {
    findWhen,
    readWhen,
    propose: createReader(findWhen),
    restate,
    formatTime,
    nextDue,
    validSchedule,
    validOptions,
    readCall: (name: string, args: unknown) => table.readCall(name, args),
    readTyped: (text: string, moment: { nowMs: number; zone: string }) => table.read(text, moment),
    nameOf: ({ channel }: Address) => `#${channel}`,
    resolve: (target: string, { address }: { address: Address }): Address | undefined => {
      const [, channel] = /^slack:([CG]\w+)$/u.exec(target) ?? []
      if (channel === 'C0NOWHERE') return undefined
      if (channel !== undefined) return { adapter: 'slack', account: address.account, channel, shared: true }
      return target === 'here' ? address : undefined
    },
  }
  const tasks = createTasks({ ...time, read: store.read, newId: () => ++lastId })
  const table: CommandTable = createCommandTable([tasks.command, createRemind({ findWhen }), digest])
  const carry = async (order: ReturnType<CommandTable['readCall']>, person: string, address: Address) => {
    if (order.kind !== 'invocation') return assert.fail(JSON.stringify(order))
    const context = contextOf({
      person: { key: person, name: '', role: roleAt(person) },
      address,
      nowMs: now(),
    })
    const { reply, writes = [] } = await order.invocation.run(context)
    await store.writeAll(writes)
    return reply.text
  }
  return {
    store,
    formOf: createFormReader({
      ...time,
      tasks: store.read.tasks,
      restateOrder: tasks.restate,
      roleAt,
      zone: () => zone,
    }),
    homeOf: createHome({
      read: { ...store.read, home: homeReads(readOnly) },
      noHome: (key) => {
        const role = roleAt(key)
        return role === 'guest' ? 'guest' : mayActAs(role, 'member') ? undefined : 'unknown'
      },
      glance: (task, language) => glanceOf(task, { nowMs: now(), language }, time),
      defaultRoute: () => 'default',
      modelsOf: () => [],
      formatTime,
    }),
    agree: ({ command, args }, person, address) =>
      carry(table.readCall(command, JSON.parse(JSON.stringify(args))), person, address),
    type: (line, person, address) => {
      const order = table.read(line, { nowMs: now(), zone }) ?? assert.fail(`${line} is no order`)
      return carry(order, person, address)
    },
    roles,
  }
}

/** The action of what was told. */
export function actionOf(told: FormTold | undefined): Action {
  return told?.kind === 'action' ? told.action : assert.fail(JSON.stringify(told))
}
