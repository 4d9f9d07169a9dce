import type { Sign } from '../adapter.ts'
import { barLine } from './bar.ts'
import type { Output } from './screen.ts'

/** What is under way, one line each, oldest first. */
export type Bars = {
  /** Takes a sign of life; a share of 1 is the end. */
  readonly show: (id: string, sign: Sign) => void
  /** Forgets what has ended. */
  readonly end: (id: string) => void
  readonly close: () => void
}

type Parts = {
  /** Draws the lines in place of those before; none are gone without a trace. */
  readonly draw: (lines: readonly string[]) => void
  readonly output: Pick<Output, 'columns' | 'rows'>
  /** False where the terminal shows nothing but ASCII. */
  readonly isUnicode: boolean
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

type Bar = { readonly text: string; readonly share: number | undefined; readonly atMs: number }

/** Signs may be lost, the last one too: after so long without any the bar is taken away, in milliseconds. */
const mostQuietMs = 60_000
const mostLines = 3
/** So many rows of the screen for each line, so that a low one is not filled by them. */
const rowsEach = 6

export function createBars({ draw, output, isUnicode, now, sleep }: Parts): Bars {
  const bars = new Map<string, Bar>()
  const closed = new AbortController()
  let drawn = ''
  let isWatching = false

  const redraw = (): void => {
    const { columns = 80, rows = 24 } = output
    const room = Math.min(mostLines, Math.floor(rows / rowsEach))
    const shown = [...bars.values()].slice(0, room)
    // The last column stays free: some terminals go on to the next row when it is filled.
    const lines = shown.map((bar) => barLine(bar, columns - 1, isUnicode))
    const hidden = bars.size - shown.length
    if (hidden > 0 && room > 0) lines.push(`+${hidden}`)
    if (lines.join('\n') === drawn) return
    drawn = lines.join('\n')
    draw(lines)
  }

  const end = (id: string): void => {
    if (bars.delete(id)) redraw()
  }

  /** Takes away the bars that nothing is heard of; ends when there are none left. */
  const watch = async (): Promise<void> => {
    isWatching = true
    try {
      while (bars.size > 0) {
        await sleep(mostQuietMs / 2, closed.signal)
        for (const [id, { atMs }] of bars) if (now() - atMs >= mostQuietMs) bars.delete(id)
        redraw()
      }
    } finally {
      isWatching = false
    }
  }

  return {
    show: (id, sign) => {
      if (closed.signal.aborted || sign.kind !== 'progress') return
      const { text, share } = sign
      if (share !== undefined && share >= 1) return end(id)
      bars.set(id, { text, share, atMs: now() })
      redraw()
      if (!isWatching) watch().catch(() => undefined)
    },
    end,
    close: () => {
      closed.abort()
      bars.clear()
      redraw()
    },
  }
}
