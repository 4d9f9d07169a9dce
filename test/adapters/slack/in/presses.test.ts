import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOrder, readPress } from '../../../../src/adapters/slack/in/presses.ts'

const order = {
  command: '/moltbot',
  text: 'digest https://example.com',
  trigger_id: '13345224609.738474920.8088930838d88f008e0',
  channel_id: 'C1A',
  channel_name: 'news',
  user_id: 'U1A',
  user_name: 'ada',
  team_id: 'T1A',
  response_url: 'https://hooks.slack.com/commands/1',
}

const action = {
  type: 'button',
  action_id: 'say-0',
  block_id: 'moltbot/1.5',
  action_ts: '3.0',
  value: '/approve 7',
}
const press = {
  type: 'block_actions',
  user: { id: 'U1A', username: 'ada', team_id: 'T1A' },
  channel: { id: 'C1A', name: 'news' },
  container: { type: 'message', message_ts: '2.0', channel_id: 'C1A', is_ephemeral: false },
  message: { type: 'message', ts: '2.0' },
  response_url: 'https://hooks.slack.com/actions/1',
  actions: [action],
}

test('a slash command is read', () => {
  assert.deepEqual(readOrder(order), {
    triggerId: order.trigger_id,
    channel: 'C1A',
    user: 'U1A',
    name: 'ada',
    team: 'T1A',
    text: order.text,
    responseUrl: order.response_url,
  })
})

test('a press is read, and speaks in the thread that its block names', () => {
  assert.deepEqual(readPress(press), {
    channel: 'C1A',
    user: 'U1A',
    name: 'ada',
    team: 'T1A',
    messageTs: '2.0',
    actionTs: '3.0',
    button: 'say-0',
    thread: '1.5',
    says: '/approve 7',
    responseUrl: press.response_url,
  })
})

test('a press speaks in no thread where its block names none, and in that of its message where the block is not ours', () => {
  const threadOf = (block_id: string | undefined, container = {}, message: object = press.message) =>
    readPress({
      ...press,
      actions: [{ ...action, block_id }],
      container: { ...press.container, ...container },
      message,
    })?.thread
  assert.equal(threadOf('moltbot/1.5/2'), '1.5')
  assert.equal(threadOf('moltbot/'), undefined)
  assert.equal(threadOf('moltbot/', { thread_ts: '1.0' }), undefined)
  assert.equal(threadOf('xYz1', { thread_ts: '1.0' }), '1.0')
  assert.equal(threadOf(undefined, {}, { ts: '2.0', thread_ts: '1.1' }), '1.1')
  assert.equal(threadOf('xYz1'), undefined)
})

test('an ephemeral message has no message in its press', () => {
  const { message: _, ...rest } = press
  assert.equal(readPress(rest)?.messageTs, '2.0')
})

test('thumbs say what they stand for', () => {
  const rated = { ...action, type: 'feedback_buttons', action_id: 'rate', value: '/rate good k' }
  assert.equal(readPress({ ...press, actions: [rated] })?.says, '/rate good k')
})

test('other buttons, and those of a view, say nothing', () => {
  for (const action_id of ['open', 'task-pause', 'rated', 'unsay', ''])
    assert.equal(readPress({ ...press, actions: [{ ...action, action_id }] }), undefined, action_id)
  for (const more of [
    { actions: [] },
    { channel: undefined },
    { container: { type: 'view' } },
    { user: { id: 'x' } },
  ])
    assert.equal(readPress({ ...press, ...more }), undefined)
  for (const value of ['', null, 7])
    assert.equal(readPress({ ...press, actions: [{ ...action, value }] }), undefined)
})

test('nothing that is sent makes them throw', () => {
  const body = <T extends object>(good: T) =>
    fc.dictionary(fc.constantFrom(...Object.keys(good)), fc.jsonValue()).map((bad) => ({ ...good, ...bad }))
  fc.assert(fc.property(fc.oneof(fc.jsonValue(), body(order)), (one) => void readOrder(one)))
  fc.assert(fc.property(fc.oneof(fc.jsonValue(), body(press)), (one) => void readPress(one)))
})
