import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { StoreError } from '../src/errors.ts'
import { createLog } from '../src/log.ts'
import type { Delivery } from '../src/message.ts'
import { createOutbox } from '../src/outbox.ts'
import type { Write } from '../src/store/writes.ts'
import { temporaryFolder } from './doubles/folder.ts'
import {
  createChat,
  draft,
  general,
  openSendingHouse,
  type Answer,
  type Chat,
  type ChatOptions,
  type SendingHouse,
} from './doubles/sending-house.ts'
import type { VirtualClock } from './doubles/virtual-clock.ts'

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
const hour = 60 * minute

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
  const startsMs = [1_000_000, 2_000_000, 3_000_000].map((ms) => ms + 100 * hour)
  for (const startMs of startsMs) {
    const life = await open(t, { answer: () => 'hang', says: () => ({ kind: 'absent' }) }, { path, startMs })
    life.outbox.resume()
    if (startMs === startsMs[0]) await life.outbox.deliver([draft('a')], [])
    await life.pass(minute)
    assert.equal(life.chat.begun.length, 1)
    for (const sinceMs of life.chat.askedSinceMs) assert.equal(sinceMs, (startsMs[0] ?? 0) - 15 * hour)
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
      ['a', 7_000],
      ['in a thread', 7_000],
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

test('a platform that never answers, or an adapter that throws, holds up its address for minutes, not for ever', async (t) => {
  const dead = (): never => {
    throw new Error('a defect of the adapter')
  }
  const hang = (): Answer => 'hang'
  for (const [answer, afterCut, counts] of [
    [hang, undefined, nothingLeft],
    [dead, undefined, nothingLeft],
    [hang, 'never', { ...nothingLeft, unknown: 1 }],
    [dead, 'never', { ...nothingLeft, unknown: 1 }],
    [hang, 'resend', nothingLeft],
  ] as const) {
    const house = await open(t, {
      answer: (_, n) => (n === 1 ? answer() : undefined),
      ...(afterCut === undefined ? {} : { afterCut }),
    })
    await house.outbox.deliver([draft('a'), draft('b')], [])
    await house.pass(10 * minute)
    assert.equal(house.chat.taken.at(-1), 'b')
    assert.deepEqual(house.counts(), counts)
    // Where it is shown once however often it is sent, it may be sent again.
    const times = house.chat.taken.filter((key) => key === 'a').length
    assert.ok(times <= (afterCut === 'resend' ? 2 : 1))
  }
})

test('a platform that never says what it holds is asked no longer than one that cannot tell', async (t) => {
  const house = await open(t, { answer: (_, n) => (n === 1 ? 'lost' : undefined) })
  const { afterCut } = house.chat
  assert.ok(typeof afterCut === 'object')
  Object.assign(afterCut, { find: () => new Promise(() => undefined) })
  await house.outbox.deliver([draft('a'), draft('b')], [])
  await house.pass(2 * hour)
  assert.deepEqual(house.chat.taken, ['a', 'b'])
  assert.deepEqual(house.counts(), { ...nothingLeft, unknown: 1 })
})

test('a platform that asks for no wait at all is not stormed, and its tries are not used up at once', async (t) => {
  const house = await open(t, {
    answer: (_, n) =>
      n <= 20 ? no('rate-limit', { retryAfterMs: n % 2 === 0 ? 0 : Number.NaN }) : undefined,
  })
  await house.outbox.deliver([draft('a')], [])
  await house.pass(10_000)
  assert.ok(house.chat.begun.length <= 11, `${house.chat.begun.length} sends in ten seconds`)
  await house.pass(minute)
  assert.deepEqual(house.chat.taken, ['a'])
})

test('a clock that was wrong when a post was sent makes no double: the platform is asked for what it may have', async (t) => {
  /** Stands for the clock of the platform: what it took, it took then. */
  for (const [sentMs, askedMs, trueMs] of [
    [100 * hour, 100 * hour, 98 * hour], // ours is two hours ahead all the time
    [90_000 * hour, 101 * hour, 100 * hour], // ours was years ahead, and has been put right
  ] as const) {
    const path = temporaryFolder(t)
    const before = await open(t, { answer: () => 'hang' }, { path, startMs: sentMs })
    await before.outbox.deliver([draft('a')], [])
    await before.pass(0)
    await before.crash()
    const after = await open(t, { before: before.chat }, { path, startMs: askedMs })
    after.outbox.resume()
    await after.pass(minute)
    const [sinceMs = Infinity] = after.chat.askedSinceMs
    assert.ok(sinceMs <= trueMs, `it was asked back to ${sinceMs / hour} h`)
    assert.deepEqual(after.chat.taken, ['a'])
  }
})

test('what was committed by a writer that ended before it could say so is sent, in this life, once', async (t) => {
  for (const isCommitted of [true, false]) {
    const house = await open(t)
    let isDying = true
    const outbox = createOutbox({
      store: {
        read: house.store.read,
        writeAll: async (writes) => {
          if (!isDying) return house.store.writeAll(writes)
          isDying = false
          if (isCommitted) await house.store.writeAll(writes)
          throw new StoreError('internal', 'the writer has ended')
        },
      },
      adapters: [house.chat],
      opened: Promise.resolve(),
      now: house.clock.now,
      sleep: house.clock.sleep,
      random: () => 1,
      signal: new AbortController().signal,
      maxAgeMs: () => hour,
      log: createLog(
        'info',
        () => [],
        () => undefined,
      ),
    })
    const message = {
      id: 'event',
      address: general,
      author: { id: 'u', name: 'u' },
      text: 'hi',
      sentAtMs: 0,
    }
    const id = await house.store.write('inbox.receive', message, 0)
    const twoParts = `${'x'.repeat(1_000)}\nyyy`
    await outbox.deliver([draft('a', general, twoParts), draft('b')], [['inbox.done', id ?? 0]])
    await house.pass(minute)
    await outbox.drain(Infinity)
    assert.deepEqual(house.chat.taken, ['a#1', 'a#2', 'b'])
    // The same again is of no effect, and no harm.
    await outbox.deliver([draft('b')], [])
    await outbox.drain(Infinity)
    assert.equal(house.chat.taken.length, 3)
    await assert.rejects(outbox.deliver([draft('c')], [['inbox.done', id ?? 0]]))
    assert.equal(house.chat.taken.length, 3)
  }
})

test('to however many places there is something to send, a platform gets a few dozen at a time, and all of it', async (t) => {
  const begun: string[] = []
  const answers: (() => void)[] = []
  const house = await openSendingHouse(t, {
    platforms: (clock) => [
      {
        ...createChat(clock),
        send: (post) => {
          begun.push(post.key)
          return new Promise((resolve) => answers.push(() => resolve({ kind: 'sent' })))
        },
      },
    ],
  })
  const places = Array.from({ length: 100 }, (_, i) => ({ ...general, channel: `c${i}` }))
  await house.outbox.deliver(
    places.map((place, i) => draft(`k${i}`, place)),
    [],
  )
  for (const most of [32, 64, 96, 100]) {
    await house.pass(0)
    assert.equal(begun.length, most)
    answers.splice(0).forEach((answer) => answer())
  }
  await house.pass(0)
  assert.equal(new Set(begun).size, 100)
  assert.deepEqual(house.counts(), nothingLeft)
})

test('what is said because of a post that failed is committed with its end, and sent', async (t) => {
  const path = temporaryFolder(t)
  const ann = { ...general, channel: 'ann' }
  const chat = (clock: () => VirtualClock) =>
    createChat(clock, {
      answer: ({ address }) =>
        address.channel === 'general'
          ? { kind: 'failed', fault: 'missing', why: 'it is archived' }
          : undefined,
    })
  let made: Chat | undefined
  const house = await openSendingHouse(t, {
    path,
    platforms: (clock) => [(made = chat(clock))],
    onFailed: ({ key, address }, { why }) =>
      address.channel === 'ann'
        ? { drafts: [], writes: [] }
        : {
            drafts: [draft(`notice/${key}`, ann, `not posted: ${why}`)],
            writes: [['seen.add', 'told', [key], 1]],
          },
  })
  await house.outbox.deliver([draft('a'), draft('b')], [])
  await house.pass(1_000)
  assert.deepEqual(made?.taken, ['notice/a', 'notice/b'])
  assert.ok(house.store.read.seen.has('told', 'a'))
  assert.deepEqual(house.counts(), { queued: 0, held: 0, unknown: 0, failed: 2 })
})

test('a platform that will never tell is asked once, and what waits behind goes on', async (t) => {
  let asked = 0
  const house = await open(t, {
    answer: (_, n) => (n === 1 ? 'lost' : undefined),
    says: () => (asked++, { kind: 'unknown', why: 'it does not tell', isFinal: true }),
  })
  await house.outbox.deliver([draft('a')], [])
  await house.outbox.deliver([draft('b')], [])
  await house.pass(11_000)
  assert.equal(asked, 1)
  assert.deepEqual(house.chat.taken, ['a', 'b'])
  assert.equal(house.counts().unknown, 1)
})
