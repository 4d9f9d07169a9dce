import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { sleep } from '../src/abort.ts'

test('a wait ends after its time, and lets go of the signal', async () => {
  const { signal } = new AbortController()
  await sleep(1, signal)
  assert.equal(getEventListeners(signal, 'abort').length, 0)
})

test('a wait ends with the reason of the abort, also where that came before', async () => {
  const ended = new AbortController()
  const waiting = sleep(60_000, ended.signal)
  ended.abort('over')
  await assert.rejects(waiting, (reason) => reason === 'over')
  await assert.rejects(sleep(60_000, ended.signal), (reason) => reason === 'over')
})
