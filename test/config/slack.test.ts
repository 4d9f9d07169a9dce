import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemsOf, read } from './reading.ts'

const env = {
  SLACK_BOT_TOKEN: 'xoxb-1-bot',
  SLACK_APP_TOKEN: 'xapp-1-app',
  SLACK_SIGNING_SECRET: 'signing',
  SLACK_CLIENT_ID: '1.2',
  SLACK_CLIENT_SECRET: 'client',
  SLACK_STATE_SECRET: 'sixteen-or-longer',
}
const socket = 'slack:\n  bot_token: ${SLACK_BOT_TOKEN}\n  app_token: ${SLACK_APP_TOKEN}\n'
const oauth =
  'slack:\n  client_id: ${SLACK_CLIENT_ID}\n  client_secret: ${SLACK_CLIENT_SECRET}\n  state_secret: ${SLACK_STATE_SECRET}\n'
const where = 'moltbot slack manifest says where it is found.'

test('without the section, or with nothing in it, Slack is not set up', () => {
  for (const text of ['', 'slack:', 'slack: {}', 'slack:\n  # bot_token: x'])
    assert.equal(read(text).config.slack, undefined)
})

test('two tokens are enough for one workspace', () => {
  const { config, secrets } = read(socket, { env })
  assert.deepEqual(config.slack, {
    botToken: 'xoxb-1-bot',
    appToken: 'xapp-1-app',
    signingSecret: undefined,
    oauth: undefined,
    apiUrl: 'https://slack.com/api/',
    mention: 'thread',
    people: 'known',
    channels: new Map(),
    bots: [],
    botTurns: 5,
  })
  assert.deepEqual(secrets, ['xoxb-1-bot', 'xapp-1-app'])
})

test('the file sets everything of Slack, and every secret is one for the log', () => {
  const text = `${oauth}  signing_secret: \${SLACK_SIGNING_SECRET}
  bot_token: \${SLACK_BOT_TOKEN}
  app_token: \${SLACK_APP_TOKEN}
  api_url: http://127.0.0.1:4103/api
  mention: always
  people: everyone
  channels:
    C0123456789: { mention: never }
    G1: { people: known }
    C2: {}
  bots: [B0123456789]
  bot_turns: 1`
  const { config, secrets } = read(text, { env })
  assert.deepEqual(config.slack, {
    botToken: 'xoxb-1-bot',
    appToken: 'xapp-1-app',
    signingSecret: 'signing',
    oauth: { clientId: '1.2', clientSecret: 'client', stateSecret: 'sixteen-or-longer' },
    apiUrl: 'http://127.0.0.1:4103/api/',
    mention: 'always',
    people: 'everyone',
    channels: new Map([
      ['C0123456789', { mention: 'never' }],
      ['G1', { people: 'known' }],
      ['C2', {}],
    ]),
    bots: ['B0123456789'],
    botTurns: 1,
  })
  assert.deepEqual(secrets.toSorted(), Object.values(env).toSorted())
})

