import type { Database } from 'better-sqlite3'

export const seenWrites = (db: Database) => {
  const insert = db.prepare(
    `INSERT INTO seen_items (scope, item, at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
  )
  const remove = db.prepare(`DELETE FROM seen_items WHERE scope = ? AND item = ?`)
  const probe = db.prepare(
    `INSERT INTO seen_items (scope, item, at_ms) VALUES ('', 'probe', ?)
     ON CONFLICT DO UPDATE SET at_ms = excluded.at_ms`,
  )
  return {
    /** Writes a row that means nothing, to see whether the disk takes one. */
    'seen.probe': (nowMs: number): void => void probe.run(nowMs),
    'seen.add': (scope: string, items: readonly string[], nowMs: number): void => {
      for (const item of items) insert.run(scope, item, nowMs)
    },
    /** Takes items back that nobody has seen after all. */
    'seen.forget': (scope: string, items: readonly string[]): void => {
      for (const item of items) remove.run(scope, item)
    },
  }
}

export const seenReads = (db: Database) => {
  const has = db.prepare<[string, string], { one: number }>(
    `SELECT 1 AS one FROM seen_items WHERE scope = ? AND item = ?`,
  )
  return {
    /** True if the item was taken in this scope before. */
    has: (scope: string, item: string): boolean => has.get(scope, item) !== undefined,
  }
}
