import type { Database } from 'better-sqlite3'
import type { KeepConfig } from '../config.ts'

/** Where the removal of old rows goes on. */
export type TrimCursor = {
  readonly family: Family
  /** The task whose rows are looked at, in families that go by task. */
  readonly task: number
  /** The last row that was looked at. */
  readonly afterId: number
  /** The versions of the task that the runs up to there name. */
  readonly named: readonly number[]
}

/** What one step did. `removed`: rows that were deleted, or emptied. `next`: where to go on, null when all is done. */
export type Trimmed = { readonly family: Family; readonly removed: number; readonly next: TrimCursor | null }

type Step = {
  readonly removed: number
  /** Null: the family is done. */
  readonly next: Omit<TrimCursor, 'family'> | null
}
type TakeStep = (cursor: TrimCursor, keep: KeepConfig, nowMs: number) => Step

/** In this order: what tells of others goes after them. */
const families = [
  'runs',
  'runsOfTask',
  'posts',
  'inbox',
  'messages',
  'calls',
  'approvals',
  'seen',
  'feedback',
  'versions',
  'tasks',
] as const
type Family = (typeof families)[number]

/** Rows that one transaction looks at, at most. */
const mostRows = 250
const dayMs = 86_400_000
/** An event that a platform delivers again within this is known to be a duplicate, however short posts are kept. */
const leastInboxMs = 7 * dayMs
/** Notices are told once, and a cap's period can be a month: their posts stay for so long at least. */
const leastNoticeMs = 366 * dayMs

/** /rate tells of so long. */
const leastFeedbackMs = 30 * dayMs

const openPost = `state IN ('queued', 'sending', 'held')`
const hasOpenPost = `EXISTS (SELECT 1 FROM outbox WHERE run_id = runs.id AND ${openPost})`

export const retentionWrites = (db: Database) => {
  const steps: Readonly<Record<Family, TakeStep>> = {
    runs: walk(db, {
      table: 'runs',
      // Never later than its end, so that a row too young to look at is too young to go.
      time: 'due_ms',
      where: `ended_at_ms < :before AND NOT ${hasOpenPost}`,
      keptMs: (keep) => keep.runsMs,
    }),
    runsOfTask: runsOfTask(db),
    posts: posts(db),
    inbox: walk(db, {
      table: 'inbox',
      time: 'received_at_ms',
      where: `state = 'done' AND received_at_ms < :before`,
      keptMs: (keep) => Math.max(keep.postsMs, leastInboxMs),
    }),
    messages: walk(db, {
      table: 'messages',
      time: 'at_ms',
      where: `at_ms < :before`,
      keptMs: (keep) => keep.messagesMs,
    }),
    calls: walk(db, {
      table: 'model_calls',
      time: 'at_ms',
      where: `state = 'done' AND at_ms < :before`,
      keptMs: (keep) => keep.callsMs,
    }),
    approvals: walk(db, {
      table: 'approvals',
      time: 'made_at_ms',
      where: `made_at_ms < :before AND (state <> 'open' OR expires_at_ms < :before)`,
      keptMs: (keep) => keep.postsMs,
    }),
    seen: byTime(db, { table: 'seen_items', key: 'scope, item', keptMs: (keep) => keep.seenMs }),
    feedback: byTime(db, {
      table: 'feedback',
      key: 'post_key, person',
      keptMs: (keep) => Math.max(keep.postsMs, leastFeedbackMs),
    }),
    versions: versions(db),
    tasks: removedTasks(db),
  }
  const freePages = (): number => Number(db.pragma('freelist_count', { simple: true }))
  return {
    /** Removes some old rows; null begins, and each step names the next. It looks at 250 rows at most. */
    'keep.trim': (cursor: TrimCursor | null, keep: KeepConfig, nowMs: number): Trimmed => {
      const at = cursor ?? beginning(families[0])
      const { removed, next } = steps[at.family](at, keep, nowMs)
      if (next !== null) return { family: at.family, removed, next: { family: at.family, ...next } }
      const after = families[families.indexOf(at.family) + 1]
      return { family: at.family, removed, next: after === undefined ? null : beginning(after) }
    },
    /** Gives free pages of the file back to the disk, at most `most`, and all but `spare`. Returns how many. */
    'keep.vacuum': (most: number, spare: number): number => {
      const before = freePages()
      const wanted = Math.min(most, before - spare)
      // With 0 SQLite would give all of them back.
      if (wanted <= 0) return 0
      db.pragma(`incremental_vacuum(${wanted})`)
      return before - freePages()
    },
  }
}

