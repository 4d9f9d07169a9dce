import type { Database } from 'better-sqlite3'
import type { Fault } from '../errors.ts'
import type { ReplyStatus } from '../message.ts'
import type { NewTask, Run, Task } from '../task.ts'

/** One due time to be written down with the step of its task. */
export type DueRun = {
  readonly dueMs: number
  readonly state: 'queued' | 'skipped' | 'missed'
  readonly note: string | null
}

/** How a run ended. */
export type RunEnd = {
  readonly state: 'succeeded' | 'failed'
  readonly status: ReplyStatus | null
  readonly fault: Fault | null
  readonly note: string | null
}

export const taskWrites = (db: Database) => {
  const insert = db.prepare(
    `INSERT INTO tasks (id, command, args_json, schedule_json, zone, person, address_json, language, next_due_ms, created_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const change = db.prepare(
    `UPDATE tasks SET state = ?, next_due_ms = ?, version = version + 1 WHERE id = ? AND state <> 'removed'`,
  )
  const advance = db.prepare(
    `UPDATE tasks SET next_due_ms = ?, state = iif(? IS NULL, 'done', state)
     WHERE id = ? AND version = ? AND state = 'active' AND next_due_ms = ?`,
  )
  const insertRun = db.prepare(
    `INSERT INTO runs (task_id, task_version, due_ms, state, note, ended_at_ms) VALUES (?, ?, ?, ?, ?, ?)
     -- A due time that was missed by a clock that ran ahead is due after all, once that clock is put right.
     ON CONFLICT DO UPDATE SET state = excluded.state, note = excluded.note, ended_at_ms = excluded.ended_at_ms
     WHERE runs.state = 'missed' AND excluded.state = 'queued'`,
  )
  const claim = db.prepare(
    `UPDATE runs SET state = 'running', attempt = attempt + 1, started_at_ms = ? WHERE id = ? AND state = 'queued'`,
  )
  const finish = db.prepare(
    `UPDATE runs SET state = ?, status = ?, fault = ?, note = ?, ended_at_ms = ? WHERE id = ? AND state = 'running'`,
  )
  const putBack = db.prepare(
    `UPDATE runs SET state = 'queued', attempt = attempt - 1 WHERE id = ? AND state = 'running'`,
  )
  const requeue = db.prepare(`UPDATE runs SET state = 'queued' WHERE state = 'running'`)
  return {
    'tasks.add': (id: number, task: NewTask): void => {
      const { command, args, schedule, zone, person, address, language, nextDueMs, createdAtMs } = task
      const json = [JSON.stringify(args), JSON.stringify(schedule), zone, person, JSON.stringify(address)]
      insert.run(id, command, ...json, language, nextDueMs, createdAtMs)
    },
    'tasks.change': (id: number, state: Task['state'] | 'removed', nextDueMs: number | null): void =>
      void change.run(state, nextDueMs, id),
    /**
     * Moves a task on to its next due time and writes one row for each due time that has passed. Does nothing and
     * returns false if the task was changed or moved on in the meantime.
     */
    'tasks.advance': (
      task: Task,
      nextDueMs: number | null,
      runs: readonly DueRun[],
      nowMs: number,
    ): boolean => {
      if (advance.run(nextDueMs, nextDueMs, task.id, task.version, task.nextDueMs).changes === 0) return false
      for (const { dueMs, state, note } of runs) {
        insertRun.run(task.id, task.version, dueMs, state, note, state === 'queued' ? null : nowMs)
      }
      return true
    },
    /** Orders a run now, outside the schedule. */
    'runs.add': (taskId: number, version: number, dueMs: number): void =>
      void insertRun.run(taskId, version, dueMs, 'queued', null, null),
    /** True if the run was queued and is now ours. */
    'runs.claim': (id: number, nowMs: number): boolean => claim.run(nowMs, id).changes === 1,
    /** Throws if the run is not ours any more, so that nothing is committed with it. */
    'runs.finish': (id: number, end: RunEnd, nowMs: number): void => {
      const changed = finish.run(end.state, end.status, end.fault, end.note, nowMs, id).changes
      if (changed === 0) throw new Error(`run ${id} is not running`)
    },
    /** Queues a run again that was only stopped because the program ends; it does not count as an attempt. */
    'runs.putBack': (id: number): void => void putBack.run(id),
    /** After a start: what was running is queued again. */
    'runs.recover': (): void => void requeue.run(),
  }
}

type TaskRow = {
  id: number
  version: number
  command: string
  args_json: string
  schedule_json: string
  zone: string
  person: string
  address_json: string
  language: Task['language']
  state: Task['state']
  next_due_ms: number | null
  created_at_ms: number
}

const toTask = (row: TaskRow): Task => ({
  id: row.id,
  version: row.version,
  command: row.command,
  args: JSON.parse(row.args_json),
  schedule: JSON.parse(row.schedule_json),
  zone: row.zone,
  person: row.person,
  address: JSON.parse(row.address_json),
  language: row.language,
  state: row.state,
  nextDueMs: row.next_due_ms,
  createdAtMs: row.created_at_ms,
})

const runColumns = `id, task_id AS taskId, task_version AS taskVersion, due_ms AS dueMs, state, attempt,
  started_at_ms AS startedAtMs, ended_at_ms AS endedAtMs, status, fault, note`

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
  const next = db.prepare<[], { ms: number | null }>(
    `SELECT min(next_due_ms) AS ms FROM tasks WHERE state = 'active' AND next_due_ms IS NOT NULL`,
  )
  const lastId = db.prepare<[], { id: number | null }>(`SELECT max(id) AS id FROM tasks`)
  const active = db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM tasks WHERE state = 'active'`)
  const queued = db.prepare<[number], Run>(
    `SELECT ${runColumns} FROM runs WHERE state = 'queued' ORDER BY due_ms, id LIMIT ?`,
  )
  const running = db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM runs WHERE state = 'running'`)
  const history = db.prepare<[number, number], Run>(
    `SELECT ${runColumns} FROM runs WHERE task_id = ? ORDER BY id DESC LIMIT ?`,
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
    /** The soonest due time of all, or null. */
    nextDueMs: (): number | null => next.get()?.ms ?? null,
    /** The highest id ever given, 0 if none was. */
    lastId: (): number => lastId.get()?.id ?? 0,
    activeCount: (): number => active.get()?.n ?? 0,
    queuedRuns: (most: number): Run[] => queued.all(most),
    runningCount: (): number => running.get()?.n ?? 0,
    /** The newest runs of a task, newest first. */
    history: (taskId: number, most: number): Run[] => history.all(taskId, most),
  }
}
