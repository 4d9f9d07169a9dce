import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileNameOf } from '../../../../src/adapters/slack/out/upload.ts'
import { openOutbound } from './outbound.ts'

const signal = new AbortController().signal
const file = { name: 'answer.md', text: '# Größe 尺寸\n\nAll of it.' }

test('a file is posted in its thread, and found by its name', async (t) => {
  const out = await openOutbound(t)
  const { id, address } = await out.ask('tell me all')
  const post = out.postOf({ file }, { key: 'inbox/1#2', address, answers: id })
  assert.equal((await out.sender.find(post, 0, signal)).kind, 'absent')
  assert.equal((await out.send(post)).kind, 'sent')
  const [stored, ...others] = out.slack.files()
  assert.deepEqual(others, [])
  assert.equal(stored?.name, fileNameOf(file, 'inbox/1#2'))
  assert.equal(new TextDecoder().decode(stored?.bytes), file.text)
  assert.equal(stored?.thread, address.thread)
  assert.equal((await out.sender.find(post, 0, signal)).kind, 'there')
  assert.equal((await out.sender.find({ ...post, key: 'inbox/1#3' }, 0, signal)).kind, 'absent')
})

test('a file that was cut before its last step was seen by nobody', async (t) => {
  const out = await openOutbound(t)
  for (const reset of ['before', 'after'] as const) {
    out.slack.fault({ method: 'files.getUploadURLExternal', reset })
    const delivery = await out.send(out.postOf({ file }))
    assert.ok(delivery.kind === 'failed')
    assert.equal(delivery.fault, 'network')
  }
  assert.deepEqual(out.ours(), [])
})

for (const reset of ['before', 'after'] as const)
  test(`a last step that was cut ${reset} Slack took it is unknown, and looked up`, async (t) => {
    const out = await openOutbound(t)
    const post = out.postOf({ file })
    out.slack.fault({ method: 'files.completeUploadExternal', reset })
    assert.equal((await out.send(post)).kind, 'unknown')
    assert.equal((await out.sender.find(post, 0, signal)).kind, reset === 'after' ? 'there' : 'absent')
  })

test('a rate limit, and a scope that is missing, are what they are', async (t) => {
  const out = await openOutbound(t)
  out.slack.fault({ method: 'files.completeUploadExternal', retryAfterS: 4 })
  const limited = await out.send(out.postOf({ file }))
  assert.ok(limited.kind === 'failed')
  assert.deepEqual([limited.fault, limited.retryAfterMs], ['rate-limit', 4_000])
  out.slack.scopes(['chat:write'])
  const refused = await out.send(out.postOf({ file }))
  assert.ok(refused.kind === 'failed')
  assert.match(refused.why, /moltbot doctor/u)
})

test('the name of a file keeps its ending, and takes eight characters of its key', () => {
  assert.match(fileNameOf({ name: 'answer.md', text: '' }, 'inbox/1'), /^answer-[0-9a-f]{8}\.md$/u)
  assert.match(
    fileNameOf({ name: 'a.b.txt', text: '' }, 'inbox/1'),
    /^a\.b-[0-9a-f]{8}\.txt$|^a-[0-9a-f]{8}\.b\.txt$/u,
  )
  assert.match(fileNameOf({ name: 'README', text: '' }, 'inbox/1'), /^README-[0-9a-f]{8}$/u)
  assert.match(fileNameOf({ name: '.md', text: '' }, 'inbox/1'), /^file-[0-9a-f]{8}\.md$/u)
  assert.notEqual(fileNameOf(file, 'inbox/1'), fileNameOf(file, 'inbox/2'))
})
