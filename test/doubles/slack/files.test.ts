import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from './ask.ts'
import { hear } from './hearing.ts'
import { createSlackDouble } from './slack.ts'
import { records, text } from './wire.ts'

const bytes = Buffer.from('name,count\nmolt,3\n')
const table = { name: 'table.csv', mediaType: 'text/csv', bytes }

test('a file of a person comes with its message, and is given to the token alone', async () => {
  await using slack = await createSlackDouble()
  const heard = await hear(slack)
  const [channel, ann] = [slack.channel('general'), slack.user('Ann')]
  await slack.say({ channel, user: ann, text: 'look', files: [table] })
  const [event = {}] = heard.events()
  const [file = {}] = records(event['files'])
  assert.deepEqual(
    [event['subtype'], file['name'], file['mimetype'], file['size']],
    ['file_share', 'table.csv', 'text/csv', bytes.length],
  )
  const url = text(file, 'url_private')
  const right = await fetch(url, { headers: { authorization: `Bearer ${slack.bot.token}` } })
  assert.deepEqual([right.status, await right.text()], [200, bytes.toString()])
  const wrong = await fetch(url)
  assert.deepEqual([wrong.status, wrong.headers.get('content-type')], [200, 'text/html; charset=utf-8'])
  assert.match(await wrong.text(), /^<!DOCTYPE html>/u)
})

test('a download can lead to another host', async () => {
  await using slack = await createSlackDouble()
  const heard = await hear(slack)
  await slack.say({ channel: slack.channel('general'), user: slack.user('Ann'), text: '', files: [table] })
  slack.redirectFilesTo('https://elsewhere.example/file')
  const url = text(records(heard.events()[0]?.['files'])[0] ?? {}, 'url_private')
  const response = await fetch(url, { redirect: 'manual' })
  assert.deepEqual(
    [response.status, response.headers.get('location')],
    [302, 'https://elsewhere.example/file'],
  )
})

test('a file of the app goes out in three steps, and each is refused without the one before', async () => {
  await using slack = await createSlackDouble()
  const channel = slack.channel('general')
  const none = await ask(slack, 'files.getUploadURLExternal', { filename: 'a.txt', length: '0' })
  assert.equal(none.body['error'], 'invalid_arguments')
  const { body } = await ask(slack, 'files.getUploadURLExternal', {
    filename: 'table.csv',
    length: String(bytes.length),
  })
  const done = {
    files: [{ id: body['file_id'], title: 'The table' }],
    channel_id: channel,
    initial_comment: 'here',
  }
  assert.equal((await ask(slack, 'files.completeUploadExternal', done)).body['error'], 'file_not_found')
  const upload = await fetch(text(body, 'upload_url'), { method: 'POST', body: bytes })
  assert.equal(upload.status, 200)
  const elsewhere = await ask(slack, 'files.completeUploadExternal', { ...done, channel_id: 'C0NONE' })
  assert.equal(elsewhere.body['error'], 'channel_not_found')
  assert.equal((await ask(slack, 'files.completeUploadExternal', done)).body['ok'], true)
  const [message] = slack.messages(channel)
  assert.deepEqual(
    [message?.text, message?.files?.[0]?.['id'], message?.files?.[0]?.['title']],
    ['here', body['file_id'], 'The table'],
  )
  const [file] = slack.files()
  assert.deepEqual(
    [file?.name, Buffer.from(file?.bytes ?? []).toString(), file?.channel],
    ['table.csv', bytes.toString(), channel],
  )
  assert.equal((await ask(slack, 'files.completeUploadExternal', done)).body['error'], 'file_not_found')
})
