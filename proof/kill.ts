import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Figure } from '../bench/figures.ts'
import { startProgram } from '../bench/process.ts'
import { createClients, type Clients } from './clients.ts'
import { createCrowd, isTalk, type Crowd } from './crowd.ts'
import { createPlace, integrityOf, type Place } from './moltbot.ts'
import { createMoods } from './moods.ts'
import { isGivenUp, orderTask, spreadDueTimes, type Repeated } from './orders.ts'
import { createChatPlatform } from './platform.ts'
import { addPlatformTasks, endTasks } from './platform-tasks.ts'
import type { Proof } from './proof.ts'
import { between, createRandom, type Random } from './random.ts'
import { countOpen, readRows, untilQuiet } from './rows.ts'
import { breachesOf, dueTimesOf, type Breach, type Record } from './verdict.ts'
import { platformBreaches } from './verdict-platform.ts'

/** How a proof went: how much there was of everything, and what of it was not as it must be. */
export type Outcome = {
  readonly kills: number
  readonly messages: number
  readonly runs: number
  /** Due times of tasks that post to the platform, and what it holds of them at the end. */
  readonly due: number
  readonly posts: number
  /** Posts that came to the platform, and those of them that it left without an answer to rely on. */
  readonly sends: number
  readonly unclear: number
  /** Posts of which Moltbot does not know whether they arrived. */
  readonly unknown: number
  /** Due times that a rule left out, each with a row. */
  readonly leftOut: number
  /** Messages and runs that were cut short three times and left, with a word to their person. */
  readonly givenUp: number
  readonly breaches: readonly (Breach | { readonly kind: 'corrupt'; readonly what: string })[]
}

type Options = {
  /** The path of program.ts. */
  readonly program: string
  readonly kills: number
  readonly seed: number
  /** People pause for up to so long: many kills are to find a database that does not grow without end. */
  readonly mostPauseMs: number
  readonly say: (line: string) => void
}

const repeatedTasks = 24
/** Each is due once a minute: 5,000 posts in the time that 1,000 kills take. */
const platformTasks = 300
/** One kill in four comes so long after the start, at whatever it has got to, the others when all is open, in milliseconds. */
const startingShare = 0.25
const mostStartingMs = 1_500
const mostLifeMs = 900
/** One life in ten may last longer, so that what was cut short gets its grace time. */
const longShare = 0.1
const mostLongLifeMs = 3_000
const mostQuietMs = 120_000
const mostIdlePolls = 50
const mostMarkMs = 10_000
/** A due time of the last seconds may not have had its tick. */
const tickMs = 2_500
const fetchesAtOnce = 16
const shownBreaches = 10

/**
 * Kills a Moltbot that answers messages over HTTP and runs tasks, again and again, each time by SIGKILL at another
 * moment, and looks afterwards for what is lost, there twice, out of order or damaged. Most tasks post to a platform
 * that behaves as Slack does: it takes a post and then answers late, never or with an error, and can be asked what it
 * holds, with a lag. What counts there is what the platform holds.
 *
 * What it does not prove. A SIGKILL leaves the kernel and its caches alive, so this says nothing of a power cut. HTTP
 * keeps a reply until it is fetched and shows it once for each fetch. The platform shows what it took within the grace
 * time: one that takes longer can show a post twice. The model answers at once and always, and the tasks are
 * reminders, which call no model and read no source; the one clock is never set. That a post which was kept for a
 * conversation is fetched once holds while nobody is killed: a kill between the response and its row has it fetched
 * again.
 */
export const killProof: Proof = {
  name: 'kill',
  summary: 'messages, runs and posts over SIGKILL at random moments: none lost, none twice, in order',
  run: async ({ isShort, seed, say }) => {
    const program = join(import.meta.dirname, 'program.ts')
    const outcome = await proveKills({
      program,
      kills: isShort ? 20 : 1_000,
      mostPauseMs: isShort ? 0 : 800,
      seed,
      say,
    })
    const { breaches } = outcome
    for (const { kind, what } of breaches.slice(0, shownBreaches)) say(`${kind}: ${what}`)
    return { figures: figuresOf(outcome, seed), holds: breaches.length === 0 }
  },
}

