import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** A Node program under way. Disposing of it kills it. */
export type Program = AsyncDisposable & {
  readonly pid: number
  /** Resolves with the first line of its standard output; throws if it ends before. */
  readonly firstLine: Promise<string>
  /** Throws if the program has ended. */
  readonly check: () => void
  /** Sends SIGTERM and resolves when it has ended; throws if that was not with exit code 0. */
  readonly stop: () => Promise<void>
}

const mostStopMs = 15_000
const mostErrorChars = 2_000

/** Starts `node` with these arguments and nothing on its input; no setting of Moltbot's comes from our environment. */
export function startProgram(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('MOLTBOT_'))
  const child = spawn(process.execPath, args, {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`cannot start ${process.execPath}`)
  let said = ''
  child.stderr.on('data', (piece: Buffer) => (said = (said + piece.toString()).slice(-mostErrorChars)))
  const kill = (): boolean => child.kill('SIGKILL')
  process.once('exit', kill)
  const ended = once(child, 'close').then(([code, signal]) => {
    process.removeListener('exit', kill)
    return String(code ?? signal)
  })
  const failure = (end: string): Error => new Error(`${args.join(' ')} ended with ${end}\n${said}`)
  const firstLine = Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]) => String(line)),
    ended.then((end) => Promise.reject(failure(end))),
  ])
  firstLine.catch(() => undefined) // not everyone waits for it
  return {
    pid,
    firstLine,
    check: () => {
      if (child.exitCode !== null || child.signalCode !== null)
        throw failure(String(child.exitCode ?? child.signalCode))
    },
    stop: async () => {
      child.kill('SIGTERM')
      const late = setTimeout(kill, mostStopMs)
      const end = await ended
      clearTimeout(late)
      if (end !== '0') throw failure(end)
    },
    [Symbol.asyncDispose]: async () => {
      kill()
      await ended
    },
  }
}

/** Clock ticks of /proc/<pid>/stat; the kernel shows them to programs as 100 a second whatever its own clock. */
const ticksPerSecond = 100

/** Processor time that the process and its threads have used since it began, in ms; it counts in steps of 10. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the name in brackets, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond
}

/** Memory that the process holds now (VmRSS), in MiB. */
export function residentMiBOf(pid: number): number {
  return kibIn(`/proc/${pid}/status`, 'VmRSS') / 1_024
}

/** The same with pages that processes share counted by share (PSS), in MiB; undefined where the kernel does not tell. */
export function pssMiBOf(pid: number): number | undefined {
  const file = `/proc/${pid}/smaps_rollup`
  return existsSync(file) ? kibIn(file, 'Pss') / 1_024 : undefined
}

function kibIn(file: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'mu').exec(readFileSync(file, 'utf8'))
  if (found === null) throw new Error(`${file} has no ${name}`)
  return Number(found[1])
}
