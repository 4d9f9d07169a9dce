import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { creationLink, slackManifest } from '../../../../src/adapters/slack/setup/manifest.ts'
import {
  botScopes,
  openEvents,
  openMethods,
  scopeNames,
} from '../../../../src/adapters/slack/setup/scopes.ts'
import { slackSetupWords } from '../../../../src/words-slack-setup.ts'

const words = slackSetupWords.en

test('over Socket Mode the manifest has an agent, a home, one command, and no address', () => {
  const manifest = slackManifest({ name: 'Moltbot', base: undefined, words })
  assert.deepEqual(manifest, {
    display_information: { name: 'Moltbot', description: words.description },
    features: {
      agent_view: { agent_description: words.agent },
      app_home: {
        home_tab_enabled: true,
        messages_tab_enabled: true,
        messages_tab_read_only_enabled: false,
      },
      bot_user: { display_name: 'Moltbot', always_online: true },
      slash_commands: [
        { command: '/moltbot', description: words.slash, usage_hint: words.usage, should_escape: true },
      ],
    },
    oauth_config: {
      scopes: {
        bot: [
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
          'im:write',
          'mpim:history',
          'users:read',
        ],
      },
    },
    settings: {
      event_subscriptions: {
        bot_events: [
          'agent_session_stopped',
          'app_home_opened',
          'app_mention',
          'app_uninstalled',
          'channel_archive',
          'channel_deleted',
          'channel_left',
          'channel_rename',
          'channel_unarchive',
          'group_archive',
          'group_deleted',
          'group_left',
          'group_rename',
          'group_unarchive',
          'member_joined_channel',
          'message.channels',
          'message.groups',
          'message.im',
          'message.mpim',
          'tokens_revoked',
        ],
      },
      interactivity: { is_enabled: true },
      org_deploy_enabled: false,
      socket_mode_enabled: true,
      token_rotation_enabled: false,
    },
  })
})

test('over HTTP every address of the manifest is one of our server', () => {
  const { features, oauth_config, settings } = slackManifest({
    name: 'Moltbot',
    base: 'https://bot.example.org',
    words,
  })
  const events = 'https://bot.example.org/slack/events'
  assert.equal(features.slash_commands[0]?.url, events)
  assert.deepEqual(settings.interactivity, { is_enabled: true, request_url: events })
  assert.equal(settings.event_subscriptions.request_url, events)
  assert.deepEqual(oauth_config.redirect_urls, ['https://bot.example.org/slack/oauth_redirect'])
  assert.equal(settings.socket_mode_enabled, false)
})

test('the link holds the whole manifest', () => {
  for (const words of Object.values(slackSetupWords)) {
    const manifest = slackManifest({ name: 'Molt & Bot', base: undefined, words })
    const url = new URL(creationLink(manifest))
    assert.equal(url.origin + url.pathname, 'https://api.slack.com/apps')
    assert.equal(url.searchParams.get('new_app'), '1')
    assert.deepEqual(JSON.parse(url.searchParams.get('manifest_json') ?? ''), manifest)
  }
})

test("what the app says of itself is within Slack's limits in every language", () => {
  for (const { description, agent, usage } of Object.values(slackSetupWords)) {
    assert.ok(description.length <= 140) // docs.slack.dev/reference/app-manifest
    assert.ok(agent.length <= 300)
    assert.ok(usage.length <= 1_000)
  }
})

test('every scope is there once, is good for something, and has words for it', () => {
  assert.deepEqual([...new Set(scopeNames)].toSorted(), scopeNames)
  for (const { scope, methods, events } of botScopes)
    assert.ok(scope === 'commands' || methods.length + events.length > 0, scope)
  for (const { scopes } of Object.values(slackSetupWords))
    assert.deepEqual(Object.keys(scopes).toSorted(), scopeNames)
})

const folder = join(import.meta.dirname, '../../../../src/adapters/slack')
const source = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('scopes.ts'))
  .map((name) => readFileSync(join(folder, name), 'utf8'))
  .join('\n')

/** The methods of the Web API that are named in a text. */
function methodsIn(text: string): ReadonlySet<string> {
  const families =
    'agents|api|apps|assistant|auth|bots|chat|conversations|files|oauth|reactions|team|users|views'
  const named = text.matchAll(new RegExp(`['"\`]((?:${families})(?:\\.[a-zA-Z0-9]+)+)['"\`]`, 'gu'))
  return new Set([...named].map(([, method = '']) => method))
}

test('every method that the adapter calls has its scope in the list, and the list has no other', () => {
  const listed = new Set<string>([...botScopes.flatMap(({ methods }) => methods), ...openMethods])
  const called = methodsIn(source)
  assert.ok(called.size > 5)
  assert.deepEqual(
    [...called].filter((method) => !listed.has(method)),
    [],
  )
  // The search finds what it should.
  assert.deepEqual(
    [...methodsIn(`call('bots.info') call("team.info") 'files.txt is no call'`)],
    ['bots.info', 'team.info'],
  )
})

test('every event that Slack is asked for is one that the adapter reads', () => {
  const reader = readFileSync(join(folder, 'in/events.ts'), 'utf8')
  for (const event of [...botScopes.flatMap(({ events }) => events), ...openEvents]) {
    const [type = ''] = event.split('.')
    const [family = '', what = ''] = type.split('_')
    const isRead =
      reader.includes(`'${type}'`) ||
      (['channel', 'group'].includes(family) && reader.includes(`'${what}'`)) ||
      (type === 'message' && reader.includes('message'))
    assert.ok(isRead, event)
  }
})
