import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from './ask.ts'
import { hear } from './hearing.ts'
import { createSlackDouble, type SlackDouble } from './slack.ts'
import { part, records, text, type Data } from './wire.ts'

async function posted(slack: SlackDouble, args: Data): Promise<string> {
  return text((await ask(slack, 'chat.postMessage', args)).body, 'ts')
}

const textsOf = (body: Data): readonly string[] =>
  records(body['messages']).map((message) => text(message, 'text'))

test('oldest and latest bound the history, themselves included only when asked', async () => {
  await using slack = await createSlackDouble()
  const channel = slack.channel('general')
  const ts: string[] = []
  for (const words of ['a', 'b', 'c', 'd']) ts.push(await posted(slack, { channel, text: words }))
  const bounds = { channel, oldest: ts[0], latest: ts[3] }
  assert.deepEqual(textsOf((await ask(slack, 'conversations.history', bounds)).body), ['c', 'b'])
  const { body } = await ask(slack, 'conversations.history', { ...bounds, inclusive: 'true' })
  assert.deepEqual(textsOf(body), ['d', 'c', 'b', 'a'])
})

test('replies come in pages, and a thread that is not there is refused', async () => {
  await using slack = await createSlackDouble()
  const channel = slack.channel('general')
  const root = await posted(slack, { channel, text: 'root' })
  for (const words of ['a', 'b', 'c']) await posted(slack, { channel, text: words, thread_ts: root })
  const { body } = await ask(slack, 'conversations.replies', { channel, ts: root, limit: '2' })
  assert.deepEqual(textsOf(body), ['root', 'a'])
  const cursor = text(part(body, 'response_metadata'), 'next_cursor')
  const { body: rest } = await ask(slack, 'conversations.replies', { channel, ts: root, limit: '2', cursor })
  assert.deepEqual(textsOf(rest), ['b', 'c'])
  const { body: none } = await ask(slack, 'conversations.replies', { channel, ts: '1.000001' })
  assert.equal(none['error'], 'thread_not_found')
})

test('metadata are shown only to who asks for them', async () => {
  await using slack = await createSlackDouble()
  const channel = slack.channel('general')
  await posted(slack, { channel, text: 'x', metadata: { event_type: 'e', event_payload: {} } })
  const { body } = await ask(slack, 'conversations.history', { channel })
  assert.equal(records(body['messages'])[0]?.['metadata'], undefined)
})

test('a new message shows in the history only after the lag', async () => {
  await using slack = await createSlackDouble()
  const channel = slack.channel('general')
  slack.historyLagMs(2_000)
  await posted(slack, { channel, text: 'new' })
  assert.deepEqual(textsOf((await ask(slack, 'conversations.history', { channel })).body), [])
  slack.pass(2_100)
  assert.deepEqual(textsOf((await ask(slack, 'conversations.history', { channel })).body), ['new'])
})

test('an app that is not in a channel may not write or read there', async () => {
  await using slack = await createSlackDouble()
  const [open, closed] = [slack.channel('open'), slack.channel('closed', 'private')]
  for (const channel of [open, closed]) slack.expel(channel)
  const errors = []
  for (const channel of [open, closed])
    for (const method of ['chat.postMessage', 'conversations.history'])
      errors.push((await ask(slack, method, { channel, text: 'x' })).body['error'])
  assert.deepEqual(errors, ['not_in_channel', 'not_in_channel', 'channel_not_found', 'channel_not_found'])
  const { body } = await ask(slack, 'conversations.info', { channel: open })
  assert.equal(part(body, 'channel')['is_member'], false)
})

test('a change of blocks leaves no mark, and the blocks stay when neither they nor text are given', async () => {
  await using slack = await createSlackDouble()
  const channel = slack.channel('general')
  const blocks = [{ type: 'markdown', text: 'one' }]
  const ts = await posted(slack, { channel, text: 'fallback', blocks })
  await ask(slack, 'chat.update', { channel, ts, blocks: [{ type: 'markdown', text: 'two' }] })
  const [message] = slack.messages(channel)
  assert.deepEqual([message?.asSeen, message?.edited, message?.text], ['two', undefined, 'fallback'])
})

