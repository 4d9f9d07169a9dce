import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readEvent, type Written } from '../../../../src/adapters/slack/in/events.ts'

const ts = '1783536983.783769'
const said = {
  type: 'message',
  channel: 'C1A',
  user: 'U1A',
  text: 'hello',
  ts,
  channel_type: 'channel',
  team: 'T1A',
}
const read = (event: object) => readEvent({ type: 'event_callback', event_id: 'Ev1', event })
const written = (event: object): Written => {
  const found = read(event)
  assert.ok(found?.kind === 'written')
  return found
}

test('what a person wrote is read', () => {
  assert.deepEqual(read(said), {
    kind: 'written',
    channel: 'C1A',
    ts,
    thread: ts,
    isReply: false,
    isMention: false,
    user: 'U1A',
    botId: undefined,
    team: 'T1A',
    name: undefined,
    text: 'hello',
    files: [],
  })
})

test('an answer in a thread is of that thread, and the root of one is of its own', () => {
  const reply = written({ ...said, thread_ts: '1.2' })
  assert.deepEqual([reply.thread, reply.isReply], ['1.2', true])
  const root = written({ ...said, thread_ts: ts })
  assert.deepEqual([root.thread, root.isReply], [ts, false])
})

test('a mention is the same text with the same ts', () => {
  assert.deepEqual(read({ ...said, type: 'app_mention' }), { ...written(said), isMention: true })
})

test('a mention that came without its file leaves it to the message that has it', () => {
  const blocks = [{ type: 'rich_text', elements: [{ type: 'file', file_id: 'F1' }] }]
  const file = { id: 'F1', name: 'a.txt', mimetype: 'text/plain', size: 3 }
  assert.equal(read({ ...said, type: 'app_mention', blocks }), undefined)
  assert.equal(written({ ...said, type: 'app_mention', blocks, files: [file] }).files.length, 1)
  assert.equal(written({ ...said, subtype: 'file_share', blocks, files: [file] }).files.length, 1)
  assert.equal(written({ ...said, blocks }).files.length, 0)
})

/** docs.slack.dev/reference/events/message, and those that Slack's own types know besides. */
const subtypes =
  'assistant_app_thread bot_add bot_message bot_remove channel_archive channel_canvas_updated channel_convert_to_private channel_join channel_leave channel_name channel_posting_permissions channel_purpose channel_topic channel_unarchive document_mention ekm_access_denied file_comment file_mention file_share group_archive group_join group_leave group_name group_purpose group_topic group_unarchive huddle_thread me_message message_changed message_deleted message_replied pinned_item reminder_add reminder_added reply_broadcast sh_room_created slackbot_response thread_broadcast tombstone unpinned_item constructor'.split(
    ' ',
  )
const spoken = new Set(['bot_message', 'file_share', 'me_message', 'thread_broadcast'])

test('of all subtypes, four are something that was said', () => {
  const found = subtypes.filter((subtype) => read({ ...said, subtype })?.kind === 'written')
  assert.deepEqual(new Set(found), spoken)
})

test('events that are not ours to act on are nothing', () => {
  for (const type of [
    'reaction_added',
    'file_shared',
    'team_join',
    'app_context_changed',
    '__proto__',
    'toString',
  ])
    assert.equal(read({ ...said, type }), undefined, type)
})

test('the home of a writer is where Slack Connect says', () => {
  assert.equal(written({ ...said, source_team: 'T8', user_team: 'T9A' }).team, 'T9A')
  assert.equal(written({ ...said, source_team: 'T8A' }).team, 'T8A')
  assert.equal(written({ ...said, team: null }).team, undefined)
})

test('a writer is called as the event tells', () => {
  const profile = { display_name: '', real_name: 'Ada &amp; Co', name: 'ada' }
  assert.equal(written({ ...said, user_profile: profile }).name, 'Ada & Co')
  assert.equal(written({ ...said, bot_profile: { name: 'Pager' } }).name, 'Pager')
  assert.equal(written({ ...said, username: 'hook', user_profile: 7 }).name, 'hook')
})

suite('files', () => {
  const file = { id: 'F1', name: 'a.pdf', title: 'A', mimetype: 'application/pdf', size: 12, mode: 'hosted' }
  const filesOf = (...files: unknown[]) => written({ ...said, subtype: 'file_share', text: '', files }).files
  const attached = { id: 'F1', name: 'a.pdf', mediaType: 'application/pdf', bytes: 12 }

  test('a file comes with its id, name, type and size', () => assert.deepEqual(filesOf(file), [attached]))

  test('one of which Slack tells nothing yet has its id', () => {
    const bare = { id: 'F2', file_access: 'check_file_info' }
    assert.deepEqual(filesOf(bare), [
      { id: 'F2', name: 'F2', mediaType: 'application/octet-stream', bytes: 0 },
    ])
  })

  test('deleted and hidden ones are left out, and what is no file', () => {
    const gone = ['tombstone', 'hidden_by_limit'].map((mode) => ({ ...file, mode }))
    assert.deepEqual(filesOf(...gone, null, 7, {}, { id: '' }, file), [attached])
    assert.deepEqual(written({ ...said, files: 'x' }).files, [])
  })

  test('there are ten at most', () => {
    assert.equal(filesOf(...Array.from({ length: 30 }, () => file)).length, 10)
  })
})

