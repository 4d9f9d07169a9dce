import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createPace } from '../src/pace.ts'
import { temporaryFolder } from './doubles/folder.ts'
import { createChat, draft, general, openSendingHouse, type Chat } from './doubles/sending-house.ts'
import { createVirtualClock } from './doubles/virtual-clock.ts'

const minute = 60_000
const long = (name: string): string => [1, 2, 3].map((n) => `${name}${n}`.padEnd(60, '.')).join('\n')
const heads = (chat: Chat): string[] => chat.begun.map(({ key }) => key)

test('replies to one address come in the order of their rows, the parts of one together', async (t) => {
  let chat: Chat | undefined
  const house = await openSendingHouse(t, {
    platforms: (clock) => [
      (chat = createChat(clock, {
        maxChars: 100,
        answer: (_, n) => (n % 3 === 2 ? { kind: 'failed', fault: 'network', why: 'no' } : undefined),
      })),
    ],
  })
  await Promise.all(['a', 'b', 'c'].map((key) => house.outbox.deliver([draft(key, general, long(key))], [])))
  await house.pass(10 * minute)
  assert.deepEqual(
    chat?.taken,
    ['a', 'b', 'c'].flatMap((key) => [1, 2, 3].map((n) => `${key}#${n}`)),
  )
})

test('after a part that is refused no more of that reply is sent, and the rows say why', async (t) => {
  let chat: Chat | undefined
  const house = await openSendingHouse(t, {
    platforms: (clock) => [
      (chat = createChat(clock, {
        maxChars: 100,
        answer: ({ key }) => (key === 'a#2' ? { kind: 'failed', fault: 'refused', why: 'no' } : undefined),
      })),
    ],
  })
  await house.outbox.deliver([draft('a', general, long('a')), draft('b')], [])
  await house.pass(minute)
  assert.deepEqual(chat?.taken, ['a#1', 'b'])
  assert.equal(house.counts().failed, 2)
  assert.equal(house.counts().queued, 0)
})

test('parts that were left go on where the last life ended, also where an earlier one arrived unseen', async (t) => {
  const path = temporaryFolder(t)
  const hanging: Chat[] = []
  const before = await openSendingHouse(t, {
    path,
    platforms: (clock) => {
      hanging.push(
        createChat(clock, { maxChars: 100, answer: ({ key }) => (key === 'a#2' ? 'hang' : undefined) }),
      )
      return hanging
    },
  })
  await before.outbox.deliver([draft('a', general, long('a')), draft('b', general, long('b'))], [])
  await before.pass(0)
  await before.crash()
  let chat: Chat | undefined
  const after = await openSendingHouse(t, {
    path,
    platforms: (clock) => [
      (chat = createChat(clock, {
        maxChars: 100,
        ...(hanging[0] === undefined ? {} : { before: hanging[0] }),
        answer: ({ key }) => (key === 'a#3' ? { kind: 'failed', fault: 'refused', why: 'no' } : undefined),
      })),
    ],
  })
  after.outbox.resume()
  await after.pass(minute)
  assert.deepEqual(chat?.taken, ['a#1', 'a#2', 'b#1', 'b#2', 'b#3'])
})

test('sends to one channel, threads and all, keep its pace; other channels do not wait', async (t) => {
  let chat: Chat | undefined
  const house = await openSendingHouse(t, {
    platforms: (clock) => [(chat = createChat(clock, { paceMs: 1_000 }))],
  })
  const threads = [general, { ...general, thread: '1' }, { ...general, thread: '2' }]
  const attic = { ...general, channel: 'attic' }
  await house.outbox.deliver(
    [...threads.flatMap((where, i) => [draft(`t${i}a`, where), draft(`t${i}b`, where)]), draft('x', attic)],
    [],
  )
  await house.pass(0)
  assert.deepEqual(heads(chat!).toSorted(), ['t0a', 'x'])
  await house.pass(minute)
  const atMs = chat!.begun.filter(({ channel }) => channel === 'general').map((one) => one.atMs)
  assert.deepEqual(
    atMs,
    [0, 1, 2, 3, 4, 5].map((i) => 1_000_000 + i * 1_000),
  )
})