export const retentionReads = (db: Database) => {
  const newest = [
    'inbox.received_at_ms',
    'outbox.created_at_ms',
    'messages.at_ms',
    'model_calls.at_ms',
    'runs.due_ms',
  ]
    .map((column) => [column, column.slice(0, column.indexOf('.'))])
    .map(([column, table]) => `(SELECT ${column} FROM ${table} ORDER BY id DESC LIMIT 1)`)
  const last = db.prepare<[], { ms: number | null }>(
    `SELECT max(column1) AS ms FROM (VALUES ${newest.map((one) => `(${one})`).join(', ')})`,
  )
  return {
    /** When something was written down last, Unix milliseconds; null where nothing ever was. */
    newestMs: (): number | null => last.get()?.ms ?? null,
  }
}

const beginning = (family: Family): TrimCursor => ({ family, task: 0, afterId: 0, named: [] })

type Walk = {
  readonly table: string
  /** A column that grows with the ids, near enough. */
  readonly time: string
  /** Which of the rows go; `:before` is the time before which they are old. */
  readonly where: string
  readonly keptMs: (keep: KeepConfig) => number
}

/**
 * Walks over a table by id, from the oldest row, until a page holds nothing old. The newest row stays: an id that was
 * given is never given again.
 */
function walk(db: Database, { table, time, where, keptMs }: Walk): TakeStep {
  const look = db.prepare<[number, number], { lastId: number | null; oldestMs: number }>(
    // A clock that ran ahead may have filled a whole page: that says nothing of what comes after it.
    `SELECT max(id) AS lastId, coalesce(min(iif(at <= ?, at, NULL)), 0) AS oldestMs
     FROM (SELECT id, ${time} AS at FROM ${table} WHERE id > ? ORDER BY id LIMIT ${mostRows})`,
  )
  const remove = db.prepare(
    `DELETE FROM ${table} WHERE id > :after AND id <= :upTo AND id < (SELECT max(id) FROM ${table}) AND ${where}`,
  )
  return ({ afterId }, keep, nowMs) => {
    const before = nowMs - keptMs(keep)
    const { lastId, oldestMs } = look.get(nowMs, afterId) ?? { lastId: null, oldestMs: 0 }
    if (lastId === null || oldestMs >= before) return { removed: 0, next: null }
    const removed = remove.run({ after: afterId, upTo: lastId, before }).changes
    return { removed, next: { task: 0, afterId: lastId, named: [] } }
  }
}

/** Runs that have ended and are not among the newest of their task. */
function runsOfTask(db: Database): TakeStep {
  const taskAfter = db.prepare<[number], { id: number | null }>(
    `SELECT min(id) AS id FROM tasks WHERE id > ?`,
  )
  const edge = db.prepare<[number, number], { id: number }>(
    `SELECT id FROM runs WHERE task_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?`,
  )
  const look = db.prepare<[number, number, number], { lastId: number | null }>(
    `SELECT max(id) AS lastId
     FROM (SELECT id FROM runs WHERE task_id = ? AND id > ? AND id <= ? ORDER BY id LIMIT ${mostRows})`,
  )
  const remove = db.prepare(
    `DELETE FROM runs WHERE task_id = ? AND id > ? AND id <= ? AND id < (SELECT max(id) FROM runs)
     AND ended_at_ms IS NOT NULL AND NOT ${hasOpenPost}`,
  )
  return ({ task, afterId }, { runsEachTask }) => {
    const surplus = edge.get(task, runsEachTask)
    const lastId = surplus === undefined ? null : (look.get(task, afterId, surplus.id)?.lastId ?? null)
    if (lastId !== null) {
      return {
        removed: remove.run(task, afterId, lastId).changes,
        next: { task, afterId: lastId, named: [] },
      }
    }
    const next = taskAfter.get(task)?.id ?? null
    return { removed: 0, next: next === null ? null : { task: next, afterId: 0, named: [] } }
  }
}

