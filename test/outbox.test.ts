import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Delivery } from '../src/message.ts'
import type { Write } from '../src/store/writes.ts'
import { temporaryFolder } from './doubles/folder.ts'
import {
  createChat,
  draft,
  general,
  openSendingHouse,
  type Chat,
  type ChatOptions,
  type SendingHouse,
} from './doubles/sending-house.ts'

type HouseOptions = Parameters<typeof openSendingHouse>[1]

/** A house with one platform. */
async function open(
  t: TestContext,
  chatOptions: ChatOptions = {},
  options: Partial<HouseOptions> = {},
): Promise<SendingHouse & { readonly chat: Chat }> {
  let chat: Chat | undefined
  const house = await openSendingHouse(t, {
    ...options,
    platforms: (clock) => [(chat = createChat(clock, chatOptions))],
  })
  assert.ok(chat !== undefined)
  return { ...house, chat }
}

const no = (fault: 'network' | 'rate-limit' | 'refused', more: object = {}): Delivery => ({
  kind: 'failed',
  fault,
  why: 'no',
  ...more,
})
const elsewhere = { ...general, channel: 'attic' }
const nothingLeft = { queued: 0, held: 0, unknown: 0, failed: 0 }
const warned = ({ logged }: SendingHouse): string[] =>
  logged.filter(({ level }) => level >= 40).map(({ msg }) => msg)
const minute = 60_000

test('a post whose answer was lost is looked up after the grace time, and not sent again', async (t) => {
  const house = await open(t, { answer: (_, n) => (n === 1 ? 'lost' : undefined) })
  await house.outbox.deliver([draft('a')], [])
  await house.pass(9_999)
  assert.deepEqual(house.chat.askedSinceMs, [])
  await house.pass(1)
  assert.equal(house.chat.askedSinceMs.length, 1)
  await house.pass(minute)
  assert.deepEqual(house.chat.taken, ['a'])
  assert.deepEqual(house.counts(), nothingLeft)
})

test('a post that the platform has nothing of is sent again', async (t) => {
  const house = await open(t, { answer: (_, n) => (n <= 2 ? { kind: 'unknown', why: 'cut' } : undefined) })
  await house.outbox.deliver([draft('a')], [])
  await house.pass(minute)
  assert.equal(house.chat.begun.length, 3)
  assert.deepEqual(house.chat.taken, ['a'])
  assert.deepEqual(house.counts(), nothingLeft)
})

test('a platform that cannot tell is asked some more times, then the post ends unknown and is never sent again', async (t) => {
  const house = await open(t, {
    answer: (_, n) => (n === 1 ? { kind: 'unknown', why: 'cut' } : undefined),
    says: (post) => (post.key === 'a' ? { kind: 'unknown', why: 'history is closed' } : undefined),
  })
  await house.outbox.deliver([draft('a'), draft('b')], [])
  await house.pass(60 * minute)
  assert.equal(house.chat.askedSinceMs.length, 7)
  assert.deepEqual(house.counts(), { ...nothingLeft, unknown: 1 })
  assert.match(warned(house).at(-1) ?? '', /may or may not have been delivered: history is closed/u)
  assert.deepEqual(house.chat.taken, ['b'])
})

test('a platform that could not tell at first is believed when it can', async (t) => {
  const house = await open(t, {
    answer: (_, n) => (n === 1 ? 'lost' : undefined),
    says: (_, n) => (n <= 3 ? { kind: 'unknown', why: 'not now' } : undefined),
  })
  await house.outbox.deliver([draft('a')], [])
  await house.pass(60 * minute)
  assert.deepEqual(house.chat.taken, ['a'])
  assert.deepEqual(house.counts(), nothingLeft)
})

test('a send that a crash cut short is looked up in the next life; control: without asking, it shows twice', async (t) => {
  for (const [afterCut, times] of [
    [undefined, 1],
    ['resend', 2],
  ] as const) {
    const path = temporaryFolder(t)
    const before = await open(t, { answer: () => 'hang' }, { path })
    await before.outbox.deliver([draft('a')], [])
    await before.pass(0)
    assert.deepEqual(before.chat.taken, ['a'])
    await before.crash()

    const chatOptions = { before: before.chat, ...(afterCut === undefined ? {} : { afterCut }) }
    const after = await open(t, chatOptions, { path, startMs: 2_000_000 })
    after.outbox.resume()
    await after.pass(minute)
    assert.equal(after.chat.taken.length, times)
    assert.deepEqual(after.counts(), nothingLeft)
  }
})

