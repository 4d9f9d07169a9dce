import type { Place } from './workspace.ts'

/** What the app may do unless a test says otherwise. */
export const usualScopes: readonly string[] = [
  'app_mentions:read',
  'assistant:write',
  'channels:history',
  'channels:read',
  'chat:write',
  'commands',
  'files:read',
  'files:write',
  'groups:history',
  'groups:read',
  'im:history',
  'im:read',
  'im:write',
  'mpim:history',
  'mpim:read',
  'mpim:write',
  'reactions:read',
  'reactions:write',
  'users:read',
]

/** One of the scopes that a method needs; `history` and `read` depend on the kind of channel. */
const needed: Readonly<Record<string, string>> = {
  'agents.sessions.rename': 'chat:write',
  'agents.sessions.setStatus': 'chat:write',
  'assistant.threads.setStatus': 'assistant:write',
  'assistant.threads.setSuggestedPrompts': 'assistant:write',
  'assistant.threads.setTitle': 'assistant:write',
  'chat.appendStream': 'chat:write',
  'chat.delete': 'chat:write',
  'chat.postEphemeral': 'chat:write',
  'chat.postMessage': 'chat:write',
  'chat.startStream': 'chat:write',
  'chat.stopStream': 'chat:write',
  'chat.update': 'chat:write',
  'conversations.history': 'history',
  'conversations.info': 'read',
  'conversations.members': 'read',
  'conversations.open': 'im:write',
  'conversations.replies': 'history',
  'files.completeUploadExternal': 'files:write',
  'files.getUploadURLExternal': 'files:write',
  'files.info': 'files:read',
  'reactions.add': 'reactions:write',
  'reactions.remove': 'reactions:write',
  'users.info': 'users:read',
  'users.list': 'users:read',
}

const families = { public: 'channels', private: 'groups', 'group-dm': 'mpim', dm: 'im' } as const

/** The scope that a call needs; undefined where any token will do. */
export function scopeFor(method: string, place: Place | undefined): string | undefined {
  const scope = needed[method]
  if (scope !== 'history' && scope !== 'read') return scope
  return place === undefined ? undefined : `${families[place.kind]}:${scope}`
}
