import Database from 'better-sqlite3'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FaultError } from '../errors.ts'
import type { DataFolder } from './folder.ts'
import { takeSteps } from './schema.ts'

/** A look at rows that cannot be changed: what is there already, as a connection, and how to let go of it. */
export type Glimpse = { readonly db: Database.Database; readonly close: () => void }

/**
 * Opens the database of a folder that cannot be written, for reading alone: from a copy, because SQLite wants to
 * write beside a file in WAL mode even to read it. Throws `cause`, the reason that brought us here, where there is no
 * database to read or no room for the copy either.
 */
export function openGlimpse(folder: DataFolder, cause: FaultError): Glimpse {
  if (!existsSync(folder.database)) throw cause
  let copy: string | undefined
  try {
    copy = mkdtempSync(join(tmpdir(), 'moltbot-'))
    const file = join(copy, 'copy.db')
    copyFileSync(folder.database, file)
    if (existsSync(`${folder.database}-wal`)) copyFileSync(`${folder.database}-wal`, `${file}-wal`)
    const db = new Database(file)
    takeSteps(db)
    db.pragma('query_only = ON')
    const place = copy
    return {
      db,
      close: () => {
        db.close()
        rmSync(place, { recursive: true, force: true })
      },
    }
  } catch {
    if (copy !== undefined) rmSync(copy, { recursive: true, force: true })
    throw cause
  }
}
