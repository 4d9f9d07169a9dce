// One side of the bench of jobs in a process of its own: does as many jobs as it can, and measures itself.
// GET /?atOnce=32&ms=700 has it work for so long, so many jobs in flight, and answers with a Stretch; with atOnce=0 it
// rests for so long. GET /completed answers with the number of jobs that are kept as completed.
//
//   node bench/tasks-side.ts <side> <Place as JSON>
import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../src/errors.ts'
import { output } from './tasks-output.ts'

/** Where a side keeps its jobs: in a folder, or with a server on this port of the loopback. */
export type Place =
  { readonly folder: string } | { readonly port: number; readonly password: string; readonly user: string }

/** What does jobs. */
export type Side = {
  /** Orders one job, has it claimed and completed with an output; resolves when all of it is kept. */
  readonly job: (output: string) => Promise<void>
  /** How many jobs are kept as completed with their output. */
  readonly completed: () => Promise<number>
}

/** The sides of the comparison. */
export type SideName = 'ours' | 'bullmqAlways' | 'bullmqEverysec' | 'pgboss'

/** A timed stretch of jobs; an untimed one went before it. */
export type Stretch = {
  /** All jobs that were done, with the untimed ones. */
  readonly done: number
  readonly durationMs: number
  /** Processor time of this process, all its threads, in the timed stretch. */
  readonly cpuUs: number
  /** Of each timed job: from its order until it is kept as completed. */
  readonly jobMs: readonly number[]
  /** The longest time that the main loop was away from its timers, which are set to one millisecond. */
  readonly stallMs: number
}

/** A name that TypeScript does not follow: the peers are not installed everywhere. */
const peer = (name: string): string => join(import.meta.dirname, 'peers', name)

const bullmq = async (place: Place): Promise<Side> => {
  const { createBullmq }: { createBullmq: (place: Place) => Side } = await import(peer('bullmq.js'))
  return createBullmq(place)
}

/** How each side is made. What a side needs is loaded only here, so that no process carries the weight of another. */
const sides: Readonly<Record<SideName, (place: Place) => Promise<Side>>> = {
  ours: async (place) => {
    const { createOurs } = await import('./tasks-ours.ts')
    if (!('folder' in place)) throw new Error('ours needs a folder')
    return createOurs(place.folder)
  },
  bullmqAlways: bullmq,
  bullmqEverysec: bullmq,
  pgboss: async (place) => {
    const { createPgBoss }: { createPgBoss: (place: Place) => Promise<Side> } = await import(
      peer('pg-boss.js')
    )
    return createPgBoss(place)
  },
}

async function stretch({ job }: Side, atOnce: number, ms: number): Promise<Stretch> {
  let done = 0
  const jobMs: number[] = []
  const jobOnce = async (): Promise<void> => {
    const startedMs = performance.now()
    await job(output(done++))
    jobMs.push(performance.now() - startedMs)
  }
  const all = async (work: () => Promise<void>): Promise<void> => {
    await Promise.all(Array.from({ length: atOnce }, work))
  }
  await all(jobOnce)
  jobMs.length = 0
  const loop = monitorEventLoopDelay({ resolution: 1 })
  loop.enable()
  const before = process.cpuUsage()
  const startedMs = performance.now()
  if (atOnce === 0) await sleep(ms)
  await all(async () => {
    do await jobOnce()
    while (performance.now() - startedMs < ms)
  })
  const { user, system } = process.cpuUsage(before)
  const durationMs = performance.now() - startedMs
  loop.disable()
  return { done, durationMs, cpuUs: user + system, jobMs, stallMs: loop.max / 1e6 }
}

async function serve(side: Side): Promise<void> {
  const answerTo = async (url: string): Promise<string> => {
    const { pathname, searchParams } = new URL(url, 'http://localhost')
    if (pathname === '/completed') return String(await side.completed())
    return JSON.stringify(
      await stretch(side, Number(searchParams.get('atOnce')), Number(searchParams.get('ms'))),
    )
  }
  const server = createServer((incoming, response) => {
    answerTo(incoming.url ?? '/').then(
      (body) => response.end(body),
      (error: unknown) => response.writeHead(500).end(messageOf(error)),
    )
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  console.log(typeof address === 'object' && address !== null ? address.port : 0)
}

if (import.meta.main) {
  const [name = '', place = ''] = process.argv.slice(2)
  if (!(name in sides)) throw new Error(`there is no side ${name}`)
  await serve(await sides[name as SideName](JSON.parse(place) as Place))
}
