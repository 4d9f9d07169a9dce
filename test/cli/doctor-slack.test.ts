import Database from 'better-sqlite3'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { suite, test, type TestContext } from 'node:test'
import { readLeave } from '../../src/adapters/slack/setup/leave.ts'
import { scopeNames } from '../../src/adapters/slack/setup/scopes.ts'
import { checkSlackHere } from '../../src/cli/doctor-slack.ts'
import type { SlackConfig } from '../../src/config.ts'
import { personKey, type Role } from '../../src/people.ts'
import { dataFolder } from '../../src/store/folder.ts'
import { glance } from '../../src/store/glance.ts'
import { installationWrites } from '../../src/store/installations.ts'
import { peopleWrites } from '../../src/store/people.ts'
import { takeSteps } from '../../src/store/schema.ts'
import { temporaryFolder } from '../doubles/folder.ts'
import { createSlackDouble, type SlackDouble } from '../doubles/slack/slack.ts'
import { moltbot } from './moltbot.ts'

function configOf(slack: SlackDouble, changes: Partial<SlackConfig> = {}): SlackConfig {
  return {
    botToken: slack.bot.token,
    appToken: slack.appToken,
    signingSecret: undefined,
    oauth: undefined,
    apiUrl: slack.apiUrl,
    mention: 'thread',
    people: 'known',
    channels: new Map(),
    bots: [],
    botTurns: 5,
    ...changes,
  }
}

/** What doctor finds, a line each as it is printed. */
async function look(
  config: SlackConfig,
  how: { readonly post?: string; readonly data?: string; readonly language?: 'en' | 'zh' } = {},
): Promise<string[]> {
  const { post, data = '/nowhere', language = 'en' } = how
  const findings = await checkSlackHere(config, { data, post, language })
  return findings.map(
    ({ what, well, isUntried, found, remedy }) =>
      `${isUntried ? '–' : well ? '✓' : '✗'} ${what}: ${found}${remedy === undefined ? '' : ` → ${remedy}`}`,
  )
}

/** A data folder with its rows. */
function folderWith(t: TestContext, fill: (db: Database.Database) => void): string {
  const folder = dataFolder(temporaryFolder(t))
  mkdirSync(folder.path, { recursive: true })
  const db = new Database(folder.database)
  db.pragma('journal_mode = WAL')
  takeSteps(db)
  fill(db)
  db.close()
  return folder.path
}

const reinstall =
  'api.slack.com/apps, your app, Install App: install it again, then copy the new Bot User OAuth Token into SLACK_BOT_TOKEN'
const copyBot =
  'api.slack.com/apps, your app, OAuth & Permissions: copy the Bot User OAuth Token (xoxb-…) into SLACK_BOT_TOKEN'

