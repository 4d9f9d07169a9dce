import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from '../src/log.ts'
import type { Address, Post } from '../src/message.ts'
import { createNotices, type CapNotice } from '../src/notices.ts'
import type { Draft } from '../src/outbox.ts'
import { run, task } from './tasks/samples.ts'

const day = 24 * 60 * 60 * 1000
const owner: Address = { adapter: 'terminal', account: 'local', channel: 'terminal' }
const ann: Address = { adapter: 'chat', account: 'home', channel: 'ann' }

const places: Readonly<Record<string, Address>> = { terminal: owner, ann }

type Changes = {
  readonly to?: string
  readonly language?: 'auto' | 'zh'
  readonly taskLanguage?: 'en' | 'zh'
}

function start({ to = 'terminal', language = 'auto', taskLanguage = 'en' }: Changes = {}) {
  const drafts: Draft[] = []
  const time = { nowMs: Date.UTC(2026, 10, 22, 12) }
  const logged: string[] = []
  const notices = createNotices({
    deliver: async (some) => void drafts.push(...some),
    to: () => to,
    placeOf: (target) => places[target],
    directTo: (key) => (key === 'chat/home/ann' ? ann : undefined),
    nameOf: ({ channel }, person, spoken) => `#${channel} of ${person} in ${spoken}`,
    taskOf: (run) => (run === 7 ? { ...task, person: 'chat/home/ann', language: taskLanguage } : undefined),
    language: () => language,
    formatTime: (ms) => new Date(ms).toISOString(),
    now: () => time.nowMs,
    log: createLog(
      'warn',
      () => [],
      (line) => logged.push(line),
    ),
  })
  return { notices, drafts, time, logged }
}

const cap: CapNotice = {
  key: 'budget/day/2026-11-22/person/ann/2/80',
  cap: { period: 'day', of: 'person', usd: 2 },
  percent: 80,
  spentUsd: 1.7,
  reservedUsd: 0,
  endsAtMs: Date.UTC(2026, 10, 23),
  person: 'chat/home/ann',
  address: ann,
}

test('a cap is told of to the owner and to the person whose it is, each under a key of its own', () => {
  const { notices, drafts } = start()
  notices.tellOfCap(cap)
  assert.deepEqual(
    drafts.map(({ key, address, answers }) => [key, address, answers]),
    [
      [`notice/owner/${cap.key}`, owner, null],
      [`notice/also/${cap.key}`, ann, null],
    ],
  )
  assert.match(drafts[0]?.reply.text ?? '', /80 %.*\$2\.00.*chat\/home\/ann.*\$1\.70.*2026-11-23/u)
})

test('who is the owner and the person in one place hears it once', () => {
  const { notices, drafts } = start({ to: 'ann' })
  notices.tellOfCap(cap)
  assert.deepEqual(
    drafts.map(({ address }) => address),
    [ann],
  )
})

test('a dead key is one notice for ever, an empty account one for each day', () => {
  const { notices, drafts, time } = start()
  for (const fault of ['bad-key', 'no-credit'] as const) {
    notices.tellOfKey('gpt', 'hash', fault)
    time.nowMs += day
    notices.tellOfKey('gpt', 'hash', fault)
  }
  const keys = drafts.map(({ key }) => key)
  assert.equal(new Set(keys.slice(0, 2)).size, 1)
  assert.equal(new Set(keys.slice(2)).size, 2)
  assert.match(drafts[0]?.reply.text ?? '', /key of gpt is not accepted/u)
  assert.match(drafts[2]?.reply.text ?? '', /no credit left/u)
})

test('where there is no such place the terminal gets them, and that is told', () => {
  const { notices, drafts, logged } = start({ to: 'nowhere', language: 'zh' })
  notices.tellOfKey('gpt', 'hash', 'bad-key')
  assert.deepEqual(
    drafts.map(({ address }) => address),
    [owner],
  )
  assert.match(logged.join(''), /gpt 的密钥不被接受/u)
  assert.match(notices.remarks().join(''), /notices\.to: there is no place nowhere/u)
  assert.deepEqual(start().notices.remarks(), [])
})

