import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startMoltbot, type Running } from '../../cli/moltbot.ts'
import { temporaryFolder } from '../../doubles/folder.ts'
import { createSlackDouble, type SlackDouble } from '../../doubles/slack/slack.ts'
import { isRecord } from '../../doubles/slack/wire.ts'

type Transport = 'socket' | 'http'

const mostMs = 15_000

async function until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  for (const untilMs = Date.now() + mostMs; Date.now() < untilMs; await sleep(20)) if (await look()) return
  assert.fail(`never came: ${what}`)
}

type Storm = {
  readonly slack: SlackDouble
  readonly running: Running
  /** What keeps it from work, as `/readyz` says; empty where it is ready. */
  readonly troubles: () => Promise<string>
  /** What the log says of Slack. */
  readonly lines: () => readonly string[]
  /** Asks in a channel; resolves once the answer is there, once. */
  readonly ask: () => Promise<void>
}

/** Moltbot as `moltbot start` runs it, with a Slack that is not there yet. */
async function openStorm(t: TestContext, transport: Transport): Promise<Storm> {
  const folder = temporaryFolder(t)
  const slack = await createSlackDouble()
  t.after(() => slack[Symbol.asyncDispose]())
  const secret =
    transport === 'socket' ? 'app_token: ${SLACK_APP_TOKEN}' : 'signing_secret: ${SLACK_SIGNING_SECRET}'
  const config = join(folder, 'config.yaml')
  const lines = [
    'slack:',
    'bot_token: ${SLACK_BOT_TOKEN}',
    secret,
    `api_url: ${slack.apiUrl}`,
    'people: everyone',
  ]
  writeFileSync(config, `${lines.join('\n  ')}\n`)
  // Slack itself goes on for five minutes.
  slack.redeliverMs([50, 250, 1_000, 2_000, 4_000])
  await slack.vanish()
  const env = {
    SLACK_BOT_TOKEN: slack.bot.token,
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
  }
  const running = await startMoltbot(t, { data: join(folder, 'data'), config, env, timeoutMs: 120_000 })
  const [, origin = ''] = await running.until(/(http:\/\/127\.0\.0\.1:\d+)/u)
  if (transport === 'http') slack.eventsUrl(`${origin}/slack/events`)
  const user = slack.user('ann')
  const channel = slack.channel('news')
  const text = `<@${slack.bot.userId}> hello`
  return {
    slack,
    running,
    troubles: async () => {
      const body: unknown = await (await fetch(`${origin}/readyz`)).json()
      return isRecord(body) && Array.isArray(body['troubles']) ? body['troubles'].join('; ') : 'no answer'
    },
    lines: () =>
      running
        .stderr()
        .trim()
        .split('\n')
        .map((line): string => JSON.parse(line).msg)
        .filter((line) => line.startsWith('Slack')),
    ask: async () => {
      const { ts, outcome } = await slack.say({ channel, user, text })
      assert.equal(outcome, 'acknowledged')
      const answers = (): number =>
        slack.messages(channel).filter((one) => one.thread_ts === ts && one.user === slack.bot.userId).length
      await until('an answer', () => answers() > 0)
      assert.equal(answers(), 1)
    },
  }
}

suite('a Slack that comes and goes', { concurrency: true }, () => {
  for (const transport of ['socket', 'http'] as const) {
    test(`over ${transport} it is waited for at the start and later, told of at each change, and holds up no stop`, async (t) => {
      const { slack, running, troubles, lines, ask } = await openStorm(t, transport)
      const well = (): Promise<void> => until('readiness', async () => (await troubles()) === '')
      await until('the trouble', async () => /ECONNREFUSED/u.test(await troubles()))
      await slack.appear()
      await well()
      if (transport === 'socket') await until('sockets', () => slack.sockets() === 2)
      await ask()
      assert.equal(lines().filter((line) => line.startsWith('Slack cannot be reached')).length, 1)
      assert.equal(lines().filter((line) => line === 'Slack can be reached again').length, 1)

      // The token is taken away, and given back.
      slack.fault({ method: '*', error: 'token_revoked', times: 2 })
      await slack.emit({ type: 'tokens_revoked', tokens: { oauth: [], bot: [slack.bot.userId] } })
      await until('the trouble', async () => /does not accept the bot token/u.test(await troubles()))
      await well()
      // All that it calls breaks.
      slack.fault({ method: '*', status: 500, times: 4 })
      const asked = ask()
      await until('the trouble', async () => /HTTP 500/u.test(await troubles()))
      await well()
      await asked
      assert.equal(lines().filter((line) => line === 'Slack can be reached again').length, 3)

      await slack.vanish()
      const beganMs = performance.now()
      running.signal('SIGTERM')
      const { code, stderr } = await running.ended
      assert.equal(code, 0)
      assert.ok(performance.now() - beganMs < 5_000)
      for (const secret of [slack.bot.token, slack.appToken, slack.signingSecret])
        assert.ok(!stderr.includes(secret))
    })
  }

  test('asked to connect anew again and again, cut off, and held back, it loses nothing and answers once', async (t) => {
    const { slack, running, troubles, ask } = await openStorm(t, 'socket')
    await slack.appear()
    await until('sockets', () => slack.sockets() === 2)
    for (let i = 0; i < 6; i++) {
      slack.refresh(i % 3 === 0 ? 'warning' : 'refresh_requested')
      await Promise.all([ask(), sleep(600)])
    }
    await slack.rateLimitApp()
    assert.match(await troubles(), /too many/u)
    slack.dropSockets()
    await until('sockets', () => slack.sockets() === 2)
    await ask()
    running.signal('SIGTERM')
    assert.equal((await running.ended).code, 0)
  })
})
