import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAsks } from '../../src/adapters/asks.ts'
import type { Message, Post } from '../../src/message.ts'

const address = { adapter: 'chat', account: 'home', channel: 'a' }
const message: Message = { id: '1', address, author: { id: 'a', name: 'a' }, text: 'hi', sentAtMs: 0 }
const answer: Post = {
  key: 'k',
  address,
  answers: '1',
  reply: { text: 'hello', status: 'done' },
  createdAtMs: 0,
}
const { signal } = new AbortController()
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('an abort while the message is being taken in rejects, and nothing is left unhandled', async (t) => {
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  t.after(() => process.off('unhandledRejection', note))
  const asks = createAsks()
  for (const ends of ['accepted', 'duplicate', 'fails'] as const) {
    const leaving = new AbortController()
    const row = Promise.withResolvers<'accepted' | 'duplicate'>()
    const asking = asks.ask(message, () => row.promise, leaving.signal)
    asking.catch(() => undefined)
    leaving.abort('the client is gone')
    await turn()
    if (ends === 'fails') row.reject(new Error('no room'))
    else row.resolve(ends)
    await assert.rejects(asking, ends === 'fails' ? /no room/u : { name: 'FaultError', fault: 'cancelled' })
  }
  await turn()
  assert.deepEqual(unhandled, [])
  assert.equal(asks.offer(answer), false)
})

test('those who repeat at once what was answered before are all told, also the one that comes last', async () => {
  const asks = createAsks()
  const rows = [1, 2, 3].map(() => Promise.withResolvers<'duplicate'>())
  const ask = (i: number) => asks.ask(message, () => rows[i]?.promise ?? Promise.reject(new Error()), signal)
  const first = ask(0)
  const second = ask(1)
  rows[0]?.resolve('duplicate')
  assert.deepEqual(await first, { kind: 'duplicate' })
  const third = ask(2)
  rows[1]?.resolve('duplicate')
  rows[2]?.resolve('duplicate')
  assert.deepEqual(await Promise.all([second, third]), [{ kind: 'duplicate' }, { kind: 'duplicate' }])
})

test('who joins in the moment of the reply does not wait for another', async () => {
  const asks = createAsks()
  const first = asks.ask(message, async () => 'accepted', signal)
  await turn()
  assert.equal(asks.offer(answer), true)
  const late = asks.ask(message, async () => 'duplicate', signal)
  assert.equal((await first).kind, 'reply')
  assert.deepEqual(await late, { kind: 'duplicate' })
})

test('a reply reaches all who wait, and signs say whether anyone does', async () => {
  const asks = createAsks()
  const sign = { kind: 'draft', text: 'he' } as const
  assert.equal(asks.show('1', 'chat/home/a', sign), false)
  const seen: string[] = []
  const one = asks.ask(
    message,
    async () => 'accepted',
    signal,
    ({ text }) => seen.push(text),
  )
  const two = asks.ask(message, async () => 'duplicate', signal)
  await turn()
  assert.equal(asks.show('1', 'chat/home/a', sign), true)
  assert.equal(asks.offer({ ...answer, answers: null }), false)
  assert.equal(asks.offer(answer), true)
  const reply = { kind: 'reply', reply: answer.reply }
  assert.deepEqual(await Promise.all([one, two]), [reply, reply])
  assert.deepEqual(seen, ['he'])
  assert.equal(asks.offer(answer), false)
})
