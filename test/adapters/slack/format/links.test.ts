import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { draftText, streamedText } from '../../../../src/adapters/slack/format/draft-text.ts'
import { escapeText, visible } from '../../../../src/adapters/slack/format/escape.ts'
import { inline } from '../../../../src/adapters/slack/format/links.ts'
import { renderMarkdown } from '../../../../src/adapters/slack/format/markdown.ts'
import { hostile, offencesIn } from './hostile.ts'

test(`none of ${hostile.length} hostile texts pings, deceives or hides anything`, () => {
  assert.ok(hostile.length >= 300)
  for (const text of hostile) {
    assert.deepEqual(offencesIn(streamedText(text)), [], JSON.stringify(text))
    for (const block of renderMarkdown(text).blocks)
      assert.deepEqual(offencesIn(block.text), [], JSON.stringify(text))
    assert.doesNotMatch(renderMarkdown(text).text + escapeText(text), /[<>\u202E\u2066\u200B\u0000\u001B]/u)
  }
})

test('each guard is needed: without it the same texts get through', () => {
  const through = (render: (text: string) => string): number =>
    hostile.filter((text) => offencesIn(render(text)).length > 0).length
  assert.ok(through((text) => text) > hostile.length * 0.75)
  assert.ok(through(visible) > hostile.length * 0.75, 'without entities')
  assert.ok(through(escapeText) > hostile.length / 4, 'without a look at links')
})

/** What may stand beside what. */
// prettier-ignore
const stuffs: readonly string[] = [
  '<', '>', '&', '!', '@', '#', '|', '`', '```', '~~~', '\n', '\n\n', '[', ']', '(', ')', '](', ']:', '\\',
  '*', '**', ' ', '. ', '- ', '> ', '|a|\n|-|\n', 'https://good.example', 'good.example',
  'https://evil.example', '](https://evil.example)', '[https://good.example]', '<!channel>', '&lt;',
  '\u202E', '\u200D', '\u200B', '\r', '\u2028', '👨‍👩‍👧', '\uD83D', 'words', '中文。', '"',
]

test('random texts of the same stuff are harmless as well', () => {
  const stuff = fc.constantFrom(...stuffs)
  fc.assert(
    fc.property(fc.array(stuff, { maxLength: 30 }), (parts) => {
      const text = parts.join('')
      assert.deepEqual(offencesIn(streamedText(text)), [])
      assert.deepEqual(offencesIn(draftText(text)), [])
      for (const block of renderMarkdown(text).blocks) assert.deepEqual(offencesIn(block.text), [])
    }),
    { numRuns: 1_000 },
  )
})

