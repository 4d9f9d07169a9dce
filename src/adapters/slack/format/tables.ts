import type { Stretch } from './fences.ts'
import { escapeMarks } from './escape.ts'
import { inline } from './links.ts'

/** Of a table; its head is a row. Source: https://docs.slack.dev/reference/block-kit/blocks/table-block */
const mostRows = 100
const mostColumns = 20
/** Of all cells, and here with what stands between them. Source: https://docs.slack.dev/reference/block-kit/blocks/data-table-block */
const mostChars = 10_000

type Options = {
  /** A message has one table: Slack refuses another (`only_one_table_allowed`). */
  readonly hasRoom: boolean
  readonly isWhole: boolean
}

/**
 * The table that begins on line `at`, to its end or that of the lines; undefined if none does. Where there is no room for
 * one, and where it has more columns than Slack takes, it is code; rows beyond those that Slack takes are code below it.
 */
export function readTable(
  lines: readonly string[],
  at: number,
  { hasRoom, isWhole }: Options,
): (Stretch & { readonly isTable: boolean }) | undefined {
  const [head = '', delimiter] = lines.slice(at, at + 2)
  if (!mayBeTable(head) || isDelimiter(head)) return undefined
  // Whether it heads a table is said by the line below.
  if (delimiter === undefined && !isWhole) return { text: '', lines: 1, isOpen: true, isTable: false }
  const columns = columnsOf(delimiter ?? '')
  if (columns === 0) return undefined
  let end = at + 2
  while (mayBeTable(lines[end] ?? '')) end++
  const isOpen = end === lines.length
  const above = [head, delimiter ?? '']
  const rows = lines.slice(at + 2, end)
  const fitting = hasRoom && columns <= mostColumns ? fittingOf([...above, ...rows]) : []
  const isTable = fitting.length >= above.length
  const rest = isTable ? rows.slice(fitting.length - above.length) : rows
  const isCode = !isTable || rest.length > 0
  const shown = [
    ...(isTable ? fitting : []),
    ...(isTable && isCode ? [''] : []),
    ...(isCode ? ['```', ...[...above, ...rest].map(escapeMarks)] : []),
    ...(isCode && (isWhole || !isOpen) ? ['```'] : []),
    // Words right below would be taken for one more row.
    ...(isOpen || lines[end]?.trim() === '' ? [] : ['']),
  ]
  return { text: `${shown.join('\n')}\n`, lines: end - at, isOpen, isTable }
}

/** The first lines of a table, head and delimiter included, as they are shown: so many as Slack takes. */
function fittingOf(lines: readonly string[]): readonly string[] {
  const shown: string[] = []
  let chars = 0
  for (const [at, line] of lines.slice(0, mostRows + 1).entries()) {
    const row = at === 1 ? line : cellwise(line)
    chars += row.length
    if (chars > mostChars) break
    shown.push(row)
  }
  return shown
}

/** True if a line, or its beginning, may be the row of a table. */
export function mayBeTable(line: string): boolean {
  return /^ {0,3}\|/u.test(line)
}

/** True for a row that makes a table of the row above, for some reader at least: also without bars at its edges. */
export function isDelimiter(line: string): boolean {
  return /^(?=.*-)(?=.*\|)[-:|\s]+$/u.test(line)
}

function columnsOf(delimiter: string): number {
  const cells = delimiter
    .trim()
    .replace(/^\||\|$/gu, '')
    .split('|')
  return cells.every((cell) => /^\s*:?-+:?\s*$/u.test(cell)) ? cells.length : 0
}

/** Code and links end with their cell. */
function cellwise(row: string): string {
  return row
    .split(/(?<=(?<!\\)\|)/u)
    .map(inline)
    .join('')
}
