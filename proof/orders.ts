import Database from 'better-sqlite3'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Clients, SeenReply } from './clients.ts'
import { between, type Random } from './random.ts'

/** A run that must be there: that of a task at one due time. */
export type DueRun = { readonly taskId: number; readonly dueMs: number }

/** A task that comes again each minute, with its first due time and, if it has one, the last instant for one. */
export type Repeated = { readonly taskId: number; readonly firstMs: number; readonly untilMs?: number }

const taskData = z.object({ id: z.number(), nextDueMs: z.number() })
const runData = z.object({ id: z.number(), dueMs: z.number() })

export const everyMs = 60_000

/** What came of an order: the run that it makes due, nothing for a good reason, or an answer that it must not get. */
export type Ordered =
  | { readonly kind: 'run'; readonly run: DueRun }
  | { readonly kind: 'refused' }
  | { readonly kind: 'strange'; readonly what: string }

const how = { wait: true, twice: false }

/** Makes a task that says `text`, with the yes that it takes; it is refused where its time has passed by then. */
export async function orderTask(
  clients: Clients,
  conversation: string,
  when: string,
  text: string,
): Promise<Ordered> {
  const asked = await clients.say(conversation, `/remind --when "${when}" --text ${text}`, how)
  if (asked?.status !== 'asked') return refusedOr(asked)
  const done = await clients.say(conversation, 'yes', how)
  const { success, data } = taskData.safeParse(done?.data)
  return success ? { kind: 'run', run: { taskId: data.id, dueMs: data.nextDueMs } } : refusedOr(done)
}

/** Orders an extra run of a task, now; it is refused while one is under way. */
async function orderRun(clients: Clients, conversation: string, taskId: number): Promise<Ordered> {
  const reply = await clients.say(conversation, `/tasks run ${taskId}`, how)
  const { success, data } = runData.safeParse(reply?.data)
  return success ? { kind: 'run', run: { taskId: data.id, dueMs: data.dueMs } } : refusedOr(reply)
}

/** A yes that the model answers, for one, has found no question. */
function refusedOr(reply: SeenReply | undefined): Ordered {
  if (reply === undefined || reply.status === 'misused' || isGivenUp(reply.text)) return { kind: 'refused' }
  return { kind: 'strange', what: `an order was answered with ${reply.status} ${JSON.stringify(reply.text)}` }
}

/** What Moltbot says where a message or a run was cut short so often that it leaves it. */
export function isGivenUp(reply: string): boolean {
  return /so I gave up|so I leave it/u.test(reply)
}

/** Orders one task after the other, each due in a second or two, and extra runs of those that repeat, while `goesOn`. */
export async function keepOrdering(
  clients: Clients,
  conversation: string,
  repeated: readonly Repeated[],
  random: Random,
  goesOn: () => Promise<boolean>,
): Promise<Ordered[]> {
  const all: Ordered[] = []
  for (let i = 1; await goesOn(); i++) {
    const when = new Date(Math.ceil((Date.now() + between(random, 800, 2_000)) / 1_000) * 1_000)
    all.push(await orderTask(clients, conversation, when.toISOString(), `${conversation}-${i}`))
    const again = repeated[Math.floor(random() * repeated.length)]
    if (again !== undefined) all.push(await orderRun(clients, conversation, again.taskId))
    await sleep(between(random, 0, 100))
  }
  return all
}

/**
 * Lays the first due times of tasks that come each minute over the next minute, in the rows of a Moltbot that has
 * stopped: a minute is the shortest interval, and the proof is not to wait for it with all of them.
 */
export function spreadDueTimes(database: string, taskIds: readonly number[], fromMs: number): Repeated[] {
  const db = new Database(database)
  try {
    const change = db.prepare(`UPDATE tasks SET schedule_json = ?, next_due_ms = ? WHERE id = ?`)
    const changeVersion = db.prepare(`UPDATE task_versions SET schedule_json = ? WHERE task_id = ?`)
    return taskIds.map((taskId, i) => {
      const firstMs = Math.floor(fromMs + (i * everyMs) / taskIds.length)
      const schedule = { everyMs, from: new Date(firstMs).toISOString() }
      change.run(JSON.stringify(schedule), firstMs, taskId)
      changeVersion.run(JSON.stringify(schedule), taskId)
      return { taskId, firstMs }
    })
  } finally {
    db.close()
  }
}
