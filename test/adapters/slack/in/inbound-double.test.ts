import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { createApi, createCaller } from '../../../../src/adapters/slack/wire/api.ts'
import { createDirectory } from '../../../../src/adapters/slack/in/directory.ts'
import { createFiles } from '../../../../src/adapters/slack/in/files-in.ts'
import { createInbound } from '../../../../src/adapters/slack/in/inbound.ts'
import { sleep } from '../../../../src/abort.ts'
import { createConnections } from '../../../../src/connections.ts'
import type { Message, Revision } from '../../../../src/message.ts'
import { createSlackDouble } from '../../../doubles/slack/slack.ts'

type Body = Readonly<Record<string, unknown>>

/** What Slack sent over HTTP: events as JSON, buttons as JSON in a form, commands as a form. */
async function readBody(request: IncomingMessage): Promise<Body> {
  const sent = await text(request)
  if (request.headers['content-type']?.startsWith('application/json') === true) return JSON.parse(sent)
  const form = Object.fromEntries(new URLSearchParams(sent))
  return form['payload'] === undefined ? form : JSON.parse(form['payload'])
}

/** A workspace whose events, commands and buttons become messages; nothing is checked on the way. */
async function stage() {
  const slack = await createSlackDouble()
  const connections = createConnections()
  const { signal } = new AbortController()
  const received: Message[] = []
  const revised: Revision[] = []
  const urls = new Map<string, string>()
  const { token: botToken, userId: botUserId, botId } = slack.bot
  const installation = { account: slack.team, botToken, botUserId, botId }
  const caller = createCaller({ apiUrl: slack.apiUrl, fetch: connections.fetch })
  const api = createApi(caller, async () => botToken)
  const log = { warn: () => assert.fail('warned'), info: () => undefined }
  const directory = createDirectory({ api, now: Date.now, sleep, signal, log })
  const inbound = createInbound({
    receive: async (message) => {
      const isNew = received.every(({ id }) => id !== message.id)
      if (isNew) received.push(message)
      return isNew ? 'accepted' : 'duplicate'
    },
    revise: async (revision) => void revised.push(revision),
    settings: () => ({ mention: 'thread', channels: new Map(), bots: [], botTurns: 3 }),
    hasAnswered: () => false,
    hasTold: () => false,
    taken: () => [],
    isCommand: (word) => word === 'digest',
    directory,
    urls: { remember: (id, url) => void urls.set(id, url) },
    desk: { home: async () => undefined, action: async () => false, view: async () => undefined },
    onGone: async () => undefined,
    now: Date.now,
    log,
  })
  const answer = async (body: Body): Promise<Body | undefined> => {
    const incoming = { body, account: slack.team, installation }
    if (body['type'] === 'url_verification') return { challenge: body['challenge'] }
    if (body['type'] === 'event_callback') await inbound.event(incoming)
    else if (body['type'] === 'block_actions') await inbound.action(incoming)
    else return inbound.command(incoming)
  }
  const server = createServer((request, response) => {
    readBody(request)
      .then(answer)
      .then(
        (body) => response.writeHead(200).end(body === undefined ? '' : JSON.stringify(body)),
        () => response.writeHead(500).end(),
      )
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  slack.eventsUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  const readFile = createFiles({
    api,
    directory,
    taken: (_, beginning) => received.filter(({ id }) => id.startsWith(beginning)),
    saying: () => undefined,
    installations: { of: async () => installation },
    fetch: connections.fetch,
    apiUrl: slack.apiUrl,
  })
  return {
    slack,
    directory,
    received,
    revised,
    urls,
    readFile: (message: Message) =>
      readFile(message.files?.[0] ?? assert.fail('no file'), message.address, signal),
    post: (channel: string, args: Body) =>
      api.call('chat.postMessage', { channel, ...args }, { account: slack.team, signal }),
    [Symbol.asyncDispose]: async () => {
      await slack[Symbol.asyncDispose]()
      await connections.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

test('a talk in a channel comes in once, in its thread, with the names that people have', async () => {
  await using house = await stage()
  const { slack, received } = house
  const [ada, news] = [slack.user('Ada'), slack.channel('news')]
  house.directory.refresh(slack.team)
  while (house.directory.channelNamed(slack.team, 'news') === undefined)
    await new Promise((resolve) => setImmediate(resolve))
  await slack.say({ channel: news, user: ada, text: 'nobody is meant' })
  const words = `<@${slack.bot.userId}> what does <@${ada}> want in <#${news}|news>?`
  const { ts, outcome } = await slack.say({ channel: news, user: ada, text: words })
  await slack.say({ channel: news, user: ada, text: 'and then?', thread: ts })
  await slack.botSays({ channel: news, bot: slack.user('Pager', { isBot: true }), text: 'alert', thread: ts })
  assert.equal(outcome, 'acknowledged')
  const address = { adapter: 'slack', account: slack.team, channel: news, thread: ts, shared: true }
  assert.deepEqual(
    received.map(({ text, author, address }) => ({ text, author, address })),
    ['what does @Ada want in #news?', 'and then?'].map((text) => ({
      text,
      author: { id: ada, name: 'Ada' },
      address,
    })),
  )
})

test('somebody of another team has it in the id, however they speak', async () => {
  await using house = await stage()
  const { slack, received } = house
  const [xu, news] = [slack.user('Xu', { team: 'T0OTHER' }), slack.channel('news')]
  const text = `<@${slack.bot.userId}> hi`
  await slack.say({ channel: news, user: xu, text })
  await slack.say({
    channel: news,
    user: xu,
    text,
    files: [{ name: 'a', mediaType: 'text/plain', bytes: Buffer.from('x') }],
  })
  assert.deepEqual(
    received.map(({ author }) => author.id),
    [`T0OTHER.${xu}`, `T0OTHER.${xu}`],
  )
})

test('edits and deletions reach what was said, also under answers', async () => {
  await using house = await stage()
  const { slack, revised } = house
  const ada = slack.user('Ada')
  const dm = slack.dm(ada)
  const { ts } = await slack.say({ channel: dm, user: ada, text: 'one' })
  await slack.edit(dm, ts, 'two')
  await slack.say({ channel: dm, user: ada, text: 'under it', thread: ts })
  await slack.erase(dm, ts)
  assert.deepEqual(
    revised.map(({ id, text }) => [id, text]),
    [
      [`${dm}/${ts}`, 'two'],
      [`${dm}/${ts}`, null],
    ],
  )
})

test('a file that came with a message can be read', async () => {
  await using house = await stage()
  const { slack, received } = house
  const ada = slack.user('Ada')
  const bytes = Buffer.from('the minutes')
  const files = [{ name: 'minutes.txt', mediaType: 'text/plain', bytes }]
  await slack.say({ channel: slack.dm(ada), user: ada, text: '', files })
  const [message] = received
  assert.ok(message !== undefined)
  assert.deepEqual(
    [message.text, message.files?.[0]?.name, message.files?.[0]?.bytes],
    ['', 'minutes.txt', 11],
  )
  assert.deepEqual(Buffer.from(await house.readFile(message)), bytes)
})

test('commands and buttons are said by whoever gives and presses them', async () => {
  await using house = await stage()
  const { slack, received, urls } = house
  const [ada, bo, news] = [slack.user('Ada'), slack.user('Bo'), slack.channel('news')]
  const { outcome, response } = await slack.command({ channel: news, user: ada, text: 'digest today' })
  assert.deepEqual([outcome, response ?? ''], ['acknowledged', ''])
  const element = {
    type: 'button',
    action_id: 'say-0',
    text: { type: 'plain_text', text: 'Yes' },
    value: '/approve 1',
  }
  const blocks = [{ type: 'actions', block_id: 'moltbot/1.5', elements: [element] }]
  await house.post(news, { text: 'Shall I?', blocks })
  await slack.click({ channel: news, ts: slack.messages(news)[0]?.ts ?? '', user: bo }, 'Yes')
  assert.deepEqual(
    received.map(({ text, author, address: { thread } }) => [text, author.name, thread]),
    [
      ['/digest today', 'Ada', undefined],
      ['/approve 1', 'Bo', '1.5'],
    ],
  )
  assert.deepEqual(
    [...urls.keys()],
    received.map(({ id }) => id),
  )
})

test('an API that is slow or gone holds no message up for long', async () => {
  await using house = await stage()
  const { slack, received } = house
  const ada = slack.user('Ada')
  slack.fault({ method: 'users.info', delayMs: 1_500 })
  const startedMs = performance.now()
  await slack.say({ channel: slack.dm(ada), user: ada, text: 'hi' })
  assert.ok(performance.now() - startedMs < 1_400)
  assert.deepEqual(
    received.map(({ author }) => author),
    [{ id: ada, name: ada }],
  )
})
