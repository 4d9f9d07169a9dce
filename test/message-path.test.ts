import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { StoreError } from '../src/errors.ts'
import type { Delivery, Post } from '../src/message.ts'
import { splitReply, splitText } from '../src/split-text.ts'
import { openStore, type Store } from '../src/store/store.ts'
import { temporaryFolder } from './doubles/folder.ts'
import { openHouse } from './doubles/house.ts'
import { hang, scripted, type Turn } from './doubles/models.ts'
import { createPlatform } from './doubles/platform.ts'

const answering = (event: string) => (post: Post) => post.answers === event
const texts = (posts: readonly Post[]): string[] => posts.map((post) => post.reply.text)

test('a message is written down, answered once and its post marked as sent', async (t) => {
  const house = await openHouse(t, { model: scripted(['hello Ann']) })
  assert.equal(await house.platform.deliver('hi'), 'accepted')
  assert.equal((await house.platform.posted(answering('event-1'))).reply.text, 'hello Ann')
  await house.outbox.drain(Infinity)
  assert.equal(house.store.read.inbox.waitingCount(), 0)
  assert.deepEqual(house.store.read.outbox.counts(), { queued: 0, held: 0, unknown: 0, failed: 0 })
})

test('an event that comes three times is answered once', async (t) => {
  const house = await openHouse(t, { model: scripted(['first', 'second', 'third']) })
  const taken = await Promise.all([1, 2, 3].map(() => house.platform.deliver('hi', { id: 'same' })))
  assert.deepEqual(taken.toSorted(), ['accepted', 'duplicate', 'duplicate'])
  await house.platform.posted(answering('same'))
  await house.lanes.idle()
  assert.deepEqual(texts(house.platform.posts), ['first'])
})

test('control: without the unique row the same event is answered each time', async (t) => {
  const store = await openStore(temporaryFolder(t))
  let copies = 0
  const write: Store['write'] = (name, ...args) => {
    if (name !== 'inbox.receive') return store.write(name, ...args)
    const [message, nowMs] = args as unknown as [{ id: string }, number]
    return store.write(
      name,
      ...([{ ...message, id: `${message.id}-${++copies}` }, nowMs] as unknown as typeof args),
    )
  }
  const house = await openHouse(t, { store: { ...store, write }, model: scripted(['first', 'second']) })
  await house.platform.deliver('hi', { id: 'same' })
  await house.platform.deliver('hi', { id: 'same' })
  await house.lanes.idle()
  await house.outbox.drain(Infinity)
  assert.equal(house.platform.posts.length, 2)
})

test('a message that was taken in before a crash is answered after it, and one that was answered is not', async (t) => {
  const path = temporaryFolder(t)
  const before = await openHouse(t, { path, model: scripted(['answered', hang]) })
  await before.platform.deliver('first')
  await before.platform.posted(answering('event-1'))
  await before.platform.deliver('second')
  await before.crash()

  const after = await openHouse(t, { path, model: scripted(['late answer']) })
  after.outbox.resume()
  after.inbox.resume()
  await after.platform.posted(answering('event-2'))
  await after.lanes.idle()
  assert.deepEqual(texts(after.platform.posts), ['late answer'])
})

test('a message that began three more times without getting to its end is given up with a word, in its turn', async (t) => {
  const path = temporaryFolder(t)
  for (const life of [0, 1, 2, 3]) {
    const house = await openHouse(t, { path, model: scripted([hang]) })
    house.inbox.resume()
    if (life === 0) await house.platform.deliver('poison')
    if (life === 0) await house.platform.deliver('harmless')
    await house.store.write('seen.add', 'until what was ordered before is written', [], 0)
    await house.crash()
  }
  const last = await openHouse(t, { path, model: scripted(['fine']) })
  last.inbox.resume()
  const answer = await last.platform.posted(answering('event-2'))
  assert.equal(answer.reply.text, 'fine')
  assert.match(texts(last.platform.posts)[0] ?? '', /gave up/u)
  assert.equal(last.store.read.inbox.waitingCount(), 0)
})

