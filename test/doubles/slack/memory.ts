import { chatMethods } from './memory-chat.ts'
import { directoryMethods } from './memory-directory.ts'
import { addPlace, createMemoryState, openDm, replace, writtenIn, type Method } from './memory-state.ts'
import { refuse } from './wire.ts'
import type { Message, StateMethod, Workspace, WorkspaceParts } from './workspace.ts'

/** A workspace in memory. */
export function createMemory(parts: WorkspaceParts): Workspace {
  const state = createMemoryState(parts)
  const methods: Readonly<Record<StateMethod, Method>> = { ...chatMethods(state), ...directoryMethods(state) }
  const stamped = (message: Omit<Message, 'ts' | 'team'>): Message => ({
    ts: state.nextTs(),
    team: state.people.get(message.user)?.team ?? state.team,
    ...message,
  })
  return {
    team: state.team,
    addPerson: ({ id = state.nextId('U'), ...person }) => {
      state.people.set(id, { id, ...person })
      return { id, ...person }
    },
    addPlace: (place) => addPlace(state, place),
    direct: (one, other) => openDm(state, [other], state.people.get(one) ?? refuse('user_not_found')),
    person: (id) => state.people.get(id),
    place: (id) => state.places.get(id),
    alter: (channel, change) => {
      const place = state.places.get(channel)
      if (place !== undefined) state.places.set(channel, { ...place, ...change })
    },
    drop: (channel) => {
      state.places.delete(channel)
    },
    call: async (method, args, as) => methods[method](args, state.people.get(as) ?? refuse('invalid_auth')),
    add: (channel, message) => {
      const added = stamped(message)
      writtenIn(state, channel).push(added)
      parts.onEvent({ type: 'message', channel, ...added })
      return added
    },
    patch: (channel, ts, fields) => {
      const messages = writtenIn(state, channel)
      const found = messages.find((message) => message.ts === ts)
      if (found !== undefined) replace(messages, { ...found, ...fields })
    },
    messages: (channel) => writtenIn(state, channel),
    whisper: (channel, to, message) => {
      const added = stamped(message)
      state.whispered.push({ channel, to, message: added })
      return added
    },
    whispers: (channel, to) =>
      state.whispered.filter((w) => w.channel === channel && w.to === to).map(({ message }) => message),
    rewhisper: (ts, fields) => {
      const at = state.whispered.findIndex(({ message }) => message.ts === ts)
      const found = state.whispered[at]
      if (found === undefined) return
      if (fields === undefined) state.whispered.splice(at, 1)
      else found.message = { ...found.message, ...fields }
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}
