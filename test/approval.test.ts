import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, judge, saysYes } from '../src/approval.ts'
import type { Approval } from '../src/store/approvals.ts'
import { wordsOf } from '../src/words.ts'

const action = { command: 'set', args: { what: 'x' } }
const open: Approval = { id: 1, action, language: 'en', askedAtInboxId: 10 }

const person = { key: 'chat/home/ann', name: 'Ann', role: 'owner' } as const
const asked = ask('I would set x.', action, 'c', { person, nowMs: 0, language: 'en' }, wordsOf('en'))
const token = String(
  asked.reply.data instanceof Object && 'approval' in asked.reply.data && asked.reply.data.approval,
)

test('a message is judged by the question that stood before it', () => {
  const table: readonly [
    text: string,
    inboxId: number,
    open: Approval | undefined,
    order: 'look' | 'urgent' | 'other',
    kind: string,
  ][] = [
    ['yes', 11, open, 'other', 'yes'],
    ['好的。', 11, open, 'other', 'yes'],
    [`yes ${token}`, 11, open, 'other', 'yes'],
    ['no', 11, open, 'other', 'no'],
    ['算了', 11, open, 'other', 'no'],
    [`no ${token}`, 11, open, 'other', 'no'],
    // Written before the question was there: neither its answer nor a change of subject.
    ['yes', 10, open, 'other', 'none'],
    ['no', 9, open, 'other', 'none'],
    ['thanks', 10, open, 'other', 'none'],
    // A yes to another question than the one that is open.
    ['yes 00000000', 11, open, 'other', 'gone'],
    [`yes ${token}`, 11, undefined, 'other', 'gone'],
    ['no 00000000', 11, open, 'other', 'gone'],
    [`yes ${token}`, 10, open, 'other', 'gone'],
    // Something else.
    ['tell me a joke', 11, open, 'other', 'leave'],
    ['/tasks', 11, open, 'look', 'none'],
    ['cancel', 11, open, 'urgent', 'leave'],
    ['yes', 11, undefined, 'other', 'none'],
    ['yes and no', 11, open, 'other', 'leave'],
  ]
  for (const [text, inboxId, question, order, kind] of table) {
    assert.equal(judge(text, inboxId, question, order).kind, kind, `${text} at ${inboxId}`)
  }
})

test('a question names its action by a token that no other action has', () => {
  const other = ask(
    'I would set y.',
    { command: 'set', args: { what: 'y' } },
    'c',
    { person, nowMs: 0, language: 'en' },
    wordsOf('en'),
  )
  assert.match(token, /^[0-9a-f]{8}$/u)
  assert.notDeepEqual(other.reply.data, asked.reply.data)
})

test('a yes is a yes in both languages, and nothing longer', () => {
  for (const text of ['y', 'Yes!', ' ok ', '是', '好的', '可以。']) assert.ok(saysYes(text), text)
  for (const text of ['yes but later', 'no', '', 'maybe', '好久不见', 'yesterday'])
    assert.ok(!saysYes(text), text)
})
