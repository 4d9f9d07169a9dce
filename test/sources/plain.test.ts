import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { htmlToText, tidy } from '../../src/sources/plain.ts'

const read = (html: string): string => tidy(htmlToText(html), 10_000, 'keep')

test('markup goes, words and paragraphs stay', () => {
  assert.equal(read('<p>One <b>two</b></p><p>three<br>four</p>'), 'One two\n\nthree\nfour')
  assert.equal(read('a<!-- hidden <b> -->b<script>evil("</b>")</script>c<style>x{}</style>d'), 'abcd')
  assert.equal(read('1 < 2 and 3 > 2'), '1 < 2 and 3 > 2')
  assert.equal(read('half a <b'), 'half a <b')
  assert.equal(read('open <script>for ever'), 'open')
})

test('entities are decoded once', () => {
  assert.equal(
    read('caf&eacute; &amp;lt; &#x4f60;&#22909; &mdash; &nbsp;x &unknown; AT&T'),
    'café &lt; 你好 — x &unknown; AT&T',
  )
  assert.equal(read('&#0;&#xD800;&#x110000;'), '\uFFFD\uFFFD\uFFFD')
})

test('control, bidi and invisible characters do not reach a reader', () => {
  assert.equal(
    tidy('a\u202Eb\u0000c\u200Bd\u001B[31m\u2066e\u{E0041}f\uFEFF\u{E0101}', 100, 'one'),
    'abcd[31mef',
  )
  assert.equal(tidy('👩\u200D💻', 100, 'one'), '👩\u200D💻')
})

test('text is cut to its limit between characters', () => {
  assert.equal(tidy('abcdef', 4, 'one'), 'abc…')
  assert.equal(tidy('ab😀😀', 4, 'one'), 'ab…')
})

test('whatever the html, its text is well formed, within its limit and without control characters', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('<', '>', '<p', '<script>', '<!--', '&#', '&amp', ';', '\r\n'),
  )
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = tidy(htmlToText(pieces.join('')), 50, 'one')
      assert.ok(text.length <= 50 && text.isWellFormed())
      assert.doesNotMatch(text, /[\p{Cc}\u202A-\u202E\u2066-\u2069]/u)
    }),
  )
})

test('markup that never closes is read in bounded time', () => {
  const startedMs = performance.now()
  for (const bomb of ['<', '<a ', '<script>', '<!--', '&#', '<p><', '</'] as const)
    htmlToText(bomb.repeat(400_000))
  assert.ok(performance.now() - startedMs < 3_000)
})
