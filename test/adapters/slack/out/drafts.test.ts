import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openOutbound, sentences, type Outbound } from './outbound.ts'

const draft = (text: string) => ({ kind: 'draft', text }) as const

/** Asks something, and shows the beginning of its answer for long enough to be seen. */
async function begin(out: Outbound, text: string, channel = out.channel) {
  const asked = await out.ask('tell me', channel)
  out.drafts.show(asked.id, asked.address, draft(text))
  await out.pass(1_500)
  return asked
}

const methods = (out: Outbound): string[] =>
  out.slack.calls().map(({ method }) => method.replace('chat.', ''))

test('an answer is streamed, and its end is the post: one message, whole, once', async (t) => {
  const out = await openOutbound(t)
  const whole = sentences(30)
  const { id, address } = await begin(out, whole.slice(0, 100))
  assert.equal(out.ours()[0]?.streaming, true)
  for (let chars = 200; chars < whole.length; chars += 100) {
    out.drafts.show(id, address, draft(whole.slice(0, chars)))
    await out.pass(300)
  }
  const reply = { text: whole.trim(), choices: [{ label: 'more', says: 'more' }] }
  const post = out.postOf(reply, { address, answers: id })
  const delivery = await out.send(post)
  const [message, ...others] = out.ours()
  assert.deepEqual(others, [])
  assert.deepEqual(delivery, { kind: 'sent', ref: message?.ts })
  assert.equal(message?.streaming, false)
  assert.equal(message?.asSeen, `${whole.trim()}\n[more]`)
  assert.equal((await out.sender.find(post, 0, new AbortController().signal)).kind, 'there')
  assert.deepEqual(out.slack.calls('chat.postMessage'), [])
  const startedAtMs = out.slack.calls('chat.startStream')[0]?.atMs ?? 0
  const appends = out.slack.calls('chat.appendStream').map(({ atMs }) => atMs)
  assert.ok(appends.length > 3)
  for (const [i, atMs] of appends.entries()) assert.ok(atMs - (appends[i - 1] ?? startedAtMs) >= 700)
  await out.pass(100)
  assert.deepEqual(out.slack.statuses(out.channel, address.thread ?? ''), { status: '', session: 'active' })
})

test('an instant answer is one call, and so is a short one', async (t) => {
  const out = await openOutbound(t)
  for (const [text, afterMs] of [[sentences(3), 250] as const, ['A short one.', 250] as const]) {
    const { id, address } = await out.ask('tell me')
    out.drafts.show(id, address, draft(text))
    await out.pass(afterMs)
    const before = methods(out).length
    assert.equal(
      (await out.send(out.postOf({ text: text.trim() }, { key: `inbox/${id}`, address, answers: id }))).kind,
      'sent',
    )
    await out.pass(60_000)
    assert.deepEqual(methods(out).slice(before), ['postMessage'])
  }
  assert.equal(methods(out).length, 2)
})

test('while a model thinks, its thread says so, with a stop button; then with what it is doing', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await out.ask('tell me')
  out.drafts.begin(id, address)
  await out.pass(400)
  const status = () => out.slack.statuses(out.channel, address.thread ?? '')
  assert.deepEqual(status(), { status: 'is thinking…', session: 'processing' })
  out.drafts.show(id, address, { kind: 'progress', text: 'reading 3 pages' })
  await out.pass(3_000)
  assert.deepEqual(status(), { status: 'reading 3 pages', session: 'processing' })
  const before = out.slack.calls('assistant.threads.setStatus').length
  await out.pass(120_000)
  assert.equal(
    out.slack.calls('assistant.threads.setStatus').length,
    before + 1,
    'again before Slack takes it away',
  )
  await out.send(out.postOf({ text: 'Done' }, { address, answers: id }))
  await out.pass(100)
  assert.deepEqual(status(), { status: '', session: 'active' })
})

test('the status goes out where the answer fails, is empty, or goes elsewhere', async (t) => {
  const out = await openOutbound(t)
  const replies = [{ text: '' }, { text: 'It failed.', status: 'failed' as const }, { text: 'Hi' }]
  for (const [n, reply] of replies.entries()) {
    const { id, address } = await out.ask('tell me')
    out.drafts.begin(id, address)
    await out.pass(400)
    if (n === 2) out.slack.fault({ method: 'chat.postMessage', error: 'restricted_action' })
    await out.send(out.postOf(reply, { key: `inbox/${n}`, address, answers: id }))
    await out.pass(100)
    assert.deepEqual(out.slack.statuses(out.channel, address.thread ?? ''), { status: '', session: 'active' })
  }
})

