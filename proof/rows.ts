import Database from 'better-sqlite3'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Address } from '../src/message.ts'

export type InboxRow = { readonly id: number; readonly event: string; readonly lane: string }
export type OutboxRow = {
  readonly id: number
  readonly key: string
  readonly lane: string
  readonly answers: string | null
  readonly reply: string
  readonly state: string
  readonly ref: string | null
}
export type RunRow = {
  readonly taskId: number
  readonly dueMs: number
  readonly state: string
  readonly attempt: number
  /** Where its task posts. */
  readonly address: Address
}
export type TurnRow = { readonly id: number; readonly conversation: string; readonly text: string }

/** What Moltbot has kept, in the order in which it was written. `turns` are those of the persons. */
export type Rows = {
  readonly inbox: readonly InboxRow[]
  readonly outbox: readonly OutboxRow[]
  readonly runs: readonly RunRow[]
  readonly turns: readonly TurnRow[]
}

/** Reads what Moltbot has kept; not its notices to the owner, which no client knows of. */
export function readRows(database: string): Rows {
  return atOneInstant(database, (db) => {
    const all = <Row>(sql: string): Row[] => db.prepare<[], Row>(sql).all()
    return {
      inbox: all(`SELECT id, event, lane FROM inbox ORDER BY id`),
      outbox: all(
        `SELECT id, key, lane, answers, json_extract(reply_json, '$.text') AS reply, state, ref
         FROM outbox WHERE key NOT LIKE 'notice/%' ORDER BY id`,
      ),
      runs: all<Omit<RunRow, 'address'> & { address_json: string }>(
        `SELECT r.task_id AS taskId, r.due_ms AS dueMs, r.state, r.attempt, t.address_json
         FROM runs r JOIN tasks t ON t.id = r.task_id ORDER BY r.id`,
      ).map(({ address_json: address, ...run }) => ({ ...run, address: JSON.parse(address) })),
      turns: all(`SELECT id, conversation, text FROM messages WHERE role = 'user' ORDER BY id`),
    }
  })
}

/** How much is still under way: messages without an answer, posts on their way, runs, and tasks that come once. */
export function countOpen(database: string): number {
  return atOneInstant(database, (db) => {
    const count = (sql: string): number =>
      db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${sql}`).get()?.n ?? 0
    return (
      count(`inbox WHERE state = 'waiting'`) +
      count(`outbox WHERE state IN ('queued', 'sending')`) +
      count(`runs WHERE state IN ('queued', 'running')`) +
      count(`tasks WHERE state = 'active' AND schedule_json LIKE '{"at"%'`)
    )
  })
}

/** Reads all tables as they stood at one instant: work that goes from one to the next is seen in one of them. */
function atOneInstant<Seen>(database: string, read: (db: Database.Database) => Seen): Seen {
  const db = new Database(database, { readonly: true })
  try {
    return db.transaction(() => read(db))()
  } finally {
    db.close()
  }
}

/** Resolves when nothing is under way any more, or after `mostMs`: what is left then has been lost. */
export async function untilQuiet(database: string, mostMs: number): Promise<void> {
  const endMs = performance.now() + mostMs
  while (countOpen(database) > 0 && performance.now() < endMs) await sleep(100)
}
