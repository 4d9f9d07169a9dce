import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageIds } from '../../../../src/adapters/slack/contract.ts'
import { addressKey, type Address, type Closing, type Reply } from '../../../../src/message.ts'
import { openOutbound, type Outbound } from './outbound.ts'

const token = '0000001a'
const choices = [
  { label: 'Yes', says: `yes ${token}`, tone: 'good' as const },
  { label: 'No', says: `no ${token}` },
]

type Asked = { readonly address: Address; readonly id: string; readonly ts: string }

/** A question of a model's in the thread of what a person wrote. */
async function question(out: Outbound, more: Partial<Reply> = {}): Promise<Asked> {
  const { id, address } = await out.ask('delete it')
  const asks = { token, untilMs: out.nowMs() + 600_000 }
  const reply = { text: 'Delete it?', status: 'asked', choices, asks, from: 'model', ...more } as const
  await out.send(out.postOf(reply, { key: `inbox/${id}`, address, answers: id }))
  return { address, id, ts: out.ours().at(-1)?.ts ?? '' }
}

const closedBy = ({ address }: Asked, by: Closing['by']): Pick<Reply, 'closes'> => ({
  closes: { conversation: addressKey(address), token, by },
})

let presses = 0

/** The answer to the press of a button; Slack gave a URL for it. */
async function press(
  out: Outbound,
  { address, ts }: Asked,
  label: string,
  reply: Partial<Reply>,
): Promise<void> {
  await out.slack.click({ channel: out.channel, ts, user: out.user }, label)
  const answers = messageIds.click(out.channel, ts, '1.2', out.user, `say-${++presses}`)
  out.urls.set(answers, out.responseUrl())
  out.hear(answers, choices.find((choice) => choice.label === label)?.says ?? `/tasks ${label.toLowerCase()}`)
  const post = out.postOf(reply, { key: `inbox/press-${presses}`, address, answers })
  assert.equal((await out.send(post)).kind, 'sent')
  await rest(out)
}

/** The answer to what was typed. */
async function typed(out: Outbound, reply: Partial<Reply>): Promise<void> {
  const { id, address } = await out.ask('yes')
  await out.send(out.postOf(reply, { key: `inbox/${id}`, address, answers: id }))
  await rest(out)
}

async function rest(out: Outbound): Promise<void> {
  for (let n = 0; n < 20; n++) await out.pass(10)
}

const seen = (out: Outbound, { ts }: Asked): string | undefined =>
  out.ours().find((message) => message.ts === ts)?.asSeen

test('a question that was answered says what was pressed, by whom, and keeps 👍 👎', async (t) => {
  const out = await openOutbound(t)
  const asked = await question(out)
  await press(out, asked, 'Yes', { text: 'Deleted.', ...closedBy(asked, 'yes') })
  assert.equal(seen(out, asked), `Delete it?\n✓ Yes <@${out.user}>\n[👍] [👎]`)
  assert.equal(out.ours()[1]?.asSeen, 'Deleted.')
})

test('a no is a no, and a yes is one whatever came of it', async (t) => {
  const out = await openOutbound(t)
  const [first, second] = [await question(out), await question(out)]
  await press(out, first, 'No', { text: 'Left as it is.', ...closedBy(first, 'no') })
  assert.equal(seen(out, first), `Delete it?\n✗ No <@${out.user}>\n[👍] [👎]`)
  await press(out, second, 'Yes', { text: 'It failed.', status: 'failed', ...closedBy(second, 'yes') })
  assert.equal(seen(out, second), `Delete it?\n✓ Yes <@${out.user}>\n[👍] [👎]`)
})

test('what was typed, here or in another thread, stands below the question as what was pressed does', async (t) => {
  const out = await openOutbound(t)
  const asked = await question(out)
  await typed(out, { text: 'Deleted.', ...closedBy(asked, 'yes') })
  assert.equal(seen(out, asked), `Delete it?\n✓ Yes <@${out.user}>\n[👍] [👎]`)
})

test('after a restart the buttons go with the next press', async (t) => {
  const before = await openOutbound(t)
  const asked = await question(before)
  const out = before.restarted()
  await typed(out, { text: 'Deleted.', ...closedBy(asked, 'yes') })
  assert.match(seen(out, asked) ?? '', /\[Yes\] \[No\]/u)
  await press(out, asked, 'No', { text: 'Gone.', status: 'failed', ...closedBy(asked, 'gone') })
  assert.equal(seen(out, asked), 'Delete it?\nNo longer open.\n[👍] [👎]')
})

