import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../deploy/walk/container.ts'
import { get } from './requests.ts'
import { startProgram, type Program } from './process.ts'

/** A Moltbot in a process of its own, on a new data folder that goes when it is disposed of. */
export type RunningMoltbot = AsyncDisposable & {
  readonly pid: number
  readonly port: number
  readonly dataPath: string
  /** From just before the process was spawned until GET /readyz was first answered with 200. */
  readonly readyMs: number
  readonly stop: Program['stop']
}

const moltbotFile = join(import.meta.dirname, '../src/moltbot.js')
const mostReadyMs = 20_000
/** Until the port is open a try costs the kernel a refusal, some 50 µs. */
const pollMs = 2

/**
 * Starts Moltbot with this text as its config.yaml, and `more` in its environment, and resolves when it is ready. The
 * database lies in TMPDIR.
 */
export async function startMoltbot(
  config: string,
  more: Readonly<Record<string, string>> = {},
): Promise<RunningMoltbot> {
  const folder = mkdtempSync(join(tmpdir(), 'moltbot-bench-'))
  const [file, dataPath, port] = [join(folder, 'config.yaml'), join(folder, 'data'), await freePort()]
  writeFileSync(file, config)
  const env = { MOLTBOT_CONFIG: file, MOLTBOT_DATA: dataPath, MOLTBOT_HTTP_PORT: String(port), ...more }
  const startedMs = performance.now()
  const program = startProgram([moltbotFile, 'start'], env)
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  const dispose = async (): Promise<void> => {
    await program[Symbol.asyncDispose]()
    process.removeListener('exit', remove)
    remove()
  }
  try {
    const readyMs = (await untilReady(program, port, startedMs)) - startedMs
    await program.firstLine
    return { pid: program.pid, port, dataPath, readyMs, stop: program.stop, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

async function untilReady(program: Program, port: number, startedMs: number): Promise<number> {
  while (performance.now() - startedMs < mostReadyMs) {
    const status = await get(port, '/readyz').then(
      (answer) => answer.status,
      () => 'nothing',
    )
    if (status === 200) return performance.now()
    program.check()
    await sleep(pollMs)
  }
  throw new Error(`/readyz did not answer 200 within ${mostReadyMs} ms`)
}
