import Database from 'better-sqlite3'
import type { Address } from '../src/message.ts'
import { everyMs, type Repeated } from './orders.ts'

/** The channels of the platform that tasks post to, each once as it is and once in a thread. */
const channels = 25

/** They are not the orderers' own: a person may have 200 tasks. */
const maker = 'http/local/platform'

/**
 * Makes tasks that post to the platform each minute, their due times laid over the next minute, after the model of
 * one that is there, in the rows of a Moltbot that has stopped.
 */
export function addPlatformTasks(database: string, like: number, count: number, fromMs: number): Repeated[] {
  const db = new Database(database)
  try {
    const columns = db
      .prepare<[], { name: string }>(`SELECT name FROM pragma_table_info('tasks') WHERE name <> 'id'`)
      .all()
      .map(({ name }) => name)
      .join(', ')
    const copy = db.prepare(`INSERT INTO tasks (${columns}) SELECT ${columns} FROM tasks WHERE id = ?`)
    const fit = db.prepare(
      `UPDATE tasks SET version = 1, person = ?, args_json = json_set(args_json, '$.text', ?), address_json = ?,
         schedule_json = ?, next_due_ms = ? WHERE id = ?`,
    )
    const keep = db.prepare(
      `INSERT INTO task_versions SELECT id, version, command, args_json, schedule_json, options_json, zone, address_json, ?
       FROM tasks WHERE id = ?`,
    )
    return db.transaction(() =>
      Array.from({ length: count }, (_, i) => {
        const taskId = Number(copy.run(like).lastInsertRowid)
        const firstMs = Math.floor(fromMs + (i * everyMs) / count)
        const schedule = { everyMs, from: new Date(firstMs).toISOString() }
        const json = [addressOf(i), schedule].map((one) => JSON.stringify(one))
        fit.run(maker, `platform-${i}`, ...json, firstMs, taskId)
        keep.run(fromMs, taskId)
        return { taskId, firstMs }
      }),
    )()
  } finally {
    db.close()
  }
}

/** Lets tasks end, in the rows of a Moltbot that is not running: what is due by then is still to be run. */
export function endTasks(database: string, tasks: readonly Repeated[], untilMs: number): void {
  const db = new Database(database)
  try {
    const end = db.prepare(
      `UPDATE tasks SET options_json = json_set(options_json, '$.until', ?),
         state = iif(next_due_ms > ?, 'done', state), next_due_ms = iif(next_due_ms > ?, NULL, next_due_ms) WHERE id = ?`,
    )
    const until = new Date(untilMs).toISOString()
    db.transaction(() => tasks.forEach(({ taskId }) => end.run(until, untilMs, untilMs, taskId)))()
  } finally {
    db.close()
  }
}

function addressOf(i: number): Address {
  const place = { adapter: 'chat', account: 'home', channel: `room-${i % channels}` }
  return i % (2 * channels) < channels ? place : { ...place, thread: 'thread-1' }
}
