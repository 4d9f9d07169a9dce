import { stripVTControlCharacters } from 'node:util'

/** What is being done, and how much of it is, 0 to 1, where that is known. */
export type Step = { readonly text: string; readonly share?: number | undefined }

const cells = 10
/** Longer texts fit on no screen; the rest of them need not be looked at. */
const mostChars = 2_000

const marks = {
  unicode: { full: '▰', empty: '▱', more: '…' },
  ascii: { full: '#', empty: '-', more: '...' },
}

/** Two columns of a terminal: the wide and full-width characters of Unicode's East Asian Width, and emoji. */
const wide =
  /[\u1100-\u115F\u231A\u231B\u2329\u232A\u2630-\u2637\u268A-\u268F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18DFF}\u{1AFF0}-\u{1B2FF}\u{1D300}-\u{1D37F}\u{1F200}-\u{1F265}\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u
const widthless = /\p{M}|\p{Cf}/u

/** One row of a terminal that tells of a step: `▰▰▰▰▰▱▱▱▱▱ 50 % reading …`; `… reading` where the share is unknown. */
export function barLine({ text, share }: Step, columns: number, isUnicode: boolean): string {
  const { full, empty, more } = isUnicode ? marks.unicode : marks.ascii
  const row = oneRow(text)
  // A share may have been divided by nothing.
  if (share === undefined || Number.isNaN(share)) return clipped(`${more} ${row}`, columns, more)
  const done = Math.min(1, Math.max(0, share))
  const filled = Math.floor(done * cells)
  const bar = full.repeat(filled) + empty.repeat(cells - filled)
  return clipped(`${bar} ${String(Math.floor(done * 100)).padStart(2)} % ${row}`, columns, more)
}

/** The beginning of a text that fits into so many columns, with `more` in place of what does not. */
function clipped(text: string, columns: number, more: string): string {
  const room = columns - columnsOf(more)
  let used = 0
  let fitting = ''
  for (const char of text) {
    used += columnsOf(char)
    if (used <= room) fitting += char
    if (used > columns) return columns < columnsOf(more) ? '' : fitting.trimEnd() + more
  }
  return text
}

/** How many columns of a terminal a text takes that is one row. */
export function columnsOf(text: string): number {
  let columns = 0
  for (const char of text) columns += wide.test(char) ? 2 : widthless.test(char) ? 0 : 1
  return columns
}

/** True if a terminal with this environment shows more than ASCII. */
export function showsUnicode(env: NodeJS.ProcessEnv): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((one) => one !== undefined && one !== '')
  return /utf-?8/iu.test(locale ?? '')
}

/** Takes out what would move the cursor, change the terminal or turn text around. */
function oneRow(text: string): string {
  const plain = stripVTControlCharacters(text.slice(0, mostChars))
  return plain.replaceAll(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
}
