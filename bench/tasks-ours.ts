import Database from 'better-sqlite3'
import { randomUUID } from 'node:crypto'
import { openStore, type Store } from '../src/store/store.ts'
import { usualOptions, type NewTask } from '../src/task.ts'
import type { Side } from './tasks-side.ts'

/** The tasks take turns, so that each job has its own due time of one of them. */
export const taskCount = 200
const leaseMs = 60_000
/** So many runs are looked up at once where one is to be claimed; more than are ever in flight. */
const lookAtOnce = 64

/** Jobs through our store as it is: runs of tasks, each step its own write, committed and synced before the next. */
export async function createOurs(folder: string): Promise<Side> {
  const store = await openStore(folder)
  await addTasks(store)
  const nextQueued = createQueue(store)
  let last = 0
  return {
    job: async (output) => {
      const number = ++last
      // A due time long past, so that it is ready.
      await store.write('runs.add', (number % taskCount) + 1, number)
      const claim = { id: nextQueued.take(), token: randomUUID() }
      const nowMs = Date.now()
      const isOurs = await store.write('runs.claim', claim, nowMs, nowMs + leaseMs)
      if (!isOurs) throw new Error(`run ${claim.id} was not queued`)
      nextQueued.forget(claim.id)
      const end = { state: 'succeeded', status: 'done', fault: null, note: null, output } as const
      await store.write('runs.finish', claim, end, Date.now())
    },
    completed: async () => {
      const db = new Database(store.folder.database, { readonly: true })
      const sql = `SELECT count(*) AS n FROM runs WHERE state = 'succeeded' AND attempt = 1 AND length(output) > 0`
      const found = db.prepare<[], { n: number }>(sql).get()?.n ?? 0
      db.close()
      return found
    },
  }
}

/** Writes down the tasks that the runs belong to, with the ids 1 to `taskCount`, and several people who made them. */
export async function addTasks(store: Store): Promise<void> {
  await store.writeAll(
    Array.from({ length: taskCount }, (_, i) => ['tasks.add', i + 1, taskOf(i + 1)] as const),
  )
}

/** Who made the task with this id. */
export function personOf(taskId: number): string {
  return `slack/T0BENCH/U${taskId % 20}`
}

function taskOf(id: number): NewTask {
  return {
    command: 'digest',
    args: { sources: [`https://news.example/${id}.xml`], limit: 10 },
    schedule: { cron: '0 8 * * *' },
    options: usualOptions,
    zone: 'Europe/Berlin',
    person: personOf(id),
    address: { adapter: 'slack', account: 'T0BENCH', channel: `C${id}` },
    language: 'en',
    nextDueMs: null,
    createdAtMs: Date.now(),
  }
}

/** Looks up what is queued, and gives each run to one who claims it. */
function createQueue({ read }: Store): {
  readonly take: () => number
  readonly forget: (id: number) => void
} {
  const taken = new Set<number>()
  let found: number[] = []
  return {
    take: () => {
      if (found.length === 0) {
        const queued = read.runs.queued(Date.now(), lookAtOnce)
        found = queued.map(({ id }) => id).filter((id) => !taken.has(id))
      }
      const id = found.shift()
      if (id === undefined) throw new Error('a run that was ordered is not queued')
      taken.add(id)
      return id
    },
    forget: (id) => taken.delete(id),
  }
}
