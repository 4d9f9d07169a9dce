import { z } from 'zod'
import { command, type AnyCommand, type Context, type Outcome } from '../command.ts'
import type { Address } from '../message.ts'
import { readCode } from '../pairing.ts'
import {
  ownersOn,
  personKey,
  personName,
  readPersonKey,
  roles,
  typedKey,
  type Known,
  type Reach,
  type Role,
} from '../people.ts'
import type { Admission, PeopleReads } from '../store/people.ts'
import type { Write } from '../store/writes.ts'
import { peopleWords, type PeopleWords } from '../words-people.ts'

type Parts = {
  readonly read: Pick<PeopleReads, 'all' | 'get' | 'openPairings' | 'byCode' | 'lastName'>
  /** The adapters through which others than the owner write. */
  readonly platforms: readonly string[]
  /** Where a person is spoken to alone. */
  readonly directTo: (personKey: string) => Address | undefined
  /** An instant as people read it. */
  readonly formatTime: (ms: number, zone: string, language: Context['language']) => string
}

const actions = ['list', 'allow', 'block', 'remove'] as const
const actionWords = new Map([
  ['列表', 'list'],
  ['允许', 'allow'],
  ['开通', 'allow'],
  ['屏蔽', 'block'],
  ['拉黑', 'block'],
  ['删除', 'remove'],
  ['移除', 'remove'],
])
const rightsWords = new Map<string, { readonly role: Role } | { readonly reach: Reach }>([
  ...roles.map((role) => [role, { role }] as const),
  ['主人', { role: 'owner' }],
  ['管理员', { role: 'admin' }],
  ['成员', { role: 'member' }],
  ['访客', { role: 'guest' }],
  ['direct', { reach: 'direct' }],
  ['私信', { reach: 'direct' }],
  ['everywhere', { reach: 'everywhere' }],
  ['所有地方', { reach: 'everywhere' }],
])

const argsSchema = z.object({
  action: z.enum(actions).default('list'),
  /** A code, a person's key, or a number of the list. */
  who: z.string().exactOptional(),
  role: z.enum(roles).exclude(['blocked']).exactOptional(),
  reach: z.enum(['direct', 'everywhere']).exactOptional(),
})

type PeopleArgs = z.output<typeof argsSchema>

/** Names are cut at this length: their owners choose them. */
const mostNameChars = 40

/** /people: who is known and who waits, and how people are let in, blocked and forgotten. */
export function createPeopleCommand(parts: Parts): AnyCommand {
  return command({
    name: 'people',
    aliases: ['人员', '成员'],
    summary: {
      en: 'who may talk to me: list, let in, block, remove',
      zh: '谁可以和我说话：列表、允许、屏蔽、删除',
    },
    usage: {
      en: 'people [allow <code or key> [owner|admin|member|guest] [direct|everywhere] | block <key or number> | remove <key or number>]',
      zh: '人员 [允许 <配对码或编号> [主人|管理员|成员|访客] [私信|所有地方] | 屏蔽 <编号> | 删除 <编号>]',
    },
    args: argsSchema,
    readText: readPeopleText,
    tier: ({ action }) => (action === 'list' ? 'read' : 'ask'),
    role: 'admin',
    run: async (args, context) => {
      const outcome = runPeople(args, context, parts)
      return { ...outcome, reply: { ...outcome.reply, aside: true } }
    },
  })
}

