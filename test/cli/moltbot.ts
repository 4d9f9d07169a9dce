import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** What a process of Moltbot finds around it. */
export type Around = {
  readonly data: string
  /** The path of its config.yaml; without one it is the one in the root of the project. */
  readonly config?: string
  readonly env?: Readonly<Record<string, string>>
  /** What it reads on standard input; nothing by default. */
  readonly input?: string
  readonly uid?: number
  /** It sits on a terminal, and hears what is typed. */
  readonly onTerminal?: true
  /** The most that it may take before it is killed. Default 15,000. */
  readonly timeoutMs?: number
}

/** How a process ended. `code` is null for one that a signal ended. */
export type Ended = {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly tookMs: number
}

/** A process that goes on. */
export type Running = {
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves with the match as soon as the output, or the log on standard error, matches. */
  readonly until: (pattern: RegExp, where?: 'stdout' | 'stderr') => Promise<RegExpExecArray>
  readonly type: (text: string) => void
  readonly signal: (name: 'SIGTERM' | 'SIGKILL') => void
  readonly ended: Promise<Ended>
}

const root = join(import.meta.dirname, '../..')
const defaultTimeoutMs = 15_000
/** Runs a program on a terminal of its own, which Node cannot make. */
export const terminalMaker = '/usr/bin/script'

/** Runs the command line to its end, as a shell would. */
export async function moltbot(args: readonly string[], around: Around): Promise<Ended> {
  return launch(args, around).ended
}

/** Starts any command line and leaves it running; the end of the test kills it. */
export function launchMoltbot(t: TestContext, args: readonly string[], around: Around): Running {
  const running = launch(args, around)
  t.after(async () => {
    running.signal('SIGKILL')
    await running.ended
  })
  return running
}

/** Starts Moltbot and resolves once it has printed its start lines; the end of the test kills it. */
export async function startMoltbot(t: TestContext, around: Around): Promise<Running> {
  const running = launchMoltbot(t, ['start'], { timeoutMs: 30_000, ...around })
  await running.until(/^(Next|接下来)/mu)
  return running
}

/** Writes a config.yaml with one model behind an OpenAI endpoint, and whatever else. Returns its path. */
export function writeConfig(folder: string, origin: string, more = ''): string {
  const file = join(folder, 'config.yaml')
  writeFileSync(
    file,
    `model_provider:\n  type: open_api\n  endpoint: ${origin}/v1\n  api_key: \${MOLTBOT_TEST_KEY}\n  model: double\n${more}`,
  )
  return file
}

function launch(args: readonly string[], around: Around): Running {
  const { data, config, env, input, uid, onTerminal, timeoutMs } = around
  const beganMs = performance.now()
  const line = ['src/moltbot.js', ...args]
  const [program, words] =
    onTerminal === undefined
      ? [process.execPath, line]
      : [terminalMaker, ['-qec', `"${process.execPath}" ${line.join(' ')}`, '/dev/null']]
  const child = spawn(program, words, {
    cwd: root,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      TZ: 'UTC',
      LANG: 'C.UTF-8',
      MOLTBOT_TEST_KEY: 'test-key',
      MOLTBOT_DATA: data,
      MOLTBOT_HTTP_PORT: '0',
      ...(config === undefined ? {} : { MOLTBOT_CONFIG: config }),
      ...env,
    },
    timeout: timeoutMs ?? defaultTimeoutMs,
    killSignal: 'SIGKILL',
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  const texts = { stdout: '', stderr: '' }
  for (const where of ['stdout', 'stderr'] as const) {
    child[where].setEncoding('utf8').on('data', (text: string) => (texts[where] += text))
  }
  child.stdin.on('error', () => undefined)
  if (onTerminal === undefined) child.stdin.end(input ?? '')
  const ended = once(child, 'close').then(([code]): Ended => {
    return { code: typeof code === 'number' ? code : null, ...texts, tookMs: performance.now() - beganMs }
  })
  return {
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    until: (pattern, where = 'stdout') => matching(child, pattern, () => texts[where], texts),
    type: (text) => child.stdin.write(text),
    signal: (name) => child.kill(name),
    ended,
  }
}

function matching(
  child: ChildProcess,
  pattern: RegExp,
  text: () => string,
  all: { readonly stdout: string; readonly stderr: string },
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const match = pattern.exec(text())
      if (match === null) return
      finish()
      resolve(match)
    }
    const fail = (): void => {
      finish()
      reject(new Error(`ended without ${String(pattern)}:\n${all.stdout}\n${all.stderr}`))
    }
    const finish = (): void => {
      child.stdout?.off('data', look)
      child.stderr?.off('data', look)
      child.off('close', fail)
    }
    child.stdout?.on('data', look)
    child.stderr?.on('data', look)
    child.on('close', fail)
    look()
  })
}
