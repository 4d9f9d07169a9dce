import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ModelError } from '../../src/errors.ts'
import type { Model, ModelEvent, Try } from '../../src/model.ts'
import { startAttempt, type Attempt } from '../../src/models/attempt.ts'
import { ask } from '../contracts/model.ts'
import { candidateOf } from '../doubles/candidates.ts'

/** A model that says so many pieces of 1,000 characters and then ends; `isLeft` once its reader has left it. */
function talker(pieces: number): { readonly model: Model; readonly isLeft: () => boolean } {
  let isLeft = false
  const stream = async function* (): AsyncGenerator<ModelEvent> {
    try {
      yield { kind: 'working' }
      for (let count = 0; count < pieces; count++) yield { kind: 'text', text: 'x'.repeat(1_000) }
      yield { kind: 'end', stop: 'complete', usage: { inputTokens: 1, outputTokens: 1 } }
    } finally {
      isLeft = true
    }
  }
  return { model: { name: 'talker', stream }, isLeft: () => isLeft }
}

function begin(model: Model, maxTokens: number): { readonly attempt: Attempt; readonly tries: Try[] } {
  const candidate = candidateOf(model)
  const pass = candidate.breaker.enter()
  assert.ok(pass !== undefined)
  const tries: Try[] = []
  const attempt = startAttempt({
    candidate,
    pass,
    request: ask('hi', { maxTokens }),
    promptTokens: () => 7,
    signal: new AbortController().signal,
    now: () => 0,
    onEnd: (one) => void tries.push(one),
  })
  return { attempt, tries }
}

/** Pulls to the end or the error. */
async function drain({ pull }: Attempt): Promise<readonly (ModelEvent | ModelError)[]> {
  const all: (ModelEvent | ModelError)[] = []
  for (;;) {
    const next = await pull()
    all.push(next)
    if (next instanceof ModelError || next.kind === 'end') return all
  }
}

suite('an attempt', () => {
  test('a vendor that does not mind the limit of tokens is stopped, and what it said is counted', async () => {
    const { model, isLeft } = talker(1_000)
    const { attempt, tries } = begin(model, 500)
    const all = await drain(attempt)
    const last = all.at(-1)
    assert.ok(last instanceof ModelError && last.fault === 'bad-answer')
    assert.match(last.message, /more than 40000 characters where 500 tokens were allowed/u)
    assert.equal(all.length, 41)
    assert.ok(isLeft())
    assert.equal(tries.length, 1)
    assert.equal(tries[0]?.outcome, 'bad-answer')
    assert.ok((tries[0].usage.outputTokens ?? 0) > 5_000)
  })

  test('the same answer is one where so many tokens are allowed', async () => {
    const { attempt, tries } = begin(talker(1_000).model, 50_000)
    const all = await drain(attempt)
    assert.equal(all.length, 1_001)
    assert.equal(tries[0]?.outcome, 'answered')
  })

  test('what is no more than work is passed on to nobody', async () => {
    const all = await drain(begin(talker(1).model, 500).attempt)
    assert.deepEqual(
      all.map((event) => (event instanceof ModelError ? event.fault : event.kind)),
      ['text', 'end'],
    )
  })
})
