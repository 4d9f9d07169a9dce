import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { draftText, streamedText } from '../../../../src/adapters/slack/format/draft-text.ts'

const answer = `# Plan & cost

Hello **there**. A link: [docs](https://a.example/b). Is \`a. b\` < 3? Yes… 好的。"真的！"接着说

> A quotation. Still it.
> > > > > > Deep.

1. Run:
   ~~~sh
   echo "\`\`\`" > f
   ~~~
2. Done

| a | b |
|---|---|
| 1. | [x](https://a.example) |
| 2 | \`c|d\` |
After it.

\`\`\`ts
const a: Map<string, number> = b[0](c)
`

test('what is shown of a growing text is never taken back, and its end is only added to', () => {
  const whole = streamedText(answer)
  let before = ''
  for (let at = 0; at <= answer.length; at++) {
    const shown = draftText(answer.slice(0, at))
    assert.ok(shown.startsWith(before), answer.slice(at - 40, at))
    assert.ok(whole.startsWith(shown), answer.slice(at - 40, at))
    before = shown
  }
  assert.ok(before.length > 0.95 * answer.length)
})

/** What may stand beside what. */
// prettier-ignore
const stuffs: readonly string[] = [
  '\n', '\n\n', '. ', '! ', '。', '”', ')', '"', '**', '`', '```', '````', '```js\n', '~~~', '\n```\n', '<',
  '>', '> ', '&', '\\', '[', ']', '](', ')', 'https://a.example', '[a](https://a.example)',
  '[a.example](https://b.example)', ']: ', '- ', '1. ', '   ', '# ', '---\n', '===\n', '|', '| a |\n',
  '|---|\n', '|---|---|\n', '\r', '\r\n', '\u2028', '\uD83D', '\uDC68', '\u200D', '👩', '\uFE0F', '\u202E',
  '\uDB40', '\uDC41', 'word', ' ', '\t', '中文', '：', '“', '”', '|a|\n|-|\n', '# a\n'.repeat(15), '|x|\n'.repeat(60),
  `|${'a|'.repeat(21)}\n|${'-|'.repeat(21)}\n`,
]

test('so is it for random texts of all that has a meaning', () => {
  const stuff = fc.constantFrom(...stuffs)
  fc.assert(
    fc.property(fc.array(stuff, { maxLength: 25 }), fc.nat(), fc.nat(), (parts, a, b) => {
      const text = parts.join('')
      const [short, long] = [a % (text.length + 1), b % (text.length + 1)].toSorted((x, y) => x - y)
      const shown = draftText(text.slice(0, short))
      assert.ok(draftText(text.slice(0, long)).startsWith(shown))
      assert.ok(streamedText(text).startsWith(shown))
      assert.ok(streamedText(text).startsWith(draftText(text)))
    }),
    { numRuns: 1_500 },
  )
})

test('without what is held back the same property fails', () => {
  for (const text of ['[a.example](https://b.example) c', 'a `b` c', '```a`\nb', '- a\n```\nb\n```']) {
    const whole = streamedText(text)
    const beginnings = Array.from(text, (_, at) => text.slice(0, at))
    assert.ok(beginnings.some((soFar) => !whole.startsWith(streamedText(soFar))))
    assert.ok(beginnings.every((soFar) => whole.startsWith(draftText(soFar))))
  }
})

const held: readonly (readonly [soFar: string, shown: string])[] = [
  ['One. Two', 'One. '],
  ['One', ''],
  ['One. Two [a. b', 'One. '],
  ['One. Two `a. b', 'One. '],
  ['One. **Two. Three', 'One. '],
  ['1. One. Two', '1. One. '],
  ['1. - 2. ~', ''],
  ['One. <b. c', 'One. '],
  ['一。', ''],
  ['一。二', '一。'],
  ['“一。”二', '“一。”'],
  ['One\nTwo. ', 'One\nTwo. '],
  ['# One. Two', ''],
  ['| a. b |\n', ''],
  ['| a |\n|-|\n', '| a |\n|-|\n'],
  ['| a |\n|-|\n| b. c', '| a |\n|-|\n'],
  ['| a |\nb\n', '| a |\nb\n'],
  ['```js\na < b\nc', '```js\na &lt; b\n'],
  ['``` a. b', ''],
  ['> One. Two', '> One. '],
]
for (const [soFar, shown] of held) {
  test(`of ${JSON.stringify(soFar)} is shown ${JSON.stringify(shown)}`, () =>
    assert.equal(draftText(soFar), shown))
}

const forms: readonly (readonly [name: string, from: string, to: string])[] = [
  ['a fence in a list', '- ```js\n  a\n  ```\n- b', '```js\na\n```\n- b'],
  ['a fence in a quotation', '> ```\n>   a\n> ```\n> b', '```\n  a\n```\n> b'],
  ['an open fence', '```\na', '```\na\n```'],
  ['a longer fence', '````md\n```\na\n```\n````', '````md\n```\na\n```\n````'],
  ['a fence of tildes', '~~~\n````\n~~~', "````\n''''\n````"],
  ['quotations', '> a > b\n>> c', '> a &gt; b\n> > c'],
  ['a table and words below', '|a|\n|-|\n|b|\nc', '|a|\n|-|\n|b|\n\nc'],
  ['a table of one line', '|a|', '|a|'],
  ['bold beside Chinese marks', '这是**重点：**后面', '这是**重点**：后面'],
  [
    'bold in Chinese quotes',
    '所谓**“边际成本”，**是指**（一）和（二）**',
    '所谓“**边际成本**”，是指**（一）和（二）**',
  ],
  ['a table without outer bars', 'a | b\n--- | ---\n1 | 2', 'a | b\n--- \\| ---\n1 | 2'],
  ['line breaks in cells', '|a<br>b|\n|-|', '|a b|\n|-|'],
]
for (const [name, from, to] of forms) {
  test(`${name} becomes what each reader of Markdown sees alike`, () => assert.equal(streamedText(from), to))
}

test('headings, rules and tables beyond what a message has room for are shown without being blocks', () => {
  const lines = streamedText('# **a** b\n'.repeat(30)).split('\n')
  assert.deepEqual([lines[19], lines[20]], ['# **a** b', '**a b**'])
  assert.equal(
    streamedText(`${'# a\n'.repeat(20)}---\n|a|\n|-|\n|<|\n`).slice(80),
    '\n```\n|a|\n|-|\n|&lt;|\n```\n',
  )
})

test('a message has one table of as many rows as Slack takes; other rows, wider tables and a second one are code', () => {
  const long = `|a|\n|-|\n${'|b|\n'.repeat(150)}`
  assert.equal(
    streamedText(long),
    `|a|\n|-|\n${'|b|\n'.repeat(99)}\n\`\`\`\n|a|\n|-|\n${'|b|\n'.repeat(51)}\`\`\`\n`,
  )
  const wide = `|${'c'.repeat(990)}|\n`
  assert.equal(streamedText(`|a|\n|-|\n${wide.repeat(11)}`).indexOf('```'), 9 + 10 * wide.length)
  const two = '|a|\n|-|\n|<|\n\nb\n\n|c|\n|-|\n|<|\n'
  assert.equal(streamedText(two), '|a|\n|-|\n|&lt;|\n\nb\n\n```\n|c|\n|-|\n|&lt;|\n```\n')
  const table = (cells: number): string => `|${'a|'.repeat(cells)}\n|${'-|'.repeat(cells)}\n`
  assert.equal(streamedText(table(20)), table(20))
  assert.equal(streamedText(table(21)), `\`\`\`\n${table(21)}\`\`\`\n`)
})
