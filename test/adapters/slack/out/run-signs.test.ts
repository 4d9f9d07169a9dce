import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slackAddress } from '../../../../src/adapters/slack/contract.ts'
import type { TestContext } from 'node:test'
import { openStore, type Store } from '../../../../src/store/store.ts'
import { usualOptions } from '../../../../src/task.ts'
import { temporaryFolder } from '../../../doubles/folder.ts'
import { openOutbound, type Outbound } from './outbound.ts'

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
  const life = Date.UTC(2026, 10, 22, 12)
  const event_payload = { answers: 'run/7', life }
  assert.deepEqual(message?.metadata, { event_type: 'moltbot_draft', event_payload })
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

/** A program that was killed in the middle of a run, which had shown how it comes along; and its database. */
async function killedInRun(t: TestContext): Promise<{ out: Outbound; folder: string; store: Store }> {
  const folder = temporaryFolder(t)
  let store = await openStore(folder)
  t.after(() => store.close())
  const out = await openOutbound(t, undefined, (sinceMs) => store.read.runs.cutShort(sinceMs))
  const address = slackAddress(out.slack.team, out.channel)
  const startedAtMs = out.postOf({}).createdAtMs
  const schedule = { everyMs: 60_000 }
  const chore = { command: 'digest', args: {}, schedule, options: usualOptions, zone: 'UTC', address }
  const more = {
    person: 'ann',
    language: 'en',
    nextDueMs: startedAtMs + 60_000,
    createdAtMs: startedAtMs,
  } as const
  await store.write('tasks.add', 1, { ...chore, ...more })
  await store.write('runs.add', 1, startedAtMs)
  await store.write('runs.claim', { id: 1, token: 'one' }, startedAtMs, startedAtMs + 60_000)
  out.drafts.show('run/1', address, progress('reading 1 of 5'))
  await out.pass(4_000)
  assert.equal(out.ours().length, 1)
  await store.close()
  store = await openStore(folder)
  return { out: out.restarted(), folder, store }
}

const endings: Readonly<Record<string, (store: Store, nowMs: number) => Promise<unknown>>> = {
  'is still said to be running': async () => undefined,
  'was queued again': (store, nowMs) => store.write('runs.reclaim', nowMs + 3_600_000),
  'was cancelled while nothing ran': (store, nowMs) => store.write('runs.cancel', 1, 'no more', nowMs),
}
for (const [how, end] of Object.entries(endings)) {
  test(`what a run showed before the program died goes at the next start, where the run ${how}`, async (t) => {
    const { out, store } = await killedInRun(t)
    await end(store, out.postOf({}).createdAtMs)
    // The same run goes on, and shows itself: that stays.
    const address = slackAddress(out.slack.team, out.channel)
    out.drafts.show('run/1', address, progress('reading 3 of 5'))
    await out.pass(4_000)
    assert.equal(out.ours().length, 2)
    out.slack.fault({ method: 'conversations.history', status: 500 })
    out.slack.fault({ method: 'chat.delete', retryAfterS: 2 })
    void out.drafts.clear()
    await out.pass(30_000)
    assert.deepEqual(
      out.ours().map(({ asSeen }) => asSeen),
      ['reading 3 of 5\n[Stop]'],
    )
  })
}

test('where no run was cut short, no history is read', async (t) => {
  const { out, store } = await killedInRun(t)
  const nowMs = out.postOf({}).createdAtMs
  const end = { state: 'succeeded', status: 'done', fault: null, note: null, output: null } as const
  await store.write('runs.finish', { id: 1, token: 'one' }, end, nowMs)
  const before = out.slack.calls().length
  void out.drafts.clear()
  await out.pass(30_000)
  assert.equal(out.slack.calls().length, before)
})

test('progress that Slack took, though its answer broke off, goes with the run, in direct messages, too', async (t) => {
  const out = await openOutbound(t)
  for (const [i, channel] of [out.channel, out.user].entries()) {
    const address = slackAddress(out.slack.team, channel)
    out.slack.fault({ method: 'chat.postMessage', reset: 'after' })
    out.drafts.show(`run/${i}`, address, progress('reading', 0.2))
    await out.pass(4_000)
    out.drafts.settled({ answers: null, address, run: i }, 'sent')
    await out.pass(120_000)
  }
  assert.equal(out.slack.calls('chat.postMessage').length, 2)
  for (const channel of [out.channel, out.slack.dm(out.user)]) assert.deepEqual(out.ours(channel), [])
})