/** What is wrong, the file, and each line that refuses it, without `config.yaml:`. */
const broken: readonly (readonly [name: string, text: string, ...problems: string[]])[] = [
  [
    'a bot token without a way in',
    'slack:\n  bot_token: ${SLACK_BOT_TOKEN}',
    `1:1: slack has no app_token and no signing_secret, so that nothing can come in. Do export SLACK_APP_TOKEN=…, and add app_token: \${SLACK_APP_TOKEN}; ${where} Or, where Slack can reach this machine over HTTPS, signing_secret: \${SLACK_SIGNING_SECRET}.`,
  ],
  [
    'an app token without a bot token',
    'language: en\nslack:\n  app_token: ${SLACK_APP_TOKEN}',
    `2:1: slack has no bot_token, so that Moltbot cannot speak there. Do export SLACK_BOT_TOKEN=…, and add bot_token: \${SLACK_BOT_TOKEN}; ${where}`,
  ],
  [
    'rules without any secret',
    'slack:\n  mention: always',
    `1:1: slack has no bot_token, so that Moltbot cannot speak there. Do export SLACK_BOT_TOKEN=…, and add bot_token: \${SLACK_BOT_TOKEN}; ${where}`,
    `1:1: slack has no app_token and no signing_secret, so that nothing can come in. Do export SLACK_APP_TOKEN=…, and add app_token: \${SLACK_APP_TOKEN}; ${where} Or, where Slack can reach this machine over HTTPS, signing_secret: \${SLACK_SIGNING_SECRET}.`,
  ],
  [
    'a part of what OAuth needs',
    'slack:\n  client_id: ${SLACK_CLIENT_ID}\n  signing_secret: ${SLACK_SIGNING_SECRET}',
    `1:1: slack has client_id, but no client_secret. Do export SLACK_CLIENT_SECRET=…, and add client_secret: \${SLACK_CLIENT_SECRET}; ${where}`,
    `1:1: slack has client_id, but no state_secret. Do export SLACK_STATE_SECRET=…, and add state_secret: \${SLACK_STATE_SECRET}; ${where}`,
  ],
  [
    'OAuth without a signing secret',
    `${oauth}  app_token: \${SLACK_APP_TOKEN}`,
    `1:1: slack has client_id and client_secret and state_secret, but no signing_secret. Do export SLACK_SIGNING_SECRET=…, and add signing_secret: \${SLACK_SIGNING_SECRET}; ${where}`,
  ],
  [
    'events over HTTP where no port is opened',
    'http:\n  enabled: false\nslack:\n  bot_token: ${SLACK_BOT_TOKEN}\n  signing_secret: ${SLACK_SIGNING_SECRET}',
    '3:1: slack has no app_token, and http.enabled is false, so that nothing can come in. Set one.',
  ],
  [
    'a token that stands in the file',
    'slack:\n  bot_token: xoxb-1234567890\n  app_token: ${SLACK_APP_TOKEN}',
    '2:14: slack.bot_token must not stand in the file. Do export SLACK_BOT_TOKEN=…, and write bot_token: ${SLACK_BOT_TOKEN} here.',
  ],
  [
    'a secret left blank',
    'slack:\n  bot_token: ${SLACK_BOT_TOKEN}\n  signing_secret:',
    '3:3: slack.signing_secret is blank. Do export SLACK_SIGNING_SECRET=…, and write signing_secret: ${SLACK_SIGNING_SECRET} here.',
  ],
  [
    'a variable that is not set',
    'slack:\n  bot_token: ${NONE}\n  app_token: ${SLACK_APP_TOKEN}',
    '2:14: slack.bot_token needs the environment variable NONE, which is not set. Do export NONE=…, or set NONE_FILE to a file that holds it.',
  ],
  [
    'each token in the place of the other',
    'slack:\n  bot_token: ${SLACK_APP_TOKEN}\n  app_token: ${SLACK_BOT_TOKEN}\n  signing_secret: ${SLACK_BOT_TOKEN}',
    '2:14: slack.bot_token must begin with xoxb- (the Bot User OAuth Token under OAuth & Permissions; xapp- is for app_token, xoxp- for nothing here), not "${SLACK_APP_TOKEN}".',
    '3:14: slack.app_token must begin with xapp- (the App-Level Token under Basic Information; xoxb- is for bot_token), not "${SLACK_BOT_TOKEN}".',
    '4:19: slack.signing_secret must be the Signing Secret under Basic Information, which is no token, not "${SLACK_BOT_TOKEN}".',
  ],
  [
    "a user's token",
    'slack:\n  bot_token: ${USER}\n  app_token: ${SLACK_APP_TOKEN}',
    '2:14: slack.bot_token must begin with xoxb- (the Bot User OAuth Token under OAuth & Permissions; xapp- is for app_token, xoxp- for nothing here), not "${USER}".',
  ],
  [
    'a state secret that can be guessed',
    `${oauth.replace('SLACK_STATE_SECRET', 'SHORT')}  signing_secret: \${SLACK_SIGNING_SECRET}`,
    '4:17: slack.state_secret must have at least 16 characters; openssl rand -hex 32 makes good ones, not "${SHORT}".',
  ],
  [
    'an API elsewhere that is not encrypted',
    `${socket}  api_url: http://slack.example.org/api/`,
    '4:12: slack.api_url must be a URL such as https://slack.com/api/; http only for this machine, not "http://slack.example.org/api/".',
  ],
  [
    'words and numbers that are none',
    `${socket}  mention: sometimes\n  people: everybody\n  bots: [U0123456789]\n  bot_turns: 0`,
    '4:12: slack.mention must be one of always, thread, never, not "sometimes".',
    '5:11: slack.people must be one of known, everyone, not "everybody". Did you mean "everyone"?',
    '6:10: slack.bots[0] must be the id of a bot, such as B0123456789, not "U0123456789".',
    '7:14: slack.bot_turns must be a whole number from 1 to 1000, not 0.',
  ],
  [
    'channels by other names than their ids',
    `${socket}  channels:\n    "#news": { mention: never }\n    c0123456789: { mention: nevr }\n    D0123456789:`,
    `5:5: slack.channels has the name "#news". A channel stands there by its id, such as C0123456789: in Slack, click the channel's name; the id is at the end of About.`,
    `6:5: slack.channels has the name "c0123456789". A channel stands there by its id, such as C0123456789: in Slack, click the channel's name; the id is at the end of About. Did you mean "C0123456789"?`,
    '6:29: slack.channels.c0123456789.mention must be one of always, thread, never, not "nevr". Did you mean "never"?',
    '7:5: slack.channels.D0123456789 is blank: it must be a map of settings. Give it a value, or delete the line.',
    `7:5: slack.channels has the name "D0123456789". A channel stands there by its id, such as C0123456789: in Slack, click the channel's name; the id is at the end of About.`,
  ],
  [
    'an unknown key, and keys in the wrong place',
    `${socket}  bot_tokn: 1\n  channels: { C1: { bots: [] } }\nmention: never`,
    '4:3: unknown key "bot_tokn" in slack. Did you mean "bot_token"?',
    '5:21: unknown key "bots" in slack.channels.C1. Did you mean "slack.bots"?',
    '6:1: unknown key "mention". Did you mean "slack.mention"?',
  ],
]

