import { createCaller } from '../adapters/slack/wire/api.ts'
import { checkSlack, type CheckParts, type Finding } from '../adapters/slack/setup/check.ts'
import { storedInstallation } from '../adapters/slack/setup/installation-row.ts'
import type { SlackConfig } from '../config.ts'
import { createConnections } from '../connections.ts'
import { FaultError } from '../errors.ts'
import { readPersonKey } from '../people.ts'
import { dataFolder } from '../store/folder.ts'
import { glance } from '../store/glance.ts'
import { installationReads } from '../store/installations.ts'
import { peopleReads } from '../store/people.ts'
import type { Language } from '../words.ts'
import { slackSetupWords } from '../words-slack-setup.ts'

/** How long each question to Slack may take, in milliseconds. */
const reachMs = 5_000

type Here = {
  /** The path of the data folder. */
  readonly data: string
  /** Where a test message goes; undefined: to the owner, if one is paired. */
  readonly post: string | undefined
  readonly language: Language
}

/** Looks at Slack from this machine, a finding each. Throws `bad-request` where the place of the test message is none. */
export async function checkSlackHere(
  config: SlackConfig,
  { data, post, language }: Here,
): Promise<Finding[]> {
  const words = slackSetupWords[language]
  if (post !== undefined && !/^[CDGUW][A-Z0-9]+$/u.test(post))
    throw new FaultError('bad-request', words.badPlace(post))
  const connections = createConnections({ viaProxy: process.env['NODE_USE_ENV_PROXY'] === '1' })
  const call = createCaller({ apiUrl: config.apiUrl, timeoutMs: reachMs, fetch: connections.fetch })
  const ask: CheckParts['ask'] = (method, args, token) =>
    call(method, args, { token, signal: AbortSignal.timeout(2 * reachMs) })
  const rows = rowsOf(data)
  const place = post === undefined ? rows.owner : { id: post }
  const installed = config.oauth === undefined ? [] : rows.installed
  try {
    return await checkSlack(config, { ask, hello, installed, place, words })
  } finally {
    await connections.close()
  }
}

/** What the database knows: the first owner in Slack, and the installations. */
function rowsOf(data: string): { installed: CheckParts['installed']; owner: CheckParts['place'] } {
  const known = glance(dataFolder(data), (db) => {
    const installations = installationReads(db)
    const installed = installations.accounts('slack').flatMap((account) => {
      const bot = storedInstallation(installations.of('slack', account))?.bot
      if (bot === undefined) return []
      return [{ account, token: bot.refreshToken === undefined ? bot.token : undefined }]
    })
    const owners = peopleReads(db)
      .all()
      .filter(({ role }) => role === 'owner')
      .map(({ key, name }) => ({ ...readPersonKey(key), name }))
      .filter(({ adapter }) => adapter === 'slack')
      .map(({ account, author, name }) => ({ account, id: author.slice(author.indexOf('.') + 1), name }))
    return { installed, owner: owners[0] }
  })
  return known ?? { installed: [], owner: undefined }
}

/** Waits for the hello on a socket and closes it at once: an event that came over it would have to be sent again. */
function hello(url: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = new WebSocket(url)
  const fail = (why: string): void => reject(new Error(why))
  const timer = setTimeout(() => fail(`nothing came for ${reachMs / 1_000} s`), reachMs)
  socket.addEventListener('message', ({ data }) => {
    if (/"type"\s*:\s*"hello"/u.test(String(data))) resolve()
  })
  socket.addEventListener('error', () => fail('the connection could not be made'))
  socket.addEventListener('close', ({ code }) => fail(`Slack closed the connection (${code})`))
  return promise.finally(() => {
    clearTimeout(timer)
    socket.close()
  })
}
