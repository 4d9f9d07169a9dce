import { asStored, historyPage, repliesPage } from './history.ts'
import { openDm, placeFor, replace, writtenIn, type MemoryState, type Method } from './memory-state.ts'
import { isRecord, records, refuse, text, type Args, type Data } from './wire.ts'
import type { Message, Person, Place } from './workspace.ts'

type Found = { readonly place: Place; readonly messages: Message[]; readonly message: Message }

/** The methods that write and read messages. */
export function chatMethods(state: MemoryState) {
  const find = (args: Args, as: Person, key: 'ts' | 'timestamp'): Found => {
    const place = placeFor(state, args, as)
    const messages = writtenIn(state, place.id)
    const message = messages.find(({ ts }) => ts === text(args, key)) ?? refuse('message_not_found')
    return { place, messages, message }
  }
  return {
    'chat.postMessage': (args, as) => {
      const channel = text(args, 'channel')
      const isPerson = /^[UW]/u.test(channel)
      const place = isPerson ? openDm(state, [channel], as) : placeFor(state, args, as)
      if (place.isArchived) refuse('is_archived')
      const written = messageOf(state, args, as)
      writtenIn(state, place.id).push(written)
      state.onEvent({ type: 'message', channel: place.id, ...written })
      return { channel: place.id, ts: written.ts, message: asStored(written, [], true) }
    },
    'chat.postEphemeral': (args, as) => {
      const place = placeFor(state, args, as)
      if (place.isArchived) refuse('is_archived')
      const to = text(args, 'user')
      if (!place.members.includes(to)) refuse('user_not_in_channel')
      const message = messageOf(state, args, as)
      state.whispered.push({ channel: place.id, to, message })
      return { message_ts: message.ts }
    },
    'chat.update': (args, as) => {
      const { place, messages, message: before } = find(args, as, 'ts')
      if (before.user !== as.id) refuse('cant_update_message')
      const ts = state.nextTs()
      const after = updated(before, args, { user: as.id, ts })
      replace(messages, after)
      state.onEvent(changed(place.id, ts, after, before))
      return { channel: place.id, ts: after.ts, text: after.text, message: asStored(after, [], true) }
    },
    'chat.delete': (args, as) => {
      const { place, messages, message } = find(args, as, 'ts')
      if (message.user !== as.id) refuse('cant_delete_message')
      state.onEvent(erased(place.id, state.nextTs(), messages, message))
      return { channel: place.id, ts: message.ts }
    },
    'conversations.history': (args, as) => historyPage(writtenIn(state, placeFor(state, args, as).id), args),
    'conversations.replies': (args, as) => repliesPage(writtenIn(state, placeFor(state, args, as).id), args),
    'reactions.add': (args, as) => {
      const { place, messages, message } = find(args, as, 'timestamp')
      const name = text(args, 'name')
      const users = reactedWith(message, name)
      if (users.includes(as.id)) refuse('already_reacted')
      replace(messages, { ...message, reactions: reactions(message, name, [...users, as.id]) })
      const item = { type: 'message', channel: place.id, ts: message.ts }
      state.onEvent({ type: 'reaction_added', user: as.id, reaction: name, item, item_user: message.user })
      return {}
    },
    'reactions.remove': (args, as) => {
      const { messages, message } = find(args, as, 'timestamp')
      const name = text(args, 'name')
      const users = reactedWith(message, name)
      if (!users.includes(as.id)) refuse('no_reaction')
      replace(messages, {
        ...message,
        reactions: reactions(
          message,
          name,
          users.filter((id) => id !== as.id),
        ),
      })
      return {}
    },
  } satisfies Readonly<Record<string, Method>>
}

function messageOf(state: MemoryState, args: Args, as: Person): Message {
  const thread = text(args, 'thread_ts')
  const blocks = records(args['blocks'])
  return {
    ts: state.nextTs(),
    user: as.id,
    team: as.team,
    ...(as.botId === undefined
      ? { client_msg_id: state.nextId('msg-') }
      : { bot_id: as.botId, app_id: state.appId }),
    // Slack cuts here (docs: chat.postMessage, "Truncating content").
    text: text(args, 'text').slice(0, 40_000),
    ...(thread === '' ? {} : { thread_ts: thread }),
    ...(thread !== '' && text(args, 'reply_broadcast') === 'true' ? { subtype: 'thread_broadcast' } : {}),
    ...(blocks.length === 0 ? {} : { blocks: named(blocks) }),
    ...(isRecord(args['metadata']) ? { metadata: args['metadata'] } : {}),
  }
}

function reactedWith(message: Message, name: string): readonly string[] {
  return message.reactions?.find((one) => one.name === name)?.users ?? []
}

function reactions(message: Message, name: string, users: readonly string[]): Message['reactions'] & {} {
  const others = (message.reactions ?? []).filter((one) => one.name !== name)
  return users.length === 0 ? others : [...others, { name, users, count: users.length }]
}

/** Text alone takes the blocks away; with blocks there is no mark that it was edited (docs: chat.update). */
function updated(before: Message, args: Args, edited: { user: string; ts: string }): Message {
  const { blocks: old, ...rest } = before
  const given = Array.isArray(args['blocks'])
  const blocks = given ? named(records(args['blocks'])) : 'text' in args ? undefined : old
  return {
    ...rest,
    ...('text' in args ? { text: text(args, 'text').slice(0, 40_000) } : {}),
    ...(blocks === undefined ? {} : { blocks }),
    ...(isRecord(args['metadata']) ? { metadata: args['metadata'] } : {}),
    ...(given ? {} : { edited }),
  }
}

/** Slack names the blocks that have no name. */
function named(blocks: readonly Data[]): readonly Data[] {
  return blocks.map((block, at) => ({ block_id: `b${at}`, ...block }))
}

function changed(channel: string, ts: string, message: Message, before: Message): Data {
  return {
    type: 'message',
    subtype: 'message_changed',
    hidden: true,
    channel,
    ts,
    message: { type: 'message', ...message },
    previous_message: { type: 'message', ...before },
  }
}

/**
 * Takes a message out and returns the event of it. Where others answered below it a tombstone stays, and Slack tells of a
 * change instead of a deletion.
 */
function erased(channel: string, ts: string, messages: Message[], message: Message): Data {
  const hasReplies = messages.some((other) => other.thread_ts === message.ts && other.ts !== message.ts)
  if (hasReplies) {
    const { team } = message
    const tombstone: Message = {
      ts: message.ts,
      thread_ts: message.ts,
      subtype: 'tombstone',
      user: 'USLACKBOT',
      team,
      text: 'This message was deleted.',
    }
    replace(messages, tombstone)
    return changed(channel, ts, tombstone, message)
  }
  messages.splice(messages.indexOf(message), 1)
  return {
    type: 'message',
    subtype: 'message_deleted',
    hidden: true,
    channel,
    ts,
    deleted_ts: message.ts,
    previous_message: { type: 'message', ...message },
  }
}