test('what a rate limit refused goes first in its channel, whatever waits there in other threads', async (t) => {
  const limited = { kind: 'failed', fault: 'rate-limit', why: 'slow down', retryAfterMs: 7_000 } as const
  const gone = { kind: 'failed', fault: 'missing', why: 'gone' } as const
  let chat: Chat | undefined
  const house = await openSendingHouse(t, {
    platforms: (clock) => [
      (chat = createChat(clock, {
        paceMs: 1_000,
        answer: ({ key }, n) => (key === 'one' && n <= 4 ? limited : key === 'bad' ? gone : undefined),
      })),
    ],
  })
  const [first, second] = [
    { ...general, thread: '1' },
    { ...general, thread: '2' },
  ]
  const attic = { ...general, channel: 'attic' }
  await house.outbox.deliver([draft('one', first), draft('two', first)], [])
  await house.pass(0)
  await house.outbox.deliver(
    [draft('three', second), draft('bad'), draft('four', second), draft('x', attic), draft('y', attic)],
    [],
  )
  await house.pass(minute)
  assert.deepEqual(
    chat?.begun.map(({ key, atMs }) => `${key} ${(atMs - 1_000_000) / 1_000}`),
    ['one 0', 'x 0', 'y 1', 'one 7', 'one 14', 'two 15', 'three 16', 'bad 17', 'four 18'],
  )
})

test('turns are given by rank, whenever they were asked for; of one rank, as they were asked for', async () => {
  const beganIn = async (rankOf: (i: number) => number): Promise<readonly number[]> => {
    const clock = createVirtualClock(5)
    const pace = createPace({ ...clock, signal: new AbortController().signal })
    const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
    const began: number[] = []
    pace.stall('a', 5_000)
    for (const i of [7, 2, 9, 1, 8]) void pace.turn('a', rankOf(i), 100, async () => void began.push(i))
    await clock.pass(10_000, rest)
    return began
  }
  assert.deepEqual(await beganIn((i) => i), [1, 2, 7, 8, 9])
  assert.deepEqual(await beganIn(() => 0), [7, 2, 9, 1, 8])
})

test('however turns are asked for, those of a channel begin in order and not too close', async () => {
  const asked = fc.record({
    channel: fc.integer({ min: 0, max: 2 }),
    afterMs: fc.integer({ min: 0, max: 300 }),
    stallMs: fc.option(fc.integer({ min: 1, max: 5_000 }), { nil: 0, freq: 5 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(asked, { maxLength: 30 }), async (orders) => {
      const clock = createVirtualClock(5)
      const pace = createPace({ ...clock, signal: new AbortController().signal })
      const began: { channel: number; i: number; atMs: number; freeMs: number }[] = []
      const freeMs = [0, 0, 0]
      const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
      for (const [i, { channel, afterMs, stallMs }] of orders.entries()) {
        await clock.pass(afterMs, rest)
        if (stallMs > 0) pace.stall(`${channel}`, stallMs)
        if (stallMs > 0) freeMs[channel] = Math.max(freeMs[channel] ?? 0, clock.now() + stallMs)
        void pace
          .turn(`${channel}`, i, 100, async () => undefined)
          .then(() => began.push({ channel, i, atMs: clock.now(), freeMs: freeMs[channel] ?? 0 }))
      }
      await clock.pass(1_000_000, rest)
      assert.equal(began.length, orders.length)
      for (const channel of [0, 1, 2]) {
        const own = began.filter((one) => one.channel === channel)
        for (const [n, one] of own.entries()) {
          const before = own[n - 1]
          assert.ok(before === undefined || (before.i < one.i && before.atMs + 100 <= one.atMs))
          assert.ok(one.atMs >= one.freeMs)
        }
      }
    }),
    { numRuns: 50 },
  )
})

test('a clock that is put back makes no turn wait for longer', async () => {
  const clock = createVirtualClock(10_000_000)
  const pace = createPace({ ...clock, signal: new AbortController().signal })
  const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  await pace.turn('a', 1, 1_000, async () => undefined)
  clock.set(1)
  let has = false
  void pace.turn('a', 1, 1_000, async () => undefined).then(() => (has = true))
  await clock.pass(1_000, rest)
  await rest()
  assert.ok(has)
})

test('a turn that cannot be written down is not the end of its channel', async () => {
  const clock = createVirtualClock(5)
  const pace = createPace({ ...clock, signal: new AbortController().signal })
  const broken = pace.turn('a', 1, 10, () => Promise.reject(new Error('no room')))
  const next = pace.turn('a', 1, 10, async () => undefined)
  await assert.rejects(broken, /no room/u)
  await next
})

test('channels that are forgotten are not looked for at each new one', async () => {
  let looks = 0
  const pace = createPace({
    now: () => {
      looks++
      return 0
    },
    sleep: () => new Promise(() => undefined),
    signal: new AbortController().signal,
  })
  for (let i = 0; i < 5_000; i++) pace.stall(`channel ${i}`, 3_600_000)
  assert.ok(looks < 100_000, `the clock was looked at ${looks} times`)
})
