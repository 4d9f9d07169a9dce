import Database from 'better-sqlite3'
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { StoreError } from '../errors.ts'
import { listBackups, storeError, type DataFolder } from './folder.ts'
import { migrations } from './migrations.ts'

/**
 * Brings the database of a locked folder to the newest schema. Checks it first; before a step changes existing rows
 * it is checked whole and copied to `backups/`. Throws `corrupt` naming the newest backup that is whole, and
 * `unsupported` for a database that a newer version wrote.
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
    throw new StoreError('corrupt', `the database ${folder.database} is damaged; ${remedyIn(folder)}`, {
      cause: error,
    })
  } finally {
    db?.close()
  }
}

/** What to do about a damaged database. */
function remedyIn(folder: DataFolder): string {
  const { good, passedOver } = findGood(folder)
  if (good === undefined) {
    const none =
      passedOver.length === 0 ? 'there is no backup in this folder' : `no backup in this folder is whole`
    return `${none}; put one into ${folder.backups}, or move the database away to begin anew`
  }
  const newer = passedOver.length === 0 ? '' : ` (newer ones are damaged, too: ${passedOver.length})`
  return `run: moltbot restore ${good}${newer}`
}

/** The newest backup that is a whole database of Moltbot, and those newer than it that are not. Reads them whole. */
export function findGood(folder: DataFolder): {
  readonly good: string | undefined
  readonly passedOver: readonly string[]
} {
  const passedOver: string[] = []
  for (const { file } of listBackups(folder)) {
    try {
      checkDatabase(file)
      return { good: file, passedOver }
    } catch {
      passedOver.push(file)
    }
  }
  return { good: undefined, passedOver }
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
    const file = join(folder.backups, `moltbot-before-schema-${migrations.length}.db`)
    await copyTo(db, file, () => undefined)
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

/** Pages that are copied in one go. */
const pagesEachStep = 256

/**
 * Copies a live database to a file of mode 0600 by SQLite's own API, checks the copy whole, and only then gives it its
 * name. The copy is of one moment; who writes meanwhile does not make it begin again. `rest` comes between two steps.
 */
export async function copyTo(db: Database.Database, file: string, rest: () => void): Promise<void> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const part = `${file}.part`
  removePart(file)
  // A read that stays open holds that moment; the bare API begins anew with each write of another connection.
  db.exec('BEGIN')
  try {
    db.prepare('SELECT count(*) FROM sqlite_schema').get()
    await db.backup(part, {
      progress: () => {
        rest()
        return pagesEachStep
      },
    })
    chmodSync(part, 0o600)
    checkCopy(part)
    renameSync(part, file)
  } finally {
    if (db.inTransaction) db.exec('COMMIT')
    removePart(file)
  }
}

/** Removes what is left of a copy that did not get to its end. */
export function removePart(file: string): void {
  for (const ending of ['.part', '.part-journal']) rmSync(file + ending, { force: true })
}

/** Makes of a copy one file that stands for itself, without a log beside it. Throws `corrupt` unless it is whole. */
export function checkCopy(file: string): void {
  const copy = new Database(file)
  try {
    copy.pragma('journal_mode = DELETE')
    checkIntegrity(copy, 'integrity_check')
  } finally {
    copy.close()
  }
}
