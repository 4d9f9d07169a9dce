import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { CaseOptions, Figure } from './figures.ts'
import { cpuMsOf, startProgram } from './process.ts'
import { get } from './requests.ts'
import { jobFigures, titles, type Round, type Rounds } from './tasks-figures.ts'
import {
  findPostgres,
  findRedis,
  postgresUser,
  startPostgres,
  startRedis,
  type Server,
} from './tasks-servers.ts'
import type { Place, SideName, Stretch } from './tasks-side.ts'

/** A process that does jobs, with the server that it keeps them in. */
type Client = { readonly name: SideName; readonly port: number; readonly server?: Server }

const steps = [1, 32] as const

/** `ms` is the length of a stretch; the warm-up is one of `warmMs` for each side. Odd numbers of rounds have a middle. */
const sizes = {
  short: { rounds: 3, ms: 450, warmMs: 600 },
  long: { rounds: 5, ms: 3_000, warmMs: 3_000 },
} as const
const warmAtOnce = 32

const peersFolder = join(import.meta.dirname, 'peers')

/**
 * Durable jobs a second through our store, beside BullMQ and pg-boss where they are installed, in turns. Throws where a
 * side has not kept each of its jobs as completed once. The databases lie in `folder`.
 */
export async function measureJobs(folder: string, { isShort, say }: CaseOptions): Promise<Figure[]> {
  const { rounds, ms, warmMs } = isShort ? sizes.short : sizes.long
  await using programs = new AsyncDisposableStack()
  const { clients, skipped } = await startClients(folder, programs, say)

  const done = new Map<SideName, number>()
  const round = async (client: Client, atOnce: number, roundMs: number): Promise<Round> => {
    const stretch = await measure(client, atOnce, roundMs)
    done.set(client.name, (done.get(client.name) ?? 0) + stretch.done)
    return stretch
  }
  for (const client of clients) await round(client, warmAtOnce, warmMs)
  say(`${clients.length} sides are warm`)

  const taken = new Map<number, Rounds>()
  const idleMs: number[] = []
  for (const atOnce of steps) {
    const own = new Map<SideName, Round[]>(clients.map(({ name }) => [name, []]))
    for (let i = 0; i < rounds; i++) {
      // Each round begins with another side, so that none always follows the same one.
      const [from, to] = [clients.slice(i % clients.length), clients.slice(0, i % clients.length)]
      for (const client of [...from, ...to]) own.get(client.name)?.push(await round(client, atOnce, ms))
      for (const client of clients.filter(({ name }) => name === 'ours'))
        idleMs.push((await round(client, 0, ms)).stallMs)
    }
    taken.set(atOnce, own)
    say(`${atOnce} in flight: done`)
  }

  for (const { name, port } of clients) {
    const completed = Number((await get(port, '/completed')).body)
    if (completed !== done.get(name))
      throw new Error(`${titles[name]} keeps ${completed} completed jobs, not ${done.get(name)}`)
  }
  say(`${[...done.values()].reduce((sum, n) => sum + n)} jobs: each is kept as completed, once`)
  return [
    ...jobFigures(taken, idleMs),
    { metric: 'peersSkipped', value: skipped.length, unit: 'peers', about: skipped.join('; ') || 'none' },
  ]
}

type Clients = { readonly clients: readonly Client[]; readonly skipped: readonly string[] }

/** Starts one client for each side that is installed, and the servers; `programs` ends them. */
async function startClients(
  folder: string,
  programs: AsyncDisposableStack,
  say: (line: string) => void,
): Promise<Clients> {
  const client = async (name: SideName, place: Place, server?: Server): Promise<Client> => {
    const file = join(import.meta.dirname, 'tasks-side.ts')
    const program = programs.use(startProgram([file, name, JSON.stringify(place)]))
    return { name, port: Number(await program.firstLine), ...(server === undefined ? {} : { server }) }
  }
  const peerOf = async (name: SideName, starting: Promise<Server>): Promise<Client> => {
    const server = programs.use(await starting)
    const { port, password } = server
    return client(name, { port, password, user: postgresUser }, server)
  }
  const clients = [await client('ours', { folder: join(folder, 'ours') })]
  const skipped: string[] = []
  const skip = (what: string, why: string): void => {
    skipped.push(`${what}: ${why}`)
    say(`left out: ${what}; ${why}`)
  }

  const install = '`npm ci --prefix bench/peers` installs it'
  const [redis, postgres] = [findRedis(), findPostgres()]
  if (!isInstalled('bullmq')) skip('BullMQ', install)
  else if (redis === undefined) skip('BullMQ', 'there is no redis-server')
  else {
    const start = (sync: 'always' | 'everysec') => startRedis(redis, join(folder, sync), sync)
    clients.push(await peerOf('bullmqAlways', start('always')))
    clients.push(await peerOf('bullmqEverysec', start('everysec')))
  }
  if (!isInstalled('pg-boss')) skip('pg-boss', install)
  else if (postgres === undefined) skip('pg-boss', 'there is no PostgreSQL')
  else clients.push(await peerOf('pgboss', startPostgres(postgres, join(folder, 'postgres'))))
  return { clients, skipped }
}

function isInstalled(name: string): boolean {
  return existsSync(join(peersFolder, 'node_modules', name))
}

async function measure({ name, port, server }: Client, atOnce: number, ms: number): Promise<Round> {
  const cpuMs = (): number => (server?.pids() ?? []).reduce((sum, pid) => sum + cpuMsOf(pid), 0)
  const beforeMs = cpuMs()
  const { status, body } = await get(port, `/?atOnce=${atOnce}&ms=${ms}`)
  if (status !== 200) throw new Error(`${titles[name]}, ${atOnce} in flight: ${body}`)
  const stretch = JSON.parse(body) as Stretch
  return { ...stretch, serverCpuMs: cpuMs() - beforeMs }
}