/** Runs it against one program. Throws where it cannot be carried through at all. */
export async function proveKills({ program, kills, seed, mostPauseMs, say }: Options): Promise<Outcome> {
  const moods = createMoods(createRandom(seed + 500))
  await using platform = await createChatPlatform(moods)
  await using vendor = startProgram([join(import.meta.dirname, '../bench/vendor.ts')])
  const endpoint = `http://127.0.0.1:${await vendor.firstLine}/v1`
  await using place = await createPlace(
    program,
    `model_provider:\n  type: open_api\n  endpoint: ${endpoint}\n  model: bench\n`,
    { PROOF_CHAT_URL: platform.url, PROOF_CHAT_TOKEN: platform.token },
  )
  const over = new AbortController()
  const clients = createClients(place.port, over.signal)

  const { repeated, posting } = await prepare(place, clients)
  const crowd = createCrowd(clients, repeated, { seed, mostPauseMs })
  const damages = await killAgain(place, kills, createRandom(seed), (kill) =>
    say(`${kill} kills, ${clients.sent().length} messages, ${platform.taken().size} posts on the platform`),
  )
  // Its moods have been tried by now; at the end they would only make everyone wait.
  moods.calmDown()
  const postingUntilMs = Date.now()
  endTasks(place.database, posting, postingUntilMs)
  const end = await endInPeace(place, clients, crowd, over)
  damages.push(...damageOf(place, 'at the end'))

  const rows = readRows(place.database)
  const ending = posting.map((one) => ({ ...one, untilMs: postingUntilMs }))
  const record: Record = {
    ...end,
    sent: clients.sent(),
    repeated: [...repeated, ...ending],
    isTalk,
  }
  return {
    kills,
    messages: record.sent.length,
    runs: rows.runs.length,
    due: ending.flatMap((one) => dueTimesOf(one, postingUntilMs)).length,
    posts: platform.held().length,
    ...moods.counts(),
    unknown: rows.outbox.filter(({ state }) => state === 'unknown').length,
    leftOut: rows.runs.filter(({ state }) => state === 'skipped' || state === 'missed').length,
    givenUp: rows.outbox.filter(({ reply }) => isGivenUp(reply)).length,
    breaches: [
      ...breachesOf(record, rows),
      ...platformBreaches('chat', platform.held(), rows),
      ...damages.map((what) => ({ kind: 'corrupt' as const, what })),
    ],
  }
}

/** Starts and kills it so often; what integrity_check said where that was not `ok`. */
async function killAgain(
  place: Place,
  kills: number,
  random: Random,
  onTenth: (kill: number) => void,
): Promise<string[]> {
  const damages: string[] = []
  for (let kill = 1; kill <= kills; kill++) {
    place.start()
    await untilKill(place, random)
    await place.kill()
    damages.push(...damageOf(place, `after kill ${kill}`))
    if (kill % 10 === 0) onTenth(kill)
  }
  return damages
}

function damageOf({ database }: Place, when: string): string[] {
  const integrity = integrityOf(database)
  return integrity === 'ok' ? [] : [`${when}: ${integrity}`]
}

/** Lets all that is under way come to its end, in two lives that nobody kills, and fetches what was kept. */
async function endInPeace(
  place: Place,
  clients: Clients,
  crowd: Crowd,
  over: AbortController,
): Promise<Pick<Record, 'orders' | 'untilMs' | 'fetched'>> {
  place.start()
  await place.ready()
  const left = new AbortController()
  const givenUp = giveUpWaiting(place, over, left.signal)
  const orders = await crowd.leave()
  left.abort()
  await givenUp
  await untilQuiet(place.database, mostQuietMs)
  const kept = over.signal.aborted ? createClients(place.port, new AbortController().signal) : clients
  const untilMs = Date.now() - tickMs
  if (!over.signal.aborted) await fetchAll(clients, 2)
  const conversations = [...new Set(clients.sent().map(({ conversation }) => conversation))]
  const fetched: string[] = []
  const fetchKept = async (): Promise<void> => {
    for (const one of conversations) fetched.push(...(await kept.fetchHeld(one)).map(({ text }) => text))
  }
  await fetchKept()
  await marked(place)
  await place.stop()
  // All has been fetched by now, so that a start in peace has nothing to send.
  place.start()
  await place.ready()
  await untilQuiet(place.database, mostQuietMs)
  await fetchKept()
  await place.stop()
  return { orders, untilMs, fetched }
}

