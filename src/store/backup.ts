import Database from 'better-sqlite3'
import { copyFileSync, chmodSync, existsSync, renameSync, rmSync } from 'node:fs'
import { StoreError } from '../errors.ts'
import { lockFolder, prepareFolder, storeError, type DataFolder } from './folder.ts'
import { migrations } from './migrations.ts'
import { backupTo, checkIntegrity } from './schema.ts'

/** Copies the database, also while a Moltbot works on it. Returns the path of the checked copy. */
export async function backup(folder: DataFolder, nowMs: number): Promise<string> {
  if (!existsSync(folder.database)) {
    throw new StoreError('bad-request', `there is nothing to back up: ${folder.database} does not exist`)
  }
  const db = new Database(folder.database, { readonly: true })
  try {
    return await backupTo(db, folder, new Date(nowMs).toISOString().replaceAll(/[:.]/gu, '-'))
  } catch (error) {
    throw storeError(error, folder.backups)
  } finally {
    db.close()
  }
}

/**
 * Puts a backup in the place of the database, after checking that it is a whole Moltbot database. The old files are
 * kept beside it with the ending `.replaced`. Throws `in-use` while a Moltbot runs on the folder.
 */
export function restore(folder: DataFolder, from: string): void {
  checkDatabase(from)
  prepareFolder(folder)
  const unlock = lockFolder(folder)
  try {
    for (const ending of ['', '-wal', '-shm']) {
      const file = folder.database + ending
      rmSync(`${file}.replaced`, { force: true })
      if (existsSync(file)) renameSync(file, `${file}.replaced`)
    }
    copyFileSync(from, folder.database)
    chmodSync(folder.database, 0o600)
  } catch (error) {
    throw storeError(error, folder.path)
  } finally {
    unlock()
  }
}

/** Throws a StoreError unless the file is a whole database of this Moltbot, or of an older one. */
export function checkDatabase(file: string): void {
  if (!existsSync(file)) throw new StoreError('bad-request', `there is no file ${file}`)
  let db: Database.Database | undefined
  try {
    db = new Database(file, { readonly: true })
    checkIntegrity(db, 'integrity_check')
    const version = Number(db.pragma('user_version', { simple: true }))
    const isOurs = db.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'outbox'`).get() !== undefined
    if (!isOurs || version > migrations.length) {
      throw new StoreError('unsupported', `${file} is not a database of this Moltbot`)
    }
  } catch (error) {
    const failure = storeError(error, file)
    if (failure.fault !== 'corrupt') throw failure
    throw new StoreError('corrupt', `${file} is no whole database of Moltbot; name another`, { cause: error })
  } finally {
    db?.close()
  }
}
