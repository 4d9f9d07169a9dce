import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderMarkdown } from '../../../../src/adapters/slack/format/markdown.ts'
import { mainLanguage, splitReply } from '../../../../src/adapters/slack/format/split.ts'
import type { Reply } from '../../../../src/message.ts'

const long = `# Report\n\n${'A line of the report. '.repeat(20)}\n\n`.repeat(40)
const choices = [{ label: 'Yes', says: 'yes' }]

test('a reply that fits one message is itself', () => {
  const reply: Reply = { text: 'Done. '.repeat(2_000), status: 'done', choices, from: 'model', data: 1 }
  assert.deepEqual(splitReply(reply, 'en'), [reply])
  const empty: Reply = { text: '', status: 'done' }
  assert.deepEqual(splitReply(empty, 'en'), [empty])
})

test('a longer one is its first paragraphs, and a file with all of it', () => {
  const reply: Reply = { text: long, status: 'done', choices, from: 'model', data: { a: 1 } }
  const [first, second, ...more] = splitReply(reply, 'en')
  assert.deepEqual(more, [])
  assert.deepEqual({ ...first, text: '' }, { ...reply, text: '' })
  assert.deepEqual(second, { text: '', status: 'done', file: { name: 'answer.md', text: long } })
  const [, beginning = '', words] = /^(.*)\n\n(.*)$/su.exec(first?.text ?? '') ?? []
  assert.ok(
    long.startsWith(`${beginning} 

# `),
  )
  assert.ok(beginning.length <= 2_500 && beginning.length > 2_000)
  assert.equal(
    words,
    `… the whole text (${long.length.toLocaleString('en')} characters) is in the file below.`,
  )
  assert.match(splitReply(reply, 'zh')[0]?.text ?? '', /全文（18,080 字）见下面的文件。$/u)
})

test('who alone reads the beginning is told that the file went to their direct messages', () => {
  const reply: Reply = { text: long, status: 'done' }
  const ends = (told: readonly Reply[]): string => told[0]?.text.slice(-40) ?? ''
  assert.match(ends(splitReply(reply, 'en', true)), /is in the file that I sent you directly\.$/u)
  assert.match(ends(splitReply({ ...reply, aside: true }, 'zh')), /见我私信发给你的文件。$/u)
  assert.match(ends(splitReply(reply, 'en', undefined)), /is in the file below\.$/u)
})

test('a text is in the language that most of it is in, whatever names, links and code stand in it', () => {
  const list = Array.from({ length: 157 }, (_, i) => `${i}. remind water the plants, every day`).join('\n')
  assert.equal(mainLanguage(`${list}\n158. remind 浇花, every day`), 'en')
  assert.equal(mainLanguage('每天 9 点 digest https://example.com/a/very/long/path 到 `the code here`'), 'zh')
  assert.equal(mainLanguage('任务一：提醒 “standup”，每个工作日'), 'zh')
  assert.equal(mainLanguage('```\nconst a = "long english words in code"\n```\n代码如上'), 'zh')
  for (const text of ['', '123', 'ok']) assert.equal(mainLanguage(text), 'en')
})

test('the words below the beginning are never part of code', () => {
  for (const text of [
    `\`\`\`js\n${'a\n'.repeat(9_000)}\`\`\``,
    `- a\n  ~~~\n${'  a\n'.repeat(9_000)}`,
    '> ```\n> a\n'.repeat(4_000),
  ]) {
    const [block] = renderMarkdown(splitReply({ text, status: 'done' }, 'en')[0]?.text ?? '').blocks
    const [before = '', after] = block?.text.split('… the whole text') ?? []
    assert.notEqual(after, undefined)
    assert.equal((before.match(/^```/gmu)?.length ?? 0) % 2, 0)
  }
})

test('a file goes after the text, by itself, and to the same eyes', () => {
  const file = { name: 'a.csv', text: '1,2' }
  assert.deepEqual(splitReply({ text: 'Here.', status: 'done', from: 'model', file }, 'en'), [
    { text: 'Here.', status: 'done', from: 'model' },
    { text: '', status: 'done', file },
  ])
  assert.deepEqual(splitReply({ text: '', status: 'done', file }, 'en'), [{ text: '', status: 'done', file }])
  const names = splitReply({ text: long, status: 'failed', aside: true, file }, 'en').map((reply) => [
    reply.file?.name,
    reply.status,
    reply.aside,
  ])
  assert.deepEqual(names, [
    [undefined, 'failed', true],
    ['answer.md', 'failed', true],
    ['a.csv', 'failed', true],
  ])
})

test('each part of what shows a source shows it: whichever does not arrive, those items come again', () => {
  const shows = { scope: 'feed', items: ['1', '2'] }
  const parts = splitReply({ text: long, status: 'done', from: 'source', shows }, 'en')
  const shown = parts.map((part) => part.shows)
  assert.deepEqual(shown, [shows, shows])
})
