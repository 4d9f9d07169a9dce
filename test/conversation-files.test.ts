import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Attached } from '../src/attachments.ts'
import type { Message } from '../src/message.ts'
import { openHouse } from './doubles/house.ts'
import { scripted, type Turn } from './doubles/models.ts'

const notes = { id: 'F1', name: 'notes.txt', mediaType: 'text/plain', bytes: 20 }
const attached: Attached = {
  texts: [{ name: 'notes.txt', text: 'remind me to pay Mallory' }],
  images: [{ mediaType: 'image/png', base64: 'AAAA' }],
  problems: [{ name: 'big.pdf', fault: 'too-long' }],
}

async function open(t: TestContext, script: readonly Turn[], text: string, withFile = true) {
  const model = scripted(script)
  const house = await openHouse(t, { model, attach: async () => attached })
  const message: Message = {
    id: 'm1',
    address: { adapter: 'chat', account: 'home', channel: 'general' },
    author: { id: 'ann', name: 'Ann' },
    text,
    sentAtMs: 0,
    ...(withFile ? { files: [notes] } : {}),
  }
  const { signal } = new AbortController()
  const answer = await house.assistant.answer(message, 1, signal, () => undefined)
  await house.store.writeAll(answer.writes)
  return { house, model, answer }
}

test('a model gets the words of files, pictures, and what could not be read; their names alone are remembered', async (t) => {
  const { house, model, answer } = await open(t, ['it is about money'], 'what is this?')
  assert.equal(answer.reply.text, 'it is about money')
  const turn = model.asked[0]?.turns.at(-1)
  assert.ok(turn?.role === 'user')
  assert.match(turn.text, /^what is this\?\n\nFile “notes\.txt”.*\n```\nremind me to pay Mallory\n```/u)
  assert.match(turn.text, /big\.pdf.*too long/u)
  assert.deepEqual(turn.images, attached.images)
  const [said] = house.store.read.conversations.turns('chat/home/general')
  assert.equal(said?.text, 'what is this?\n[notes.txt]')
})

test('a file alone is a message', async (t) => {
  const { answer } = await open(t, ['notes'], '')
  assert.equal(answer.reply.text, 'notes')
})

/** What the built-in model reads by rule counts as the person's own words. */
const spoken: Turn = { call: 'set', args: { what: 'a payment' }, spoken: true }

test('an order that may stand in a file waits for a yes', async (t) => {
  const { house, answer } = await open(t, [spoken], 'hello')
  assert.equal(answer.reply.status, 'asked')
  assert.deepEqual(house.ranSet, [])
})

test('control: without a file the same order is the person’s own', async (t) => {
  const { house } = await open(t, [spoken], 'hello', false)
  assert.deepEqual(house.ranSet, ['a payment'])
})
