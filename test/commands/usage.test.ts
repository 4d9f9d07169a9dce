import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createCommandTable, type CommandTable, type Context } from '../../src/command.ts'
import { createUsage } from '../../src/commands/usage.ts'
import type { Cap } from '../../src/errors.ts'
import type { Reply } from '../../src/message.ts'
import type { CallRecord, UsageLine } from '../../src/store/calls.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { typedKey } from '../../src/people.ts'
import { formatTime } from '../../src/tasks/restate.ts'
import { usageChinese, usageEnglish } from '../../src/words-usage.ts'
import { temporaryFolder } from '../doubles/folder.ts'

const moment = { nowMs: Date.parse('2026-11-22T10:00:00Z'), zone: 'Europe/Berlin' }
const me = 'slack/T1/ann'
const caps: readonly Cap[] = [
  { period: 'day', of: 'total', usd: 5 },
  { period: 'month', of: 'person', usd: 2 },
  { period: 'day', of: 'task', usd: 0.5 },
]

const context = (changes: Partial<Context> = {}): Context => ({
  person: { key: me, name: 'Ann', role: 'owner' },
  address: { adapter: 'terminal', account: 'local', channel: 'main' },
  language: 'en',
  ...moment,
  signal: new AbortController().signal,
  progress: () => undefined,
  ...changes,
})
const member = context({ person: { key: me, name: 'Ann', role: 'member' } })

let lastId = 0
async function spend(store: Store, about: Partial<CallRecord>, line: Partial<UsageLine> = {}): Promise<void> {
  const record: CallRecord = {
    id: ++lastId,
    atMs: 1,
    day: '2026-11-22',
    route: 'default',
    person: me,
    conversation: 'c',
    task: null,
    run: null,
    reservedUsd: 1,
    model: 'gpt',
    choice: 'first',
    fault: null,
    attempts: 1,
    tries: [],
    firstMs: 1,
    totalMs: 1,
    inputTokens: 1,
    outputTokens: 1,
    cachedTokens: null,
    costUsd: 1,
    isEstimated: false,
    isHit: false,
    ...about,
  }
  const whole: UsageLine = {
    model: 'gpt',
    calls: 1,
    hits: 0,
    inputTokens: 1_200_000,
    outputTokens: 9_310,
    costUsd: 0.0031,
    unpricedCalls: 0,
    ...line,
  }
  await store.write('calls.settle', record, [whole])
}

async function open(
  t: TestContext,
  limits: readonly Cap[] = [],
): Promise<{ store: Store; table: CommandTable }> {
  const store = await openStore(temporaryFolder(t))
  t.after(() => store.close())
  const standing = ({ person }: { readonly person: string }) =>
    limits
      .filter(({ of }) => of !== 'task')
      .map((cap) => ({
        cap,
        spentUsd: person === me ? 0.42 : 0,
        reservedUsd: 0.08,
        endsAtMs: Date.parse('2026-11-22T23:00:00Z'),
      }))
  const usage = createUsage({
    read: store.read.calls,
    today: () => '2026-11-22',
    caps: () => limits,
    standing,
    nameOf: (key) => (key === 'slack/T1/bob' ? 'Bob\n<boss>' : typedKey(key)),
    formatTime,
  })
  return { store, table: createCommandTable([usage]) }
}

async function say(table: CommandTable, typed: string, as = context()): Promise<Reply> {
  const order = table.read(typed, moment)
  assert.equal(order?.kind, 'invocation', typed)
  if (order.kind !== 'invocation') return assert.fail()
  assert.equal(order.invocation.tier, 'read')
  return (await order.invocation.run(as)).reply
}

test('before anything was asked it says so', async (t) => {
  const { table } = await open(t)
  const { text } = await say(table, '/usage')
  assert.equal(text, 'No model has been asked this month.\nNo spending cap is set.')
  assert.match((await say(table, '/usage model')).text, /No model has been asked/u)
  assert.match((await say(table, '用量', context({ language: 'zh' }))).text, /本月还没有/u)
})

