import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { escapeText, visible } from '../../../../src/adapters/slack/format/escape.ts'

test('the three marks of Slack become entities, once each', () => {
  assert.equal(escapeText('<!channel> & &lt;'), '&lt;!channel&gt; &amp; &amp;lt;')
})

test('what nobody sees is gone, and emoji stay whole', () => {
  assert.equal(
    visible('a\u200Bb\u00ADc\u202Ed\u2066e\u{E0041}f\u0000g\u001Bh\u009Bi\uFEFFj\u3164k\u200Dl\u200Cm'),
    'abcdefghijklm',
  )
  const emoji = '👨‍👩‍👧 👩🏽‍💻 🏳️‍🌈 ❤️ 1️⃣ ✈︎'
  assert.equal(visible(emoji), emoji)
  assert.equal(visible('❤\uFE0F\uFE0F\uFE0F\u{E0100}\u{E01EF}\uFE01'), '❤\uFE0F')
})

test('every kind of line end is one, tabs stay, and a half of a character is marked', () => {
  assert.equal(visible('a\r\nb\rc\u2028d\u2029e\u0085f\vg\fh\ti\uD83D'), 'a\nb\nc\nd\ne\nf\ng\nh\ti\uFFFD')
})

test('nothing is left of what is to go, whatever stands beside it, and once is enough', () => {
  const stuff = fc.constantFrom(
    '\u200D',
    '\uFE0F',
    '👩',
    '💻',
    '\u200B',
    '\u202E',
    'a',
    '1',
    '\u{E0041}',
    '🏽',
    '\r',
    '\n',
    '\uD83D',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(stuff).map((parts) => parts.join('')),
      ),
      (text) => {
        const seen = visible(text)
        assert.doesNotMatch(seen, /(?!\n|\t|\u200D|\uFE0E|\uFE0F)[\p{Cc}\p{Default_Ignorable_Code_Point}]/u)
        assert.doesNotMatch(seen, /(?<![\p{Emoji}\uFE0F])\u200D|\u200D(?!\p{Emoji})/u)
        assert.doesNotMatch(escapeText(text), /[<>]|&(?!(?:amp|lt|gt);)/u)
        assert.equal(visible(seen), seen)
      },
    ),
  )
})
