// Tries the Dockerfile where there is no container engine: carries out its instructions in a temporary folder, with a
// folder for each stage's `/`, then starts, checks and stops what came out. Not a jail, and no proof of the base image:
// node and npm are those of this machine.
//
//   node deploy/walk-dockerfile.ts [--json] [--short] [--exec 'moltbot status']...
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { messageOf } from '../src/errors.ts'
import { freePort, tryContainer, type Image } from './walk/container.ts'
import { parseDockerfile, type Instruction } from './walk/dockerfile.ts'
import { parseIgnore, type Ignore } from './walk/ignore.ts'
import { runProgram, type Place } from './walk/program.ts'
import { copyInto, makeRoot, mapPath, setWritable } from './walk/stage.ts'

/** What the instructions of a stage have set so far. */
type Stage = {
  readonly name: string | undefined
  readonly workdir: string
  readonly user: string
  readonly env: Readonly<Record<string, string>>
  readonly image: Partial<Image>
}

type Walk = {
  readonly folder: string
  readonly context: string
  readonly ignore: Ignore
  readonly say: (line: string) => void
}

const mostRunMs = 5 * 60_000
const mostLineChars = 100
const nodeUid = 1000
const isRoot = process.getuid?.() === 0
const everything: Ignore = { leavesOut: () => false, mayHold: () => true }

/** Carries out one instruction and returns what the stage is after it. */
async function carryOut(instruction: Instruction, stage: Stage, walk: Walk): Promise<Stage> {
  const root = join(walk.folder, 'root')
  switch (instruction.kind) {
    case 'from': {
      if (new RegExp(`^node:${process.versions.node.split('.')[0]}\\b`, 'u').exec(instruction.image) === null)
        throw new Error(`this machine's Node ${process.version} cannot stand for ${instruction.image}`)
      // Each stage is built at the same place, so that paths that a stage has written down hold in the next.
      if (existsSync(root)) renameSync(root, join(walk.folder, `stage-${stage.name ?? 'unnamed'}`))
      makeRoot(root, isRoot ? nodeUid : undefined)
      return { name: instruction.stage, workdir: '/', user: 'root', env: {}, image: {} }
    }
    case 'workdir': {
      const workdir = resolve(stage.workdir, instruction.path)
      mkdirSync(mapPath(root, '/', workdir), { recursive: true })
      return { ...stage, workdir }
    }
    case 'copy': {
      const source =
        instruction.from === undefined ? walk.context : join(walk.folder, `stage-${instruction.from}`)
      const ignore = instruction.from === undefined ? walk.ignore : everything
      const owner = isRoot ? uidOf(instruction.chown?.split(':')[0] ?? 'root') : undefined
      copyInto(instruction, { root, workdir: stage.workdir, source, ignore, owner })
      return stage
    }
    case 'run': {
      const { code, output } = await runProgram(
        instruction.command,
        placeOf(stage, root, machineEnv()),
        mostRunMs,
      )
      if (code !== 0) throw new Error(`it ended with ${code}\n${output}`)
      return stage
    }
    case 'env': {
      const values = Object.entries(instruction.variables).map(([name, value]) => [
        name,
        value.startsWith('/') ? root + value : value,
      ])
      return { ...stage, env: { ...stage.env, ...Object.fromEntries(values) } }
    }
    case 'user':
      uidOf(instruction.user)
      return { ...stage, user: instruction.user }
    case 'volume':
      for (const path of instruction.paths) mkdirSync(mapPath(root, '/', path), { recursive: true })
      return {
        ...stage,
        image: {
          ...stage.image,
          volumes: instruction.paths.map((path) => path.replaceAll(/^\/+|\/+$/gu, '')),
        },
      }
    case 'stopsignal':
      if (instruction.signal !== 'SIGTERM' && instruction.signal !== 'SIGINT')
        throw new Error('only SIGTERM and SIGINT are known here')
      return { ...stage, image: { ...stage.image, stopSignal: instruction.signal } }
    case 'healthcheck':
      return { ...stage, image: { ...stage.image, health: instruction } }
    case 'cmd':
      break
  }
  return { ...stage, image: { ...stage.image, command: instruction.command } }
}

function uidOf(user: string): number {
  const uids: Readonly<Record<string, number>> = { root: 0, node: nodeUid }
  const uid = uids[user.split(':')[0] ?? '']
  if (uid === undefined)
    throw new Error(`the user ${user} is not one of the image's: ${Object.keys(uids).join(', ')}`)
  return uid
}

function placeOf({ workdir, user, env }: Stage, root: string, more: Readonly<Record<string, string>>): Place {
  const npmFolder = dirname(execFileSync('/bin/sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim())
  const path = [join(root, 'usr/local/bin'), dirname(process.execPath), npmFolder, '/usr/bin', '/bin'].join(
    delimiter,
  )
  const home = join(root, user === 'root' ? 'root' : `home/${user}`)
  const own = { PATH: path, HOME: home, TMPDIR: join(root, 'tmp') }
  return {
    root,
    cwd: mapPath(root, '/', workdir),
    env: { ...more, ...own, ...env },
    uid: isRoot ? uidOf(user) : undefined,
  }
}

/** What this machine needs to reach the registry; a container engine has its own way. */
function machineEnv(): Record<string, string> {
  const needed =
    /^(?:https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR)|npm_config_(?:registry|cache))$/iu
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      needed.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  )
}

const { values: options } = parseArgs({
  // --short, which every proof takes, changes nothing: the walk has one length, well under 45 seconds.
  options: {
    json: { type: 'boolean' },
    short: { type: 'boolean' },
    exec: { type: 'string', multiple: true },
  },
})
const context = resolve(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'walk-'))
const say = (line: string): void => (options.json === true ? console.error(line) : console.log(line))
process.once('exit', () => {
  setWritable(folder, true)
  rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
try {
  chmodSync(folder, 0o755) // the image's user must get in
  const walk: Walk = {
    folder,
    context,
    say,
    ignore: parseIgnore(readFileSync(join(context, '.dockerignore'), 'utf8')),
  }
  let stage: Stage = { name: undefined, workdir: '/', user: 'root', env: {}, image: {} }
  for (const { line, text, instruction } of parseDockerfile(
    readFileSync(join(context, 'Dockerfile'), 'utf8'),
  )) {
    const startedMs = performance.now()
    try {
      stage = await carryOut(instruction, stage, walk)
    } catch (error) {
      throw new Error(`Dockerfile:${line}: ${text}: ${messageOf(error)}`, { cause: error })
    }
    say(
      `${text.length > mostLineChars ? `${text.slice(0, mostLineChars)} …` : text} (${Math.round(performance.now() - startedMs)} ms)`,
    )
  }
  const { command, health, stopSignal = 'SIGTERM', volumes = [] } = stage.image
  if (command === undefined || health === undefined)
    throw new Error('the Dockerfile must have CMD and HEALTHCHECK')
  if (stage.user === 'root') throw new Error('the image runs as root')
  const place = placeOf(stage, join(folder, 'root'), { MOLTBOT_HTTP_PORT: String(await freePort()) })
  const inside = (options.exec ?? []).map((text) => ({ kind: 'exec' as const, argv: text.split(' ') }))
  const { readyMs } = await tryContainer({ command, health, stopSignal, volumes }, place, inside, say)
  if (options.json === true)
    console.log(JSON.stringify({ case: 'container', metric: 'readyMs', value: readyMs, unit: 'ms' }))
} catch (error) {
  console.error(messageOf(error))
  process.exitCode = 1
}
