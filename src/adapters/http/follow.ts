import type { SSEStreamingApi } from 'hono/streaming'
import { runEnds, type RunState } from '../../task.ts'
import type { LiveRun } from './run-view.ts'

type Parts = {
  /** The run as it is now; undefined once it is not kept any more. */
  readonly look: () => LiveRun | undefined
  readonly stream: Pick<SSEStreamingApi, 'write' | 'writeSSE'>
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
}

/** How often a run that is followed is looked at, in milliseconds. */
const lookMs = 500
/** A line without meaning goes out after so long a silence, in milliseconds; proxies end what is silent for longer. */
const heartbeatMs = 15_000

/** The id of the last event: a browser always comes back when a stream ends, and with this id it is told to stay away. */
export const lastEvent = 'ended'

const ends: ReadonlySet<RunState> = new Set<RunState>(runEnds)

/**
 * Sends a run as an event `run`, whole, now and after each change of it, and its progress alone as an event
 * `progress`. Resolves after the event of a run that has ended, or once it is gone or the signal is aborted.
 */
export async function followRun({ look, stream, sleep, signal }: Parts): Promise<void> {
  let toldFacts = ''
  let toldProgress = ''
  let silentMs = 0
  for (let run = look(); run !== undefined && !signal.aborted; run = look()) {
    const { progress, ...facts } = run
    const isOver = ends.has(run.state)
    const before = { facts: toldFacts, progress: toldProgress }
    toldFacts = JSON.stringify(facts)
    toldProgress = JSON.stringify(progress)
    if (toldFacts !== before.facts) {
      const id = isOver ? { id: lastEvent } : {}
      await stream.writeSSE({ event: 'run', data: JSON.stringify(run), ...id })
      silentMs = 0
    } else if (progress !== null && toldProgress !== before.progress) {
      await stream.writeSSE({ event: 'progress', data: toldProgress })
      silentMs = 0
    } else if (silentMs >= heartbeatMs) {
      await stream.write(': still there\n\n')
      silentMs = 0
    }
    if (isOver) return
    await sleep(lookMs, signal)
    silentMs += lookMs
  }
}
