// Writes runs that have ended straight into the database of a store, faster than a store would: nothing is synced.
// The first line that it prints says that it is done.
//
//   node bench/tasks-fill.ts <Filling as JSON>
import Database from 'better-sqlite3'
import { output } from './tasks-output.ts'
import { personOf, taskCount } from './tasks-ours.ts'

/** The runs with these numbers, from 0 on: number n is of the task n modulo their count, and due `everyMs` after n - 1. */
export type Filling = {
  readonly database: string
  readonly from: number
  readonly count: number
  /** When number 0 was due. */
  readonly firstDueMs: number
  readonly everyMs: number
  /** The last so many have the row of their post, too. */
  readonly posts: number
}

const runsEachTransaction = 50_000
const cacheKiB = 256 * 1_024

function fill({ database, from, count, firstDueMs, everyMs, posts }: Filling): void {
  const db = new Database(database)
  db.pragma('synchronous = OFF')
  db.pragma(`cache_size = -${cacheKiB}`)
  const run = db.prepare(
    `INSERT INTO runs (task_id, task_version, person, due_ms, state, ready_ms, attempt, started_at_ms, ended_at_ms,
       status, fault, note, output, cost_usd)
     VALUES (:taskId, 1, :person, :dueMs, :state, :dueMs, :attempt, :startedAtMs, :endedAtMs,
       :status, :fault, :note, :output, :costUsd)`,
  )
  const post = db.prepare(
    `INSERT INTO outbox (key, lane, address_json, reply_json, state, created_at_ms, ended_at_ms, ref, run_id)
     VALUES (?, ?, ?, ?, 'sent', ?, ?, ?, ?)`,
  )
  const add = (number: number): void => {
    const taskId = (number % taskCount) + 1
    const dueMs = firstDueMs + number * everyMs
    const endedMs = dueMs + 4_000
    const end = endOf(number)
    const hasBegun = end.attempt > 0
    const { lastInsertRowid: id } = run.run({
      ...end,
      taskId,
      person: personOf(taskId),
      dueMs,
      startedAtMs: hasBegun ? dueMs + 150 : null,
      endedAtMs: endedMs,
      output: end.state === 'succeeded' ? output(number) : null,
      costUsd: hasBegun ? 0.0021 : null,
    })
    if (number < from + count - posts) return
    const channel = `C${taskId}`
    const address = JSON.stringify({ adapter: 'slack', account: 'T0BENCH', channel })
    const reply = JSON.stringify({ text: output(number), status: 'done' })
    post.run(`run/${id}/0`, `slack/T0BENCH/${channel}`, address, reply, dueMs, endedMs, `${dueMs}.000100`, id)
  }
  const addAll = db.transaction((first: number, end: number) => {
    for (let number = first; number < end; number++) add(number)
  })
  for (let first = from; first < from + count; first += runsEachTransaction)
    addAll(first, Math.min(first + runsEachTransaction, from + count))
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
}

type End = {
  readonly state: string
  readonly attempt: number
  readonly status: string | null
  readonly fault: string | null
  readonly note: string | null
}

/** Of a hundred, 90 have succeeded, 8 failed or are dead, 2 were skipped or missed; the hundreds shift with the tasks. */
function endOf(number: number): End {
  const place = (number + Math.floor(number / taskCount) * 37) % 100
  if (place < 90) return { state: 'succeeded', attempt: 1, status: 'done', fault: null, note: null }
  const failed = { status: 'failed', fault: 'network', note: 'news.example did not answer' }
  if (place < 95) return { state: 'failed', attempt: 1, ...failed }
  if (place < 98) return { state: 'dead', attempt: 5, ...failed }
  const left = { attempt: 0, status: null, fault: null }
  if (place < 99) return { state: 'skipped', ...left, note: 'a run was still under way' }
  return { state: 'missed', ...left, note: 'Moltbot was not running' }
}

if (import.meta.main) {
  fill(JSON.parse(process.argv[2] ?? '') as Filling)
  console.log('done')
}
