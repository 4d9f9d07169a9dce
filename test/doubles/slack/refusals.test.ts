import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from './ask.ts'
import { createSlackDouble, type SlackDouble } from './slack.ts'
import { part, text, type Data } from './wire.ts'

const section = (words: string): Data => ({ type: 'section', text: { type: 'mrkdwn', text: words } })
const markdown = (size: number): Data => ({ type: 'markdown', text: 'x'.repeat(size) })
const button = (more: Data): Data => ({
  type: 'actions',
  elements: [{ type: 'button', action_id: 'a', text: { type: 'plain_text', text: 'Yes' }, ...more }],
})
const label = (words: string): Data => ({ text: { type: 'plain_text', text: words } })
const many = <T>(count: number, item: T): readonly T[] => Array.from({ length: count }, () => item)

/** What is just too much, by the error that it meets; and beside it what is just not. */
const messages: readonly (readonly [string, Data, Data])[] = [
  ['no_text', { text: '' }, { text: 'x' }],
  ['msg_too_long', { blocks: [markdown(12_001)] }, { blocks: [markdown(12_000)] }],
  ['msg_too_long', { markdown_text: 'x'.repeat(12_001) }, { markdown_text: 'x'.repeat(12_000) }],
  ['markdown_text_conflict', { markdown_text: 'x', text: 'x' }, { markdown_text: 'x' }],
  [
    'msg_blocks_too_long',
    { blocks: [markdown(7_000), markdown(6_201)] },
    { blocks: [markdown(7_000), markdown(6_200)] },
  ],
  ['invalid_blocks', { blocks: many(51, { type: 'divider' }) }, { blocks: many(50, { type: 'divider' }) }],
  ['invalid_blocks', { blocks: [section('x'.repeat(3_001))] }, { blocks: [section('x'.repeat(3_000))] }],
  ['invalid_blocks', { blocks: [section('')] }, { blocks: [section('x')] }],
  [
    'invalid_blocks',
    { blocks: [{ type: 'header', ...label('x'.repeat(151)) }] },
    { blocks: [{ type: 'header', ...label('x'.repeat(150)) }] },
  ],
  [
    'invalid_blocks',
    { blocks: [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }] },
    { blocks: [{ type: 'header', ...label('x') }] },
  ],
  [
    'invalid_blocks',
    { blocks: [button(label('x'.repeat(76)))] },
    { blocks: [button(label('x'.repeat(75)))] },
  ],
  [
    'invalid_blocks',
    { blocks: [button({ value: 'x'.repeat(2_001) })] },
    { blocks: [button({ value: 'x'.repeat(2_000) })] },
  ],
  [
    'invalid_blocks',
    { blocks: [button({ action_id: 'x'.repeat(256) })] },
    { blocks: [button({ action_id: 'x'.repeat(255) })] },
  ],
  ['invalid_blocks', { blocks: [button({ style: 'default' })] }, { blocks: [button({ style: 'danger' })] }],
  [
    'invalid_blocks',
    { blocks: [{ type: 'divider', block_id: 'x'.repeat(256) }] },
    { blocks: [{ type: 'divider', block_id: 'x'.repeat(255) }] },
  ],
  [
    'invalid_blocks',
    { blocks: many(2, { type: 'divider', block_id: 'same' }) },
    { blocks: [{ type: 'divider', block_id: 'same' }] },
  ],
  ['invalid_blocks', { blocks: [twoButtons('same', 'same')] }, { blocks: [twoButtons('one', 'other')] }],
  ['invalid_blocks', { blocks: [context(11)] }, { blocks: [context(10)] }],
  ['invalid_blocks', { blocks: [table(101, 1)] }, { blocks: [table(100, 1)] }],
  ['invalid_blocks', { blocks: [table(1, 21)] }, { blocks: [table(1, 20)] }],
  ['invalid_blocks', { blocks: [{ text: 'no type' }] }, { blocks: [{ type: 'divider' }] }],
  ['invalid_blocks_format', { blocks: '[{' }, { blocks: '[{"type":"divider"}]' }],
  [
    'invalid_metadata_format',
    { text: 'x', metadata: { event_type: 'e' } },
    { text: 'x', metadata: { event_type: 'e', event_payload: {} } },
  ],
  [
    'invalid_metadata_format',
    { text: 'x', metadata: { event_payload: {} } },
    { text: 'x', metadata: { event_type: 'e', event_payload: { a: 1 } } },
  ],
]

function twoButtons(one: string, other: string): Data {
  const button = { type: 'button', ...label('Yes') }
  return {
    type: 'actions',
    elements: [
      { ...button, action_id: one },
      { ...button, action_id: other },
    ],
  }
}

