import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBotTurns, type Answered, type BotTurns } from '../../../../src/adapters/slack/in/bots.ts'

const by = (author: string, id: string): Answered => ({ author, id })
const open = (before: readonly Answered[] = []): BotTurns => createBotTurns(() => before)

test('a bot has so many turns in a channel until a person writes there', () => {
  const turns = open()
  assert.deepEqual(
    ['a', 'b', 'c'].map((id) => turns.take('C1', by('B1', id), 2)),
    [true, true, false],
  )
  turns.end('C1')
  assert.equal(turns.take('C1', by('B1', 'd'), 2), true)
})

test('a message that comes again takes no second turn', () => {
  const turns = open()
  for (let i = 0; i < 5; i++) assert.equal(turns.take('C1', by('B1', 'a'), 1), true)
  assert.equal(turns.take('C1', by('B1', 'b'), 1), false)
  assert.equal(turns.take('C1', by('B1', 'a'), 1), true)
})

test('one channel takes nothing from another, and one bot nothing from another', () => {
  const turns = open()
  assert.equal(turns.take('C1', by('B1', 'a'), 1), true)
  assert.equal(turns.take('C2', by('B1', 'b'), 1), true)
  assert.equal(turns.take('C1', by('B2', 'c'), 1), true)
})

test('those of an earlier life of the program count, until a person writes', () => {
  const turns = open([by('B1', 'b'), by('B1', 'a')])
  assert.equal(turns.take('C1', by('B1', 'c'), 2), false)
  assert.equal(turns.take('C1', by('B1', 'b'), 2), true)
  turns.end('C1')
  assert.equal(turns.take('C1', by('B1', 'c'), 2), true)
  assert.equal(open().take('C1', by('B1', 'c'), 2), true, 'control: without them it is answered')
})

test('no turns mean none', () => {
  assert.equal(open().take('C1', by('B1', 'a'), 0), false)
})
