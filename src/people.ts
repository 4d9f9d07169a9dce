import type { Message } from './message.ts'

/** Roles from the most to the least rights. */
const roles = ['owner', 'admin', 'member', 'guest', 'blocked'] as const

export type Role = (typeof roles)[number]

/** Someone who wrote to Moltbot. `key` is made of immutable ids only. */
export type Person = { readonly key: string; readonly name: string; readonly role: Role }

/** True if `role` has at least the rights of `needed`. */
export function mayActAs(role: Role, needed: Role): boolean {
  return roles.indexOf(role) <= roles.indexOf(needed)
}

export type People = {
  readonly of: (message: Message) => Person
  /** The role that a person has now; tasks ask again each time they run. */
  readonly roleOf: (key: string) => Role
}

/**
 * Knows who may do what. Whoever reaches an adapter of `localAdapters` sits at this machine and owns it; everyone
 * else is blocked: no rule means no.
 */
export function createPeople(localAdapters: ReadonlySet<string>): People {
  const roleOf = (key: string): Role =>
    localAdapters.has(decodeURIComponent(key.split('/')[0]!)) ? 'owner' : 'blocked'
  return {
    roleOf,
    of: ({ address, author }) => {
      const key = [address.adapter, address.account, author.id].map(encodeURIComponent).join('/')
      return { key, name: author.name, role: roleOf(key) }
    },
  }
}
