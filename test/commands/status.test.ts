import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runOrder } from '../../src/answer.ts'
import { createCommandTable } from '../../src/command.ts'
import { createStatus } from '../../src/commands/status.ts'
import type { Reply } from '../../src/message.ts'
import type { Role } from '../../src/people.ts'
import { wordsOf, type Language } from '../../src/words.ts'

const status = {
  version: '1.2.3',
  upMs: 7_500_000,
  models: ['gpt', 'builtin'],
  platforms: ['http on 127.0.0.1:5000', 'slack over Socket Mode in T1'],
  activeTasks: 3,
  stalledTasks: [7],
  nextDueMs: null,
  waiting: 1,
  posts: { queued: 0, held: 0, unknown: 0, failed: 0 },
  dataFolder: '/home/me/data',
  dataBytes: 2 ** 20,
  residentBytes: 2 ** 27,
  troubles: ['the feed of http://intern.example:8080 is down'],
}

async function ask(
  role: Role,
  language: Language = 'en',
  changes: Partial<typeof status> = {},
): Promise<Reply> {
  const table = createCommandTable([createStatus(() => ({ ...status, ...changes }), String)])
  const order = table.read('/status', { nowMs: 0, zone: 'UTC' }) ?? assert.fail('no order')
  const context = {
    person: { key: 'slack/T1/U1', name: 'Ann', role },
    address: { adapter: 'slack', account: 'T1', channel: 'C1', shared: true },
    language,
    nowMs: 0,
    zone: 'UTC',
    signal: new AbortController().signal,
    progress: () => undefined,
  } as const
  return (await runOrder(order, context, wordsOf(language))).reply
}

test('members and guests read that it is well, and nothing of the machine', async () => {
  for (const role of ['member', 'guest'] as const) {
    const reply = await ask(role)
    assert.deepEqual(reply.text.split('\n'), [
      'Moltbot 1.2.3, up 2h 5m',
      'model: gpt → builtin',
      '0 messages waiting for an answer',
      'Not all is well; an admin sees more with /status.',
    ])
    assert.doesNotMatch(JSON.stringify(reply), /127|home|8080|T1/u)
    assert.doesNotMatch((await ask(role, 'en', { stalledTasks: [], troubles: [] })).text, /well/u)
  }
  assert.match((await ask('guest', 'zh')).text, /管理员用 \/状态 可以看到更多/u)
})

test('admins read all of it, and they alone where others read along', async () => {
  for (const role of ['owner', 'admin'] as const) {
    const { text, aside, data } = await ask(role)
    for (const fact of [
      /127\.0\.0\.1:5000/u,
      /\/home\/me\/data \(1\.0 MiB\)/u,
      /128\.0 MiB/u,
      /#7/u,
      /8080/u,
    ])
      assert.match(text, fact)
    assert.deepEqual([aside, data], [true, status])
  }
})
