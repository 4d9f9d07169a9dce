import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from '../src/log.ts'
import type { Address, Post } from '../src/message.ts'
import { createNotices, type CapNotice } from '../src/notices.ts'
import type { Draft } from '../src/outbox.ts'
import type { PastRun } from '../src/task.ts'
import { run, task } from './tasks/samples.ts'

const day = 24 * 60 * 60 * 1000
const owner: Address = { adapter: 'terminal', account: 'local', channel: 'terminal' }
const ann: Address = { adapter: 'chat', account: 'home', channel: 'ann' }

const places: Readonly<Record<string, Address>> = { terminal: owner, ann }

type Changes = {
  readonly to?: string
  readonly language?: 'auto' | 'zh'
  readonly taskLanguage?: 'en' | 'zh'
  /** The runs of the task before the newest, the newest first. */
  readonly runs?: readonly PastRun[]
}

const newest: PastRun = { ...run, id: 7, chore: task, zone: 'UTC', delivery: ['sending'] }

/** Where orders came from, by the rows of their messages. */
const said = (text: string, address: Address) => ({ address, author: 'ann', text })
const hall: Address = { adapter: 'chat', account: 'home', channel: 'hall', shared: true }
const origins: Readonly<Record<number, ReturnType<typeof said>>> = {
  12: said('/digest feed to #news', hall),
  13: said('/摘要 feed 发到 #news', hall),
  14: said('digest feed to chat', owner),
}