test('starts and stops that a person orders do not count against a message', async (t) => {
  const path = temporaryFolder(t)
  for (let life = 0; life < 6; life++) {
    const house = await openHouse(t, { path, model: scripted([hang]) })
    house.inbox.resume()
    if (life === 0) await house.platform.deliver('takes long')
    const closing = house.inbox.close(0)
    house.lanes.stopAll('the time is over')
    await closing
    await house.crash()
  }
  const last = await openHouse(t, { path, model: scripted(['at last']) })
  last.inbox.resume()
  assert.equal((await last.platform.posted(answering('event-1'))).reply.text, 'at last')
})

test('a post that was being sent when the program ended is sent again only where that shows it once', async (t) => {
  for (const [afterCut, ends] of [
    ['resend', 'sent'],
    ['never', 'unknown'],
  ] as const) {
    const path = temporaryFolder(t)
    const cut = createPlatform('chat', afterCut)
    cut.script.push(new Promise<Delivery>(() => undefined))
    const before = await openHouse(t, { path, platform: cut, model: scripted(['fragile']) })
    await cut.deliver('hi')
    while (cut.script.length > 0) await new Promise((resolve) => setImmediate(resolve))
    await before.crash()

    const after = await openHouse(t, {
      path,
      platform: createPlatform('chat', afterCut),
      model: scripted([]),
    })
    after.outbox.resume()
    await after.outbox.drain(Infinity)
    assert.equal(after.platform.posts.length, ends === 'sent' ? 1 : 0, afterCut)
    assert.equal(after.store.read.outbox.counts().unknown, ends === 'unknown' ? 1 : 0, afterCut)
  }
})

test('a passing refusal is tried again, a lasting one ends failed, an unknown one is not repeated', async (t) => {
  const house = await openHouse(t, { model: scripted(['one', 'two', 'three']) })
  const no = (fault: 'network' | 'refused'): Delivery => ({ kind: 'failed', fault, why: 'no' })
  house.platform.script.push(no('network'), no('network'), { kind: 'sent' }, no('refused'), {
    kind: 'unknown',
    why: 'cut',
  })
  for (const text of ['1', '2', '3']) await house.platform.deliver(text)
  await house.lanes.idle()
  await house.outbox.drain(Infinity)
  assert.deepEqual(texts(house.platform.posts), ['one'])
  assert.deepEqual(house.store.read.outbox.counts(), { queued: 0, held: 0, unknown: 1, failed: 1 })
})

test('within a conversation answers come in order, and one conversation does not wait for another', async (t) => {
  const house = await openHouse(t, { model: scripted([hang, 'other', 'second']) })
  await house.platform.deliver('first')
  await house.platform.deliver('second')
  await house.platform.deliver('elsewhere', { address: { adapter: 'chat', account: 'home', channel: 'b' } })
  assert.equal((await house.platform.posted(answering('event-3'))).reply.text, 'other')
  assert.deepEqual(texts(house.platform.posts), ['other'])
  house.lanes.stop('chat/home/general')
  await house.lanes.idle()
  await house.outbox.drain(Infinity)
  assert.equal(house.platform.posts.length, 3)
})

test('/stop ends a hanging answer at once, past the messages that wait', async (t) => {
  const house = await openHouse(t, { model: scripted([hang, hang]) })
  await house.platform.deliver('think for ever')
  await house.platform.deliver('and this')
  await house.platform.deliver('停')
  const stopped = await house.platform.posted(answering('event-3'))
  assert.match(stopped.reply.text, /2 个回答/u)
  await house.platform.posted(answering('event-1'))
  await house.platform.posted(answering('event-2'))
  await house.lanes.idle()
  assert.equal(house.store.read.inbox.waitingCount(), 0)
})

