import Database from 'better-sqlite3'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { approvalReads, approvalWrites } from '../../src/store/approvals.ts'
import { takeSteps } from '../../src/store/schema.ts'

const action = { command: 'set', args: { what: 'tea' } }

function openRows() {
  const db = new Database(':memory:')
  takeSteps(db)
  const writes = approvalWrites(db)
  const open = (conversation: string, person = 'ann', untilMs = 100, offer = false): void =>
    writes['approvals.open'](
      conversation,
      person,
      { ...action, ...(offer && { isOffer: true }) },
      'en',
      0,
      untilMs,
    )
  return { writes, read: approvalReads(db), open }
}

test('the questions of a place are those of it and of its threads, and of no other', () => {
  const { read, open } = openRows()
  for (const conversation of [
    's/t/C1',
    's/t/C1/2.5',
    's/t/C1/1.5',
    's/t/C12',
    's/t/C',
    's/t/C12/1.5',
    's/t/C1-/1',
  ])
    open(conversation)
  open('s/t/C1/3.5', 'bob', 50, true)
  const found = read.openIn('s/t/C1', 10)
  assert.deepEqual(
    found.map(({ conversation, person, isOffer }) => [conversation, person, isOffer]),
    [
      ['s/t/C1', 'ann', false],
      ['s/t/C1/1.5', 'ann', false],
      ['s/t/C1/2.5', 'ann', false],
      ['s/t/C1/3.5', 'bob', true],
    ],
  )
  assert.deepEqual(found.at(-1)?.action, action)
  assert.equal(read.openIn('s/t/C1', 50).length, 3, 'one has expired')
})

test('a question is closed once, by a yes or by a no', () => {
  const { writes, open } = openRows()
  open('s/t/C1')
  open('s/t/C2')
  writes['approvals.use'](1)
  writes['approvals.decline'](2)
  for (const close of [writes['approvals.use'], writes['approvals.decline']])
    for (const id of [1, 2]) assert.throws(() => close(id), { fault: 'missing' })
  // What the talk leaves behind may be closed already.
  assert.doesNotThrow(() => writes['approvals.withdraw']('s/t/C1', 'ann'))
})
