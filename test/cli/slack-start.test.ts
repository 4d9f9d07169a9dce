import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleepFor } from 'node:timers/promises'
import { temporaryFolder } from '../doubles/folder.ts'
import { createSlackDouble } from '../doubles/slack/slack.ts'
import { moltbot, startMoltbot } from './moltbot.ts'

test('the start says how to be let in, as long as nobody is an owner in Slack', async (t) => {
  await using slack = await createSlackDouble()
  const folder = temporaryFolder(t)
  const data = join(folder, 'data')
  const config = join(folder, 'config.yaml')
  writeFileSync(
    config,
    `slack:\n  bot_token: \${BOT}\n  app_token: \${APP}\n  api_url: ${slack.apiUrl}\nhttp: { port: 0 }\n`,
  )
  const around = { data, config, env: { BOT: slack.bot.token, APP: slack.appToken } }
  const first = await startMoltbot(t, around)
  assert.match(first.stdout(), /^Platforms terminal, http, slack$/mu)
  assert.match(
    first.stdout(),
    /^Slack {5}nobody is let in yet: .* moltbot run people allow <code> owner everywhere$/mu,
  )
  const ann = `slack ${slack.team} ${slack.user('ann')}`
  await moltbot(['run', 'people', 'allow', ann, 'member', 'everywhere'], around)
  first.signal('SIGTERM')
  await first.ended
  const second = await startMoltbot(t, around)
  assert.match(second.stdout(), /^Slack /mu)
  assert.equal((await moltbot(['run', 'people', 'allow', ann, 'owner'], around)).code, 0)
  second.signal('SIGTERM')
  await second.ended
  const third = await startMoltbot(t, around)
  assert.doesNotMatch(third.stdout(), /^Slack /mu)
  third.signal('SIGTERM')
  await third.ended
})

test('scopes that are missing are named in the log once, in /readyz and in /status, and a wrong token is not connected', async (t) => {
  await using slack = await createSlackDouble({ scopes: ['app_mentions:read', 'chat:write'] })
  const folder = temporaryFolder(t)
  const data = join(folder, 'data')
  const config = join(folder, 'config.yaml')
  writeFileSync(
    config,
    `slack:\n  bot_token: \${BOT}\n  app_token: \${APP}\n  api_url: ${slack.apiUrl}\nhttp: { port: 0 }\n`,
  )
  const around = { data, config, env: { BOT: slack.bot.token, APP: slack.appToken } }
  const partly = await startMoltbot(t, around)
  await partly.until(/Slack is connected/u, 'stderr')
  const lines = partly
    .stderr()
    .split('\n')
    .filter((line) => line.includes('not granted'))
  assert.equal(lines.length, 1, partly.stderr())
  assert.match(
    lines[0] ?? '',
    /not granted: assistant:write, .*users:read \(in \w+\)\. Add them at api\.slack\.com/u,
  )
  const [address] = /127\.0\.0\.1:\d+/u.exec(partly.stdout()) ?? []
  const ready = await fetch(`http://${address}/readyz`)
  assert.equal(ready.status, 200)
  assert.match(await ready.text(), /"ready":true,"troubles":\["Slack works in part only/u)
  assert.match((await moltbot(['status'], around)).stdout, /TROUBLE: Slack works in part only/u)
  partly.signal('SIGTERM')
  await partly.ended

  const wrong = await startMoltbot(t, { ...around, env: { ...around.env, BOT: 'xoxb-this-is-not-known' } })
  await wrong.until(/does not accept the bot token/u, 'stderr')
  const until = Date.now() + 1_000
  while (slack.sockets() < 2 && Date.now() < until) await sleepFor(10)
  assert.equal(slack.sockets(), 2)
  wrong.signal('SIGTERM')
  assert.doesNotMatch((await wrong.ended).stderr, /Slack is connected/u)
})
