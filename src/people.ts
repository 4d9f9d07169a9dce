import type { Answer } from './answer.ts'
import type { Address, Message } from './message.ts'
import { createPairing } from './pairing.ts'
import type { PeopleReads } from './store/people.ts'
import { wordsOf, type Words } from './words.ts'

/** Roles from the most to the least rights. */
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

export type People = {
  readonly of: (message: Message) => Person
  /** The role that a person has at a place now; tasks ask again each time they run. */
  readonly roleAt: (key: string, address: Address) => Role
  /**
   * Answers someone who may not speak here: with a pairing code, or with a word that they are not known, once; then with an
   * empty text, which says nothing.
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
}

/**
 * Knows who may do what, from the rows of the store as they are now. Whoever sits at this machine owns it; everyone else is
 * blocked until someone lets them in: no rule means no.
 */
export function createPeople({ local, read, isOpen, now, newCode }: Parts): People {
  const answerStranger = createPairing({ read, now, newCode })

  const roleAt = (key: string, address: Address): Role => {
    const { adapter, account, author } = readPersonKey(key)
    if (local.has(adapter)) return 'owner'
    const known = read.get(key)
    if (known?.role === 'blocked') return 'blocked'
    const isTheirs = address.adapter === adapter && address.account === account
    const counts = known?.reach === 'everywhere' || (isTheirs && address.shared !== true)
    const given = known !== undefined && counts ? known.role : 'blocked'
    const anyones = isTheirs && isOpen(address, author) ? 'member' : 'blocked'
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
      return answerStranger({ message, key, typed: typedKey(key), known: read.get(key), language })
    },
  }
}
