import { escapeMarks } from './escape.ts'

/** Some lines of Markdown as Slack's. `isOpen`: it may go on with lines to come. */
export type Stretch = {
  readonly text: string
  /** So many lines were taken. */
  readonly lines: number
  readonly isOpen: boolean
}

type Fence = {
  readonly mark: string
  /** What stands before it on its line, and so before each line of the code. */
  readonly indent: number
  readonly quotes: number
  readonly shown: string
  readonly language: string
}

/**
 * The fenced code that begins on line `at`, to its end or that of the lines; undefined if none does. It stands at the left
 * edge and between backticks, so that every reader of Markdown sees the same code, also where the fence stood in a list
 * or a quotation. At the end of a text it is closed.
 */
export function readFence(lines: readonly string[], at: number, isWhole: boolean): Stretch | undefined {
  const fence = fenceOf(lines[at] ?? '')
  if (fence === undefined) return undefined
  let text = `${fence.shown}${fence.language}\n`
  for (let i = at + 1; i < lines.length; i++) {
    const code = within(lines[i] ?? '', fence)
    const closing = /^\s*(`+|~+)\s*$/u.exec(code)?.[1]
    if (closing?.startsWith(fence.mark) === true) {
      return { text: `${text}${fence.shown}\n`, lines: i + 1 - at, isOpen: false }
    }
    text += `${escapeMarks(fence.mark.startsWith('~') ? withoutFence(code) : code)}\n`
  }
  return { text: isWhole ? `${text}${fence.shown}\n` : text, lines: lines.length - at, isOpen: true }
}

/** No more is taken from before a line of code. */
const mostBefore = 40
/** What may stand before a fence: quotations, items of a list. */
const before = '^(?<before>(?:[ \\t]*(?:>|(?:[-*+]|\\d{1,9}[.)])(?=[ \\t])))*[ \\t]*)'
const opening = new RegExp(`${before}(?<mark>\`{3,}|~{3,})(?<info>.*)$`, 'u')

/** True if the beginning of a line may become one of a fence. */
export function mayBeFence(beginning: string): boolean {
  return opening.test(beginning)
}

function fenceOf(line: string): Fence | undefined {
  const { before = '', mark = '', info = '' } = opening.exec(line)?.groups ?? {}
  // With a backtick after it, it is code within a line.
  if (mark === '' || (mark.startsWith('`') && info.includes('`'))) return undefined
  return {
    mark,
    indent: Math.min(before.length, mostBefore),
    quotes: Math.min(before.split('>').length - 1, mostBefore),
    shown: mark.startsWith('~') ? `\`${mark.replaceAll('~', '`')}` : mark,
    language: /^\s*([\w+#.-]{1,30})/u.exec(info)?.[1] ?? '',
  }
}

/** Backticks in code between tildes could end what is shown as a fence of backticks. */
function withoutFence(code: string): string {
  return code.replace(/^\s*`{3,}/u, (run) => run.replaceAll('`', "'"))
}

function within(line: string, { indent, quotes }: Fence): string {
  const most = quotes > 0 ? `(?:[ \\t]*>[ \\t]?){0,${quotes}}` : `[ \\t]{0,${indent}}`
  return line.replace(new RegExp(`^${most}`, 'u'), '')
}
