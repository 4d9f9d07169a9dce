import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Figure } from '../bench/figures.ts'
import { startProgram } from '../bench/process.ts'
import { createClients, type Clients, type Sent } from './clients.ts'
import { createPlace, integrityOf, type Place } from './moltbot.ts'
import { isGivenUp, keepOrdering, orderTask, spreadDueTimes, type Repeated } from './orders.ts'
import type { Proof } from './proof.ts'
import { between, createRandom, type Random } from './random.ts'
import { countOpen, readRows } from './rows.ts'
import { breachesOf, type Breach, type Record } from './verdict.ts'

/** How a proof went: how much there was of everything, and what of it was not as it must be. */
export type Outcome = {
  readonly kills: number
  readonly messages: number
  readonly runs: number
  /** Messages and runs that were cut short three times and left, with a word to their person. */
  readonly givenUp: number
  readonly breaches: readonly (Breach | { readonly kind: 'corrupt'; readonly what: string })[]
}

type Options = {
  /** The path of moltbot.js. */
  readonly program: string
  readonly kills: number
  readonly seed: number
  readonly say: (line: string) => void
}

const talkers = 16
const conversationsEach = 4
const orderers = 4
const repeatedTasks = 24
/** One message in three is a command, which takes no time and would overtake others if it could. */
const commandShare = 1 / 3
/** Half of the messages wait for their reply; one in twelve is sent twice though it was answered. */
const waitingShare = 0.5
const twiceShare = 1 / 12
/** One kill in four comes while Moltbot starts, the others so long after it is ready, in milliseconds. */
const startingShare = 0.25
const mostStartingMs = 700
const mostLifeMs = 900
const mostQuietMs = 30_000
/** A due time of the last seconds may not have had its tick. */
const tickMs = 2_500
const fetchesAtOnce = 16
const shownBreaches = 10

/**
 * Kills a Moltbot that answers messages and runs tasks over HTTP, again and again, each time by SIGKILL at another
 * moment, and looks afterwards for what is lost, there twice, out of order or damaged.
 *
 * What it does not prove. A SIGKILL leaves the kernel and its caches alive, so this says nothing of a power cut (that
 * is `synchronous=FULL`). HTTP keeps a reply until it is fetched and shows it once for each fetch, so this says
 * nothing of platforms where a repeated send shows twice, and nothing of the terminal. The model answers at once and
 * always, and the tasks are reminders, which call no model and read no source; the one clock is never set. That a
 * post which was kept for a conversation is fetched once holds while nobody is killed: a kill between the response and
 * its row has it fetched again.
 */
export const killProof: Proof = {
  name: 'kill',
  summary: 'messages and runs over SIGKILL at random moments: none lost, none twice, in order',
  run: async ({ isShort, seed, say }) => {
    const program = join(import.meta.dirname, '../src/moltbot.js')
    const outcome = await proveKills({ program, kills: isShort ? 20 : 200, seed, say })
    const { breaches } = outcome
    for (const { kind, what } of breaches.slice(0, shownBreaches)) say(`${kind}: ${what}`)
    return { figures: figuresOf(outcome, seed), holds: breaches.length === 0 }
  },
}

/** Runs it against one program. Throws where it cannot be carried through at all. */
export async function proveKills({ program, kills, seed, say }: Options): Promise<Outcome> {
  const random = createRandom(seed)
  await using vendor = startProgram([join(import.meta.dirname, '../bench/vendor.ts')])
  const endpoint = `http://127.0.0.1:${await vendor.firstLine}/v1`
  await using place = await createPlace(
    program,
    `model_provider:\n  type: open_api\n  endpoint: ${endpoint}\n  model: bench\n`,
  )
  const over = new AbortController()
  const clients = createClients(place.port, over.signal)

  const repeated = await prepare(place, clients)
  let goesOn = true
  const talking = Array.from({ length: talkers }, (_, i) =>
    talk(clients, `talk-${i}`, createRandom(seed + i + 1), () => goesOn),
  )
  const ordering = Array.from({ length: orderers }, (_, i) =>
    keepOrdering(clients, `order-${i}`, repeated, createRandom(seed - i - 1), () => goesOn),
  )
  const clientsEnded = Promise.all([Promise.all(ordering), ...talking])
  // It is awaited at the end; a client that fails before is not to end the process.
  clientsEnded.catch(() => undefined)

  const damages: string[] = []
  for (let kill = 1; kill <= kills; kill++) {
    place.start()
    await untilKill(place, random)
    await place.kill()
    const integrity = integrityOf(place.database)
    if (integrity !== 'ok') damages.push(`after kill ${kill}: ${integrity}`)
    if (kill % 10 === 0) say(`${kill} kills, ${clients.sent().length} messages`)
  }

  place.start()
  await place.ready()
  goesOn = false
  const limit = setTimeout(() => over.abort(), mostQuietMs)
  const [ordered] = await clientsEnded
  await quiet(place)
  clearTimeout(limit)
  const kept = over.signal.aborted ? createClients(place.port, new AbortController().signal) : clients
  const untilMs = Date.now() - tickMs
  if (!over.signal.aborted) await fetchAll(clients, 2)
  const conversations = [...new Set(clients.sent().map(({ conversation }) => conversation))]
  const fetched: string[] = []
  const fetchKept = async (): Promise<void> => {
    for (const one of conversations) fetched.push(...(await kept.fetchHeld(one)).map(({ text }) => text))
  }
  await fetchKept()
  await place.stop()
  // All has been fetched by now, so that a start in peace has nothing to send.
  place.start()
  await place.ready()
  await quiet(place)
  await fetchKept()
  await place.stop()

  const integrity = integrityOf(place.database)
  if (integrity !== 'ok') damages.push(`at the end: ${integrity}`)
  const rows = readRows(place.database)
  const isTalk = ({ conversation, text }: Sent): boolean =>
    conversation.startsWith('talk-') && !text.startsWith('/')
  const record: Record = {
    sent: clients.sent(),
    orders: ordered.flat(),
    repeated,
    untilMs,
    fetched,
    isTalk,
  }
  return {
    kills,
    messages: record.sent.length,
    runs: rows.runs.length,
    givenUp: rows.outbox.filter(({ reply }) => isGivenUp(reply)).length,
    breaches: [...breachesOf(record, rows), ...damages.map((what) => ({ kind: 'corrupt' as const, what }))],
  }
}

