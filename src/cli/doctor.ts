import { existsSync, statSync, accessSync, constants } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { isListening } from '../adapters/http/control.ts'
import { messageOf } from '../errors.ts'
import type { ModelConfig } from '../config.ts'
import { checkDatabase } from '../store/backup.ts'
import { dataFolder } from '../store/folder.ts'
import { systemZone } from '../tasks/wall-time.ts'
import type { Configuration } from './session.ts'
import type { CliWords } from './words.ts'

/** One thing that was looked at. `remedy` is there when it is not well. */
type Finding = {
  readonly what: string
  readonly well: boolean
  readonly found: string
  readonly remedy?: string
}

const reachMs = 3_000

/** Looks at everything that could keep Moltbot from working, a line each. Returns the exit code: 1 if anything is amiss. */
export async function doctor(
  { configuration, isJson }: { configuration: () => Promise<Configuration>; isJson: boolean },
  words: CliWords,
): Promise<number> {
  const findings: Finding[] = [{ what: 'node', well: true, found: process.version }]
  let read: Configuration | undefined
  try {
    read = await configuration()
    findings.push({
      what: 'config',
      well: true,
      found: read.source.text === '' ? words.configMissing(read.source.file) : read.source.file,
    })
  } catch (error) {
    findings.push({ what: 'config', well: false, found: messageOf(error), remedy: 'moltbot config check' })
  }
  if (read !== undefined) {
    const { config } = read.loaded
    const { socket } = dataFolder(config.data)
    const zone = config.timezone ?? systemZone()
    const isRunning = await isListening(socket)
    findings.push({ what: 'running', well: true, found: isRunning ? 'yes' : 'no' })
    findings.push({
      what: 'timezone',
      well: true,
      found: `${zone}, now ${new Date().toLocaleString('sv', { timeZone: zone })}`,
    })
    findings.push(dataFinding(config.data))
    if (config.http.enabled && !isRunning)
      findings.push(await portFinding(config.http.host, config.http.port))
    for (const [name, model] of config.models) findings.push(await modelFinding(name, model))
  }
  const isWell = findings.every(({ well }) => well)
  const lines = findings.map(
    ({ what, well, found, remedy }) =>
      `${well ? '✓' : '✗'} ${what}: ${found}${remedy === undefined ? '' : ` → ${remedy}`}`,
  )
  process.stdout.write(
    isJson
      ? `${JSON.stringify({ well: isWell, findings })}\n`
      : `${[...lines, ...(isWell ? [words.healthy] : [])].join('\n')}\n`,
  )
  return isWell ? 0 : 1
}

function dataFinding(path: string): Finding {
  const what = 'data'
  const folder = dataFolder(path)
  if (!existsSync(folder.path)) return { what, well: true, found: `${path} (will be made)` }
  try {
    accessSync(folder.path, constants.W_OK)
    const mode = statSync(folder.path).mode & 0o777
    if ((mode & 0o077) !== 0)
      return {
        what,
        well: false,
        found: `${path} is open to others (mode ${mode.toString(8)})`,
        remedy: `chmod 700 ${path}`,
      }
    if (existsSync(folder.database)) checkDatabase(folder.database)
    return { what, well: true, found: path }
  } catch (error) {
    return {
      what,
      well: false,
      found: messageOf(error),
      remedy: 'make it writable for this user, or set MOLTBOT_DATA',
    }
  }
}

async function portFinding(host: string, port: number): Promise<Finding> {
  const server = createServer()
  try {
    await once(server.listen(port, host), 'listening')
    return { what: 'http', well: true, found: `${host}:${port} is free` }
  } catch (error) {
    return {
      what: 'http',
      well: false,
      found: messageOf(error),
      remedy: 'free the port, or set http.port or MOLTBOT_HTTP_PORT',
    }
  } finally {
    server.close()
  }
}

/** Asks the model's server for nothing that costs: any answer shows that it can be reached. */
async function modelFinding(name: string, model: ModelConfig): Promise<Finding> {
  const what = `model ${name}`
  if (model.type === 'builtin') return { what, well: true, found: 'built in' }
  const endpoint = model.endpoint ?? 'https://api.anthropic.com'
  const key =
    'apiKey' in model && model.apiKey !== undefined ? `key set (…${model.apiKey.slice(-4)})` : 'no key'
  try {
    const response = await fetch(endpoint, {
      method: 'HEAD',
      signal: AbortSignal.timeout(reachMs),
      redirect: 'manual',
    })
    await response.body?.cancel()
    return { what, well: true, found: `${model.model} at ${endpoint} answers, ${key}` }
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : messageOf(error)
    return {
      what,
      well: false,
      found: `${endpoint}: ${cause}`,
      remedy: 'is its server running, and the endpoint right?',
    }
  }
}
