import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { freePort } from '../deploy/walk/container.ts'

/** A database server of this machine, on the loopback and behind a password. Disposing of it kills it. */
export type Server = AsyncDisposable & {
  readonly port: number
  readonly password: string
  /** The processes that it consists of just now. */
  readonly pids: () => readonly number[]
}

/** How often Redis syncs its log: at the end of each round of its loop that wrote something, or once a second. */
export type RedisSync = 'always' | 'everysec'

/** The user of a new PostgreSQL cluster, and of the process where we are root, whom PostgreSQL refuses. */
export const postgresUser = 'postgres'

const mostReadyMs = 20_000
const mostStopMs = 5_000
const mostSaidChars = 2_000

/** The path of redis-server; undefined where it is not installed. */
export function findRedis(): string | undefined {
  return pathFolders()
    .map((folder) => join(folder, 'redis-server'))
    .find((file) => existsSync(file))
}

/** The folder of PostgreSQL's programs; undefined where it is not installed. Debian keeps them out of PATH. */
export function findPostgres(): string | undefined {
  const versions = '/usr/lib/postgresql'
  const debian = existsSync(versions)
    ? readdirSync(versions).map((version) => join(versions, version, 'bin'))
    : []
  return [...pathFolders(), ...debian].find((folder) =>
    ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))),
  )
}

/** Starts a Redis that keeps its log in this folder, and resolves when it answers. */
export async function startRedis(file: string, folder: string, sync: RedisSync): Promise<Server> {
  mkdirSync(folder, { mode: 0o700 })
  const [port, password] = [await freePort(), randomUUID()]
  const settings = [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    `dir ${folder}`,
    'appendonly yes',
    `appendfsync ${sync}`,
    // No snapshots, and no rewriting of the log while it is measured: both would cost it time.
    'save ""',
    'auto-aof-rewrite-percentage 0',
  ]
  const { pid, end } = await startServer([file, '-'], 'SIGKILL', settings.join('\n'))
  return { port, password, pids: () => [pid], [Symbol.asyncDispose]: end }
}

/** Makes a PostgreSQL cluster in this folder, starts it as it is set up by itself, and resolves when it answers. */
export async function startPostgres(bin: string, folder: string): Promise<Server> {
  const [port, password] = [await freePort(), randomUUID()]
  const data = join(folder, 'data')
  const passwordFile = join(folder, 'password')
  mkdirSync(folder, { mode: 0o700 })
  writeFileSync(passwordFile, password, { mode: 0o600 })
  const isRoot = process.getuid?.() === 0
  if (isRoot) for (const path of [folder, passwordFile]) chownSync(path, idOf('-u'), idOf('-g'))
  const as = isRoot ? ['--reuid', postgresUser, '--regid', postgresUser, '--clear-groups'] : []
  const cluster = ['-D', data, '-U', postgresUser, '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  const local = ['--locale=C', '--encoding=UTF8', '--no-sync']
  execFileSync('setpriv', [...as, join(bin, 'initdb'), ...cluster, ...local], { stdio: 'pipe', cwd: '/' })
  const network = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-p', String(port)]
  const synced = ['-c', 'fsync=on', '-c', 'synchronous_commit=on']
  // SIGQUIT: at once, and its children with it.
  const { pid, end } = await startServer(
    [...as, join(bin, 'postgres'), '-D', data, ...network, ...synced],
    'SIGQUIT',
  )
  return { port, password, pids: () => [pid, ...childrenOf(pid)], [Symbol.asyncDispose]: end }
}

type Started = { readonly pid: number; readonly end: () => Promise<void> }

/**
 * Starts a server that says when it is ready and is sent `killSignal` at the end: by us, or by the kernel where we are
 * killed ourselves.
 */
async function startServer(
  args: readonly string[],
  killSignal: 'SIGKILL' | 'SIGQUIT',
  input = '',
): Promise<Started> {
  const child = spawn('setpriv', ['--pdeathsig', killSignal.slice('SIG'.length), ...args], { cwd: '/' })
  const { pid } = child
  if (pid === undefined) throw new Error('cannot start setpriv, which is part of util-linux')
  const kill = (): boolean => child.kill(killSignal)
  // Before the folder goes, whose removal listens, too.
  process.prependOnceListener('exit', kill)
  const ended = once(child, 'close').then(() => process.removeListener('exit', kill))
  const end = async (): Promise<void> => {
    kill()
    const late = setTimeout(() => child.kill('SIGKILL'), mostStopMs)
    await ended
    clearTimeout(late)
  }
  let said = ''
  const ready = new Promise<boolean>((resolve) => {
    const hear = (piece: Buffer): void => {
      said = (said + piece.toString()).slice(-mostSaidChars)
      if (said.includes('eady to accept connections')) resolve(true)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    setTimeout(resolve, mostReadyMs, false).unref()
    void ended.then(() => resolve(false))
  })
  child.stdin.end(input)
  if (await ready) return { pid, end }
  await end()
  throw new Error(`${args.join(' ')} did not become ready\n${said}`)
}

function childrenOf(pid: number): number[] {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return pids === '' ? [] : pids.split(' ').map(Number)
}

function idOf(kind: '-u' | '-g'): number {
  return Number(execFileSync('id', [kind, postgresUser], { encoding: 'utf8' }))
}

function pathFolders(): string[] {
  return (process.env['PATH'] ?? '').split(delimiter)
}
