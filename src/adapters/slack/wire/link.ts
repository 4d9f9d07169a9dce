import { soon, type Failure } from './line-failure.ts'
import type { Line } from './line.ts'

type Parts = {
  readonly open: () => Promise<Line | Failure>
  /** Told of each line that was opened, and of each failure, also of a line that broke. */
  readonly onOpened: (line: Line) => void
  readonly onFailure: (failure: Failure) => void
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
  /** Between 0 and 1. */
  readonly random: () => number
}

/** A line that lived for so long was no failure. */
export const steadyMs = 10_000
/** Slack may ask for another line as often as this; sooner, it is a failure. */
const leastRefreshMs = 500
/** What is under way on a line may take so long after another one took its place. */
const mostLeavingMs = 10_000
const firstWaitMs = 1_000
const mostWaitMs = 30_000
/** How often it is tried where a person must act. */
const personWaitMs = 60_000
/** Nobody is waited for longer, whatever Slack asks for. */
const mostAskedMs = 600_000

/**
 * Keeps one line open until the signal is aborted. Where Slack asks for another line, that one is open before the old one ends.
 * After failures it waits between half a second and 30 seconds, longer each time.
 */
export async function keepLink(parts: Parts): Promise<void> {
  const { open, onOpened, onFailure, now, sleep, signal, random } = parts
  let failures = 0
  let old: Line | undefined

  const waitMsOf = ({ plan, retryAfterMs = 0 }: Failure): number => {
    const grownMs = Math.min(firstWaitMs * 2 ** (failures - 1), mostWaitMs)
    const planMs = (plan === 'person' ? personWaitMs : grownMs) * (0.5 + random() / 2)
    return Math.max(planMs, Math.min(retryAfterMs, mostAskedMs))
  }
  /** Waits until another line is needed; why, where that is a failure. */
  const failureOf = async (line: Line): Promise<Failure | undefined> => {
    const openedMs = now()
    const parting = await line.parting
    const livedMs = Math.abs(now() - openedMs)
    if (parting.kind === 'failure') {
      if (livedMs >= steadyMs) failures = 0
      void line.retire(mostLeavingMs)
      return parting
    }
    old = line
    if (livedMs < leastRefreshMs) return soon('it asks for another connection each time')
    failures = 0
    return undefined
  }

  while (!signal.aborted) {
    const line = await open()
    let failure: Failure | undefined
    if (line.kind === 'failure') failure = line
    else if (signal.aborted) await line.retire(0)
    else {
      onOpened(line)
      void old?.retire(mostLeavingMs)
      old = undefined
      failure = await failureOf(line)
    }
    if (failure === undefined || signal.aborted) continue
    failures++
    onFailure(failure)
    await sleep(waitMsOf(failure), signal).catch(() => undefined)
  }
}
