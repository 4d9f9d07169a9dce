import { PassThrough } from 'node:stream'
import { createTerminal, type Terminal } from '../../src/adapters/terminal.ts'

/**
 * A terminal with a person at it: what is typed goes to `input`, and `seen` is what stands on a screen of endless
 * height. It knows the sequences that readline sends, wraps at `columns`, and gives Chinese characters two columns.
 */
export type FakeTerminal = {
  readonly input: NodeJS.ReadStream
  readonly output: PassThrough & { isTTY: boolean; columns: number; rows: number }
  readonly type: (text: string) => Promise<void>
  /** All bytes that were written, as text. */
  readonly raw: () => string
  /** The rows, without spaces at their ends and without empty rows at the end. */
  readonly seen: () => Promise<string[]>
  /** Where the cursor stands: row and column from 0. */
  readonly cursor: () => { readonly row: number; readonly column: number }
}

/** Moltbot's side of a terminal, on a clock that stands still and with waits that never end, but for what is given. */
export function terminalOn(
  { input, output }: Pick<FakeTerminal, 'input' | 'output'>,
  more: Partial<Parameters<typeof createTerminal>[0]> = {},
): Terminal {
  return createTerminal({
    input,
    output,
    isRead: true,
    env: { LANG: 'C.UTF-8' },
    onEnd: () => undefined,
    now: () => 0,
    sleep: () => new Promise(() => undefined),
    ...more,
  })
}

export function createFakeTerminal({ columns = 80, isTTY = true } = {}): FakeTerminal {
  const typed = new PassThrough()
  const input = Object.assign(typed, { isTTY, setRawMode: () => input }) as unknown as NodeJS.ReadStream
  const output = Object.assign(new PassThrough(), { isTTY, columns, rows: 24 })
  let raw = ''
  output.setEncoding('utf8')
  output.on('data', (text: string) => (raw += text))
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    input,
    output,
    type: async (text) => {
      typed.write(text)
      await settle()
    },
    raw: () => raw,
    seen: async () => {
      await settle()
      return drawn(raw, columns).rows
    },
    cursor: () => drawn(raw, columns).cursor,
  }
}

function drawn(raw: string, columns: number) {
  const grid: string[][] = [[]]
  let row = 0
  let column = 0
  const put = (char: string): void => {
    const width = /\p{Script=Han}|[\u3000-\u303F\uFF00-\uFF60]/u.test(char) ? 2 : 1
    if (column + width > columns) {
      row++
      column = 0
    }
    const cells = (grid[row] ??= [])
    while (cells.length < column) cells.push(' ')
    cells[column] = char
    if (width === 2) cells[column + 1] = ''
    column += width
  }
  const move = (count: number, order: string): void => {
    if (order === 'A') row = Math.max(0, row - count)
    else if (order === 'B') row += count
    else if (order === 'C') column = Math.min(columns - 1, column + count)
    else if (order === 'D') column = Math.max(0, column - count)
    else if (order === 'G') column = count - 1
    else if (order === 'J' || order === 'K') {
      const cells = (grid[row] ??= [])
      cells.length = Math.min(cells.length, column)
      if (order === 'J') grid.length = row + 1
    } else throw new Error(`a sequence that this screen does not know: ${order}`)
  }
  for (const [piece, count, order] of raw.matchAll(/\u001B\[\??(\d*)([A-Za-z])|[\s\S]/gu)) {
    if (order === 'h' || order === 'l') continue
    if (order !== undefined)
      move(count === '' || count === '0' ? Number(!/[JK]/u.test(order)) : Number(count), order)
    else if (piece === '\r') column = 0
    else if (piece === '\n') {
      row++
      column = 0
    } else put(piece)
  }
  for (let i = 0; i < grid.length; i++) grid[i] ??= []
  const rows = Array.from(grid, (cells) => (cells ?? []).join('').trimEnd())
  while (rows.at(-1) === '') rows.pop()
  return { rows, cursor: { row, column } }
}