function context(count: number): Data {
  return { type: 'context', elements: many(count, { type: 'mrkdwn', text: 'x' }) }
}

function table(rows: number, cells: number): Data {
  return { type: 'table', rows: many(rows, many(cells, { type: 'raw_text', text: 'x' })) }
}

test('a message that Slack refuses is refused with its error, and what just fits is taken', async () => {
  await using slack = await createSlackDouble()
  const channel = slack.channel('general')
  for (const [error, tooMuch, fits] of messages) {
    const { status, body } = await ask(slack, 'chat.postMessage', { channel, ...tooMuch })
    assert.deepEqual(
      [status, body['ok'], body['error']],
      [200, false, error],
      JSON.stringify(tooMuch).slice(0, 80),
    )
    const taken = await ask(slack, 'chat.postMessage', { channel, ...fits })
    assert.equal(taken.body['ok'], true, JSON.stringify(taken.body))
  }
})

test('refused blocks are explained', async () => {
  await using slack = await createSlackDouble()
  const { body } = await ask(slack, 'chat.postMessage', {
    channel: slack.channel('general'),
    blocks: [section('')],
  })
  assert.deepEqual(part(body, 'response_metadata')['messages'], [
    '[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text/text]',
  ])
})

test('each kind of wrong token has its error, and an unknown method is no HTTP error', async () => {
  await using slack = await createSlackDouble()
  const tries: readonly (readonly [string, string, string])[] = [
    ['auth.test', '', 'not_authed'],
    ['auth.test', 'xoxb-wrong', 'invalid_auth'],
    ['auth.test', slack.appToken, 'not_allowed_token_type'],
    ['apps.connections.open', slack.bot.token, 'not_allowed_token_type'],
    ['apps.connections.open', 'xapp-wrong', 'invalid_auth'],
    ['chat.shout', slack.bot.token, 'unknown_method'],
  ]
  for (const [method, token, error] of tries) {
    const { status, body } = await ask(slack, method, {}, token)
    assert.deepEqual([status, body['ok'], body['error']], [200, false, error])
  }
})

test('a scope that was not granted is named, and granted ones stand in a header', async () => {
  await using slack = await createSlackDouble({ scopes: ['chat:write', 'channels:read'] })
  const channel = slack.channel('general')
  const { body, headers } = await ask(slack, 'conversations.history', { channel })
  assert.deepEqual(body, {
    ok: false,
    error: 'missing_scope',
    needed: 'channels:history',
    provided: 'chat:write,channels:read',
  })
  assert.equal(headers.get('x-oauth-scopes'), 'chat:write,channels:read')
  slack.scopes(['channels:history'])
  assert.equal((await ask(slack, 'conversations.history', { channel })).body['ok'], true)
})

test('a second post to a channel within the second is told to wait, another channel is not', async () => {
  await using slack = await createSlackDouble({ ratePerChannelMs: 1_000 })
  const [one, other] = [slack.channel('one'), slack.channel('other')]
  const post = (channel: string): ReturnType<typeof ask> =>
    ask(slack, 'chat.postMessage', { channel, text: 'x' })
  assert.equal((await post(one)).status, 200)
  const { status, headers, body } = await post(one)
  assert.deepEqual([status, headers.get('retry-after'), body['error']], [429, '1', 'ratelimited'])
  assert.equal((await post(other)).status, 200)
  slack.pass(1_000)
  assert.equal((await post(one)).status, 200)
})

