import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf, ask, judge, saysYes } from '../src/approval.ts'
import type { Address } from '../src/message.ts'
import type { Approval } from '../src/store/approvals.ts'
import { wordsOf } from '../src/words.ts'

const action = { command: 'set', args: { what: 'x' } }
const asking = { conversation: 'c/1', person: 'ann', language: 'en', isOffer: false } as const
const open: Approval = { id: 1, action, ...asking, askedAtInboxId: 10, madeAtMs: 0 }

const person = { key: 'chat/home/ann', name: 'Ann', role: 'owner' } as const
const asked = ask('I would set x.', action, 'c', { person, nowMs: 0, language: 'en' }, wordsOf('en'))
const token = String(
  asked.reply.data instanceof Object && 'approval' in asked.reply.data && asked.reply.data.approval,
)

/** What a message of Ann's in `c/1` is to the questions that are open. */
const judged = (
  text: string,
  questions: readonly Approval[],
  more: Partial<Parameters<typeof judge>[0]> = {},
): string => {
  const said = { text, inboxId: 11, conversation: 'c/1', person: 'ann', order: 'other' } as const
  const verdict = judge({ ...said, isTalking: () => false, ...more }, questions)
  return 'approval' in verdict ? `${verdict.kind} ${verdict.approval.id}` : verdict.kind
}

test('a message is judged by the question that stood before it', () => {
  const table: readonly [
    text: string,
    inboxId: number,
    open: Approval | undefined,
    order: 'look' | 'urgent' | 'other',
    kind: string,
  ][] = [
    ['yes', 11, open, 'other', 'yes 1'],
    ['好的。', 11, open, 'other', 'yes 1'],
    [`yes ${token}`, 11, open, 'other', 'yes 1'],
    ['no', 11, open, 'other', 'no 1'],
    ['算了', 11, open, 'other', 'no 1'],
    [`no ${token}`, 11, open, 'other', 'no 1'],
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
    ['tell me a joke', 11, open, 'other', 'leave 1'],
    ['/tasks', 11, open, 'look', 'none'],
    ['cancel', 11, open, 'urgent', 'leave 1'],
    ['yes', 11, undefined, 'other', 'none'],
    ['yes and no', 11, open, 'other', 'leave 1'],
  ]
  for (const [text, inboxId, question, order, kind] of table) {
    const questions = question === undefined ? [] : [question]
    assert.equal(judged(text, questions, { inboxId, order }), kind, `${text} at ${inboxId}`)
  }
})

test('a bare yes or no without a question of its own answers the only one of its person in the place', () => {
  const elsewhere: Approval = { ...open, id: 2, conversation: 'c/2' }
  const bobs: Approval = { ...elsewhere, id: 3, person: 'bob' }
  const table: readonly [text: string, questions: readonly Approval[], kind: string][] = [
    ['yes', [elsewhere], 'yes 2'],
    ['是', [elsewhere, bobs], 'yes 2'],
    ['不用', [elsewhere], 'no 2'],
    ['yes', [open, elsewhere], 'yes 1'],
    ['yes', [elsewhere, { ...elsewhere, id: 4, conversation: 'c' }], 'several'],
    // An offer can be left; what was asked waits for its answer.
    ['yes', [elsewhere, { ...elsewhere, id: 4, conversation: 'c', isOffer: true }], 'yes 2'],
    ['yes', [{ ...elsewhere, id: 4, isOffer: true }], 'yes 4'],
    ['yes', [bobs], 'none'],
    ['yes', [{ ...elsewhere, askedAtInboxId: 11 }], 'none'],
    ['tell me a joke', [elsewhere], 'none'],
    // The token names the question of this conversation alone.
    [`yes ${token}`, [elsewhere], 'gone'],
    [`yes ${token}`, [{ ...open, person: 'bob' }], 'others'],
  ]
  for (const [text, questions, kind] of table) assert.equal(judged(text, questions), kind, text)
  assert.equal(judged('取消', [elsewhere], { order: 'urgent' }), 'leave 2')
  assert.equal(judged('stop', [elsewhere], { order: 'urgent' }), 'none')
  assert.equal(judged('cancel', [elsewhere, { ...elsewhere, id: 4 }], { order: 'urgent' }), 'none')
  assert.equal(judged('yes', [elsewhere], { isTalking: () => true }), 'none')
  assert.equal(judged('yes', [open], { isTalking: () => true }), 'yes 1')
})

test('what is done for a yes is done where the question stands', () => {
  const here = { adapter: 's', account: 't', channel: 'c', thread: '2.5', shared: true } as const
  const at = (conversation: string): Address => addressOf({ conversation }, here)
  assert.deepEqual(at('s/t/c/2.5'), here)
  assert.deepEqual(at('s/t/c/1.5'), { ...here, thread: '1.5' })
  const { thread: _, ...place } = here
  assert.deepEqual(at('s/t/c'), { ...place, aside: true })
  assert.deepEqual(addressOf({ conversation: 's/t/c/1.5' }, { ...place, aside: true }), {
    ...here,
    thread: '1.5',
  })
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
