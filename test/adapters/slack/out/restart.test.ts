import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slackAddress } from '../../../../src/adapters/slack/contract.ts'
import { streamedText } from '../../../../src/adapters/slack/format/draft-text.ts'
import { escapeText } from '../../../../src/adapters/slack/format/escape.ts'
import { renderMarkdown } from '../../../../src/adapters/slack/format/markdown.ts'
import { createFinisher } from '../../../../src/adapters/slack/out/finish.ts'
import { FaultError } from '../../../../src/errors.ts'
import { addressKey } from '../../../../src/message.ts'
import { openOutbound, sentences, type Outbound } from './outbound.ts'

const signal = new AbortController().signal
const text = sentences(4).trim()
const draft = { kind: 'draft', text: sentences(3) } as const

/** A question of which an earlier life has shown the beginning of the answer; and the next life. */
async function cutShort(out: Outbound, afterMs = 1_500) {
  const asked = await out.ask('tell me')
  out.drafts.show(asked.id, asked.address, draft)
  await out.pass(afterMs)
  return { ...asked, next: out.restarted() }
}

const statusOf = (out: Outbound, thread = ''): unknown[] => {
  const { status, session } = out.slack.statuses(out.channel, thread)
  return [status, session]
}

test('what an earlier life showed is not shown again: one message stands there, whatever the new life says', async (t) => {
  const { id, address, next } = await cutShort(await openOutbound(t))
  next.drafts.show(id, address, draft)
  await next.pass(10_000)
  assert.equal(next.ours().length, 1)
  await next.send(next.postOf({ text }, { address, answers: id }))
  assert.deepEqual(
    next.ours().map(({ asSeen }) => asSeen),
    [text],
  )
})

test('what an earlier life showed just before its end is waited for until the history must show it', async (t) => {
  const out = await openOutbound(t)
  out.slack.historyLagMs(4_000)
  const { id, address, next } = await cutShort(out, 800)
  assert.equal(next.ours().length, 1)
  await next.send(next.postOf({ text }, { address, answers: id }))
  assert.deepEqual(
    next.ours().map(({ asSeen }) => asSeen),
    [text],
  )
})

test('a message that is first heard of now was not answered before, and is not waited for', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await out.ask('tell me')
  const next = out.restarted()
  await next.pass(10)
  next.drafts.begin(id, address)
  const beforeMs = next.postOf({}).createdAtMs
  await next.send(next.postOf({ text }, { address, answers: id }))
  assert.ok(next.postOf({}).createdAtMs - beforeMs < 1_000)
})

test('where the history cannot be read just now nothing is posted beside what may stand there', async (t) => {
  const { id, address, next } = await cutShort(await openOutbound(t))
  const post = next.postOf({ text }, { address, answers: id })
  for (const fault of [{ status: 500 }, { reset: 'before' as const }, { retryAfterS: 2 }]) {
    next.slack.fault({ method: 'conversations.replies', ...fault })
    const delivery = await next.send(post)
    assert.ok(delivery.kind === 'failed')
    assert.equal(delivery.fault, 'retryAfterS' in fault ? 'rate-limit' : 'network')
    assert.equal(next.slack.calls('chat.postMessage').length, 0)
  }
  assert.equal((await next.send(post)).kind, 'sent')
})

test('the status goes out before the answer is there, so that a program which dies then leaves none', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await out.ask('tell me')
  out.drafts.begin(id, address)
  await out.pass(500)
  assert.deepEqual(statusOf(out, address.thread), ['is thinking…', 'processing'])
  await out.send(out.postOf({ text }, { address, answers: id }))
  const calls = out.slack.calls().map(({ method }) => method)
  assert.equal(calls.at(-1), 'chat.postMessage')
  assert.deepEqual(statusOf(out, address.thread), ['', 'active'])
})

test('a status that does not go out holds an answer up for three seconds, no longer', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await out.ask('tell me')
  out.drafts.begin(id, address)
  await out.pass(500)
  out.slack.fault({ method: 'agents.sessions.setStatus', status: 500, times: 3 })
  const beforeMs = out.postOf({}).createdAtMs
  assert.equal((await out.send(out.postOf({ text }, { address, answers: id }))).kind, 'sent')
  assert.ok(out.postOf({}).createdAtMs - beforeMs <= 4_000)
  await out.pass(60_000)
  assert.deepEqual(statusOf(out, address.thread), ['', 'active'])
})

