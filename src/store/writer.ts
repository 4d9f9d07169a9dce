import Database from 'better-sqlite3'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { createWrites, type Write } from './writes.ts'

/** What the thread is started with. `mostPages` bounds the file, in pages of 4 KiB. */
type WriterData = { readonly file: string; readonly mostPages?: number }

/** What the main thread asks: changes that are made together or not at all. */
export type WriteOrder = { readonly id: number; readonly writes: readonly Write[] }

/** What became of an order, told after its commit. */
export type WriteAnswer =
  | { readonly id: number; readonly results: readonly unknown[] }
  | { readonly id: number; readonly error: { readonly message: string; readonly code: string } }

/**
 * The writer thread: the only place that changes the database. Orders that arrive while a commit is under way share
 * the next one (group commit); each stands in a savepoint of its own, so one that fails takes no other with it.
 */
function serve(port: NonNullable<typeof parentPort>, { file, mostPages }: WriterData): void {
  // Nobody else writes to a folder that is locked; who does all the same is not waited for long.
  const db = new Database(file, { timeout: 1_000 })
  if (mostPages !== undefined) db.pragma(`max_page_count = ${mostPages}`)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('foreign_keys = ON')
  const writes = createWrites(db)
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const mark = db.prepare('SAVEPOINT one')
  const keep = db.prepare('RELEASE one')
  const undo = db.prepare('ROLLBACK TO one')

  const carryOut = ({ id, writes: wanted }: WriteOrder): WriteAnswer => {
    mark.run()
    try {
      const results = wanted.map(([name, ...args]) =>
        (writes[name] as (...args: readonly unknown[]) => unknown)(...args),
      )
      keep.run()
      return { id, results }
    } catch (error) {
      // A full disk ends the whole transaction by itself; then there is no savepoint left to go back to.
      if (db.inTransaction) {
        undo.run()
        keep.run()
      }
      return { id, error: plain(error) }
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
      return orders.map(({ id }) => ({ id, error: plain(error) }))
    }
  }

  port.on('message', (first: WriteOrder | 'close') => {
    const orders: WriteOrder[] = []
    for (let next: WriteOrder | 'close' | undefined = first; next !== undefined;) {
      if (next === 'close') {
        if (orders.length > 0) port.postMessage(commitGroup(orders))
        db.pragma('wal_checkpoint(TRUNCATE)')
        db.close()
        port.close()
        return
      }
      orders.push(next)
      next = receiveMessageOnPort(port)?.message
    }
    port.postMessage(commitGroup(orders))
  })
}

function plain(error: unknown): { message: string; code: string } {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  return { message: error instanceof Error ? error.message : String(error), code }
}

function codeIn(answer: WriteAnswer): { code: string } {
  return { code: 'error' in answer ? answer.error.code : '' }
}

if (parentPort !== null) serve(parentPort, workerData)
