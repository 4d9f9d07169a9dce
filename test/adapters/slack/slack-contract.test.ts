import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleepFor } from 'node:timers/promises'
import { slackAddress } from '../../../src/adapters/slack/contract.ts'
import { createSlack } from '../../../src/adapters/slack/slack.ts'
import { serverOf } from '../../../src/adapters/http/server.ts'
import type { SlackConfig } from '../../../src/config.ts'
import { createConnections } from '../../../src/connections.ts'
import { createLog } from '../../../src/log.ts'
import { adapterContract, type StagedPlatform } from '../../contracts/adapter.ts'
import { createSlackDouble, type SlackDouble } from '../../doubles/slack/slack.ts'

const quiet = createLog(
  'fatal',
  () => [],
  () => undefined,
)

function configOf(slack: SlackDouble, transport: 'socket' | 'http'): SlackConfig {
  return {
    botToken: slack.bot.token,
    appToken: transport === 'socket' ? slack.appToken : undefined,
    signingSecret: transport === 'http' ? slack.signingSecret : undefined,
    oauth: undefined,
    apiUrl: slack.apiUrl,
    mention: 'thread',
    people: 'everyone',
    channels: new Map(),
    bots: [],
    botTurns: 5,
  }
}

/** Slack with a person in a thread of their direct messages, in which they have written once before. */
async function stage(transport: 'socket' | 'http'): Promise<StagedPlatform> {
  const slack = await createSlackDouble({ ackMs: 500 })
  slack.redeliverMs([10, 10, 10])
  const config = configOf(slack, transport)
  const adapter = createSlack({
    config,
    settings: () => config,
    connections: createConnections({}),
    viaProxy: false,
    store: {
      write: () => Promise.reject(new Error('nothing is kept here')),
      read: {
        installations: { of: () => undefined, accounts: () => [] },
        inbox: { under: (_adapter, _account, id) => [{ id, author: user }] },
        outbox: {
          hasAnswered: () => true,
          hasOpen: () => false,
          hasTold: () => false,
          saying: () => undefined,
        },
        runs: { cutShort: () => [] },
      },
    },
    commands: () => {
      throw new Error('no commands here')
    },
    language: () => 'en',
    now: Date.now,
    sleep: (ms, signal) => sleepFor(ms, undefined, { signal, ref: false }),
    random: Math.random,
    log: quiet,
  })
  const [route] = adapter.routes
  const server =
    route === undefined ? createServer() : serverOf({ fetch: (request) => route.handle(request) })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo

  const user = slack.user('ann')
  const channel = slack.dm(user)
  slack.eventsUrl('http://127.0.0.1:1/nobody-listens')
  const { ts: thread } = await slack.say({ channel, user, text: 'hello' })
  slack.eventsUrl(route === undefined ? undefined : `http://127.0.0.1:${port}${route.path}`)
  // What was said before the start may have been answered in part.
  const saidFromS = Math.ceil(Date.now() / 1_000)
  let events = 0
  const connected = async (): Promise<void> => {
    const wanted = transport === 'socket' ? 2 : 0
    while (slack.sockets() < wanted) await sleepFor(5)
    while (!adapter.describe().includes(slack.team)) await sleepFor(5)
  }
  return {
    adapter: {
      ...adapter,
      start: async (...intake) => {
        await adapter.start(...intake)
        await connected()
      },
    },
    here: slackAddress(slack.team, channel, thread),
    canRepeat: true,
    targets: [`slack:${channel}`, 'slack:C0123456789', 'slack:U0123456789'],
    say: (text, event) => {
      const ts =
        event === undefined
          ? `${saidFromS + ++events}.000200`
          : `${saidFromS}.${event.slice(-1).padStart(6, '0')}`
      const written = {
        type: 'message',
        channel,
        channel_type: 'im',
        user,
        text,
        ts,
        event_ts: ts,
        thread_ts: thread,
      }
      return slack.emit({ ...written, team: slack.team })
    },
    arrived: async () =>
      slack
        .messages(channel)
        .filter((message) => message.user === slack.bot.userId)
        .map(({ asSeen }) => asSeen),
    wire: () =>
      slack
        .calls('chat.postMessage')
        .map(({ args }) => JSON.stringify([args['text'], args['blocks']]))
        .join('\n'),
    asked: {
      loseAnswer: () => slack.fault({ method: 'chat.postMessage', reset: 'after' }),
      shown: () => Promise.resolve(),
      cutOff: slack.vanish,
    },
    close: async () => {
      server.close()
      if ('closeAllConnections' in server) server.closeAllConnections()
      await slack[Symbol.asyncDispose]()
    },
  }
}

adapterContract('Slack over Socket Mode', () => stage('socket'))
adapterContract('Slack over HTTP', () => stage('http'))
