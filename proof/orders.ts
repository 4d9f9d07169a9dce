import Database from 'better-sqlite3'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Clients, SeenReply } from './clients.ts'
import { between, type Random } from './random.ts'

/** A run that must be there: that of a task at one due time. */
export type DueRun = { readonly taskId: number; readonly dueMs: number }

/** A task that comes again each minute, and its first due time. */
export type Repeated = { readonly taskId: number; readonly firstMs: number }

const taskData = z.object({ id: z.number(), nextDueMs: z.number() })
const runData = z.object({ id: z.number(), dueMs: z.number() })

export const everyMs = 60_000

/** Makes a task that says `text`, with the yes that it takes; undefined if it was refused, for its time had passed. */
export async function orderTask(
  clients: Clients,
  conversation: string,
  when: string,
  text: string,
): Promise<DueRun | undefined> {
  const how = { wait: true, twice: false }
  const asked = await clients.say(conversation, `/remind --when "${when}" --text ${text}`, how)
  if (asked?.status !== 'asked') return undefined
  const done = await clients.say(conversation, 'yes', how)
  return done?.status === 'done' ? taskOf(done) : undefined
}

/** Orders an extra run of a task, now; undefined if one is under way. */
export async function orderRun(
  clients: Clients,
  conversation: string,
  taskId: number,
): Promise<DueRun | undefined> {
  const reply = await clients.say(conversation, `/tasks run ${taskId}`, { wait: true, twice: false })
  if (reply?.status !== 'done') return undefined
  const { id, dueMs } = runData.parse(reply.data)
  return { taskId: id, dueMs }
}

function taskOf({ data }: SeenReply): DueRun {
  const { id, nextDueMs } = taskData.parse(data)
  return { taskId: id, dueMs: nextDueMs }
}

/** Orders one task after the other, each due in a second or two, and extra runs of those that repeat, while `goesOn`. */
export async function keepOrdering(
  clients: Clients,
  conversation: string,
  repeated: readonly Repeated[],
  random: Random,
  goesOn: () => boolean,
): Promise<DueRun[]> {
  const runs: (DueRun | undefined)[] = []
  for (let i = 1; goesOn(); i++) {
    const when = new Date(Math.ceil((Date.now() + between(random, 800, 2_000)) / 1_000) * 1_000).toISOString()
    runs.push(await orderTask(clients, conversation, when, `${conversation}-${i}`))
    const again = repeated[Math.floor(random() * repeated.length)]
    if (again !== undefined) runs.push(await orderRun(clients, conversation, again.taskId))
    await sleep(between(random, 0, 100))
  }
  return runs.filter((run) => run !== undefined)
}

/**
 * Lays the first due times of tasks that come each minute over the next minute, in the rows of a Moltbot that has
 * stopped: a minute is the shortest interval, and the proof is not to wait for it with all of them.
 */
export function spreadDueTimes(database: string, taskIds: readonly number[], fromMs: number): Repeated[] {
  const db = new Database(database)
  try {
    const change = db.prepare(`UPDATE tasks SET schedule_json = ?, next_due_ms = ? WHERE id = ?`)
    return taskIds.map((taskId, i) => {
      const firstMs = Math.floor(fromMs + (i * everyMs) / taskIds.length)
      const schedule = { everyMs, from: new Date(firstMs).toISOString() }
      change.run(JSON.stringify(schedule), firstMs, taskId)
      return { taskId, firstMs }
    })
  } finally {
    db.close()
  }
}
