import { SourceError } from '../errors.ts'

type Decoder = { readonly decode: (bytes: Uint8Array) => string }

/**
 * The text of bytes, by the first of these that holds: byte order mark, charset of the content type, XML
 * declaration, meta element, UTF-8. Nothing is guessed: an unknown charset, and bytes that are not what they are
 * called, are `unreadable`.
 */
export function decode(bytes: Uint8Array, contentType = ''): string {
  const mark = markOf(bytes)
  if (mark !== undefined) return exactly(mark, bytes) ?? loosely(mark, bytes)
  const labels = [charsetOf(contentType), declaredIn(bytes)].filter((label) => label !== undefined)
  for (const label of [...labels, 'utf-8']) {
    const text = exactly(label, bytes)
    if (text !== undefined) return text
  }
  return loosely(labels[0], bytes)
}

/** The text of bytes in the charset `label`; what cannot be read there is replaced. `unreadable` if it is unknown. */
export function decodeAs(label: string, bytes: Uint8Array): string {
  return decoder(label, false).decode(bytes)
}

function exactly(label: string, bytes: Uint8Array): string | undefined {
  const strict = decoder(label, true)
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}

/** A few broken characters in a text whose charset is known cost those characters only. */
function loosely(label: string | undefined, bytes: Uint8Array): string {
  const text = label === undefined ? '' : decodeAs(label, bytes)
  const broken = text.split('\uFFFD').length - 1
  if (label !== undefined && broken * 100 <= text.length) return text
  const called = label === undefined ? 'UTF-8, and it names no other charset' : label
  throw new SourceError(
    'unreadable',
    `the text is not ${called}; its owner must name the charset that it is in.`,
  )
}

function decoder(label: string, fatal: boolean): Decoder {
  try {
    return new TextDecoder(label, { fatal })
  } catch (error) {
    const text = `the text is in the charset ${label.slice(0, 40)}, which is not known here; UTF-8 is best.`
    throw new SourceError('unreadable', text, { cause: error })
  }
}

function markOf(bytes: Uint8Array): string | undefined {
  const [a, b, c] = bytes
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8'
  if (a === 0xfe && b === 0xff) return 'utf-16be'
  if (a === 0xff && b === 0xfe) return 'utf-16le'
  return undefined
}

/** The charset that a content type names, if any. */
export function charsetOf(contentType: string): string | undefined {
  return /;\s*charset\s*=\s*["']?([^\s"';]+)/iu.exec(contentType)?.[1]
}

function declaredIn(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1')
  // A meta element counts in a page only: a text may show one and be in another charset.
  const meta = /<meta\s[^>]{0,200}?charset\s*=\s*["']?([\w:.-]{1,40})/iu.exec(
    /^\s*</u.test(head) ? head : '',
  )?.[1]
  const label = /^\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([^"']{1,40})["']/u.exec(head)?.[1] ?? meta
  // A declaration that could be read byte by byte is not in UTF-16, whatever it says.
  return label !== undefined && /^utf-?16/iu.test(label) ? 'utf-8' : label
}
