/**
 * What Slack must grant to the bot token, each with the methods that we call and the events that we get by it; nothing is
 * asked for that is not used (docs.slack.dev/reference/scopes, and the page of each method and event).
 */
export const botScopes = [
  { scope: 'app_mentions:read', events: ['app_mention'], methods: [] },
  { scope: 'assistant:write', events: [], methods: ['assistant.threads.setStatus'] },
  {
    scope: 'channels:history',
    events: ['message.channels'],
    methods: ['conversations.history', 'conversations.replies'],
  },
  {
    scope: 'channels:read',
    events: [
      'channel_archive',
      'channel_deleted',
      'channel_left',
      'channel_rename',
      'channel_unarchive',
      'member_joined_channel',
    ],
    methods: ['conversations.info', 'users.conversations'],
  },
  {
    scope: 'chat:write',
    events: ['agent_session_stopped'],
    methods: [
      'agents.sessions.setStatus',
      'chat.appendStream',
      'chat.delete',
      'chat.postEphemeral',
      'chat.postMessage',
      'chat.startStream',
      'chat.stopStream',
      'chat.update',
    ],
  },
  { scope: 'commands', events: [], methods: [] },
  { scope: 'files:read', events: [], methods: ['files.info'] },
  {
    scope: 'files:write',
    events: [],
    methods: ['files.completeUploadExternal', 'files.getUploadURLExternal'],
  },
  { scope: 'groups:history', events: ['message.groups'], methods: ['conversations.history'] },
  {
    scope: 'groups:read',
    events: ['group_archive', 'group_deleted', 'group_left', 'group_rename', 'group_unarchive'],
    methods: ['conversations.info', 'users.conversations'],
  },
  { scope: 'im:history', events: ['message.im'], methods: ['conversations.history'] },
  { scope: 'im:write', events: [], methods: ['conversations.open'] },
  { scope: 'mpim:history', events: ['message.mpim'], methods: ['conversations.history'] },
  { scope: 'users:read', events: [], methods: ['users.info'] },
] as const

type BotScope = (typeof botScopes)[number]['scope']

/** Methods that any bot token may call, and those that are called with another token or none. */
export const openMethods = [
  'api.test',
  'apps.connections.open',
  'auth.test',
  'oauth.v2.access',
  'views.open',
  'views.publish',
  'views.update',
] as const

/** Events that need no scope. */
export const openEvents = ['app_home_opened', 'app_uninstalled', 'tokens_revoked'] as const

/** The names of the scopes. */
export const scopeNames: readonly BotScope[] = botScopes.map(({ scope }) => scope)

/** Those that are asked for and not among the granted ones. */
export function missingScopes(granted: readonly string[]): readonly BotScope[] {
  return scopeNames.filter((scope) => !granted.includes(scope))
}
