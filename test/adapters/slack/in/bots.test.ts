import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBotTurns } from '../../../../src/adapters/slack/in/bots.ts'

test('bots have so many turns in a thread until a person writes there', () => {
  const turns = createBotTurns()
  assert.deepEqual(
    ['a', 'b', 'c'].map((id) => turns.take('lane', id, 2)),
    [true, true, false],
  )
  turns.end('lane')
  assert.equal(turns.take('lane', 'd', 2), true)
})

test('a message that comes again takes no second turn', () => {
  const turns = createBotTurns()
  for (let i = 0; i < 5; i++) assert.equal(turns.take('lane', 'a', 1), true)
  assert.equal(turns.take('lane', 'b', 1), false)
  assert.equal(turns.take('lane', 'a', 1), true)
})

test('one thread takes nothing from another', () => {
  const turns = createBotTurns()
  assert.equal(turns.take('one', 'a', 1), true)
  assert.equal(turns.take('other', 'b', 1), true)
})

test('no turns mean none', () => {
  assert.equal(createBotTurns().take('lane', 'a', 0), false)
})
