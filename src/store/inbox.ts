import type { Database } from 'better-sqlite3'
import { addressKey, type Address, type Message, type Revision } from '../message.ts'
import { approvalWrites } from './approvals.ts'

/** A message that waits for its answer. `attempts` counts how often it began anew after a crash. */
export type Waiting = { readonly id: number; readonly attempts: number; readonly message: Message }

export const inboxWrites = (db: Database) => {
  const insert = db.prepare<unknown[], { id: number }>(
    `INSERT INTO inbox (adapter, account, event, lane, address_json, author_id, author_name, text, files_json, action_json, sent_at_ms,
       received_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id`,
  )
  const done = db.prepare(`UPDATE inbox SET state = 'done' WHERE id = ? AND state = 'waiting'`)
  const count = db.prepare(`UPDATE inbox SET attempts = attempts + ? WHERE id = ? AND state = 'waiting'`)
  const revise = db.prepare(
    `UPDATE inbox SET text = coalesce(?, text), state = iif(? IS NULL, 'done', state)
     WHERE adapter = ? AND account = ? AND event = ? AND state = 'waiting'`,
  )
  // The question that is open is the newest that the person was asked there.
  const asking = db.prepare<unknown[], { lane: string; author_id: string }>(
    `SELECT lane, author_id FROM inbox i WHERE adapter = ? AND account = ? AND event = ? AND event =
       (SELECT answers FROM outbox WHERE lane = i.lane AND answers IS NOT NULL AND asker = i.author_id
        AND reply_json ->> '$.data.approval' IS NOT NULL ORDER BY id DESC LIMIT 1)`,
  )
  const { 'approvals.withdraw': withdraw } = approvalWrites(db)
  return {
    /** The row's id, or null if this event is there already. */
    'inbox.receive': (message: Message, nowMs: number): number | null => {
      const { id, address, author, text, files, action, sentAtMs } = message
      const { adapter, account } = address
      const lane = addressKey(address)
      const row = [
        adapter,
        account,
        id,
        lane,
        JSON.stringify(address),
        author.id,
        author.name,
        text,
        files === undefined ? null : JSON.stringify(files),
        action === undefined ? null : JSON.stringify(action),
        sentAtMs,
        nowMs,
      ]
      return insert.get(...row)?.id ?? null
    },
    /** Changes what waits, or ends it where its author took it back; with an answered one goes the question that it led to. */
    'inbox.revise': ({ id, address: { adapter, account }, text }: Revision): void => {
      if (revise.run(text, text, adapter, account, id).changes > 0 || text !== null) return
      const asked = asking.get(adapter, account, id)
      // The key of a person is made like that of a channel; people.ts would bring all words into this thread.
      if (asked) withdraw(asked.lane, addressKey({ adapter, account, channel: asked.author_id }))
    },
    /** Throws if it is done already: what would be committed with it has been committed before. */
    'inbox.done': (id: number): void => {
      if (done.run(id).changes === 0) throw new Error(`inbox row ${id} is already done`)
    },
    /** Counts that a message left from before begins anew; -1 takes it back, when the program was asked to stop. */
    'inbox.attempt': (id: number, by: 1 | -1): void => void count.run(by, id),
  }
}

type InboxRow = {
  id: number
  event: string
  address_json: string
  author_id: string
  author_name: string
  text: string
  files_json: string | null
  action_json: string | null
  sent_at_ms: number
  attempts: number
}

export const inboxReads = (db: Database) => {
  const waiting = db.prepare<[], InboxRow>(
    `SELECT id, event, address_json, author_id, author_name, text, files_json, action_json, sent_at_ms, attempts
     FROM inbox WHERE state = 'waiting' ORDER BY id`,
  )
  const origin = db.prepare<[number], Pick<InboxRow, 'address_json' | 'author_id' | 'text'>>(
    `SELECT address_json, author_id, text FROM inbox WHERE id = ?`,
  )
  const count = db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM inbox WHERE state = 'waiting'`)
  const under = db.prepare<unknown[], { id: string; author: string }>(
    `SELECT event AS id, author_id AS author FROM inbox WHERE adapter = ? AND account = ? AND event >= ? AND event < ?
     ORDER BY event DESC LIMIT 100`,
  )
  return {
    /** Oldest first. */
    waiting: (): Waiting[] =>
      waiting.all().map((row) => ({
        id: row.id,
        attempts: row.attempts,
        message: {
          id: row.event,
          address: JSON.parse(row.address_json),
          author: { id: row.author_id, name: row.author_name },
          text: row.text,
          sentAtMs: row.sent_at_ms,
          ...(row.files_json === null ? {} : { files: JSON.parse(row.files_json) }),
          ...(row.action_json === null ? {} : { action: JSON.parse(row.action_json) }),
        },
      })),
    /** The messages whose ids begin so, with their authors, the last id first, at most 100. */
    under: (adapter: string, account: string, beginning: string) =>
      under.all(adapter, account, beginning, `${beginning}\u{10FFFF}`),
    /** Where a message was said, by whom, and what it said. */
    origin: (
      id: number,
    ): { readonly address: Address; readonly author: string; readonly text: string } | undefined => {
      const row = origin.get(id)
      return row && { address: JSON.parse(row.address_json), author: row.author_id, text: row.text }
    },
    waitingCount: (): number => count.get()?.n ?? 0,
  }
}
