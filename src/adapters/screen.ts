import { clearScreenDown, createInterface, cursorTo, moveCursor, type Interface } from 'node:readline'

/** The output of a terminal, or of whatever stands in its place. */
export type Output = NodeJS.WritableStream & {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/** A terminal with a person at it: what is said stands above, the line that is being typed below. */
export type Screen = {
  /** Puts text above the line that is being typed, which stays as it is. Rejects if the output is gone. */
  readonly print: (text: string) => Promise<void>
  /** Shows all that there is so far of a text that grows. A text that is not a longer form of the last is left out. */
  readonly grow: (text: string) => void
  /** Ends the text that grows with its final form; what stands there of it is not printed again. */
  readonly finish: (text: string) => Promise<void>
  /** Holds lines just above the one that is being typed, in place of those before; they never become part of the talk. */
  readonly pin: (lines: readonly string[]) => void
  readonly close: () => void
}

type Parts = {
  readonly input: NodeJS.ReadStream
  readonly output: Output
  readonly onLine: (text: string) => void
  /** Called when the person closes the input (Ctrl-D, Ctrl-C). */
  readonly onEnd: () => void
}

const mark = '› '

/** What a keypress says of its key; the names are readline's. */
type Key = { readonly name?: string; readonly ctrl?: boolean } | undefined

export function createScreen({ input, output, onLine, onEnd }: Parts): Screen {
  const line = createInterface({ input, output, prompt: mark })
  /** Of the growing text: what is printed for good, and the unfinished rest, which is drawn as part of the prompt. */
  let kept = ''
  let rest = ''
  let pinned: readonly string[] = []
  let isClosed = false

  /** Prints a text, if there is one, above the prompt and the typed line, and draws these again below it. */
  const draw = (text = ''): Promise<void> => {
    // Readline draws no more, but what is said until the end is still to be read.
    if (isClosed) return writeTo(output, text)
    moveCursor(output, 0, -line.getCursorPos().rows)
    cursorTo(output, 0)
    clearScreenDown(output)
    // Readline first goes up by the rows that it drew itself, which are fewer than there are after a paste.
    const written = writeTo(output, text + '\n'.repeat(drawnRows(line)))
    const above = rest === '' ? pinned : [fitting(rest, output), ...pinned]
    line.setPrompt([...above, mark].join('\n'))
    line.prompt(true)
    return written
  }
  // A failure of drawing shows again when something is printed.
  const redraw = (text?: string): void => void draw(text).catch(() => undefined)

  /** Draws without the pinned lines, for readline leaves standing what it drew where a line or the input ends. */
  const drawUnpinned = (): void => {
    if (pinned.length === 0) return
    const before = pinned
    pinned = []
    redraw()
    pinned = before
  }
  const onKey = (_: unknown, key: Key): void => {
    if (key?.name === 'return' || key?.name === 'enter' || (key?.ctrl === true && key.name === 'd'))
      drawUnpinned()
  }
  // Before readline hears of the key.
  input.prependListener('keypress', onKey)
  line.on('line', (text) => {
    // What stood above the line that was sent stays there.
    kept += rest
    rest = ''
    line.setPrompt(mark)
    redraw()
    if (text.trim() !== '') onLine(text)
  })
  const close = (): void => {
    drawUnpinned()
    line.close()
  }
  line.on('SIGINT', close)
  line.on('close', () => {
    isClosed = true
    input.removeListener('keypress', onKey)
  })
  line.on('close', onEnd)
  redraw()

  return {
    print: (text) => draw(`${text}\n`),
    grow: (text) => {
      if (!text.startsWith(kept)) return
      const added = text.slice(kept.length)
      const end = added.lastIndexOf('\n')
      rest = added.slice(end + 1)
      kept += added.slice(0, end + 1)
      redraw(added.slice(0, end + 1))
    },
    finish: async (text) => {
      const missing = text.startsWith(kept) ? text.slice(kept.length) : text
      const isWhole = missing === '' && kept !== ''
      kept = ''
      rest = ''
      await draw(isWhole ? '' : `${missing}\n`)
    },
    pin: (lines) => {
      pinned = lines
      redraw()
    },
    close: () => {
      line.removeListener('close', onEnd)
      close()
    },
  }
}

/** The rows above the cursor that readline believes it has drawn. It keeps them in a property without a type. */
function drawnRows(line: Interface): number {
  const rows = 'prevRows' in line ? line.prevRows : undefined
  return typeof rows === 'number' ? rows : 0
}

/** Writes a text and resolves when the output has taken it; rejects if it is gone. */
export function writeTo(output: Output, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(text, (error) => {
      if (error instanceof Error) reject(error)
      else resolve()
    })
  })
}

/** The end of a text, where all of it would fill more than half of the screen; what scrolls away cannot be erased. */
function fitting(text: string, { rows = 24, columns = 80 }: Output): string {
  const mostChars = Math.max(1, Math.floor((rows * columns) / 4))
  return text.length <= mostChars ? text : `…${text.slice(-mostChars).replace(/^[\uDC00-\uDFFF]/u, '')}`
}
