import { z } from 'zod'
import type { SlackConfig } from '../../../config.ts'
import { messageOf } from '../../../errors.ts'
import type { SlackSetupWords } from '../../../words-slack-setup.ts'
import type { Called } from '../wire/api.ts'
import { missingScopes, scopeNames } from './scopes.ts'

/** One thing that was looked at; `isUntried` where it could not be. `remedy` is there when it is not well. */
export type Finding = {
  readonly what: string
  readonly well: boolean
  readonly isUntried?: true
  readonly found: string
  readonly remedy?: string
}

/** A bot token, and the account that it is known to be of. */
type KnownToken = { readonly account?: string; readonly token: string }

export type CheckParts = {
  /** Calls a method of the Web API, within a time. */
  readonly ask: (method: string, args: Readonly<Record<string, unknown>>, token: string) => Promise<Called>
  /** Opens a WebSocket; resolves once Slack says hello on it, and rejects with the reason within a time. */
  readonly hello: (url: string) => Promise<void>
  /** The tokens of workspaces that installed the app by OAuth; undefined for one whose token is renewed when it is used. */
  readonly installed: readonly { readonly account: string; readonly token: string | undefined }[]
  /** Where a test message goes: a channel, or a person, of that account, or of any. `name`: what people call it. */
  readonly place: { readonly account?: string; readonly id: string; readonly name?: string } | undefined
  readonly words: SlackSetupWords
}

type Failure = Exclude<Called, { kind: 'ok' }>

/** Looks at all that Slack needs: tokens, scopes, the socket, and a message that is posted and taken back. Shows no secret. */
export async function checkSlack(config: SlackConfig, parts: CheckParts): Promise<Finding[]> {
  const { botToken, appToken, signingSecret, oauth } = config
  const { installed, words } = parts
  const stored = installed.flatMap(({ account, token }) => (token === undefined ? [] : [{ account, token }]))
  const tokens: readonly KnownToken[] = [...(botToken === undefined ? [] : [{ token: botToken }]), ...stored]
  const isEmpty = oauth !== undefined && botToken === undefined && installed.length === 0
  const asked = await Promise.all([
    ...tokens.map((known) => botFindings(known, config.apiUrl, parts)),
    ...(appToken === undefined ? [] : [socketFindings(appToken, config.apiUrl, parts)]),
  ])
  const accepted = tokens.filter((_, i) => asked[i]?.[0]?.well)
  const none = { what: 'slack workspaces', well: false, found: words.noneInstalled, remedy: words.install }
  const findings = [
    ...(isEmpty ? [none] : []),
    ...asked.flat(),
    ...(signingSecret === undefined ? [] : [secretFinding(signingSecret, words)]),
    ...(await postFinding(accepted, config.apiUrl, parts)),
  ]
  return findings.map(({ found, ...rest }) => ({ ...rest, found: printable(found) }))
}

const whoSchema = z.object({ user: z.string(), team: z.string(), team_id: z.string() })

async function botFindings(known: KnownToken, apiUrl: string, parts: CheckParts): Promise<Finding[]> {
  const { words } = parts
  const of = known.account === undefined ? '' : ` ${known.account}`
  const what = `slack bot token${of}`
  const answer = await parts.ask('auth.test', {}, known.token)
  // What was installed by OAuth is installed anew in the same way.
  const remedy = known.account === undefined ? undefined : words.renew
  if (answer.kind !== 'ok')
    return [told(what, answer, known.token, { table: botRemedies, apiUrl, words, remedy })]
  const who = whoSchema.safeParse(answer.data).data
  const team = who === undefined ? '?' : `${who.team} (${who.team_id})`
  const bot = { what, well: true, found: words.isBot(who?.user ?? '?', team, tail(known.token)) }
  return [bot, scopeFinding(`slack scopes${of}`, answer.scopes, words, remedy)]
}

function scopeFinding(
  what: string,
  scopes: readonly string[] | undefined,
  words: SlackSetupWords,
  remedy: string = words.addScopes,
): Finding {
  if (scopes === undefined) return { what, well: true, found: words.unknownScopes }
  const missing = missingScopes(scopes)
  if (missing.length === 0) return { what, well: true, found: words.allGranted(scopeNames.length) }
  const named = missing.map((scope) => `${scope} (${words.scopes[scope]})`).join(', ')
  return { what, well: false, found: words.missing(named), remedy }
}

const openedSchema = z.object({ url: z.string() })

async function socketFindings(token: string, apiUrl: string, parts: CheckParts): Promise<Finding[]> {
  const { words } = parts
  const what = 'slack app token'
  const answer = await parts.ask('apps.connections.open', {}, token)
  if (answer.kind !== 'ok') return [told(what, answer, token, { table: appRemedies, apiUrl, words })]
  const socket = 'slack socket'
  const accepted = { what, well: true, found: words.tokenWell(tail(token)) }
  try {
    await parts.hello(openedSchema.safeParse(answer.data).data?.url ?? '')
    return [accepted, { what: socket, well: true, found: words.socketWell }]
  } catch (error) {
    const found = words.socketIll(messageOf(error))
    return [accepted, { what: socket, well: false, found, remedy: words.openSocket }]
  }
}

