import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slackAddress } from '../../../../src/adapters/slack/contract.ts'
import type { Reply } from '../../../../src/message.ts'
import { openOutbound, sentences } from './outbound.ts'

const signal = new AbortController().signal

test('a post is one call, with its key in the metadata, no unfurls, and no name that pings', async (t) => {
  const out = await openOutbound(t)
  const post = out.postOf({ text: 'Hello <!channel> & **you**' })
  const delivery = await out.send(post)
  const [message] = out.ours()
  assert.deepEqual(delivery, { kind: 'sent', ref: message?.ts })
  assert.deepEqual(message?.metadata, { event_type: 'moltbot_post', event_payload: { key: 'inbox/1' } })
  assert.equal(message?.asSeen.includes('<!channel>'), false)
  const [call, ...others] = out.slack.calls()
  assert.deepEqual(others, [])
  assert.equal(String(call?.args['unfurl_links']), 'false')
  assert.equal(String(call?.args['unfurl_media']), 'false')
  assert.equal(call?.args['thread_ts'], undefined)
})

test('whom a post is to reach is mentioned, and nobody else, whatever its text says', async (t) => {
  const out = await openOutbound(t)
  const text = '⏰ stand up <@U2> <!here>'
  for (const to of [out.user, `T2.${out.user}`]) {
    await out.send(out.postOf({ text, to }))
    const message = out.ours().at(-1)
    assert.equal(message?.asSeen.split('\n')[0], `<@${out.user}>`)
    assert.equal(message?.text.startsWith(`<@${out.user}> ⏰ stand up`), true)
    assert.equal(JSON.stringify([message?.blocks, message?.text]).match(/<[@!]/gu)?.length, 2)
  }
  // As plain text, too.
  out.slack.fault({ method: 'chat.postMessage', error: 'invalid_blocks' })
  await out.send(out.postOf({ text, to: out.user }))
  assert.equal(out.ours().at(-1)?.text, `<@${out.user}> ⏰ stand up &lt;@U2&gt; &lt;!here&gt;`)
  for (const to of [undefined, 'B1', 'U1> <!here', '']) {
    await out.send(out.postOf({ text, ...(to === undefined ? {} : { to }) }))
    assert.doesNotMatch(JSON.stringify(out.ours().at(-1)), /<[@!]/u)
  }
})

test('what was streamed mentions whom it is to reach when it ends', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await out.ask('remind me')
  const text = sentences(10).trim()
  out.drafts.show(id, address, { kind: 'draft', text: text.slice(0, 100) })
  await out.pass(1_500)
  await out.send(out.postOf({ text, to: out.user }, { address, answers: id }))
  assert.equal(out.ours().length, 1)
  assert.equal(out.slack.calls('chat.stopStream').length, 1)
  assert.equal(out.ours()[0]?.asSeen, `${text}\n<@${out.user}>`)
})

test('an answer stands in the thread of its question, with its buttons', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await out.ask('may I?')
  const reply: Partial<Reply> = {
    text: 'Shall I?',
    status: 'asked',
    choices: [{ label: 'yes', says: 'yes 12', tone: 'good' }],
  }
  assert.equal((await out.send(out.postOf(reply, { address, answers: id }))).kind, 'sent')
  const [message] = out.ours()
  assert.equal(message?.thread_ts, address.thread)
  assert.equal(message?.asSeen, 'Shall I?\n[yes]')
})

test('a person is written to in their direct messages', async (t) => {
  const out = await openOutbound(t)
  const address = slackAddress(out.slack.team, out.user)
  assert.equal((await out.send(out.postOf({ text: 'Hi' }, { address }))).kind, 'sent')
  assert.equal(out.ours(out.slack.dm(out.user)).length, 1)
  assert.deepEqual((await out.sender.find(out.postOf({}, { address }), 0, signal)).kind, 'there')
})

test('what was cut after Slack took it is unknown, and is found by its key', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await out.ask('news?')
  for (const post of [
    out.postOf({ text: 'Hi' }),
    out.postOf({ text: 'Hi' }, { key: 'inbox/2', address, answers: id }),
  ]) {
    out.slack.fault({ method: 'chat.postMessage', reset: 'after' })
    assert.equal((await out.send(post)).kind, 'unknown')
    const found = await out.sender.find(post, 0, signal)
    assert.deepEqual(found, { kind: 'there', ref: out.ours().at(-1)?.ts })
  }
})

test('what was cut before Slack took it is unknown, and is absent', async (t) => {
  const out = await openOutbound(t)
  out.slack.fault({ method: 'chat.postMessage', reset: 'before' })
  assert.equal((await out.send(out.postOf({ text: 'Hi' }))).kind, 'unknown')
  assert.deepEqual(await out.sender.find(out.postOf({}), 0, signal), { kind: 'absent' })
  assert.equal((await out.send(out.postOf({ text: 'Other' }, { key: 'inbox/2' }))).kind, 'sent')
  assert.deepEqual(await out.sender.find(out.postOf({}), 0, signal), { kind: 'absent' })
})

