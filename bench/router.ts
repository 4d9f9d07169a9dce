import Database from 'better-sqlite3'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { dataFolder } from '../src/store/folder.ts'
import type { Case, Figure } from './figures.ts'
import { cpuMsOf, startProgram } from './process.ts'
import { get } from './requests.ts'
import type { Stretch } from './router-client.ts'
import { figuresAt, type Round } from './router-figures.ts'
import { missFigures } from './router-inside.ts'
import type { SideName } from './router-sides.ts'

/** A process that asks the model in one way; `gatewayPid` is that of a process between the two. */
type Client = { readonly name: SideName; readonly port: number; readonly gatewayPid?: number }

const steps = [1, 16, 64] as const

/** `ms` is the length of a stretch; the warm-up is one of `warmMs` for each side. Odd numbers of rounds have a middle. */
const sizes = {
  short: { rounds: 5, ms: 140, warmMs: 1_800 },
  long: { rounds: 9, ms: 1_250, warmMs: 4_000 },
} as const
const warmAtOnce = 16

/** What is still being written when the last answer has come gets so long. */
const restMs = 200

const peersFolder = join(import.meta.dirname, 'peers')

/** The model call through all of our wrappers and the openai SDK, beside the bare call and what others use. */
export const routerCase: Case = {
  name: 'router',
  summary: 'what a call of a model costs over bare undici, beside the openai SDK, the ai package and Portkey',
  run: async ({ isShort, say }) => {
    const { rounds, ms, warmMs } = isShort ? sizes.short : sizes.long
    await using upstream = startProgram([join(import.meta.dirname, 'router-upstream.ts')])
    const upstreamPort = Number(await upstream.firstLine)
    await using programs = new AsyncDisposableStack()
    const folder = newFolder(programs)
    const clients = await startClients(`http://127.0.0.1:${upstreamPort}/v1`, folder, programs, say)

    const asked = { byAll: 0, withRow: 0 }
    const round = async (client: Client, atOnce: number, ms: number): Promise<Round> => {
      const done = await measure(client, atOnce, ms)
      asked.byAll += done.asked
      if (client.name === 'rows') asked.withRow += done.asked
      return done
    }
    for (const client of clients) await round(client, warmAtOnce, warmMs)
    say(`warm after ${asked.byAll} calls`)

    const figures: Figure[] = []
    for (const atOnce of steps) {
      const taken = new Map<SideName, Round[]>(clients.map(({ name }) => [name, []]))
      for (let i = 0; i < rounds; i++)
        // Each round begins with another side, so that none always follows the same one.
        for (const client of [...clients.slice(i % clients.length), ...clients.slice(0, i % clients.length)])
          taken.get(client.name)?.push(await round(client, atOnce, ms))
      figures.push(...figuresAt(atOnce, taken))
      say(`${atOnce} at a time: done`)
    }

    await sleep(restMs)
    const answered = Number((await get(upstreamPort, '/')).body)
    if (answered !== asked.byAll) throw new Error(`the model was asked ${answered} times, not ${asked.byAll}`)
    const rows = callRows(folder)
    if (rows !== asked.withRow) throw new Error(`${rows} calls have their row, not ${asked.withRow}`)
    say(`${answered} calls: each answered right, and asked of the model once; each row is there`)
    return [...figures, ...(await missFigures(isShort))]
  },
}

/** A folder that goes with the programs, and after them. */
function newFolder(programs: AsyncDisposableStack): string {
  const folder = mkdtempSync(join(tmpdir(), 'moltbot-bench-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  programs.defer(() => {
    process.removeListener('exit', remove)
    remove()
  })
  return folder
}

/** How many calls have ended by the rows in this data folder. */
function callRows(folder: string): number {
  const db = new Database(dataFolder(folder).database, { readonly: true })
  try {
    const sql = `SELECT count(*) AS n FROM model_calls WHERE state = 'done' AND fault IS NULL`
    return db.prepare<[], { n: number }>(sql).get()?.n ?? 0
  } finally {
    db.close()
  }
}

/** Starts one client for each side that is installed; `programs` ends them. */
async function startClients(
  upstream: string,
  folder: string,
  programs: AsyncDisposableStack,
  say: (line: string) => void,
): Promise<Client[]> {
  const client = async (name: SideName, endpoint = upstream, gatewayPid?: number): Promise<Client> => {
    const file = join(import.meta.dirname, 'router-client.ts')
    const program = programs.use(startProgram([file, name, endpoint, upstream, folder]))
    const port = Number(await program.firstLine)
    return { name, port, ...(gatewayPid === undefined ? {} : { gatewayPid }) }
  }
  const own = ['bare', 'ours', 'rows', 'openai'] as const
  const clients = await Promise.all(own.map((name) => client(name)))
  if (!existsSync(join(peersFolder, 'node_modules'))) {
    say('left out: the ai package and the Portkey gateway; `npm ci --prefix bench/peers` installs them')
    return clients
  }
  const gateway = programs.use(startProgram([join(peersFolder, 'portkey.js')], { NODE_ENV: 'production' }))
  const gatewayEndpoint = `http://127.0.0.1:${Number(await gateway.firstLine)}/v1`
  return [...clients, await client('ai'), await client('portkey', gatewayEndpoint, gateway.pid)]
}

async function measure({ name, port, gatewayPid }: Client, atOnce: number, ms: number): Promise<Round> {
  const cpuMs = (): number => (gatewayPid === undefined ? 0 : cpuMsOf(gatewayPid))
  const cpuBeforeMs = cpuMs()
  const { status, body } = await get(port, `/?atOnce=${atOnce}&ms=${ms}`)
  if (status !== 200) throw new Error(`${name}, ${atOnce} at a time: ${body}`)
  const stretch = JSON.parse(body) as Stretch
  return { ...stretch, gatewayCpuMs: cpuMs() - cpuBeforeMs }
}
