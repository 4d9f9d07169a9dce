import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { z } from 'zod'
import { runOrder } from '../../src/answer.ts'
import { command, createCommandTable, type AnyCommand, type CommandTable } from '../../src/command.ts'
import { createHelp } from '../../src/commands/help.ts'
import { createNew } from '../../src/commands/new.ts'
import { createRemind } from '../../src/commands/remind.ts'
import { createStop } from '../../src/commands/stop.ts'
import { chineseCommand } from '../../src/words-chores.ts'
import { wordsOf, type Language } from '../../src/words.ts'

const moment = { nowMs: 0, zone: 'UTC' }
const onlyOwners = command({
  name: 'vault',
  aliases: ['金库'],
  summary: { en: 'the vault', zh: '金库' },
  usage: 'vault <text>',
  args: z.object({ text: z.string() }),
  words: ['text'],
  role: 'admin',
  tier: () => 'read',
  run: async () => ({ reply: { text: 'open', status: 'done' } }),
})

function makeTable(): CommandTable {
  const all: readonly AnyCommand[] = [
    createHelp(() => all),
    createRemind({ findWhen: () => undefined }),
    createNew(),
    createStop({ stopAnswers: () => 0, stopRuns: () => 0 }),
    onlyOwners,
  ]
  return createCommandTable(all)
}

async function say(typed: string, language: Language): Promise<string> {
  const context = {
    person: { key: 'terminal/local/local', name: '', role: 'member' },
    address: { adapter: 'terminal', account: 'local', channel: 'local' },
    language,
    ...moment,
    signal: new AbortController().signal,
    progress: () => undefined,
  } as const
  const order = makeTable().read(typed, moment) ?? assert.fail(typed)
  return (await runOrder(order, context, wordsOf(language))).reply.text
}

suite('/help', () => {
  test('names each command in words of the language, and those words are understood', async () => {
    for (const [language, one, line] of [
      ['en', '/help', '/remind <when> <text>'],
      ['zh', '/帮助', '/提醒 <时间> <内容>'],
    ] as const) {
      const lines = (await say(one, language)).split('\n')
      assert.ok(lines.includes(line), lines.join('\n'))
      const named = lines.flatMap((text) => /^\/(\S+)/u.exec(text)?.[1] ?? [])
      for (const name of named.slice(0, -1)) assert.ok(makeTable().find(name) !== undefined, name)
    }
    for (const { name, usage } of makeTable().all.filter(({ usage }) => usage.zh !== usage.en))
      assert.equal(chineseCommand(name), usage.zh.split(' ')[0])
  })

  test('tells of one command under its name in the language, and which others it has', async () => {
    assert.equal(
      await say('/help remind', 'en'),
      '/remind: remind you of something at a time\nUsage: /remind <when> <text>\nAlso called: 提醒',
    )
    assert.equal(
      await say('/帮助 remind', 'zh'),
      '/提醒：到时间提醒你一件事\n用法：/提醒 <时间> <内容>\n又名：remind',
    )
  })

  test('what is missing, and the role that it takes, are named in the language', async () => {
    assert.equal(await say('/remind', 'en'), 'Missing: text. Usage: /remind <when> <text>')
    assert.equal(await say('/提醒', 'zh'), '缺少：内容。用法：/提醒 <时间> <内容>')
    assert.match(await say('/金库 x', 'zh'), /^这需要管理员的权限/u)
  })
})
