import Database from 'better-sqlite3'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { StoreError, type Fault, type FaultError } from '../errors.ts'
import { finishRestore } from './backup.ts'
import { releaseBallast, restockBallast, usualBallastBytes, type Restocked } from './ballast.ts'
import { openGlimpse } from './degraded.ts'
import { dataFolder, lockFolder, prepareFolder, revived, storeError, type DataFolder } from './folder.ts'
import { prepareDatabase } from './schema.ts'
import type { WriteOrder, WriteReport, WriterData } from './writer.ts'
import { createReads, type Reads, type Write, type Writes } from './writes.ts'

/** The door to the rows. */
export type Store = {
  readonly folder: DataFolder
  /** Why nothing can be written just now, or not for long, if that is so; reading still works then. */
  readonly trouble: () => FaultError | undefined
  readonly read: Reads
  /** Makes one change; resolves with its result once it is committed to disk. Throws a StoreError if it is not. */
  readonly write: <Name extends keyof Writes>(
    name: Name,
    ...args: Parameters<Writes[Name]>
  ) => Promise<ReturnType<Writes[Name]>>
  /** Makes several changes in one transaction: all or none. Resolves with their results in order. */
  readonly writeAll: (writes: readonly Write[]) => Promise<readonly unknown[]>
  /** Sets some room on the disk aside, if that is not done; it is used where a write finds the disk full. */
  readonly restock: () => Promise<Restocked>
  /** Finishes what was ordered, folds the log into the database, gives the folder back. */
  readonly close: () => Promise<void>
}

/** How a store is opened where it is not as usual: how large its reserve is, when its log is folded in. */
export type StoreSizes = { readonly ballastBytes: number; readonly idleMs: number }

const usualSizes: StoreSizes = { ballastBytes: usualBallastBytes, idleMs: 5_000 }

/**
 * Takes the data folder at `path` for this process, checks and migrates the database and starts the writer thread.
 * Where the folder cannot be written (`read-only`, `disk-full`) but holds a database, that can be read, and every
 * write throws the reason. Throws a StoreError that says what is wrong and what to do: `in-use`, `corrupt`, …
 */
export async function openStore(path: string, sizes: Partial<StoreSizes> = {}): Promise<Store> {
  const folder = dataFolder(path)
  const open = (): Promise<Store> => openForWriting(folder, { ...usualSizes, ...sizes })
  try {
    return await open().catch((error: unknown) => {
      if (storeError(error, path).fault !== 'disk-full' || releaseBallast(folder.ballast) === 0) throw error
      return open()
    })
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
      restock: () => Promise.resolve('no-room'),
      close: async () => close(),
    }
  }
}

async function openForWriting(folder: DataFolder, { ballastBytes, idleMs }: StoreSizes): Promise<Store> {
  prepareFolder(folder)
  const unlock = lockFolder(folder)
  try {
    finishRestore(folder)
    await prepareDatabase(folder)
    const writer = createWriter({ file: folder.database, ballast: folder.ballast, idleMs })
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
      restock: async () => {
        const restocked = await restockBallast(folder.ballast, ballastBytes)
        writer.noteReserve(restocked !== 'used')
        return restocked
      },
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
  /** Told that the reserve is there, or in use. */
  readonly noteReserve: (isThere: boolean) => void
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
function createWriter(data: WriterData): Writer {
  const database = data.file
  const waiting = new Map<number, Waiter>()
  let lastId = 0
  let unsent: WriteOrder[] = []
  let worker: Worker | undefined
  let trouble: FaultError | undefined
  let reserve: FaultError | undefined
  let isClosed = false

  const noteReserve = (isThere: boolean): void => {
    const why = `${database}: the disk is full; the reserve is in use: free some space`
    reserve = isThere ? undefined : new StoreError('disk-full', why)
  }
  const hear = ({ answers, hasGivenUpBallast }: WriteReport): void => {
    if (hasGivenUpBallast) noteReserve(false)
    for (const answer of answers) {
      const waiter = waiting.get(answer.id)
      waiting.delete(answer.id)
      if ('results' in answer) {
        trouble = undefined
        waiter?.resolve(answer.results)
      } else {
        const error = storeError(revived(answer.error), database)
        if (troubling.has(error.fault)) trouble = error
        waiter?.reject(error)
      }
    }
  }
  const end = (thread: Worker, cause: unknown): void => {
    // The exit of a thread that was given up says nothing of the one after it.
    if (thread !== worker) return
    worker = undefined
    unsent = []
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
      workerData: data,
      execArgv: [],
    })
    started.on('error', (error) => end(started, error))
    started.on('exit', (code) => end(started, new Error(`exit ${code}`)))
    return started.on('message', hear)
  }
  const refuse = ({ id }: WriteOrder, error: unknown): void => {
    waiting.get(id)?.reject(error instanceof Error ? error : new Error(String(error)))
    waiting.delete(id)
  }
  /** What was ordered in one go is sent in one message: that costs both threads less. */
  const send = (): void => {
    const orders = unsent
    unsent = []
    if (orders.length === 0) return
    try {
      worker?.postMessage(orders)
    } catch (error) {
      // One holds what cannot go to another thread: each is sent by itself, so that only that one fails.
      if (orders.length === 1) return orders.forEach((order) => refuse(order, error))
      for (const order of orders) {
        unsent = [order]
        send()
      }
    }
  }
  return {
    trouble: () => trouble ?? reserve,
    noteReserve,
    order: (writes) =>
      new Promise((resolve, reject) => {
        // A thread begun now would write to a folder that is no longer ours.
        if (isClosed) return reject(new StoreError('cancelled', `${database} is closed`))
        worker ??= start()
        const id = ++lastId
        waiting.set(id, { resolve, reject })
        if (unsent.length === 0) process.nextTick(send)
        unsent.push({ id, writes })
      }),
    close: async () => {
      isClosed = true
      send()
      if (worker === undefined) return
      const ended = once(worker, 'exit')
      worker.postMessage('close')
      await ended
    },
  }
}
