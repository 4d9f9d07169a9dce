import type { Args, Data } from './wire.ts'

export type Kind = 'public' | 'private' | 'group-dm' | 'dm'

/** What a message has in Slack's API. */
export type Message = {
  readonly ts: string
  readonly thread_ts?: string
  readonly subtype?: string
  readonly user: string
  readonly team: string
  readonly bot_id?: string
  readonly app_id?: string
  readonly client_msg_id?: string
  readonly text: string
  readonly blocks?: readonly Data[]
  readonly metadata?: Data
  readonly files?: readonly Data[]
  readonly reactions?: readonly {
    readonly name: string
    readonly users: readonly string[]
    readonly count: number
  }[]
  readonly edited?: { readonly user: string; readonly ts: string }
}

export type Place = {
  readonly id: string
  readonly team: string
  readonly name: string
  readonly kind: Kind
  readonly members: readonly string[]
  readonly isArchived: boolean
}

export type Person = {
  readonly id: string
  readonly name: string
  readonly team: string
  readonly botId?: string
}

/** The methods that ask or change what a workspace holds, and nothing else. */
export const stateMethods = [
  'auth.test',
  'chat.delete',
  'chat.postEphemeral',
  'chat.postMessage',
  'chat.update',
  'conversations.history',
  'conversations.info',
  'conversations.list',
  'conversations.members',
  'conversations.open',
  'conversations.replies',
  'reactions.add',
  'reactions.remove',
  'team.info',
  'users.info',
  'users.list',
] as const

export type StateMethod = (typeof stateMethods)[number]

/** What holds users, channels and messages. It knows neither tokens nor limits; those stand before it. */
export type Workspace = AsyncDisposable & {
  readonly team: string
  readonly addPerson: (person: Omit<Person, 'id'> & { readonly id?: string }) => Person
  readonly addPlace: (place: Pick<Place, 'name' | 'kind' | 'members'> & { readonly team?: string }) => Place
  /** The direct messages of two people; made where there are none. */
  readonly direct: (one: string, other: string) => Place
  readonly person: (id: string) => Person | undefined
  readonly place: (id: string) => Place | undefined
  readonly alter: (channel: string, change: Partial<Pick<Place, 'members' | 'isArchived'>>) => void
  readonly drop: (channel: string) => void
  /** Calls a method as somebody. Throws a Refusal. */
  readonly call: (method: StateMethod, args: Args, as: string) => Promise<Data>
  /** Puts a message in that no method can make (with files, of a bot); its event follows. */
  readonly add: (channel: string, message: Omit<Message, 'ts' | 'team'>) => Message
  /** Changes fields of a message; no event follows. */
  readonly patch: (channel: string, ts: string, fields: Partial<Message>) => void
  /** Oldest first. */
  readonly messages: (channel: string) => readonly Message[]
  readonly whisper: (channel: string, to: string, message: Omit<Message, 'ts' | 'team'>) => Message
  readonly whispers: (channel: string, to: string) => readonly Message[]
  /** Takes a whisper away, or changes it. */
  readonly rewhisper: (ts: string, fields: Partial<Message> | undefined) => void
}

/** What a workspace is made with. `onEvent` gets the inner event of all that happens; `now` is the wall clock. */
export type WorkspaceParts = {
  readonly appId: string
  readonly now: () => number
  readonly onEvent: (event: Data) => void
}
