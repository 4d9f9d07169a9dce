import type { Database } from 'better-sqlite3'
import type { Fault } from '../errors.ts'
import type { Address, ReplyStatus } from '../message.ts'
import type { Run, Task } from '../task.ts'

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
  /** Cancels the other runs of the task that are under way, with this note, where one of these is queued now. */
  readonly replaces: string | null
}

/** Whose a run is that is being carried out. */
export type Claim = { readonly id: number; readonly token: string }

/** A run that may begin, with the command of its task. */
export type ReadyRun = Pick<Run, 'id' | 'taskId' | 'isOrdered'> & { readonly command: string }

/** How a run ended. */
export type RunEnd = {
  readonly state: 'succeeded' | 'failed' | 'cancelled' | 'dead'
  readonly status: ReplyStatus | null
  readonly fault: Fault | null
  readonly note: string | null
  readonly output: string | null
}

export const runWrites = (db: Database) => {
  const advance = db.prepare(
    `UPDATE tasks SET next_due_ms = ?, due_count = due_count + ?, state = iif(? IS NULL, 'done', state)
     WHERE id = ? AND version = ? AND state = 'active' AND next_due_ms = ?`,
  )
  const insert = db.prepare(
    `INSERT INTO runs (task_id, task_version, person, due_ms, is_ordered, state, ready_ms, note, ended_at_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     -- A due time that a clock which ran ahead left out is due after all, once that clock is put right.
     ON CONFLICT DO UPDATE SET state = excluded.state, ready_ms = excluded.ready_ms, note = excluded.note,
       ended_at_ms = excluded.ended_at_ms
     WHERE runs.state IN ('missed', 'skipped') AND excluded.state = 'queued'`,
  )
  const uncall = db.prepare(
    `UPDATE runs SET state = 'missed', note = :notes ->> (SELECT language FROM tasks WHERE id = task_id),
       ended_at_ms = :now WHERE state = 'queued' AND is_ordered = 0 AND due_ms > :now`,
  )
  const shorten = db.prepare(
    `UPDATE runs SET started_at_ms = min(started_at_ms, :now),
       ready_ms = :now + iif(started_at_ms > :now, max(0, min(ready_ms - started_at_ms, :most)), 0)
     WHERE state = 'queued' AND ready_ms > :now AND (started_at_ms > :now OR (is_ordered = 1 AND attempt = 0)
       OR ready_ms > :now + :most + coalesce((SELECT options_json ->> 'jitterMs' FROM tasks WHERE id = task_id), 0))`,
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
     WHERE task_id = ? AND state IN ('queued', 'running') AND due_ms NOT IN (SELECT value FROM json_each(?))`,
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
      const queued: number[] = []
      for (const { dueMs, state, readyMs, note } of runs) {
        const isQueued = state === 'queued'
        const row = [id, version, person, dueMs, 0, state, readyMs, note, isQueued ? null : nowMs]
        // A due time that comes again, after a change of the task or of the clock, has had its run.
        if (insert.run(...row).changes === 1 && isQueued) queued.push(dueMs)
      }
      if (replaces !== null && queued.length > 0) cancel.run(replaces, nowMs, id, JSON.stringify(queued))
      return true
    },
    /**
     * Puts right what waits by a clock that ran ahead: what is due later than now is called missed, until it comes due
     * again, and none waits for longer than it would have, nor than `mostWaitMs`. `notes`: why, by language. Returns how
     * many runs were changed.
     */
    'runs.realign': (
      nowMs: number,
      mostWaitMs: number,
      notes: Readonly<Record<Task['language'], string>>,
    ): number =>
      uncall.run({ now: nowMs, notes: JSON.stringify(notes) }).changes +
      shorten.run({ now: nowMs, most: mostWaitMs }).changes,
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
      cancel.run(note, nowMs, taskId, '[]').changes,
  }
}

function notOurs(id: number): Error {
  return new Error(`run ${id} is not ours any more`)
}

/** A run as its columns hold it. */
export type RunRow = Omit<Run, 'isOrdered'> & { readonly isOrdered: number }

/** The columns of a RunRow, of the table `runs r`. */
export const runColumns = `r.id, r.task_id AS taskId, r.task_version AS taskVersion, r.due_ms AS dueMs, r.is_ordered AS isOrdered,
  r.state, r.ready_ms AS readyMs, r.attempt, r.crashes, r.started_at_ms AS startedAtMs, r.ended_at_ms AS endedAtMs,
  r.status, r.fault, r.note, r.output, r.cost_usd AS costUsd`

export const toRun = ({ isOrdered, ...row }: RunRow): Run => ({ ...row, isOrdered: isOrdered === 1 })

export const runReads = (db: Database) => {
  const queued = db.prepare<[number, number], RunRow>(
    `SELECT ${runColumns} FROM runs r WHERE state = 'queued' AND ready_ms <= ?
     ORDER BY is_ordered DESC, ready_ms, id LIMIT ?`,
  )
  const ready = db.prepare<
    [number, string, number],
    Omit<ReadyRun, 'isOrdered'> & { readonly isOrdered: number }
  >(
    `SELECT r.id, r.task_id AS taskId, r.is_ordered AS isOrdered, t.command FROM runs r JOIN tasks t ON t.id = r.task_id
     WHERE r.state = 'queued' AND r.ready_ms <= ? AND r.task_id NOT IN (SELECT task_id FROM runs WHERE state = 'running')
       AND t.command NOT IN (SELECT value FROM json_each(?))
     ORDER BY r.is_ordered DESC, r.ready_ms, r.id LIMIT ?`,
  )
  const running = db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM runs WHERE state = 'running'`)
  const later = db.prepare<[number], { found: number }>(
    `SELECT EXISTS (SELECT 1 FROM runs WHERE state = 'queued' AND ready_ms > ?) AS found`,
  )
  const open = db.prepare<[number], { state: 'queued' | 'running'; n: number }>(
    `SELECT state, count(*) AS n FROM runs WHERE task_id = ? AND state IN ('queued', 'running') GROUP BY state`,
  )
  const cut = db.prepare<[number], { address_json: string; sinceMs: number }>(
    // One that crashed has begun anew since it began to show something.
    `SELECT t.address_json, min(iif(r.crashes > 0, min(r.due_ms, r.started_at_ms), r.started_at_ms)) AS sinceMs
     FROM runs r JOIN tasks t ON t.id = r.task_id
     WHERE r.started_at_ms IS NOT NULL AND r.id IN (
       SELECT id FROM runs WHERE state IN ('queued', 'running')
       UNION ALL SELECT id FROM (SELECT * FROM runs ORDER BY id DESC LIMIT 1000)
         WHERE ended_at_ms >= ? AND (state = 'cancelled' OR crashes > 0))
     GROUP BY t.address_json`,
  )
  const owner = db.prepare<[number], { token: string | null }>(`SELECT token FROM runs WHERE id = ?`)
  return {
    /** What is ready to run, people's orders first, then the soonest. */
    queued: (nowMs: number, most: number): Run[] => queued.all(nowMs, most).map(toRun),
    /** The same without those whose task has a run under way already, and those of some commands. */
    ready: (nowMs: number, most: number, butNot: readonly string[]): ReadyRun[] =>
      ready
        .all(nowMs, JSON.stringify(butNot), most)
        .map(({ isOrdered, ...run }) => ({ ...run, isOrdered: isOrdered === 1 })),
    /** True while a run waits for a later time. */
    isAnyLater: (nowMs: number): boolean => later.get(nowMs)?.found === 1,
    runningCount: (): number => running.get()?.n ?? 0,
    /** How many runs of a task wait and run. */
    openOf: (taskId: number): { readonly queued: number; readonly running: number } => {
      const found = Object.fromEntries(open.all(taskId).map(({ state, n }) => [state, n]))
      return { queued: found['queued'] ?? 0, running: found['running'] ?? 0 }
    },
    /**
     * Where runs that an earlier life of the program may have cut short post to, with when the first of them began: those
     * that are under way, and of the newest 1,000 those that were cancelled, or crashed before, and ended since then.
     */
    cutShort: (endedSinceMs: number): { readonly address: Address; readonly sinceMs: number }[] =>
      cut
        .all(endedSinceMs)
        .map(({ address_json: address, sinceMs }) => ({ address: JSON.parse(address), sinceMs })),
    /** True while the run is carried out by who claimed it with this token. */
    isHeld: ({ id, token }: Claim): boolean => owner.get(id)?.token === token,
  }
}