test('a post that is found by asking leaves no status behind either', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await out.ask('tell me')
  const post = out.postOf({ text }, { address, answers: id })
  await out.send(post)
  await out.pass(1_000)
  // As a life leaves it that ends before it knows that the post is there.
  const body = new URLSearchParams({
    channel_id: out.channel,
    thread_ts: address.thread ?? '',
    status: 'processing',
  })
  const headers = { authorization: `Bearer ${out.slack.bot.token}` }
  await fetch(`${out.slack.apiUrl}agents.sessions.setStatus`, { method: 'POST', body, headers })
  assert.deepEqual(statusOf(out, address.thread), ['', 'processing'])
  const next = out.restarted()
  assert.equal((await next.sender.find(post, 0, signal)).kind, 'there')
  await next.pass(100)
  assert.deepEqual(statusOf(next, address.thread), ['', 'active'])
})

test('of a word to its asker that nobody can look up, neither the draft nor the status stays', async (t) => {
  const { id, address, next } = await cutShort(await openOutbound(t))
  assert.equal(next.ours()[0]?.streaming, true)
  const post = next.postOf({ text: 'It went wrong.', status: 'failed' }, { address, answers: id })
  assert.equal((await next.sender.find(post, 0, signal)).kind, 'unknown')
  await next.pass(100)
  const [left, ...others] = next.ours()
  assert.deepEqual(others, [])
  assert.equal(left?.streaming, false)
  assert.match(left?.asSeen ?? '', /^Sentence 0001.*\nThis answer was not finished\.$/su)
  assert.deepEqual(statusOf(next, address.thread), ['', 'active'])
})

test('where its draft cannot be ended just now, the platform has not told, and is asked again', async (t) => {
  const { id, address, next } = await cutShort(await openOutbound(t))
  const post = next.postOf({ text: 'It went wrong.', status: 'failed' }, { address, answers: id })
  for (const method of ['conversations.replies', 'chat.stopStream']) {
    next.slack.fault({ method, status: 500 })
    const found = await next.sender.find(post, 0, signal)
    assert.ok(found.kind === 'unknown')
    assert.equal(found.isFinal, undefined, method)
    assert.equal(next.ours()[0]?.streaming, true, method)
  }
  const found = await next.sender.find(post, 0, signal)
  assert.ok(found.kind === 'unknown' && found.isFinal === true)
  assert.equal(next.ours()[0]?.streaming, false)
})

test('an answer takes the place of its own draft, not of that of a question before it which was taken back', async (t) => {
  const out = await openOutbound(t)
  const first = await out.ask('one')
  const thread = first.address.thread ?? ''
  const { ts } = await out.slack.say({ channel: out.channel, user: out.user, text: 'two', thread })
  const second = `${out.channel}/${ts}`
  out.drafts.show(first.id, first.address, draft)
  await out.pass(1_500)
  out.slack.fault({ method: 'chat.stopStream', status: 500, times: 2 })
  void out.drafts.drop(first.id, first.address)
  await out.pass(10)
  out.hear(second, 'two')
  out.drafts.show(second, first.address, { kind: 'draft', text: `Two. ${draft.text}` })
  await out.pass(1_500)
  // Nothing of the first life goes on.
  void out.drafts.stop()
  await out.pass(10)
  const next = out.restarted()
  const streaming = (): string[] => next.ours().flatMap((one) => (one.streaming ? one.asSeen : []))
  assert.equal(streaming().length, 2)
  const whole = `Two. ${text}`
  await next.send(next.postOf({ text: whole }, { address: first.address, answers: second }))
  assert.equal(next.ours().at(-1)?.asSeen, whole)
  assert.ok(!streaming().some((one) => one.startsWith('Two.')))
})

test('while nobody knows who we are, nothing is posted beside what may stand there', async () => {
  const unknown = (fault: 'network' | 'bad-key') =>
    createFinisher({
      api: { call: () => assert.fail(), respond: () => assert.fail() },
      installations: { of: () => Promise.reject(new FaultError(fault, 'who is it?')) },
      format: { render: renderMarkdown, streamedText, escape: escapeText },
      startedAtMs: 2_000_000_000_000,
    })
  const post = {
    key: 'inbox/1',
    address: slackAddress('T1', 'C1', '1700000000.000001'),
    answers: 'C1/1700000000.000001',
    reply: { text, status: 'done' },
    createdAtMs: 0,
  } as const
  for (const fault of ['network', 'bad-key'] as const)
    assert.deepEqual(await unknown(fault).standing(post, undefined, signal), {
      kind: 'failed',
      fault,
      why: 'who is it?',
    })
  const stopped = await unknown('network').standing(post, undefined, AbortSignal.abort())
  assert.ok(stopped?.kind === 'failed' && stopped.fault === 'network')
})

test('while something is on its way to a thread no draft begins there: it would stand above it', async (t) => {
  const open = new Set<string>()
  const out = await openOutbound(t, (lane) => open.has(lane))
  const { id, address } = await out.ask('tell me')
  open.add(addressKey(address))
  out.drafts.show(id, address, draft)
  await out.pass(5_000)
  assert.deepEqual(out.ours(), [])
  open.clear()
  await out.pass(1_000)
  assert.equal(out.ours().length, 1)
})