test('only what settled a question says so below it, in whichever order the answers arrive', async (t) => {
  const out = await openOutbound(t)
  for (const isLate of [false, true]) {
    const asked = await question(out)
    const won = { text: 'Deleted.', ...closedBy(asked, 'yes') }
    const lost = { text: 'Gone.', status: 'failed' as const, ...closedBy(asked, 'gone') }
    await press(out, asked, isLate ? 'No' : 'Yes', isLate ? lost : won)
    await typed(out, isLate ? won : { text: 'Gone.', status: 'failed' })
    if (!isLate) assert.equal(seen(out, asked), `Delete it?\n✓ Yes <@${out.user}>\n[👍] [👎]`)
    else assert.doesNotMatch(seen(out, asked) ?? '', /✗/u)
  }
})

test('answers that arrive at one moment edit the question one after the other', async (t) => {
  const out = await openOutbound(t)
  const asked = await question(out)
  const sending = (['yes', 'gone'] as const).map((by, n) => {
    const answers = messageIds.click(out.channel, asked.ts, '1.2', out.user, `say-${n}`)
    const closed = closedBy(asked, by)
    return out.send(
      out.postOf({ text: by, ...closed }, { key: `inbox/${by}`, address: asked.address, answers }),
    )
  })
  await Promise.all(sending)
  await rest(out)
  assert.equal(seen(out, asked), `Delete it?\n✓ Yes <@${out.user}>\n[👍] [👎]`)
})

test('a question that nobody answers loses its buttons in the end, with a newer one, and with what it came of', async (t) => {
  const out = await openOutbound(t)
  const asked = await question(out)
  await out.pass(599_000)
  assert.match(seen(out, asked) ?? '', /\[Yes\] \[No\]/u)
  await out.pass(2_000)
  await rest(out)
  assert.equal(seen(out, asked), 'Delete it?\nNo longer open.\n[👍] [👎]')

  const withdrawn = await question(out)
  out.sender.drop(withdrawn)
  await rest(out)
  assert.equal(seen(out, withdrawn), 'Delete it?\nNo longer open.\n[👍] [👎]')

  const older = await question(out)
  const next = { text: 'Or this?', asks: { token: '0000002b', untilMs: out.nowMs() + 600_000 } }
  await out.send(out.postOf(next, { key: 'inbox/next', address: older.address, answers: older.id }))
  await rest(out)
  assert.equal(seen(out, older), 'Delete it?\nNo longer open.\n[👍] [👎]')
})

test('what was answered in time is told as that, however long it took', async (t) => {
  const out = await openOutbound(t)
  const asked = await question(out)
  await out.pass(601_000)
  await typed(out, { text: 'Deleted.', ...closedBy(asked, 'yes') })
  assert.equal(seen(out, asked), `Delete it?\n✓ <@${out.user}>\n[👍] [👎]`)
})

test('where a question was asked twice, and the first is pressed, both lose their buttons', async (t) => {
  const before = await openOutbound(t)
  const first = await question(before)
  const out = before.restarted()
  const asks = { token, untilMs: out.nowMs() + 600_000 }
  const again = { text: 'Delete it?', status: 'asked', choices, asks } as const
  await out.send(out.postOf(again, { key: 'inbox/again', address: first.address, answers: first.id }))
  await press(out, first, 'No', { text: 'Left.', ...closedBy(first, 'no') })
  assert.equal(out.ours().filter(({ asSeen }) => /✗ No/u.test(asSeen)).length, 2)
})

test('who goes on to something else by the button of a list closes the question, and not the list', async (t) => {
  const out = await openOutbound(t)
  const asked = await question(out)
  const { address, id } = asked
  const shown = { text: 'Tasks', choices: [{ label: 'Pause 1', says: '/tasks pause 1' }] }
  await out.send(out.postOf(shown, { key: 'inbox/list', address, answers: id }))
  const list = { ...asked, ts: out.ours().at(-1)?.ts ?? '' }
  await press(out, list, 'Pause 1', { text: 'Paused.', ...closedBy(asked, 'left') })
  assert.match(seen(out, asked) ?? '', /No longer open/u)
  assert.match(seen(out, list) ?? '', /✓ Pause 1/u)
})