test('an unclear answer of the history is not taken for an absence', async (t) => {
  const out = await openOutbound(t)
  for (const fault of [
    { status: 500 },
    { retryAfterS: 3 },
    { reset: 'after' as const },
    { error: 'internal_error' },
  ]) {
    out.slack.fault({ method: 'conversations.history', ...fault })
    assert.equal((await out.sender.find(out.postOf({}), 0, signal)).kind, 'unknown')
  }
  out.slack.remove(out.channel)
  assert.equal((await out.sender.find(out.postOf({}), 0, signal)).kind, 'unknown')
})

test('a post is found on any page, and not before its time', async (t) => {
  const out = await openOutbound(t)
  const post = out.postOf({ text: 'Hi' })
  await out.send(post)
  for (let n = 0; n < 450; n++) await out.slack.say({ channel: out.channel, user: out.user, text: `${n}` })
  const before = out.slack.calls('conversations.history').length
  assert.equal((await out.sender.find(post, 0, signal)).kind, 'there')
  assert.equal(out.slack.calls('conversations.history').length - before, 3)
  const sentAtMs = Number(out.ours()[0]?.ts) * 1_000
  assert.equal((await out.sender.find(post, sentAtMs + 1, signal)).kind, 'absent')
})

test('nothing is tried again here: a rate limit says how long to wait, a dead key what to do', async (t) => {
  const out = await openOutbound(t)
  out.slack.fault({ method: 'chat.postMessage', retryAfterS: 7 })
  const limited = await out.send(out.postOf({ text: 'Hi' }))
  assert.ok(limited.kind === 'failed')
  assert.deepEqual([limited.fault, limited.retryAfterMs], ['rate-limit', 7_000])
  out.slack.fault({ method: 'chat.postMessage', error: 'token_revoked' })
  const dead = await out.send(out.postOf({ text: 'Hi' }))
  assert.ok(dead.kind === 'failed')
  assert.equal(dead.fault, 'bad-key')
  assert.equal(out.slack.calls('chat.postMessage').length, 2)
})

test('a channel that is gone, archived or left fails with a reason that people understand', async (t) => {
  const out = await openOutbound(t)
  out.slack.archive(out.channel)
  const archived = await out.send(out.postOf({ text: 'Hi' }))
  assert.ok(archived.kind === 'failed')
  assert.deepEqual(
    [archived.fault, archived.why],
    ['missing', 'the channel is archived (Slack said is_archived)'],
  )
  out.slack.remove(out.channel)
  const gone = await out.send(out.postOf({ text: 'Hi' }))
  assert.ok(gone.kind === 'failed')
  assert.match(gone.why, /invite it there with \/invite/u)
})

test('a Slack that is not there is a network that failed', async (t) => {
  const out = await openOutbound(t)
  await out.slack.vanish()
  const delivery = await out.send(out.postOf({ text: 'Hi' }))
  assert.ok(delivery.kind === 'failed')
  assert.equal(delivery.fault, 'network')
})

test('a message whose blocks Slack does not take is posted once more, as plain text', async (t) => {
  const out = await openOutbound(t)
  for (const error of ['invalid_blocks', 'msg_blocks_too_long', 'msg_too_long']) {
    out.slack.fault({ method: 'chat.postMessage', error })
    assert.equal((await out.send(out.postOf({ text: 'a < b <!here>' }))).kind, 'sent')
    const message = out.ours().at(-1)
    assert.equal(message?.blocks, undefined)
    assert.match(message?.text ?? '', /^a &lt; b &lt;!here/u)
  }
  out.slack.fault({ method: 'chat.postMessage', error: 'msg_too_long', times: 2 })
  const long = await out.send(out.postOf({ text: 'Hi' }))
  assert.ok(long.kind === 'failed')
  assert.equal(long.fault, 'too-long')
})

test('where the thread is gone the answer stands in the channel, and is found there', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await out.ask('gone soon')
  out.slack.fault({ method: 'chat.postMessage', error: 'thread_not_found' })
  const post = out.postOf({ text: 'Hi' }, { address, answers: id })
  assert.equal((await out.send(post)).kind, 'sent')
  assert.equal(out.ours()[0]?.thread_ts, undefined)
  await out.slack.erase(out.channel, address.thread ?? '')
  assert.equal((await out.sender.find(post, 0, signal)).kind, 'there')
})

test('an empty text sends nothing', async (t) => {
  const out = await openOutbound(t)
  assert.deepEqual(await out.send(out.postOf({ text: '' })), { kind: 'sent' })
  assert.deepEqual(out.slack.calls(), [])
})
