import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Address } from '../src/message.ts'
import { openHouse } from './doubles/house.ts'
import { scripted } from './doubles/models.ts'

const channel: Address = { adapter: 'chat', account: 'home', channel: 'general', shared: true }
const aside: Address = { ...channel, aside: true }

/** Two people who say something in the same place; what the model is told of before the second of them speaks. */
async function told(t: TestContext, address: Address): Promise<string[]> {
  const model = scripted(['ok', 'ok', 'ok', 'ok'])
  const house = await openHouse(t, { model })
  let events = 0
  const say = async (id: string, text: string): Promise<void> => {
    const message = { id: `m${++events}`, address, author: { id, name: id }, text, sentAtMs: 0 }
    const { signal } = new AbortController()
    const { writes } = await house.assistant.answer(message, events, signal, () => undefined)
    await house.store.writeAll(writes)
  }
  await say('ann', 'my secret')
  await say('bob', 'what did the others say?')
  await say('ann', 'and I?')
  await say('ann', '/new')
  await say('bob', 'again')
  return model.asked.map(({ turns }) => turns.map(({ text }) => text).join(' | '))
}

test('what is said aside is remembered for whoever said it, and /new forgets theirs alone', async (t) => {
  assert.deepEqual(await told(t, aside), [
    'my secret',
    'what did the others say?',
    'my secret | ok | and I?',
    'what did the others say? | ok | again',
  ])
})

test('control: where others read along, all is remembered as one conversation', async (t) => {
  assert.deepEqual(await told(t, channel), [
    'my secret',
    'my secret | ok | what did the others say?',
    'my secret | ok | what did the others say? | ok | and I?',
    'again',
  ])
})
