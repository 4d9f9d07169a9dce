import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Command } from './dockerfile.ts'

/** Where and as whom a program runs. `uid` is for both user and group; undefined leaves those of this process. */
export type Place = {
  readonly root: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly uid: number | undefined
}

/** A program under way: `ended` resolves with its exit code, or the name of the signal that ended it; never rejects. */
export type Program = {
  readonly ended: Promise<number | string>
  /** What it wrote, both streams together, without the middle where that is long. */
  readonly output: () => string
  /** Signals the program alone, as a container engine does. */
  readonly signal: (name: NodeJS.Signals) => void
  /** Ends it and all that it started. */
  readonly kill: () => void
}

/** Of long outputs the beginning and the end are kept: where npm says what, and where Node says where. */
const mostHeadChars = 1_500
const mostTailChars = 2_500

/** Starts a command of the Dockerfile with nothing on its input. Absolute paths in it are those of the stage. */
export function startProgram(command: Command, { root, cwd, env, uid }: Place): Program {
  const [file = '', ...args] = argvOf(command, root, uid)
  const ids = uid === undefined ? {} : { uid, gid: uid }
  // A group of its own, so that nothing it starts can outlive the walk.
  const child = spawn(file, args, {
    cwd,
    env: { ...env },
    ...ids,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let head = ''
  let tail = ''
  const keep = (piece: Buffer): void => {
    const text = tail + piece.toString()
    const room = mostHeadChars - head.length
    head += text.slice(0, room)
    tail = text.slice(room).slice(-mostTailChars)
  }
  const kill = (): void => killGroup(child)
  process.prependOnceListener('exit', kill)
  child.once('close', () => process.removeListener('exit', kill))
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return {
    ended: endOf(child),
    output: () => (tail.length < mostTailChars ? head + tail : `${head}\n…\n${tail}`),
    signal: (name) => void child.kill(name),
    kill,
  }
}

/** Runs a command to its end and resolves with its exit code; one that takes longer is killed and throws. */
export async function runProgram(
  command: Command,
  place: Place,
  timeoutMs: number,
): Promise<{ code: number | string; output: string }> {
  const program = startProgram(command, place)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    program.kill()
  }, timeoutMs)
  try {
    const code = await program.ended
    if (isLate) throw new Error(`it took longer than ${timeoutMs} ms and was ended\n${program.output()}`)
    return { code, output: program.output() }
  } finally {
    clearTimeout(timer)
    program.kill()
  }
}

/** Rewrites the absolute paths in a shell line to the folder that stands for `/`; URLs and /dev stay as they are. */
export function mapText(text: string, root: string): string {
  return text.replaceAll(/(?<=^|[\s"'=(<>])\/(?!dev\/)(?=[\w.]|\s|$)/gu, `${root}/`)
}

function argvOf(command: Command, root: string, uid: number | undefined): readonly string[] {
  if (command.kind === 'exec') return command.argv.map((word) => (word.startsWith('/') ? root + word : word))
  // The names of the image's users mean nothing here; without root there is one user, to whom all belongs already.
  const owners = uid === undefined ? 'chown() { :; }\n' : ''
  return ['/bin/sh', '-c', owners + mapText(command.text, root).replaceAll(/\bnode:node\b/gu, '1000:1000')]
}

async function endOf(child: ChildProcess): Promise<number | string> {
  try {
    const [code, signal] = await once(child, 'close')
    return code ?? signal
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The whole group has ended.
  }
}
