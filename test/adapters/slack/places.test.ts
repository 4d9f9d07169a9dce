import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleepFor } from 'node:timers/promises'
import { createSlack } from '../../../src/adapters/slack/slack.ts'
import type { SlackConfig } from '../../../src/config.ts'
import { createConnections } from '../../../src/connections.ts'
import { createLog } from '../../../src/log.ts'
import { slackAddress } from '../../../src/adapters/slack/contract.ts'
import { createSlackDouble } from '../../doubles/slack/slack.ts'

/** Slack with the channel #news; `prepare` comes before the start, and who waits for names waits `mostMs` of them. */
async function open(
  t: TestContext,
  prepare: (slack: Awaited<ReturnType<typeof createSlackDouble>>) => unknown = () => undefined,
  mostMs = 10_000,
) {
  const slack = await createSlackDouble()
  t.after(() => slack[Symbol.asyncDispose]())
  const news = slack.channel('news')
  await prepare(slack)
  const config: SlackConfig = {
    botToken: slack.bot.token,
    appToken: slack.appToken,
    signingSecret: undefined,
    oauth: undefined,
    apiUrl: slack.apiUrl,
    mention: 'thread',
    people: 'everyone',
    channels: new Map(),
    bots: [],
    botTurns: 5,
  }
  const sleptMs: number[] = []
  const adapter = createSlack({
    config,
    settings: () => config,
    connections: createConnections({}),
    viaProxy: false,
    store: {
      write: () => Promise.reject(new Error('nothing is kept here')),
      read: {
        installations: { of: () => undefined, accounts: () => [] },
        runs: { cutShort: () => [] },
        inbox: { under: () => [] },
        outbox: {
          hasAnswered: () => true,
          hasOpen: () => false,
          hasTold: () => false,
          saying: () => undefined,
        },
      },
    },
    commands: () => ({
      table: { find: () => undefined },
      homeOf: () => ({ tasks: [], moreTasks: 0, conversations: [], defaultRoute: 'default' }),
      formOf: {
        fill: () => undefined,
        tell: () => ({
          kind: 'action',
          words: `A task: digest x --to slack:${news}`,
          action: { command: 'tasks', args: {} },
        }),
      },
    }),
    language: () => 'en',
    now: Date.now,
    sleep: (ms, signal) => {
      sleptMs.push(ms)
      return sleepFor(ms === 3_000 ? mostMs : ms, undefined, { signal, ref: false })
    },
    random: Math.random,
    log: createLog(
      'fatal',
      () => [],
      () => undefined,
    ),
  })
  t.after(adapter.stop)
  await adapter.start(
    async () => 'accepted',
    async () => undefined,
  )
  return { slack, news, adapter, sleptMs, place: slackAddress(slack.team, news) }
}

test('a channel that is named in the first moment after the start is waited for', async (t) => {
  const { adapter, place } = await open(t, (slack) =>
    slack.fault({ method: 'users.conversations', delayMs: 50 }),
  )
  assert.equal(adapter.resolve('#news'), undefined, 'control: without the wait it is not known')
  await adapter.settled?.()
  assert.deepEqual(adapter.resolve('#news'), place)
})

test('the wait has an end where Slack does not tell its channels, and there is none while it is not there', async (t) => {
  const slow = await open(t, (slack) => slack.fault({ method: 'users.conversations', delayMs: 1_500 }), 100)
  await slow.adapter.settled?.()
  assert.deepEqual([slow.adapter.resolve('#news'), slow.sleptMs.includes(3_000)], [undefined, true])
  const gone = await open(t, (slack) => slack.vanish())
  while (gone.adapter.trouble?.()?.includes('cannot be reached') !== true) await sleepFor(5)
  await gone.adapter.settled?.()
  assert.equal(gone.sleptMs.includes(3_000), false)
})

test('our own words name a channel that a form named by its id; those of others are left as they are', async (t) => {
  const { adapter, place, news, slack } = await open(t)
  await adapter.settled?.()
  const typed = `A task: digest x --to slack:${news}, every day.`
  const shown = (more: { from?: 'model' | 'source' } = {}): string[] =>
    (adapter.split?.({ text: typed, status: 'done', ...more }, place) ?? []).map(({ text }) => text)
  assert.deepEqual(shown(), ['A task: digest x --to #news, every day.'])
  assert.deepEqual([shown({ from: 'model' }), shown({ from: 'source' })], [[typed], [typed]])
  assert.equal(adapter.nameOf?.(place), '#news')
  slack.archive(news)
  assert.equal(adapter.nameOf?.(place), '#news')
})

test('the form says a channel by its name, too', async (t) => {
  const { slack, adapter } = await open(t)
  await adapter.settled?.()
  const user = slack.user('ann')
  while (slack.sockets() < 2) await sleepFor(5)
  await slack.emit({ type: 'app_home_opened', user, tab: 'home', channel: slack.dm(user) })
  while (slack.home(user) === undefined) await sleepFor(5)
  const [home] = slack.views()
  await slack.click({ view: home?.id ?? '', user }, 'home-make')
  assert.match(JSON.stringify(slack.views().at(-1)?.view), /A task: digest x --to #news/u)
})

test('a channel that we are not in is no place to post to, until somebody invites us', async (t) => {
  const { slack, adapter, news, place } = await open(t)
  await adapter.settled?.()
  assert.equal(adapter.isIn?.(place), true)
  const room = slack.channel('room')
  slack.expel(room)
  assert.equal(adapter.isIn?.(slackAddress(slack.team, room)), false)
  slack.expel(news)
  await slack.emit({ type: 'channel_left', channel: news })
  await adapter.settled?.()
  assert.deepEqual([adapter.isIn?.(place), adapter.nameOf?.(place)], [false, '#news'])
})
