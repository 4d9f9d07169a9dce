import Database from 'better-sqlite3'
import { parentPort, workerData } from 'node:worker_threads'
import { plainError, type PlainError } from './folder.ts'
import { copyTo } from './schema.ts'

/** What the thread is started with: the database, and the file to make. */
export type CopyOrder = { readonly database: string; readonly file: string }

/** What became of it: null where the copy is there, checked. */
export type CopyAnswer = { readonly error: PlainError | null }

/** Between two steps, in milliseconds: who writes meanwhile gets to the disk. */
const restMs = 2

/** The thread that copies the database, so that neither the copying nor the check holds up anybody else. */
async function serve(port: NonNullable<typeof parentPort>, { database, file }: CopyOrder): Promise<void> {
  const clock = new Int32Array(new SharedArrayBuffer(4))
  let answer: CopyAnswer = { error: null }
  try {
    const db = new Database(database, { readonly: true })
    try {
      await copyTo(db, file, () => void Atomics.wait(clock, 0, 0, restMs))
    } finally {
      db.close()
    }
  } catch (error) {
    answer = { error: plainError(error) }
  }
  port.postMessage(answer)
}

if (parentPort !== null) await serve(parentPort, workerData)
