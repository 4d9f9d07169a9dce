import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { StoreError } from '../errors.ts'
import type { CopyAnswer, CopyOrder } from './copier.ts'
import {
  backupName,
  listBackups,
  lockFolder,
  prepareFolder,
  revived,
  storeError,
  type Backup,
  type DataFolder,
} from './folder.ts'
import { checkCopy, checkDatabase, findGood, removePart } from './schema.ts'

/** What else must be free on the disk beside the copy, so that a backup is not what fills it. */
const spareBytes = 32 * 2 ** 20
/** What is left of a copy that was cut is removed after so long; a younger one may be another's, under way. */
const staleMs = 86_400_000

/** The backups that Moltbot makes by itself, and the files beside them. */
export type Backups = {
  /** All there are, newest first. */
  readonly list: () => readonly Backup[]
  /** Makes an automatic one. Returns its path once it has been checked. */
  readonly make: (signal: AbortSignal) => Promise<string>
  readonly remove: (backup: Backup) => void
}

/** The backups of a folder, as the upkeep needs them. */
export function createBackups(folder: DataFolder, now: () => number): Backups {
  return {
    list: () => listBackups(folder, now()),
    make: (signal) => backup(folder, { kind: 'automatic', nowMs: now(), signal }),
    remove: ({ file }) => rmSync(file, { force: true }),
  }
}

/**
 * Copies the database, also while a Moltbot works on it, in a thread of its own. Returns the path of the checked copy.
 * Throws `disk-full` before it begins where there is no room for it, and `cancelled` when the signal is aborted.
 */
export async function backup(
  folder: DataFolder,
  { kind, nowMs, signal }: { kind: 'automatic' | 'ordered'; nowMs: number; signal?: AbortSignal },
): Promise<string> {
  if (!existsSync(folder.database)) {
    throw new StoreError('bad-request', `there is nothing to back up: ${folder.database} does not exist`)
  }
  const file = join(folder.backups, backupName(kind, nowMs))
  try {
    removeStale(folder, nowMs)
    await checkRoom(folder)
    await copy({ database: folder.database, file }, signal)
    return file
  } catch (error) {
    if (signal?.aborted === true) throw new StoreError('cancelled', `the backup ${file} was stopped`)
    throw storeError(error, folder.backups)
  }
}

async function copy(order: CopyOrder, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  const { promise: answered, resolve, reject } = Promise.withResolvers<CopyAnswer>()
  const stop = (): void => reject(signal?.reason)
  signal?.addEventListener('abort', stop, { once: true })
  const worker = new Worker(new URL('./copier.ts', import.meta.url), { workerData: order, execArgv: [] })
  worker.on('message', resolve).on('error', reject)
  worker.on('exit', (code) => reject(new StoreError('internal', `the copier ended with ${code}`)))
  try {
    const { error } = await answered
    if (error !== null) throw revived(error)
  } finally {
    signal?.removeEventListener('abort', stop)
    await worker.terminate()
    removePart(order.file)
  }
}

async function checkRoom({ path, database }: DataFolder): Promise<void> {
  const bytes = [database, `${database}-wal`].map(
    (file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0,
  )
  const wanted = bytes.reduce((a, b) => a + b, spareBytes)
  const { bavail, bsize } = await statfs(path)
  const free = bavail * bsize
  if (free >= wanted) return
  const [needs, has] = [wanted, free].map((n) => `${Math.floor(n / 2 ** 20)} MiB`)
  throw new StoreError('disk-full', `no room for a backup of ${database}: it needs ${needs}, ${has} are free`)
}

function removeStale({ backups }: DataFolder, nowMs: number): void {
  if (!existsSync(backups)) return
  for (const name of readdirSync(backups)) {
    const file = join(backups, name)
    if (!/\.db\.part/u.test(name)) continue
    if (nowMs - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > staleMs)
      rmSync(file, { force: true })
  }
}

/** Which backup was taken, and which newer ones were not because they are damaged. */
export type Restored = { readonly file: string; readonly passedOver: readonly string[] }

/**
 * Puts a backup in the place of the database, after checking that it is a whole Moltbot database; without `from` the
 * newest that is. The old files are kept beside it with the ending `.replaced`. Throws `in-use` while a Moltbot runs on
 * the folder, and `corrupt` where no backup is whole.
 */
export function restore(folder: DataFolder, from?: string): Restored {
  prepareFolder(folder)
  const unlock = lockFolder(folder)
  try {
    const restored = from === undefined ? newestGood(folder) : { file: from, passedOver: [] }
    if (from !== undefined) checkDatabase(from)
    put(restored.file, folder)
    return restored
  } catch (error) {
    throw storeError(error, folder.path)
  } finally {
    unlock()
  }
}

function newestGood(folder: DataFolder): Restored {
  const { good, passedOver } = findGood(folder)
  if (good !== undefined) return { file: good, passedOver }
  if (passedOver.length === 0) throw new StoreError('bad-request', `there is no backup in ${folder.backups}`)
  throw new StoreError(
    'corrupt',
    `all ${passedOver.length} backups in ${folder.backups} are damaged; name a file`,
  )
}

/**
 * Copies first, so that a full disk leaves everything as it was. Only once the copy is whole are the old files moved, so
 * that `finishRestore` can do the rest where the program ends in between.
 */
function put(from: string, { database }: DataFolder): void {
  const part = `${database}.part`
  try {
    copyFileSync(from, part)
    chmodSync(part, 0o600)
    // A database that nobody closed, which is no backup of ours: its newest rows are in its log.
    if (existsSync(`${from}-wal`)) {
      copyFileSync(`${from}-wal`, `${part}-wal`)
      checkCopy(part)
    }
    const written = openSync(part, 'r+')
    fsyncSync(written)
    closeSync(written)
    renameSync(part, copyOf(database))
    // The log keeps to the name of its database: what was replaced can be restored as it was.
    for (const ending of ['', '-wal', '-shm']) {
      rmSync(`${database}.replaced${ending}`, { force: true })
      if (existsSync(database + ending)) renameSync(database + ending, `${database}.replaced${ending}`)
    }
    renameSync(copyOf(database), database)
  } finally {
    for (const ending of ['', '-wal', '-shm']) rmSync(part + ending, { force: true })
  }
}

const copyOf = (database: string): string => `${database}.restored`

/** Ends a restore that was cut after the old database was moved: without it, Moltbot would begin with an empty one. */
export function finishRestore({ database }: DataFolder): void {
  if (existsSync(database)) rmSync(copyOf(database), { force: true })
  else if (existsSync(copyOf(database))) renameSync(copyOf(database), database)
}
