import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from './ask.ts'
import { hear } from './hearing.ts'
import { createSlackDouble, type SlackDouble } from './slack.ts'
import { part, records, text, type Data } from './wire.ts'

const button = (id: string, words: string): Data => ({
  type: 'button',
  action_id: id,
  text: { type: 'plain_text', text: words },
  value: `${id}-value`,
})
const actions = (...elements: readonly Data[]): Data => ({ type: 'actions', block_id: 'row', elements })
const modal = (more: Data = {}): Data => ({
  type: 'modal',
  callback_id: 'form',
  title: { type: 'plain_text', text: 'Form' },
  submit: { type: 'plain_text', text: 'Save' },
  blocks: [{ type: 'section', text: { type: 'plain_text', text: 'words' } }, actions(button('a', 'A'))],
  ...more,
})

const payloadsOf = (frames: readonly Data[]): readonly Data[] =>
  frames.filter((frame) => 'envelope_id' in frame).map((frame) => part(frame, 'payload'))

async function respond(
  url: unknown,
  body: Data,
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(String(url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, text: await response.text() }
}

/** A trigger id that was issued just now. */
async function trigger(slack: SlackDouble): Promise<string> {
  return (await slack.command({ channel: slack.channel('here'), user: slack.user('Ann'), text: '' }))
    .triggerId
}

test('a command says who, where and what, and its acknowledgement is shown to the asker alone', async () => {
  await using slack = await createSlackDouble()
  const heard = await hear(slack, () => ({ text: 'working on it' }))
  const [channel, ann] = [slack.channel('general'), slack.user('Ann')]
  const { outcome } = await slack.command({ channel, user: ann, text: 'digest #news' })
  const [payload = {}] = payloadsOf(heard.frames)
  assert.equal(outcome, 'acknowledged')
  assert.deepEqual(
    ['team_id', 'channel_id', 'user_id', 'command', 'text'].map((key) => payload[key]),
    [slack.team, channel, ann, '/moltbot', 'digest #news'],
  )
  assert.equal(heard.frames[1]?.['accepts_response_payload'], true)
  assert.deepEqual(
    slack.ephemerals(channel, ann).map(({ asSeen }) => asSeen),
    ['working on it'],
  )
  assert.deepEqual(slack.messages(channel), [])
})

test('a response URL works five times and for half an hour', async () => {
  await using slack = await createSlackDouble()
  const heard = await hear(slack)
  const [channel, ann] = [slack.channel('general'), slack.user('Ann')]
  await slack.command({ channel, user: ann, text: '' })
  const url = payloadsOf(heard.frames)[0]?.['response_url']
  for (let use = 1; use <= 5; use++)
    assert.deepEqual(await respond(url, { text: `${use}` }), { status: 200, text: 'ok' })
  const used = await respond(url, { text: '6' })
  assert.deepEqual([used.status, used.text], [404, '{"ok":false,"error":"used_url"}'])
  assert.equal(slack.ephemerals(channel, ann).length, 5)
  await slack.command({ channel, user: ann, text: '' })
  slack.pass(30 * 60_000 + 1)
  const expired = await respond(payloadsOf(heard.frames)[1]?.['response_url'], { text: 'late' })
  assert.deepEqual([expired.status, expired.text], [404, '{"ok":false,"error":"expired_url"}'])
})

test('an answer may be shown to all, replace the message whose button was pressed, or take it away', async () => {
  await using slack = await createSlackDouble()
  const heard = await hear(slack)
  const [channel, ann] = [slack.channel('general'), slack.user('Ann')]
  await ask(slack, 'chat.postMessage', { channel, text: 'x', blocks: [actions(button('yes', 'Yes'))] })
  const ts = slack.messages(channel)[0]?.ts ?? ''
  await slack.click({ channel, ts, user: ann }, 'yes')
  const url = payloadsOf(heard.frames).at(-1)?.['response_url']
  await respond(url, { text: 'Ann said yes', replace_original: true })
  assert.equal(slack.messages(channel)[0]?.asSeen, 'Ann said yes')
  await respond(url, { text: 'all may read', response_type: 'in_channel' })
  assert.equal(slack.messages(channel)[1]?.asSeen, 'all may read')
  await respond(url, { delete_original: true })
  assert.deepEqual(
    slack.messages(channel).map(({ asSeen }) => asSeen),
    ['all may read'],
  )
})

test('a click names the message, the button and its value, also in an ephemeral message', async () => {
  await using slack = await createSlackDouble()
  const heard = await hear(slack)
  const [channel, ann] = [slack.channel('general'), slack.user('Ann')]
  slack.join(channel, ann)
  const blocks = [actions(button('yes', 'Yes'), button('no', 'No'))]
  const { body } = await ask(slack, 'chat.postEphemeral', { channel, user: ann, blocks })
  const ts = text(body, 'message_ts')
  await slack.click({ channel, ts, user: ann }, 'No')
  const [payload = {}] = payloadsOf(heard.frames)
  const [action = {}] = records(payload['actions'])
  assert.deepEqual([action['action_id'], action['value'], action['block_id']], ['no', 'no-value', 'row'])
  assert.deepEqual([part(payload, 'container')['is_ephemeral'], part(payload, 'user')['id']], [true, ann])
  await assert.rejects(
    slack.click({ channel, ts, user: ann }, 'Maybe'),
    /no button Maybe; there are: yes, Yes, no, No/u,
  )
})

test('one of a pair of feedback buttons is pressed by its words', async () => {
  await using slack = await createSlackDouble()
  const heard = await hear(slack)
  const [channel, ann] = [slack.channel('general'), slack.user('Ann')]
  const side = (words: string, value: string): Data => ({ text: { type: 'plain_text', text: words }, value })
  const pair = {
    type: 'feedback_buttons',
    action_id: 'feedback',
    positive_button: side('Good', 'up'),
    negative_button: side('Bad', 'down'),
  }
  await ask(slack, 'chat.postMessage', { channel, blocks: [{ type: 'context_actions', elements: [pair] }] })
  const ts = slack.messages(channel)[0]?.ts ?? ''
  await slack.click({ channel, ts, user: ann }, 'Bad')
  await slack.click({ channel, ts, user: ann }, 'Good')
  const pressed = payloadsOf(heard.frames)
    .filter(({ type }) => type === 'block_actions')
    .map((payload) => records(payload['actions'])[0]?.['value'])
  assert.deepEqual(pressed, ['down', 'up'])
})

test('a trigger opens one form, within three seconds', async () => {
  await using slack = await createSlackDouble()
  await hear(slack)
  const open = async (trigger_id: string): Promise<Data> =>
    (await ask(slack, 'views.open', { trigger_id, view: modal() })).body
  const first = await trigger(slack)
  assert.equal((await open(first))['ok'], true)
  assert.equal((await open(first))['error'], 'exchanged_trigger_id')
  const second = await trigger(slack)
  slack.pass(3_001)
  assert.equal((await open(second))['error'], 'expired_trigger_id')
  assert.equal((await open('made up'))['error'], 'invalid_trigger_id')
})

test('a form is refused where Slack would refuse it', async () => {
  await using slack = await createSlackDouble()
  const user_id = slack.user('Ann')
  const publish = async (view: Data): Promise<unknown> =>
    (await ask(slack, 'views.publish', { user_id, view })).body['error']
  const blocks = (count: number): Data => ({
    type: 'home',
    blocks: Array.from({ length: count }, () => ({ type: 'divider' })),
  })
  assert.equal(await publish(blocks(101)), 'invalid_arguments')
  assert.equal(await publish(blocks(100)), undefined)
  assert.equal(await publish({ ...blocks(1), private_metadata: 'x'.repeat(3_001) }), 'invalid_arguments')
  assert.equal(await publish({ ...blocks(1), private_metadata: 'x'.repeat(3_000) }), undefined)
  assert.equal(
    await publish(modal({ title: { type: 'plain_text', text: 'x'.repeat(25) } })),
    'invalid_arguments',
  )
  const input = {
    type: 'input',
    label: { type: 'plain_text', text: 'L' },
    element: { type: 'plain_text_input', action_id: 'i' },
  }
  const { submit: _, ...without } = modal({ blocks: [input] })
  assert.equal(await publish(without), 'invalid_arguments')
})

test('a view changes only under the hash that it has, and only if it is there', async () => {
  await using slack = await createSlackDouble()
  await hear(slack)
  const { body } = await ask(slack, 'views.open', { trigger_id: await trigger(slack), view: modal() })
  const { id: view_id, hash } = part(body, 'view')
  const update = async (args: Data): Promise<unknown> =>
    (await ask(slack, 'views.update', { view: modal(), ...args })).body['error']
  assert.equal(await update({ view_id, hash }), undefined)
  assert.equal(await update({ view_id, hash }), 'hash_conflict')
  assert.equal(await update({ view_id: 'V0NONE' }), 'not_found')
  assert.notEqual(slack.views()[0]?.hash, hash)
})

test('a home is published, pressed and opened', async () => {
  await using slack = await createSlackDouble()
  const heard = await hear(slack)
  const ann = slack.user('Ann')
  const view = { type: 'home', blocks: [actions(button('pause', 'Pause'))] }
  await ask(slack, 'views.publish', { user_id: ann, view })
  assert.deepEqual(slack.home(ann), view)
  const [home] = slack.views()
  await slack.click({ view: home?.id ?? '', user: ann }, 'Pause')
  await slack.openHome(ann)
  const [click = {}, opened = {}] = payloadsOf(heard.frames)
  assert.equal(part(click, 'view')['id'], home?.id)
  assert.deepEqual([part(opened, 'event')['tab'], part(opened, 'event')['channel']], ['home', slack.dm(ann)])
})

test('a form that was sent stays with errors, changes with an update, and else closes', async () => {
  await using slack = await createSlackDouble()
  const answers: unknown[] = []
  const heard = await hear(slack, (envelope) =>
    envelope['type'] === 'interactive' ? answers.shift() : undefined,
  )
  const { body } = await ask(slack, 'views.open', { trigger_id: await trigger(slack), view: modal() })
  const id = text(part(body, 'view'), 'id')
  const ann = slack.user('Bob')
  answers.push({ response_action: 'errors', errors: { row: 'no' } })
  const refused = await slack.submit(id, ann, { row: { a: { value: 'x' } } })
  assert.deepEqual([refused.outcome, slack.views().length], ['acknowledged', 1])
  answers.push({ response_action: 'update', view: modal({ callback_id: 'next' }) })
  await slack.submit(id, ann, {})
  assert.equal(text(Object(slack.views()[0]?.view), 'callback_id'), 'next')
  await slack.submit(id, ann, {})
  assert.deepEqual(slack.views(), [])
  const sent = payloadsOf(heard.frames).find(({ type }) => type === 'view_submission') ?? {}
  assert.deepEqual(part(part(sent, 'view'), 'state')['values'], { row: { a: { value: 'x' } } })
})

test('the stop button stops the open streams and tells which they were, but leaves the session as it is', async () => {
  await using slack = await createSlackDouble()
  const heard = await hear(slack)
  const ann = slack.user('Ann')
  const channel = slack.dm(ann)
  const { ts } = await slack.say({ channel, user: ann, text: 'tell me all' })
  await ask(slack, 'agents.sessions.setStatus', { channel_id: channel, thread_ts: ts, status: 'processing' })
  const { body } = await ask(slack, 'chat.startStream', { channel, thread_ts: ts })
  await slack.pressStop(channel, ts, ann)
  const stopped = heard.events().at(-1) ?? {}
  assert.deepEqual(
    ['type', 'channel', 'thread_ts', 'user', 'streaming_message_ts'].map((key) => stopped[key]),
    ['agent_session_stopped', channel, ts, ann, [body['ts']]],
  )
  const { body: late } = await ask(slack, 'chat.appendStream', {
    channel,
    ts: body['ts'],
    markdown_text: 'x',
  })
  assert.equal(late['error'], 'message_not_in_streaming_state')
  assert.equal(slack.statuses(channel, ts).session, 'processing')
})
