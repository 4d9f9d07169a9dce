import Database from 'better-sqlite3'
import type { TestContext } from 'node:test'
import type { KeepConfig } from '../../src/config.ts'
import type { Post } from '../../src/message.ts'
import { dataFolder } from '../../src/store/folder.ts'
import type { TrimCursor, Trimmed } from '../../src/store/retention.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { usualOptions, type NewTask } from '../../src/task.ts'
import { temporaryFolder } from '../doubles/folder.ts'

export const dayMs = 86_400_000
export const nowMs = Date.UTC(2026, 10, 22)
export const address = { adapter: 'chat', account: 'a', channel: 'c' }

export const keep: KeepConfig = {
  runsMs: 90 * dayMs,
  runsEachTask: 2_000,
  postsMs: 30 * dayMs,
  messagesMs: 365 * dayMs,
  callsMs: 90 * dayMs,
  seenMs: 365 * dayMs,
}

export const newTask = (command = 'digest'): NewTask => ({
  command,
  args: {},
  schedule: { cron: '0 8 * * *' },
  options: usualOptions,
  zone: 'UTC',
  person: 'ann',
  address,
  language: 'en',
  nextDueMs: nowMs + dayMs,
  createdAtMs: nowMs - 400 * dayMs,
})

export const post = (key: string, run?: number, createdAtMs = nowMs): Post => ({
  key,
  address,
  answers: null,
  reply: { text: `the words of ${key}`, status: 'done', data: { big: 'x'.repeat(100) } },
  ...(run === undefined ? {} : { run }),
  createdAtMs,
})

/** A store in a folder of its own, closed when the test ends. */
export async function openTemporary(t: TestContext): Promise<Store> {
  const store = await openStore(temporaryFolder(t))
  t.after(() => store.close())
  return store
}

/** Looks into the database, and changes it, past the store: for rows that take months to come about. */
export function database(t: TestContext, store: Pick<Store, 'folder'>): Database.Database {
  const db = new Database(dataFolder(store.folder.path).database)
  t.after(() => db.close())
  return db
}

/** Writes one run down that was due, and ended, at a time. Returns its id. */
export async function endedRun(store: Store, task: number, dueMs: number): Promise<number> {
  const token = `t${dueMs}`
  await store.write('runs.add', task, dueMs)
  const [run] = store.read.runs.queued(dueMs, 1)
  if (run === undefined) throw new Error('no run was queued')
  const claim = { id: run.id, token }
  await store.writeAll([
    ['runs.claim', claim, dueMs, dueMs + 60_000],
    [
      'runs.finish',
      claim,
      { state: 'succeeded', status: 'done', fault: null, note: null, output: 'so it is' },
      dueMs + 1_000,
    ],
  ])
  return run.id
}

/** Removes what is old, step by step to the end. Returns how many rows of each family went, and the most in one step. */
export async function trim(
  store: Store,
  limits: KeepConfig = keep,
  atMs: number = nowMs,
): Promise<{ removed: Record<string, number>; mostAtOnce: number }> {
  const removed: Record<string, number> = {}
  let mostAtOnce = 0
  let cursor: TrimCursor | null = null
  do {
    const done: Trimmed = await store.write('keep.trim', cursor, limits, atMs)
    if (done.removed > 0) removed[done.family] = (removed[done.family] ?? 0) + done.removed
    mostAtOnce = Math.max(mostAtOnce, done.removed)
    cursor = done.next
  } while (cursor !== null)
  return { removed, mostAtOnce }
}
