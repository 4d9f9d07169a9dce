import { refuse, text, type Args, type Data } from './wire.ts'
import type { Kind, Message, Person, Place, WorkspaceParts } from './workspace.ts'

/** What the methods of a workspace in memory work on. */
export type MemoryState = WorkspaceParts & {
  readonly team: string
  readonly people: Map<string, Person>
  readonly places: Map<string, Place>
  readonly written: Map<string, Message[]>
  readonly whispered: { readonly channel: string; readonly to: string; message: Message }[]
  /** The next timestamp: the wall clock, but none twice. */
  readonly nextTs: () => string
  readonly nextId: (prefix: string) => string
}

/** Throws a Refusal where the method cannot be done. */
export type Method = (args: Args, as: Person) => Data

export function createMemoryState(parts: WorkspaceParts): MemoryState {
  let lastMicros = 0
  let ids = 0
  const nextId = (prefix: string): string =>
    `${prefix}0M${(++ids).toString(36).toUpperCase().padStart(8, '0')}`
  return {
    ...parts,
    team: nextId('T'),
    people: new Map(),
    places: new Map(),
    written: new Map(),
    whispered: [],
    nextTs: () => {
      lastMicros = Math.max(Math.round(parts.now() * 1_000), lastMicros + 1)
      return `${Math.floor(lastMicros / 1e6)}.${String(lastMicros % 1e6).padStart(6, '0')}`
    },
    nextId,
  }
}

const prefixes: Readonly<Record<Kind, string>> = { public: 'C', private: 'C', 'group-dm': 'G', dm: 'D' }

export function addPlace(
  state: MemoryState,
  place: Pick<Place, 'name' | 'kind' | 'members'> & { readonly team?: string },
): Place {
  const made = { id: state.nextId(prefixes[place.kind]), team: state.team, isArchived: false, ...place }
  state.places.set(made.id, made)
  state.written.set(made.id, [])
  return made
}

/** The direct messages of two people, or the group of more. */
export function openDm(state: MemoryState, others: readonly string[], as: Person): Place {
  const members = [as.id, ...others]
  const isUnknown = others.some((id) => !state.people.has(id))
  if (isUnknown) refuse('user_not_found')
  const kind = others.length > 1 ? 'group-dm' : 'dm'
  const found = [...state.places.values()].find(
    (place) =>
      place.kind === kind &&
      place.members.length === members.length &&
      members.every((id) => place.members.includes(id)),
  )
  return (
    found ??
    addPlace(state, { name: kind === 'dm' ? '' : `mpdm-${others.join('-')}`, kind, members, team: as.team })
  )
}

export function writtenIn(state: MemoryState, channel: string): Message[] {
  return state.written.get(channel) ?? []
}

/** Puts a message in the place of the one with its ts. */
export function replace(messages: Message[], message: Message): void {
  const at = messages.findIndex(({ ts }) => ts === message.ts)
  if (at >= 0) messages[at] = message
}

/** The channel that is meant, if this person may write or read there. */
export function placeFor(state: MemoryState, args: Args, as: Person): Place {
  const named = text(args, 'channel')
  const place =
    state.places.get(named) ??
    [...state.places.values()].find(({ name, kind }) => kind !== 'dm' && `#${name}` === named) ??
    refuse('channel_not_found')
  if (place.members.includes(as.id)) return place
  return refuse(place.kind === 'public' ? 'not_in_channel' : 'channel_not_found')
}
