import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageIds, slackAddress } from '../../../../src/adapters/slack/contract.ts'
import type { Post } from '../../../../src/message.ts'
import { openOutbound, type Outbound } from './outbound.ts'

const signal = new AbortController().signal
const whispers = (out: Outbound) => out.slack.ephemerals(out.channel, out.user).map(({ asSeen }) => asSeen)

test('what went wrong, and what is said aside, is shown to the asker alone where others read along', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await out.ask('do it')
  for (const reply of [
    { text: 'It failed.', status: 'failed' as const },
    { text: 'You may not.', status: 'refused' as const },
    { text: 'How?', status: 'misused' as const },
    { text: 'Thanks.', aside: true as const },
  ])
    assert.deepEqual(await out.send(out.postOf(reply, { address, answers: id })), { kind: 'sent' })
  assert.deepEqual(whispers(out), ['It failed.', 'You may not.', 'How?', 'Thanks.'])
  assert.deepEqual(out.ours(), [])
  const [call] = out.slack.calls('chat.postEphemeral')
  assert.equal(call?.args['thread_ts'], address.thread)
})

test('the same in direct messages is a message, and so is what a task tells a channel', async (t) => {
  const out = await openOutbound(t)
  const dm = out.slack.dm(out.user)
  const { id, address } = await out.ask('do it', dm)
  await out.send(out.postOf({ text: 'It failed.', status: 'failed' }, { address, answers: id }))
  assert.deepEqual(
    out.ours(dm).map(({ asSeen }) => asSeen),
    ['It failed.'],
  )
  await out.send(out.postOf({ text: 'The digest failed.', status: 'failed' }))
  assert.deepEqual(
    out.ours().map(({ asSeen }) => asSeen),
    ['The digest failed.'],
  )
})

test('one who is not in the channel is told directly', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await out.ask('do it')
  const asker = out.slack.user('eve')
  const post = out.postOf({ text: 'You may not.', status: 'refused' }, { address, answers: id, asker })
  assert.equal((await out.send(post)).kind, 'sent')
  assert.deepEqual(
    out.ours(out.slack.dm(asker)).map(({ asSeen }) => asSeen),
    ['You may not.'],
  )
})

test('somebody of another team is written to by their own id', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await out.ask('do it')
  const asker = `T0OTHER.${out.user}`
  await out.send(out.postOf({ text: 'You may not.', status: 'refused' }, { address, answers: id, asker }))
  assert.deepEqual(whispers(out), ['You may not.'])
})

/** A slash command, and the post that answers it. */
async function commanded(out: Outbound, reply: Post['reply'], isFresh = true): Promise<Post> {
  out.slack.join(out.channel, out.user)
  const { triggerId } = await out.slack.command({ channel: out.channel, user: out.user, text: 'help' })
  const answers = messageIds.command(triggerId)
  if (isFresh) out.urls.set(answers, out.responseUrl())
  return out.postOf(reply, { answers, address: slackAddress(out.slack.team, out.channel) })
}

test('a slash command is answered to its asker alone, with buttons and all', async (t) => {
  const out = await openOutbound(t)
  const choices = [{ label: 'more', says: 'more' }]
  const post = await commanded(out, { text: 'Here is **help**.', status: 'done', choices })
  assert.deepEqual(await out.send(post), { kind: 'sent' })
  assert.deepEqual(whispers(out), ['Here is **help**.\n[more]'])
  assert.deepEqual(out.ours(), [])
  assert.deepEqual(out.slack.calls(), [])
})

test('a slash command that takes longer than two seconds is told so, before its answer and never after it', async (t) => {
  const out = await openOutbound(t)
  const post = await commanded(out, { text: 'Here is help.', status: 'done' })
  const { answers, address } = post
  assert.ok(answers !== null)
  out.hear(answers, '帮助')
  out.drafts.begin(answers, address)
  await out.pass(1_999)
  assert.deepEqual(whispers(out), [])
  await out.pass(1)
  assert.deepEqual(whispers(out), ['正在处理，完成后在这里回答，只有你能看到。'])
  await out.send(post)
  await out.pass(60_000)
  assert.deepEqual(whispers(out).slice(1), ['Here is help.'])

  const quick = await commanded(out, { text: 'Done.', status: 'done' })
  assert.ok(quick.answers !== null)
  out.drafts.begin(quick.answers, quick.address)
  await out.pass(1_000)
  await out.send(quick)
  await out.pass(60_000)
  assert.deepEqual(whispers(out).slice(2), ['Done.'])
})

test('a command whose URL is too old, or used up, is answered directly', async (t) => {
  const out = await openOutbound(t)
  const post = await commanded(out, { text: 'Help.', status: 'done' })
  for (let n = 0; n < 6; n++) assert.equal((await out.send(post)).kind, 'sent')
  assert.equal(whispers(out).length, 5)
  assert.equal(out.ours(out.slack.dm(out.user)).length, 1)
  const old = await commanded(out, { text: 'Help.', status: 'done' })
  await out.pass(31 * 60_000)
  assert.equal((await out.send(old)).kind, 'sent')
  assert.equal(out.ours(out.slack.dm(out.user)).length, 2)
})

test('a slash command without a URL to answer at is answered directly, and cannot be looked up', async (t) => {
  const out = await openOutbound(t)
  const post = await commanded(out, { text: 'Here is help.', status: 'done' }, false)
  assert.equal((await out.send(post)).kind, 'sent')
  assert.deepEqual(out.ours(), [])
  assert.deepEqual(
    out.ours(out.slack.dm(out.user)).map(({ asSeen }) => asSeen),
    ['My answer to your slash command, which I could no longer give where you typed it:\n\nHere is help.'],
  )
  const found = await out.sender.find(post, 0, signal)
  assert.ok(found.kind === 'unknown')
  assert.match(found.why, /to one person alone/u)
})

test('an unclear whisper is unknown', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await out.ask('do it')
  out.slack.fault({ method: 'chat.postEphemeral', reset: 'after' })
  const post = out.postOf({ text: 'It failed.', status: 'failed' }, { address, answers: id })
  assert.equal((await out.send(post)).kind, 'unknown')
  assert.equal((await out.sender.find(post, 0, signal)).kind, 'unknown')
})

test('a file is no whisper: it goes to the direct messages of the asker', async (t) => {
  const out = await openOutbound(t)
  const post = await commanded(out, { text: '', status: 'done', file: { name: 'all.md', text: '# All' } })
  assert.equal((await out.send(post)).kind, 'sent')
  assert.equal(out.slack.files()[0]?.channel, out.slack.dm(out.user))
})
