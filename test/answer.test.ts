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
