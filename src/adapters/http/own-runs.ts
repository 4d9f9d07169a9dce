import type { Reads } from '../../store/writes.ts'
import type { Runs } from './runs.ts'

/** The runs of everyone. */
export type AllRuns = Pick<Reads['runs'], 'history'> & Pick<Runs, 'progressOf'>

/** The runs of one person; somebody else's are answered like none. */
export function ownRuns({ history, progressOf }: AllRuns, person: string): Runs {
  const get: Runs['get'] = (id) => history({ person }, 1, { beforeId: id + 1 }).find((run) => run.id === id)
  return {
    get,
    progressOf,
    history: (most, { task, ...filter }) => {
      if (task === undefined) return history({ person }, most, filter)
      // All runs of a task are those of one person.
      const [newest] = history({ task }, 1)
      return newest === undefined || get(newest.id) === undefined ? [] : history({ task }, most, filter)
    },
  }
}
