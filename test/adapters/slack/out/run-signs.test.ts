import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slackAddress } from '../../../../src/adapters/slack/contract.ts'
import { openOutbound } from './outbound.ts'

const progress = (text: string, share?: number) =>
  ({ kind: 'progress', text, ...(share === undefined ? {} : { share }) }) as const

test('a run that takes longer shows how it comes along, in one message with a stop button', async (t) => {
  const out = await openOutbound(t)
  const address = slackAddress(out.slack.team, out.channel)
  out.drafts.show('run/7', address, progress('reading <!channel>\u202E 1 of 5', 0.2))
  await out.pass(2_900)
  assert.deepEqual(out.ours(), [])
  for (const n of [2, 3, 4]) {
    out.drafts.show('run/7', address, progress(`reading ${n} of 5`, n / 5))
    await out.pass(1_000)
  }
  await out.pass(2_000)
  const [message, ...others] = out.ours()
  assert.deepEqual(others, [])
  assert.equal(message?.asSeen, '▓▓▓▓▓▓▓▓░░ 80 % reading 4 of 5\n[Stop]')
  assert.deepEqual(message?.metadata, { event_type: 'moltbot_draft', event_payload: { answers: 'run/7' } })
  assert.ok(out.slack.calls('chat.update').length <= 2)

  const post = out.postOf({ text: 'The digest.' }, { run: 7, key: 'run/7' })
  await out.send(post)
  await out.pass(100)
  assert.deepEqual(
    out.ours().map(({ asSeen }) => asSeen),
    ['The digest.'],
  )
  out.drafts.show('run/7', address, progress('late', 0.5))
  await out.pass(60_000)
  assert.equal(out.ours().length, 1)
})

test('what a run tells cannot ping, and is cut', async (t) => {
  const out = await openOutbound(t)
  const address = slackAddress(out.slack.team, out.user)
  out.drafts.show('run/8', address, progress(`读取 <!channel> \u202E<@U1>\n${'x'.repeat(5_000)}`))
  await out.pass(3_500)
  const [message] = out.ours(out.slack.dm(out.user))
  assert.match(message?.text ?? '', /^读取 &lt;!channel&gt; &lt;@U1&gt; x+…$/u)
  assert.match(message?.asSeen ?? '', /\[停止\]$/u)
  assert.ok((message?.asSeen.length ?? 0) < 400)
})

test('a run without a post, and one that is silent for ten minutes, leave nothing behind', async (t) => {
  const out = await openOutbound(t)
  const address = slackAddress(out.slack.team, out.channel)
  out.drafts.show('run/7', address, progress('reading'))
  out.drafts.show('run/8', address, progress('reading'))
  await out.pass(4_000)
  assert.equal(out.ours().length, 2)
  out.drafts.show('run/7', address, progress('reading', 1))
  await out.pass(1_000)
  assert.equal(out.ours().length, 1)
  await out.pass(601_000)
  assert.equal(out.ours().length, 0)
})

test('a message of a run that cannot be deleted at once is deleted later', async (t) => {
  const out = await openOutbound(t)
  const address = slackAddress(out.slack.team, out.channel)
  out.drafts.show('run/7', address, progress('reading'))
  await out.pass(4_000)
  out.slack.fault({ method: 'chat.delete', retryAfterS: 2 })
  out.slack.fault({ method: 'chat.delete', reset: 'before' })
  out.drafts.show('run/7', address, progress('reading', 1))
  await out.pass(60_000)
  assert.deepEqual(out.ours(), [])
})
