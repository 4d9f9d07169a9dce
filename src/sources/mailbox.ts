import { faultOf } from '../errors.ts'
import type { Item } from '../source.ts'
import { charsetOf, decodeAs } from './decode.ts'
import { hashOf, maxItems, maxTextChars, maxTitleChars, readDate } from './entries.ts'
import { htmlToText, tidy } from './plain.ts'

/** A part of a message; `body` holds one character for each byte. */
type Part = { readonly headers: ReadonlyMap<string, string>; readonly body: string }

const maxMessages = 2_000
const maxParts = 100
const maxHeaderChars = 4_000
const maxDepth = 5

/**
 * The messages of a mailbox file (mbox, RFC 4155) or of one message (RFC 5322), newest first, each id once. The title
 * shows the address that sent it and never the name, which anyone can choose. Attachments are not read. A message
 * without an id of its own is linked to `path`, the file.
 */
export function readMailbox(bytes: Uint8Array, path: string): Item[] {
  const file = Buffer.from(bytes).toString('latin1').replace(/\r\n?/gu, '\n')
  const messages = /^From \S/u.test(file) ? splitMbox(file) : [file]
  // The newest stand last in a mailbox, and every message costs time.
  const items = messages.slice(-maxMessages).map((message) => toItem(message, path))
  items.sort((a, b) => (b.atMs ?? -Infinity) - (a.atMs ?? -Infinity) || 0)
  return [...new Map(items.toReversed().map((item) => [item.id, item])).values()]
    .toReversed()
    .slice(0, maxItems)
}

function splitMbox(file: string): string[] {
  // A sentence may begin with From as well; what begins a message also tells the time and the year.
  const start = /\n\nFrom \S{1,320} [^\n]{0,40}\d\d:\d\d[^\n]{0,20}\b\d{4}\b[^\n]{0,40}\n/u
  const messages = `\n\n${file}`.split(start).filter((message) => message.trim() !== '')
  return messages.map((message) => message.replace(/^>(>*From )/gmu, '$1'))
}

function toItem(raw: string, path: string): Item {
  const message = readPart(raw)
  const subject =
    tidy(decodeWords(message.headers.get('subject') ?? ''), maxTitleChars, 'one') || '(no subject)'
  const messageId = /<([^<>\s]{1,400})>/u.exec(message.headers.get('message-id') ?? '')?.[1]
  const id = messageId ?? hashOf(raw)
  const link = messageId === undefined ? path : `mid:${encodeURI(messageId)}`
  const atMs = readDate(message.headers.get('date'))
  const text = tidy(textOf(message, 'plain', 0) ?? textOf(message, 'html', 0) ?? '', maxTextChars, 'keep')
  const title = `${subject} — ${senderOf(message.headers.get('from') ?? '')}`
  return { id, title, text, link, ...(atMs === undefined ? {} : { atMs }) }
}

function readPart(raw: string): Part {
  const end = raw.startsWith('\n') ? 0 : raw.indexOf('\n\n')
  const head = end === -1 ? raw : raw.slice(0, end)
  const headers = new Map<string, string>()
  for (const line of head
    .slice(0, 100_000)
    .replace(/\n[ \t]+/gu, ' ')
    .split('\n')) {
    const [, name, value = ''] = /^([!-9;-~]+)[ \t]*:(.*)$/u.exec(line) ?? []
    if (name !== undefined && !headers.has(name.toLowerCase()))
      headers.set(name.toLowerCase(), value.trim().slice(0, maxHeaderChars))
  }
  return { headers, body: end === -1 ? '' : raw.slice(end).replace(/^\n+/u, '') }
}

/** The address in a From header, also where the name in front of it looks like one. */
function senderOf(from: string): string {
  const unquoted = from.replace(/"(?:[^"\\]|\\.)*"/gu, '').replace(/\([^()]*\)/gu, '')
  const address = /<([^<>]*)>[^<>]*$/u.exec(unquoted)?.[1] ?? unquoted
  return tidy(decodeBytes(address), 200, 'one') || 'unknown sender'
}

/** The first text of this kind in a part or the parts within it; undefined if there is none. */
function textOf(part: Part, kind: 'plain' | 'html', depth: number): string | undefined {
  const type = part.headers.get('content-type') ?? 'text/plain'
  if (/^multipart\//iu.test(type)) {
    const [, quoted, bare] = /;\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))/iu.exec(type) ?? []
    const boundary = quoted ?? bare
    if (boundary === undefined || depth === maxDepth) return undefined
    const pieces = `\n${part.body}`.split(`\n--${boundary}`, maxParts).slice(1)
    for (const piece of pieces) {
      // Two dashes behind the boundary end the list; what follows is for nobody.
      if (piece.startsWith('--')) break
      const found = textOf(readPart(piece.replace(/^[^\n]*\n/u, '')), kind, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (
    !new RegExp(`^text/${kind}\\b`, 'iu').test(type) ||
    /^attachment/iu.test(part.headers.get('content-disposition') ?? '')
  ) {
    return undefined
  }
  const encoding = (part.headers.get('content-transfer-encoding') ?? '').toLowerCase()
  const text = decodeBytes(unwrap(part.body.slice(0, maxTextChars * 20), encoding), charsetOf(type))
  return kind === 'html' ? htmlToText(text) : text
}

/** Undoes a transfer encoding (RFC 2045). */
function unwrap(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('latin1')
  return encoding === 'quoted-printable' ? fromHex(body.replace(/=[ \t]*\n/gu, '')) : body
}

function fromHex(text: string): string {
  return text.replace(/=([\da-f]{2})/giu, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** Decodes the encoded words of a header (RFC 2047); one in an unknown charset stays as it is written. */
function decodeWords(value: string): string {
  const joined = decodeBytes(value).replace(/\?=\s+=\?/gu, '?==?')
  return joined.replace(
    /=\?([\w-]+)(?:\*[\w-]*)?\?([bq])\?([^?\s]*)\?=/giu,
    (_, charset: string, way: string, word: string) =>
      decodeBytes(
        way.toLowerCase() === 'b' ? unwrap(word, 'base64') : fromHex(word.replaceAll('_', ' ')),
        charset,
      ),
  )
}

/** Text of one character for each byte, read in its charset; without one it is UTF-8, or Windows-1252 if it cannot be. */
function decodeBytes(text: string, charset?: string): string {
  const bytes = Buffer.from(text, 'latin1')
  try {
    if (charset !== undefined) return decodeAs(charset, bytes)
    const utf8 = decodeAs('utf-8', bytes)
    return utf8.includes('\uFFFD') ? decodeAs('windows-1252', bytes) : utf8
  } catch (error) {
    if (faultOf(error) === 'unreadable') return `(text in the unknown charset ${charset?.slice(0, 40)})`
    throw error
  }
}
