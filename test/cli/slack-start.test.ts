import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
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
