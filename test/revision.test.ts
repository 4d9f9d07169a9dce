import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import type { Model } from '../src/model.ts'
import type { Post } from '../src/message.ts'
import { openStore, type Store } from '../src/store/store.ts'
import { temporaryFolder } from './doubles/folder.ts'
import { openHouse } from './doubles/house.ts'
import { hang, scripted } from './doubles/models.ts'

const answering = (event: string) => (post: Post) => post.answers === event
const texts = (posts: readonly Post[]): string[] => posts.map((post) => post.reply.text)

/** A model that says what it was asked; it hangs at questions that begin with "wait". */
function echo(asked: string[] = []): Model {
  return {
    name: 'echo',
    stream: async function* (request, signal) {
      const text = request.turns.at(-1)?.text ?? ''
      asked.push(text)
      if (text.startsWith('wait'))
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      yield { kind: 'text', text: `re: ${text}` }
      yield { kind: 'end', stop: 'complete', usage: {} }
    },
  }
}

test('a message that is changed while it is being answered is answered as it is now, once', async (t) => {
  const asked: string[] = []
  const house = await openHouse(t, { model: echo(asked) })
  await house.platform.deliver('wait for me', { id: 'e' })
  while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await house.inbox.revise({ id: 'e', address: house.platform.address, text: 'good morning' })
  assert.equal((await house.platform.posted(answering('e'))).reply.text, 're: good morning')
  await house.lanes.idle()
  assert.deepEqual(asked, ['wait for me', 'good morning'])
  assert.equal(house.platform.posts.length, 1)
})

test('a message that is taken back while it is being answered is not answered, and the next one is', async (t) => {
  const asked: string[] = []
  const house = await openHouse(t, { model: echo(asked) })
  await house.platform.deliver('wait', { id: 'e' })
  await house.platform.deliver('next', { id: 'f' })
  while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await house.inbox.revise({ id: 'e', address: house.platform.address, text: null })
  await house.platform.posted(answering('f'))
  assert.deepEqual(texts(house.platform.posts), ['re: next'])
  assert.equal(house.store.read.inbox.waitingCount(), 0)
  assert.equal(house.logged.length, 0)
})

test('a message that waits for its turn is answered as it was changed, or not at all', async (t) => {
  const house = await openHouse(t, { model: echo() })
  const { address } = house.platform
  await house.platform.deliver('wait', { id: 'a' })
  await house.platform.deliver('two', { id: 'b' })
  await house.platform.deliver('three', { id: 'c' })
  await house.inbox.revise({ id: 'b', address, text: 'two, better' })
  await house.inbox.revise({ id: 'c', address, text: null })
  await house.inbox.revise({ id: 'a', address, text: 'one' })
  await house.platform.posted(answering('b'))
  await house.lanes.idle()
  assert.deepEqual(texts(house.platform.posts), ['re: one', 're: two, better'])
})

test('after its answer nothing happens to a message that is changed', async (t) => {
  const house = await openHouse(t, { model: echo() })
  await house.platform.deliver('hi', { id: 'e' })
  await house.platform.posted(answering('e'))
  await house.lanes.idle()
  await house.inbox.revise({ id: 'e', address: house.platform.address, text: 'ho' })
  await house.inbox.revise({ id: 'e', address: house.platform.address, text: null })
  await house.inbox.revise({ id: 'unknown', address: house.platform.address, text: 'ho' })
  await house.lanes.idle()
  assert.deepEqual(texts(house.platform.posts), ['re: hi'])
})

test('what was changed, or taken back, is so after a crash, too', async (t) => {
  const path = temporaryFolder(t)
  const before = await openHouse(t, { path, model: scripted([hang, hang]) })
  const { address } = before.platform
  await before.platform.deliver('first', { id: 'a' })
  await before.platform.deliver('second', { id: 'b' })
  await before.inbox.revise({ id: 'a', address, text: 'first, better' })
  await before.inbox.revise({ id: 'b', address, text: null })
  await before.crash()
  const after = await openHouse(t, { path, model: echo() })
  after.inbox.resume()
  await after.platform.posted(answering('a'))
  await after.lanes.idle()
  assert.deepEqual(texts(after.platform.posts), ['re: first, better'])
})

test('control: without the change in the row a crash brings the old text back', async (t) => {
  const path = temporaryFolder(t)
  const store = await openStore(path)
  const write: Store['write'] = (name, ...args) =>
    name === 'inbox.revise' ? Promise.resolve(null as never) : store.write(name, ...args)
  const before = await openHouse(t, { store: { ...store, write }, model: scripted([hang]) })
  await before.platform.deliver('first', { id: 'a' })
  await before.inbox.revise({ id: 'a', address: before.platform.address, text: 'better' })
  await before.crash()
  const after = await openHouse(t, { path, model: echo() })
  after.inbox.resume()
  assert.equal((await after.platform.posted(answering('a'))).reply.text, 're: first')
})

