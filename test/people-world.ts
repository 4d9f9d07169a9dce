import Database from 'better-sqlite3'
import type { TestContext } from 'node:test'
import type { Message } from '../src/message.ts'
import { feedbackReads, feedbackWrites } from '../src/store/feedback.ts'
import { outboxWrites } from '../src/store/outbox.ts'
import { peopleReads, peopleWrites, type Admission } from '../src/store/people.ts'
import { takeSteps } from '../src/store/schema.ts'

export const nowMs = Date.parse('2026-11-22T09:00:00Z')
export const minuteMs = 60_000

export const home = { adapter: 'slack', account: 'T1', channel: 'D1' }
export const channel = { adapter: 'slack', account: 'T1', channel: 'C1', shared: true } as const

/** The rows of people in a database of their own. What is to be written is written when `commit` says so. */
export function openRows(t?: TestContext) {
  const db = new Database(':memory:')
  t?.after(() => db.close())
  takeSteps(db)
  const writes = { ...peopleWrites(db), ...feedbackWrites(db), ...outboxWrites(db) }
  const byName = new Map<string, (...args: never[]) => unknown>(Object.entries(writes))
  const commit = (orders: readonly (readonly [string, ...unknown[]])[]): void => {
    db.transaction(() => {
      for (const [name, ...args] of orders) {
        const write = byName.get(name)
        if (write === undefined) throw new Error(`no write ${name}`)
        Reflect.apply(write, undefined, args)
      }
    })()
  }
  return { db, writes, commit, read: peopleReads(db), feedback: feedbackReads(db) }
}

/** A message of someone; `id` is the user's. */
export function messageOf(id: string, changes: Partial<Message> = {}): Message {
  return {
    id: `${changes.address?.channel ?? 'D1'}/${id}/${Math.random()}`,
    address: home,
    author: { id, name: `name of ${id}` },
    text: 'hi',
    sentAtMs: nowMs,
    ...changes,
  }
}

/** Someone as an admin let them in; `key` is `slack/T1/<user>`. */
export function admission(user: string, changes: Partial<Admission> = {}): Admission {
  return {
    key: `slack/T1/${user}`,
    name: `name of ${user}`,
    role: 'member',
    reach: 'direct',
    by: 'terminal/local/me',
    atMs: nowMs,
    ...changes,
  }
}