test('it tells today, the month, the cache, the caps and the models', async (t) => {
  const { store, table } = await open(t, caps)
  await spend(store, {})
  await spend(store, { day: '2026-11-02' }, { model: 'claude', costUsd: 12.4 })
  await spend(store, { day: '2026-10-31' }, { costUsd: 100 })
  await store.write('calls.hit', [
    { ...hit, id: ++lastId },
    { ...hit, id: ++lastId },
  ])
  const { text } = await say(table, '/usage')
  assert.deepEqual(text.split('\n'), [
    'Today: $0.0031, 1 call, 1.2 M tokens in, 9,310 out',
    'This month: $12.40, 2 calls, 2.4 M tokens in, 18.6 k out',
    'From the cache this month: 2 answers, 50 % of all; that many calls were saved.',
    'Cap of $5.00 a day in total: $0.42 spent, $4.50 left until Mon 23 Nov 2026, 00:00',
    'Cap of $2.00 a month for each person: $0.42 spent, $1.50 left until Mon 23 Nov 2026, 00:00',
    'Cap of $0.50 a day for each task',
    'By model, this month:',
    '  claude: $12.40, 1 call, 1.2 M tokens in, 9,310 out',
    '  gpt: $0.0031, 1 call, 1.2 M tokens in, 9,310 out',
    '  2 from the cache',
    'More: /usage person, model, task or day',
  ])
})

const hit = {
  atMs: 1,
  day: '2026-11-22',
  route: 'default',
  person: me,
  conversation: 'c',
  task: null,
  run: null,
  reservedUsd: 0,
}

test('a price that is not known is told as such, with how many calls, and never as $0', async (t) => {
  const { store, table } = await open(t)
  await spend(store, { costUsd: null }, { model: 'new', costUsd: 0, unpricedCalls: 1 })
  const { text } = await say(table, '/usage')
  assert.match(text, /^Today: 1 call of unknown price, 1\.2 M tokens in/u)
  assert.doesNotMatch(text, /\$0/u)
  await spend(store, {})
  assert.match((await say(table, '/usage')).text, /^Today: \$0\.0031 and 1 call of unknown price, 2 calls,/u)
})

test('members see their own usage, and owner and admins all', async (t) => {
  const { store, table } = await open(t, caps)
  await spend(store, {}, { costUsd: 0.25 })
  await spend(store, { person: 'slack/T1/bob', task: 7 }, { costUsd: 2 })
  const own = await say(table, '/usage', member)
  assert.match(own.text, /^Today: \$0\.25, 1 call/u)
  assert.doesNotMatch(own.text, /in total/u)
  assert.doesNotMatch((await say(table, '/usage person', member)).text, /bob/u)
  assert.doesNotMatch((await say(table, '/usage task', member)).text, /task 7/u)
  const admin = context({ person: { key: me, name: 'Ann', role: 'admin' } })
  const { text } = await say(table, '/usage person', admin)
  assert.match(text, /^ {2}Bob <boss>: \$2\.00/mu)
  assert.match(text, /^ {2}slack T1 ann: /mu)
  assert.match((await say(table, '/usage task', admin)).text, /task 7: \$2\.00[^]*no task: \$0\.25/u)
})

test('by day it goes back thirty days, newest first', async (t) => {
  const { store, table } = await open(t)
  for (const day of ['2026-11-22', '2026-10-24', '2026-10-23']) await spend(store, { day })
  const { text, data } = await say(table, '/usage day')
  assert.deepEqual(
    text.split('\n').map((one) => one.slice(0, 12)),
    ['By day, the ', '  2026-11-22', '  2026-10-24'],
  )
  assert.deepEqual(data, {
    by: 'day',
    from: '2026-10-24',
    to: '2026-11-22',
    lines: store.read.calls.usage('day', { from: '2026-10-24', to: '2026-11-22' }, 30),
  })
})