test('what is written while a call is slow is shown once, in its order', async (t) => {
  const out = await openOutbound(t)
  const whole = sentences(20)
  out.slack.fault({ method: 'chat.startStream', delayMs: 60 })
  out.slack.fault({ method: 'chat.appendStream', delayMs: 60, times: 5 })
  const { id, address } = await begin(out, whole.slice(0, 100))
  for (let chars = 120; chars < whole.length; chars += 20) {
    out.drafts.show(id, address, draft(whole.slice(0, chars)))
    await out.pass(50)
  }
  await out.send(out.postOf({ text: whole.trim() }, { address, answers: id }))
  assert.deepEqual(
    out.ours().map(({ asSeen }) => asSeen),
    [whole.trim()],
  )
})

test('an answer that turned out otherwise takes the place of its draft', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await begin(out, sentences(3))
  out.drafts.show(id, address, draft('Something else altogether, which begins anew. And goes on.'))
  await out.pass(2_000)
  out.slack.fault({ method: 'chat.update', error: 'streaming_state_conflict' })
  const delivery = await out.send(out.postOf({ text: 'The answer.' }, { address, answers: id }))
  assert.equal(delivery.kind, 'sent')
  assert.deepEqual(
    out.ours().map(({ asSeen }) => asSeen),
    ['The answer.'],
  )
  assert.ok(out.slack.calls('chat.stopStream').length > 0)
})

test('a stream that Slack ended after five minutes is edited from then on', async (t) => {
  const out = await openOutbound(t)
  const whole = sentences(60)
  const { id, address } = await begin(out, whole.slice(0, 100))
  for (let chars = 200, minute = 0; minute < 8; minute++, chars += 250) {
    out.drafts.show(id, address, draft(whole.slice(0, chars)))
    await out.pass(60_000)
  }
  assert.ok(out.slack.calls('chat.update').length > 0)
  const seen = out.ours()[0]?.asSeen ?? ''
  assert.ok(seen.length > 1_500 && whole.startsWith(seen))
  assert.equal((await out.send(out.postOf({ text: whole.trim() }, { address, answers: id }))).kind, 'sent')
  assert.deepEqual(
    out.ours().map(({ asSeen }) => asSeen.trim()),
    [whole.trim()],
  )
})

test('a stream that ended while nobody wrote is finished by an edit', async (t) => {
  const out = await openOutbound(t)
  const whole = sentences(10)
  const { id, address } = await begin(out, whole.slice(0, 100))
  await out.pass(360_000)
  assert.equal(out.slack.calls('chat.appendStream').length > 0, true, 'the heartbeat')
  await out.send(out.postOf({ text: whole.trim() }, { address, answers: id }))
  assert.deepEqual(
    out.ours().map(({ asSeen }) => asSeen),
    [whole.trim()],
  )
})

test('a person who presses stop sees no more of the answer, and is told in the same place', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await begin(out, sentences(4))
  await out.slack.pressStop(out.channel, address.thread ?? '', out.user)
  // Slack has ended the stream itself.
  out.slack.fault({ method: 'chat.appendStream', error: 'message_not_in_streaming_state', times: 9 })
  out.drafts.show(id, address, draft(sentences(8)))
  await out.pass(5_000)
  out.drafts.show(id, address, draft(sentences(12)))
  await out.pass(5_000)
  assert.equal(out.slack.calls('chat.appendStream').length, 1)
  assert.deepEqual(out.slack.calls('chat.update'), [])
  await out.send(out.postOf({ text: 'Stopped.', status: 'failed' }, { address, answers: id }))
  assert.deepEqual(
    out.slack.ephemerals(out.channel, out.user).map(({ asSeen }) => asSeen),
    ['Stopped.'],
  )
  assert.match(out.ours()[0]?.asSeen ?? '', /This answer was not finished\.$/u)
  await out.pass(1_000)
  assert.deepEqual(out.slack.statuses(out.channel, address.thread ?? ''), { status: '', session: 'active' })
})

test('without a reader who is known there is no stream in a channel: a message is edited', async (t) => {
  const out = await openOutbound(t)
  const stranger = out.slack.user('eve')
  const { ts } = await out.slack.say({ channel: out.channel, user: stranger, text: 'hi' })
  const asked = { ...(await out.ask('other')).address, thread: ts }
  const whole = sentences(20)
  for (let chars = 100; chars < whole.length; chars += 100) {
    out.drafts.show(`${out.channel}/${ts}`, asked, draft(whole.slice(0, chars)))
    await out.pass(700)
  }
  const [message] = out.ours()
  assert.deepEqual(message?.metadata?.['event_type'], 'moltbot_draft')
  const edits = out.slack.calls('chat.update').map(({ atMs }) => atMs)
  assert.ok(edits.length > 1 && edits.every((atMs, i) => i === 0 || atMs - (edits[i - 1] ?? 0) >= 1_500))
  await out.send(out.postOf({ text: whole.trim() }, { address: asked, answers: `${out.channel}/${ts}` }))
  assert.deepEqual(
    out.ours().map(({ asSeen }) => asSeen),
    [whole.trim()],
  )
  assert.equal(out.ours()[0]?.metadata?.['event_type'], 'moltbot_post')
})

