import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStore } from '../../src/store/store.ts'
import { temporaryFolder } from '../doubles/folder.ts'

test('a thread has the route of its channel until it chooses its own', async (t) => {
  const store = await openStore(temporaryFolder(t))
  t.after(() => store.close())
  const { get } = store.read.conversations
  const [channel, thread] = ['slack/T1/C1', 'slack/T1/C1/100.1']
  assert.equal(get(thread).route, null)
  await store.write('conversations.route', channel, 'premium')
  assert.equal(get(thread).route, 'premium')
  assert.equal(get('slack/T1/C2/100.1').route, null)
  await store.write('conversations.route', thread, 'cheap')
  assert.equal(get(thread).route, 'cheap')
  assert.equal(get(channel).route, 'premium')
  await store.write('conversations.route', thread, null)
  assert.equal(get(thread).route, 'premium')
})
