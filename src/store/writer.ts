import Database from 'better-sqlite3'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { releaseBallast } from './ballast.ts'
import { plainError, storeError, type PlainError } from './folder.ts'
import { createWrites, type Write } from './writes.ts'

/**
 * What the thread is started with. After `idleMs` without orders the log is folded into the database. `mostPages`
 * bounds the file, in pages of 4 KiB; what the ballast held comes on top of it once that is given up.
 */
export type WriterData = {
  readonly file: string
  readonly ballast: string
  readonly idleMs: number
  readonly mostPages?: number
}

/** What the main thread asks: changes that are made together or not at all. */
export type WriteOrder = { readonly id: number; readonly writes: readonly Write[] }

/** What became of an order, told after its commit. */
export type WriteAnswer =
  | { readonly id: number; readonly results: readonly unknown[] }
  | { readonly id: number; readonly error: PlainError }

/** What the thread posts after each commit. `hasGivenUpBallast`: the disk was full, and the reserve was used for it. */
export type WriteReport = { readonly answers: readonly WriteAnswer[]; readonly hasGivenUpBallast: boolean }

/** Pages in the log, of 4 KiB, after which it is folded into the database. */
const checkpointPages = 1_000
const busyTimeoutMs = 1_000
const pageBytes = 4_096

/**
 * The writer thread: the only place that changes the database. Orders that arrive while a commit is under way share
 * the next one (group commit). Where one fails, all are done anew, each in a savepoint of its own, so that it takes no
 * other with it.
 */
function serve(port: NonNullable<typeof parentPort>, data: WriterData): void {
  const { file, ballast, idleMs, mostPages } = data
  let hasGivenUpBallast = false
  const db = openDatabase(file, () => (hasGivenUpBallast = releaseBallast(ballast) > 0))
  if (mostPages !== undefined) db.pragma(`max_page_count = ${mostPages}`)
  const writes = createWrites(db)
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const mark = db.prepare('SAVEPOINT one')
  const keep = db.prepare('RELEASE one')
  const undo = db.prepare('ROLLBACK TO one')

  const perform = (wanted: readonly Write[]): readonly unknown[] =>
    wanted.map(([name, ...args]) => (writes[name] as (...args: readonly unknown[]) => unknown)(...args))

  const carryOut = ({ id, writes: wanted }: WriteOrder): WriteAnswer => {
    mark.run()
    try {
      const results = perform(wanted)
      keep.run()
      return { id, results }
    } catch (error) {
      // A full disk ends the whole transaction by itself; then there is no savepoint left to go back to.
      if (db.inTransaction) {
        undo.run()
        keep.run()
      }
      return { id, error: plainError(error) }
    }
  }

  /** As it mostly goes: nothing fails, and no savepoint is paid for. Undefined: something did, and nothing is kept. */
  const commitQuickly = (orders: readonly WriteOrder[]): WriteAnswer[] | undefined => {
    try {
      begin.run()
      const answers = orders.map(({ id, writes: wanted }) => ({ id, results: perform(wanted) }))
      commit.run()
      return answers
    } catch {
      if (db.inTransaction) db.exec('ROLLBACK')
      return undefined
    }
  }

  const commitGroup = (orders: readonly WriteOrder[]): WriteAnswer[] => {
    try {
      begin.run()
      const answers: WriteAnswer[] = []
      for (const order of orders) {
        const answer = carryOut(order)
        if (!db.inTransaction)
          throw Object.assign(new Error('the transaction was ended by SQLite'), codeIn(answer))
        answers.push(answer)
      }
      commit.run()
      return answers
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK')
      return orders.map(({ id }) => ({ id, error: plainError(error) }))
    }
  }

  const giveUpBallast = (): boolean => {
    const bytes = releaseBallast(ballast)
    if (bytes === 0) return false
    hasGivenUpBallast = true
    if (mostPages !== undefined) db.pragma(`max_page_count = ${mostPages + Math.floor(bytes / pageBytes)}`)
    return true
  }

  /** What a full disk refused is done once more without the ballast. */
  const carryOutAll = (orders: readonly WriteOrder[]): WriteReport => {
    const answers = commitQuickly(orders) ?? commitGroup(orders)
    if (answers.some(isRefusedForRoom) && giveUpBallast()) {
      const refused = new Set(answers.filter(isRefusedForRoom).map(({ id }) => id))
      const again = commitGroup(orders.filter(({ id }) => refused.has(id)))
      answers.splice(0, answers.length, ...answers.filter(({ id }) => !refused.has(id)), ...again)
    }
    const report = { answers, hasGivenUpBallast }
    hasGivenUpBallast = false
    return report
  }

  const foldLog = (): void => {
    try {
      db.pragma('wal_checkpoint(TRUNCATE)')
    } catch {
      // The rows are in the log, which is as good; a disk that is full is told by the next write, to who wants it.
    }
  }
  /** Waits for no reader: while there is one, the log is folded in some other time. */
  const foldIdleLog = (): void => {
    db.pragma('busy_timeout = 0')
    foldLog()
    db.pragma(`busy_timeout = ${busyTimeoutMs}`)
  }
  let idle: NodeJS.Timeout | undefined

  port.on('message', (first: readonly WriteOrder[] | 'close') => {
    const orders: WriteOrder[] = []
    for (let next: readonly WriteOrder[] | 'close' | undefined = first; next !== undefined;) {
      if (next === 'close') {
        if (orders.length > 0) port.postMessage(carryOutAll(orders))
        clearTimeout(idle)
        foldLog()
        db.close()
        port.close()
        return
      }
      orders.push(...next)
      next = receiveMessageOnPort(port)?.message
    }
    port.postMessage(carryOutAll(orders))
    if (idle === undefined) idle = setTimeout(foldIdleLog, idleMs)
    else idle.refresh()
  })
}

function openDatabase(file: string, makeRoom: () => boolean): Database.Database {
  // Nobody else writes to a folder that is locked; who does all the same is not waited for long.
  const db = new Database(file, { timeout: busyTimeoutMs })
  try {
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma(`wal_autocheckpoint = ${checkpointPages}`)
    db.pragma('foreign_keys = ON')
    return db
  } catch (error) {
    db.close()
    if (!isDiskFull(error) || !makeRoom()) throw error
    return openDatabase(file, () => false)
  }
}

const isDiskFull = (error: unknown): boolean => storeError(error, '').fault === 'disk-full'

const isRefusedForRoom = (answer: WriteAnswer): boolean => 'error' in answer && isDiskFull(answer.error)

function codeIn(answer: WriteAnswer): { code: string } {
  return { code: 'error' in answer ? answer.error.code : '' }
}

if (parentPort !== null) serve(parentPort, workerData)
