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
  keep('slack', 'T1', { bot: { token: 'one' } }, 1, 'leave 1')
  keep('slack', 'T2', { bot: { token: 'two' } }, 2, 'leave 2')
  keep('other', 'T1', { bot: { token: 'three' } }, 3, 'leave 3')
  keep('slack', 'T1', { bot: { token: 'four' } }, 4, undefined)
  assert.deepEqual(read.of('slack', 'T1'), { bot: { token: 'four' } })
  assert.deepEqual(read.of('slack', 'T2'), { bot: { token: 'two' } })
  assert.deepEqual(read.accounts('slack'), ['T2', 'T1'])

  assert.equal(remove('slack', 'T1'), true)
  assert.equal(remove('slack', 'T1'), false)
  assert.deepEqual(read.accounts('slack'), ['T2'])
  assert.deepEqual(read.of('other', 'T1'), { bot: { token: 'three' } })
})

test('a new account needs a leave that nobody used, a known one needs none', (t) => {
  const db = new Database(':memory:')
  t.after(() => db.close())
  takeSteps(db)
  const { 'installations.keep': keep, 'installations.remove': remove } = installationWrites(db)
  const tries: readonly (readonly [
    adapter: string,
    account: string,
    leave: string | undefined,
    isKept: boolean,
  ])[] = [
    ['slack', 'T1', undefined, false],
    ['slack', 'T1', 'a', true],
    ['slack', 'T1', 'a', true],
    ['slack', 'T1', undefined, true],
    ['slack', 'T2', 'a', false],
    ['other', 'T2', 'a', true],
    // Who is known uses up what it brings, too.
    ['slack', 'T1', 'b', true],
    ['slack', 'T2', 'b', false],
  ]
  for (const [adapter, account, leave, isKept] of tries)
    assert.equal(keep(adapter, account, {}, 1, leave), isKept, `${adapter} ${account} ${leave}`)
  assert.deepEqual(installationReads(db).accounts('slack'), ['T1'])
  remove('slack', 'T1')
  assert.equal(keep('slack', 'T1', {}, 2, 'a'), false)
})
