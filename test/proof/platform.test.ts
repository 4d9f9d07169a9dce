import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createChat, mostTextChars } from '../../proof/chat.ts'
import { createChatPlatform, type ChatPlatform, type Mood } from '../../proof/platform.ts'
import type { Adapter } from '../../src/adapter.ts'
import type { Delivery, Post } from '../../src/message.ts'

const { signal } = new AbortController()

function adapterOf({ url, token }: ChatPlatform, timeoutMs = 2_000): Adapter {
  return createChat({ url, token, timeoutMs, graceMs: 10, paceMs: 0 })
}

function post(key: string, text = 'hello', channel = 'general'): Post {
  const address = { adapter: 'chat', account: 'home', channel }
  return { key, address, answers: null, reply: { text, status: 'done' }, createdAtMs: 0 }
}

/** What the adapter says of a post, and how often the platform has it. */
async function outcome(mood: Mood): Promise<readonly [string, number]> {
  await using platform = await createChatPlatform({ mood: () => mood })
  const delivery = await adapterOf(platform, 150).send(post('a'), signal)
  const said = delivery.kind === 'failed' ? delivery.fault : delivery.kind
  return [said, platform.taken().get('a') ?? 0]
}

test('a post that is not taken is told from one that may have been', async () => {
  assert.deepEqual(await outcome('at-once'), ['sent', 1])
  assert.deepEqual(await outcome('slow'), ['sent', 1])
  assert.deepEqual(await outcome('late'), ['sent', 1])
  assert.deepEqual(await outcome('never'), ['unknown', 1])
  assert.deepEqual(await outcome('reset'), ['unknown', 1])
  assert.deepEqual(await outcome('error-after'), ['unknown', 1])
  assert.deepEqual(await outcome('error-before'), ['unknown', 0])
  assert.deepEqual(await outcome('limited'), ['rate-limit', 0])
  assert.deepEqual(await outcome('busy'), ['overloaded', 0])
})

test('what the platform refuses for good is a failure with its name', async () => {
  await using platform = await createChatPlatform({ mood: () => 'at-once' })
  const faultOf = async (adapter: Adapter, one: Post): Promise<string> => {
    const delivery: Delivery = await adapter.send(one, signal)
    return delivery.kind === 'failed' ? delivery.fault : delivery.kind
  }
  const adapter = adapterOf(platform)
  assert.equal(await faultOf(adapter, post('a', 'x'.repeat(mostTextChars + 1))), 'too-long')
  assert.equal(await faultOf(adapter, post('b', '')), 'bad-request')
  assert.equal(await faultOf(adapter, post('c', 'hello', 'NOT A CHANNEL')), 'missing')
  const stranger = createChat({
    url: platform.url,
    token: 'wrong',
    timeoutMs: 2_000,
    graceMs: 10,
    paceMs: 0,
  })
  assert.equal(await faultOf(stranger, post('d')), 'bad-key')
  assert.deepEqual(platform.held(), [])
})

test('the history shows what was taken only after its lag, and nothing that is older than asked', async () => {
  let lagMs = 3_600_000
  await using platform = await createChatPlatform({ mood: () => 'at-once', lagMs: () => lagMs })
  const adapter = adapterOf(platform)
  const { afterCut } = adapter
  assert.ok(typeof afterCut !== 'string')
  const since = (ms: number): number => Date.now() + ms
  await adapter.send(post('hidden'), signal)
  assert.equal((await afterCut.find(post('hidden'), since(-1_000), signal)).kind, 'absent')
  lagMs = 0
  await adapter.send(post('shown'), signal)
  assert.equal((await afterCut.find(post('shown'), since(-1_000), signal)).kind, 'there')
  assert.equal((await afterCut.find(post('shown'), since(60_000), signal)).kind, 'absent')
  assert.equal((await afterCut.find(post('shown', '', 'other'), since(-1_000), signal)).kind, 'absent')
})

test('a history that cannot be read says nothing', async () => {
  await using platform = await createChatPlatform({ mood: () => 'at-once', isHistoryBroken: () => true })
  const { afterCut } = adapterOf(platform)
  assert.ok(typeof afterCut !== 'string')
  assert.equal((await afterCut.find(post('a'), 0, signal)).kind, 'unknown')
})
