import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Called, Caller } from '../../../../src/adapters/slack/wire/api.ts'
import { createInstallations } from '../../../../src/adapters/slack/setup/installations.ts'
import { scopeNames } from '../../../../src/adapters/slack/setup/scopes.ts'
import { usualScopes } from '../../../doubles/slack/scopes.ts'
import { createSlackDouble } from '../../../doubles/slack/slack.ts'
import { callerOf, install, oauthOf, openRows, startTokenServer, tokenOf } from './installation-world.ts'

const { signal } = new AbortController()

/** A caller that gives these answers one after the other; the last one for ever. */
function scripted(...answers: readonly Called[]): { call: Caller; asked: string[] } {
  const asked: string[] = []
  const call: Caller = async (method, _, { token }) => {
    asked.push(`${method} ${token}`)
    return answers[asked.length - 1] ?? answers.at(-1) ?? { kind: 'unclear', why: 'no answer was written' }
  }
  return { call, asked }
}

const who = { team_id: 'T1', user_id: 'U1', bot_id: 'B1' }

suite('the workspace of the bot token', () => {
  test('tells who it is when it is first needed, once for all who ask', async () => {
    await using slack = await createSlackDouble()
    const { token: botToken, userId: botUserId, botId } = slack.bot
    const installations = createInstallations({ botToken, call: callerOf(slack.apiUrl), oauth: undefined })
    assert.deepEqual([installations.accounts(), installations.only()], [[], undefined])
    assert.equal(slack.calls().length, 0)
    const all = await Promise.all(Array.from({ length: 5 }, () => installations.of(slack.team, signal)))
    const scopes = usualScopes
    for (const one of all) assert.deepEqual(one, { account: slack.team, botToken, botUserId, botId, scopes })
    assert.equal(installations.lacking(), undefined)
    assert.deepEqual([installations.accounts(), installations.only()], [[slack.team], slack.team])
    assert.equal(slack.calls('auth.test').length, 1)
  })

  test('says which scopes it did not grant, each time as they were last', async () => {
    const { call } = scripted(
      { kind: 'ok', data: who, scopes: scopeNames.filter((name) => !name.startsWith('files:')) },
      { kind: 'ok', data: who, scopes: scopeNames },
      { kind: 'ok', data: who },
    )
    const installations = createInstallations({ botToken: 'xoxb-1', call, oauth: undefined })
    assert.equal(installations.lacking(), undefined)
    await installations.learn(signal)
    assert.match(
      installations.lacking() ?? '',
      /not granted: files:read, files:write \(in T1\)\. Add them at/u,
    )
    await installations.learn(signal)
    assert.equal(installations.lacking(), undefined)
    await installations.learn(signal)
    assert.equal(installations.lacking(), undefined, 'where Slack does not say, nothing is said')
  })

  test('is learned without being named', async () => {
    const { call } = scripted({ kind: 'ok', data: who })
    const installations = createInstallations({ botToken: 'xoxb-1', call, oauth: undefined })
    await installations.learn(signal)
    assert.equal(installations.only(), 'T1')
  })

  test('is asked anew each time when it is to be learned', async () => {
    const { call, asked } = scripted(
      { kind: 'ok', data: who },
      { kind: 'error', error: 'token_revoked' },
      { kind: 'unclear', why: 'HTTP 500' },
    )
    const installations = createInstallations({ botToken: 'xoxb-1', call, oauth: undefined })
    await installations.learn(signal)
    await assert.rejects(installations.learn(signal), { fault: 'bad-key' })
    await assert.rejects(installations.learn(signal), { fault: 'network' })
    assert.equal(asked.length, 3)
    assert.equal((await installations.of('T1', signal)).account, 'T1', 'what is on its way finds its way')
  })

  test('without a token of its own, it is learned whether Slack is there', async () => {
    const { call, asked } = scripted(
      { kind: 'unreached', why: 'no connection' },
      { kind: 'error', error: 'invalid_auth' },
    )
    const installations = createInstallations({ botToken: undefined, call, oauth: undefined })
    await assert.rejects(installations.learn(signal), { fault: 'network' })
    await installations.learn(signal)
    assert.deepEqual(asked, ['api.test none', 'api.test none'])
  })

  test('is never taken for another one', async () => {
    const { call } = scripted({ kind: 'ok', data: who })
    const installations = createInstallations({ botToken: 'xoxb-1', call, oauth: undefined })
    for (const account of ['T2', 'E1', ''])
      await assert.rejects(installations.of(account, signal), { fault: 'missing' })
    assert.equal((await installations.of('T1', signal)).account, 'T1')
  })

  test('is the enterprise where the app was installed for all of it', async () => {
    const data = { ...who, enterprise_id: 'E1', is_enterprise_install: true }
    const { call } = scripted({ kind: 'ok', data })
    const installations = createInstallations({ botToken: 'xoxb-1', call, oauth: undefined })
    assert.equal((await installations.of('E1', signal)).account, 'E1')
    await assert.rejects(installations.of('T1', signal), { fault: 'missing' })
    // A team of an enterprise that installed it for itself alone.
    const alone = scripted({ kind: 'ok', data: { ...data, is_enterprise_install: false } })
    const team = createInstallations({ botToken: 'xoxb-1', call: alone.call, oauth: undefined })
    assert.equal((await team.of('T1', signal)).account, 'T1')
  })

  test('is asked again at the next need after a failure, and the failure says what to do', async () => {
    const { call, asked } = scripted(
      { kind: 'unreached', why: 'no connection to Slack (ECONNREFUSED)' },
      { kind: 'error', error: 'ratelimited' },
      { kind: 'error', error: 'token_revoked' },
      { kind: 'ok', data: { team_id: 'T1', user_id: 'U1' } },
      { kind: 'ok', data: who },
    )
    const installations = createInstallations({ botToken: 'xoxb-1', call, oauth: undefined })
    const of = (): Promise<unknown> => installations.of('T1', signal)
    await assert.rejects(of(), { fault: 'network' })
    await assert.rejects(of(), { fault: 'rate-limit' })
    await assert.rejects(of(), {
      fault: 'bad-key',
      message:
        'Slack does not accept the bot token (token_revoked). Copy the Bot User OAuth Token of the app into SLACK_BOT_TOKEN and start Moltbot again; moltbot doctor says more',
    })
    await assert.rejects(of(), { fault: 'bad-key' }) // a person's token has no bot_id
    await of()
    await of()
    assert.deepEqual(
      asked,
      Array.from({ length: 5 }, () => 'auth.test xoxb-1'),
    )
  })

  test('whoever stops waiting does not stop the others', async () => {
    const { promise, resolve } = Promise.withResolvers<Called>()
    const call: Caller = () => promise
    const installations = createInstallations({ botToken: 'xoxb-1', call, oauth: undefined })
    const gone = new AbortController()
    const first = installations.of('T1', gone.signal)
    const second = installations.of('T1', signal)
    gone.abort(new Error('gone'))
    await assert.rejects(first, { message: 'gone' })
    resolve({ kind: 'ok', data: who })
    assert.equal((await second).account, 'T1')
  })

  test('stands beside those that installed the app, each with its own token', async (t) => {
    const server = await startTokenServer(t)
    const { oauth } = oauthOf(t, openRows(t), server.apiUrl)
    await install(oauth, 'T2')
    const { call, asked } = scripted({ kind: 'error', error: 'token_revoked' }, { kind: 'ok', data: who })
    const installations = createInstallations({ botToken: 'xoxb-1', call, oauth })
    assert.equal((await installations.of('T2', signal)).botToken, tokenOf('T2'))
    assert.deepEqual(asked, [], 'its token is not needed for them')
    await assert.rejects(installations.of('T1', signal), { fault: 'bad-key' })
    assert.equal((await installations.of('T1', signal)).botToken, 'xoxb-1')
    assert.deepEqual(installations.accounts(), ['T1', 'T2'])
  })
})
