import Database from 'better-sqlite3'
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startProgram, type Program } from '../bench/process.ts'
import { get } from '../bench/requests.ts'
import { freePort } from '../deploy/walk/container.ts'
import { dataFolder } from '../src/store/folder.ts'

/** One data folder and one port, on which Moltbot is started again and again. Disposing of it removes the folder. */
export type Place = AsyncDisposable & {
  readonly port: number
  readonly database: string
  /** What `start` runs with Node, and the settings that it adds to our environment. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Starts a Moltbot; it is not ready yet. Throws if there is one. */
  readonly start: () => void
  /** Resolves when `/readyz` answers 200; throws if the process has ended, or does not get there. */
  readonly ready: () => Promise<void>
  /** Resolves with its first line: all is open then, and what was left is being sent. */
  readonly opened: () => Promise<string>
  /** SIGKILL; resolves when the process is gone. */
  readonly kill: () => Promise<void>
  /** SIGTERM; throws unless it ends by itself with exit code 0. */
  readonly stop: () => Promise<void>
}

const mostReadyMs = 20_000
const pollMs = 5

/** `program` is the path of what is started, of this repository or of a changed copy; `more` goes into its environment. */
export async function createPlace(
  program: string,
  config: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'moltbot-proof-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  const [file, dataPath, port] = [join(folder, 'config.yaml'), join(folder, 'data'), await freePort()]
  writeFileSync(file, config)
  const env = { MOLTBOT_CONFIG: file, MOLTBOT_DATA: dataPath, MOLTBOT_HTTP_PORT: String(port), ...more }
  let running: Program | undefined

  const current = (): Program => {
    if (running === undefined) throw new Error('no Moltbot is running')
    return running
  }
  const kill = async (): Promise<void> => {
    const killed = running
    running = undefined
    await killed?.[Symbol.asyncDispose]()
  }
  return {
    port,
    database: dataFolder(dataPath).database,
    args: [program, 'start'],
    env,
    start: () => {
      if (running !== undefined) throw new Error('a Moltbot is running already')
      running = startProgram([program, 'start'], env)
    },
    ready: async () => {
      const startedMs = performance.now()
      while (performance.now() - startedMs < mostReadyMs) {
        const status = await get(port, '/readyz').then(
          (answer) => answer.status,
          () => 0,
        )
        if (status === 200) return
        current().check()
        await sleep(pollMs)
      }
      throw new Error(`/readyz did not answer 200 within ${mostReadyMs} ms`)
    },
    opened: () => current().firstLine,
    kill,
    stop: async () => {
      const stopped = current()
      await stopped.stop()
      running = undefined
    },
    [Symbol.asyncDispose]: async () => {
      await kill()
      process.removeListener('exit', remove)
      remove()
    },
  }
}

/**
 * What `integrity_check` says of the database as a kill left it; `ok` where there is none yet. A copy is looked at,
 * so that the next Moltbot finds the files untouched.
 */
export function integrityOf(database: string): string {
  if (!existsSync(database)) return 'ok'
  const folder = mkdtempSync(join(tmpdir(), 'moltbot-proof-copy-'))
  try {
    const copy = join(folder, 'copy.db')
    for (const ending of ['', '-wal']) {
      if (existsSync(database + ending)) copyFileSync(database + ending, copy + ending)
    }
    const db = new Database(copy)
    try {
      return String(db.pragma('integrity_check(1)', { simple: true }))
    } finally {
      db.close()
    }
  } catch (error) {
    return String(error)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