test('control: a stop that waits for its turn would wait for ever', async (t) => {
  const house = await openHouse(t, { model: scripted([hang]) })
  await house.platform.deliver('think for ever')
  let isDone = false
  const waiting = house.lanes.run('chat/home/general', async () => {
    isDone = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(isDone, false)
  await house.platform.deliver('/stop')
  await waiting
  await house.lanes.idle()
})

test('closing lets what runs finish, and leaves for the next start what does not', async (t) => {
  const path = temporaryFolder(t)
  const house = await openHouse(t, { path, model: scripted([hang]) })
  await house.platform.deliver('long work')
  const closing = house.inbox.close(0)
  await assert.rejects(house.platform.deliver('too late'), /stopping/u)
  house.lanes.stopAll('the time is over')
  await closing
  await house.outbox.drain(0)
  assert.deepEqual(texts(house.platform.posts), [])
  await house.crash()

  const next = await openHouse(t, { path, model: scripted(['done now']) })
  next.inbox.resume()
  assert.equal((await next.platform.posted(answering('event-1'))).reply.text, 'done now')
})

test('where nothing can be written, looking works, and all else is told why and not taken', async (t) => {
  const store = await openStore(temporaryFolder(t))
  const full = (): Promise<never> => Promise.reject(new StoreError('disk-full', 'no room'))
  const house = await openHouse(t, { store: { ...store, write: full, writeAll: full }, model: scripted([]) })
  await house.platform.deliver('/look here')
  await house.platform.deliver('tell me a story')
  assert.deepEqual(
    texts(house.platform.posts).map((text) => text.slice(0, 30)),
    ['looked at here', 'I cannot take this in: the dis'],
  )
  assert.match(house.logged[0] ?? '', /disk-full/u)
  await house.platform.deliver('/note this')
  assert.match(house.platform.posts.at(-1)?.reply.text ?? '', /^I cannot take this in/u)
  house.platform.script.push({ kind: 'held' })
  await assert.rejects(house.platform.deliver('and nobody listens'), /no room/u)
})

test('an answer that the disk does not take is written as soon as it does, and nothing is asked twice', async (t) => {
  const store = await openStore(temporaryFolder(t))
  let refusals = 3
  const writeAll: Store['writeAll'] = (writes) =>
    refusals-- > 0 ? Promise.reject(new StoreError('disk-full', 'no room')) : store.writeAll(writes)
  const model = scripted(['one', 'two'])
  const house = await openHouse(t, { store: { ...store, writeAll }, model })
  await house.platform.deliver('first')
  await house.platform.deliver('second')
  await house.platform.posted(answering('event-2'))
  assert.deepEqual(texts(house.platform.posts), ['one', 'two'])
  assert.equal(model.asked.length, 2)
})

test('an answer that can never be written is told as a defect, and what waits behind it goes on', async (t) => {
  const store = await openStore(temporaryFolder(t))
  // Once more, too: a writer that ended in the middle would do it then.
  let broken = 2
  const writeAll: Store['writeAll'] = (writes) => {
    if (broken-- <= 0) return store.writeAll(writes)
    return Promise.reject(new StoreError('internal', 'a rule of the schema is broken'))
  }
  const house = await openHouse(t, { store: { ...store, writeAll }, model: scripted(['one', 'two']) })
  await house.platform.deliver('first')
  await house.platform.deliver('second')
  await house.platform.posted(answering('event-2'))
  assert.match(texts(house.platform.posts)[0] ?? '', /Something went wrong inside me.*event-1/u)
})

test('a message that was written down by a writer which ended before it could say so is answered once, in this life', async (t) => {
  const store = await openStore(temporaryFolder(t))
  let isDying = true
  const write: Store['write'] = async (name, ...args) => {
    const result = await store.write(name, ...args)
    if (name !== 'inbox.receive' || !isDying) return result
    isDying = false
    throw new StoreError('internal', 'the writer has ended')
  }
  const house = await openHouse(t, { store: { ...store, write }, model: scripted(['answered']) })
  await house.platform.deliver('hi', { id: 'event-1' })
  await house.platform.deliver('hi', { id: 'event-1' })
  await house.platform.posted(answering('event-1'))
  await house.lanes.idle()
  assert.deepEqual(texts(house.platform.posts), ['answered'])
  assert.equal(house.store.read.inbox.waitingCount(), 0)
})

test('a stop that was left behind stops nothing of what came after it', async (t) => {
  const path = temporaryFolder(t)
  const before = await openHouse(t, { path, model: scripted([]) })
  await before.store.write(
    'inbox.receive',
    {
      id: 's',
      address: before.platform.address,
      author: { id: 'ann', name: 'Ann' },
      text: '/stop',
      sentAtMs: 0,
    },
    1,
  )
  await before.store.write(
    'inbox.receive',
    {
      id: 'q',
      address: before.platform.address,
      author: { id: 'ann', name: 'Ann' },
      text: 'a question',
      sentAtMs: 0,
    },
    2,
  )
  await before.crash()
  const after = await openHouse(t, { path, model: scripted(['its answer']) })
  after.inbox.resume()
  assert.equal((await after.platform.posted(answering('q'))).reply.text, 'its answer')
})

test('what was left behind is begun once and sent once, also when more comes in at the same moment', async (t) => {
  const path = temporaryFolder(t)
  const before = await openHouse(t, { path, model: scripted(Array<Turn>(5).fill(hang)) })
  for (let i = 0; i < 5; i++)
    await before.platform.deliver(`${i}`, { address: { adapter: 'chat', account: 'home', channel: `c${i}` } })
  await before.crash()
  const model = scripted(Array<string>(10).fill('late'))
  const after = await openHouse(t, { path, model })
  after.outbox.resume()
  after.inbox.resume()
  for (let i = 0; i < 5; i++)
    await after.platform.deliver(`new ${i}`, {
      id: `new-${i}`,
      address: { adapter: 'chat', account: 'home', channel: `c${i}` },
    })
  await after.lanes.idle()
  await after.outbox.drain(Infinity)
  assert.equal(model.asked.length, 10)
  const answered = after.platform.posts.map(({ answers }) => answers)
  assert.equal(new Set(answered).size, 10)
  assert.equal(answered.length, 10)
})

test('a text is cut between characters, at line ends where there are any, and no piece is blank', () => {
  assert.deepEqual(splitText('aaaaaaaaaa\n', 10), ['aaaaaaaaaa'])
  assert.deepEqual(splitText('one two three', 8), ['one two', 'three'])
  assert.deepEqual(splitText('first\n  second', 10), ['first', '  second'])
  const family = '👨‍👩‍👧'
  assert.deepEqual(splitText(family.repeat(3), 10), [family, family, family])
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.integer({ min: 2, max: 50 }),
      (text, maxChars) => {
        const pieces = splitText(text, maxChars)
        assert.equal(pieces.join('').replaceAll(/\s/gu, ''), text.replaceAll(/\s/gu, ''))
        assert.ok(pieces.every((piece) => piece.length <= maxChars || pieces.length === 1))
      },
    ),
  )
})

