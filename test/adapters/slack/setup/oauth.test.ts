import { webApi } from '@slack/bolt'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createInstallations } from '../../../../src/adapters/slack/setup/installations.ts'
import { storedInstallation } from '../../../../src/adapters/slack/setup/installation-row.ts'
import { scopeNames } from '../../../../src/adapters/slack/setup/scopes.ts'
import {
  begin,
  callerOf,
  install,
  leaveLink,
  oauthOf,
  openRows,
  startTokenServer,
  tokenOf,
} from './installation-world.ts'

const { signal } = new AbortController()

suite('workspaces that install the app', () => {
  test("emulate's Slack installs it: the page, the person's yes, the token, and a call with it", async (t) => {
    const { createEmulator } = await import('emulate')
    const redirect = 'http://bot.example.org/slack/oauth_redirect'
    const app = { client_id: '1.2', client_secret: 'client', name: 'Moltbot', redirect_uris: [redirect] }
    const seed = {
      slack: {
        users: [{ name: 'alice' }],
        bots: [{ name: 'moltbot' }],
        oauth_apps: [{ ...app, app_id: 'A1', scopes: scopeNames, bot_name: 'moltbot' }],
      },
    }
    const slack = await createEmulator({ service: 'slack', port: 0, seed })
    t.after(() => slack.close())
    const rows = openRows(t)
    const { oauth } = oauthOf(t, rows, `${slack.url}/api/`)

    const first = await oauth.handle(new Request(leaveLink()))
    assert.equal(first.status, 302)
    const cookie = first.headers.get('set-cookie') ?? ''
    assert.match(cookie, /; Secure; HttpOnly;/u)
    const authorize = new URL(first.headers.get('location') ?? '')
    assert.equal(authorize.searchParams.get('scope'), scopeNames.join(','))
    // Slack itself takes the first address of the manifest where none is named.
    authorize.searchParams.set('redirect_uri', redirect)
    const form = await (await fetch(authorize)).text()
    const inputs = form.matchAll(/name="(\w+)" value="([^"]*)"/gu)
    const fields = new URLSearchParams()
    for (const [, name = '', value = ''] of inputs) fields.set(name, value.replaceAll('&amp;', '&'))
    const yes = await fetch(`${slack.url}/oauth/v2/authorize/callback`, {
      method: 'POST',
      body: fields,
      redirect: 'manual',
    })
    const back = new Request(yes.headers.get('location') ?? '', {
      headers: { cookie: cookie.split(';')[0] ?? '', 'accept-language': 'zh-CN' },
    })
    const last = await oauth.handle(back)
    assert.equal(last.status, 200)
    assert.match(await last.text(), /^Moltbot 已安装到 /u)

    const installations = createInstallations({
      botToken: undefined,
      call: callerOf(`${slack.url}/api/`),
      oauth,
    })
    const account = installations.only() ?? assert.fail('one is installed')
    const { botToken, scopes } = await installations.of(account, signal)
    assert.deepEqual(scopes, scopeNames)
    const answer = await callerOf(`${slack.url}/api/`)('auth.test', {}, { token: botToken, signal })
    assert.equal(answer.kind === 'ok' && answer.data['team_id'], account)
  })

  test('each team, and an enterprise, is spoken to with its own token', async (t) => {
    const { apiUrl, asked } = await startTokenServer(t)
    const rows = openRows(t)
    const { oauth } = oauthOf(t, rows, apiUrl)
    for (const code of ['T1', 'T2', 'T3-org']) assert.equal((await install(oauth, code)).status, 200)
    const installations = createInstallations({ botToken: undefined, call: callerOf(apiUrl), oauth })
    assert.deepEqual(installations.accounts(), ['T1', 'T2', 'E3'])
    assert.equal(installations.only(), undefined)
    const all = await Promise.all(['T1', 'T2', 'E3', 'T2', 'T1'].map((one) => installations.of(one, signal)))
    for (const { account, botToken, botId } of all) {
      assert.equal(botToken, tokenOf(account))
      assert.equal(botId, `B-${tokenOf(account)}`, 'auth.test was asked with the token of this team')
    }
    const used = asked.filter(({ method }) => method === 'auth.test').map(({ token }) => token)
    assert.deepEqual(used, ['T1', 'T2', 'E3'].map(tokenOf))
    // The team of an enterprise is no account of its own, and neither is one that nobody installed.
    for (const account of ['T3', 'T9', ''])
      await assert.rejects(installations.of(account, signal), { fault: 'missing' })
  })

  test("Slack's client alone, with headers given to it, sends the token of the first team for the second", async (t) => {
    const { apiUrl, asked } = await startTokenServer(t)
    const used = async (options: object): Promise<string[]> => {
      asked.length = 0
      for (const account of ['T1', 'T2'])
        await new webApi.WebClient(tokenOf(account), { slackApiUrl: apiUrl, ...options }).auth.test()
      return asked.map(({ token }) => token)
    }
    assert.deepEqual(await used({ headers: {} }), ['T1', 'T1'].map(tokenOf))
    assert.deepEqual(await used({}), ['T1', 'T2'].map(tokenOf))
  })

  test('what another browser began, or nobody, is not installed', async (t) => {
    const { apiUrl, asked } = await startTokenServer(t)
    const rows = openRows(t)
    const { oauth, logged } = oauthOf(t, rows, apiUrl)
    const page = 'http://bot.example.org/slack/oauth_redirect'
    const right = await begin(oauth, 'T1')
    const state = new URL(right.url).searchParams.get('state') ?? ''
    const cookie = right.headers.get('cookie') ?? ''
    const tries: readonly (readonly [url: string, cookie: string])[] = [
      [`${page}?code=T1&state=${state}`, ''],
      [`${page}?code=T1&state=${state}x`, cookie],
      [`${page}?code=T1&state=x`, 'slack-app-oauth-state=x'],
      [`${page}?code=T1`, cookie],
      [page, cookie],
      [`${page}?error=access_denied&state=${state}`, cookie],
    ]
    for (const [url, cookie] of tries) {
      const answer = await oauth.handle(new Request(url, { headers: { cookie } }))
      assert.equal(answer.status, 400, url)
      assert.match(await answer.text(), /^Moltbot was not installed \(slack_oauth_\w+\)\. /u)
    }
    assert.equal((await oauth.handle(new Request(page, { method: 'POST' }))).status, 405)
    assert.deepEqual([rows.accounts(), asked], [[], []])
    assert.equal(logged.length, tries.length)
    // The same with its own cookie is installed.
    assert.equal((await oauth.handle(right)).status, 200)
    assert.deepEqual(rows.accounts(), ['T1'])
  })

  test('without a leave that is open a page says whom to ask, and nothing is kept or asked of Slack', async (t) => {
    const { apiUrl, asked } = await startTokenServer(t)
    const rows = openRows(t)
    const { oauth } = oauthOf(t, rows, apiUrl)
    const page = 'http://bot.example.org/slack/install'
    const [good, other] = [leaveLink(), leaveLink()]
    const [id, seal] = new URL(good).searchParams.get('leave')?.split('.') ?? []
    const links = [
      page,
      `${page}?leave=`,
      `${page}?leave=x`,
      `${good}x`,
      `${good}.x`,
      good.slice(0, -1),
      // Made to last longer, with the seal of another one, given an hour ago, and of another server.
      `${page}?leave=z${id}.${seal}`,
      `${page}?leave=${id}.${other.split('.').at(-1)}`,
      leaveLink(Date.now() - 3_600_000),
      leaveLink(Date.now(), 'another-state-secret'),
    ]
    for (const link of links)
      for (const [language, said] of [
        ['en', /ask them \(they run: moltbot slack install\)/u],
        ['zh-CN', /请向管理它的人索取（他们运行：moltbot slack install）/u],
      ] as const) {
        const answer = await oauth.handle(new Request(link, { headers: { 'accept-language': language } }))
        assert.deepEqual([answer.status, answer.headers.get('set-cookie')], [403, null], link)
        assert.match(await answer.text(), said)
      }
    assert.deepEqual([rows.accounts(), asked], [[], []])
    for (const link of [good, leaveLink(Date.now() - 3_590_000)])
      assert.equal((await oauth.handle(new Request(link))).status, 302)
  })

  test('a leave is good for one workspace: of two at once one is installed, and later no other is', async (t) => {
    const { apiUrl } = await startTokenServer(t)
    const rows = openRows(t)
    const { oauth, logged } = oauthOf(t, rows, apiUrl)
    const link = leaveLink()
    const [first, second] = await Promise.all([begin(oauth, 'T1', link), begin(oauth, 'T2', link)])
    const both = await Promise.all([first, second].map(oauth.handle))
    assert.deepEqual(
      both.map(({ status }) => status).toSorted((a, b) => a - b),
      [200, 403],
    )
    assert.equal(rows.accounts().length, 1)
    const third = await install(oauth, 'T3', link)
    assert.match(await third.text(), /ask them .*href="\/slack\/install\?renew"/su)
    // Nor where the one that was installed with it is gone by now.
    for (const account of rows.accounts()) await oauth.forget(account)
    assert.equal((await install(oauth, 'T1', link)).status, 403)
    assert.deepEqual(rows.accounts(), [])
    assert.doesNotMatch(logged.join('\n'), /xoxb-/u)
    // Each with a leave of its own.
    for (const code of ['T1', 'T2']) assert.equal((await install(oauth, code)).status, 200)
    assert.deepEqual(rows.accounts(), ['T1', 'T2'])
  })

  test('control: with rows that take any leave, one link installs it everywhere', async (t) => {
    const { apiUrl } = await startTokenServer(t)
    const rows = openRows(t)
    const keep: typeof rows.keep = (account, data) => rows.keep(account, data, `one for ${account}`)
    const { oauth } = oauthOf(t, { ...rows, keep }, apiUrl)
    const link = leaveLink()
    for (const code of ['T1', 'T2']) assert.equal((await install(oauth, code, link)).status, 200)
    assert.deepEqual(rows.accounts(), ['T1', 'T2'])
  })

  test('a workspace that has the app installs it again without a leave, and no other does', async (t) => {
    const { apiUrl } = await startTokenServer(t)
    const rows = openRows(t)
    const { oauth } = oauthOf(t, rows, apiUrl)
    const link = leaveLink()
    const renew = 'http://bot.example.org/slack/install?renew'
    await install(oauth, 'T1', link)
    await rows.keep('T1', { old: true }, undefined)
    for (const again of [renew, link]) {
      assert.equal((await install(oauth, 'T1', again)).status, 200)
      assert.equal(storedInstallation(rows.of('T1'))?.bot.token, tokenOf('T1'))
    }
    for (const code of ['T2', 'T1-org']) assert.equal((await install(oauth, code, renew)).status, 403, code)
    assert.deepEqual(rows.accounts(), ['T1'])
    // The state that goes through the browser gives no leave to whoever reads it.
    const { searchParams } = new URL((await begin(oauth, 'T2', renew)).url)
    const claims = Buffer.from(searchParams.get('state')?.split('.')[1] ?? '', 'base64url').toString()
    assert.doesNotMatch(claims, /metadata/u)
    await oauth.forget('T1')
    assert.equal((await install(oauth, 'T1', renew)).status, 403)
  })

  test('what is renewed after the app was removed does not bring it back', async (t) => {
    const rows = openRows(t)
    await rows.keep('T1', { bot: 1 }, 'a leave')
    await rows.remove('T1')
    assert.equal(await rows.keep('T1', { bot: 2 }, 'a leave'), false)
    assert.deepEqual([rows.accounts(), rows.of('T1')], [[], undefined])
  })

  test('a Slack that cannot be reached fails the page and nothing else', async (t) => {
    const { oauth, logged } = oauthOf(t, openRows(t), 'http://127.0.0.1:9/api/')
    const answer = await install(oauth, 'T1')
    assert.equal(answer.status, 502)
    assert.equal(logged.length, 1)
  })

  test('who removes the app is forgotten, the others are not', async (t) => {
    const { apiUrl, revoked } = await startTokenServer(t)
    const { oauth } = oauthOf(t, openRows(t), apiUrl)
    await install(oauth, 'T1')
    await install(oauth, 'T2')
    const installations = createInstallations({ botToken: undefined, call: callerOf(apiUrl), oauth })
    revoked.add(tokenOf('T1'))
    await installations.forget('T1')
    await installations.forget('T1')
    await installations.forget('T9')
    await assert.rejects(installations.of('T1', signal), { fault: 'missing' })
    assert.equal((await installations.of('T2', signal)).botToken, tokenOf('T2'))
    assert.equal(installations.only(), 'T2')
  })

  test('a farewell that comes after the app was installed there again takes nothing away', async (t) => {
    const { apiUrl } = await startTokenServer(t)
    const { oauth } = oauthOf(t, openRows(t), apiUrl)
    await install(oauth, 'T1')
    const installations = createInstallations({ botToken: undefined, call: callerOf(apiUrl), oauth })
    await installations.forget('T1')
    assert.equal((await installations.of('T1', signal)).botToken, tokenOf('T1'))
    // Nobody knows where Slack does not answer: what is said to be gone is gone.
    const alone = createInstallations({
      botToken: undefined,
      call: callerOf('http://127.0.0.1:9/api/'),
      oauth,
    })
    await alone.forget('T1')
    await assert.rejects(installations.of('T1', signal), { fault: 'missing' })
  })

  test('a token that ends soon is renewed once for all who ask, and what is new is kept', async (t) => {
    const { apiUrl, asked } = await startTokenServer(t)
    const rows = openRows(t)
    const { oauth } = oauthOf(t, rows, apiUrl)
    await install(oauth, 'T1-rotating')
    asked.length = 0
    const found = await Promise.all(Array.from({ length: 5 }, () => oauth.find('T1', signal)))
    assert.deepEqual(new Set(found.map((one) => one?.botToken)), new Set([`${tokenOf('T1')}-1`]))
    assert.equal(asked.length, 1)
    const { bot } = storedInstallation(rows.of('T1')) ?? assert.fail('it is kept')
    assert.deepEqual([bot.token, bot.refreshToken], [`${tokenOf('T1')}-1`, 'T1/1'])
    await oauth.find('T1', signal)
    assert.equal(asked.length, 1, 'for two hours there is nothing to renew')
  })

  test('a token that ended while Slack could not be reached is no bad key, and is renewed a minute later', async (t) => {
    const { apiUrl } = await startTokenServer(t)
    const rows = openRows(t)
    let nowMs = Date.now()
    let trouble: 'none' | 'reset' | 'busy' = 'none'
    const { oauth } = oauthOf(t, rows, apiUrl, {
      now: () => nowMs,
      fetch: async (...about) => {
        if (trouble === 'reset') throw new TypeError('fetch failed')
        return trouble === 'busy' ? new Response(null, { status: 503 }) : fetch(...about)
      },
    })
    await install(oauth, 'T1-rotating')
    const stored = storedInstallation(rows.of('T1')) ?? assert.fail('it is kept')
    await rows.keep('T1', { ...stored, bot: { ...stored.bot, expiresAt: 1 } }, undefined)
    for (const one of ['reset', 'busy'] as const) {
      trouble = one
      await assert.rejects(oauth.find('T1', signal), { fault: 'network' })
      nowMs += 60_000
    }
    trouble = 'none'
    assert.equal((await oauth.find('T1', signal))?.botToken, `${tokenOf('T1')}-1`)
  })

  test('a clock that is put back holds up no renewal', async (t) => {
    const { apiUrl, asked } = await startTokenServer(t, false)
    let nowMs = Date.now()
    const { oauth } = oauthOf(t, openRows(t), apiUrl, { now: () => nowMs })
    await install(oauth, 'T1-rotating')
    const tried = async (): Promise<number> => {
      await oauth.find('T1', signal)
      return asked.filter(({ args }) => args.has('refresh_token')).length
    }
    assert.deepEqual([await tried(), await tried()], [1, 1])
    nowMs -= 3_600_000
    assert.equal(await tried(), 2)
  })

  test('a token that cannot be renewed serves until it ends, and then is a bad key', async (t) => {
    const { apiUrl, asked } = await startTokenServer(t, false)
    const rows = openRows(t)
    const { oauth } = oauthOf(t, rows, apiUrl)
    await install(oauth, 'T1-rotating')
    assert.equal((await oauth.find('T1', signal))?.botToken, tokenOf('T1'))
    await oauth.find('T1', signal)
    assert.equal(
      asked.filter(({ args }) => args.has('refresh_token')).length,
      1,
      'it is not tried at each call',
    )
    const stored = storedInstallation(rows.of('T1')) ?? assert.fail('it is kept')
    await rows.keep('T1', { ...stored, bot: { ...stored.bot, expiresAt: 1 } }, undefined)
    await assert.rejects(oauth.find('T1', signal), {
      fault: 'bad-key',
      message: /^the Slack token of T1 has expired\. Open \/slack\/install\?renew /u,
    })
  })
})
