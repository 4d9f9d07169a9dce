import { newLeave } from '../adapters/slack/setup/leave.ts'
import { creationLink, slackManifest, slackPaths } from '../adapters/slack/setup/manifest.ts'
import type { SlackConfig } from '../config.ts'
import { FaultError } from '../errors.ts'
import type { Language } from '../words.ts'
import { slackSetupWords } from '../words-slack-setup.ts'
import { moltbotCommand } from './command-text.ts'

export type ManifestOptions = {
  readonly name: string
  /** Where our server is reached from outside, if events come over HTTP. */
  readonly http?: string
  readonly json?: true
}

/**
 * Prints the manifest of the Slack app: on standard output it alone, so that it can be piped; the link that makes the app
 * and the next steps on standard error. With `json` both go to standard output, for a program. Throws `bad-request`.
 */
export function printManifest({ name, http, json }: ManifestOptions, language: Language): void {
  const words = slackSetupWords[language]
  if (name.trim() === '' || name.length > 35) throw new FaultError('bad-request', words.badName(name))
  const manifest = slackManifest({
    name,
    base: http === undefined ? undefined : originOf(http, words),
    words,
  })
  const link = creationLink(manifest)
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ manifest, link })}\n`)
    return
  }
  process.stdout.write(`${JSON.stringify(manifest, null, 2)}\n`)
  const steps = words
    .steps(http !== undefined, moltbotCommand(process.env))
    .map((step, i) => `${i + 1}. ${step}`)
  process.stderr.write(`\n${[words.link, link, '', ...steps].join('\n')}\n`)
}

export type InstallOptions = Pick<ManifestOptions, 'http' | 'json'>

/**
 * Prints a link by which one more workspace installs the app, with a new leave in it. Throws `bad-request` where the config
 * has no OAuth.
 */
export function printLeave(
  config: SlackConfig | undefined,
  { http, json }: InstallOptions,
  language: Language,
): void {
  const words = slackSetupWords[language]
  if (config?.oauth === undefined) throw new FaultError('bad-request', words.noOAuth)
  const base = http === undefined ? words.yourServer : originOf(http, words)
  const link = `${base}${slackPaths.install}?leave=${newLeave(config.oauth.stateSecret, Date.now())}`
  if (json !== true) process.stderr.write(`${words.leave}\n`)
  process.stdout.write(`${json === true ? JSON.stringify({ link }) : link}\n`)
}

function originOf(http: string, words: (typeof slackSetupWords)[Language]): string {
  const url = URL.parse(http)
  const isOrigin =
    url?.protocol === 'https:' && url.pathname === '/' && url.search + url.hash + url.username === ''
  if (url === null || !isOrigin) throw new FaultError('bad-request', words.badBase(http))
  return url.origin
}
