import type { Database } from 'better-sqlite3'

export const installationWrites = (db: Database) => {
  const isKnown = db.prepare(`SELECT 1 FROM installations WHERE adapter = ? AND account = ?`)
  const use = db.prepare(
    `INSERT OR IGNORE INTO used_leaves (adapter, leave, account, at_ms) VALUES (?, ?, ?, ?)`,
  )
  const keep = db.prepare(
    `INSERT INTO installations (adapter, account, data_json, at_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET data_json = excluded.data_json, at_ms = excluded.at_ms`,
  )
  const remove = db.prepare(`DELETE FROM installations WHERE adapter = ? AND account = ?`)
  return {
    /**
     * Keeps what a platform gave us for an account, instead of what it gave before; for a new account only with a leave, by its
     * id, that was not used yet. True if it was kept.
     */
    'installations.keep': (
      adapter: string,
      account: string,
      data: unknown,
      nowMs: number,
      leave: string | undefined,
    ): boolean => {
      const isNewLeave = leave !== undefined && use.run(adapter, leave, account, nowMs).changes > 0
      if (!isNewLeave && isKnown.get(adapter, account) === undefined) return false
      keep.run(adapter, account, JSON.stringify(data), nowMs)
      return true
    },
    /** True if there was one. */
    'installations.remove': (adapter: string, account: string): boolean =>
      remove.run(adapter, account).changes > 0,
  }
}

export const installationReads = (db: Database) => {
  const get = db.prepare<[string, string], { data_json: string }>(
    `SELECT data_json FROM installations WHERE adapter = ? AND account = ?`,
  )
  const accounts = db.prepare<[string], { account: string }>(
    `SELECT account FROM installations WHERE adapter = ? ORDER BY at_ms, account`,
  )
  return {
    /** What a platform gave us for an account; undefined where we are not installed there. */
    of: (adapter: string, account: string): unknown => {
      const row = get.get(adapter, account)
      return row === undefined ? undefined : JSON.parse(row.data_json)
    },
    /** The accounts of a platform in which we are installed, in the order in which that was last confirmed. */
    accounts: (adapter: string): readonly string[] => accounts.all(adapter).map(({ account }) => account),
  }
}
