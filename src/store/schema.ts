import Database from 'better-sqlite3'
import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { StoreError } from '../errors.ts'
import { listBackups, storeError, type DataFolder } from './folder.ts'
import { migrations } from './migrations.ts'

/**
 * Brings the database of a locked folder to the newest schema. Checks it first; before a step changes existing rows
 * it is checked whole and copied to `backups/`. Throws `corrupt` naming the newest backup, and `unsupported` for a
 * database that a newer version wrote.
 */
export async function prepareDatabase(folder: DataFolder): Promise<void> {
  const isNew = !existsSync(folder.database)
  let db: Database.Database | undefined
  try {
    db = new Database(folder.database)
    chmodSync(folder.database, 0o600)
    if (isNew) db.pragma('auto_vacuum = INCREMENTAL')
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    checkIntegrity(db, 'quick_check')
    await migrate(db, folder)
  } catch (error) {
    const failure = storeError(error, folder.database)
    if (failure.fault !== 'corrupt') throw failure
    const newest = listBackups(folder)[0]
    const remedy =
      newest === undefined ? 'there is no backup in this folder' : `run: moltbot restore ${newest}`
    throw new StoreError('corrupt', `the database ${folder.database} is damaged; ${remedy}`, { cause: error })
  } finally {
    db?.close()
  }
}

async function migrate(db: Database.Database, folder: DataFolder): Promise<void> {
  const version = Number(db.pragma('user_version', { simple: true }))
  if (version > migrations.length) {
    const known = `it has schema ${version}, this Moltbot knows up to ${migrations.length}`
    throw new StoreError(
      'unsupported',
      `${folder.database} was written by a newer Moltbot (${known}); update Moltbot`,
    )
  }
  if (version > 0 && version < migrations.length) {
    checkIntegrity(db, 'integrity_check')
    await backupTo(db, folder, `before-schema-${migrations.length}`)
  }
  takeSteps(db)
}

/** Takes the steps from the schema of the database to the newest one. */
export function takeSteps(db: Database.Database): void {
  const version = Number(db.pragma('user_version', { simple: true }))
  for (const [i, step] of migrations.entries()) {
    if (i < version) continue
    db.transaction(() => {
      db.exec(step)
      db.pragma(`user_version = ${i + 1}`)
    })()
  }
}

/** Throws `corrupt` if SQLite finds the file damaged. `quick_check` skips what `integrity_check` also compares: the indexes. */
export function checkIntegrity(db: Database.Database, kind: 'quick_check' | 'integrity_check'): void {
  const found = db.pragma(`${kind}(1)`, { simple: true })
  if (found !== 'ok') throw new StoreError('corrupt', `${db.name}: ${String(found)}`)
}

/** Copies a live database into the backups folder by SQLite's own API and checks the copy. Returns the copy's path. */
export async function backupTo(db: Database.Database, folder: DataFolder, label: string): Promise<string> {
  mkdirSync(folder.backups, { recursive: true, mode: 0o700 })
  const file = join(folder.backups, `moltbot-${label}.db`)
  await db.backup(file)
  chmodSync(file, 0o600)
  const copy = new Database(file)
  try {
    // The copy is one file that stands for itself: no -wal beside it.
    copy.pragma('journal_mode = DELETE')
    checkIntegrity(copy, 'integrity_check')
  } finally {
    copy.close()
  }
  return file
}
