import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageIds } from '../../../../src/adapters/slack/contract.ts'
import type { Address, Reply } from '../../../../src/message.ts'
import { openOutbound, type Outbound } from './outbound.ts'

const choices = [
  { label: 'yes', says: 'yes 1a', tone: 'good' as const },
  { label: 'no', says: 'no 1a' },
]

/** A question in a thread, the press of one of its buttons, and what comes of the answer to that. */
async function press(out: Outbound, says: string, reply: Partial<Reply>, known = true): Promise<Address> {
  const { id, address } = await out.ask('delete it')
  await out.send(
    out.postOf({ text: 'Delete it?', status: 'asked', choices, from: 'model' }, { address, answers: id }),
  )
  const ts = out.ours().at(-1)?.ts ?? ''
  await out.slack.click({ channel: out.channel, ts, user: out.user }, says.startsWith('yes') ? 'yes' : 'no')
  const answers = messageIds.click(out.channel, ts, '1.2')
  out.urls.set(answers, out.responseUrl())
  if (known) out.hear(answers, says)
  const post = out.postOf(reply, { key: 'inbox/2', address, answers })
  assert.equal((await out.send(post)).kind, 'sent')
  for (let n = 0; n < 20; n++) await out.pass(10)
  return address
}

test('a question that was answered says what was pressed, by whom, and keeps 👍 👎', async (t) => {
  const out = await openOutbound(t)
  await press(out, 'yes 1a', { text: 'Deleted.' })
  const [question, answer] = out.ours()
  assert.equal(question?.asSeen, `Delete it?\n✓ yes <@${out.user}>\n[👍] [👎]`)
  assert.equal(answer?.asSeen, 'Deleted.')
})

test('a no is a no', async (t) => {
  const out = await openOutbound(t)
  await press(out, 'no 1a', { text: 'Left as it is.' })
  assert.equal(out.ours()[0]?.asSeen, `Delete it?\n✗ no <@${out.user}>\n[👍] [👎]`)
})

test('after a restart nobody knows what was pressed, and the buttons go all the same', async (t) => {
  const out = await openOutbound(t)
  await press(out, 'yes 1a', { text: 'Deleted.' }, false)
  assert.equal(out.ours()[0]?.asSeen, `Delete it?\n✓ <@${out.user}>\n[👍] [👎]`)
})

test('a press that came to nothing leaves the buttons, and so does a rating', async (t) => {
  const out = await openOutbound(t)
  for (const reply of [
    { text: 'It failed.', status: 'failed' as const },
    { text: 'Thanks.', aside: true as const },
  ]) {
    await press(out, 'yes 1a', reply)
    assert.match(out.ours().at(-1)?.asSeen ?? '', /^Delete it\?\n\[yes\] \[no\]/u)
  }
})

test('a question that only its asker sees is taken away', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await out.ask('delete it')
  const asked = { text: 'Delete it?', status: 'asked' as const, choices, aside: true as const }
  await out.send(out.postOf(asked, { address, answers: id }))
  const [whisper] = out.slack.ephemerals(out.channel, out.user)
  await out.slack.click({ channel: out.channel, ts: whisper?.ts ?? '', user: out.user }, 'yes')
  const answers = messageIds.click(out.channel, whisper?.ts ?? '', '1.2')
  out.urls.set(answers, out.responseUrl())
  await out.send(out.postOf({ text: 'Deleted.' }, { key: 'inbox/2', address, answers }))
  for (let n = 0; n < 20; n++) await out.pass(10)
  assert.deepEqual(
    out.slack.ephemerals(out.channel, out.user).map(({ asSeen }) => asSeen),
    [],
  )
  assert.deepEqual(
    out.ours().map(({ asSeen }) => asSeen),
    ['Deleted.'],
  )
})

test('the answer is sent, whatever becomes of the buttons', async (t) => {
  const out = await openOutbound(t)
  out.slack.fault({ method: 'conversations.replies', status: 500 })
  await press(out, 'yes 1a', { text: 'Deleted.' })
  assert.equal(out.ours().at(-1)?.asSeen, 'Deleted.')
})
