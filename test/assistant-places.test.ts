import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openHouse } from './doubles/house.ts'
import { scripted, type Turn } from './doubles/models.ts'

/** A house whose platforms are still asking for the names of their places. */
async function open(t: TestContext, script: readonly Turn[] = []) {
  const names = Promise.withResolvers<void>()
  const house = await openHouse(t, { model: scripted(script), settled: () => names.promise })
  const address = { adapter: 'chat', account: 'home', channel: 'general' }
  const author = { id: 'ann', name: 'Ann' }
  const { signal } = new AbortController()
  const say = (text: string) =>
    house.assistant.answer({ id: text, address, author, text, sentAtMs: 0 }, 1, signal, () => undefined)
  const perform = (name: string) =>
    house.assistant.perform({ command: name, args: { what: 'x' } }, 'chat/home/ann', {
      address,
      language: 'en',
      nowMs: 0,
      zone: 'UTC',
      signal,
      progress: () => undefined,
    })
  return { house, names, say, perform }
}

/** True if the work is still under way when all that can go on has gone on. */
async function waits(work: Promise<unknown>): Promise<boolean> {
  let isDone = false
  void work.then(() => (isDone = true))
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  return !isDone
}

test('an order that may name a place waits until the names are known', async (t) => {
  const { house, names, say } = await open(t, [{ call: 'set', args: { what: 'c' } }])
  const orders = [say('/set a'), say('do it')]
  for (const order of orders) assert.equal(await waits(order), true)
  assert.deepEqual(house.ranSet, [])
  names.resolve()
  await Promise.all(orders)
  assert.deepEqual(house.ranSet, ['a'])
})

test('what looks, what stops, plain talk, and the run of a task wait for no names', async (t) => {
  const { say, perform } = await open(t, ['hello Ann'])
  for (const text of ['/look here', '/stop', 'hi']) assert.equal(await waits(say(text)), false, text)
  assert.equal(await waits(perform('set')), false)
})