test('the press of one who was not asked leaves the buttons, and so does a rating', async (t) => {
  const out = await openOutbound(t)
  for (const reply of [
    { text: 'Not yours.', status: 'refused' as const },
    { text: 'Thanks.', aside: true as const },
  ]) {
    const asked = await question(out)
    await press(out, asked, 'Yes', reply)
    assert.match(seen(out, asked) ?? '', /^Delete it\?\n\[Yes\] \[No\]/u)
  }
})

const list = [1, 2, 3].map((id) => ({ label: `Pause ${id}`, says: `/tasks pause ${id}` }))

test('of a list the button that was pressed becomes the one of the answer, and the others stay', async (t) => {
  const out = await openOutbound(t)
  const asked = await question(out, { text: 'Tasks', choices: list })
  const resume = { label: 'Resume 2', says: '/tasks resume 2' }
  await press(out, asked, 'Pause 2', { text: 'Paused.', choices: [resume] })
  assert.equal(seen(out, asked), 'Tasks\n[Pause 1] [Resume 2] [Pause 3]\n[👍] [👎]')
  await press(out, asked, 'Pause 1', { text: 'Done.' })
  assert.equal(seen(out, asked), `Tasks\n[Resume 2] [Pause 3]\n✓ Pause 1 <@${out.user}>\n[👍] [👎]`)
  await press(out, asked, 'Pause 3', { text: 'It is paused already.', status: 'misused' })
  assert.match(seen(out, asked) ?? '', /\[Resume 2\] \[Pause 3\]/u)
})

test('two buttons of a list that are pressed at once both change', async (t) => {
  const out = await openOutbound(t)
  const asked = await question(out, { text: 'Tasks', choices: list })
  const sending = [1, 2].map((id) => {
    const answers = messageIds.click(out.channel, asked.ts, '1.2', out.user, `say-${id}`)
    out.hear(answers, `/tasks pause ${id}`)
    const choice = { label: `Resume ${id}`, says: `/tasks resume ${id}` }
    const about = { key: `inbox/both-${id}`, address: asked.address, answers }
    return out.send(out.postOf({ text: 'Paused.', choices: [choice] }, about))
  })
  await Promise.all(sending)
  await rest(out)
  assert.equal(seen(out, asked), 'Tasks\n[Resume 1] [Resume 2] [Pause 3]\n[👍] [👎]')
})

test('a question that only its asker sees is taken away, and a list is not', async (t) => {
  const out = await openOutbound(t)
  const whispers = (): readonly string[] =>
    out.slack.ephemerals(out.channel, out.user).map(({ asSeen }) => asSeen)
  const { address } = await question(out, { aside: true })
  const [whisper] = out.slack.ephemerals(out.channel, out.user)
  const asked = { address, id: '', ts: whisper?.ts ?? '' }
  await press(out, asked, 'Yes', { text: 'Nothing yet.' })
  assert.equal(whispers().length, 1)
  await press(out, asked, 'Yes', { text: 'Deleted.', ...closedBy(asked, 'yes') })
  assert.deepEqual(whispers(), [])
  assert.equal(out.ours().at(-1)?.asSeen, 'Deleted.')
})

test('an answer that somebody stopped is not told of twice', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await out.ask('a long story')
  const stopped = { text: 'Stopped, as you asked.', status: 'failed' as const }
  await out.send(out.postOf({ ...stopped, isStopped: true }, { key: 'inbox/a', address, answers: id }))
  assert.deepEqual([out.ours().length, out.slack.ephemerals(out.channel, out.user).length], [0, 0])
  // The control: without the mark it is.
  await out.send(out.postOf(stopped, { key: 'inbox/b', address, answers: id }))
  assert.equal(out.slack.ephemerals(out.channel, out.user).length, 1)
})

test('the answer is sent, whatever becomes of the buttons', async (t) => {
  const out = await openOutbound(t)
  const asked = await question(out)
  out.slack.fault({ method: 'conversations.replies', status: 500 })
  await press(out, asked, 'Yes', { text: 'Deleted.', ...closedBy(asked, 'yes') })
  assert.equal(out.ours().at(-1)?.asSeen, 'Deleted.')
})