test('Chinese words name the tables, too, and an unknown one is misused', async (t) => {
  const { store, table } = await open(t, caps)
  await spend(store, {})
  const chinese = context({ language: 'zh' })
  assert.match(
    (await say(table, '/用量 模型', chinese)).text,
    /^本月按模型：\n {2}gpt：\$0\.0031，1 次调用，/u,
  )
  assert.match((await say(table, '/花费', chinese)).text, /^今天：\$0\.0031，1 次调用/u)
  assert.equal(table.read('/usage planet', moment)?.kind, 'misused')
  assert.equal(table.read('/usage --by day', moment)?.kind, 'invocation')
})

test('money and tokens are rounded to what people read', () => {
  const { usd, tokens } = usageEnglish
  assert.deepEqual([0, 0.00001, 0.0031, 0.5, 1, 12.4, 1_234.5].map(usd), [
    '$0.00',
    '<$0.0001',
    '$0.0031',
    '$0.50',
    '$1.00',
    '$12.40',
    '$1,234.50',
  ])
  assert.equal(tokens(999_949, 999_950), '999.9 k tokens in, 1 M out')
})

test('a refusal and a notice name the cap and the way out, in both languages', () => {
  const cap: Cap = { period: 'day', of: 'person', usd: 2 }
  const state = { cap, spentUsd: 1.75, reservedUsd: 0, endsAtMs: 0 }
  for (const words of [usageEnglish, usageChinese]) {
    assert.match(
      words.refused({ state, mostUsd: 0.5, model: undefined }),
      /\$2\.00[^]*\$0\.50[^]*\$1\.75[^]*\/(?:model|模型) builtin[^]*config\.yaml/u,
    )
    assert.match(words.refused({ state, mostUsd: 2.5, model: undefined }), /\$2\.50[^]*answer_tokens/u)
    const held = { ...state, spentUsd: 1, reservedUsd: 0.75 }
    const said = words.refused({ state: held, mostUsd: 0.5, model: undefined })
    assert.match(said, /\$0\.75[^]*\$0\.50[^]*(?:ask again in a moment|请稍后再问)/u)
    assert.doesNotMatch(said, /begins anew|重新开始/u)
    assert.match(words.refused({ state, mostUsd: 0, model: 'new' }), /new[^]*config\.yaml/u)
    assert.match(words.notice(cap, 80, '$1.60', 'Ann', 'Mon'), /80 %[^]*\$2\.00[^]*Ann[^]*\$1\.60/u)
    assert.doesNotMatch(words.notice(cap, 100, '$2.00', undefined, 'Mon'), /80|undefined/u)
  }
})

test('a model that only failed has a line with what it cost, and nothing that is empty has one', async (t) => {
  const { store, table } = await open(t)
  await spend(store, {}, { model: 'bad', calls: 0, costUsd: 0.5, outputTokens: 0 })
  await spend(store, {}, { model: 'idle', calls: 0, costUsd: 0, inputTokens: 0, outputTokens: 0 })
  await spend(store, {}, { model: '', calls: 0, costUsd: 0.25 })
  assert.deepEqual((await say(table, '/usage model')).text.split('\n'), [
    'By model, this month:',
    '  bad: $0.50, 0 calls, 1.2 M tokens in, 0 out',
    '  model not known: $0.25, 0 calls, 1.2 M tokens in, 9,310 out',
  ])
})

test('beyond twelve lines it tells how many more there are, and what they cost', async (t) => {
  const { store, table } = await open(t)
  for (let i = 0; i < 14; i++) await spend(store, { person: `p${i}` }, { costUsd: 1 + i })
  const { text, data } = await say(table, '/usage person')
  const lines = text.split('\n')
  assert.deepEqual(
    [lines.length, lines[1]?.slice(0, 12), lines.at(-1)],
    [14, '  p13: $14.0', '  and 2 more, $3.00'],
  )
  assert.equal((data as { lines: unknown[] }).lines.length, 14)
  const chinese = await say(table, '/用量 人', context({ language: 'zh' }))
  assert.match(chinese.text, /另有 2 项，\$3\.00$/u)
})
