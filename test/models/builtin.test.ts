import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createBuiltin, type BuiltinParts } from '../../src/models/builtin/builtin.ts'
import { bestSentences } from '../../src/models/builtin/summary.ts'
import { complete, type Model } from '../../src/model.ts'
import { wordsOf } from '../../src/words.ts'
import { ask, assertFault, modelContract, read, textOf, type Staged } from '../contracts/model.ts'
import { samples } from './builtin-texts.ts'

const nowMs = Date.UTC(2026, 10, 22, 12)

function builtin(parts: Partial<BuiltinParts> = {}): Model {
  return createBuiltin({
    propose: () => undefined,
    now: () => nowMs,
    zone: () => 'Europe/Berlin',
    ...parts,
  })
}

modelContract('the built-in model', async (scene): Promise<Staged | undefined> => {
  if (scene === 'answer') return { model: builtin() }
  if (scene === 'call') {
    return { model: builtin({ propose: () => ({ command: 'remind', args: { what: 'tea', minutes: 5 } }) }) }
  }
  return undefined
})

const signal = new AbortController().signal

function summarise(documents: readonly string[], sentences: number): ReturnType<typeof complete> {
  return complete(
    builtin(),
    ask('Summarise.', { intent: { kind: 'summarise', documents, sentences } }),
    signal,
  )
}

suite('the built-in model', () => {
  test('sums up each document in one numbered line', async () => {
    const { text, calls, stop, usage } = await summarise(
      samples.map((sample) => sample.text),
      1,
    )
    const lines = text.trimEnd().split('\n')
    assert.equal(lines.length, samples.length)
    for (const [i, sample] of samples.entries()) {
      assert.equal(lines[i], `${i + 1}: ${bestSentences(sample.text, 1).join('')}`)
    }
    assert.deepEqual(
      { calls, stop, usage },
      { calls: [], stop: 'complete', usage: { inputTokens: 0, outputTokens: 0 } },
    )
  })

  test('puts as many sentences as asked into a line', async () => {
    const { text } = await summarise(
      ['We move in May. Bob tells the customers.', '我们五月搬家。小王通知客户。'],
      2,
    )
    assert.equal(text, '1: We move in May. Bob tells the customers.\n2: 我们五月搬家。小王通知客户。\n')
  })

  test('leaves a document out that says nothing, and keeps the numbers of the others', async () => {
    const { text } = await summarise(['', 'We move in May.', 'Subscribe to our newsletter!'], 1)
    assert.equal(text, '2: We move in May.\n')
  })

  test('proposes the command that the last message of the person asks for', async () => {
    const asked: unknown[] = []
    const model = builtin({
      propose: (text, moment) => {
        asked.push([text, moment])
        return { command: 'digest', args: { from: 'examples/feed.xml' }, when: 'every weekday at 9' }
      },
    })
    const turns = [
      { role: 'user', text: 'hi' },
      { role: 'assistant', text: 'Hello.' },
      { role: 'user', text: 'every weekday at 9 digest examples/feed.xml' },
    ] as const
    const { events } = await read(model, ask('', { turns }))
    assert.deepEqual(events, [
      {
        kind: 'call',
        id: 'spoken',
        name: 'digest',
        args: { from: 'examples/feed.xml', when: 'every weekday at 9' },
        spoken: true,
      },
      { kind: 'end', stop: 'complete', usage: { inputTokens: 0, outputTokens: 0 } },
    ])
    assert.deepEqual(asked, [
      ['every weekday at 9 digest examples/feed.xml', { nowMs, zone: 'Europe/Berlin' }],
    ])
  })

  test('a proposal without a time has no `when`', async () => {
    const model = builtin({ propose: () => ({ command: 'status', args: {} }) })
    const { calls } = await complete(model, ask('how are you doing'), signal)
    assert.deepEqual(calls, [{ id: 'spoken', name: 'status', args: {}, spoken: true }])
  })

  test('says who it is where there is no order, in the language of the message', async () => {
    assert.equal(
      textOf((await read(builtin(), ask('Who won in 1998?'))).events),
      wordsOf('en').builtin.whoIAm,
    )
    assert.equal(textOf((await read(builtin(), ask('1998年谁赢了？'))).events), wordsOf('zh').builtin.whoIAm)
  })

  test('an abort between two documents stops it, and without one it goes on', async () => {
    const documents = Array.from({ length: 50 }, (_, i) => `We decided number ${i}.`)
    const request = ask('Summarise.', { intent: { kind: 'summarise', documents, sentences: 1 } })
    const controller = new AbortController()
    setImmediate(() => setImmediate(() => controller.abort()))
    const stopped = await read(builtin(), request, controller.signal)
    assertFault(stopped.thrown, 'cancelled')
    assert.ok(stopped.events.length < 10, `${stopped.events.length} events`)
    assert.equal((await read(builtin(), request)).events.length, 51)
  })

  test('a defect of the reader is a ModelError', async () => {
    const model = builtin({
      propose: () => {
        throw new TypeError('oops')
      },
    })
    assertFault((await read(model, ask('hi'))).thrown, 'internal')
  })
})