/** Reads an action, whom it is for in any number of words, and what of role and reach stands at the end. */
function readPeopleText(text: string): unknown {
  const typed = /^(列表|允许|开通|屏蔽|拉黑|删除|移除|\S*)\s*([\s\S]*)$/u.exec(text.trim())
  const [, first = '', rest = ''] = typed ?? []
  if (first === '') return {}
  const said = rest.split(/[\s"“”「」]+/u).filter(Boolean)
  const end = said.findLastIndex((word) => !rightsWords.has(word.toLowerCase())) + 1
  const rights = said.slice(end).map((word) => rightsWords.get(word.toLowerCase()))
  const who = said.slice(0, end).join(' ')
  const action = actionWords.get(first) ?? first.toLowerCase()
  return Object.assign({ action, ...(who === '' ? {} : { who }) }, ...rights)
}

function runPeople(args: PeopleArgs, context: Context, parts: Parts): Outcome {
  const words = peopleWords[context.language]
  if (args.action === 'list') return listOf(context, words, parts)
  if (args.who === undefined) return misused(words.whom(args.action))
  const target = findTarget(args.who, context.nowMs, words, parts)
  if (target.kind === 'nobody') return misused(target.words)
  const admission = args.action === 'remove' ? undefined : admissionOf(args, target, context)
  const touched = [target.known?.role, admission?.role]
  if (context.person.role !== 'owner' && touched.some((role) => role === 'owner' || role === 'admin')) {
    return { reply: { text: words.ownersOnly, status: 'refused' } }
  }
  const name = nameOf(target, words, parts)
  if (admission === undefined && target.known === undefined) return misused(words.unknown(name))
  const ownerless = platformWithoutOwner(target, admission, parts)
  // Who sits at the machine owns it still, and may have to shut out the only owner of a platform.
  if (ownerless !== undefined && parts.platforms.includes(readPersonKey(context.person.key).adapter))
    return { reply: { text: words.onlyOwner(name), status: 'refused' } }
  const text = [
    saidOf(name, admission, words),
    ...(ownerless === undefined ? [] : [words.lastOwner(ownerless)]),
  ].join('\n')
  const data = { key: target.key, role: admission?.role ?? null, reach: admission?.reach ?? null }
  const to = admission === undefined ? undefined : parts.directTo(admission.key)
  const told = welcomeOf(target.known?.role, admission, words)
  return {
    reply: { text, status: 'done', data },
    writes: [writeOf(target, admission)],
    ...(to === undefined || told === undefined
      ? {}
      : { also: [{ to, reply: { text: told, status: 'done' } }] }),
  }
}

/** What somebody is told who was let in, or is no guest any more; undefined where there is nothing to tell. */
function welcomeOf(
  before: Role | undefined,
  after: Admission | undefined,
  words: PeopleWords,
): string | undefined {
  if (after === undefined || after.role === 'blocked') return undefined
  const isUnknown = before === undefined || before === 'blocked'
  if (after.role === 'guest') return isUnknown ? words.youAreGuest(after.reach) : undefined
  return isUnknown || before === 'guest' ? words.youAreIn(after.reach) : undefined
}

function saidOf(name: string, after: Admission | undefined, words: PeopleWords): string {
  if (after === undefined) return words.removed(name)
  return after.role === 'blocked' ? words.blocked(name) : words.allowed(name, rightsOf(after, words))
}

function writeOf({ key, code }: Target, after: Admission | undefined): Write {
  if (after === undefined) return ['people.remove', key]
  // A code is used up only by letting in; two admins who do so at once do it once.
  return code === undefined || after.role === 'blocked'
    ? ['people.change', after]
    : ['people.allow', code, after]
}

type Target = {
  readonly kind: 'person'
  readonly key: string
  readonly name: string
  readonly known: Known | undefined
  /** The open code by which they were named. */
  readonly code?: string
}

type Nobody = { readonly kind: 'nobody'; readonly words: string }

/** The person who is meant. Names are none of it: anyone can call themselves as they like. */
function findTarget(
  who: string,
  nowMs: number,
  words: PeopleWords,
  { read, platforms }: Parts,
): Target | Nobody {
  const number = /^#?(\d{1,4})$/u.exec(who)?.[1]
  if (number !== undefined) {
    const known = read.all()[Number(number) - 1]
    return known === undefined ? nobody(words.noNumber(number)) : { kind: 'person', ...known, known }
  }
  const code = readCode(who)
  const pairing = code === undefined ? undefined : read.byCode(code, nowMs)
  if (code !== undefined && pairing !== undefined) {
    const { person: key, name } = pairing
    return { kind: 'person', key, name, known: read.get(key), code }
  }
  const key = readKey(who)
  if (key === undefined) return nobody(code === undefined ? words.nobody(shown(who)) : words.noCode(code))
  const known = read.get(key)
  const { adapter, author } = readPersonKey(key)
  if (known === undefined && !platforms.includes(adapter))
    return nobody(words.noPlatform(shown(adapter), platforms))
  const waiting = read.openPairings(nowMs).find(({ person }) => person === key)
  return { kind: 'person', key, name: waiting?.name ?? personName(key, read) ?? author, known }
}

/** `slack T1 U1`, or `slack/T1/U1` as it stands in a database. */
function readKey(typed: string): string | undefined {
  const [adapter, account, author, more] = typed.split(/[\s/]+/u)
  if (adapter === undefined || account === undefined || author === undefined || more !== undefined)
    return undefined
  return personKey({ adapter: adapter.toLowerCase(), account }, author)
}

/** What becomes of someone; what is not said stays, and is `member` and `direct` for someone new. */
function admissionOf(
  { action, role, reach }: PeopleArgs,
  target: Target,
  { person, nowMs }: Context,
): Admission {
  const { key, name, known } = target
  const before = known?.role === 'blocked' ? undefined : known
  return {
    key,
    name,
    role: action === 'block' ? 'blocked' : (role ?? before?.role ?? 'member'),
    reach: action === 'block' ? 'everywhere' : (reach ?? before?.reach ?? 'direct'),
    by: person.key,
    atMs: nowMs,
  }
}

/** The platform that would lose its only owner. */
function platformWithoutOwner(
  { key, known }: Target,
  after: Admission | undefined,
  { read }: Parts,
): string | undefined {
  if (known?.role !== 'owner' || after?.role === 'owner') return undefined
  const { adapter } = readPersonKey(key)
  return ownersOn(adapter, read.all()).length > 1 ? undefined : adapter
}

function listOf({ language, nowMs, zone }: Context, words: PeopleWords, parts: Parts): Outcome {
  const { read, formatTime } = parts
  const people = read.all()
  const waiting = read.openPairings(nowMs).map(({ person, name, code, expiresAtMs }) => ({
    key: person,
    name,
    code: code ?? '',
    minutes: Math.ceil((expiresAtMs - nowMs) / 60_000),
  }))
  const { list } = words
  const known = people.map((one, i) =>
    list.line(i + 1, nameOf(one, words, parts), rightsOf(one, words), formatTime(one.atMs, zone, language)),
  )
  const text = [
    ...(known.length === 0 ? [list.none] : [list.known, ...known]),
    ...(waiting.length === 0 ? [] : [list.waiting]),
    ...waiting.map((one) => list.waits(nameOf(one, words, parts), one.code, one.minutes)),
  ].join('\n')
  return { reply: { text, status: 'done', data: { people, waiting } } }
}

function nameOf({ name, key }: Pick<Target, 'name' | 'key'>, words: PeopleWords, { read }: Parts): string {
  const called = name === readPersonKey(key).author ? personName(key, read) : name
  return words.list.person(called === undefined ? undefined : shown(called), typedKey(key))
}

function rightsOf({ role, reach }: Pick<Known, 'role' | 'reach'>, words: PeopleWords): string {
  return words.list.rights(words.roles[role], role === 'blocked' ? undefined : words.reaches[reach])
}

/** What others wrote, on one line and not too long. */
export function shown(text: string): string {
  const line = text.replaceAll(/[\p{C}\s]+/gu, ' ').trim()
  const letters = [...line]
  return letters.length > mostNameChars ? `${letters.slice(0, mostNameChars).join('')}…` : line
}

function nobody(words: string): Nobody {
  return { kind: 'nobody', words }
}

function misused(text: string): Outcome {
  return { reply: { text, status: 'misused' } }
}
