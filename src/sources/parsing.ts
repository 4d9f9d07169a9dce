import { Worker } from 'node:worker_threads'
import { SourceError } from '../errors.ts'
import type { Reading } from '../source.ts'
import { stoppedBy } from './broken.ts'
import type { Origin } from './entries.ts'

/** What a text turned out to be. `feeds` are the addresses that a web page names as its feeds, as it writes them. */
export type Parsed =
  | { readonly kind: 'feed'; readonly reading: Reading }
  | { readonly kind: 'page'; readonly feeds: readonly string[] }
  | { readonly kind: 'neither' }

/** Reads a text as a feed. Throws a SourceError: `timeout` or `too-long` when the text asks too much, `cancelled`. */
export type Parse = (text: string, origin: Origin, signal: AbortSignal) => Promise<Parsed>

export type ParseOptions = {
  /** The most that reading one text may take. Default 2,000. */
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
  const { timeoutMs = 2_000, startMs = 10_000, maxHeapMb = 256 } = options
  return async (text, origin, signal) => {
    if (signal.aborted) throw stoppedBy(signal, origin.place)
    const { promise, resolve, reject } = Promise.withResolvers<Parsed>()
    const resourceLimits = { maxOldGenerationSizeMb: maxHeapMb, maxYoungGenerationSizeMb: 32 }
    const worker = new Worker(new URL('./parser.ts', import.meta.url), {
      env: {},
      execArgv: [],
      resourceLimits,
    })
    const late = (): void => {
      reject(
        new SourceError('timeout', `${origin.place} takes too long to read; it may be broken or hostile.`),
      )
    }
    const stop = (): void => reject(stoppedBy(signal, origin.place))
    let timer = setTimeout(late, startMs)
    signal.addEventListener('abort', stop, { once: true })
    worker.on('message', (message: 'ready' | Parsed) => {
      if (message !== 'ready') return resolve(message)
      clearTimeout(timer)
      timer = setTimeout(late, timeoutMs)
      worker.postMessage({ text, origin }, [])
    })
    worker.on('error', (error) => reject(broken(error, origin)))
    worker.on('exit', () => reject(broken(new Error('the reader ended without an answer'), origin)))
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      await worker.terminate()
    }
  }
}

function broken(error: unknown, origin: Origin): SourceError {
  const full = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
  if (full) {
    const text = `${origin.place} takes too much memory to read; it may be broken or hostile.`
    return new SourceError('too-long', text, { cause: error })
  }
  return new SourceError('unreadable', `${origin.place} could not be read.`, { cause: error })
}
