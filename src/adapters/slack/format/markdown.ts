import { Lexer } from 'marked'
import { splitText } from '../../../split-text.ts'
import { streamedText } from './draft-text.ts'

/** A text that Slack renders; source: https://docs.slack.dev/reference/block-kit/blocks/markdown-block */
export type MarkdownBlock = { readonly type: 'markdown'; readonly text: string }

const maxBlockChars = 12_000
/** Of all markdown blocks of a message together: Slack refuses more than about 13,200 (slackapi/bolt-js#2509). */
const maxMessageChars = 13_000
/** Of the text that stands for the blocks in a notification. */
const maxPlainChars = 3_000

/**
 * Markdown, of a model or from outside, as a message of Slack's: harmless blocks, and the same in short and plain for
 * notifications. It is converted first and then cut, between two paragraphs where that is possible. What does not fit one
 * message is left out with a sign; `fitsMessage` tells.
 */
export function renderMarkdown(text: string): {
  readonly text: string
  readonly blocks: readonly MarkdownBlock[]
} {
  const converted = streamedText(text)
  const blocks = layOut(converted).texts.map((each): MarkdownBlock => ({ type: 'markdown', text: each }))
  return { text: plain(converted), blocks }
}

/** True if nothing of the text is left out where it is sent as one message. */
export function fitsMessage(text: string): boolean {
  if (text.length > 2 * maxMessageChars) return false
  const converted = streamedText(text)
  return converted.length <= maxMessageChars && layOut(converted).isAll
}

/** The first paragraphs of a Markdown text, `most` characters at the most; of a single longer one its beginning. */
export function beginningOf(text: string, most: number): string {
  let out = ''
  for (const token of tokensOf(text.slice(0, 4 * most))) {
    const room = most - out.length
    if (token.raw.length <= room) out += token.raw
    else if (out.length < most / 2) return (out + (cut(token, room)[0] ?? '')).trimEnd()
    // A heading at the end would head nothing.
    else return out.replace(/\n#{1,6} [^\n]*\s*$/u, '').trimEnd()
  }
  return out.trimEnd()
}

function layOut(converted: string): { readonly texts: readonly string[]; readonly isAll: boolean } {
  const tokens = tokensOf(converted.slice(0, 2 * maxMessageChars))
  const pieces = tokens.flatMap((token) =>
    token.raw.length <= maxBlockChars ? [token.raw] : cut(token, maxBlockChars),
  )
  const isAll = pieces.reduce((sum, { length }) => sum + length, 0) <= maxMessageChars
  const texts = ['']
  let room = isAll ? maxMessageChars : maxMessageChars - 1
  for (const piece of pieces) {
    room -= piece.length
    if (room < 0) break
    const last = texts.pop() ?? ''
    texts.push(...(last.length + piece.length <= maxBlockChars ? [last + piece] : [last, piece]))
  }
  if (!isAll) texts.push('…')
  return { texts: texts.map((text) => text.replace(/^\n+|\s+$/gu, '')).filter(Boolean), isAll }
}

type Token = { readonly type: string; readonly raw: string }

function tokensOf(text: string): readonly Token[] {
  try {
    return new Lexer().blockTokens(text, [])
  } catch (error) {
    // Thousands of quotations or lists within each other are too deep for it.
    if (error instanceof RangeError) return [{ type: 'text', raw: text }]
    throw error
  }
}

/** Cuts one token: code into closed fences of its language, a table into tables with its head, others at lines or words. */
function cut({ type, raw }: Token, most: number): readonly string[] {
  const [first = '', second = '', ...rest] = raw.trimEnd().split('\n')
  const fence = /^\s*(`{3,}|~{3,})/u.exec(first)?.[1]
  if (fence !== undefined && first.length + fence.length < most / 2) {
    const lines = [second, ...rest]
    return packed(lines.at(-1)?.trim() === fence ? lines.slice(0, -1) : lines, [first], [fence], most)
  }
  if (type === 'table' && first.length + second.length < most / 2)
    return packed(rest, [first, second], [], most)
  // A fence within a list or a quotation is not cut into: its end would be missing.
  const fenced = raw.search(/^.*(?:`{3}|~{3})/mu)
  if (fenced > 0 && fenced < most) return [raw.slice(0, fenced), ...splitText(raw.slice(fenced), most)]
  return splitText(raw, most - 1).map((piece) => `${piece}\n`)
}

/** Puts as many lines together as fit between those that stand before and after each piece. */
function packed(
  lines: readonly string[],
  before: readonly string[],
  after: readonly string[],
  most: number,
): readonly string[] {
  const whole = (body: readonly string[]): string => [...before, ...body, ...after, ''].join('\n')
  const room = most - whole([]).length
  const pieces: string[][] = [[]]
  let used = 0
  for (const line of lines.flatMap((line) => (line.length < room ? [line] : splitText(line, room - 1)))) {
    used += line.length + 1
    if (used > room) {
      pieces.push([])
      used = line.length + 1
    }
    pieces.at(-1)?.push(line)
  }
  return pieces.map(whole)
}

function plain(converted: string): string {
  const words = converted
    .slice(0, 4 * maxPlainChars)
    .replace(/^`{3,}.*$|^ {0,3}\|[\s:|-]+$/gmu, '')
    .replace(/^(?:> )+|^ {0,3}#{1,6}[ \t]+|^ {0,3}\||\|[ \t]*$/gmu, '')
    .replace(/\[((?:[^[\]]|\[[^[\]]*\])*)\]\([^\s()]*\)/gu, '$1')
    .replace(/\\([!-/:-@[-`{-~])|\*\*|__|~~|`|(?<![\p{L}\p{N}])[*_]|[*_](?![\p{L}\p{N}])/gu, '$1')
    .replaceAll('|', '·')
    .replace(/\n\s*\n/gu, '\n')
    .trim()
  if (words.length <= maxPlainChars) return words
  return `${words.slice(0, maxPlainChars - 1).replace(/&\w*$|[\uD800-\uDBFF]$/u, '')}…`
}
