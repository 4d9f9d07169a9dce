import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressKey, type Message, type Reply } from '../../src/message.ts'
import { openStore } from '../../src/store/store.ts'
import { temporaryFolder } from '../doubles/folder.ts'

const address = { adapter: 'slack', account: 'T1', channel: 'C1', thread: '1.5' }
const message = (id: string, author: string, account = 'T1'): Message => ({
  id,
  address: { ...address, account },
  author: { id: author, name: author },
  text: 'hi',
  sentAtMs: 1,
})

test('what was taken in is found by the beginning of its id, the last first', async (t) => {
  const store = await openStore(temporaryFolder(t))
  t.after(() => store.close())
  const taken = [
    message('C1/1.1', 'U1'),
    message('C1/1.2', 'B1'),
    message('C10/1.3', 'B1'),
    message('command/1', 'U1'),
  ]
  for (const one of [...taken, message('C1/1.9', 'U9', 'T2')]) await store.write('inbox.receive', one, 1)
  const { under } = store.read.inbox
  assert.deepEqual(under('slack', 'T1', 'C1/'), [
    { id: 'C1/1.2', author: 'B1' },
    { id: 'C1/1.1', author: 'U1' },
  ])
  assert.deepEqual(under('slack', 'T1', 'C1/1.1'), [{ id: 'C1/1.1', author: 'U1' }])
  assert.deepEqual(under('slack', 'T1', 'C7/'), [])
})

test('what a post says is known by its key when it was sent, and where a source was told', async (t) => {
  const store = await openStore(temporaryFolder(t))
  t.after(() => store.close())
  const lane = addressKey(address)
  const post = (key: string, answers: string | null, reply: Reply) =>
    store.write('outbox.queue', { key, address, answers, reply, createdAtMs: 1 })
  const { hasTold, saying } = store.read.outbox
  const source: Reply = { text: 'news', status: 'done', from: 'source' }
  await post('run/1', null, source)
  await post('inbox/1', 'C1/1.1', { text: 'yes', status: 'done', from: 'model' })
  assert.deepEqual([hasTold(lane), saying('inbox/9')], [false, undefined])
  const id = await post('inbox/2', 'C1/1.2', source)
  assert.ok(typeof id === 'number')
  await store.write('outbox.settle', id, { kind: 'sent' }, 2)
  assert.deepEqual([hasTold(lane), saying('inbox/2')], [true, { answers: 'C1/1.2', reply: source }])
})