/** Posts that have ended. Of one whose run is still there only the words go: how it was delivered belongs to the run. */
function posts(db: Database): TakeStep {
  const ended = `NOT ${openPost} AND ended_at_ms < :before`
  const hasRun = `EXISTS (SELECT 1 FROM runs WHERE runs.id = outbox.run_id)`
  const remove = walk(db, {
    table: 'outbox',
    time: 'created_at_ms',
    where: `${ended} AND NOT ${hasRun}
      AND (key NOT GLOB 'notice/*' OR ended_at_ms < :before - ${leastNoticeMs})`,
    keptMs: (keep) => keep.postsMs,
  })
  const empty = db.prepare(
    `UPDATE outbox SET reply_json = json_object('text', '', 'status', reply_json ->> 'status')
     WHERE id > :after AND id <= :upTo AND ${ended} AND ${hasRun} AND reply_json ->> 'text' <> ''`,
  )
  return (cursor, keep, nowMs) => {
    const { removed, next } = remove(cursor, keep, nowMs)
    if (next === null) return { removed, next }
    const page = { after: cursor.afterId, upTo: next.afterId, before: nowMs - keep.postsMs }
    return { removed: removed + empty.run(page).changes, next }
  }
}

/** Goes over a table that has no ids, from the oldest row. */
function byTime(
  db: Database,
  { table, key, keptMs }: Pick<Walk, 'table' | 'keptMs'> & { readonly key: string },
): TakeStep {
  const remove = db.prepare(
    `DELETE FROM ${table} WHERE (${key}) IN
       (SELECT ${key} FROM ${table} WHERE at_ms < ? ORDER BY at_ms LIMIT ${mostRows})`,
  )
  return ({ task, named }, keep, nowMs) => {
    const removed = remove.run(nowMs - keptMs(keep)).changes
    return { removed, next: removed < mostRows ? null : { task, afterId: 0, named } }
  }
}

/** Old versions of tasks that no run names. A run may name one that was never written down: the one before it stands for it. */
function versions(db: Database): TakeStep {
  const changed = db.prepare<[number], { id: number; isChanged: number }>(
    `SELECT id, version > 1 AS isChanged FROM tasks WHERE id > ? ORDER BY id LIMIT ${mostRows}`,
  )
  const kept = db.prepare<[number], { version: number }>(
    `SELECT version FROM task_versions WHERE task_id = ? ORDER BY version LIMIT ${mostRows}`,
  )
  const runs = db.prepare<[number, number], { id: number; version: number }>(
    `SELECT id, task_version AS version FROM runs WHERE task_id = ? AND id > ? ORDER BY id LIMIT ${mostRows}`,
  )
  const remove = db.prepare(`DELETE FROM task_versions WHERE task_id = ? AND version = ?`)
  const nextTask = (task: number): Step['next'] => {
    const page = changed.all(task)
    const next = page.find(({ isChanged }) => isChanged === 1)?.id
    if (next !== undefined) return { task: next, afterId: 0, named: [] }
    const last = page.length < mostRows ? undefined : page.at(-1)?.id
    return last === undefined ? null : { task: last, afterId: 0, named: [] }
  }
  return ({ task, afterId, named }) => {
    const written = kept.all(task).map(({ version }) => version)
    if (written.length <= 1) return { removed: 0, next: nextTask(task) }
    const page = runs.all(task, afterId)
    const all = [...new Set([...named, ...page.map(({ version }) => version)])]
    const last = page.at(-1)
    if (last !== undefined && page.length === mostRows) {
      return { removed: 0, next: { task, afterId: last.id, named: all } }
    }
    const standing = new Set(all.map((version) => written.findLast((one) => one <= version)))
    const idle = written.slice(0, -1).filter((version) => !standing.has(version))
    for (const version of idle) remove.run(task, version)
    return { removed: idle.length, next: nextTask(task) }
  }
}

/** Tasks that were removed, once their last run is gone, with their versions. */
function removedTasks(db: Database): TakeStep {
  const look = db.prepare<[number], { lastId: number | null }>(
    `SELECT max(id) AS lastId FROM (SELECT id FROM tasks WHERE id > ? ORDER BY id LIMIT ${mostRows})`,
  )
  const gone = db.prepare<[number, number], { id: number }>(
    `SELECT id FROM tasks WHERE id > ? AND id <= ? AND id < (SELECT max(id) FROM tasks) AND state = 'removed'
     AND NOT EXISTS (SELECT 1 FROM runs WHERE task_id = tasks.id)`,
  )
  const removeVersions = db.prepare(`DELETE FROM task_versions WHERE task_id = ?`)
  const remove = db.prepare(`DELETE FROM tasks WHERE id = ?`)
  return ({ afterId }) => {
    const lastId = look.get(afterId)?.lastId ?? null
    if (lastId === null) return { removed: 0, next: null }
    const ids = gone.all(afterId, lastId).map(({ id }) => id)
    for (const id of ids) {
      removeVersions.run(id)
      remove.run(id)
    }
    return { removed: ids.length, next: { task: 0, afterId: lastId, named: [] } }
  }
}