test('the owner is told of a task in words, under a key that a crash does not change', () => {
  const { notices, drafts } = start()
  const failed = { kind: 'failed', task, run, fault: 'network', detail: 'x', told: [ann] } as const
  const said = [
    ...notices.aboutTask(failed),
    ...notices.aboutTask({ kind: 'paused', task, run, failures: 5, told: [ann] }),
    ...notices.aboutTask({ kind: 'recovered', task, run }),
  ]
  assert.deepEqual(
    said.map(({ key, address, reply }) => [key, address, reply.text]),
    [
      [
        'notice/owner/task/70/failed',
        owner,
        'Task 7 (digest) failed: nothing answered there, or the connection broke. I tell you again when it works.',
      ],
      ['notice/owner/task/70/paused', owner, 'Task 7 (digest) is paused: it failed 5 times in a row.'],
      ['notice/owner/task/70/recovered', owner, 'Task 7 (digest) works again.'],
    ],
  )
  assert.deepEqual(notices.aboutTask(failed), said.slice(0, 1))
  assert.deepEqual(drafts, [], 'the run’s end commits them')
})

test('an owner who reads where the task posts is not told twice, but hears of its recovery', () => {
  const { notices } = start({ to: 'ann', language: 'zh' })
  assert.deepEqual(
    [
      ...notices.aboutTask({ kind: 'failed', task, run, fault: 'network', detail: '', told: [ann] }),
      ...notices.aboutTask({ kind: 'paused', task, run, failures: 5, told: [ann] }),
      ...notices.aboutTask({ kind: 'recovered', task, run }),
    ].map(({ reply }) => reply.text),
    ['任务 7（digest）恢复正常了。'],
  )
  const untold = notices.aboutTask({ kind: 'failed', task, run, fault: null, detail: '没有页面。', told: [] })
  assert.deepEqual(
    untold.map(({ address, reply }) => [address, reply.text]),
    [[ann, '任务 7（digest）失败：没有页面。恢复正常时我会再告诉你。']],
  )
})

test('of a task that has had its last due time nobody promises that it will work', () => {
  const { notices } = start()
  const done = { ...task, state: 'done' } as const
  const [draft] = notices.aboutTask({
    kind: 'failed',
    task: done,
    run,
    fault: null,
    detail: 'No such page.\nMore',
    told: [],
  })
  assert.equal(draft?.reply.text, 'Task 7 (digest) failed: No such page.')
})

test('whose task could not post is told once for each place and reason, alone', () => {
  const { notices } = start()
  const post = (channel: string, about: Partial<Post> = {}): Post => ({
    key: 'task/1/x',
    address: { adapter: 'chat', account: 'home', channel },
    answers: null,
    reply: { text: 'news', status: 'done' },
    createdAtMs: 0,
    run: 7,
    ...about,
  })
  const [told] = notices.aboutPost(post('news'), { why: 'the channel is archived' })
  assert.deepEqual(told?.address, ann)
  assert.match(
    told?.reply.text ?? '',
    /could not be posted to #news of chat\/home\/ann in en: the channel is archived/u,
  )
  const keyOf = (channel: string, why: string) => notices.aboutPost(post(channel), { why })[0]?.key
  assert.equal(keyOf('news', 'the channel is archived'), told?.key)
  assert.notEqual(keyOf('other', 'the channel is archived'), told?.key)
  assert.notEqual(keyOf('news', 'the channel is gone'), told?.key)
  // Where the maker cannot be told either, the owner is, once.
  const lost = post('ann', { key: told?.key ?? '', reply: told?.reply ?? assert.fail() })
  const [last] = notices.aboutPost(lost, { why: 'removed' })
  assert.deepEqual([last?.address, last?.reply], [owner, told?.reply])
  assert.match(last?.key ?? '', /^notice\/owner\/post\/\d+\/[0-9a-f]{16}$/u)
  assert.deepEqual(notices.aboutPost({ ...lost, key: last?.key ?? '' }, { why: 'x' }), [])
  assert.deepEqual(notices.aboutPost({ ...lost, address: owner }, { why: 'x' }), [])
  // Nothing is said of answers, and in the place that cannot be posted to.
  const old = (hours: string) => `it is ${hours} hours old, which is too old to be sent`
  assert.equal(keyOf('news', old('24.1')), keyOf('news', old('30')))
  assert.deepEqual(notices.aboutPost({ ...post('news'), run: 8 }, { why: 'x' }), [])
  assert.deepEqual(notices.aboutPost(post('ann'), { why: 'x' }), [])
  // In the language of the task, where the platform has words in it; the reason is the same.
  const says = { en: 'it is archived', zh: '频道已归档' }
  const [chinese] = start({ taskLanguage: 'zh' }).notices.aboutPost(post('news'), {
    why: 'the channel is archived',
    says,
  })
  assert.match(chinese?.reply.text ?? '', /没能发到 #news of chat\/home\/ann in zh：频道已归档。$/u)
  assert.equal(chinese?.key, told?.key)
})