test('a stream names its reader and their team', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await out.ask('tell me')
  out.drafts.show(id, address, draft(sentences(4)))
  await out.pass(1_000)
  const [call] = out.slack.calls('chat.startStream')
  assert.deepEqual(
    [call?.args['recipient_team_id'], call?.args['recipient_user_id']],
    [out.slack.team, out.user],
  )
})

test('where drafts are refused there is only the answer', async (t) => {
  const out = await openOutbound(t)
  out.slack.fault({ method: 'chat.startStream', error: 'unknown_method', times: 9 })
  out.slack.fault({ method: 'chat.postMessage', error: 'restricted_action' })
  const { id, address } = await begin(out, sentences(4))
  await out.pass(10_000)
  assert.equal(
    (await out.send(out.postOf({ text: sentences(4).trim() }, { address, answers: id }))).kind,
    'sent',
  )
  assert.equal(out.ours().length, 1)
  assert.equal(out.slack.calls('chat.startStream').length, 1)
  assert.equal(out.log.filter((line) => line.includes('chat.startStream')).length, 1)
})

for (const reset of ['before', 'after'] as const)
  test(`nobody sees two answers where the start of a stream was cut ${reset} Slack took it`, async (t) => {
    const out = await openOutbound(t)
    out.slack.fault({ method: 'chat.startStream', reset })
    const { id, address } = await begin(out, sentences(4))
    await out.send(out.postOf({ text: sentences(6).trim() }, { address, answers: id }))
    assert.deepEqual(
      out.ours().map(({ asSeen }) => asSeen.trim()),
      [sentences(6).trim()],
    )
  })

for (const reset of ['before', 'after'] as const)
  test(`an addition that was cut ${reset} Slack took it is neither lost nor shown twice`, async (t) => {
    const out = await openOutbound(t)
    const { id, address } = await begin(out, sentences(4))
    out.slack.fault({ method: 'chat.appendStream', reset })
    out.drafts.show(id, address, draft(sentences(8)))
    await out.pass(3_000)
    out.drafts.show(id, address, draft(sentences(10)))
    await out.pass(3_000)
    await out.send(out.postOf({ text: sentences(12).trim() }, { address, answers: id }))
    assert.deepEqual(
      out.ours().map(({ asSeen }) => asSeen),
      [sentences(12).trim()],
    )
  })

for (const reset of ['before', 'after'] as const)
  test(`an end that was cut ${reset} Slack took it is unknown; looked up and sent again it is there once`, async (t) => {
    const out = await openOutbound(t)
    const { id, address } = await begin(out, sentences(4))
    const post = out.postOf({ text: sentences(6).trim() }, { address, answers: id })
    out.slack.fault({ method: 'chat.stopStream', reset })
    assert.equal((await out.send(post)).kind, 'unknown')
    const found = await out.sender.find(post, 0, new AbortController().signal)
    assert.equal(found.kind, reset === 'after' ? 'there' : 'absent')
    if (found.kind === 'absent') assert.equal((await out.send(post)).kind, 'sent')
    assert.deepEqual(
      out.ours().map(({ asSeen }) => asSeen),
      [sentences(6).trim()],
    )
  })

test('a draft that somebody deleted is no place for the answer', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await begin(out, sentences(4))
  await out.slack.erase(out.channel, out.ours()[0]?.ts ?? '')
  await out.send(out.postOf({ text: sentences(6).trim() }, { address, answers: id }))
  assert.deepEqual(
    out.ours().map(({ asSeen }) => asSeen),
    [sentences(6).trim()],
  )
})

test('a rate limit at the end leaves the draft for the next try', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await begin(out, sentences(4))
  const post = out.postOf({ text: sentences(6).trim() }, { address, answers: id })
  out.slack.fault({ method: 'chat.stopStream', retryAfterS: 3 })
  const limited = await out.send(post)
  assert.ok(limited.kind === 'failed')
  assert.deepEqual([limited.fault, limited.retryAfterMs], ['rate-limit', 3_000])
  await out.pass(3_000)
  await out.send(post)
  assert.deepEqual(
    out.ours().map(({ asSeen }) => asSeen),
    [sentences(6).trim()],
  )
})