function secretFinding(secret: string, words: SlackSetupWords): Finding {
  const what = 'slack signing secret'
  return /^[0-9a-f]{32}$/u.test(secret)
    ? { what, well: true, found: words.secretWell(tail(secret)) }
    : { what, well: false, found: words.secretIll(tail(secret)), remedy: words.copySecret }
}

const channelSchema = z.object({ channel: z.object({ id: z.string() }) })

async function postFinding(
  tokens: readonly KnownToken[],
  apiUrl: string,
  { ask, place, words }: CheckParts,
): Promise<Finding[]> {
  const what = 'slack post'
  const own = tokens.find(({ account }) => account !== undefined && account === place?.account)
  const token = (own ?? tokens[0])?.token
  if (token === undefined) return []
  if (place === undefined)
    return [{ what, well: true, isUntried: true, found: words.nobody, remedy: words.sayWhere }]
  const failed = (answer: Failure, text: SlackSetupWords['notPosted'], remedy: string | undefined): Finding =>
    told(what, answer, token, {
      table: postRemedies,
      apiUrl,
      words,
      text: (why) => text(place.id, why),
      remedy,
    })

  let channel = place.id
  if (/^[UW]/u.test(channel)) {
    const answer = await ask('conversations.open', { users: channel }, token)
    if (answer.kind !== 'ok') return [failed(answer, words.notPosted, undefined)]
    channel = channelSchema.safeParse(answer.data).data?.channel.id ?? channel
  }
  const posting = await ask('chat.postMessage', { channel, text: words.test }, token)
  if (posting.kind !== 'ok') return [failed(posting, words.notPosted, undefined)]
  const { channel: where, ts } = posting.data
  const taking = await ask('chat.delete', { channel: where, ts }, token)
  if (taking.kind !== 'ok') return [failed(taking, words.notDeleted, words.deleteIt)]
  return [{ what, well: true, found: words.posted(await nameOf(place, token, ask)) }]
}

const namedSchema = z.object({ channel: z.object({ name: z.string() }) })

/** A place as people know it, with its id; the id alone where nobody says more. */
async function nameOf(
  { id, name }: NonNullable<CheckParts['place']>,
  token: string,
  ask: CheckParts['ask'],
): Promise<string> {
  if (name !== undefined) return `${name} (${id})`
  const answer = /^[CG]/u.test(id) ? await ask('conversations.info', { channel: id }, token) : undefined
  const channel = answer?.kind === 'ok' ? namedSchema.safeParse(answer.data).data?.channel.name : undefined
  return channel === undefined ? id : `#${channel} (${id})`
}

/** The words that are one sentence. */
type Sentence = {
  [Name in keyof SlackSetupWords]: SlackSetupWords[Name] extends string ? Name : never
}[keyof SlackSetupWords]

/**
 * What to do about an error of Slack, and under '' about any other; the names stand on the page of each method
 * (docs.slack.dev/reference/methods).
 */
type Remedies = { readonly '': Sentence; readonly [error: string]: Sentence }

const botRemedies: Remedies = {
  token_revoked: 'reinstall',
  account_inactive: 'reinstall',
  token_expired: 'rotating',
  '': 'copyBot',
}
const appRemedies: Remedies = { forbidden_team: 'socketMode', link_disabled: 'socketMode', '': 'copyApp' }
const postRemedies: Remedies = {
  missing_scope: 'addScopes',
  channel_not_found: 'invite',
  not_in_channel: 'invite',
  messages_tab_disabled: 'messagesTab',
  restricted_action: 'ask',
  '': 'otherPlace',
}

type Telling = {
  readonly table: Remedies
  readonly apiUrl: string
  readonly words: SlackSetupWords
  readonly text?: (why: string) => string
  readonly remedy?: string | undefined
}

/** A finding that says what Slack answered, and the remedy for it. */
function told(what: string, answer: Failure, token: string, telling: Telling): Finding {
  const { table, apiUrl, words, text } = telling
  const why = answer.kind === 'error' ? answer.error : answer.why
  const plain = answer.kind === 'error' ? words.says(why, tail(token)) : words.noAnswer(why)
  const found = text === undefined ? plain : text(why)
  if (answer.kind !== 'error') return { what, well: false, found, remedy: words.reach(apiUrl) }
  if (answer.error === 'ratelimited') return { what, well: false, found, remedy: words.later }
  return { what, well: false, found, remedy: telling.remedy ?? words[table[answer.error] ?? table['']] }
}

/** The end of a secret, by which its owner knows it; nothing of a short one. */
function tail(secret: string): string {
  return secret.length < 12 ? '' : secret.slice(-4)
}

/** What came from Slack may hold anything; a terminal obeys control characters. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '')
}