/** Makes the tasks that repeat, in a life that ends in peace. */
async function prepare(place: Place, clients: Clients): Promise<Repeated[]> {
  place.start()
  await place.ready()
  const taskIds: number[] = []
  for (let i = 0; i < repeatedTasks; i++) {
    const made = await orderTask(clients, `again-${i % orderers}`, 'every 1 minute', `again-${i}`)
    if (made.kind !== 'run') throw new Error('a task that repeats was not taken')
    taskIds.push(made.run.taskId)
  }
  await place.stop()
  return spreadDueTimes(place.database, taskIds, Date.now())
}

async function talk(clients: Clients, name: string, random: Random, goesOn: () => boolean): Promise<void> {
  for (let i = 1; goesOn(); i++) {
    const conversation = `${name}-${Math.floor(random() * conversationsEach)}`
    const [wait, twice] = [random() < waitingShare, random() < twiceShare]
    const text = random() < commandShare ? '/model' : `${name} says ${i}`
    await clients.say(conversation, text, { wait, twice })
  }
}

async function untilKill(place: Place, random: Random): Promise<void> {
  if (random() < startingShare) return sleep(between(random, 0, mostStartingMs))
  await place.ready()
  await sleep(between(random, 0, mostLifeMs))
}

/** Resolves when nothing is under way any more, or after `mostQuietMs`: what is left then has been lost. */
async function quiet({ database }: Place): Promise<void> {
  const endMs = performance.now() + mostQuietMs
  while (countOpen(database) > 0 && performance.now() < endMs) await sleep(100)
}

async function fetchAll(clients: Clients, times: number): Promise<void> {
  const queue = Array.from({ length: times }, () => clients.sent()).flat()
  let next = 0
  const fetchOn = async (): Promise<void> => {
    for (let one = queue[next++]; one !== undefined; one = queue[next++]) await clients.fetchAgain(one)
  }
  await Promise.all(Array.from({ length: fetchesAtOnce }, fetchOn))
}

function figuresOf({ kills, messages, runs, givenUp, breaches }: Outcome, seed: number): Figure[] {
  const count = (kind: Outcome['breaches'][number]['kind']): number =>
    breaches.filter((breach) => breach.kind === kind).length
  return [
    { metric: 'kills', value: kills, unit: 'kills', about: 'by SIGKILL, each followed by integrity_check' },
    { metric: 'messages', value: messages, unit: 'messages', about: 'sent by clients with ids of their own' },
    { metric: 'runs', value: runs, unit: 'runs', about: 'of tasks, at their due times and on order' },
    {
      metric: 'lost',
      value: count('lost'),
      unit: 'breaches',
      about: 'messages, replies, turns, runs, posts',
    },
    { metric: 'doubled', value: count('doubled'), unit: 'breaches', about: 'the same' },
    { metric: 'outOfOrder', value: count('outOfOrder'), unit: 'breaches', about: 'within a conversation' },
    { metric: 'corrupt', value: count('corrupt'), unit: 'checks', about: 'integrity_check not ok' },
    { metric: 'givenUp', value: givenUp, unit: 'replies', about: 'cut short three times, and said so' },
    { metric: 'seed', value: seed, unit: '', about: 'of the moments; the machine adds its own chance' },
  ]
}
