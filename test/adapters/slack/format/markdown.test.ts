import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Lexer } from 'marked'
import { beginningOf, fitsMessage, renderMarkdown } from '../../../../src/adapters/slack/format/markdown.ts'

const textsOf = (text: string): readonly string[] => renderMarkdown(text).blocks.map((block) => block.text)

test('a message is one block of Markdown, and plain words for the notification', () => {
  const text =
    '# Hi & bye\n\n- **a** `b_c`, [d](https://a.example) \\*\n\n> e\n\n```js\nf < 1\n```\n\n| g | h |\n|---|---|\n| 1 | 2 |'
  assert.deepEqual(renderMarkdown(text), {
    text: 'Hi &amp; bye\n- a b_c, d *\ne\nf &lt; 1\n g · h \n 1 · 2',
    blocks: [
      {
        type: 'markdown',
        text: '# Hi &amp; bye\n\n- **a** `b_c`, [d](https://a.example/) \\*\n\n> e\n\n```js\nf &lt; 1\n```\n\n| g | h |\n|---|---|\n| 1 | 2 |',
      },
    ],
  })
  assert.deepEqual(renderMarkdown(' \n'), { text: '', blocks: [] })
})

test('a block has 12,000 characters and not one more', () => {
  assert.deepEqual(
    textsOf('x'.repeat(12_000)).map((text) => text.length),
    [12_000],
  )
  assert.deepEqual(
    textsOf('x'.repeat(12_001)).map((text) => text.length),
    [11_999, 2],
  )
  assert.deepEqual(
    textsOf('<'.repeat(3_000)).map((text) => text.length),
    [12_000],
  )
  assert.deepEqual(
    textsOf(`${'x'.repeat(11_990)}\n\n${'y'.repeat(900)}`).map((text) => text.length),
    [11_990, 900],
  )
})

test('all blocks together have 13,000; what is more is left out with a sign, and told', () => {
  const paragraphs = (n: number): string => 'x'.repeat(98).concat('\n\n').repeat(n)
  assert.ok(fitsMessage(paragraphs(130)))
  assert.ok(!fitsMessage(paragraphs(131)))
  assert.ok(!fitsMessage('&'.repeat(2_601)), 'counted as it is sent')
  const texts = textsOf(paragraphs(200))
  assert.equal(texts.at(-1), '…')
  assert.ok(texts.join('').length <= 13_000)
  assert.ok(texts.join('').length > 12_500)
})

test('code that fits a block stays whole, longer code is cut at a line end into closed fences of its language', () => {
  const code = (lines: number): string => `\`\`\`\`ts\n${'const a = 1\n'.repeat(lines)}\`\`\`\`\n`
  const whole = textsOf(`${'x'.repeat(3_000)}\n\n${code(820)}`)
  assert.deepEqual(
    whole.map((text) => text.length),
    [3_000, 6 + 1 + 12 * 820 + 4],
  )
  const cut = textsOf(code(1_050))
  assert.equal(cut.length, 2)
  for (const text of cut) assert.match(text, /^````ts\n(?:const a = 1\n)+````$/)
  assert.equal(cut.join('').split('const').length - 1, 1_050)
})

test('a table is never cut, and what it has no room for is code that is', () => {
  const head = '| name | what |\n|---|---|\n'
  const row = `| a | ${'b'.repeat(200)} |\n`
  const whole = textsOf(`${'x'.repeat(4_000)}\n\n${head}${row.repeat(40)}`)
  assert.deepEqual(
    whole.map((text) => text.split('\n').length),
    [1, 42],
  )
  const [first = '', ...more] = textsOf(head + row.repeat(61))
  assert.ok(first.startsWith(head))
  const texts = [first, ...more].join('\n')
  assert.equal(texts.split('| a |').length - 1, 61)
  assert.equal(texts.match(/^```$/gmu)?.length, 2)
})

test('the notification has 3,000 characters at the most, and no half of an entity', () => {
  for (const piece of ['<', '<a', 'ab&', '😀', '中', '**bc**']) {
    const { text } = renderMarkdown(piece.repeat(4_000))
    assert.ok(text.length <= 3_000 && text.length > 2_980)
    assert.match(text, /^(?:[^&<>*]|&(?:amp|lt|gt);)+…$/u)
  }
})

test('whatever the text is, Slack takes it', () => {
  const stuff = fc.constantFrom(
    '# a\n',
    '---\n',
    '|a|\n|-|\n|b|\n',
    '```\n',
    'c\n',
    '\n\n',
    '> ',
    '- ',
    '<',
    'word. ',
    'x'.repeat(900),
    `|${'y'.repeat(800)}|\n|-|\n`,
    '1. ',
    '\t',
    'a | b\n-|-\n1 | 2\n',
    '- |a|\n  |-|\n',
    '<br>|:-:|\n',
    `|${'a|'.repeat(21)}\n|${'-|'.repeat(21)}\n`,
    '每行都没有空格，'.repeat(40),
    '👨‍👩‍👧\u202E:tada:',
  )
  const many = fc.array(fc.tuple(stuff, fc.integer({ min: 1, max: 40 })), { maxLength: 30 })
  fc.assert(
    fc.property(many, (parts) => {
      const text = parts.map(([part, times]) => part.repeat(times)).join('')
      const { text: short, blocks } = renderMarkdown(text)
      assert.ok(short.length <= 3_000)
      assert.ok(blocks.every((block) => block.text.length <= 12_000 && block.text.trim() !== ''))
      assert.ok(blocks.reduce((sum, block) => sum + block.text.length, 0) <= 13_000)
      const tokens = blocks.flatMap((block) => new Lexer().blockTokens(block.text))
      assert.ok(tokens.filter(({ type }) => type === 'table').length <= 1)
      const specials = tokens.filter(({ type }) => type === 'heading' || type === 'hr' || type === 'table')
      assert.ok(blocks.length + 2 * specials.length <= 46, 'with room for buttons among 50')
    }),
    { numRuns: 300 },
  )
})

test('nothing is too deep, too long or too odd to be shown', () => {
  const startedMs = performance.now()
  for (const piece of [
    '> ',
    '- ',
    '1. ',
    '  - a\n',
    '>',
    '* ',
    '[',
    '`',
    '|',
    '#',
    '    a\n',
    '\t',
    '- [ ] ',
  ])
    assert.ok(renderMarkdown(piece.repeat(13_000 / piece.length) + 'a').blocks.length > 0, piece)
  for (const piece of ['word. ', '`a', '[a](https://a.example/b) ', '<https://a.example|x> '])
    assert.ok(renderMarkdown(piece.repeat(1_000_000 / piece.length)).blocks.length > 0)
  assert.ok(performance.now() - startedMs < 5_000)
})

test('the beginning of a text is whole paragraphs, and of a long one its first lines', () => {
  assert.equal(
    beginningOf(`a\n\n${'b '.repeat(20)}\n\n${'c '.repeat(40)}`, 60),
    `a\n\n${'b '.repeat(20)}`.trim(),
  )
  assert.equal(beginningOf(`a b\n${'c d '.repeat(40)}`, 20), 'a b\nc d c d c d c d')
  assert.equal(
    beginningOf(`\`\`\`js\n${'a = 1\n'.repeat(40)}\`\`\``, 40),
    '```js\na = 1\na = 1\na = 1\na = 1\na = 1\n```',
  )
  assert.equal(beginningOf(`- a\n  \`\`\`\n${'  b\n'.repeat(40)}  \`\`\``, 40), '- a')
})
