import type { Database } from 'better-sqlite3'
import type { Fault } from '../errors.ts'
import type { ReplyStatus } from '../message.ts'
import type { Delivered, PastRun, Run, RunState, Task } from '../task.ts'

/** One due time to be written down with the step of its task. */
export type DueRun = Pick<Run, 'dueMs' | 'readyMs' | 'note'> & {
  readonly state: 'queued' | 'skipped' | 'missed'
}

/** The step of a task over due times that have passed. */
export type Step = {
  readonly nextDueMs: number | null
  /** One for each due time, oldest first. */
  readonly runs: readonly DueRun[]
  /** How many due times that were; more than there are runs, where one row tells of several. */
  readonly dueCount: number
  /** Cancels the runs of the task that are under way, with this note, before the new ones are written. */
  readonly replaces: string | null
}

/** Whose a run is that is being carried out. */
export type Claim = { readonly id: number; readonly token: string }

/** How a run ended. */
export type RunEnd = {
  readonly state: 'succeeded' | 'failed' | 'cancelled' | 'dead'
  readonly status: ReplyStatus | null
  readonly fault: Fault | null
  readonly note: string | null
  readonly output: string | null
}

/** Which runs to look up. `beforeId` goes on where a page ended. */
export type RunFilter = {
  readonly states?: readonly RunState[]
  readonly beforeId?: number
}

export const runWrites = (db: Database) => {
  const advance = db.prepare(
    `UPDATE tasks SET next_due_ms = ?, due_count = due_count + ?, state = iif(? IS NULL, 'done', state)
     WHERE id = ? AND version = ? AND state = 'active' AND next_due_ms = ?`,
  )
  const insert = db.prepare(
    `INSERT INTO runs (task_id, task_version, person, due_ms, is_ordered, state, ready_ms, note, ended_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     -- A due time that was missed by a clock that ran ahead is due after all, once that clock is put right.
     ON CONFLICT DO UPDATE SET state = excluded.state, ready_ms = excluded.ready_ms, note = excluded.note,
       ended_at_ms = excluded.ended_at_ms
     WHERE runs.state = 'missed' AND excluded.state = 'queued'`,
  )
  const order = db.prepare(
    `INSERT INTO runs (task_id, task_version, person, due_ms, is_ordered, state, ready_ms)
     SELECT id, version, person, ?, 1, 'queued', ? FROM tasks WHERE id = ? ON CONFLICT DO NOTHING`,
  )
  const claim = db.prepare(
    `UPDATE runs SET state = 'running', attempt = attempt + 1, token = ?, lease_until_ms = ?, started_at_ms = ?,
       task_version = (SELECT version FROM tasks WHERE id = task_id) WHERE id = ? AND state = 'queued'`,
  )
  const beat = db.prepare(
    `UPDATE runs SET lease_until_ms = ? WHERE id = ? AND token = ? AND state = 'running'`,
  )
  const released = `token = NULL, lease_until_ms = NULL`
  const finish = db.prepare<unknown[], { task_id: number }>(
    `UPDATE runs SET state = ?, status = ?, fault = ?, note = ?, output = ?, ended_at_ms = ?, ${released},
       cost_usd = (SELECT iif(count(*) = count(cost_usd), total(cost_usd), NULL) FROM model_calls WHERE run_id = runs.id)
     WHERE id = ? AND token = ? AND state = 'running' RETURNING task_id`,
  )
  const score = db.prepare(`UPDATE tasks SET failures = iif(?, 0, failures + 1) WHERE id = ?`)
  const retry = db.prepare(
    `UPDATE runs SET state = 'queued', ready_ms = ?, fault = ?, note = ?, ${released}
     WHERE id = ? AND token = ? AND state = 'running'`,
  )
  const putBack = db.prepare(
    `UPDATE runs SET state = 'queued', attempt = attempt - 1, ${released}
     WHERE id = ? AND token = ? AND state = 'running'`,
  )
  const reclaim = db.prepare(
    `UPDATE runs SET state = 'queued', crashes = crashes + 1, ${released}
     WHERE state = 'running' AND lease_until_ms <= ?`,
  )
  const cancel = db.prepare(
    `UPDATE runs SET state = 'cancelled', note = ?, ended_at_ms = ?, ${released}
     WHERE task_id = ? AND state IN ('queued', 'running')`,
  )
  return {
    /**
     * Moves a task on to its next due time and writes the rows of those that have passed. Does nothing and returns
     * false if the task was changed or moved on in the meantime.
     */
    'tasks.advance': (task: Task, { nextDueMs, runs, dueCount, replaces }: Step, nowMs: number): boolean => {
      const { id, version, person } = task
      const done = advance.run(nextDueMs, dueCount, nextDueMs, id, version, task.nextDueMs)
      if (done.changes === 0) return false
      if (replaces !== null) cancel.run(replaces, nowMs, id)
      for (const { dueMs, state, readyMs, note } of runs) {
        insert.run(id, version, person, dueMs, 0, state, readyMs, note, state === 'queued' ? null : nowMs)
      }
      return true
    },
    /** Orders a run now, outside the schedule. */
    'runs.add': (taskId: number, dueMs: number): void => void order.run(dueMs, dueMs, taskId),
    /** True if the run was queued and is now ours until `leaseUntilMs`; it runs the newest version of its task. */
    'runs.claim': ({ id, token }: Claim, nowMs: number, leaseUntilMs: number): boolean =>
      claim.run(token, leaseUntilMs, nowMs, id).changes === 1,
    /** Keeps runs for longer. Returns the ids of those that are not ours any more. */
    'runs.beat': (claims: readonly Claim[], leaseUntilMs: number): number[] =>
      claims.flatMap(({ id, token }) => (beat.run(leaseUntilMs, id, token).changes === 1 ? [] : [id])),
    /** Ends a run. Throws if it is not ours any more, so that nothing is committed with it. */
    'runs.finish': ({ id, token }: Claim, end: RunEnd, nowMs: number): void => {
      const row = finish.get(end.state, end.status, end.fault, end.note, end.output, nowMs, id, token)
      if (row === undefined) throw notOurs(id)
      if (end.state !== 'cancelled') score.run(Number(end.state === 'succeeded'), row.task_id)
    },
    /** Queues a run again, after an attempt that failed. Throws if it is not ours any more. */
    'runs.retry': ({ id, token }: Claim, readyMs: number, fault: Fault, note: string): void => {
      if (retry.run(readyMs, fault, note, id, token).changes === 0) throw notOurs(id)
    },
    /** Queues a run again that was only stopped because the program ends; it does not count as an attempt. */
    'runs.putBack': ({ id, token }: Claim): void => void putBack.run(id, token),
    /** Queues the runs again whose lease has ended by `nowMs`; at a start, with Infinity, all. Returns how many. */
    'runs.reclaim': (nowMs: number): number => reclaim.run(Math.min(nowMs, Number.MAX_SAFE_INTEGER)).changes,
    /** Ends what waits and what runs of a task. Returns how many that were. */
    'runs.cancel': (taskId: number, note: string, nowMs: number): number =>
      cancel.run(note, nowMs, taskId).changes,
  }
}