const links: readonly (readonly [from: string, to: string])[] = [
  ['[docs](https://a.example/b?c=1&d=2)', '[docs](https://a.example/b?c=1&d=2)'],
  ['[docs](https://a.example/b "A title")', '[docs](https://a.example/b)'],
  ['[wiki](https://a.example/b_(c))', '[wiki](https://a.example/b_%28c%29)'],
  ['[[1]](https://a.example/)', '[[1]](https://a.example/)'],
  ['[`f()`](https://a.example/f)', '[`f()`](https://a.example/f)'],
  ['![a chart](https://a.example/c.png)', '[a chart](https://a.example/c.png)'],
  ['![](https://a.example/c.png)', '[https://a.example/c.png](https://a.example/c.png)'],
  ['[A.Example](https://www.a.example/x)', '[A.Example](https://www.a.example/x)'],
  ['[a.example](https://docs.a.example/)', '[a.example](https://docs.a.example/)'],
  ['[docs.a.example](https://a.example/)', '[https://a.example/](https://a.example/)'],
  ['[at a.example: log in](https://b.example/)', '[https://b.example/](https://b.example/)'],
  ['[请看a.example官网](https://a.example/)', '[请看a.example官网](https://a.example/)'],
  ['[淘宝.com](https://b.example/)', '[https://b.example/](https://b.example/)'],
  ['[a.example- log in](https://b.example/)', '[https://b.example/](https://b.example/)'],
  ['[a.example-login](https://b.example/)', '[https://b.example/](https://b.example/)'],
  ['[127.0.0.1](https://b.example/)', '[https://b.example/](https://b.example/)'],
  ['[https://a.example@b.example](https://b.example/)', '[https://b.example/](https://b.example/)'],
  ['[Node.js 24.1.2](https://nodejs.org/)', '[Node.js 24.1.2](https://nodejs.org/)'],
  ['[README.md](https://a.example/x/README.md#top)', '[README.md](https://a.example/x/README.md#top)'],
  ['[README.md](https://a.example/x)', '[https://a.example/x](https://a.example/x)'],
  ['[me@a.example](mailto:me@a.example?bcc=x)', '[me@a.example](mailto:me@a.example)'],
  ['[you@a.example](mailto:me@a.example)', '[me@a.example](mailto:me@a.example)'],
  ['[me@a.example, b.example](mailto:me@a.example)', '[me@a.example](mailto:me@a.example)'],
  ['[j.doe@a.example](mailto:j.doe@a.example)', '[j.doe@a.example](mailto:j.doe@a.example)'],
  ['[mail us](mailto:%6De@a.example)', 'mail us (`mailto:%6De@a.example`)'],
  ['[a](ftp://a.example)', 'a (`ftp://a.example`)'],
  ['[see `a` or https://a.example<b>]()', 'see `a` or [https://a.example](https://a.example/)&lt;b&gt; '],
  ['[above](#top)', 'above (`#top`)'],
  ['[in](https://me:secret@a.example/)', 'in (`https://me:secret@a.example/`)'],
  ['[аррӏе.com](https://аррӏе.com)', '`https://xn--80ak6aa92e.com/`'.replace(/^/u, 'аррӏе.com (') + ')'],
  ['[a.example](https://аррӏе.com)', '`https://xn--80ak6aa92e.com/`'],
  ['see https://a.example/b?c&d.', 'see [https://a.example/b?c&amp;d](https://a.example/b?c&d).'],
  ['https://a.example/b https://a.example/c', 'https://a.example/b https://a.example/c'],
  ['https://a.example<!here>', '[https://a.example](https://a.example/)&lt;!here&gt;'],
  [
    '(https://a.example/b), https://a.example/。',
    '([https://a.example/b](https://a.example/b)), [https://a.example/](https://a.example/)。',
  ],
  ['https://me@a.example', '`https://me@a.example/`'],
  [
    '<https://a.example> <me@a.example>',
    '[https://a.example](https://a.example/) [me@a.example](mailto:me@a.example)',
  ],
  ['[a.example]: https://b.example', '[a.example] : https://b.example'],
  ['[a](b c) [a] (b)', '[a] (b c) [a] (b)'],
  ['`[a](https://a.example)`', '`[a](https://a.example)`'],
  ['`[a.example](https://b.example)`', '`[a.example](https://b.example)`'],
  ['`a`https://b@c.example', '`a` `https://b@c.example/`'],
  ['[a.example `](https://b.example)`', '[https://b.example/](https://b.example/)\\`'],
  ['a.example `](https://b.example)`', 'a.example `] (https://b.example)`'],
  ['a ` b', 'a \\` b'],
  ['a \\\\` b', 'a \\` b'],
  ['```a``` ``b`c`` \\`d`', '```a``` ``b`c`` `d`'],
  ['https://a.example]@b.example/`', '`https://a.example%5D@b.example/%60`'],
  ['a < b && c > d \\<e><br/>f', 'a &lt; b &amp;&amp; c &gt; d &lt;e&gt; f'],
]
for (const [from, to] of links) {
  test(`${from} becomes ${to}`, () => assert.equal(inline(from), to))
}

test('a long line of one kind takes no time', () => {
  // prettier-ignore
  const kinds = [
    '[', ']', '[]', '](', '`', '`` ` ', '```', 'a`', '(', '<', '<a@', 'https://', "http://a'", 'http://a@', '[a](', '![', '[`a`',
    '[x](y "', '. ', '[ a. ', '。', '**', 'a.', '.a', 'a-', '[a.b', 'a@', '> ', '- ', '|', '|a', '\\', '&', '\u200D', '\uFE0F', '] :',
  ]
  const startedMs = performance.now()
  for (const kind of kinds) {
    const line = kind.repeat(60_000 / kind.length)
    for (const text of [line, `[${line}](https://a.example)`, `${line}\`\`\`\na`]) streamedText(text)
  }
  assert.ok(performance.now() - startedMs < 4_000, `${performance.now() - startedMs} ms`)
})
