import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorId } from '../../../../src/adapters/slack/in/authors.ts'

const ours = { team_id: 'T1', authorizations: [{ team_id: 'T1', enterprise_id: null }] }

test('somebody of the account is named by the id alone', () => {
  assert.equal(authorId('U1', [], 'T1', ours), 'U1')
  assert.equal(authorId('U1', ['T1'], 'T1', ours), 'U1')
})

test('somebody of another team has it in front', () => {
  assert.equal(authorId('U1', ['T9'], 'T1', ours), 'T9.U1')
  // Where they write, the body names their team at the top.
  assert.equal(authorId('U1', ['T9'], 'T1', { ...ours, team_id: 'T9', enterprise_id: 'E9' }), 'T9.U1')
  assert.equal(authorId('U1', ['E9'], 'T1', { ...ours, team_id: 'T9', enterprise_id: 'E9' }), 'E9.U1')
})

test('the enterprise of our team, and a team of our enterprise, are our own', () => {
  const inside = { authorizations: [{ team_id: 'T1', enterprise_id: 'E1' }] }
  assert.equal(authorId('W1', ['E1'], 'T1', inside), 'W1')
  assert.equal(authorId('W1', ['T2', 'E1'], 'T1', inside), 'W1')
  assert.equal(authorId('W1', ['T2'], 'E1', { team_id: 'T2', enterprise_id: 'E1' }), 'W1')
  assert.equal(authorId('W1', ['T2'], 'E1', { team: { id: 'T2' }, enterprise: { id: 'E1' } }), 'W1')
  assert.equal(authorId('W1', ['T9'], 'E1', { team: { id: 'T9' }, enterprise: { id: 'E9' } }), 'T9.W1')
})

test('only the first authorization counts, and a body that is none names nobody', () => {
  const second = { authorizations: [{ team_id: 'T1' }, { team_id: 'T1', enterprise_id: 'T9' }] }
  assert.equal(authorId('U1', ['T9'], 'T1', second), 'T9.U1')
  for (const body of [
    null,
    'x',
    { authorizations: 'x', team: 3, enterprise: [] },
    { authorizations: [null] },
  ])
    assert.equal(authorId('U1', ['T9'], 'T1', body), 'T9.U1')
})