test('a root with replies leaves a tombstone, and the app hears of a change', async () => {
  await using slack = await createSlackDouble()
  const [channel, ann] = [slack.channel('general'), slack.user('Ann')]
  const heard = await hear(slack)
  const { ts } = await slack.say({ channel, user: ann, text: 'secret' })
  await posted(slack, { channel, text: 'answer', thread_ts: ts })
  await slack.erase(channel, ts)
  const last = heard.events().at(-1) ?? {}
  assert.deepEqual([last['subtype'], part(last, 'message')['subtype']], ['message_changed', 'tombstone'])
  assert.equal(part(last, 'previous_message')['text'], 'secret')
  assert.equal(slack.messages(channel)[0]?.subtype, 'tombstone')
})

test('only what the app is in is told to it, and a mention in direct messages comes once', async () => {
  await using slack = await createSlackDouble()
  const [general, ann] = [slack.channel('general'), slack.user('Ann')]
  const heard = await hear(slack)
  const direct = { channel: slack.dm(ann), user: ann, text: `<@${slack.bot.userId}> hi` }
  assert.equal((await slack.say(direct)).outcome, 'acknowledged')
  slack.expel(general)
  await slack.say({ channel: general, user: ann, text: 'unheard' })
  assert.deepEqual(
    heard.events().map(({ type, channel_type: kind }) => [type, kind]),
    [['message', 'im']],
  )
})

test("somebody of another team, another bot, and the app's own posts are marked", async () => {
  await using slack = await createSlackDouble()
  const channel = slack.channel('shared')
  const [guest, robot] = [slack.user('Gus', { team: 'T0OTHER' }), slack.user('Rob', { isBot: true })]
  const heard = await hear(slack)
  await slack.say({ channel, user: guest, text: 'hi' })
  await slack.botSays({ channel, bot: robot, text: 'beep' })
  await posted(slack, { channel, text: 'mine' })
  await heard.until(3)
  const [foreign, other, own] = heard.events()
  assert.deepEqual([foreign?.['user_team'], foreign?.['team']], ['T0OTHER', 'T0OTHER'])
  assert.equal(other?.['bot_id'], 'B0ROB')
  assert.deepEqual([own?.['bot_id'], own?.['app_id']], [slack.bot.botId, slack.appId])
  const first = heard.frames.find((frame) => 'envelope_id' in frame)
  const body = part(first ?? {}, 'payload')
  assert.equal(body['is_ext_shared_channel'], true)
  assert.deepEqual(records(body['authorizations'])[0], {
    enterprise_id: null,
    team_id: slack.team,
    user_id: slack.bot.userId,
    is_bot: true,
    is_enterprise_install: false,
  })
})

test('an event looks as those of Slack do', async () => {
  await using slack = await createSlackDouble({ now: () => 1_795_384_000_250 })
  const heard = await hear(slack)
  const [channel, ann] = [slack.channel('general'), slack.user('Ann')]
  const { ts } = await slack.say({ channel, user: ann, text: 'hi' })
  const envelope = heard.frames.find((frame) => 'envelope_id' in frame) ?? {}
  const { client_msg_id: id, ...event } = part(part(envelope, 'payload'), 'event')
  assert.match(String(id), /^msg-/u)
  assert.deepEqual(event, {
    type: 'message',
    user: ann,
    text: 'hi',
    ts,
    team: slack.team,
    channel,
    channel_type: 'channel',
    event_ts: ts,
    blocks: [
      {
        type: 'rich_text',
        block_id: 'r1',
        elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'hi' }] }],
      },
    ],
  })
  const { event: _, event_id: eventId, event_context: context, ...body } = part(envelope, 'payload')
  assert.match(`${String(eventId)} ${String(context)}`, /^Ev\w+ 4-[\w-]+$/u)
  assert.deepEqual(body, {
    token: 'double-verification',
    team_id: slack.team,
    context_team_id: slack.team,
    context_enterprise_id: null,
    api_app_id: slack.appId,
    type: 'event_callback',
    event_time: 1_795_384_000,
    authorizations: [
      {
        enterprise_id: null,
        team_id: slack.team,
        user_id: slack.bot.userId,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
  })
})
