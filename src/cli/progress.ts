import type { Sign } from '../adapter.ts'

/** A line on a terminal that tells what is being done; it comes after a second and leaves nothing behind. */
export type Progress = { readonly show: (sign: Sign) => void; readonly end: () => void }

const quietMs = 1_000

export function startProgress(output: NodeJS.WriteStream): Progress {
  if (output.isTTY !== true) return { show: () => undefined, end: () => undefined }
  let text = ''
  let seconds = 0
  let isShown = false
  const timer = setInterval(() => {
    seconds++
    isShown = true
    output.write(`\r\u001B[K… ${text} (${seconds} s)`)
  }, quietMs)
  return {
    show: (sign) => {
      if (sign.kind === 'progress') text = sign.text
    },
    end: () => {
      clearInterval(timer)
      if (isShown) output.write('\r\u001B[K')
    },
  }
}
