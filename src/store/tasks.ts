import type { Database } from 'better-sqlite3'
import { usualOptions, type NewTask, type Task, type TaskEdit } from '../task.ts'

export const taskWrites = (db: Database) => {
  const insert = db.prepare(
    `INSERT INTO tasks (id, command, args_json, schedule_json, options_json, zone, address_json, person, language,
       next_due_ms, created_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const keepVersion = db.prepare(
    `INSERT INTO task_versions SELECT id, version, command, args_json, schedule_json, options_json, zone, address_json, ?
     FROM tasks WHERE id = ?`,
  )
  const change = db.prepare(
    `UPDATE tasks SET state = ?, next_due_ms = ?, paused_for = ?, version = version + 1,
       failures = iif(? = 'active', 0, coalesce(?, failures)) WHERE id = ? AND state <> 'removed'`,
  )
  const edit = db.prepare(
    `UPDATE tasks SET command = ?, args_json = ?, schedule_json = ?, options_json = ?, zone = ?, address_json = ?,
       next_due_ms = iif(state = 'paused', NULL, ?), state = iif(state = 'done', 'active', state), due_count = 0,
       version = version + 1 WHERE id = ? AND version = ? AND state <> 'removed'`,
  )
  const revive = db.prepare(
    `UPDATE tasks SET state = 'active', next_due_ms = ?, due_count = ? WHERE id = ? AND version = ? AND state = 'done'`,
  )
  const cancelOpen = db.prepare(
    `UPDATE runs SET state = 'cancelled', note = ?, token = NULL, lease_until_ms = NULL, ended_at_ms = ?
     WHERE task_id = ? AND state IN ('queued', 'running') AND (state = 'queued' OR ?)`,
  )
  return {
    'tasks.add': (id: number, task: NewTask): void => {
      const { person, language, nextDueMs, createdAtMs } = task
      insert.run(id, ...definition(task), person, language, nextDueMs, createdAtMs)
      keepVersion.run(createdAtMs, id)
    },
    /**
     * Pauses, resumes or removes a task. Its runs that wait are cancelled with `note`, unless it is resumed; one that
     * is removed is cancelled in the middle of a run, too.
     */
    'tasks.change': (
      id: number,
      to: Pick<Task, 'nextDueMs' | 'pausedFor'> & {
        readonly state: Task['state'] | 'removed'
        /** How many runs have failed in a row, where the task does not know. */
        readonly failures?: number
      },
      note: string,
      nowMs: number,
    ): void => {
      const { state, nextDueMs, pausedFor, failures = null } = to
      if (change.run(state, nextDueMs, pausedFor, state, failures, id).changes === 0) return
      keepVersion.run(nowMs, id)
      if (to.state !== 'active') cancelOpen.run(note, nowMs, id, Number(to.state === 'removed'))
    },
    /** A task that a clock which ran ahead had called done is due after all. Does nothing if it was changed meanwhile. */
    'tasks.revive': ({ id, version }: Task, nextDueMs: number, dueCount: number): void =>
      void revive.run(nextDueMs, dueCount, id, version),
    /** Makes a new version, whose due times are counted anew. Throws if `version` is not the newest any more. */
    'tasks.edit': (id: number, version: number, to: TaskEdit, nowMs: number): void => {
      if (edit.run(...definition(to), to.nextDueMs, id, version).changes === 0) {
        throw new Error(`version ${version} of task ${id} is not the newest`)
      }
      keepVersion.run(nowMs, id)
    },
  }
}

function definition({
  command,
  args,
  schedule,
  options,
  zone,
  address,
}: Omit<TaskEdit, 'nextDueMs'>): string[] {
  const json = [args, schedule, options].map((one) => JSON.stringify(one))
  return [command, ...json, zone, JSON.stringify(address)]
}

type TaskRow = {
  id: number
  version: number
  command: string
  args_json: string
  schedule_json: string
  options_json: string
  zone: string
  person: string
  address_json: string
  language: Task['language']
  state: Task['state']
  next_due_ms: number | null
  created_at_ms: number
  due_count: number
  failures: number
  paused_for: Task['pausedFor']
}

const toTask = (row: TaskRow): Task => ({
  id: row.id,
  version: row.version,
  command: row.command,
  args: JSON.parse(row.args_json),
  schedule: JSON.parse(row.schedule_json),
  options: { ...usualOptions, ...JSON.parse(row.options_json) },
  zone: row.zone,
  person: row.person,
  address: JSON.parse(row.address_json),
  language: row.language,
  state: row.state,
  nextDueMs: row.next_due_ms,
  createdAtMs: row.created_at_ms,
  dueCount: row.due_count,
  failures: row.failures,
  pausedFor: row.paused_for,
})

export const taskReads = (db: Database) => {
  const one = db.prepare<[number], TaskRow>(`SELECT * FROM tasks WHERE id = ? AND state <> 'removed'`)
  const all = db.prepare<[string], TaskRow>(
    `SELECT * FROM tasks WHERE person = ? AND state IN ('active', 'paused') ORDER BY id LIMIT 200`,
  )
  const due = db.prepare<[number], TaskRow>(
    `SELECT * FROM tasks WHERE state = 'active' AND next_due_ms <= ? ORDER BY next_due_ms LIMIT 100`,
  )
  const ahead = db.prepare<[number], TaskRow>(
    `SELECT * FROM tasks WHERE state = 'active' AND next_due_ms > ? ORDER BY id`,
  )
  const doneAhead = db.prepare<[number], TaskRow & { last_due_ms: number }>(
    `SELECT *, (SELECT max(due_ms) FROM runs WHERE task_id = tasks.id AND is_ordered = 0) AS last_due_ms FROM tasks
     WHERE state = 'done' AND EXISTS
       (SELECT 1 FROM runs WHERE task_id = tasks.id AND due_ms > ? AND state IN ('missed', 'skipped'))`,
  )
  const next = db.prepare<[], { ms: number | null }>(
    `SELECT min(next_due_ms) AS ms FROM tasks WHERE state = 'active' AND next_due_ms IS NOT NULL`,
  )
  const lastId = db.prepare<[], { id: number | null }>(`SELECT max(id) AS id FROM tasks`)
  const active = db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM tasks WHERE state = 'active'`)
  const stalled = db.prepare<[], { id: number }>(
    `SELECT id FROM tasks WHERE state = 'paused' AND paused_for IS NOT NULL ORDER BY id LIMIT 100`,
  )
  return {
    get: (id: number): Task | undefined => {
      const row = one.get(id)
      return row === undefined ? undefined : toTask(row)
    },
    /** The person's active and paused tasks, oldest first, at most 200. */
    of: (person: string): Task[] => all.all(person).map(toTask),
    /** The active tasks whose due time has come, at most 100. */
    due: (nowMs: number): Task[] => due.all(nowMs).map(toTask),
    /** The active tasks whose due time is still to come. */
    ahead: (nowMs: number): Task[] => ahead.all(nowMs).map(toTask),
    /** The tasks that are done although a due time is still to come that was left out, each with its last due time. */
    doneAhead: (nowMs: number): { readonly task: Task; readonly lastDueMs: number }[] =>
      doneAhead.all(nowMs).map((row) => ({ task: toTask(row), lastDueMs: row.last_due_ms })),
    /** The soonest due time of all, or null. */
    nextDueMs: (): number | null => next.get()?.ms ?? null,
    /** The highest id ever given, 0 if none was. */
    lastId: (): number => lastId.get()?.id ?? 0,
    activeCount: (): number => active.get()?.n ?? 0,
    /** The tasks that were paused without anybody asking for it, at most 100. */
    stalled: (): number[] => stalled.all().map(({ id }) => id),
  }
}
