import { runView, type RunView } from '../../run-view.ts'
import type { PastRun } from '../../task.ts'

/** How far a run has come: what it said last, and when. */
export type Step = { readonly text: string; readonly share?: number; readonly atMs: number }

/** A run as it goes on; `progress` is null where it says nothing. */
export type LiveRun = RunView & {
  readonly progress: {
    readonly text: string
    readonly share: number | null
    readonly at: string
    readonly atMs: number
  } | null
}

/** All that is known of a run; `step` is how far it has come, where it is under way. */
export function liveRun(run: PastRun, step: Step | undefined): LiveRun {
  return { ...runView(run), progress: step === undefined ? null : stepView(step) }
}

function stepView({ text, share, atMs }: Step): NonNullable<LiveRun['progress']> {
  return { text, share: share ?? null, at: new Date(atMs).toISOString(), atMs }
}
