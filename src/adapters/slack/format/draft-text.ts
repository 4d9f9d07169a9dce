import { visible } from './escape.ts'
import { mayBeFence, readFence } from './fences.ts'
import { inline, isClosed } from './links.ts'
import { isDelimiter, mayBeTable, readTable } from './tables.ts'

/**
 * Markdown as Slack's `markdown` blocks and streams take it: harmless, with fences of backticks at the left edge, tables
 * within Slack's size, and no more headings, rules and tables than a message has room for.
 */
export function streamedText(text: string): string {
  const clean = visible(text)
  return clean.endsWith('\n') ? convert(clean, true) : convert(`${clean}\n`, true).slice(0, -1)
}

/**
 * Of a text that is still growing, what can be shown for good: whole lines, and whole sentences of the last one. What it
 * gives for a text is the beginning of what it gives for any longer one, and of its `streamedText`.
 */
export function draftText(soFar: string): string {
  return convert(visible(soFar.replace(/[\uD800-\uDBFF]$/u, '')), false)
}

/**
 * So many headings, rules and tables: each becomes a block of its own beside the text around it, and a message has 50
 * (metabase/metabase#80652), the buttons included.
 */
const mostSpecials = 20

/** Goes over the lines once; what is written of one never depends on a line further down than the next. */
function convert(text: string, isWhole: boolean): string {
  const lines = text.split('\n')
  const tail = lines.pop() ?? ''
  let out = ''
  let specials = 0
  let hasTable = false
  let isOpen = false
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? ''
    const table = readTable(lines, at, { hasRoom: !hasTable && specials < mostSpecials, isWhole })
    const stretch = table ?? readFence(lines, at, isWhole)
    hasTable ||= table?.isTable === true
    specials += table?.isTable === true || (stretch === undefined && isSpecial(line)) ? 1 : 0
    out += stretch?.text ?? (isSpecial(line) && specials > mostSpecials ? plainer(line) : proseLine(line))
    at += stretch?.lines ?? 1
    isOpen = stretch?.isOpen === true
  }
  if (isWhole || isOpen || mayBeFence(tail) || mayBeTable(tail) || /^ {0,3}#/u.test(tail)) return out
  const { quote, sentences } = sentencesOf(tail)
  return sentences.length === 0 ? out : out + quote + sentences.map(inline).join('')
}

function proseLine(line: string): string {
  const { quote, sentences, rest } = sentencesOf(line)
  const shown = [...sentences, rest].map(inline).join('')
  // Outside of what was read as a table, nobody shall read one.
  return `${quote}${isDelimiter(shown) ? shown.replace('|', '\\|') : shown}\n`
}

/** A heading, a rule, or the underline of a heading. */
function isSpecial(line: string): boolean {
  return /^ {0,3}(?:#{1,6}[ \t].*|(?:[-*_][ \t]*){3,}|[=-]+[ \t]*)$/u.test(line)
}

function plainer(line: string): string {
  const [, heading] = /^ {0,3}#+[ \t]+(.*?)[ \t#]*$/u.exec(line) ?? []
  return heading === undefined ? '\n' : `**${inline(heading.replaceAll('**', ''))}**\n`
}

/** Quotations within quotations are shown to this depth. */
const mostQuotes = 3
/** Beyond so much, one line is not searched for the end of a sentence again and again. */
const mostOpenChars = 2_000
/** The end of a sentence, with what follows it so far that no longer text moves it. */
const sentenceEnd = /[.!?…]["')*_~]*[ \t]|[。！？][”’"'」』）)*_~]*(?=[^”’"'」』）)*_~])/gu

/** Cuts a line into its quotation marks, its sentences as far as each is complete in itself, and what is left. */
function sentencesOf(line: string): { quote: string; sentences: string[]; rest: string } {
  const [marks = ''] = /^(?: {0,3}>[ \t]?)*/u.exec(line) ?? []
  const sentences: string[] = []
  let from = marks.length
  for (const { index, 0: end } of line.slice(from).matchAll(sentenceEnd)) {
    const to = marks.length + index + end.length
    const sentence = line.slice(from, to)
    // The number of an item has a full stop as well.
    if (/\p{L}/u.test(sentence) && isClosed(sentence)) {
      sentences.push(sentence)
      from = to
    } else if (to - from > mostOpenChars) break
  }
  return {
    quote: '> '.repeat(Math.min(mostQuotes, marks.split('>').length - 1)),
    sentences,
    rest: line.slice(from),
  }
}