test('the platform is asked back to the first of all sends, over lives of the program, with room for its clock', async (t) => {
  const path = temporaryFolder(t)
  const startsMs = [1_000_000, 2_000_000, 3_000_000]
  for (const startMs of startsMs) {
    const life = await open(t, { answer: () => 'hang', says: () => ({ kind: 'absent' }) }, { path, startMs })
    life.outbox.resume()
    if (startMs === startsMs[0]) await life.outbox.deliver([draft('a')], [])
    await life.pass(minute)
    assert.equal(life.chat.begun.length, 1)
    for (const sinceMs of life.chat.askedSinceMs) assert.equal(sinceMs, 1_000_000 - 5 * minute)
    await life.crash()
  }
})

test('where the platform cannot be asked, a send that was cut short ends unknown', async (t) => {
  const path = temporaryFolder(t)
  const before = await open(t, { answer: () => 'hang', afterCut: 'never' }, { path })
  await before.outbox.deliver([draft('a'), draft('b')], [])
  await before.pass(0)
  await before.crash()
  const after = await open(t, { afterCut: 'never', before: before.chat }, { path })
  after.outbox.resume()
  await after.pass(minute)
  assert.deepEqual(after.chat.taken, ['a', 'b'])
  assert.deepEqual(after.counts(), { ...nothingLeft, unknown: 1 })
})

test('a platform that is gone makes a cut send unknown, and one that never began failed', async (t) => {
  const path = temporaryFolder(t)
  const before = await open(t, { answer: () => 'hang' }, { path })
  await before.outbox.deliver([draft('a'), draft('b')], [])
  await before.pass(0)
  await before.crash()
  const after = await openSendingHouse(t, { path, platforms: () => [] })
  after.outbox.resume()
  await after.pass(minute)
  assert.deepEqual(after.counts(), { ...nothingLeft, unknown: 1, failed: 1 })
})

test('an end of the program in the middle of asking leaves the post for the next start', async (t) => {
  const house = await open(t, { answer: () => 'lost' })
  await house.outbox.deliver([draft('a')], [])
  await house.pass(5_000)
  house.end()
  await house.pass(minute)
  const [row] = house.store.read.outbox.open()
  assert.equal(row?.cut, true)
  assert.equal(house.chat.begun.length, 1)
})

test('a rate limit waits as long as the platform asked and stalls its channel with all threads, but no other', async (t) => {
  const house = await open(t, {
    answer: (_, n) => (n === 1 ? no('rate-limit', { retryAfterMs: 7_000 }) : undefined),
  })
  await house.outbox.deliver([draft('a')], [])
  await house.pass(100)
  await house.outbox.deliver([draft('in a thread', { ...general, thread: '1' }), draft('b', elsewhere)], [])
  await house.pass(minute)
  assert.deepEqual(
    house.chat.begun.map(({ key, atMs }) => [key, atMs - 1_000_000]),
    [
      ['a', 0],
      ['b', 100],
      ['in a thread', 7_000],
      ['a', 7_000],
    ],
  )
  assert.deepEqual(house.counts(), nothingLeft)
})

test('while one platform does not answer, the posts of another go out', async (t) => {
  const chats: Chat[] = []
  const house = await openSendingHouse(t, {
    platforms: (clock) => {
      chats.push(createChat(clock, { answer: () => no('network') }), createChat(clock, { name: 'other' }))
      return chats
    },
  })
  await house.outbox.deliver([draft('a'), draft('b', { ...general, adapter: 'other' })], [])
  await house.pass(0)
  assert.deepEqual(chats[1]?.taken, ['b'])
  assert.equal(house.counts().queued, 1)
})

