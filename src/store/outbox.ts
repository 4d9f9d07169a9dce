import type { Database } from 'better-sqlite3'
import { addressKey, type Delivery, type Post } from '../message.ts'

/** A row of the outbox that is still on its way. */
export type Pending = {
  readonly id: number
  readonly post: Post
  /** A send of it began, and nobody knows how it ended. */
  readonly cut: boolean
  /** How often its sending began. */
  readonly attempts: number
  /** When the first of its sends began, Unix milliseconds; null where none has. The platform has nothing older of it. */
  readonly sentAtMs: number | null
}

/** How many posts are in each state that needs a look. */
export type OutboxCounts = Readonly<Record<'queued' | 'held' | 'unknown' | 'failed', number>>

export const outboxWrites = (db: Database) => {
  const insert = db.prepare<unknown[], { id: number }>(
    `INSERT INTO outbox (key, lane, address_json, answers, asker, reply_json, run_id, created_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id`,
  )
  const sending = db.prepare(
    `UPDATE outbox SET state = 'sending', attempts = attempts + 1, sent_at_ms = coalesce(sent_at_ms, ?)
     WHERE id = ? AND state IN ('queued', 'sending')`,
  )
  const settle = db.prepare(
    `UPDATE outbox SET state = ?, ref = ?, fault = ?, why = ?, ended_at_ms = ? WHERE id = ? AND state <> 'sent'`,
  )
  const requeue = db.prepare(`UPDATE outbox SET state = 'queued' WHERE id = ? AND state = 'sending'`)
  return {
    /** The row's id, or null if a post of this key is there already. */
    'outbox.queue': (post: Post): number | null => {
      const { key, address, answers, asker = null, reply, run = null, createdAtMs } = post
      const row = [
        key,
        addressKey(address),
        JSON.stringify(address),
        answers,
        asker,
        JSON.stringify(reply),
        run,
        createdAtMs,
      ]
      return insert.get(...row)?.id ?? null
    },
    /** Written before a send whose repetition could show twice; counts it. */
    'outbox.sending': (id: number, nowMs: number): void => void sending.run(nowMs, id),
    /** The platform surely has nothing of the send. */
    'outbox.requeue': (id: number): void => void requeue.run(id),
    'outbox.settle': (id: number, delivery: Delivery, nowMs: number): void => {
      const ref = delivery.kind === 'sent' ? (delivery.ref ?? null) : null
      const fault = delivery.kind === 'failed' ? delivery.fault : null
      const why = delivery.kind === 'failed' || delivery.kind === 'unknown' ? delivery.why : null
      settle.run(delivery.kind, ref, fault, why, nowMs, id)
    },
  }
}

type OutboxRow = {
  id: number
  key: string
  address_json: string
  answers: string | null
  asker: string | null
  reply_json: string
  state: string
  run_id: number | null
  attempts: number
  sent_at_ms: number | null
  created_at_ms: number
}

export const outboxReads = (db: Database) => {
  const columns =
    'id, key, address_json, answers, asker, reply_json, state, run_id, attempts, sent_at_ms, created_at_ms'
  const open = db.prepare<[], OutboxRow>(
    `SELECT ${columns} FROM outbox WHERE state IN ('queued', 'sending') ORDER BY id`,
  )
  const withKey = db.prepare<[string], OutboxRow>(
    `SELECT ${columns} FROM outbox WHERE key = ? AND state IN ('queued', 'sending')`,
  )
  const held = db.prepare<[string], OutboxRow>(
    `SELECT ${columns} FROM outbox WHERE lane = ? AND state = 'held' ORDER BY id LIMIT 100`,
  )
  const answer = db.prepare<[string, string], OutboxRow>(
    `SELECT ${columns} FROM outbox WHERE lane = ? AND answers = ? ORDER BY id`,
  )
  const counts = db.prepare<[], { state: keyof OutboxCounts; n: number }>(
    `SELECT 'queued' AS state, count(*) AS n FROM outbox WHERE state IN ('queued', 'sending')
     UNION ALL SELECT 'held', count(*) FROM outbox WHERE state = 'held'
     UNION ALL SELECT state, count(*) FROM outbox WHERE state IN ('unknown', 'failed') GROUP BY state`,
  )
  const pending = (row: OutboxRow): Pending => ({
    id: row.id,
    cut: row.state === 'sending',
    attempts: row.attempts,
    sentAtMs: row.sent_at_ms,
    post: {
      key: row.key,
      address: JSON.parse(row.address_json),
      answers: row.answers,
      ...(row.asker === null ? {} : { asker: row.asker }),
      reply: JSON.parse(row.reply_json),
      ...(row.run_id === null ? {} : { run: row.run_id }),
      createdAtMs: row.created_at_ms,
    },
  })
  const spoken = db.prepare<[string], { n: number }>(
    `SELECT 1 AS n FROM outbox WHERE lane = ? AND answers IS NOT NULL LIMIT 1`,
  )
  const read = db.prepare<[string], { answers: string | null; reply_json: string }>(
    `SELECT answers, reply_json FROM outbox WHERE key = ?`,
  )
  const sourced = db.prepare<[string], { n: number }>(
    `SELECT 1 AS n FROM outbox WHERE lane = ? AND answers IS NOT NULL AND reply_json ->> '$.from' = 'source' LIMIT 1`,
  )
  const openIn = db.prepare<[string], { n: number }>(
    `SELECT 1 AS n FROM outbox WHERE lane = ? AND state IN ('queued', 'sending') LIMIT 1`,
  )
  return {
    /** True if a post is on its way to the lane. */
    hasOpen: (lane: string): boolean => openIn.get(lane) !== undefined,
    /** True if something was answered in the lane, as far as the rows go back. */
    hasAnswered: (lane: string): boolean => spoken.get(lane) !== undefined,
    /** True if an answer in the lane was what a source holds. */
    hasTold: (lane: string): boolean => sourced.get(lane) !== undefined,
    /** What the post of this key says, whatever became of it. */
    saying: (key: string): Pick<Post, 'answers' | 'reply'> | undefined => {
      const row = read.get(key)
      return row === undefined ? undefined : { answers: row.answers, reply: JSON.parse(row.reply_json) }
    },
    /** All that is still on its way, oldest first. */
    open: (): Pending[] => open.all().map(pending),
    /** The post of this key, if it is still on its way. */
    withKey: (key: string): Pending | undefined => {
      const row = withKey.get(key)
      return row === undefined ? undefined : pending(row)
    },
    /** What is kept for the lane until it is asked for, oldest first, at most 100. */
    held: (lane: string): Pending[] => held.all(lane).map(pending),
    /** The posts that answer one message, whatever became of them. */
    answersTo: (lane: string, messageId: string): Pending[] => answer.all(lane, messageId).map(pending),
    counts: (): OutboxCounts => {
      const found = Object.fromEntries(counts.all().map(({ state, n }) => [state, n]))
      return { queued: 0, held: 0, unknown: 0, failed: 0, ...found }
    },
  }
}
