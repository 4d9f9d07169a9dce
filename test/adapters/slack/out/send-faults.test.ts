import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slackAddress } from '../../../../src/adapters/slack/contract.ts'
import type { Delivery, Post } from '../../../../src/message.ts'
import { fileNameOf } from '../../../../src/adapters/slack/out/upload.ts'
import { openOutbound, sentences, type Outbound } from './outbound.ts'

const signal = new AbortController().signal
const end = 'And that is THE END.'
const text = `${sentences(10)}${end}`

type Case = { readonly out: Outbound; readonly post: Post; readonly where: string }
type Wrong = { readonly method: string; readonly error?: string | undefined }

/** What Slack says for good: nothing can be done about it. */
const final = /^(?:token|some|not|is_|thread|invalid|message)/u

let keys = 0
const postFor = (out: Outbound, more: Partial<Post>, reply: Partial<Post['reply']> = {}): Post => {
  const key = `inbox/${++keys}`
  return out.postOf({ text: `${text} ${key};`, ...reply }, { key, ...more })
}

const draftOf = (chars: number) => ({ kind: 'draft', text: text.slice(0, chars) }) as const

/** Each way by which an answer gets to Slack, up to the moment on which it is sent. */
const ways: Readonly<Record<string, (out: Outbound) => Promise<Case>>> = {
  'posted anew': async (out) => {
    const { id, address } = await out.ask('?')
    return { out, post: postFor(out, { address, answers: id }), where: out.channel }
  },
  'at the end of a stream': async (out) => {
    const { id, address } = await out.ask('?')
    out.drafts.show(id, address, draftOf(100))
    await out.pass(1_500)
    return { out, post: postFor(out, { address, answers: id }), where: out.channel }
  },
  'in place of a stream': async (out) => {
    const { id, address } = await out.ask('?')
    out.drafts.show(id, address, { kind: 'draft', text: `Wrong. ${text.slice(0, 100)}` })
    await out.pass(1_500)
    return { out, post: postFor(out, { address, answers: id }), where: out.channel }
  },
  'in place of what an earlier life left': async (out) => {
    const { id, address } = await out.ask('?')
    out.drafts.show(id, address, draftOf(100))
    await out.pass(1_500)
    const next = out.restarted()
    return { out: next, post: postFor(next, { address, answers: id }), where: out.channel }
  },
  'in direct messages': async (out) => {
    const address = slackAddress(out.slack.team, out.user)
    return { out, post: postFor(out, { address }), where: out.slack.dm(out.user) }
  },
  'to its asker alone': async (out) => {
    const { id, address } = await out.ask('?')
    out.drafts.show(id, address, draftOf(100))
    await out.pass(1_500)
    return { out, post: postFor(out, { address, answers: id }, { status: 'failed' }), where: out.channel }
  },
  'as a file': async (out) => {
    const { id, address } = await out.ask('?')
    const file = { name: 'answer.md', text }
    return { out, post: postFor(out, { address, answers: id }, { text: '', file }), where: out.channel }
  },
}

const faults = [
  { reset: 'before' },
  { reset: 'after' },
  { status: 500 },
  { status: 503 },
  { retryAfterS: 1 },
  ...['internal_error', 'fatal_error', 'service_unavailable', 'token_revoked', 'some_new_error'].map(
    (error) => ({ error }),
  ),
  ...['not_in_channel', 'is_archived', 'thread_not_found', 'invalid_blocks', 'message_not_found'].map(
    (error) => ({ error }),
  ),
] as const

/** How often the whole answer can be seen, by anybody. */
function seen({ out, post }: Case): number {
  const { slack, channel, user } = out
  const all = [channel, slack.dm(user)].flatMap((one) => slack.messages(one))
  const name = fileNameOf({ name: 'answer.md', text }, post.key)
  return [...all, ...slack.ephemerals(channel, user)].filter(({ asSeen, files = [] }) =>
    post.reply.file === undefined
      ? asSeen.includes(` ${post.key};`)
      : files.some((file) => file['name'] === name),
  ).length
}

/** What of it stands there unfinished. */
function unfinished({ out, where, post }: Case): readonly string[] {
  return out.slack
    .messages(where)
    .filter(({ user, thread_ts }) => user === out.slack.bot.userId && thread_ts === post.address.thread)
    .filter(
      ({ asSeen, files, streaming }) =>
        streaming || !(files || asSeen.includes(end) || asSeen.includes('not finished')),
    )
    .map(({ asSeen }) => asSeen)
}

async function check(one: Case, name: string, wrong?: Wrong): Promise<void> {
  const { out, post } = one
  let delivery: Delivery | undefined
  for (let attempt = 0; attempt < 6; attempt++) {
    delivery = await out.send(post)
    await out.pass(2_000)
    if (delivery.kind === 'sent') assert.equal(seen(one), 1, `${name}: said to be sent`)
    if (delivery.kind === 'failed') {
      assert.equal(seen(one), 0, `${name}: said to have failed with ${delivery.fault}`)
      if (!['network', 'overloaded', 'rate-limit'].includes(delivery.fault)) return
    }
    if (delivery.kind === 'unknown') {
      const found = await out.sender.find(post, 0, signal)
      if (found.kind === 'there') delivery = { kind: 'sent' }
      if (found.kind === 'there') assert.equal(seen(one), 1, `${name}: said to be there`)
      if (found.kind === 'absent') assert.equal(seen(one), 0, `${name}: said to be absent`)
      if (found.kind === 'unknown') {
        assert.ok(post.reply.status === 'failed', name)
        return
      }
    }
    if (delivery.kind === 'sent') break
  }
  assert.equal(delivery?.kind, 'sent', name)
  await out.pass(60_000)
  assert.equal(seen(one), 1, name)
  const isFinal = final.test(wrong?.error ?? '')
  if (!isFinal || wrong?.method !== 'conversations.replies') assert.deepEqual(unfinished(one), [], name)
  if (isFinal && wrong?.method.endsWith('setStatus') === true) return
  const { status, session } = out.slack.statuses(out.channel, post.address.thread ?? '')
  assert.deepEqual([status, session === 'processing'], ['', false], name)
}

for (const [way, begin] of Object.entries(ways)) {
  test(`${way}: whatever goes wrong at whichever call, what is said of it is true, and it is there once`, async (t) => {
    const shared = await openOutbound(t)
    // Where a life ends in the middle, what it left goes on.
    const open = async (): Promise<Outbound> => (way.endsWith('left') ? openOutbound(t) : shared)
    const first = await begin(await open())
    const before = first.out.slack.calls().length
    await check(first, 'without a fault')
    const calls = first.out.slack.calls().slice(before)
    const methods = new Set(calls.map(({ method }) => method))
    assert.ok(methods.size > 0)
    for (const method of methods) {
      for (const fault of faults) {
        const one = await begin(await open())
        one.out.slack.fault({ method, ...fault })
        await check(one, `${method} ${JSON.stringify(fault)}`, { method, ...fault })
      }
    }
  })
}
