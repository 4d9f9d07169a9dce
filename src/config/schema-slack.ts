import { z } from 'zod'
import type { SlackConfig } from '../config.ts'
import { child, entriesOf, problem } from './models.ts'
import { didYouMean, holdsVendorKey, type Problem, quote } from './problem.ts'
import { keyed, oneOf, section, text, whole } from './fields.ts'
import { keyVariables } from './values.ts'
import type { Entry, LocatedMap } from './yaml.ts'

/** A token by what it begins with (docs.slack.dev/authentication/tokens); the wrong one is told from its beginning alone. */
function token(prefix: string, what: string) {
  const error = `must begin with ${prefix} (${what})`
  return z.string().refine((value) => value.startsWith(prefix), { error })
}

const apiUrlError = 'must be a URL such as https://slack.com/api/; http only for this machine'
const mention = oneOf(['always', 'thread', 'never'])
const people = oneOf(['known', 'everyone'])
const bot = text('must be the id of a bot, such as B0123456789').regex(/^B[A-Z0-9]+$/u, {
  error: 'must be the id of a bot, such as B0123456789',
})

/** The settings of Slack. Rules between two of them are in `slackProblems`. */
export const slackShape = {
  bot_token: token(
    'xoxb-',
    'the Bot User OAuth Token under OAuth & Permissions; xapp- is for app_token, xoxp- for nothing here',
  ).optional(),
  app_token: token('xapp-', 'the App-Level Token under Basic Information; xoxb- is for bot_token').optional(),
  signing_secret: z
    .string()
    .refine((value) => !/^x(?:ox|app-)/u.test(value), {
      error: 'must be the Signing Secret under Basic Information, which is no token',
    })
    .optional(),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  state_secret: z
    .string()
    .min(16, { error: 'must have at least 16 characters; openssl rand -hex 32 makes good ones' })
    .optional(),
  api_url: text(apiUrlError)
    .refine(isApiUrl, { error: apiUrlError })
    .transform((url) => (url.endsWith('/') ? url : `${url}/`))
    .default('https://slack.com/api/'),
  mention: mention.default('thread'),
  people: people.default('known'),
  channels: z.preprocess(
    (value) => value ?? {},
    z.record(z.string(), keyed({ mention: mention.optional(), people: people.optional() }), {
      error: 'must be a map from channel ids to settings',
    }),
  ),
  bots: z.preprocess((value) => value ?? [], z.array(bot, { error: 'must be a list of ids of bots' })),
  bot_turns: whole(1, 1_000).default(5),
}

/** The section of Slack. */
export const slackSection = section(slackShape)

/** The settings of Slack for the program; undefined where none of its secrets is given. */
export function toSlack(settings: z.output<typeof slackSection>): SlackConfig | undefined {
  const { bot_token, app_token, signing_secret, client_id, client_secret, state_secret } = settings
  const isOAuth = client_id !== undefined && client_secret !== undefined && state_secret !== undefined
  if (bot_token === undefined && !isOAuth) return undefined
  return {
    botToken: bot_token,
    appToken: app_token,
    signingSecret: signing_secret,
    oauth: isOAuth
      ? { clientId: client_id, clientSecret: client_secret, stateSecret: state_secret }
      : undefined,
    apiUrl: settings.api_url,
    mention: settings.mention,
    people: settings.people,
    channels: new Map(
      Object.entries(settings.channels).map(([id, { mention, people }]) => [
        id,
        { ...(mention === undefined ? {} : { mention }), ...(people === undefined ? {} : { people }) },
      ]),
    ),
    bots: settings.bots,
    botTurns: settings.bot_turns,
  }
}

const oauthKeys = ['client_id', 'client_secret', 'state_secret']
const maxChannels = 1_000

/** The rules between the settings of Slack, and those of its channels' ids; on the file as it is. */
export function slackProblems(root: LocatedMap): readonly Problem[] {
  const slack = child(root, 'slack')
  const entries = slack === undefined ? [] : entriesOf(slack.value)
  if (slack === undefined || entries.length === 0) return []
  const has = (key: string): boolean => entries.some((one) => one.key === key)
  const given = oauthKeys.filter(has)
  const inSlack = (text: string): Problem => problem(slack, text)
  const http = child(root, 'http')
  const enabled = http?.value.kind === 'map' ? child(http.value, 'enabled')?.value : undefined
  const isClosed = enabled?.kind === 'scalar' && enabled.value === false
  return [
    ...(given.length === 0 ? [] : oauthKeys)
      .filter((key) => !has(key))
      .map((key) => inSlack(`slack has ${given.join(' and ')}, but no ${key}. ${addKey(key)}`)),
    ...(has('bot_token') || given.length > 0
      ? []
      : [inSlack(`slack has no bot_token, so that Moltbot cannot speak there. ${addKey('bot_token')}`)]),
    ...(has('app_token') || has('signing_secret')
      ? []
      : [
          inSlack(
            `slack has no app_token and no signing_secret, so that nothing can come in. ${addKey('app_token')} Or, where Slack can reach this machine over HTTPS, signing_secret: \${${keyVariables['signing_secret']}}.`,
          ),
        ]),
    ...(given.length > 0 && has('app_token') && !has('signing_secret')
      ? [inSlack(`slack has ${given.join(' and ')}, but no signing_secret. ${addKey('signing_secret')}`)]
      : []),
    ...(isClosed && has('signing_secret') && !has('app_token')
      ? [inSlack('slack has no app_token, and http.enabled is false, so that nothing can come in. Set one.')]
      : []),
    ...channelProblems(entries.find(({ key }) => key === 'channels')),
  ]
}

function addKey(key: string): string {
  const variable = keyVariables[key] ?? ''
  return `Do export ${variable}=…, and add ${key}: \${${variable}}; moltbot slack manifest says where it is found.`
}

function channelProblems(channels: Entry | undefined): readonly Problem[] {
  const entries = channels === undefined ? [] : entriesOf(channels.value)
  const tooMany = entries
    .slice(maxChannels, maxChannels + 1)
    .map((entry) => problem(entry, `slack.channels has more than ${maxChannels} channels.`))
  const wrong = entries
    .slice(0, maxChannels)
    .filter(({ key }) => !/^[CG][A-Z0-9]+$/u.test(key) && !holdsVendorKey(key))
    .map((entry) => {
      const upper = /^[cg](?=.*\d)[a-z0-9]{8,}$/iu.test(entry.key) ? entry.key.toUpperCase() : undefined
      return problem(
        entry,
        `slack.channels has the name ${quote(entry.key)}. A channel stands there by its id, such as C0123456789: in Slack, click the channel's name; the id is at the end of About.${didYouMean(upper)}`,
      )
    })
  return [...tooMany, ...wrong]
}

function isApiUrl(value: string): boolean {
  const url = URL.parse(value)
  if (url === null || /[?#\s\\]/u.test(value) || url.username + url.password !== '') return false
  const isHere = /^(?:127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/u.test(url.hostname)
  return url.protocol === 'https:' || (url.protocol === 'http:' && isHere)
}
