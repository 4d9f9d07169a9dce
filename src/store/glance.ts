import Database from 'better-sqlite3'
import type { DataFolder } from './folder.ts'

/**
 * Looks at the rows of a folder without changing anything, whether a Moltbot runs on it or not. Undefined where there
 * is no database yet, or none that can be read as it is, such as one of an older schema.
 */
export function glance<T>(folder: DataFolder, look: (db: Database.Database) => T): T | undefined {
  let db: Database.Database | undefined
  try {
    db = new Database(folder.database, { readonly: true })
    return look(db)
  } catch {
    return undefined
  } finally {
    db?.close()
  }
}
