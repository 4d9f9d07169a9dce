import Database from 'better-sqlite3'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { FaultError, messageOf, StoreError, type Fault } from '../errors.ts'

/** Where everything lies in the data folder. */
export type DataFolder = {
  readonly path: string
  readonly database: string
  readonly backups: string
  readonly socket: string
  /** Holds room on the disk for the time when it is full. */
  readonly ballast: string
}

/** A copy of the database. Moltbot makes `automatic` ones by itself, `schema` ones before it changes the schema. */
export type Backup = {
  readonly file: string
  readonly kind: 'automatic' | 'ordered' | 'schema'
  readonly madeAtMs: number
}

/** Names the files of the data folder at `path`; touches nothing. */
export function dataFolder(path: string): DataFolder {
  return {
    path,
    database: join(path, 'moltbot.db'),
    backups: join(path, 'backups'),
    socket: join(path, 'moltbot.sock'),
    ballast: join(path, 'ballast'),
  }
}

/** Makes the folder if it is missing, for its owner alone (mode 0700). Throws a StoreError where that is impossible. */
export function prepareFolder(folder: DataFolder): void {
  try {
    mkdirSync(folder.path, { recursive: true, mode: 0o700 })
    chmodSync(folder.path, 0o700)
  } catch (error) {
    throw storeError(error, folder.path)
  }
}

/**
 * Takes the data folder for this process; the returned function gives it back. Held by the lock of a small SQLite
 * file, so the end of the process, however it comes, gives it back as well. Throws `in-use` with the other's pid.
 */
export function lockFolder(folder: DataFolder): () => void {
  const pidFile = join(folder.path, 'moltbot.pid')
  let lock: Database.Database | undefined
  try {
    lock = new Database(join(folder.path, 'moltbot.lock'), { timeout: 0 })
    lock.pragma('journal_mode = MEMORY')
    lock.exec('BEGIN EXCLUSIVE')
    chmodSync(join(folder.path, 'moltbot.lock'), 0o600)
    writeFileSync(pidFile, String(process.pid), { mode: 0o600 })
  } catch (error) {
    lock?.close()
    if (codeOf(error).startsWith('SQLITE_BUSY')) {
      const pid = existsSync(pidFile) ? readFileSync(pidFile, 'utf8') : 'unknown'
      throw new StoreError(
        'in-use',
        `the data folder ${folder.path} is in use by another Moltbot (process ${pid})`,
        {
          cause: error,
        },
      )
    }
    throw storeError(error, folder.path)
  }
  const held = lock
  return () => held.close()
}

/** The backups of the folder, newest first. Those of a clock that ran ahead of `nowMs` stand last. */
export function listBackups(folder: DataFolder, nowMs = Date.now()): Backup[] {
  if (!existsSync(folder.backups)) return []
  return readdirSync(folder.backups)
    .filter((name) => name.endsWith('.db'))
    .flatMap((name) => readBackup(join(folder.backups, name)) ?? [])
    .toSorted((a, b) => Number(a.madeAtMs > nowMs) - Number(b.madeAtMs > nowMs) || b.madeAtMs - a.madeAtMs)
}

/** The name of a backup that is made now. */
export function backupName(kind: 'automatic' | 'ordered', nowMs: number): string {
  const time = new Date(nowMs).toISOString().replaceAll(/[:.]/gu, '-')
  return `moltbot-${kind === 'automatic' ? 'auto-' : ''}${time}.db`
}

/**
 * The name tells when it was made, also where the file was copied since; a name that does not tell leaves the file's
 * time. Undefined for what is no file.
 */
function readBackup(file: string): Backup | undefined {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found?.isFile() !== true) return undefined
  const name = basename(file)
  const [, auto, date, hour, minute, rest] =
    /^moltbot-(auto-)?(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d-\d{3})Z\.db$/u.exec(name) ?? []
  const named = Date.parse(`${date}${hour}:${minute}:${rest?.replace('-', '.')}Z`)
  const madeAtMs = Number.isNaN(named) ? found.mtimeMs : named
  if (name.startsWith('moltbot-before-schema-')) return { file, kind: 'schema', madeAtMs }
  return { file, kind: auto === undefined ? 'ordered' : 'automatic', madeAtMs }
}

const faultsByCode: readonly (readonly [prefix: string, fault: Fault, remedy: string])[] = [
  ['SQLITE_FULL', 'disk-full', 'free some space on its disk'],
  ['SQLITE_IOERR_SHMSIZE', 'disk-full', 'free some space on its disk'],
  ['ENOSPC', 'disk-full', 'free some space on its disk'],
  ['EDQUOT', 'disk-full', 'free some space, or raise the quota'],
  ['SQLITE_READONLY', 'read-only', 'make it writable, or set MOLTBOT_DATA to a folder that is'],
  ['SQLITE_CANTOPEN', 'read-only', 'make it writable, or set MOLTBOT_DATA to a folder that is'],
  ['EROFS', 'read-only', 'make it writable, or set MOLTBOT_DATA to a folder that is'],
  ['EACCES', 'read-only', 'make it writable, or set MOLTBOT_DATA to a folder that is'],
  ['EPERM', 'read-only', 'make it writable, or set MOLTBOT_DATA to a folder that is'],
  ['ENOTDIR', 'read-only', 'set MOLTBOT_DATA to a folder'],
  ['EEXIST', 'read-only', 'set MOLTBOT_DATA to a folder'],
  ['SQLITE_CORRUPT', 'corrupt', 'restore a backup: moltbot restore'],
  ['SQLITE_NOTADB', 'corrupt', 'restore a backup: moltbot restore'],
  ['SQLITE_BUSY', 'in-use', 'stop the other process that has it open'],
]

/** What SQLite or the file system reported, as a StoreError that names the place and the remedy. */
export function storeError(error: unknown, place: string): FaultError {
  if (error instanceof FaultError) return error
  const code = codeOf(error)
  const [, fault, remedy] = faultsByCode.find(([prefix]) => code.startsWith(prefix)) ?? [
    code,
    'internal',
    'see the log',
  ]
  return new StoreError(fault, `${place}: ${messageOf(error)} (${code || 'no code'}); ${remedy}`, {
    cause: error,
  })
}

/** What was thrown, in a form that can be posted from one thread to another; `storeError` reads it there. */
export function plainError(error: unknown): PlainError {
  return {
    message: messageOf(error),
    code: codeOf(error),
    ...(error instanceof FaultError ? { fault: error.fault } : {}),
  }
}

/** The error that another thread posted. */
export function revived({ message, code, fault }: PlainError): Error {
  return fault === undefined ? Object.assign(new Error(message), { code }) : new StoreError(fault, message)
}

/** An error as it passes between threads. */
export type PlainError = { readonly message: string; readonly code: string; readonly fault?: Fault }

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}
