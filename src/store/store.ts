import Database from 'better-sqlite3'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { StoreError, type Fault, type FaultError } from '../errors.ts'
import { openGlimpse } from './degraded.ts'
import { dataFolder, lockFolder, prepareFolder, storeError, type DataFolder } from './folder.ts'
import { prepareDatabase } from './schema.ts'
import type { WriteAnswer, WriteOrder } from './writer.ts'
import { createReads, type Reads, type Write, type Writes } from './writes.ts'

/** The door to the rows. */
export type Store = {
  readonly folder: DataFolder
  /** Why nothing can be written just now, if that is so; reading still works then. */
  readonly trouble: () => FaultError | undefined
  readonly read: Reads
  /** Makes one change; resolves with its result once it is committed to disk. Throws a StoreError if it is not. */
  readonly write: <Name extends keyof Writes>(
    name: Name,
    ...args: Parameters<Writes[Name]>
  ) => Promise<ReturnType<Writes[Name]>>
  /** Makes several changes in one transaction: all or none. Resolves with their results in order. */
  readonly writeAll: (writes: readonly Write[]) => Promise<readonly unknown[]>
  /** Finishes what was ordered, folds the log into the database, gives the folder back. */
  readonly close: () => Promise<void>
}

/**
 * Takes the data folder at `path` for this process, checks and migrates the database and starts the writer thread.
 * Where the folder cannot be written (`read-only`, `disk-full`) but holds a database, that can be read, and every
 * write throws the reason. Throws a StoreError that says what is wrong and what to do: `in-use`, `corrupt`, …
 */
export async function openStore(path: string): Promise<Store> {
  const folder = dataFolder(path)
  try {
    return await openForWriting(folder)
  } catch (error) {
    const trouble = storeError(error, folder.path)
    if (trouble.fault !== 'read-only' && trouble.fault !== 'disk-full') throw trouble
    const { db, close } = openGlimpse(folder, trouble)
    const refuse = (): Promise<never> => Promise.reject(trouble)
    return {
      folder,
      trouble: () => trouble,
      read: createReads(db),
      write: refuse,
      writeAll: refuse,
      close: async () => close(),
    }
  }
}

async function openForWriting(folder: DataFolder): Promise<Store> {
  prepareFolder(folder)
  const unlock = lockFolder(folder)
  try {
    await prepareDatabase(folder)
    const writer = createWriter(folder)
    const db = new Database(folder.database, { readonly: true })
    return {
      folder,
      trouble: writer.trouble,
      read: createReads(db),
      write: async (name, ...args) => {
        const [result] = await writer.order([[name, ...args] as unknown as Write])
        return result as never
      },
      writeAll: (writes) => writer.order(writes),
      close: async () => {
        await writer.close()
        db.close()
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

type Writer = {
  readonly order: (writes: readonly Write[]) => Promise<readonly unknown[]>
  readonly trouble: () => FaultError | undefined
  readonly close: () => Promise<void>
}

type Waiter = {
  readonly resolve: (results: readonly unknown[]) => void
  readonly reject: (error: Error) => void
}

/** The faults of the disk and the thread; any other failure is that of one order, and says nothing of the next. */
const troubling: ReadonlySet<Fault> = new Set(['disk-full', 'read-only', 'corrupt', 'in-use'])

/**
 * The main thread's end of the writer. The thread begins with the first order, so who only looks things up does not
 * pay for it; one that ended is begun anew by the next.
 */
function createWriter({ database }: DataFolder): Writer {
  const waiting = new Map<number, Waiter>()
  let lastId = 0
  let worker: Worker | undefined
  let trouble: FaultError | undefined
  let isClosed = false

  const hear = (answers: readonly WriteAnswer[]): void => {
    for (const answer of answers) {
      const waiter = waiting.get(answer.id)
      waiting.delete(answer.id)
      if ('results' in answer) {
        trouble = undefined
        waiter?.resolve(answer.results)
      } else {
        const error = storeError(Object.assign(new Error(answer.error.message), answer.error), database)
        if (troubling.has(error.fault)) trouble = error
        waiter?.reject(error)
      }
    }
  }
  const end = (thread: Worker, cause: unknown): void => {
    // The exit of a thread that was given up says nothing of the one after it.
    if (thread !== worker) return
    worker = undefined
    if (waiting.size === 0) return
    const failure = storeError(cause, database)
    trouble = troubling.has(failure.fault)
      ? failure
      : new StoreError('internal', `the writer of ${database} has ended`, { cause })
    for (const waiter of waiting.values()) waiter.reject(trouble)
    waiting.clear()
  }
  const start = (): Worker => {
    const started = new Worker(new URL('./writer.ts', import.meta.url), {
      workerData: { file: database },
      execArgv: [],
    })
    started.on('error', (error) => end(started, error))
    started.on('exit', (code) => end(started, new Error(`exit ${code}`)))
    return started.on('message', hear)
  }
  return {
    trouble: () => trouble,
    order: (writes) =>
      new Promise((resolve, reject) => {
        // A thread begun now would write to a folder that is no longer ours.
        if (isClosed) return reject(new StoreError('cancelled', `${database} is closed`))
        worker ??= start()
        const id = ++lastId
        waiting.set(id, { resolve, reject })
        worker.postMessage({ id, writes } satisfies WriteOrder)
      }),
    close: async () => {
      isClosed = true
      if (worker === undefined) return
      const ended = once(worker, 'exit')
      worker.postMessage('close')
      await ended
    },
  }
}
