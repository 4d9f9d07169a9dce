import assert from 'node:assert/strict'
import { test } from 'node:test'
import { say, together } from '../src/answer.ts'

test('of several answers the gravest status counts, and its data, which holds the token of a question', () => {
  const list = { ...say('a list'), reply: { text: 'a list', status: 'done', data: { tasks: [] } } } as const
  const asked = {
    ...say('shall I?'),
    reply: { text: 'shall I?', status: 'asked', data: { approval: 'abc' } },
  } as const
  assert.deepEqual(together([list, asked]).reply, {
    text: 'a list\nshall I?',
    status: 'asked',
    data: { approval: 'abc' },
  })
  assert.deepEqual(together([list, say('more', 'refused')]).reply.data, { tasks: [] })
})

test('of several answers the buttons stay, and what is for the asker alone', () => {
  const yes = { label: 'Yes', says: 'yes 0123abcd' }
  const asked = { ...say(''), reply: { text: 'shall I?', status: 'asked', choices: [yes] } } as const
  const aside = { ...say(''), reply: { text: 'psst', status: 'done', aside: true } } as const
  assert.deepEqual(together([say('hm'), asked]).reply, {
    text: 'hm\nshall I?',
    status: 'asked',
    choices: [yes],
  })
  assert.equal(together([say('hm'), aside]).reply.aside, true)
})
