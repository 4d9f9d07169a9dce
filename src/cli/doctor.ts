import { existsSync, statSync, accessSync, constants } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { isListening } from '../adapters/http/control.ts'
import type { Finding } from '../adapters/slack/setup/check.ts'
import { FaultError, messageOf } from '../errors.ts'
import type { ModelConfig } from '../config.ts'
import { dataFolder } from '../store/folder.ts'
import { checkDatabase, findGood } from '../store/schema.ts'
import { systemZone } from '../tasks/wall-time.ts'
import type { Language } from '../words.ts'
import type { Configuration } from './session.ts'
import type { CliWords } from './words.ts'

type Words = CliWords['finding']

const reachMs = 3_000

type Order = {
  readonly configuration: () => Promise<Configuration>
  readonly isJson: boolean
  /** Where in Slack a test message goes, as the person gave it. */
  readonly post: string | undefined
  readonly language: Language
}

/** Looks at everything that could keep Moltbot from working, a line each. Returns the exit code: 1 if anything is amiss. */
export async function doctor(
  { configuration, isJson, post, language }: Order,
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
    const { slack, data } = read.loaded.config
    const { checkSlackHere } = await import('./doctor-slack.ts')
    const ofSlack = slack === undefined ? [] : checkSlackHere(slack, { data, post, language })
    findings.push(...(await Promise.all([surroundings(read, words.finding), ofSlack])).flat())
  }
  const isWell = findings.every(({ well }) => well)
  const untried = findings.filter(({ isUntried }) => isUntried).map(({ what }) => what)
  const lines = findings.map(
    ({ what, well, isUntried, found, remedy }) =>
      `${well ? (isUntried ? '–' : '✓') : '✗'} ${what}: ${found}${remedy === undefined ? '' : ` → ${remedy}`}`,
  )
  const end = untried.length === 0 ? words.healthy : words.healthyBut(untried)
  process.stdout.write(
    isJson
      ? `${JSON.stringify({ well: isWell, findings })}\n`
      : `${[...lines, ...(isWell ? [end] : [])].join('\n')}\n`,
  )
  return isWell ? 0 : 1
}

async function surroundings({ loaded: { config } }: Configuration, words: Words): Promise<Finding[]> {
  const zone = config.timezone ?? systemZone()
  const isRunning = await isListening(dataFolder(config.data).socket)
  const time = new Date().toLocaleString('sv', { timeZone: zone })
  const models = [...config.models].map(([name, model]) => modelFinding(name, model, words))
  return [
    { what: 'running', well: true, found: isRunning ? words.yes : words.no },
    { what: 'timezone', well: true, found: words.clock(zone, time) },
    dataFinding(config.data, words),
    ...backupFinding(config.data, words),
    ...(config.http.enabled && !isRunning
      ? [await portFinding(config.http.host, config.http.port, words)]
      : []),
    ...(await Promise.all(models)),
  ]
}

function dataFinding(path: string, words: Words): Finding {
  const what = 'data'
  const folder = dataFolder(path)
  try {
    if (!existsSync(folder.path)) {
      accessSync(nearestFolder(folder.path), constants.W_OK)
      return { what, well: true, found: words.willBeMade(path) }
    }
    accessSync(folder.path, constants.W_OK)
    const mode = statSync(folder.path).mode & 0o777
    if ((mode & 0o077) !== 0) {
      const found = words.openToOthers(path, mode.toString(8))
      return { what, well: false, found, remedy: `chmod 700 ${path}` }
    }
    if (existsSync(folder.database)) checkDatabase(folder.database)
    return { what, well: true, found: path }
  } catch (error) {
    // What the store found says itself what to do.
    const remedy = error instanceof FaultError ? {} : { remedy: words.makeWritable }
    return { what, well: false, found: messageOf(error), ...remedy }
  }
}

/** Whether the newest backup could take the place of the database; none yet is no fault of a young Moltbot. */
function backupFinding(path: string, words: Words): Finding[] {
  const what = 'backups'
  try {
    const { good, passedOver } = findGood(dataFolder(path))
    if (passedOver.length > 0) {
      const found = words.badBackups(passedOver)
      return [{ what, well: false, found, remedy: words.backUpAnew }]
    }
    return good === undefined ? [] : [{ what, well: true, found: good }]
  } catch (error) {
    return [{ what, well: false, found: messageOf(error), remedy: words.makeWritable }]
  }
}

/** The folder in which a missing one would be made. */
function nearestFolder(path: string): string {
  const above = dirname(path)
  return existsSync(above) || above === path ? above : nearestFolder(above)
}

async function portFinding(host: string, port: number, words: Words): Promise<Finding> {
  const server = createServer()
  try {
    await once(server.listen(port, host), 'listening')
    return { what: 'http', well: true, found: words.portFree(`${host}:${port}`) }
  } catch (error) {
    return { what: 'http', well: false, found: messageOf(error), remedy: words.freePort }
  } finally {
    server.close()
  }
}

/** Asks the model's server for its list of models, which costs nothing. */
async function modelFinding(name: string, model: ModelConfig, words: Words): Promise<Finding> {
  const what = `model ${name}`
  if (model.type === 'builtin') return { what, well: true, found: words.builtin }
  const endpoint = model.endpoint ?? 'https://api.anthropic.com'
  const key = 'apiKey' in model ? model.apiKey : undefined
  const list = `${endpoint.replace(/\/+$/u, '')}${model.type === 'anthropic' ? '/v1/models' : '/models'}`
  try {
    const response = await fetch(list, {
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(model.type === 'anthropic' ? { 'anthropic-version': '2023-06-01' } : {}),
      },
      signal: AbortSignal.timeout(reachMs),
      redirect: 'manual',
    })
    await response.body?.cancel()
    const found = `${list} answers ${response.status}`
    if (response.status === 401) return { what, well: false, found, remedy: words.checkKey }
    if (response.status >= 300 && response.status < 500)
      return { what, well: false, found, remedy: words.checkAddress }
    return {
      what,
      well: true,
      found: `${words.answers(model.model, endpoint)}, ${key === undefined ? words.noKey : words.keySet}`,
    }
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : messageOf(error)
    return { what, well: false, found: `${list}: ${cause}`, remedy: words.checkEndpoint }
  }
}