test('a platform that is down is tried for a day, ever less often, and no longer', async (t) => {
  const house = await open(t, { answer: () => no('network') }, { maxAgeMs: 24 * 60 * minute })
  await house.outbox.deliver([draft('a')], [])
  await house.pass(25 * 60 * minute)
  const sinceMs = house.chat.begun.map(({ atMs }) => atMs - 1_000_000)
  assert.deepEqual(sinceMs.slice(0, 5), [0, 1_000, 5_000, 21_000, 85_000])
  assert.ok(sinceMs.length > 140 && sinceMs.length < 160, `${sinceMs.length}`)
  assert.deepEqual(house.counts(), { ...nothingLeft, failed: 1 })
  assert.match(warned(house).at(-1) ?? '', /too old to be sent/u)
})

test('tries are counted over lives of the program, so that no post is tried without end', async (t) => {
  for (const afterCut of [undefined, 'resend'] as const) {
    const path = temporaryFolder(t)
    let sends = 0
    for (let life = 1; life <= 5; life++) {
      const answer = (): Delivery => no('rate-limit', { retryAfterMs: 10 * minute })
      const house = await open(t, { answer, ...(afterCut === undefined ? {} : { afterCut }) }, { path })
      house.outbox.resume()
      if (life === 1) await house.outbox.deliver([draft('a')], [])
      await house.pass(0)
      const [left] = house.store.read.outbox.open()
      if (life === 1) assert.equal(left?.attempts, 1)
      const tries = Array.from({ length: 47 }, (): Write[] => [
        ['outbox.sending', left?.id ?? 0, 0],
        ['outbox.requeue', left?.id ?? 0],
      ])
      if (life === 1) await house.store.writeAll(tries.flat())
      sends += house.chat.begun.length
      await house.crash()
    }
    assert.equal(sends, 3)
  }
})

test('a post that is too old at the start is not sent; one that arrived before is found all the same', async (t) => {
  const path = temporaryFolder(t)
  const before = await open(t, { answer: () => 'hang' }, { path })
  await before.outbox.deliver([draft('arrived'), draft('waited')], [])
  await before.pass(0)
  await before.crash()
  const late = { path, startMs: 1_000_000 + 3 * minute, maxAgeMs: 2 * minute }
  const after = await open(t, { before: before.chat }, late)
  after.outbox.resume()
  await after.pass(minute)
  assert.deepEqual(after.chat.taken, ['arrived'])
  assert.deepEqual(after.counts(), { ...nothingLeft, failed: 1 })
})

test('nothing is sent before the platforms are open, and then one line says what became of what was left', async (t) => {
  const path = temporaryFolder(t)
  const hangs = new Set(['found', 'again'])
  const before = await open(t, { answer: ({ key }) => (hangs.has(key) ? 'hang' : no('network')) }, { path })
  const at = (channel: string) => ({ ...general, channel })
  await before.outbox.deliver(
    ['found', 'again', 'plain', 'refused'].map((key) => draft(key, at(key))),
    [],
  )
  await before.pass(0)
  await before.crash()

  const opened = Promise.withResolvers<void>()
  const after = await open(
    t,
    {
      before: before.chat,
      answer: ({ key }) => (key === 'refused' ? no('refused') : undefined),
      says: ({ key }) => (key === 'again' ? { kind: 'absent' } : undefined),
    },
    { path, opened: opened.promise },
  )
  after.outbox.resume()
  await after.pass(minute)
  assert.equal(after.chat.begun.length + after.chat.askedSinceMs.length, 0)
  opened.resolve()
  await after.pass(minute)
  const lines = after.logged.filter(({ msg }) => msg.startsWith('posts that were left'))
  assert.equal(lines.length, 1)
  assert.deepEqual(lines[0]?.posts, { sent: 1, found: 1, again: 1, failed: 1 })
  assert.match(lines[0]?.msg ?? '', /1 sent, 1 had arrived.*, 1 sent again.*, 1 not delivered$/u)
})

test('a start with nothing left says nothing', async (t) => {
  const house = await open(t)
  house.outbox.resume()
  await house.pass(minute)
  assert.deepEqual(house.logged, [])
})

test('a post names the run that it tells of', async (t) => {
  const house = await open(t, { answer: () => 'hang' })
  await house.outbox.deliver([{ ...draft('a'), run: 7 }], [])
  assert.equal(house.store.read.outbox.open()[0]?.post.run, 7)
})