for (const [name, text, ...problems] of broken) {
  test(`refuses ${name}`, () => {
    assert.deepEqual(
      problemsOf(text, { env: { ...env, USER: 'xoxp-1-user', SHORT: 'guess' } }),
      problems.map((problem) => `config.yaml:${problem}`),
    )
  })
}

test('a thousand channels have rules of their own, and not one more', () => {
  const list = (n: number): string =>
    `${socket}  channels:\n${Array.from({ length: n }, (_, i) => `    C${10_000 + i}: { mention: never }`).join('\n')}`
  assert.equal(read(list(1_000), { env }).config.slack?.channels.size, 1_000)
  assert.deepEqual(problemsOf(list(1_001), { env }), [
    'config.yaml:1005:5: slack.channels has more than 1000 channels.',
  ])
})

test('no secret of Slack is shown, whatever is wrong with it', () => {
  const keys = ['bot_token', 'app_token', 'signing_secret', 'client_id', 'client_secret', 'state_secret']
  for (const key of keys)
    for (const form of ['hunter2', '"hunter2"', '[hunter2]', '{a: hunter2}', 'x${K}', '${hunter2}', '${K}']) {
      const lines = problemsOf(`slack:\n  ${key}: ${form}`, { env: { K: 'hunter2' } })
      assert.ok(lines.length > 0)
      assert.doesNotMatch(lines.join('\n'), /hunter2/u, `${key}: ${form}`)
    }
  const swallowed = 'slack:\n  mention: "x\n  bot_token: hunter2\n  client_secret: hunter2"'
  assert.doesNotMatch(problemsOf(swallowed).join('\n'), /hunter2/u)
})