function start({ to = 'terminal', language = 'auto', taskLanguage = 'en', runs = [] }: Changes = {}) {
  const drafts: Draft[] = []
  const time = { nowMs: Date.UTC(2026, 10, 22, 12) }
  const logged: string[] = []
  const notices = createNotices({
    deliver: async (some) => void drafts.push(...some),
    to: () => to,
    placeOf: (target) => places[target],
    directTo: (key) => (key === 'chat/home/ann' ? ann : undefined),
    nameOf: ({ channel }, person, spoken) => `#${channel} of ${person} in ${spoken}`,
    read: {
      tasks: {
        get: (id) =>
          id === task.id ? { ...task, person: 'chat/home/ann', language: taskLanguage } : undefined,
      },
      runs: {
        get: (id) => [...runs, newest].find((one) => one.id === id),
        history: (_, most) => [newest, ...runs].toSorted((a, b) => b.id - a.id).slice(0, most),
      },
      inbox: { origin: (id) => origins[id] },
    },
    pauseAfter: () => 3,
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
    ['任务 7（摘要）恢复正常了。'],
  )
  const untold = notices.aboutTask({ kind: 'failed', task, run, fault: null, detail: '没有页面。', told: [] })
  assert.deepEqual(
    untold.map(({ address, reply }) => [address, reply.text]),
    [[ann, '任务 7（摘要）失败：没有页面。恢复正常时我会再告诉你。']],
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

const nothing = { drafts: [], writes: [] }

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
  const [told] = notices.aboutPost(post('news'), { why: 'the channel is archived' }).drafts
  assert.deepEqual(told?.address, ann)
  assert.match(
    told?.reply.text ?? '',
    /could not be posted to #news of chat\/home\/ann in en: the channel is archived/u,
  )
  const keyOf = (channel: string, why: string) => notices.aboutPost(post(channel), { why }).drafts[0]?.key
  assert.equal(keyOf('news', 'the channel is archived'), told?.key)
  assert.notEqual(keyOf('other', 'the channel is archived'), told?.key)
  assert.notEqual(keyOf('news', 'the channel is gone'), told?.key)
  // Where the maker cannot be told either, the owner is, once.
  const lost = post('ann', { key: told?.key ?? '', reply: told?.reply ?? assert.fail() })
  const [last] = notices.aboutPost(lost, { why: 'removed' }).drafts
  assert.deepEqual([last?.address, last?.reply], [owner, told?.reply])
  assert.match(last?.key ?? '', /^notice\/owner\/post\/\d+\/[0-9a-f]{16}$/u)
  assert.deepEqual(notices.aboutPost({ ...lost, key: last?.key ?? '' }, { why: 'x' }), nothing)
  assert.deepEqual(notices.aboutPost({ ...lost, address: owner }, { why: 'x' }), nothing)
  // Nothing is said of answers, and in the place that cannot be posted to.
  const old = (hours: string) => `it is ${hours} hours old, which is too old to be sent`
  assert.equal(keyOf('news', old('24.1')), keyOf('news', old('30')))
  assert.deepEqual(notices.aboutPost({ ...post('news'), run: 8 }, { why: 'x' }), nothing)
  assert.deepEqual(notices.aboutPost(post('ann'), { why: 'x' }), nothing)
  // In the language of the task, where the platform has words in it; the reason is the same.
  const says = { en: 'it is archived', zh: '频道已归档' }
  const [chinese] = start({ taskLanguage: 'zh' }).notices.aboutPost(post('news'), {
    why: 'the channel is archived',
    says,
  }).drafts
  assert.match(chinese?.reply.text ?? '', /没能发到 #news of chat\/home\/ann in zh：频道已归档。$/u)
  assert.equal(chinese?.key, told?.key)
})

test('whoever ordered a post to another place is told that it did not arrive, alone, and what it showed is new again', () => {
  const { notices } = start()
  const news: Address = { adapter: 'chat', account: 'home', channel: 'news', shared: true }
  const order = (id: number, about: Partial<Post> = {}): Post => ({
    key: `inbox/${id}/to-0`,
    address: news,
    answers: null,
    reply: { text: 'news', status: 'done' },
    createdAtMs: 0,
    ...about,
  })
  const failure = { why: 'the channel is archived' }
  const { drafts } = notices.aboutPost(order(12), failure)
  assert.deepEqual(
    drafts.map(({ key, address, reply }) => [key, address, reply.text]),
    [
      [
        'notice/maker/post/inbox/12',
        ann,
        'What you ordered could not be posted to #news of chat/home/ann in en: the channel is archived.',
      ],
    ],
  )
  // The first part that is lost tells of all.
  assert.deepEqual(notices.aboutPost(order(12, { key: 'inbox/12/to-0#2' }), failure).drafts, drafts)
  const [chinese] = notices.aboutPost(order(13), failure).drafts
  assert.match(chinese?.reply.text ?? '', /^你要的内容没能发到 #news/u)
  // Who has no direct messages is told where it was ordered.
  assert.deepEqual(notices.aboutPost(order(14), failure).drafts[0]?.address, owner)
  // Where the person cannot be told, the owner is.
  const lost = { ...order(12), key: drafts[0]?.key ?? '', address: ann }
  assert.deepEqual(notices.aboutPost(lost, failure).drafts[0]?.address, owner)
  // An answer, a row that is gone, and what was for somebody else alone.
  assert.deepEqual(notices.aboutPost(order(12, { key: 'inbox/12' }), failure), nothing)
  assert.deepEqual(notices.aboutPost(order(99), failure), nothing)
  assert.deepEqual(
    notices.aboutPost(order(12, { address: { ...news, shared: undefined } as never }), failure),
    nothing,
  )
  const shows = { scope: 'feed', items: ['a'] }
  const shown = order(12, { reply: { text: 'news', status: 'done', shows } })
  assert.deepEqual(notices.aboutPost(shown, failure).writes, [['seen.forget', 'feed', ['a']]])
})

test('a task is paused after as many runs in a row as may fail, where nothing that they post arrives', () => {
  const lost = (id: number, more: Partial<PastRun> = {}): PastRun => ({
    ...newest,
    id,
    state: 'succeeded',
    delivery: ['failed'],
    ...more,
  })
  const post: Post = {
    key: 'x',
    address: { adapter: 'chat', account: 'home', channel: 'news', shared: true },
    answers: null,
    reply: { text: 'news', status: 'done' },
    createdAtMs: 0,
    run: 7,
  }
  const follow = (...runs: readonly PastRun[]) => start({ runs }).notices.aboutPost(post, { why: 'x' })
  const { drafts, writes } = follow(lost(6), lost(5, { state: 'dead', delivery: [] }))
  const to = { state: 'paused', nextDueMs: null, pausedFor: 'failures', failures: 3 }
  assert.deepEqual(
    writes.map(([name, id, change]) => [name, id, change]),
    [['tasks.change', task.id, to]],
  )
  assert.deepEqual(
    drafts.map(({ key, address }) => [key.replace(/[0-9a-f]{16}/u, '…'), address]),
    [
      [`notice/maker/post/${task.id}/…`, ann],
      ['notice/maker/pause/7', ann],
      ['notice/owner/task/7/paused', owner],
    ],
  )
  assert.match(drafts[1]?.reply.text ?? '', /is paused: it failed 3 times in a row/u)
  for (const runs of [
    [],
    [lost(6)],
    [lost(6), lost(5, { delivery: ['sent'] })],
    [lost(6, { delivery: ['unknown'] }), lost(5)],
    [lost(8, { delivery: ['queued'] }), lost(6)],
    [lost(10), lost(9), lost(8)],
    [lost(6), lost(5, { taskVersion: run.taskVersion - 1 })],
  ])
    assert.deepEqual(follow(...runs).writes, [])
})
