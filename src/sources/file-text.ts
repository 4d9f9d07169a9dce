import { isUtf8 } from 'node:buffer'
import { SourceError } from '../errors.ts'
import { decode, decodeAs } from './decode.ts'
import type { ReadPdf } from './parsing.ts'
import { htmlToText, tidy } from './plain.ts'

/** The words of a file that somebody sent, at most `mostChars`. Throws a SourceError: `unsupported`, `unreadable`, … */
export type FileToText = (
  bytes: Uint8Array,
  mediaType: string,
  name: string,
  signal: AbortSignal,
) => Promise<string>

type Parts = {
  readonly readPdf: ReadPdf
  /** The most characters of one file. Default 400,000. */
  readonly mostChars?: number
}

/** Makes the reader of files that come with messages: text of all kinds, and PDF, which is told by its first bytes. */
export function createFileToText({ readPdf, mostChars = 400_000 }: Parts): FileToText {
  return async (bytes, mediaType, name, signal) => {
    const head = Buffer.from(bytes.subarray(0, 1_024)).toString('latin1')
    if (head.includes('%PDF-')) return tidy(await readPdf(bytes, name, mostChars, signal), mostChars, 'keep')
    const isUtf16 = /^(?:\xFE\xFF|\xFF\xFE)/u.test(head)
    if (!isUtf16 && bytes.includes(0)) {
      const text = `${name} is neither text nor a PDF; send it as one of them.`
      throw new SourceError('unsupported', text)
    }
    const text = isChinese(bytes) ? decodeAs('gb18030', bytes) : decode(bytes, mediaType)
    return lined(/^\s*<(?:!doctype\s+html|html)[\s>]/iu.test(text) ? htmlToText(text) : text).slice(
      0,
      mostChars,
    )
  }
}

/** Only what would change the meaning unseen is taken out: the spaces of code and tables stay. */
function lined(text: string): string {
  return text.replace(/\r\n?/gu, '\n').replace(/[[\p{Cc}\p{Cf}]--[\n\t\u200C\u200D]]/gv, '')
}

/**
 * True for text in GB 2312, which is what most Chinese text is that is not UTF-8: two bytes of 0xA1 and more for each
 * character, and hardly any other. Western text has its letters beyond ASCII alone.
 */
function isChinese(bytes: Uint8Array): boolean {
  if (isUtf8(bytes)) return false
  const wide =
    Buffer.from(bytes)
      .toString('latin1')
      .match(/[\x81-\xFE][\x40-\xFE]|[\x80-\xFF]/gu) ?? []
  const plain = wide.filter((pair) => /^[\xB0-\xF7][\xA1-\xFE]$|^[\xA1-\xA9][\xA1-\xFE]$/u.test(pair))
  return plain.length > 0.95 * wide.length
}