function notOurs(id: number): Error {
  return new Error(`run ${id} is not ours any more`)
}

type RunRow = Omit<Run, 'isOrdered'> & { readonly isOrdered: number }

const columns = `r.id, r.task_id AS taskId, r.task_version AS taskVersion, r.due_ms AS dueMs, r.is_ordered AS isOrdered,
  r.state, r.ready_ms AS readyMs, r.attempt, r.crashes, r.started_at_ms AS startedAtMs, r.ended_at_ms AS endedAtMs,
  r.status, r.fault, r.note, r.output, r.cost_usd AS costUsd`

const toRun = ({ isOrdered, ...row }: RunRow): Run => ({ ...row, isOrdered: isOrdered === 1 })

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
const past = `SELECT ${columns}, v.command, v.args_json, v.zone,
    (SELECT group_concat(state) FROM (SELECT state FROM outbox WHERE run_id = r.id ORDER BY id)) AS delivery
  FROM runs r JOIN task_versions v ON v.task_id = r.task_id AND v.version =
    (SELECT max(version) FROM task_versions WHERE task_id = r.task_id AND version <= r.task_version)`

export const runReads = (db: Database) => {
  const queued = db.prepare<[number, number], RunRow>(
    `SELECT ${columns} FROM runs r WHERE state = 'queued' AND ready_ms <= ?
     ORDER BY is_ordered DESC, ready_ms, id LIMIT ?`,
  )
  const running = db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM runs WHERE state = 'running'`)
  const open = db.prepare<[number], { state: 'queued' | 'running'; n: number }>(
    `SELECT state, count(*) AS n FROM runs WHERE task_id = ? AND state IN ('queued', 'running') GROUP BY state`,
  )
  const owner = db.prepare<[number], { token: string | null }>(`SELECT token FROM runs WHERE id = ?`)
  const one = db.prepare<[number], PastRow>(`${past} WHERE r.id = ?`)
  const page = (key: 'task_id' | 'person') => ({
    all: db.prepare<[number | string, number, number], PastRow>(
      `${past} WHERE r.${key} = ? AND r.id < ? ORDER BY r.id DESC LIMIT ?`,
    ),
    some: db.prepare<[number | string, number, string, number], PastRow>(
      `${past} WHERE r.${key} = ? AND r.id < ? AND r.state IN (SELECT value FROM json_each(?))
       ORDER BY r.id DESC LIMIT ?`,
    ),
  })
  const pages = { task: page('task_id'), person: page('person') }
  return {
    /** What is ready to run, people's orders first, then the soonest. */
    queued: (nowMs: number, most: number): Run[] => queued.all(nowMs, most).map(toRun),
    runningCount: (): number => running.get()?.n ?? 0,
    /** How many runs of a task wait and run. */
    openOf: (taskId: number): { readonly queued: number; readonly running: number } => {
      const found = Object.fromEntries(open.all(taskId).map(({ state, n }) => [state, n]))
      return { queued: found['queued'] ?? 0, running: found['running'] ?? 0 }
    },
    /** True while the run is carried out by who claimed it with this token. */
    isHeld: ({ id, token }: Claim): boolean => owner.get(id)?.token === token,
    get: (id: number): PastRun | undefined => {
      const row = one.get(id)
      return row === undefined ? undefined : toPastRun(row)
    },
    /** The runs of a task, or of all tasks of a person, newest first. */
    history: (
      of: { readonly task: number } | { readonly person: string },
      most: number,
      { states, beforeId = Number.MAX_SAFE_INTEGER }: RunFilter = {},
    ): PastRun[] => {
      const { all, some } = 'task' in of ? pages.task : pages.person
      const key = 'task' in of ? of.task : of.person
      const rows =
        states === undefined
          ? all.all(key, beforeId, most)
          : some.all(key, beforeId, JSON.stringify(states), most)
      return rows.map(toPastRun)
    },
  }
}
