import { fork } from 'node:child_process'
import { once } from 'node:events'
import { SourceError } from '../errors.ts'
import { createGate, type Gate } from '../gate.ts'
import type { Reading } from '../source.ts'
import { stoppedBy } from './broken.ts'
import type { Origin } from './entries.ts'
import type { PdfText } from './pdf.ts'

/** What a text turned out to be. `feeds` are the addresses that a web page names as its feeds, as it writes them. */
export type Parsed =
  | { readonly kind: 'feed'; readonly reading: Reading }
  | { readonly kind: 'page'; readonly feeds: readonly string[] }
  | { readonly kind: 'neither' }

/** What the process is to read. */
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
  /** The most that the process may take to start, before the time of the text counts. Default 10,000. */
  readonly startMs?: number
  /** The most memory that the process may take, in MiB: of some 100 of its own it shares the half. Default 224. */
  readonly maxMib?: number
}

/**
 * Makes a parse that reads each text in a process of its own, with no environment, and ends it with the text: when it is
 * read, when its time is over, or when it has taken its memory.
 */
export function createParse(options: ParseOptions = {}): Parse {
  const gate = createGate(mostFeeds)
  return (text, origin, signal) => {
    const bounds = { timeoutMs: 2_000, ...options, place: origin.place, signal }
    return inProcess<Parsed>({ kind: 'feed', text, origin }, bounds, gate)
  }
}

/** Makes the reader of PDFs, in a process as that of feeds; one at a time, for a hostile one may take all that it gets. */
export function createReadPdf(options: ParseOptions = {}): ReadPdf {
  const gate = createGate(1)
  return async (bytes, name, mostChars, signal) => {
    const bounds = { timeoutMs: 10_000, ...options, place: name, signal }
    // A Buffer would arrive as one, which the library refuses.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const read = await inProcess<PdfText>({ kind: 'pdf', bytes: plain, mostChars }, bounds, gate)
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

/** So many feeds are read at a time: each may take the memory of a process. */
const mostFeeds = 2

type Bounds = Omit<ParseOptions, 'timeoutMs'> & {
  readonly timeoutMs: number
  readonly place: string
  readonly signal: AbortSignal
}

async function inProcess<Answer>(order: Order, bounds: Bounds, gate: Gate): Promise<Answer> {
  const leave = await gate.enter()
  try {
    return await readApart<Answer>(order, bounds)
  } finally {
    leave()
  }
}

/**
 * A worker thread would not do: where one asks at once for more than its heap may have, V8 ends the whole program. With a
 * limit of 96 MB a PDF of 32 KB did so; with a higher one it takes its memory before it is seen.
 */
async function readApart<Answer>(order: Order, bounds: Bounds): Promise<Answer> {
  const { timeoutMs, startMs = 10_000, maxMib = 224, place, signal } = bounds
  if (signal.aborted) throw stoppedBy(signal, place)
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const reader = fork(new URL('./parser-process.ts', import.meta.url), [String(maxMib * 2 ** 20)], {
    // Dates without a zone are read in ours.
    env: { TZ: Intl.DateTimeFormat().resolvedOptions().timeZone },
    // V8 tidies up late where it is not told that there is little room.
    execArgv: [`--max-old-space-size=${maxMib / 2}`, '--max-semi-space-size=8'],
    serialization: 'advanced',
    stdio: 'ignore',
  })
  const late = (): void => {
    reject(new SourceError('timeout', `${place} takes too long to read; it may be broken or hostile.`))
  }
  const stop = (): void => reject(stoppedBy(signal, place))
  let timer = setTimeout(late, startMs)
  signal.addEventListener('abort', stop, { once: true })
  reader.on('message', (message: 'ready' | Answer) => {
    if (message !== 'ready') return resolve(message)
    clearTimeout(timer)
    timer = setTimeout(late, timeoutMs)
  })
  reader.on('error', (error) => reject(broken(error, place)))
  // What ends it is its own watch, V8, or the system: each for its memory.
  reader.on('exit', (code, ended) => reject(ended === null ? broken(code, place) : tooLarge(place)))
  try {
    // Where the program may open no more files, there is nothing to send to; the error comes a moment later.
    if (reader.connected) reader.send(order)
    return await promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    const ended = reader.pid === undefined || reader.exitCode !== null || reader.signalCode !== null
    if (reader.kill('SIGKILL') && !ended) await once(reader, 'exit')
  }
}

function broken(cause: unknown, place: string): SourceError {
  return new SourceError('unreadable', `${place} could not be read.`, { cause })
}

function tooLarge(place: string): SourceError {
  return new SourceError('too-long', `${place} takes too much memory to read; it may be broken or hostile.`)
}
