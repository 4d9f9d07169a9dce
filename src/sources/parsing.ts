import { Worker } from 'node:worker_threads'
import { SourceError } from '../errors.ts'
import { createGate } from '../gate.ts'
import type { Reading } from '../source.ts'
import { stoppedBy } from './broken.ts'
import type { Origin } from './entries.ts'
import type { PdfText } from './pdf.ts'

/** What a text turned out to be. `feeds` are the addresses that a web page names as its feeds, as it writes them. */
export type Parsed =
  | { readonly kind: 'feed'; readonly reading: Reading }
  | { readonly kind: 'page'; readonly feeds: readonly string[] }
  | { readonly kind: 'neither' }

/** What the worker is to read. */
export type Order =
  | { readonly kind: 'feed'; readonly text: string; readonly origin: Origin }
  | { readonly kind: 'pdf'; readonly bytes: Uint8Array; readonly mostChars: number }

/** Reads a text as a feed. Throws a SourceError: `timeout` or `too-long` when the text asks too much, `cancelled`. */
export type Parse = (text: string, origin: Origin, signal: AbortSignal) => Promise<Parsed>

/**
 * The words of a PDF, at most `mostChars`; `name` is for errors. Throws a SourceError: `unreadable`, `unsupported` where
 * it is locked or holds no words, `timeout` or `too-long` when it asks too much, `cancelled`.
 */
export type ReadPdf = (
  bytes: Uint8Array,
  name: string,
  mostChars: number,
  signal: AbortSignal,
) => Promise<string>

export type ParseOptions = {
  /** The most that reading one text may take. Default 2,000; 10,000 for a PDF. */
  readonly timeoutMs?: number
  /** The most that the worker may take to start, before the time of the text counts. Default 10,000. */
  readonly startMs?: number
  /** The most memory that reading one text may take, in megabytes. Default 256. */
  readonly maxHeapMb?: number
}

/**
 * Makes a parse that reads each text in a worker thread of its own, with no environment, and ends it with the text:
 * when it is read, when its time is over, or when it has taken its memory.
 */
export function createParse(options: ParseOptions = {}): Parse {
  return (text, origin, signal) =>
    inWorker<Parsed>(
      { kind: 'feed', text, origin },
      { timeoutMs: 2_000, ...options, place: origin.place, signal },
    )
}

/** Makes the reader of PDFs, in a worker as that of feeds; one at a time, for a hostile one may take all memory it gets. */
export function createReadPdf(options: ParseOptions = {}): ReadPdf {
  const gate = createGate(1)
  return async (bytes, name, mostChars, signal) => {
    const order: Order = { kind: 'pdf', bytes, mostChars }
    const bounds = { timeoutMs: 10_000, ...options, place: name, signal }
    const leave = await gate.enter()
    const read = await inWorker<PdfText>(order, bounds).finally(leave)
    if ('text' in read && read.text.trim() !== '') return read.text
    const why = 'text' in read ? 'empty' : read.fault
    throw new SourceError(why === 'broken' ? 'unreadable' : 'unsupported', `${name} ${unread[why]}`)
  }
}

const unread = {
  locked: 'is locked with a password; save it without one.',
  broken: 'is no PDF, or a broken one.',
  empty: 'holds no words; it may be a scan, which needs text recognition.',
}

/** How often the memory of a worker is looked at that the limits of its heap do not count: the bytes of a file. */
const lookEveryMs = 50

type Bounds = Omit<ParseOptions, 'timeoutMs'> & {
  readonly timeoutMs: number
  readonly place: string
  readonly signal: AbortSignal
}

async function inWorker<Answer>(order: Order, bounds: Bounds): Promise<Answer> {
  const { timeoutMs, startMs = 10_000, maxHeapMb = 256, place, signal } = bounds
  if (signal.aborted) throw stoppedBy(signal, place)
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const resourceLimits = { maxOldGenerationSizeMb: maxHeapMb, maxYoungGenerationSizeMb: 32 }
  const worker = new Worker(new URL('./parser.ts', import.meta.url), {
    env: {},
    execArgv: [],
    resourceLimits,
  })
  const late = (): void => {
    reject(new SourceError('timeout', `${place} takes too long to read; it may be broken or hostile.`))
  }
  const stop = (): void => reject(stoppedBy(signal, place))
  const look = async (): Promise<void> => {
    const { external_memory: bytes } = await worker.getHeapStatistics()
    if (bytes > maxHeapMb * 1_000_000) reject(tooLarge(place))
  }
  let timer = setTimeout(late, startMs)
  // A worker that has ended has no statistics.
  const watch = setInterval(() => void look().catch(() => undefined), lookEveryMs)
  signal.addEventListener('abort', stop, { once: true })
  worker.on('message', (message: 'ready' | Answer) => {
    if (message !== 'ready') return resolve(message)
    clearTimeout(timer)
    timer = setTimeout(late, timeoutMs)
    worker.postMessage(order, [])
  })
  worker.on('error', (error) => reject(broken(error, place)))
  worker.on('exit', () => reject(broken(new Error('the reader ended without an answer'), place)))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    clearInterval(watch)
    signal.removeEventListener('abort', stop)
    await worker.terminate()
  }
}

function broken(error: unknown, place: string): SourceError {
  const isFull = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
  if (isFull) return tooLarge(place, error)
  return new SourceError('unreadable', `${place} could not be read.`, { cause: error })
}

function tooLarge(place: string, cause?: unknown): SourceError {
  const text = `${place} takes too much memory to read; it may be broken or hostile.`
  return new SourceError('too-long', text, { cause })
}
