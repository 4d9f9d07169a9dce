import Database from 'better-sqlite3'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { installationReads, installationWrites } from '../../src/store/installations.ts'
import { takeSteps } from '../../src/store/schema.ts'

test('an account has what its platform gave last, and the same name on another platform is another account', (t) => {
  const db = new Database(':memory:')
  t.after(() => db.close())
  takeSteps(db)
  const { 'installations.keep': keep, 'installations.remove': remove } = installationWrites(db)
  const read = installationReads(db)
  assert.equal(read.of('slack', 'T1'), undefined)
  keep('slack', 'T1', { bot: { token: 'one' } }, 1)
  keep('slack', 'T2', { bot: { token: 'two' } }, 2)
  keep('other', 'T1', { bot: { token: 'three' } }, 3)
  keep('slack', 'T1', { bot: { token: 'four' } }, 4)
  assert.deepEqual(read.of('slack', 'T1'), { bot: { token: 'four' } })
  assert.deepEqual(read.of('slack', 'T2'), { bot: { token: 'two' } })
  assert.deepEqual(read.accounts('slack'), ['T2', 'T1'])

  assert.equal(remove('slack', 'T1'), true)
  assert.equal(remove('slack', 'T1'), false)
  assert.deepEqual(read.accounts('slack'), ['T2'])
  assert.deepEqual(read.of('other', 'T1'), { bot: { token: 'three' } })
})
