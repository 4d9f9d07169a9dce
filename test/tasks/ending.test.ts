import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '../../src/command.ts'
import { FaultError, ModelError } from '../../src/errors.ts'
import type { TaskNews } from '../../src/notices.ts'
import {
  againNote,
  cancelledEnding,
  failedEnding,
  failureIn,
  failureOf,
  gaveUpEnding,
  postKey,
  succeededEnding,
  type About,
  type Ending,
  type Failure,
} from '../../src/tasks/ending.ts'
import type { Run, Task } from '../../src/task.ts'
import { run, task } from './samples.ts'

const elsewhere = { ...task.address, channel: 'other' }
const ownersDraft = {
  key: 'owner',
  address: elsewhere,
  answers: null,
  reply: { text: 'x', status: 'done' },
} as const

function about(changes: { task?: Partial<Task>; run?: Partial<Run> } = {}): About & { heard: TaskNews[] } {
  const heard: TaskNews[] = []
  return {
    task: { ...task, ...changes.task },
    run: { ...run, ...changes.run },
    nowMs: 5,
    pauseAfter: 5,
    news: (news) => {
      heard.push(news)
      return [ownersDraft]
    },
    heard,
  }
}

const said = (text: string, more: Partial<Outcome> = {}): Outcome => ({
  reply: { text, status: 'failed' },
  ...more,
})

const failure = (outcome: Outcome): Failure => {
  const found = failureIn(outcome)
  assert.ok(found)
  return found
}

const textsOf = ({ drafts }: Ending): string[] => drafts.map(({ reply }) => reply.text)

test('the key of a post is a hash of task, due time and place', () => {
  const keys = [
    postKey(7, 1, task.address),
    postKey(8, 1, task.address),
    postKey(7, 2, task.address),
    postKey(7, 1, elsewhere),
    postKey(7, 1, { ...task.address, thread: 't' }),
  ]
  assert.equal(new Set(keys).size, keys.length)
  assert.ok(keys.every((key) => /^[0-9a-f]{64}$/u.test(key)))
  assert.equal(keys[0], postKey(7, 1, { ...task.address }))
})

test('what a run says is posted where it belongs, names its run, and its beginning is kept', () => {
  const text = `${'x'.repeat(1_999)}😀 and more`
  const ending = succeededEnding(about(), { reply: { text, status: 'done' }, to: elsewhere })
  assert.deepEqual(ending.drafts, [
    {
      key: postKey(7, run.dueMs, elsewhere),
      address: elsewhere,
      answers: null,
      reply: { text, status: 'done' },
      run: 70,
    },
  ])
  assert.deepEqual(ending.end, {
    state: 'succeeded',
    status: 'done',
    fault: null,
    note: null,
    output: 'x'.repeat(1_999),
  })
})

test('an empty reply posts nothing, and its changes are made all the same', () => {
  const writes = [['seen.add', 'scope', ['x'], 1]] as const
  const ending = succeededEnding(about(), { reply: { text: '', status: 'done' }, writes })
  assert.deepEqual([ending.drafts, ending.writes, ending.end.output], [[], writes, null])
})

test('the owner hears of a recovery after failures, and of nothing without them', () => {
  const well = { reply: { text: 'fine', status: 'done' } } as const
  assert.deepEqual(succeededEnding(about(), well).news, [])
  const later = about({ task: { failures: 3 } })
  const ending = succeededEnding(later, well)
  assert.deepEqual([ending.news, textsOf(ending)], [['recovered'], ['fine', 'x']])
  assert.deepEqual(
    later.heard.map(({ kind }) => kind),
    ['recovered'],
  )
})

test('done and asked are no failures; failed, misused and refused are', () => {
  const statuses = ['done', 'asked', 'failed', 'misused', 'refused'] as const
  assert.deepEqual(
    statuses.filter((status) => failureIn({ reply: { text: 'x', status } }) !== undefined),
    ['failed', 'misused', 'refused'],
  )
})

