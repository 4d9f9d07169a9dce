import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createChatPlatform } from './platform.ts'
import { addPlatformTasks, endTasks } from './platform-tasks.ts'
import { createClients } from './clients.ts'
import { createPlace, integrityOf, type Place } from './moltbot.ts'
import { orderTask } from './orders.ts'
import type { Proof } from './proof.ts'
import { countOpen, readRows } from './rows.ts'

/** The calls at each of which a life is ended: all that change a file, and the one that opens a way to the platform. */
const calls = ['pwrite64', 'fsync', 'ftruncate', 'unlink', 'connect'] as const
/** A thread that makes a call more often than this would not end by itself. */
const mostTurns = 200
const shortStep = 8
const mostLifeMs = 20_000
const pollMs = 20

/**
 * One run of a task that posts to a platform, cut short by SIGKILL at each single system call of the life that makes
 * it, and taken up by a second life: the platform must hold the post exactly once, the run must have its one row.
 */
export const syscallsProof: Proof = {
  name: 'syscalls',
  summary:
    'one run and its post over SIGKILL at every write, sync, truncate, unlink and connect (needs strace)',
  run: async ({ isShort, seed, say }) => {
    const outcome = await sweep(join(import.meta.dirname, 'program.ts'), isShort ? shortStep : 1, say)
    for (const breach of outcome.breaches) say(`${breach.kind}: ${breach.what}`)
    const count = (kind: Breach['kind']): number => outcome.breaches.filter((one) => one.kind === kind).length
    const figures = [
      { metric: 'points', value: outcome.points, unit: 'kills', about: `at ${calls.join(', ')}` },
      { metric: 'lost', value: count('lost'), unit: 'breaches', about: 'posts or runs' },
      { metric: 'doubled', value: count('doubled'), unit: 'breaches', about: 'the same' },
      { metric: 'corrupt', value: count('corrupt'), unit: 'breaches', about: 'integrity_check not ok' },
      { metric: 'seed', value: seed, unit: '', about: 'nothing here is random' },
    ]
    return { figures, holds: outcome.points > 0 && outcome.breaches.length === 0 }
  },
}

type Breach = { readonly kind: 'lost' | 'doubled' | 'corrupt'; readonly what: string }

/** Ends a life at every `step`-th call of each kind. Throws where strace is missing or a second life does not come to rest. */
export async function sweep(
  program: string,
  step: number,
  say: (line: string) => void,
): Promise<{ readonly points: number; readonly breaches: readonly Breach[] }> {
  await using platform = await createChatPlatform({ mood: () => 'at-once' })
  const env = { PROOF_CHAT_URL: platform.url, PROOF_CHAT_TOKEN: platform.token }
  await using place = await createPlace(program, 'models: {}\n', env)
  const model = await prepare(place)
  const template = mkdtempSync(join(tmpdir(), 'moltbot-template-'))
  const data = dirname(place.database)
  const breaches: Breach[] = []
  let points = 0
  try {
    cpSync(data, template, { recursive: true })
    for (const call of calls) {
      const before = points
      for (let turn = 1; turn <= mostTurns; turn += step) {
        rmSync(data, { recursive: true, force: true })
        cpSync(template, data, { recursive: true })
        const nowMs = Date.now()
        const due = addPlatformTasks(place.database, model, 1, nowMs)
        endTasks(place.database, due, nowMs)
        const taken = platform.held().length
        if ((await endedAt(call, turn, place)) === 'by itself') break
        points++
        const integrity = integrityOf(place.database)
        if (integrity !== 'ok') breaches.push({ kind: 'corrupt', what: `${call} ${turn}: ${integrity}` })
        await liveOn(place)
        breaches.push(...breachesOf(`${call} ${turn}`, place.database, platform.held().length - taken))
      }
      say(`${call}: ${points - before} kills`)
    }
    return { points, breaches }
  } finally {
    rmSync(template, { recursive: true, force: true })
  }
}

/** A data folder with one task, after the model of which the others are made, in a life that ends in peace. */
async function prepare(place: Place): Promise<number> {
  place.start()
  await place.ready()
  const clients = createClients(place.port, new AbortController().signal)
  const made = await orderTask(clients, 'model', 'every 1 week', 'model')
  if (made.kind !== 'run') throw new Error('the task was not taken')
  await place.stop()
  return made.run.taskId
}

/** Resolves when nothing of the second life is under way any more, and ends it in peace. */
async function liveOn(place: Place): Promise<void> {
  place.start()
  await place.ready()
  const endMs = performance.now() + mostLifeMs
  // First whether the run has begun: it may begin between the two looks, and is then under way in the second.
  while (readRows(place.database).runs.length === 0 || countOpen(place.database) > 0) {
    if (performance.now() > endMs) break // what is still open is a breach
    await sleep(pollMs)
  }
  await place.stop()
}

/** What is wrong after both lives: one run that succeeded, one post that was sent, and held once where it was sent. */
function breachesOf(point: string, database: string, held: number): Breach[] {
  const { runs, outbox } = readRows(database)
  const of = (count: number, what: string): Breach[] => {
    if (count === 1) return []
    return [{ kind: count === 0 ? 'lost' : 'doubled', what: `${point}: ${count} times ${what}` }]
  }
  return [
    ...of(runs.filter(({ state }) => state === 'succeeded').length, 'a run that succeeded'),
    ...of(runs.length, 'a run'),
    ...of(
      outbox.filter(({ state, answers }) => state === 'sent' && answers === null).length,
      'a post that is sent',
    ),
    ...of(held, 'the post on the platform'),
  ]
}

/**
 * Runs a life that ends at the `turn`-th call of this kind in any of its threads, and tells whether it came to that:
 * one that has done all its work before is ended in peace.
 */
async function endedAt(call: string, turn: number, place: Place): Promise<'at the call' | 'by itself'> {
  const strike = `inject=${call}:signal=KILL:when=${turn}`
  const tracing = ['-f', '--seccomp-bpf', '-qqq', '-o', '/dev/null', '-e', strike]
  const tracer = spawn('strace', [...tracing, process.execPath, ...place.args], {
    env: { ...process.env, ...place.env },
    stdio: 'ignore',
  })
  const ended = once(tracer, 'close')
  const end = (signal: NodeJS.Signals): void =>
    tracedBy(tracer.pid).forEach((pid) => process.kill(pid, signal))
  const kill = (): void => end('SIGKILL')
  process.once('exit', kill)
  try {
    const endMs = performance.now() + mostLifeMs
    let isAsked = false
    while (tracer.exitCode === null && tracer.signalCode === null) {
      if (performance.now() > endMs) throw new Error(`${call} ${turn}: the life did not end`)
      if (!isAsked && isDone(place.database)) {
        isAsked = true
        end('SIGTERM')
      }
      await sleep(pollMs)
    }
    await ended
    return tracer.exitCode === 0 ? 'by itself' : 'at the call'
  } finally {
    process.removeListener('exit', kill)
    kill()
  }
}

/** The processes that a tracer has started. */
function tracedBy(pid: number | undefined): number[] {
  const file = `/proc/${pid}/task/${pid}/children`
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number)
}

function isDone(database: string): boolean {
  try {
    const { runs, outbox } = readRows(database)
    return (
      runs.some(({ state }) => state === 'succeeded') &&
      outbox.some(({ state, answers }) => state === 'sent' && answers === null)
    )
  } catch {
    return false // it is being opened just now
  }
}
