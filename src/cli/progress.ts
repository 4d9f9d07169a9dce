import type { Sign } from '../adapter.ts'
import { barLine, showsUnicode } from '../adapters/bar.ts'

/** A line on a terminal that tells what is being done; it comes after a second and leaves nothing behind. */
export type Progress = { readonly show: (sign: Sign) => void; readonly end: () => void }

type Parts = {
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
  readonly env: NodeJS.ProcessEnv
  /** Calls the function again and again until the returned one is called. */
  readonly every: (ms: number, run: () => void) => () => void
}

const quietMs = 1_000
const erase = '\r\u001B[K'

/** Begins to tell; on an output that nobody looks at it tells nothing. */
export function startProgress({ output, env, every }: Parts): Progress {
  if (output.isTTY !== true) return { show: () => undefined, end: () => undefined }
  let step: { readonly text: string; readonly share?: number } = { text: '' }
  let seconds = 0
  const stop = every(quietMs, () => {
    seconds++
    const time = ` (${seconds} s)`
    // Only one row can be erased, and some terminals go on to the next one when it is filled.
    const columns = Math.max(0, (output.columns ?? 80) - 1 - time.length)
    output.write(erase + barLine(step, columns, showsUnicode(env)) + time)
  })
  return {
    show: (sign) => {
      if (sign.kind === 'progress') step = sign
    },
    end: () => {
      stop()
      if (seconds > 0) output.write(erase)
    },
  }
}