test('what a command says of its failure is posted as it said it, with its changes', () => {
  const writes = [['seen.add', 'scope', ['x'], 1]] as const
  const ending = failedEnding(about(), failure(said('No such page.', { fault: 'missing', writes })), false)
  assert.deepEqual(textsOf(ending), ['No such page.', 'x'])
  assert.deepEqual(ending.end, {
    state: 'failed',
    status: 'failed',
    fault: 'missing',
    note: 'No such page.',
    output: 'No such page.',
  })
  assert.deepEqual(ending.writes, writes)
})

test('a command that fails without a word is told of all the same', () => {
  const [text] = textsOf(failedEnding(about(), failure(said('', { fault: 'missing' })), false))
  assert.equal(text, 'Task 7 (digest) failed: it is not there.')
})

test('the person hears the first failure of a row, and each one of a run ordered by hand', () => {
  const thrown = failureOf(new FaultError('missing', 'no page at example.com'))
  const first = failedEnding(about(), thrown, false)
  assert.deepEqual(textsOf(first), ['Task 7 (digest) failed: it is not there. (no page at example.com)', 'x'])
  assert.deepEqual(first.news, ['failed'])
  const second = failedEnding(about({ task: { failures: 1 } }), thrown, false)
  assert.deepEqual([second.drafts, second.news, second.end.state], [[], [], 'failed'])
  const ordered = failedEnding(about({ task: { failures: 1 }, run: { isOrdered: true } }), thrown, false)
  assert.deepEqual(
    ordered.drafts.map(({ address }) => address),
    [task.address],
  )
})

test('one that is given up says how often it was tried', () => {
  const thrown = failureOf(new ModelError('overloaded', 'busy'))
  const ending = failedEnding(about({ run: { attempt: 4 } }), thrown, true)
  assert.equal(
    textsOf(ending)[0],
    'Task 7 (digest) failed 4 times and is given up for this due time: it is overloaded just now. (busy)',
  )
  assert.deepEqual([ending.end.state, ending.end.fault, ending.end.note], ['dead', 'overloaded', 'busy'])
  assert.match(
    textsOf(failedEnding(about(), thrown, true))[0] ?? '',
    /^Task 7 \(digest\) failed: it is overl/u,
  )
})

test('one failure too many pauses the task, and says so to both', () => {
  const one = about({ task: { failures: 4, language: 'zh' } })
  const ending = failedEnding(one, failureOf(new FaultError('missing', 'x')), false)
  assert.match(textsOf(ending)[0] ?? '', /已暂停：连续失败 5 次/u)
  assert.deepEqual(ending.writes, [
    [
      'tasks.change',
      7,
      { state: 'paused', nextDueMs: null, pausedFor: 'failures' },
      '轮到之前任务已被暂停',
      5,
    ],
  ])
  assert.deepEqual(
    one.heard.map((news) => [news.kind, 'told' in news && news.told]),
    [['paused', [task.address]]],
  )
  for (const state of ['paused', 'done'] as const) {
    const idle = failedEnding(about({ task: { failures: 4, state } }), failureOf(new Error('x')), false)
    assert.deepEqual([idle.writes, idle.news], [[], []], state)
  }
})

test('what was not thrown on purpose is not shown, and counts as a defect', () => {
  const ending = failedEnding(about(), failureOf(new TypeError('x.secret is undefined')), false)
  assert.equal(ending.end.fault, 'internal')
  assert.doesNotMatch(JSON.stringify(ending), /secret/u)
})

test('a run that ended the program three times is set aside aloud', () => {
  const ending = gaveUpEnding(about({ run: { crashes: 3, attempt: 4 }, task: { failures: 2 } }))
  assert.deepEqual([ending.end.state, ending.end.fault], ['dead', 'internal'])
  assert.match(textsOf(ending)[0] ?? '', /was due Mon 23 Nov 2026, 09:00\. I started it 3 times/u)
})

test('who cancelled a run knows, and is not told', () => {
  assert.deepEqual(cancelledEnding('en', 'stopped'), {
    drafts: [],
    writes: [],
    news: [],
    end: { state: 'cancelled', status: null, fault: 'cancelled', note: 'stopped by a person', output: null },
  })
})

test('a run that is tried again says why', () => {
  const thrown = failureOf(new FaultError('network', 'feed.example did not answer'))
  assert.match(againNote(task, thrown), /^nothing answered .* \(feed\.example did not answer\)$/u)
})
