import type { Sign } from '../adapter.ts'
import type { Run, Task } from '../task.ts'

/** What a run is at. */
export type Doing = { readonly text: string; readonly share?: number; readonly atMs: number }

/** What one run tells of itself while it is carried out. */
export type Reporter = {
  readonly tell: (text: string, share?: number) => void
  /** What it tells later is not heard. Where anything was shown, a last sign says that all is done. */
  readonly end: () => void
}

/** What the runs are at just now. */
export type Progress = {
  readonly begin: (task: Task, run: Run) => Reporter
  /** Undefined once the run has ended, or if it has told nothing. */
  readonly of: (runId: number) => Doing | undefined
  /** Shows what was told too soon after the sign before it; to be called about once a second. */
  readonly flush: () => void
}

type Parts = {
  readonly now: () => number
  readonly show: (task: Task, run: Run, sign: Sign) => void
}

/** The least time between two signs of one run, in milliseconds. */
const leastBetweenMs = 1_000

/** Keeps what the runs tell of themselves, and shows it once a second for each. */
export function createProgress({ now, show: showOn }: Parts): Progress {
  const show: Parts['show'] = (...sign) => {
    try {
      showOn(...sign)
    } catch {
      // A sign may be dropped; a run does not fail because nobody could be shown how it comes along.
    }
  }
  const doings = new Map<number, Doing>()
  const showIfTime = new Map<number, () => void>()

  const begin = (task: Task, run: Run): Reporter => {
    let shown: Doing | undefined
    let shownAtMs = -Infinity
    const showNewest = (): void => {
      const doing = doings.get(run.id)
      // A clock that was set back is no reason to be silent.
      if (doing === undefined || doing === shown || Math.abs(now() - shownAtMs) < leastBetweenMs) return
      shown = doing
      shownAtMs = now()
      show(task, run, signOf(doing.text, doing.share))
    }
    const tell = (text: string, share?: number): void => {
      if (showIfTime.get(run.id) !== showNewest) return
      doings.set(run.id, { text, ...(share === undefined ? {} : { share }), atMs: now() })
      showNewest()
    }
    const end = (): void => {
      if (showIfTime.get(run.id) !== showNewest) return
      showIfTime.delete(run.id)
      doings.delete(run.id)
      if (shown !== undefined) show(task, run, signOf(shown.text, 1))
    }
    showIfTime.set(run.id, showNewest)
    return { tell, end }
  }

  return {
    begin,
    of: (runId) => doings.get(runId),
    flush: () => showIfTime.forEach((showNewest) => showNewest()),
  }
}

function signOf(text: string, share: number | undefined): Sign {
  return { kind: 'progress', text, ...(share === undefined ? {} : { share }) }
}
