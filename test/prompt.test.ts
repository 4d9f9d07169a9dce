import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  buildPrompt,
  createToday,
  estimateTokens,
  requestTokens,
  splitHistory,
  tokensOf,
} from '../src/prompt.ts'
import { asker } from './contracts/model.ts'

const parts = {
  asker,
  today: 'Sunday, 2026-11-22',
  zone: 'Asia/Shanghai',
  tools: [],
  summary: '',
  turns: [],
  text: 'hi',
  answerTokens: 100,
}

test('the prompt of a day is the same all day, so that caches can hold it', () => {
  const today = createToday()
  const promptAt = (ms: number) => buildPrompt({ ...parts, today: today(ms, parts.zone) })
  const morning = promptAt(Date.UTC(2026, 10, 22, 10))
  assert.deepEqual(morning, promptAt(Date.UTC(2026, 10, 22, 14)))
  assert.match(morning.request.system, /2026-11-22 \(Asia\/Shanghai\)/u)
})

test('a day begins and ends at midnight in its zone, whatever was asked before', () => {
  const today = createToday()
  const midnight = Date.UTC(2026, 10, 22, 18, 15) // in Kathmandu, 5:45 ahead of UTC
  assert.match(today(midnight - 1, 'Asia/Kathmandu'), /2026-11-22/u)
  assert.match(today(midnight, 'Asia/Kathmandu'), /2026-11-23/u)
  assert.match(today(midnight, 'UTC'), /2026-11-22/u)
  assert.match(today(midnight - 1, 'Asia/Kathmandu'), /2026-11-22/u)
})

test('the share adds up to what is sent', () => {
  const { request, share } = buildPrompt({
    ...parts,
    summary: 'we spoke of tea',
    turns: [{ role: 'user', text: 'earlier' }],
  })
  assert.equal(request.turns.length, 2)
  assert.ok(Math.abs(share.instructions + share.summary - estimateTokens(request.system)) <= 1)
  assert.equal(share.turns, tokensOf([{ role: 'user', text: 'earlier' }]))
})

test('no character of a wide script is overlooked, whichever plane it is from', () => {
  const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u
  const slow = (text: string): number => {
    const wides = [...text].filter((one) => wide.test(one)).length
    return Math.ceil(wides * 0.85 + (text.length - wides) / 4.2)
  }
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
      assert.equal(estimateTokens(text), slow(text))
    }),
  )
  for (const text of ['hi', 'привет', '你好', '\u1100\u1161', '\u{20000}', 'カタカナ', '👍'])
    assert.equal(estimateTokens(text), slow(text), text)
})

test('a picture, a call and a shape are counted, too', () => {
  const { request } = buildPrompt(parts)
  const plain = requestTokens(request)
  const calls = [{ id: 'a', name: 'remind', args: { what: 'tea' }, result: 'done' }]
  const images = [{ mediaType: 'image/png', base64: 'AAAA' }] as const
  const shape = { name: 'minutes', schema: { type: 'object' } }
  assert.ok(requestTokens({ ...request, turns: [{ role: 'user', text: 'hi', images }] }) >= plain + 1_000)
  assert.ok(requestTokens({ ...request, turns: [{ role: 'assistant', text: 'hi', calls }] }) > plain + 10)
  assert.ok(requestTokens({ ...request, shape }) > plain)
})

test('what is left of a history begins with a question', () => {
  const turns = Array.from({ length: 9 }, (_, i) => ({
    role: i % 2 === 0 ? ('user' as const) : ('assistant' as const),
    text: 'so many words '.repeat(5),
  }))
  for (let tokens = 1; tokens < 250; tokens += 3) {
    const { older, recent } = splitHistory(turns, tokens)
    assert.notEqual(recent[0]?.role, 'assistant', `${tokens} tokens`)
    assert.equal(older.length + recent.length, turns.length)
  }
})

test('tokens are estimated within a third of what o200k counts', () => {
  // Counted with gpt-tokenizer's o200k_base tables.
  const counted: readonly [string, number][] = [
    ['The quick brown fox jumps over the lazy dog near the river bank every morning.', 16],
    ['每个工作日早上九点把这个订阅源的摘要发到终端', 19],
    ['{"name":"remind","parameters":{"type":"object","properties":{"text":{"type":"string"}}}}', 21],
    ['灯塔协议发布第二版草案，工作组希望在明年三月之前收到意见。', 21],
    ['https://news.example.org/kestrel-4-2?utm=1 and `const x = await fetch(url)`', 25],
  ]
  for (const [text, tokens] of counted) {
    const estimate = estimateTokens(text)
    assert.ok(Math.abs(estimate - tokens) <= tokens / 3, `${text}: ${estimate} for ${tokens}`)
  }
})

test('history is split so that the recent part fits and nothing is lost or reordered', () => {
  const turn = fc.record({
    role: fc.constantFrom('user' as const, 'assistant' as const),
    text: fc.string({ maxLength: 400 }),
  })
  fc.assert(
    fc.property(
      fc.array(turn, { maxLength: 40 }),
      fc.integer({ min: 10, max: 2_000 }),
      (turns, mostTokens) => {
        const { older, recent } = splitHistory(turns, mostTokens)
        assert.deepEqual([...older, ...recent], turns)
        assert.ok(tokensOf(recent) <= mostTokens)
      },
    ),
  )
})