test('a message that was taken back leaves nothing behind', async (t) => {
  const out = await openOutbound(t)
  const { id } = await begin(out, sentences(4))
  await out.drafts.drop(id)
  assert.deepEqual(out.ours(), [])
})

test('so does one of which the end of its stream was refused for now', async (t) => {
  const out = await openOutbound(t)
  const { id } = await begin(out, sentences(4))
  out.slack.fault({ method: 'chat.stopStream', retryAfterS: 1 })
  const dropped = out.drafts.drop(id)
  await out.pass(2_000)
  await dropped
  assert.deepEqual(out.ours(), [])
})

test('of one that an earlier life began to answer the status goes', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await begin(out, sentences(4))
  const next = out.restarted()
  const status = () => out.slack.statuses(out.channel, address.thread ?? '')
  assert.equal(status().session, 'processing')
  await next.pass(10)
  await next.drafts.drop(id, address)
  await next.pass(100)
  assert.deepEqual(status(), { status: '', session: 'active' })
})

test('the text of a draft cannot ping', async (t) => {
  const out = await openOutbound(t)
  const hostile = `${'<!channel> <@U1> [a](javascript:x)\n'.repeat(20)}${sentences(2)}`
  const { id, address } = await begin(out, hostile)
  assert.match(out.ours()[0]?.asSeen ?? '', /&lt;!channel/u)
  assert.equal(/<[!@#]/u.test(out.ours()[0]?.asSeen ?? '<!'), false)
  await out.send(out.postOf({ text: hostile.trim() }, { address, answers: id }))
  assert.equal(out.ours().length, 1)
  assert.equal(/<[!@#]/u.test(out.ours()[0]?.asSeen ?? '<!'), false)
})

test('after a crash the answer takes the place of what was streamed, in the right thread and for the right message', async (t) => {
  const out = await openOutbound(t)
  const first = await begin(out, sentences(4))
  const second = await out.ask('and this?')
  await out.pass(10_000)
  const again = out.restarted()
  for (const [n, { id, address }] of [first, second].entries()) {
    const post = again.postOf(
      { text: `${n}: ${sentences(6).trim()}` },
      { key: `inbox/${n}`, address, answers: id },
    )
    assert.equal((await again.send(post)).kind, 'sent')
  }
  assert.deepEqual(
    again.ours().map(({ asSeen }) => asSeen.slice(0, 2)),
    ['0:', '1:'],
  )
  await again.pass(1_000)
  assert.deepEqual(out.slack.statuses(out.channel, first.address.thread ?? ''), {
    status: '',
    session: 'active',
  })
})

test('after a crash a draft that is edited, or still streams, becomes the answer', async (t) => {
  const out = await openOutbound(t)
  for (const isStreamed of [true, false]) {
    if (!isStreamed) out.slack.fault({ method: 'chat.startStream', error: 'missing_recipient_team_id' })
    const { id, address } = await begin(out, sentences(4))
    await out.pass(10_000)
    if (isStreamed) out.slack.fault({ method: 'chat.update', error: 'streaming_state_conflict' })
    const later = out.restarted()
    const post = later.postOf({ text: 'The answer.' }, { key: `inbox/${id}`, address, answers: id })
    assert.equal((await later.send(post)).kind, 'sent')
    const inThread = out.ours().filter((message) => message.thread_ts === address.thread)
    assert.deepEqual(
      inThread.map(({ asSeen, streaming }) => [asSeen, streaming]),
      [['The answer.', false]],
    )
  }
})

test('after a crash the answers to the same thread that are there are left as they are', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await begin(out, sentences(4))
  await out.send(out.postOf({ text: sentences(4).trim() }, { address, answers: id }))
  const { ts } = await out.slack.say({
    channel: out.channel,
    user: out.user,
    text: 'more',
    ...(address.thread === undefined ? {} : { thread: address.thread }),
  })
  await out.pass(10_000)
  const again = out.restarted()
  await again.send(
    again.postOf({ text: 'Second.' }, { key: 'inbox/2', address, answers: `${out.channel}/${ts}` }),
  )
  assert.deepEqual(
    again.ours().map(({ asSeen }) => asSeen),
    [sentences(4).trim(), 'Second.'],
  )
})

test('without the look after a crash there would be two answers', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await begin(out, sentences(4))
  await out.pass(10_000)
  const again = out.restarted()
  out.slack.fault({ method: 'conversations.replies', error: 'missing_scope' })
  await again.send(again.postOf({ text: sentences(4).trim() }, { address, answers: id }))
  assert.equal(again.ours().length, 2)
})