test('control characters and marks that turn text around do not come in', async (t) => {
  const model = scripted(['ok'])
  const house = await openHouse(t, { model })
  await house.platform.deliver('a\u0000b\u001B[31m\u202Ec\nd')
  await house.lanes.idle()
  assert.equal(model.asked[0]?.turns.at(-1)?.text, 'ab[31mc\nd')
})

test('where text is all that can be shown, buttons and files do not go along', () => {
  const reply = {
    text: 'one two three',
    status: 'asked',
    data: { id: 1 },
    choices: [{ label: 'Yes', says: 'yes' }],
    from: 'model',
    aside: true,
    file: { name: 'a.md', text: 'a' },
  } as const
  assert.deepEqual(splitReply(reply, 8), [
    { text: 'one two', status: 'asked', data: { id: 1 } },
    { text: 'three', status: 'asked' },
  ])
})

test('an order to stop that a waiting message was changed into ends what is under way, and is answered', async (t) => {
  const house = await openHouse(t, { model: scripted([hang]) })
  await house.platform.deliver('hang', { id: 'a' })
  await house.inbox.revise({ id: 'a', address: house.platform.address, text: '/stop' })
  assert.match((await house.platform.posted(answering('a'))).reply.text, /Stopped/iu)
  await house.lanes.idle()
  assert.equal(house.platform.posts.length, 1)
})