test('a change that comes before its message counts, and one that was taken back is not answered', async (t) => {
  const asked: string[] = []
  const house = await openHouse(t, { model: echo(asked) })
  const { address, deliver } = house.platform
  await house.inbox.revise({ id: 'a', address, text: 'wait' })
  await house.inbox.revise({ id: 'a', address, text: 'better' })
  await house.inbox.revise({ id: 'b', address, text: null })
  assert.equal(await deliver('first', { id: 'a' }), 'accepted')
  assert.equal(await deliver('second', { id: 'b' }), 'duplicate')
  await house.platform.posted(answering('a'))
  await house.lanes.idle()
  assert.deepEqual(texts(house.platform.posts), ['re: better'])
  assert.deepEqual(asked, ['better'])
})

test('a change that comes while its message is written down counts', async (t) => {
  const house = await openHouse(t, { model: echo() })
  const { address, deliver } = house.platform
  const taken = [deliver('first', { id: 'a' }), deliver('second', { id: 'b' })]
  const changed = [
    house.inbox.revise({ id: 'a', address, text: 'better' }),
    house.inbox.revise({ id: 'b', address, text: null }),
  ]
  assert.deepEqual(await Promise.all(taken), ['accepted', 'duplicate'])
  await Promise.all(changed)
  await house.platform.posted(answering('a'))
  await house.lanes.idle()
  assert.deepEqual(texts(house.platform.posts), ['re: better'])
  assert.equal(house.store.read.inbox.waitingCount(), 0)
})

test('a change that is delivered again asks no model again', async (t) => {
  const asked: string[] = []
  const house = await openHouse(t, { model: echo(asked) })
  const { address } = house.platform
  await house.platform.deliver('hello', { id: 'a' })
  await house.inbox.revise({ id: 'a', address, text: 'wait' })
  while (!asked.includes('wait')) await new Promise((resolve) => setImmediate(resolve))
  await house.inbox.revise({ id: 'a', address, text: 'wait' })
  await house.inbox.revise({ id: 'a', address, text: 'good' })
  await house.platform.posted(answering('a'))
  assert.deepEqual(
    asked.filter((text) => text !== 'hello'),
    ['wait', 'good'],
  )
})

test('no answer to what a message was is written down once its change is taken in', async (t) => {
  const path = temporaryFolder(t)
  const store = await openStore(path)
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
  // The disk is slow with the change alone.
  const write: Store['write'] = async (name, ...args) => {
    if (name === 'inbox.revise') await held
    return store.write(name, ...args)
  }
  const [asked, allowed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const model: Model = {
    name: 'gated',
    stream: async function* (request) {
      asked.resolve()
      await allowed.promise
      yield { kind: 'text', text: `re: ${request.turns.at(-1)?.text}` }
      yield { kind: 'end', stop: 'complete', usage: {} }
    },
  }
  const house = await openHouse(t, { store: { ...store, write }, model })
  await house.platform.deliver('as it was', { id: 'a' })
  await asked.promise
  const changing = house.inbox.revise({ id: 'a', address: house.platform.address, text: 'as it is' })
  allowed.resolve()
  assert.equal((await house.platform.posted(answering('a'))).reply.text, 're: as it is')
  letGo()
  await changing
  await house.lanes.idle()
  assert.equal(house.platform.posts.length, 1)
})

test('with a message goes the question that it led to, and with none before it', async (t) => {
  const order = { call: 'set', args: { what: 'tea' } }
  const house = await openHouse(t, { model: scripted([order, order, order]) })
  const { address, deliver, posted } = house.platform
  const say = async (text: string, id: string): Promise<string> => {
    await deliver(text, { id })
    return (await posted(answering(id))).reply.text
  }
  const takeBack = (id: string): Promise<void> => house.inbox.revise({ id, address, text: null })
  await say('tea, please', 'a')
  await say('tea, I said', 'b')
  await takeBack('a')
  assert.equal(await say('yes', 'c'), 'set tea')
  await say('more tea', 'd')
  await takeBack('d')
  const { data } = (await posted(answering('d'))).reply
  const { approval } = z.object({ approval: z.string() }).parse(data)
  assert.match(await say(`yes ${approval}`, 'e'), /not open any more|gone|no longer/u)
  assert.deepEqual(house.ranSet, ['tea'])
})
