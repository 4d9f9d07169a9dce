import type { Answer } from './answer.ts'
import type { Address, Message } from './message.ts'
import { createPairing } from './pairing.ts'
import type { PeopleReads } from './store/people.ts'
import { wordsOf, type Words } from './words.ts'

/**
 * Roles from the most to the least rights. A guest talks and looks things up, and is what anybody is where everyone is answered;
 * a member gives orders, too; an admin lets people in, and sees how the machine is; an owner makes admins and owners.
 */
export const roles = ['owner', 'admin', 'member', 'guest', 'blocked'] as const

export type Role = (typeof roles)[number]

/** Where a role counts: only where nobody else reads along, or in channels, too. */
export type Reach = 'direct' | 'everywhere'

/** Someone who wrote to Moltbot. `key` is made of immutable ids only; `role` is the one at the place of the message. */
export type Person = { readonly key: string; readonly name: string; readonly role: Role }

/** Someone who was let in, or shut out. */
export type Known = {
  readonly key: string
  readonly name: string
  readonly role: Role
  readonly reach: Reach
  readonly atMs: number
}

/** True if `role` has at least the rights of `needed`. */
export function mayActAs(role: Role, needed: Role): boolean {
  return roles.indexOf(role) <= roles.indexOf(needed)
}

/** The key of a person: the platform's own ids, and nothing that can be changed. */
export function personKey(
  { adapter, account }: Pick<Address, 'adapter' | 'account'>,
  authorId: string,
): string {
  return [adapter, account, authorId].map(encodeURIComponent).join('/')
}

/** The parts of a person's key; `author` is the platform's id. */
export function readPersonKey(key: string): { adapter: string; account: string; author: string } {
  const [adapter = '', account = '', author = ''] = key.split('/').map(decodeURIComponent)
  return { adapter, account, author }
}

/** A person's key as people read and type it: `slack T1 U1`. */
export function typedKey(key: string): string {
  return Object.values(readPersonKey(key)).join(' ')
}

/** What a person is called; undefined where nothing but their ids is known. */
export function personName(key: string, read: Pick<PeopleReads, 'get' | 'lastName'>): string | undefined {
  const ids = readPersonKey(key)
  const name = read.get(key)?.name
  // Who was let in by their ids alone is called by these until they write.
  return name === undefined || name === ids.author ? read.lastName(ids) : name
}

/** The owners among those who are known on a platform. */
export function ownersOn(platform: string, known: readonly Known[]): readonly Known[] {
  return known.filter(({ key, role }) => role === 'owner' && readPersonKey(key).adapter === platform)
}

export type People = {
  readonly of: (message: Message) => Person
  /** The role that a person has at a place now; tasks ask again each time they run. */
  readonly roleAt: (key: string, address: Address) => Role
  /**
   * Answers someone who may not speak here: with a pairing code, or with a word that they are not known. Once, unless they wait
   * for an answer; then with an empty text, which says nothing.
   */
  readonly meet: (message: Message, words: Words) => Answer
}

type Parts = {
  /** Adapters through which only whoever sits at this machine comes in. */
  readonly local: ReadonlySet<string>
  readonly read: PeopleReads
  /** True where everyone who can write there is answered, or this author is; `author` is the platform's id. */
  readonly isOpen: (address: Address, author: string) => boolean
  readonly now: () => number
  /** A code that nobody can guess. */
  readonly newCode: () => string
  /** What the command line is called here. Default: `moltbot`. */
  readonly program?: string
}

/**
 * Knows who may do what, from the rows of the store as they are now. Whoever sits at this machine owns it; everyone else is
 * blocked until someone lets them in: no rule means no.
 */
export function createPeople({ local, read, isOpen, now, newCode, program = 'moltbot' }: Parts): People {
  const answerStranger = createPairing({ read, now, newCode, program })

  const roleAt = (key: string, address: Address): Role => {
    const { adapter, account, author } = readPersonKey(key)
    if (local.has(adapter)) return 'owner'
    const known = read.get(key)
    if (known?.role === 'blocked') return 'blocked'
    const isTheirs = address.adapter === adapter && address.account === account
    const counts = known?.reach === 'everywhere' || (isTheirs && address.shared !== true)
    const given = known !== undefined && counts ? known.role : 'blocked'
    const anyones = isTheirs && isOpen(address, author) ? 'guest' : 'blocked'
    // Nobody loses by being known, unless they are blocked.
    return mayActAs(given, anyones) ? given : anyones
  }

  const keyOf = ({ address, author }: Message): string => personKey(address, author.id)
  return {
    roleAt,
    of: (message) => {
      const key = keyOf(message)
      return { key, name: message.author.name, role: roleAt(key, message.address) }
    },
    meet: (message, words) => {
      const key = keyOf(message)
      const language = words === wordsOf('zh') ? 'zh' : 'en'
      const isFirst = ownersOn(message.address.adapter, read.all()).length === 0
      return answerStranger({ message, key, typed: typedKey(key), known: read.get(key), isFirst, language })
    },
  }
}
