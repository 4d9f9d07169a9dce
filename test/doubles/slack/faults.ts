import { refuse, type Data } from './wire.ts'

/** How the next calls of a method go (`*`: of any); `reset: 'after'` and `lateMs` come once it was carried out. */
export type Fault = {
  readonly method: string
  /** Default: once. */
  readonly times?: number
  readonly status?: number
  readonly retryAfterS?: number
  readonly error?: string
  readonly reset?: 'before' | 'after'
  /** Waits so long before it is carried out. */
  readonly delayMs?: number
  /** Waits so long after it was carried out. */
  readonly lateMs?: number
}

export type Faults = {
  readonly add: (fault: Fault) => void
  /** The fault that this call meets. */
  readonly next: (method: string) => Fault | undefined
}

export function createFaults(): Faults {
  const waiting: { readonly fault: Fault; left: number }[] = []
  return {
    add: (fault) => void waiting.push({ fault, left: fault.times ?? 1 }),
    next: (method) => {
      const found = waiting.find(
        ({ fault, left }) => left > 0 && (fault.method === method || fault.method === '*'),
      )
      if (found !== undefined) found.left -= 1
      return found?.fault
    },
  }
}

/** Answers with the fault instead, where it is an answer. */
export function meet({ status, retryAfterS, error }: Fault): void {
  if (status === undefined && error === undefined && retryAfterS === undefined) return
  const code = status ?? (retryAfterS === undefined ? 200 : 429)
  const more: Data = {}
  refuse(error ?? (code === 429 ? 'ratelimited' : 'internal_error'), more, {
    status: code,
    ...(retryAfterS === undefined ? {} : { retryAfterS }),
  })
}
