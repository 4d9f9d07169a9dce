import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { barLine, columnsOf, showsUnicode } from '../../src/adapters/bar.ts'

test('a bar shows the share in ten steps, and never more than there is', () => {
  for (const [share, line] of [
    [0, '▱▱▱▱▱▱▱▱▱▱  0 % reading'],
    [0.5, '▰▰▰▰▰▱▱▱▱▱ 50 % reading'],
    [0.999, '▰▰▰▰▰▰▰▰▰▱ 99 % reading'],
    [1, '▰▰▰▰▰▰▰▰▰▰ 100 % reading'],
    [-1, '▱▱▱▱▱▱▱▱▱▱  0 % reading'],
    [7, '▰▰▰▰▰▰▰▰▰▰ 100 % reading'],
    [undefined, '… reading'],
    [0 / 0, '… reading'],
  ] as const) {
    assert.equal(barLine({ text: 'reading', share }, 80, true), line)
  }
})

test('where only ASCII is shown, the bar is ASCII', () => {
  assert.equal(barLine({ text: 'reading', share: 0.4 }, 80, false), '####------ 40 % reading')
  assert.equal(barLine({ text: 'reading' }, 80, false), '... reading')
  assert.equal(barLine({ text: 'reading the news', share: 0.4 }, 24, false), '####------ 40 % readi...')
})

test('a text that is too long is cut at the column, wide characters counted twice', () => {
  assert.equal(barLine({ text: '正在读取第三个网页', share: 0.3 }, 27, true), '▰▰▰▱▱▱▱▱▱▱ 30 % 正在读取第…')
  assert.equal(
    barLine({ text: '正在读取第三个网页', share: 0.3 }, 34, true),
    '▰▰▰▱▱▱▱▱▱▱ 30 % 正在读取第三个网页',
  )
  assert.equal(
    barLine({ text: '正在读取第三个网页', share: 0.3 }, 33, true),
    '▰▰▰▱▱▱▱▱▱▱ 30 % 正在读取第三个网…',
  )
})

test('no text makes the line wider than it may be, or two of it', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
      fc.nat(60),
      fc.boolean(),
      (text, share, columns, isUnicode) => {
        const line = barLine({ text, share }, columns, isUnicode)
        assert.ok(columnsOf(line) <= columns, `${columnsOf(line)} > ${columns}`)
        assert.doesNotMatch(line, /[\p{Cc}\u2028\u2029\u202A-\u202E]/u)
      },
    ),
  )
})

test('what would move the cursor or turn text around is taken out', () => {
  const nasty = '\u001B[2J\u001B]0;title\u0007one\r\ntwo\u202E \u009B31mthree'
  assert.equal(barLine({ text: nasty }, 80, true), '… one two three')
})

test('the columns of characters are those that readline counts, and wide ones are never taken for narrow', () => {
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 1_000_000 })
  const line = createInterface({ input: new PassThrough(), output, terminal: true, prompt: '' })
  const readlineColumns = (text: string): number => {
    line.setPrompt(text)
    return line.getCursorPos().cols
  }
  for (const text of [
    'hello',
    '你好，世界。',
    'ひらがなカタカナ',
    '안녕',
    '⏰ tea',
    '▰▱…',
    'é e\u0301',
    '👩‍👩‍👧',
  ])
    assert.ok(columnsOf(text) >= readlineColumns(text), text)
  const tooNarrow: string[] = []
  for (let code = 0x20; code < 0x32000; code++) {
    const char = String.fromCodePoint(code)
    if (/[\p{C}\p{M}]/u.test(char) || char.normalize() !== char) continue
    if (columnsOf(char) < readlineColumns(char)) tooNarrow.push(code.toString(16))
  }
  line.close()
  assert.deepEqual(tooNarrow, [])
})

test('the locale says whether a terminal shows more than ASCII, as for other programs', () => {
  for (const env of [
    { LANG: 'en_US.UTF-8' },
    { LANG: 'C', LC_ALL: 'C.utf8' },
    { LC_CTYPE: 'UTF-8', LC_ALL: '' },
  ])
    assert.equal(showsUnicode(env), true, JSON.stringify(env))
  for (const env of [{}, { LANG: 'C' }, { LANG: 'zh_CN.GB18030' }, { LANG: 'en_US.UTF-8', LC_ALL: 'POSIX' }])
    assert.equal(showsUnicode(env), false, JSON.stringify(env))
})
