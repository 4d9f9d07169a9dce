import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newLeave, readLeave } from '../../../../src/adapters/slack/setup/leave.ts'

const secret = 'state-state-state'
const hourMs = 3_600_000

test('a leave is good for an hour, each has an id of its own, and another secret does not know it', () => {
  const givenMs = Date.UTC(2026, 10, 22)
  const words = Array.from({ length: 50 }, () => newLeave(secret, givenMs))
  const idAt = (word: string, ms: number) => readLeave(word, secret, givenMs + ms)
  const ids = words.map((word) => idAt(word, 0))
  assert.equal(new Set(ids).size, 50)
  assert.ok(!ids.includes(undefined))
  for (const [i, word] of words.entries()) {
    assert.equal(idAt(word, hourMs - 1), ids[i])
    assert.equal(idAt(word, hourMs), undefined)
    assert.equal(readLeave(word, `${secret}x`, givenMs), undefined)
    assert.equal(encodeURIComponent(word), word, 'it stands in a link as it is')
  }
})

test('what is not a leave, or is one no more after a change of its id, is refused', () => {
  const nowMs = Date.UTC(2026, 10, 22)
  fc.assert(
    fc.property(fc.string(), fc.nat(30), (text, at) => {
      assert.equal(readLeave(text, secret, nowMs), undefined)
      const word = newLeave(secret, nowMs)
      const [id = ''] = word.split('.')
      const changed = id.slice(0, at) + text + id.slice(at)
      const isSame = changed === id
      assert.equal(
        readLeave(
          word.replace(id, () => changed),
          secret,
          nowMs,
        ),
        isSame ? id : undefined,
      )
    }),
    { numRuns: 500 },
  )
})
