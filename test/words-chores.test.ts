import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createDigest } from '../src/commands/digest.ts'
import { createRemind } from '../src/commands/remind.ts'
import { createCommandTable } from '../src/command.ts'
import { choreWords } from '../src/words-chores.ts'

const table = createCommandTable([
  createRemind({ findWhen: () => undefined }),
  createDigest({
    read: () => Promise.reject(new Error('nothing is read here')),
    seen: () => false,
    modelFor: () => assert.fail('no model is asked here'),
    shorten: (text) => text,
    resolve: () => undefined,
    isOrdered: () => false,
    mostItems: () => 1,
    now: () => 0,
  }),
])
const moment = { nowMs: 0, zone: 'UTC' }

suite('what a task does', () => {
  const feed = 'https://example.org/feed.xml'
  const chores = [
    [{ command: 'remind', args: { text: 'tea' } }, 'remind tea', '提醒 tea'],
    [{ command: 'remind', args: { text: '浇花' } }, 'remind 浇花', '提醒 浇花'],
    [{ command: 'remind', args: { text: 'buy the milk' } }, 'remind "buy the milk"', '提醒 "buy the milk"'],
    [{ command: 'digest', args: { from: feed } }, `digest ${feed}`, `摘要 ${feed}`],
    [
      { command: 'digest', args: { from: feed, to: '#news' } },
      `digest ${feed} to #news`,
      `摘要 ${feed} 到 #news`,
    ],
    [
      { command: 'digest', args: { from: 'my feed.xml', to: 'here' } },
      'digest "my feed.xml" to here',
      '摘要 "my feed.xml" 到 here',
    ],
  ] as const

  for (const [chore, english, chinese] of chores) {
    test(`is "${english}" and "${chinese}", and is understood when it is typed so`, () => {
      assert.equal(choreWords(chore, 'en'), english)
      assert.equal(choreWords(chore, 'zh'), chinese)
      for (const words of [english, chinese]) {
        const read = table.read(`/${words}`, moment)
        assert.ok(read?.kind === 'invocation', words)
        assert.deepEqual({ command: read.invocation.name, args: read.invocation.args }, chore)
      }
    })
  }

  test('of any other command holds all that it was given, by name', () => {
    const chore = { command: 'look', args: { at: 'it', n: 3, not: undefined, to: 'here' } }
    assert.equal(choreWords(chore, 'en'), 'look --at it --n 3 to here')
    assert.equal(choreWords({ command: 'look', args: {} }, 'zh'), 'look')
  })
})
