import type { Database } from 'better-sqlite3'
import type { Delivered, PastRun, RunState } from '../task.ts'
import { runColumns, toRun, type RunRow } from './runs.ts'

/** Which runs to look up. `beforeId` goes on where a page ended. */
export type RunFilter = {
  readonly states?: readonly RunState[]
  readonly beforeId?: number
}

type PastRow = RunRow & {
  readonly command: string
  readonly args_json: string
  readonly zone: string
  readonly delivery: string | null
}

const toPastRun = ({ command, args_json: args, zone, delivery, ...row }: PastRow): PastRun => ({
  ...toRun(row),
  chore: { command, args: JSON.parse(args) },
  zone,
  delivery: (delivery === null ? [] : delivery.split(',')) as Delivered,
})

/** The version that a run names, or the newest before it that was written down. */
const past = `SELECT ${runColumns}, v.command, v.args_json, v.zone,
    (SELECT group_concat(state) FROM (SELECT state FROM outbox WHERE run_id = r.id ORDER BY id)) AS delivery
  FROM runs r JOIN task_versions v ON v.task_id = r.task_id AND v.version =
    (SELECT max(version) FROM task_versions WHERE task_id = r.task_id AND version <= r.task_version)`
const newest = `AND r.id < ? ORDER BY r.id DESC LIMIT ?`

/** The states of the indexes runs_rare_of_task and runs_rare_of_person; few of many runs are in them. */
const rareStates = ['failed', 'cancelled', 'skipped', 'missed', 'dead'] as const satisfies readonly RunState[]
const rareList = rareStates.map((state) => `'${state}'`).join(', ')

/** Prepares the pages of what has one value in `column`. A filter is looked up state by state, each in an index. */
const pages = (db: Database, column: 'task_id' | 'person') => {
  type Key = number | string
  const all = db.prepare<[Key, number, number], PastRow>(`${past} WHERE r.${column} = ? ${newest}`)
  const common = db.prepare<[Key, RunState, number, number], PastRow>(
    `${past} WHERE r.${column} = ? AND r.state = ? ${newest}`,
  )
  const rare = db.prepare<[Key, RunState, number, number], PastRow>(
    `${past} WHERE r.${column} = ? AND r.state = ? AND r.state IN (${rareList}) ${newest}`,
  )
  const open = db.prepare<[Key, RunState, number, number], PastRow>(
    `${past} WHERE r.${column} = ? AND r.state = ?
     AND r.id IN (SELECT id FROM runs WHERE state IN ('queued', 'running')) ${newest}`,
  )
  const statementFor = (state: RunState): typeof common => {
    if (state === 'succeeded') return common
    return state === 'queued' || state === 'running' ? open : rare
  }
  return (key: Key, most: number, { states, beforeId = Number.MAX_SAFE_INTEGER }: RunFilter): PastRow[] => {
    if (states === undefined) return all.all(key, beforeId, most)
    return [...new Set(states)]
      .flatMap((state) => statementFor(state).all(key, state, beforeId, most))
      .toSorted((a, b) => b.id - a.id)
      .slice(0, most)
  }
}

export const runHistory = (db: Database) => {
  const one = db.prepare<[number], PastRow>(`${past} WHERE r.id = ?`)
  const ofTask = pages(db, 'task_id')
  const ofPerson = pages(db, 'person')
  return {
    get: (id: number): PastRun | undefined => {
      const row = one.get(id)
      return row === undefined ? undefined : toPastRun(row)
    },
    /** The runs of a task, or of all tasks of a person, newest first. */
    history: (
      of: { readonly task: number } | { readonly person: string },
      most: number,
      filter: RunFilter = {},
    ): PastRun[] => {
      const rows = 'task' in of ? ofTask(of.task, most, filter) : ofPerson(of.person, most, filter)
      return rows.map(toPastRun)
    },
  }
}
