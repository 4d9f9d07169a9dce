import { constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SourceError } from '../errors.ts'
import { sourceWords } from '../words-sources.ts'
import { inBoth } from '../words.ts'
import type { Item, Reading, Source } from '../source.ts'
import { stoppedBy } from './broken.ts'
import { decode } from './decode.ts'
import { maxTitleChars } from './entries.ts'
import { readMailbox } from './mailbox.ts'
import type { Parse } from './parsing.ts'
import { tidy } from './plain.ts'
import { readTranscript } from './transcript.ts'

export type FileOptions = {
  readonly parse: Parse
  /** What relative paths are relative to. Default: the folder in which the program was started. */
  readonly cwd?: string
  /** What `~` stands for. Default: the home of the user who runs the program. */
  readonly home?: string
  /** The largest file that is read. Default 5,000,000. */
  readonly maxBytes?: number
}

/**
 * Makes the source of local files: text and Markdown, transcripts (.vtt, .srt), mailboxes (.mbox, .eml), and feeds
 * that were saved. Only for those who may reach this machine.
 */
export function createFile(options: FileOptions): Source {
  const { parse, maxBytes = 5_000_000 } = options
  return {
    name: 'file',
    // A single letter and a colon is a drive, two and more are the scheme of an address.
    fits: (from) =>
      /^file:/iu.test(from.trim()) || (from.trim() !== '' && !/^[a-z][a-z\d+.-]+:/iu.test(from.trim())),
    read: async (from, rights, signal) => {
      if (!rights.private) {
        throw new SourceError(
          'refused',
          inBoth(sourceWords, (words) => words.ownersFiles),
        )
      }
      const path = pathOf(from.trim(), options.cwd ?? process.cwd(), options.home ?? homedir())
      const bytes = await readBytes(path, maxBytes)
      if (signal.aborted) throw stoppedBy(signal, path)
      const name = tidy(basename(path), maxTitleChars, 'one')
      const kind = extname(path).toLowerCase()
      if (isMailbox(kind, bytes)) return { title: name, items: readMailbox(bytes, path) }
      if (!looksUtf16(bytes) && bytes.includes(0)) {
        throw new SourceError(
          'unreadable',
          `${path} is not text; save it as text, Markdown, a transcript, a mailbox or a feed.`,
        )
      }
      const text = decode(bytes)
      if (kind === '.vtt' || kind === '.srt' || /^WEBVTT\b/u.test(text)) return transcript(path, name, text)
      if (!/^\.(?:txt|md|markdown|log)$/u.test(kind) && /^\s*[<{]/u.test(text))
        return feed(path, name, text, parse, signal)
      return {
        title: name,
        items: [{ id: path, title: headingOf(text) || name, text: tidy(text, maxBytes, 'keep'), link: path }],
      }
    },
  }
}

function pathOf(from: string, cwd: string, home: string): string {
  if (/^file:/iu.test(from)) {
    try {
      return fileURLToPath(from)
    } catch (error) {
      const text = `${from.slice(0, 200)} is no file of this machine; write it as file:///folder/name.`
      throw new SourceError('bad-request', text, { cause: error })
    }
  }
  return /^~(?:[/\\]|$)/u.test(from) ? join(home, from.slice(1)) : resolve(cwd, from)
}

async function readBytes(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    // Asked before it is opened: opening a pipe waits for whoever writes to it.
    const about = await stat(path)
    if (about.isDirectory()) throw new SourceError('unsupported', `${path} is a folder; name one file in it.`)
    if (!about.isFile()) throw new SourceError('unsupported', `${path} is a device or a pipe; name a file.`)
    const tooLong = `${path} is larger than ${maxBytes} bytes; name a smaller file or a part of it.`
    if (about.size > maxBytes) throw new SourceError('too-long', tooLong)
    await using file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    const chunks: Buffer[] = []
    let size = 0
    // The size of some files (/proc) is not known before they are read.
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(65_536), 0, 65_536, null)
      if (bytesRead === 0) return Buffer.concat(chunks)
      size += bytesRead
      if (size > maxBytes) throw new SourceError('too-long', tooLong)
      chunks.push(buffer.subarray(0, bytesRead))
    }
  } catch (error) {
    throw error instanceof SourceError ? error : unopened(path, error)
  }
}

function unopened(path: string, error: unknown): SourceError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const cause = { cause: error }
  if (
    code === 'ENOENT' ||
    code === 'ENOTDIR' ||
    code === 'ENAMETOOLONG' ||
    code === 'ERR_INVALID_ARG_VALUE'
  ) {
    const text = `there is no file ${path.slice(0, 300)}; check the name, and write https:// in front of a web address.`
    return new SourceError('missing', text, cause)
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new SourceError(
      'refused',
      `${path} may not be read by the user who runs Moltbot; change its rights.`,
      cause,
    )
  }
  return new SourceError('unreadable', `${path} could not be read (${code}).`, cause)
}

function transcript(path: string, name: string, text: string): Reading {
  const read = readTranscript(text)
  if (read === undefined) {
    throw new SourceError(
      'unreadable',
      `${path} holds no cues of a transcript; rename it to .txt to read it as text.`,
    )
  }
  const title = read.title || name
  return { title, items: [{ id: path, title, text: read.text, link: path }] }
}

async function feed(
  path: string,
  name: string,
  text: string,
  parse: Parse,
  signal: AbortSignal,
): Promise<Reading> {
  const parsed = await parse(text, { place: path }, signal)
  if (parsed.kind === 'feed') return { title: parsed.reading.title || name, items: parsed.reading.items }
  const what = parsed.kind === 'page' ? 'a web page' : 'no feed'
  throw new SourceError('unreadable', `${path} is ${what}; name a feed, or save its words as text.`)
}

/** The first heading of a Markdown text, if it begins with one. */
function headingOf(text: string): Item['title'] {
  return tidy(/^\s*#{1,6}[ \t]+(\S[^\n]*)/u.exec(text.slice(0, 2_000))?.[1] ?? '', maxTitleChars, 'one')
}

/** By its ending; the mailboxes of some programs have none. */
function isMailbox(kind: string, bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 200)).toString('latin1')
  return (
    kind === '.mbox' || kind === '.eml' || (kind === '' && /^From \S+ [^\n]*\d\d:\d\d[^\n]*\d{4}/u.test(head))
  )
}

function looksUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
}
