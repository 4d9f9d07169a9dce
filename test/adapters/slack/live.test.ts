import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { postEvent, type SlackAnswer } from '../../../src/adapters/slack/contract.ts'
import { scopeNames } from '../../../src/adapters/slack/setup/scopes.ts'
import { createCaller } from '../../../src/adapters/slack/wire/api.ts'
import { createSocketLinks } from '../../../src/adapters/slack/wire/socket.ts'
import { createConnections } from '../../../src/connections.ts'
import { createLog } from '../../../src/log.ts'
import { isRecord, part, records, text } from '../../doubles/slack/wire.ts'

// Tries what the double can only claim: Slack itself. It posts to one channel, which the app must be in, and takes all of it back.
const {
  MOLTBOT_LIVE_SLACK_BOT_TOKEN: botToken,
  MOLTBOT_LIVE_SLACK_APP_TOKEN: appToken,
  MOLTBOT_LIVE_SLACK_CHANNEL: channel,
  MOLTBOT_LIVE_SLACK_API_URL: apiUrl = 'https://slack.com/api/',
} = process.env
const needs = 'MOLTBOT_LIVE_SLACK_BOT_TOKEN, _APP_TOKEN and _CHANNEL are not set'
const skip = [botToken, appToken, channel].includes(undefined) ? needs : false

const mostSocketMs = 30_000
const historyTries = 10
const historyPauseMs = 1_000

test(
  'Slack itself: tokens, scopes, a socket, a post that is found, a stream in its thread',
  { skip },
  async (t) => {
    const { signal } = new AbortController()
    const connections = createConnections()
    let root = ''
    t.after(async () => {
      if (root !== '') await call('chat.delete', { channel, ts: root })
      await connections.close()
    })
    let scopes: readonly string[] | undefined
    const fetchWithScopes: typeof fetch = async (...args) => {
      const response = await connections.fetch(...args)
      scopes = response.headers.get('x-oauth-scopes')?.split(/,\s*/u) ?? scopes
      return response
    }
    const caller = createCaller({ apiUrl, fetch: fetchWithScopes })
    const call = (method: string, args: Readonly<Record<string, unknown>> = {}): Promise<SlackAnswer> =>
      caller(method, args, { token: botToken ?? '', signal })
    const done = async (method: string, args?: Readonly<Record<string, unknown>>) => {
      const answer = await call(method, args)
      return answer.kind === 'ok' ? answer.data : assert.fail(`${method}: ${JSON.stringify(answer)}`)
    }

    await t.test('the bot token is accepted, and has every scope', async () => {
      const who = await done('auth.test')
      assert.match(text(who, 'team_id'), /^T/u)
      assert.match(text(who, 'bot_id'), /^B/u)
      assert.deepEqual(
        scopeNames.filter((scope) => scopes?.includes(scope) === false),
        [],
      )
    })

    await t.test('two sockets open', async () => {
      const log = createLog(
        'warn',
        () => [],
        (line) => t.diagnostic(line),
      )
      const links = createSocketLinks({
        open: () => caller('apps.connections.open', {}, { token: appToken ?? '', signal }),
        // What happens there meanwhile is for the Moltbot that runs.
        dispatch: () => Promise.reject(new Error('nobody is here')),
        onRateLimited: () => undefined,
        now: Date.now,
        sleep: (ms, until) => sleep(ms, undefined, { signal: until, ref: false }),
        random: Math.random,
        log,
      })
      links.start()
      try {
        const untilMs = Date.now() + mostSocketMs
        while (links.state().up < 2 && Date.now() < untilMs) await sleep(100)
        assert.equal(links.state().up, 2, links.state().trouble)
      } finally {
        await links.stop()
      }
    })

    const key = randomUUID()
    const metadata = { event_type: postEvent, event_payload: { key } }
    const posted = await done('chat.postMessage', { channel, text: 'Moltbot tries out Slack.', metadata })
    root = text(posted, 'ts')

    await t.test('a post is found by its key', async () => {
      const isOurs = (metadata: unknown): boolean =>
        isRecord(metadata) && text(part(metadata, 'event_payload'), 'key') === key
      for (let i = 0; i < historyTries; i++) {
        const asked = { channel, oldest: root, inclusive: true, include_all_metadata: true, limit: 15 }
        const found = records((await done('conversations.history', asked))['messages'])
        if (found.some((one) => text(one, 'ts') === root && isOurs(one['metadata']))) return
        await sleep(historyPauseMs)
      }
      assert.fail('Slack does not show it')
    })

    await t.test('a stream begins, grows and ends in its thread, and is taken back', async () => {
      const { team_id: recipient_team_id, user_id } = await done('auth.test')
      const members = await done('conversations.members', { channel, limit: 100 }).catch(() => ({
        members: [],
      }))
      const all = Array.isArray(members.members) ? members.members : []
      const recipient_user_id: unknown = all.find((one) => one !== user_id) ?? user_id
      const begun = { channel, thread_ts: root, recipient_team_id, recipient_user_id }
      const stream = await done('chat.startStream', { ...begun, markdown_text: 'One, ' })
      const at = { channel, ts: text(stream, 'ts') }
      await done('chat.appendStream', { ...at, markdown_text: 'two, ' })
      await done('chat.stopStream', { ...at, markdown_text: '**three**.', metadata })
      const inThread = await done('conversations.replies', { channel, ts: root, include_all_metadata: true })
      const reply = records(inThread['messages']).find((one) => text(one, 'ts') === at.ts)
      assert.match(JSON.stringify(reply), /One, two, .*three/u)
      await done('chat.delete', at)
    })

    await t.test('it is changed, and deleted', async () => {
      await done('chat.update', { channel, ts: root, text: 'Moltbot has tried out Slack.' })
      await done('chat.delete', { channel, ts: root })
      const again = await call('chat.delete', { channel, ts: root })
      assert.equal(again.kind === 'error' && again.error, 'message_not_found')
    })
  },
)