suite('what doctor finds in Slack', { concurrency: true }, () => {
  test('all is well: tokens, scopes, the socket, and a message that is gone again', async () => {
    await using slack = await createSlackDouble({ scopes: scopeNames })
    const channel = slack.channel('quiet')
    const lines = await look(configOf(slack), { post: channel })
    assert.deepEqual(lines, [
      `✓ slack bot token: moltbot in ${teamName(lines)} (${slack.team}) (token …${slack.bot.token.slice(-4)})`,
      '✓ slack scopes: all 14 are granted',
      `✓ slack app token: accepted (…${slack.appToken.slice(-4)})`,
      '✓ slack socket: opened, and Slack said hello',
      `✓ slack post: a message was posted to #quiet (${channel}) and taken back`,
    ])
    assert.equal(slack.calls('chat.postMessage').length, 1)
    assert.deepEqual(slack.messages(channel), [])
    assert.equal(slack.sockets(), 0)
  })

  test('each scope that is missing is named, with what it is for', async () => {
    const scopes = scopeNames.filter((name) => name !== 'im:write' && name !== 'files:read')
    await using slack = await createSlackDouble({ scopes })
    assert.deepEqual(
      (await look(configOf(slack)))[1],
      [
        '✗ slack scopes: missing: files:read (to read files that people send), im:write (to write to a person first)',
        'api.slack.com/apps, your app, OAuth & Permissions, Scopes: add them, then Install App: install it again',
      ].join(' → '),
    )
    assert.match(
      (await look(configOf(slack), { language: 'zh' }))[1] ?? '',
      /缺少：files:read（|缺少：files:read \(/u,
    )
  })

  test('a token that is none, was revoked, or is the other one', async () => {
    await using slack = await createSlackDouble()
    const [unknown] = await look(configOf(slack, { botToken: 'xoxb-this-is-not-known' }))
    assert.equal(unknown, `✗ slack bot token: Slack says invalid_auth (token …nown) → ${copyBot}`)

    slack.fault({ method: 'auth.test', error: 'token_revoked' })
    const [revoked, app] = await look(configOf(slack), { post: slack.channel('quiet') })
    assert.equal(
      revoked,
      `✗ slack bot token: Slack says token_revoked (token …${slack.bot.token.slice(-4)}) → ${reinstall}`,
    )
    assert.match(app ?? '', /^✓ slack app token/u)
    assert.deepEqual(slack.calls('chat.postMessage'), [], 'nothing is posted with it')

    const swapped = configOf(slack, { botToken: slack.appToken, appToken: slack.bot.token })
    const lines = await look(swapped)
    assert.equal(lines.length, 2)
    assert.match(
      lines[0] ?? '',
      /^✗ slack bot token: Slack says not_allowed_token_type .* → api\.slack\.com.*OAuth & Permissions/u,
    )
    assert.match(
      lines[1] ?? '',
      /^✗ slack app token: Slack says not_allowed_token_type .* → .*App-Level Tokens.*connections:write/u,
    )
  })

  test('a socket that never says hello, and one that cannot be opened', async (t) => {
    await using slack = await createSlackDouble()
    const closing = createServer()
    closing.on('upgrade', (_, socket) => socket.destroy())
    await once(closing.listen(0, '127.0.0.1'), 'listening')
    t.after(() => closing.close())
    const address = closing.address()
    const url = `ws://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/?ticket=hunter2`
    for (const bad of [url, 'no url']) {
      const front = await frontOf(t, slack, { 'apps.connections.open': { ok: true, url: bad } })
      const lines = await look(configOf(slack, { apiUrl: front }))
      assert.match(lines[2] ?? '', /^✓ slack app token/u)
      assert.match(lines[3] ?? '', /^✗ slack socket: no hello: .* → may this machine open WebSockets/u)
      assert.doesNotMatch(lines.join('\n'), /hunter2/u)
    }
  })

  test('a message that cannot be posted, or not taken back, says why and what to do', async () => {
    await using slack = await createSlackDouble()
    const [quiet, archived, left] = ['quiet', 'old', 'left'].map((name) => slack.channel(name))
    assert.ok(quiet !== undefined && archived !== undefined && left !== undefined)
    slack.archive(archived)
    slack.expel(left)
    const last = async (post: string): Promise<string> => (await look(configOf(slack), { post })).at(-1) ?? ''
    assert.equal(
      await last(archived),
      `✗ slack post: not to ${archived}: is_archived → name another channel with --post`,
    )
    assert.match(await last(left), /: not_in_channel → invite it into that channel/u)
    assert.match(await last('C404'), /: channel_not_found → invite it into that channel/u)
    slack.fault({ method: 'chat.delete', error: 'cant_delete_message' })
    assert.equal(
      await last(quiet),
      `✗ slack post: posted to ${quiet}, but not taken back: cant_delete_message → delete the message yourself`,
    )
    await assert.rejects(look(configOf(slack), { post: '#news' }), { fault: 'bad-request' })
  })

  test('the test message goes to the owner who is paired, and to nobody where there is none', async (t) => {
    await using slack = await createSlackDouble()
    const [owner, member] = [slack.user('olga'), slack.user('max')]
    const known = (user: string, role: Role) => ({
      key: personKey({ adapter: 'slack', account: slack.team }, user),
      name: user === owner ? 'Olga' : 'Max',
      role,
      reach: 'direct' as const,
      atMs: 1,
      by: 'terminal/local/local',
    })
    const data = folderWith(t, (db) => {
      peopleWrites(db)['people.change'](known(member, 'admin'))
      peopleWrites(db)['people.change'](known(owner, 'owner'))
    })
    assert.match(
      (await look(configOf(slack), { data })).at(-1) ?? '',
      /^✓ slack post: a message was posted to Olga \(U\w+\) and/u,
    )
    assert.deepEqual(
      slack.calls('conversations.open').map(({ args }) => args['users']),
      [owner],
    )
    const empty = folderWith(t, () => undefined)
    assert.equal(
      (await look(configOf(slack), { data: empty })).at(-1),
      '– slack post: not tried: no owner is let in yet, so there is nobody to post to → run it with --post C0123456789, the id of a channel that the bot is in',
    )
  })

  test('without Socket Mode it is the signing secret that is looked at, and its last characters are all that is shown', async () => {
    await using slack = await createSlackDouble()
    const config = configOf(slack, { appToken: undefined, signingSecret: slack.signingSecret })
    const [, , secret] = await look(config)
    assert.equal(
      secret,
      '✓ slack signing secret: …cdef; Slack must send events, commands and buttons to https://<your server>/slack/events',
    )
    const wrong = await look({ ...config, signingSecret: 'xoxb-0123456789abcdef' })
    assert.match(
      wrong[2] ?? '',
      /^✗ slack signing secret: …cdef does not look like one.* → .*App Credentials/u,
    )
    const short = await look({ ...config, signingSecret: 'hunter2' })
    assert.doesNotMatch(short.join('\n'), /ter2/u)
  })

  test('a Slack that is gone is found in a few seconds, and nothing is sent to it', async () => {
    await using slack = await createSlackDouble()
    await slack.vanish()
    const lines = await look(configOf(slack), { post: 'C1' })
    assert.equal(lines.length, 2)
    for (const line of lines)
      assert.match(
        line,
        /^✗ slack (?:bot|app) token: Slack does not answer: no connection to Slack \(ECONNREFUSED\) → is http:\S+ reachable from here/u,
      )
  })

  test('with OAuth each workspace is looked at, but not one whose token is renewed when it is used', async (t) => {
    await using slack = await createSlackDouble()
    const oauth = { clientId: '1.2', clientSecret: 'client', stateSecret: 'state-state-state' }
    const config = configOf(slack, {
      botToken: undefined,
      appToken: undefined,
      signingSecret: slack.signingSecret,
      oauth,
    })
    const bot = { id: 'B1', userId: 'U1', scopes: [] }
    const data = folderWith(t, (db) => {
      const keep = installationWrites(db)['installations.keep']
      keep('slack', 'T1', { team: { id: 'T1' }, bot: { ...bot, token: slack.bot.token } }, 1, 'leave 1')
      keep('slack', 'T2', { team: { id: 'T2' }, bot: { ...bot, token: 'xoxb-gone' } }, 2, 'leave 2')
      keep(
        'slack',
        'T3',
        { team: { id: 'T3' }, bot: { ...bot, token: 'xoxb-old', refreshToken: 'r' } },
        3,
        'leave 3',
      )
    })
    const lines = await look(config, { data })
    assert.deepEqual(
      lines.map((line) => line.split(':')[0]),
      [
        '✓ slack bot token T1',
        '✓ slack scopes T1',
        '✗ slack bot token T2',
        '✓ slack signing secret',
        '– slack post',
      ],
    )
    assert.match(lines[2] ?? '', /→ open https:\/\/<your server>\/slack\/install\?renew, and choose that/u)
    assert.equal(
      (await look(config))[0],
      '✗ slack workspaces: no workspace has installed it yet → run moltbot slack install, and open the link that it prints',
    )
  })

  test('what Slack says cannot reach the terminal as a command to it', async (t) => {
    await using slack = await createSlackDouble()
    const who = { ok: true, user: 'molt\u001B[31mbot', team: 'a\u202Eb\nc', team_id: 'T1' }
    const front = await frontOf(t, slack, { 'auth.test': who })
    const [line = ''] = await look(configOf(slack, { apiUrl: front }))
    assert.match(line, /^✓ slack bot token: molt\[31mbot in abc \(T1\)/u)
    assert.doesNotMatch(line, /\p{C}/u)
  })
})

suite('doctor and the manifest on the command line', { concurrency: true }, () => {
  const slackYaml = 'slack:\n  bot_token: ${SLACK_BOT_TOKEN}\n  app_token: ${SLACK_APP_TOKEN}\n'

  test('doctor tells of Slack among the rest, and shows no token', async (t) => {
    await using slack = await createSlackDouble()
    const folder = temporaryFolder(t)
    const config = `${folder}/config.yaml`
    writeFileSync(config, `${slackYaml}  api_url: ${slack.apiUrl}\n`)
    const env = { SLACK_BOT_TOKEN: slack.bot.token, SLACK_APP_TOKEN: slack.appToken }
    const well = await moltbot(['doctor'], { data: `${folder}/data`, config, env })
    assert.equal(well.code, 0, well.stdout)
    assert.match(
      well.stdout,
      /✓ slack bot token: moltbot in .*\n✓ slack scopes: all 14 .*\n✓ slack app token: .*\n✓ slack socket: /u,
    )
    assert.match(well.stdout, /\nAll that was tried is well\. Not tried: slack post\.\n$/u)
    const channel = slack.channel('tried')
    const tried = await moltbot(['doctor', '--post', channel], { data: `${folder}/data`, config, env })
    assert.match(tried.stdout, /\n✓ slack post: .*\nAll is well\.\n$/u)
    for (const token of Object.values(env)) assert.equal(well.stdout.includes(token), false)

    const swapped = { SLACK_BOT_TOKEN: slack.appToken, SLACK_APP_TOKEN: slack.bot.token }
    const ill = await moltbot(['doctor'], { data: `${folder}/data`, config, env: swapped })
    assert.equal(ill.code, 1)
    assert.match(ill.stdout, /✗ config: .*config\.yaml:2:14: slack\.bot_token must begin with xoxb-/u)
    for (const token of Object.values(env)) assert.equal(ill.stdout.includes(token), false)
    const nowhere = await moltbot(['doctor', '--post', '#news'], { data: `${folder}/data`, config, env })
    assert.equal(nowhere.code, 2)
    assert.match(nowhere.stderr, /^--post #news is not the id of a channel or a person/u)
  })

  test('what is piped is the manifest alone; the link and the steps stand beside it', async () => {
    const data = '/nowhere/that/is/touched'
    const [socket, http, chinese, json, ...wrong] = await Promise.all([
      moltbot(['slack', 'manifest'], { data }),
      moltbot(['slack', 'manifest', '--http', 'https://bot.example.org/', '--name', 'Bob'], { data }),
      moltbot(['--lang', 'zh', 'slack', 'manifest'], { data }),
      moltbot(['slack', 'manifest', '--json'], { data }),
      moltbot(['slack', 'manifest', '--http', 'http://bot.example.org'], { data }),
      moltbot(['slack', 'manifest', '--http', 'https://bot.example.org/slack'], { data }),
      moltbot(['slack', 'manifest', '--name', 'x'.repeat(36)], { data }),
    ])
    assert.equal(JSON.parse(socket.stdout).settings.socket_mode_enabled, true)
    assert.match(
      socket.stderr,
      /\nhttps:\/\/api\.slack\.com\/apps\?new_app=1&manifest_json=\S+\n\n1\. .*\n2\. .*SLACK_APP_TOKEN.*\n3\. .*moltbot doctor/u,
    )
    const { settings, display_information: shown } = JSON.parse(http.stdout)
    assert.equal(settings.interactivity.request_url, 'https://bot.example.org/slack/events')
    assert.equal(shown.name, 'Bob')
    assert.match(http.stderr, /2\. .*SLACK_SIGNING_SECRET/u)
    assert.match(chinese.stderr, /打开下面的链接/u)
    const { manifest, link } = JSON.parse(json.stdout)
    assert.deepEqual(manifest, JSON.parse(socket.stdout))
    assert.ok(link.startsWith('https://api.slack.com/apps?'))
    assert.equal(json.stderr, '')
    for (const { code, stdout, stderr } of wrong) {
      assert.equal(code, 2)
      assert.equal(stdout, '')
      assert.match(stderr, /^--(?:http|name) .*\n$/u)
    }
  })
})

test('slack install prints a link with a leave in it, and says what is missing where there is no OAuth', async (t) => {
  const folder = temporaryFolder(t)
  const config = `${folder}/config.yaml`
  const secrets = {
    SLACK_SIGNING_SECRET: 'a'.repeat(32),
    SLACK_CLIENT_ID: '1.2',
    SLACK_CLIENT_SECRET: 'abc',
    SLACK_STATE_SECRET: '0123456789abcdef',
  }
  const keys = Object.keys(secrets).map(
    (name) => `  ${name.slice('SLACK_'.length).toLowerCase()}: \${${name}}\n`,
  )
  writeFileSync(config, `slack:\n${keys.join('')}`)
  const data = `${folder}/data`
  const [link, json, zh, none] = await Promise.all([
    moltbot(['slack', 'install', '--http', 'https://bot.example.org'], { data, config, env: secrets }),
    moltbot(['slack', 'install', '--json'], { data, config, env: secrets }),
    moltbot(['--lang', 'zh', 'slack', 'install'], { data, config, env: secrets }),
    moltbot(['slack', 'install'], { data }),
  ])
  const leaveOf = (printed: string): string | undefined =>
    readLeave(/\?leave=(\S+?)"?\}?\s*$/u.exec(printed)?.[1] ?? '', '0123456789abcdef', Date.now())
  assert.match(link.stdout, /^https:\/\/bot\.example\.org\/slack\/install\?leave=\S+\n$/u)
  assert.match(link.stderr, /in one workspace, once, for one hour:\n$/u)
  assert.match(zh.stdout, /^https:\/\/<你的服务器>\/slack\/install\?leave=/u)
  const ids = [link, json, zh].map(({ stdout }) => leaveOf(stdout))
  assert.equal(new Set(ids).size, 3)
  assert.ok(!ids.includes(undefined))
  assert.deepEqual([none.code, none.stdout], [2, ''])
  assert.match(none.stderr, /^config\.yaml has no client_id, client_secret and state_secret of Slack/u)
  assert.equal(existsSync(data), false, 'nothing is touched')
})

test('a glance sees what was written last, changes nothing, and shrugs where there is nothing to see', (t) => {
  const count = (db: Database.Database): number => db.prepare('SELECT 1 FROM people').all().length
  const folder = dataFolder(folderWith(t, () => undefined))
  assert.equal(glance(folder, count), 0)
  assert.equal(
    glance(folder, (db) => db.prepare('DELETE FROM people').run()),
    undefined,
  )
  const nowhere = dataFolder('/nowhere/that/is/touched')
  assert.equal(glance(nowhere, count), undefined)
})

/** The name of the team in the line of its token. */
function teamName(lines: readonly string[]): string {
  return / in (.*) \([TE][A-Z0-9]+\) \(token/u.exec(lines[0] ?? '')?.[1] ?? ''
}

/** A server before the double that answers some methods by itself; the URL of its API. */
async function frontOf(
  t: TestContext,
  slack: SlackDouble,
  own: Readonly<Record<string, object>>,
): Promise<string> {
  const serve = async ({ url = '', headers }: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = url.replace('/api/', '')
    const answer =
      own[method] ??
      (await (
        await fetch(slack.apiUrl + method, {
          method: 'POST',
          headers: { authorization: headers.authorization ?? '' },
        })
      ).json())
    response.writeHead(200, { 'x-oauth-scopes': scopeNames.join(', ') }).end(JSON.stringify(answer))
  }
  const server = createServer((request, response) => void serve(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/api/`
}