/** Makes the tasks that repeat, in a life that ends in peace: those that keep their posts for HTTP, and those that post. */
async function prepare(
  place: Place,
  clients: Clients,
): Promise<{ readonly repeated: readonly Repeated[]; readonly posting: readonly Repeated[] }> {
  place.start()
  await place.ready()
  const taskIds: number[] = []
  for (let i = 0; i < repeatedTasks; i++) {
    const made = await orderTask(clients, `again-${i % repeatedTasks}`, 'every 1 minute', `again-${i}`)
    if (made.kind !== 'run') throw new Error('a task that repeats was not taken')
    taskIds.push(made.run.taskId)
  }
  await place.stop()
  const repeated = spreadDueTimes(place.database, taskIds, Date.now())
  const like = repeated[0]?.taskId ?? 0
  return { repeated, posting: addPlatformTasks(place.database, like, platformTasks, Date.now()) }
}

async function untilKill(place: Place, random: Random): Promise<void> {
  if (random() < startingShare) return sleep(between(random, 0, mostStartingMs))
  await place.opened()
  await sleep(between(random, 0, random() < longShare ? mostLongLifeMs : mostLifeMs))
}

/** Ends the waiting of clients for what will not come: nothing has been under way for a while, or it takes too long. */
async function giveUpWaiting({ database }: Place, over: AbortController, left: AbortSignal): Promise<void> {
  const startMs = performance.now()
  for (let idle = 0; idle < mostIdlePolls && performance.now() < startMs + mostQuietMs;) {
    if (left.aborted) return
    await sleep(100)
    if (countOpen(database) === 0) idle++
  }
  over.abort()
}

/** Resolves when what was fetched is marked so: its rows are written after the response, and a stop does not wait for them. */
async function marked({ database }: Place): Promise<void> {
  const endMs = performance.now() + mostMarkMs
  while (readRows(database).outbox.some(({ state }) => state === 'held') && performance.now() < endMs)
    await sleep(100)
}

async function fetchAll(clients: Clients, times: number): Promise<void> {
  const queue = Array.from({ length: times }, () => clients.sent()).flat()
  let next = 0
  const fetchOn = async (): Promise<void> => {
    for (let one = queue[next++]; one !== undefined; one = queue[next++]) await clients.fetchAgain(one)
  }
  await Promise.all(Array.from({ length: fetchesAtOnce }, fetchOn))
}

function figuresOf(outcome: Outcome, seed: number): Figure[] {
  const { breaches } = outcome
  const count = (kind: Outcome['breaches'][number]['kind']): number =>
    breaches.filter((breach) => breach.kind === kind).length
  const figures: readonly (readonly [metric: string, value: number, unit: string, about: string])[] = [
    ['kills', outcome.kills, 'kills', 'by SIGKILL, each followed by integrity_check'],
    ['messages', outcome.messages, 'messages', 'sent by clients with ids of their own'],
    ['runs', outcome.runs, 'runs', 'of tasks, at their due times and on order'],
    ['due', outcome.due, 'posts', 'due on the platform that can be asked'],
    ['posts', outcome.posts, 'posts', 'that the platform holds at the end'],
    ['sends', outcome.sends, 'posts', 'that came to the platform, those included that it did not take'],
    ['unclear', outcome.unclear, 'posts', 'that it left without an answer to rely on'],
    ['lost', count('lost'), 'breaches', 'messages, replies, turns, runs, posts'],
    ['doubled', count('doubled'), 'breaches', 'the same'],
    ['unknown', outcome.unknown, 'posts', 'of which Moltbot does not know whether they arrived'],
    ['outOfOrder', count('outOfOrder'), 'breaches', 'within a conversation or a place'],
    ['corrupt', count('corrupt'), 'checks', 'integrity_check not ok'],
    ['leftOut', outcome.leftOut, 'runs', 'that a rule left out, each with its row'],
    ['givenUp', outcome.givenUp, 'replies', 'cut short three times, and said so'],
    ['seed', seed, '', 'of the moments; the machine adds its own chance'],
  ]
  return figures.map(([metric, value, unit, about]) => ({ metric, value, unit, about }))
}
