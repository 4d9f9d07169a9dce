import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { moltbot, startMoltbot, writeConfig, type Running } from '../../cli/moltbot.ts'
import { temporaryFolder } from '../../doubles/folder.ts'
import { createSlackDouble, type SlackDouble, type StoredMessage } from '../../doubles/slack/slack.ts'
import { startVendor, type VendorDouble } from '../../doubles/vendor.ts'
import { rss } from '../../doubles/web.ts'

const mostMs = 20_000

/** Resolves with what `look` finds, as soon as it finds something. */
async function found<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  for (const untilMs = Date.now() + mostMs; Date.now() < untilMs;) {
    const seen = await look()
    if (seen !== undefined && seen !== false) return seen
    await sleep(20)
  }
  return assert.fail(`never came: ${what}`)
}

const mostHaltMs = 1_500

/** Stands before a model and halts in the middle of each of its answers. Returns its origin. */
async function haltBefore(t: TestContext, origin: string): Promise<string> {
  const server = createServer((request, response) => {
    const pass = async (): Promise<void> => {
      const { authorization = '' } = request.headers
      const headers = { 'content-type': 'application/json', authorization }
      const answer = await fetch(origin + request.url, { method: 'POST', headers, body: await text(request) })
      const frames = (await answer.text()).split(/(?<=\n\n)/u)
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
      response.write(frames.slice(0, 2).join(''))
      await sleep(mostHaltMs)
      response.end(frames.slice(2).join(''))
    }
    pass().catch(() => response.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

/** Moltbot as `moltbot start` runs it, with a Slack and a model that are doubles. */
type House = {
  readonly slack: SlackDouble
  readonly vendor: VendorDouble
  readonly running: Running
  /** What Moltbot has written in a channel, oldest first. */
  readonly told: (channel: string) => readonly StoredMessage[]
  readonly run: (...words: readonly string[]) => Promise<string>
  readonly folder: string
}

async function openHouse(t: TestContext): Promise<House> {
  const folder = temporaryFolder(t)
  const [slack, vendor] = await Promise.all([createSlackDouble(), startVendor()])
  t.after(() => Promise.all([slack[Symbol.asyncDispose](), vendor.close()]))
  const lines = [
    'slack:',
    '  bot_token: ${SLACK_BOT_TOKEN}',
    '  app_token: ${SLACK_APP_TOKEN}',
    `  api_url: ${slack.apiUrl}`,
  ]
  const config = writeConfig(folder, await haltBefore(t, vendor.origin), `${lines.join('\n')}\n`)
  const env = { SLACK_BOT_TOKEN: slack.bot.token, SLACK_APP_TOKEN: slack.appToken }
  const around = { data: join(folder, 'data'), config, env, timeoutMs: 120_000 }
  const running = await startMoltbot(t, around)
  await found('two connections', () => slack.sockets() === 2)
  return {
    slack,
    vendor,
    running,
    folder,
    told: (channel) => slack.messages(channel).filter(({ user }) => user === slack.bot.userId),
    run: async (...words) => {
      const { code, stdout, stderr } = await moltbot(['run', ...words], around)
      assert.equal(code, 0, stdout + stderr)
      return stdout
    },
  }
}

test('a person is let in, asks, says yes, and gets digests in a channel until it is archived, which they hear once', async (t) => {
  const { slack, vendor, running, told, run, folder } = await openHouse(t)
  const [ann, news] = [slack.user('ann'), slack.channel('news')]
  const direct = slack.dm(ann)
  await slack.emit({
    type: 'member_joined_channel',
    user: slack.bot.userId,
    channel: news,
    channel_type: 'C',
  })
  const say = async (text: string): Promise<string> => {
    const { ts, outcome } = await slack.say({ channel: direct, user: ann, text })
    assert.equal(outcome, 'acknowledged')
    return ts
  }
  const answerTo = (thread: string, pattern: RegExp): Promise<StoredMessage> =>
    found(String(pattern), () =>
      told(direct).find((one) => one.thread_ts === thread && !one.streaming && pattern.test(one.asSeen)),
    )

  // Nobody is known at first.
  const met = await answerTo(await say('hello'), /[2-9A-HJ-NP-Z]{8}/u)
  const [code = ''] = /\b[2-9A-HJ-NP-Z]{8}\b/u.exec(met.asSeen) ?? []
  assert.equal(vendor.requests.length, 0, 'a stranger costs nothing')
  await run('people', 'allow', code, 'owner', 'everywhere')

  const pieces = [
    'Paris is the capital of France, and has been for long.\n\n',
    'It lies on the Seine.\n\n',
    'So much for that.',
  ]
  vendor.play({ kind: 'answer', pieces })
  const asked = await say('What is the capital of France?')
  await found('a streamed beginning', () =>
    told(direct).some(({ streaming, asSeen }) => streaming && asSeen.startsWith('Paris')),
  )
  await answerTo(
    asked,
    /^Paris is the capital of France, and has been for long\.\s+It lies on the Seine\.\s+So much for that\./u,
  )
  assert.equal(slack.calls('chat.startStream').length, 1)
  assert.equal(slack.statuses(direct, asked).status, '')

  // The model proposes; nothing is done before their yes, which is a press.
  const feed = join(folder, 'feed.xml')
  writeFileSync(feed, rss)
  const args = JSON.stringify({ from: feed, to: '#news', when: 'every day at 9' })
  vendor.play({ kind: 'answer', pieces: [], calls: [{ name: 'digest', args }] })
  const wish = await say('I want that feed in the news channel, daily')
  const press = async (question: StoredMessage): Promise<void> => {
    const at = { channel: direct, ts: question.ts, user: ann }
    assert.equal(await slack.click(at, 'Yes'), 'acknowledged')
  }
  const question = await answerTo(wish, /Shall I\?/u)
  assert.equal(told(direct).filter(({ asSeen }) => asSeen.includes('Task 1')).length, 0)
  await press(question)
  await press(await answerTo(wish, /^Task 1 is set\.[^]*Shall I run it once now/u))
  const digest = await found('the digest', () => told(news).find(({ asSeen }) => /First/u.test(asSeen)))
  assert.equal(digest.thread_ts, undefined)
  assert.match(digest.asSeen, /Second/u)

  // Below the digest it is known what that says.
  vendor.play({ kind: 'answer', pieces: ['More of it.'] })
  const text = `<@${slack.bot.userId}> tell me more about the first`
  await slack.say({ channel: news, user: ann, thread: digest.ts, text })
  await found('more', () => told(news).find(({ asSeen }) => asSeen.startsWith('More of it.')))
  assert.match(
    JSON.stringify(vendor.requests.at(-1)),
    /Moltbot: .*Second.*First.*tell me more about the first/u,
  )

  slack.archive(news)
  const isNotice = ({ asSeen }: StoredMessage): boolean => /archived/u.test(asSeen)
  for (const [i, title] of ['Third', 'Fourth'].entries()) {
    writeFileSync(feed, rss.replaceAll('First', title).replaceAll('>a<', `>${title}<`))
    await say('/tasks run 1')
    await found(`failure ${i + 1}`, () => running.stderr().split('"not delivered:').length === i + 2)
    await found('the word about it', () => told(direct).some(isNotice))
  }
  assert.equal(told(direct).filter(isNotice).length, 1)
  assert.equal(told(news).length, 2)

  running.signal('SIGTERM')
  const { code: exit, stderr } = await running.ended
  assert.equal(exit, 0)
  for (const secret of [slack.bot.token, slack.appToken]) assert.ok(!stderr.includes(secret))
})