suite('changes', () => {
  const message = { type: 'message', user: 'U1A', text: 'new', ts, edited: { user: 'U1A', ts: '2.0' } }
  const before = { ...message, text: 'old' }
  const change = { type: 'message', subtype: 'message_changed', hidden: true, channel: 'C1A', ts: '2.0' }
  const edit = (message: object, previous_message: object | undefined = before) =>
    read({ ...change, message, ...(previous_message === undefined ? {} : { previous_message }) })
  const changed = { kind: 'changed', channel: 'C1A', ts, thread: ts, atMs: 2_000 }

  test('an edit brings the text as it reads now, in its thread', () => {
    assert.deepEqual(edit(message), { ...changed, text: 'new' })
    assert.deepEqual(edit({ ...message, thread_ts: '1.0' }), { ...changed, thread: '1.0', text: 'new' })
    assert.deepEqual(edit({ ...message, text: null }), { ...changed, text: '' })
  })

  test('a preview of a link, which changes no word, is no edit', () => {
    assert.equal(edit({ ...message, text: 'old', attachments: [{}] }), undefined)
  })

  test('a bot that writes on edits nothing of ours', () => {
    assert.equal(edit({ ...message, bot_id: 'B1' }), undefined)
  })

  test('where Slack does not tell how it was before, it counts as edited', () => {
    assert.deepEqual(read({ ...change, message }), { ...changed, text: 'new' })
  })

  const removal = {
    type: 'message',
    subtype: 'message_deleted',
    hidden: true,
    channel: 'C1A',
    deleted_ts: ts,
    ts: '2.0',
  }

  test('what was deleted was taken back', () => {
    assert.deepEqual(read({ ...removal, previous_message: before }), { ...changed, text: null })
    assert.deepEqual(read(removal), { ...changed, text: null })
    const inThread = { ...before, thread_ts: '1.0' }
    assert.deepEqual(read({ ...removal, previous_message: inThread }), {
      ...changed,
      thread: '1.0',
      text: null,
    })
  })

  test('what was deleted under answers stays as a tombstone, and was taken back all the same', () => {
    const tombstone = {
      ...message,
      subtype: 'tombstone',
      user: 'USLACKBOT',
      text: 'This message was deleted.',
    }
    assert.deepEqual(edit(tombstone), { ...changed, text: null })
  })

  test('what a bot deleted is nothing', () => {
    assert.equal(read({ ...removal, previous_message: { ...before, bot_id: 'B1' } }), undefined)
  })
})

test('the home is opened by its own tab alone', () => {
  const opened = { type: 'app_home_opened', user: 'U1A', channel: 'D1A', event_ts: '1.0' }
  assert.deepEqual(read({ ...opened, tab: 'home' }), { kind: 'home' })
  assert.equal(read({ ...opened, tab: 'messages' }), undefined)
})

test('the stop button names conversation and person', () => {
  const pressed = {
    type: 'agent_session_stopped',
    channel: 'C1A',
    thread_ts: '1.0',
    user: 'U1A',
    streaming_message_ts: [],
  }
  assert.deepEqual(read(pressed), { kind: 'stop', id: 'Ev1', channel: 'C1A', thread: '1.0', user: 'U1A' })
  assert.equal(read({ ...pressed, thread_ts: 7 }), undefined)
})

test('an end is an end, of all or of the tokens that it names', () => {
  assert.deepEqual(read({ type: 'app_uninstalled' }), { kind: 'uninstalled' })
  assert.deepEqual(read({ type: 'tokens_revoked', tokens: { oauth: ['U2'], bot: ['U1'] } }), {
    kind: 'revoked',
    bots: ['U1'],
  })
  assert.deepEqual(read({ type: 'tokens_revoked', tokens: { oauth: ['U2'] } }), { kind: 'revoked', bots: [] })
})

test('channels that change, and who joins them, are told', () => {
  for (const type of ['channel_rename', 'group_rename', 'channel_left', 'channel_archive', 'group_deleted'])
    assert.deepEqual(read({ type, channel: 'C1A' }), { kind: 'channels' }, type)
  assert.deepEqual(read({ ...said, subtype: 'channel_join' }), { kind: 'channels', who: 'U1A' })
  assert.deepEqual(read({ type: 'member_joined_channel', user: 'U1A' }), { kind: 'channels', who: 'U1A' })
})

test('a message without what it needs is nothing, and what is not needed may be anything', () => {
  for (const key of ['channel', 'ts', 'user', 'text', 'bot_id'])
    for (const value of [7, {}, [], true]) assert.equal(read({ ...said, [key]: value }), undefined, key)
  for (const bad of ['c1', 'X1', 'C1/../', '', 'C1\n'])
    assert.equal(read({ ...said, channel: bad }), undefined, bad)
  for (const bad of ['1', '1.', 'x.1', '1.1 ', '9'.repeat(30) + '.1'])
    assert.equal(read({ ...said, ts: bad }), undefined)
  for (const key of ['thread_ts', 'team', 'files', 'user_profile', 'username', 'blocks'])
    for (const value of [7, {}, [], true, null])
      assert.equal(read({ ...said, [key]: value })?.kind, 'written', key)
})

const known = fc.constantFrom(
  'message',
  'app_mention',
  'app_home_opened',
  'agent_session_stopped',
  'tokens_revoked',
)
const subtype = fc.constantFrom(...subtypes)
const anyKey = fc.constantFrom(
  ...Object.keys(said),
  'message',
  'previous_message',
  'files',
  'tokens',
  'subtype',
)

test('nothing that is sent makes it throw', () => {
  fc.assert(fc.property(fc.jsonValue(), (body) => void readEvent(body)))
  fc.assert(
    fc.property(known, subtype, fc.dictionary(anyKey, fc.jsonValue()), (type, subtype, rest) => {
      readEvent({ event_id: 'Ev1', event: { ...said, subtype, ...rest, type } })
    }),
  )
})
