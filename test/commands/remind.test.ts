import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCommandTable, type Context, type Invocation } from '../../src/command.ts'
import type { Address } from '../../src/message.ts'
import { createRemind } from '../../src/commands/remind.ts'
import { findWhen } from '../../src/tasks/when/when.ts'

const moment = { nowMs: Date.parse('2026-11-21T10:00:00Z'), zone: 'Europe/Berlin' }
const table = createCommandTable([createRemind({ findWhen })])

function read(text: string): Invocation {
  const order = table.read(text, moment)
  assert.equal(order?.kind, 'invocation', text)
  return order.kind === 'invocation' ? order.invocation : assert.fail()
}

const context = (changes: Partial<Context> = {}): Context => ({
  person: { key: 'terminal/local/me', name: 'me', role: 'owner' },
  address: { adapter: 'terminal', account: 'local', channel: 'main' },
  language: 'en',
  ...moment,
  signal: new AbortController().signal,
  progress: () => undefined,
  ...changes,
})

test('typed words are taken apart into a time and what is to be said', () => {
  const cases: [typed: string, when: string | undefined, text: string][] = [
    ['/remind in 5 minutes tea', 'in 5 minutes', 'tea'],
    ['/remind me tomorrow at 3pm to call Ann', 'tomorrow at 3pm', 'call Ann'],
    ['/remind drink water every 2 hours', 'every 2 hours', 'drink water'],
    ['/提醒 明天下午3点 开会', '明天下午3点', '开会'],
    ['/提醒 我明天下午3点开会', '明天下午3点', '开会'],
    ['/remind --when "every Monday at 9" --text "the report"', 'every Monday at 9', 'the report'],
    ['/remind tea', undefined, 'tea'],
  ]
  for (const [typed, when, text] of cases) {
    const invocation = read(typed)
    assert.deepEqual([invocation.when, invocation.args['text']], [when, text], typed)
  }
})

test('a time with nothing to say is misused', () => {
  const order = table.read('/remind in 5 minutes', moment)
  assert.equal(order?.kind, 'misused')
  assert.deepEqual(order?.kind === 'misused' ? order.missing : [], ['text'])
})

test('when its time has come it says the text', async () => {
  const { reply } = await read('/remind in 5 minutes tea').run(context({ dueMs: moment.nowMs }))
  assert.deepEqual([reply.text, reply.status], ['⏰ tea', 'done'])
})

test('where several read along it is for whoever made it, by the id of their platform; alone it names nobody', async () => {
  const shared: Address = { adapter: 'slack', account: 'T1', channel: 'C1', shared: true }
  const person = { key: 'slack/T1/T2.U9', name: 'Ann', role: 'member' } as const
  const remind = async (address: Address, of: Context['person'] = person): Promise<unknown> => {
    const { run } = read('/remind in 5 minutes tea')
    return (await run(context({ dueMs: moment.nowMs, address, person: of }))).reply.to
  }
  assert.equal(await remind(shared), 'T2.U9')
  assert.equal(await remind({ adapter: 'slack', account: 'T1', channel: 'D1' }), undefined)
  // Its id means nothing, or somebody else, on another platform.
  assert.equal(await remind(shared, { ...person, key: 'terminal/local/U1' }), undefined)
  assert.equal(await remind({ ...shared, account: 'T3' }), undefined)
})

test('without a time it asks for one, with an example', async () => {
  const { reply } = await read('/remind tea').run(context())
  assert.equal(reply.status, 'misused')
  assert.match(reply.text, /\/remind in 20 minutes tea/u)
  const chinese = await read('/提醒 喝茶').run(context({ language: 'zh' }))
  assert.match(chinese.reply.text, /\/提醒 20分钟后 喝茶/u)
})

test('what is said of the time beside the time goes with it, and not into the text', () => {
  const cases: [typed: string, when: string, text: string][] = [
    ['/remind me every 2 hours to drink water, 5 times', 'every 2 hours, 5 times', 'drink water'],
    [
      '/remind stretch every hour, not between 22:00 and 07:00',
      'every hour, not between 22:00 and 07:00',
      'stretch',
    ],
    ['/提醒 每2小时喝水，共5次', '每2小时，共5次', '喝水'],
  ]
  for (const [typed, when, text] of cases) {
    const invocation = read(typed)
    assert.deepEqual([invocation.when, invocation.args['text']], [when, text], typed)
  }
})
