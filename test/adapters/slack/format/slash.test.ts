import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { asTyped, shownText } from '../../../../src/adapters/slack/format/slash.ts'

const commands = 'help|tasks|model|status|usage|people|rate|帮助|任务|模型|用量|人员|评价'
const isCommand = (word: string): boolean => commands.split('|').includes(word)

test('an order in our words is shown as it is typed in Slack, wherever it stands in a sentence', () => {
  const cases = [
    ['/tasks lists yours.', '/moltbot tasks lists yours.'],
    ['Wake it: /tasks resume 3.', 'Wake it: /moltbot tasks resume 3.'],
    ['你是说 gpt 吗？/model 列出全部。', '你是说 gpt 吗？/moltbot model 列出全部。'],
    [
      '要对谁？请写：/人员 允许 2；/人员 列出所有人。',
      '要对谁？请写：/moltbot 人员 允许 2；/moltbot 人员 列出所有人。',
    ],
    ['（/人员 允许 A）', '（/moltbot 人员 允许 A）'],
  ] as const
  for (const [text, seen] of cases) assert.equal(asTyped(text, isCommand), seen)
})

test('a path, and what is no command of ours, stays as it is', () => {
  for (const text of [
    'examples/tasks',
    'https://a.example/tasks',
    './tasks',
    '/tmp/x',
    '/invite me',
    '1/model',
  ])
    assert.equal(asTyped(text, isCommand), text)
})

test('every order that our words name is one that is shown so', () => {
  const folder = new URL('../../../../src/', import.meta.url)
  const lines = readdirSync(folder)
    .filter((file) => file.startsWith('words'))
    .flatMap((file) => readFileSync(new URL(file, folder), 'utf8').split('\n'))
    // What a button says is said as it is; what stands in the place of `${…}` ends with a blank or a mark.
    .filter((line) => !/^(?:import|\s*(?:pause|resume|run):)/u.test(line))
    .map((line) => line.replaceAll(/`|\}(?=\/)/gu, ' '))
  const named = new RegExp(`/(?:${commands})(?!\\p{L})`, 'gu')
  const forgotten = lines.filter((line) => {
    const seen = asTyped(line, isCommand)
    return (line.match(named) ?? []).length !== (seen.match(/\/moltbot /gu) ?? []).length
  })
  assert.deepEqual(forgotten, [])
  assert.ok(lines.some((line) => named.test(line)))
})

test('the words of a model and of a source stay as they are', () => {
  const reply = { text: 'the page /help is new', status: 'done' } as const
  for (const from of ['model', 'source'] as const)
    assert.equal(shownText({ ...reply, from }, isCommand), reply.text)
  assert.equal(shownText(reply, isCommand), 'the page /moltbot help is new')
})