test('streams are refused as Slack refuses them, and end by themselves', async () => {
  await using slack = await createSlackDouble()
  const [ann, general] = [slack.user('Ann'), slack.channel('general')]
  const dm = slack.dm(ann)
  const start = async (args: Data): Promise<Data> => (await ask(slack, 'chat.startStream', args)).body
  const thread_ts = text((await ask(slack, 'chat.postMessage', { channel: dm, text: 'root' })).body, 'ts')
  assert.equal((await start({ channel: dm }))['error'], 'invalid_arguments')
  assert.equal(
    (await start({ channel: general, recipient_user_id: ann }))['error'],
    'missing_recipient_team_id',
  )
  assert.equal(
    (await start({ channel: general, recipient_team_id: slack.team }))['error'],
    'missing_recipient_user_id',
  )
  assert.equal(
    (await start({ channel: dm, thread_ts, markdown_text: 'x'.repeat(12_001) }))['error'],
    'msg_too_long',
  )
  assert.equal(
    (await start({ channel: dm, thread_ts, chunks: [{ type: 'song' }] }))['error'],
    'invalid_chunks',
  )
  const stream = { channel: dm, ts: (await start({ channel: dm, thread_ts }))['ts'] }
  const append = async (words: string, ts = stream.ts): Promise<unknown> =>
    (await ask(slack, 'chat.appendStream', { ...stream, ts, markdown_text: words })).body['error']
  assert.equal(await append('x'.repeat(12_001)), 'msg_too_long')
  assert.equal(await append('x'), undefined)
  assert.equal(await append('x', thread_ts), 'message_not_in_streaming_state')
  assert.equal(await append('x', '1.000001'), 'message_not_found')
  assert.equal(slack.messages(dm).at(-1)?.streaming, true)
  for (const [method, error] of [
    ['chat.update', 'streaming_state_conflict'],
    ['chat.delete', 'cant_delete_message'],
  ] as const)
    assert.equal((await ask(slack, method, { ...stream, text: 'x' })).body['error'], error)
  slack.pass(5 * 60_000)
  assert.equal(slack.messages(dm).at(-1)?.streaming, false)
  assert.equal(await append('late'), 'message_not_in_streaming_state')
  const { body } = await ask(slack, 'chat.stopStream', stream)
  assert.equal(body['error'], 'message_not_in_streaming_state')
  const updated = await ask(slack, 'chat.update', { ...stream, text: 'whole' })
  assert.deepEqual([updated.body['ok'], slack.messages(dm).at(-1)?.asSeen], [true, 'whole'])
})

test('the text of an update is refused where that of a post is taken', async () => {
  await using slack = await createSlackDouble()
  const channel = slack.channel('general')
  const { body } = await ask(slack, 'chat.postMessage', { channel, text: 'x'.repeat(4_001) })
  const update = async (size: number): Promise<unknown> =>
    (await ask(slack, 'chat.update', { channel, ts: body['ts'], text: 'x'.repeat(size) })).body['error']
  assert.deepEqual([await update(4_001), await update(4_000)], ['msg_too_long', undefined])
})

test('the status of a thread goes with the answer, the session only when told', async () => {
  await using slack = await createSlackDouble()
  const ann = slack.user('Ann')
  const channel = slack.dm(ann)
  slack.redeliverMs([])
  const { ts } = await slack.say({ channel, user: ann, text: 'hi' })
  const at = { channel_id: channel, thread_ts: ts }
  await ask(slack, 'assistant.threads.setStatus', { ...at, status: 'is thinking' })
  await ask(slack, 'agents.sessions.setStatus', { ...at, status: 'processing', title: 'Hi' })
  assert.deepEqual(slack.statuses(channel, ts), { status: 'is thinking', session: 'processing', title: 'Hi' })
  await ask(slack, 'chat.postMessage', { channel, thread_ts: ts, text: 'hello' })
  assert.deepEqual(slack.statuses(channel, ts), { status: '', session: 'processing', title: 'Hi' })
  const { body } = await ask(slack, 'agents.sessions.setStatus', { ...at, status: 'sleeping' })
  assert.equal(body['error'], 'invalid_arguments')
  await ask(slack, 'agents.sessions.setStatus', { ...at, status: 'active' })
  await assert.rejects(slack.pressStop(channel, ts, ann), /no stop button/u)
})

test('faults come as they are set, so many times, before or after the work', async () => {
  await using slack = await createSlackDouble()
  const channel = slack.channel('general')
  const post = (words: string): ReturnType<typeof ask> =>
    ask(slack, 'chat.postMessage', { channel, text: words })
  slack.fault({ method: 'chat.postMessage', retryAfterS: 7 })
  slack.fault({ method: 'chat.postMessage', status: 503, times: 2 })
  slack.fault({ method: 'chat.postMessage', reset: 'before' })
  slack.fault({ method: 'chat.postMessage', reset: 'after' })
  slack.fault({ method: 'chat.postMessage', error: 'token_revoked' })
  const limited = await post('1')
  assert.deepEqual([limited.status, limited.headers.get('retry-after')], [429, '7'])
  assert.deepEqual([(await post('2')).status, (await post('3')).status], [503, 503])
  await assert.rejects(post('4'))
  await assert.rejects(post('5'))
  assert.equal((await post('6')).body['error'], 'token_revoked')
  assert.equal((await post('7')).status, 200)
  assert.deepEqual(
    slack.messages(channel).map((message) => message.text),
    ['5', '7'],
  )
  assert.equal(slack.calls('chat.postMessage').length, 6)
})

test('an API that vanished answers nobody, and comes back where it was', async () => {
  await using slack: SlackDouble = await createSlackDouble()
  await slack.vanish()
  await assert.rejects(ask(slack, 'auth.test'))
  await slack.appear()
  assert.equal((await ask(slack, 'auth.test')).body['user_id'], slack.bot.userId)
})
