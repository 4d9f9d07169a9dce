import type { Stretch } from './fences.ts'
import { escapeMarks } from './escape.ts'
import { inline } from './links.ts'

/** Of a table; its head is a row. Source: https://docs.slack.dev/reference/block-kit/blocks/table-block */
const mostRows = 100
const mostColumns = 20

type Options = {
  /** So many tables may still stand in the message. */
  readonly room: number
  readonly isWhole: boolean
}

/**
 * The table that begins on line `at`, to its end or that of the lines; undefined if none does. One of more rows than Slack
 * takes becomes several with the same head, one of more columns is code, as is all that there is no room for.
 */
export function readTable(
  lines: readonly string[],
  at: number,
  { room, isWhole }: Options,
): (Stretch & { readonly tables: number }) | undefined {
  const [head = '', delimiter] = lines.slice(at, at + 2)
  if (!mayBeTable(head)) return undefined
  // Whether it heads a table is said by the line below.
  if (delimiter === undefined && !isWhole) return { text: '', lines: 1, isOpen: true, tables: 0 }
  const columns = columnsOf(delimiter ?? '')
  if (columns === 0) return undefined
  let end = at + 2
  while (mayBeTable(lines[end] ?? '')) end++
  const isOpen = end === lines.length
  const rows = lines.slice(at + 2, end)
  const perTable = mostRows - 1
  const fitting = columns > mostColumns ? 0 : room * perTable
  const tables: string[] = []
  for (let from = 0; from < fitting && (from < rows.length || from === 0); from += perTable)
    tables.push(
      shown([head, delimiter ?? '', ...rows.slice(from, Math.min(from + perTable, fitting))], cellwise),
    )
  if (fitting === 0 || rows.length > fitting) {
    const code = shown(
      [...(fitting === 0 ? [head, delimiter ?? ''] : []), ...rows.slice(fitting)],
      escapeMarks,
    )
    tables.push(`\`\`\`\n${code}${isOpen && !isWhole ? '' : '```\n'}`)
  }
  // Words right below would be taken for one more row.
  const gap = isOpen || lines[end]?.trim() === '' ? '' : '\n'
  return { text: tables.join('\n') + gap, lines: end - at, isOpen, tables: tables.length }
}

/** True if a line, or its beginning, may be the row of a table. */
export function mayBeTable(line: string): boolean {
  return /^ {0,3}\|/u.test(line)
}

function columnsOf(delimiter: string): number {
  const cells = delimiter
    .trim()
    .replace(/^\||\|$/gu, '')
    .split('|')
  return cells.every((cell) => /^\s*:?-+:?\s*$/u.test(cell)) ? cells.length : 0
}

function shown(rows: readonly string[], cells: (row: string) => string): string {
  return rows.map((row) => `${cells(row)}\n`).join('')
}

/** Code and links end with their cell. */
function cellwise(row: string): string {
  return row
    .split(/(?<=(?<!\\)\|)/u)
    .map(inline)
    .join('')
}
