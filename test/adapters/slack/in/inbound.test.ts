import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { addressKey, type Message } from '../../../../src/message.ts'
import { incoming, nowMs, sentAtMs, stageInbound, ts, written } from './inbound-stage.ts'

const inChannel = { adapter: 'slack', account: 'T1A', channel: 'C1A', shared: true }
const ada = { id: 'U1A', name: 'Ada' }

suite('messages', () => {
  test('a mention in a channel is a message of a thread that it begins', async () => {
    const { say, received } = stageInbound()
    await say('<@UBOT> what does <@U2B> say in <#C1A|old>?')
    assert.deepEqual(received, [
      {
        id: `C1A/${ts}`,
        address: { ...inChannel, thread: ts },
        author: ada,
        text: 'what does @Bo say in #news?',
        sentAtMs,
      },
    ])
  })

  test('the message, its app_mention and each that comes again have one id', async () => {
    const { say, received } = stageInbound()
    for (const type of ['message', 'app_mention', 'message', 'app_mention']) await say('<@UBOT> hi', { type })
    assert.deepEqual(new Set(received.map(({ id }) => id)), new Set([`C1A/${ts}`]))
    assert.deepEqual(new Set(received.map(({ text }) => text)), new Set(['hi']))
  })

  test('the slash command is read after a mention and in a thread, too, where Slack takes none', async () => {
    const { say, received } = stageInbound()
    await say('<@UBOT> /moltbot digest pause 2')
    await say('/moltbot tell me a story', { channel: 'D1A', thread_ts: '1.5', ts: '1.6' })
    assert.deepEqual(
      received.map(({ text }) => text),
      ['/digest pause 2', 'tell me a story'],
    )
  })

  test('a direct message needs no mention, and others do not read it', async () => {
    const { say, received } = stageInbound()
    await say('hi', { channel: 'D1A' })
    await say('and?', { channel: 'D1A', thread_ts: '1.5', ts: '1.6' })
    assert.deepEqual(
      received.map(({ address }) => address),
      [ts, '1.5'].map((thread) => ({ adapter: 'slack', account: 'T1A', channel: 'D1A', thread })),
    )
  })

  test('a group is as a channel', async () => {
    const { say, received } = stageInbound()
    await say('hi', { channel: 'G1A', channel_type: 'mpim' })
    await say('hi <@UBOT>', { channel: 'G1A', channel_type: 'mpim' })
    assert.deepEqual(
      received.map(({ text, address }) => [text, address.shared]),
      [['hi', true]],
    )
  })

  test('a bare mention is an empty text, and so is a file without a word', async () => {
    const { say, received } = stageInbound()
    await say('<@UBOT>')
    const files = [{ id: 'F1', name: 'a.pdf', mimetype: 'application/pdf', size: 9 }]
    await say('', { channel: 'D1A', subtype: 'file_share', files })
    assert.deepEqual(
      received.map(({ text, files }) => [text, files]),
      [
        ['', undefined],
        ['', [{ id: 'F1', name: 'a.pdf', mediaType: 'application/pdf', bytes: 9 }]],
      ],
    )
  })

  test('what names us is said to us, the rest of a thread that we are in is overheard', async () => {
    const { say, received } = stageInbound({ settings: { mention: 'thread' }, hasAnswered: () => true })
    await say('<@UBOT> hi', { thread_ts: '1.5', ts: '1.6' })
    await say('I think so', { thread_ts: '1.5', ts: '1.7' })
    await say('I think so', { channel: 'D1A' })
    assert.deepEqual(
      received.map(({ manner }) => manner),
      [undefined, 'overheard', undefined],
    )
  })

  test('what was said in a channel of its own mode counts as that says', async () => {
    const channels = new Map([['C2A', { mention: 'never' as const }]])
    const { say, received } = stageInbound({ settings: { channels } })
    await say('hello')
    await say('hello', { channel: 'C2A' })
    assert.deepEqual(
      received.map(({ address }) => address.channel),
      ['C2A'],
    )
  })

  test('somebody of another team is another person', async () => {
    const { say, received } = stageInbound()
    await say('<@UBOT> hi', { user: 'U7X', team: 'T9X', user_team: 'T9X' })
    await say('<@UBOT> hi', { user: 'U7X', team: undefined, subtype: 'file_share' })
    await say('<@UBOT> hi', { user: 'U9Q', team: undefined, user_profile: { display_name: 'Quy' } })
    assert.deepEqual(
      received.map(({ author }) => author),
      [
        { id: 'T9X.U7X', name: 'Xu' },
        // Events of files come without a team (slackapi/slack-api-specs#62).
        { id: 'T9X.U7X', name: 'Xu' },
        { id: 'U9Q', name: 'Quy' },
      ],
    )
  })

  test('it resolves when the message is durable, and rejects when it is not', async () => {
    const row = Promise.withResolvers<'accepted'>()
    const waiting = stageInbound({ receive: () => row.promise })
    let isDone = false
    const said = waiting.say('<@UBOT> hi').then(() => (isDone = true))
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual([waiting.received.length, isDone], [1, false])
    row.resolve('accepted')
    await said
    const full = stageInbound({
      receive: () => Promise.reject(new Error('no room')),
      revise: () => Promise.reject(new Error('no room')),
    })
    await assert.rejects(full.say('<@UBOT> hi'), /no room/u)
    const deleted = { type: 'message', subtype: 'message_deleted', channel: 'C1A', deleted_ts: ts, ts }
    await assert.rejects(full.event(deleted), /no room/u)
  })
})

suite('threads', () => {
  const reply = { thread_ts: ts, ts: '1783536990.000100' }
  const thread = { settings: { mention: 'thread' as const } }
  const filesOf = (received: readonly Message[]): readonly (readonly string[] | undefined)[] =>
    received.map(({ files }) => files?.map(({ id }) => id))

  test('who is called into a thread is to hear what was said there, again with each message', async () => {
    const { say, received } = stageInbound(thread)
    await say('the word is BANANA')
    await say('<@UBOT> what is it?', reply)
    await say('and now?', { ...reply, ts: '1783536991.1', files: [{ id: 'F1', name: 'a' }] })
    await say('', { ...reply, ts: '1783536992.1' })
    assert.deepEqual(filesOf(received), [
      ['thread/1783536990.000100'],
      ['F1', 'thread/1783536991.1'],
      undefined,
    ])
  })

  test('a conversation that has heard all of its thread asks for nothing', async () => {
    for (const [channel, mention] of [
      ['C1A', 'thread'],
      ['C1A', 'always'],
      ['D1A', 'thread'],
    ] as const) {
      const { say, received } = stageInbound({ settings: { mention } })
      await say('<@UBOT> hi', { channel })
      await say('<@UBOT> and?', { ...reply, channel })
      assert.deepEqual(filesOf(received), [undefined, undefined])
    }
  })

  test('what was said past the conversation makes it ask again: to others, by bots, without a mention', async () => {
    const past = [
      ['<@U2B> look', {}, 'thread'],
      ['alert', { user: 'U3P', bot_id: 'B3P' }, 'thread'],
      ['well', {}, 'always'],
    ] as const
    for (const [text, by, mention] of past) {
      const { say, received } = stageInbound({ settings: { mention } })
      await say('<@UBOT> hi')
      await say(text, { ...reply, ...by })
      await say('<@UBOT> and?', { ...reply, ts: '1783536999.1' })
      assert.deepEqual(filesOf(received), [undefined, ['thread/1783536999.1']])
    }
  })

  test('after a restart Slack is asked, and so it is below what a source told', async () => {
    const after = stageInbound({ ...thread, hasAnswered: () => true })
    await after.say('and?', reply)
    // All that is said in a thread of direct messages that a person began comes in.
    for (const [root, asks] of [
      [`D1A/${ts}`, false],
      ['D1A/1.1', true],
    ] as const) {
      const direct = stageInbound({ ...thread, taken: () => [{ id: root, author: 'U1A' }] })
      await direct.say('and?', { ...reply, channel: 'D1A' })
      assert.equal(direct.received[0]?.files?.length === 1, asks)
    }
    const told = stageInbound({ ...thread, hasTold: () => true })
    await told.say('<@UBOT> digest x')
    await told.say('the first?', reply)
    assert.deepEqual(filesOf(after.received), [['thread/1783536990.000100']])
    assert.deepEqual(filesOf(told.received), [undefined, ['thread/1783536990.000100']])
  })

  test('a thread that it was called into stays its own, and others do not become so', async () => {
    const { say, received } = stageInbound(thread)
    await say('nobody is meant')
    await say('an answer', { ...reply, thread_ts: '1.1' })
    assert.equal(received.length, 0)
    await say('<@UBOT> hi')
    await say('and then?', reply)
    await say('<@U2B> what do you think?', { ...reply, ts: '1783536991.0' })
    await say('elsewhere', { thread_ts: '1.5', ts: '1.6' })
    assert.deepEqual(
      received.map(({ text }) => text),
      ['hi', 'and then?'],
    )
    assert.equal(
      addressKey(received[0]?.address ?? assert.fail()),
      addressKey(received[1]?.address ?? assert.fail()),
    )
  })

  test('a reply that comes before the mention that it was written after is taken in behind it', async () => {
    const { say, received } = stageInbound(thread)
    const early = { ...reply, ts: '1783536985.0' }
    await say('of the others', early)
    for (const n of [1, 2, 3]) await say(`and ${n}?`, { ...reply, ts: `178353699${n}.0` })
    await say('<@U2B> and you?', { ...reply, ts: '1783536994.0' })
    assert.equal(received.length, 0)
    const mention = { ...reply, ts: '1783536990.0' }
    for (const type of ['message', 'app_mention']) await say('<@UBOT> look', { ...mention, type })
    assert.deepEqual(
      received.map(({ text }) => text),
      ['look', 'and 1?', 'and 2?', 'and 3?', 'look'],
    )
  })

  test('what waits for its mention is taken in by the next delivery where there was no room for it', async () => {
    let room = 1
    const { say, received } = stageInbound({
      ...thread,
      receive: async () => (room-- > 0 ? 'accepted' : Promise.reject(new Error('no room'))),
    })
    await say('and then?', reply)
    await assert.rejects(say('<@UBOT> look'), /no room/u)
    room = 2
    await say('<@UBOT> look')
    assert.deepEqual(
      received.map(({ text }) => text),
      ['look', 'and then?', 'look', 'and then?'],
    )
  })

  test('where a mention is wanted each time, a reply without one is not taken in later', async () => {
    const { say, received } = stageInbound({ settings: { mention: 'always' } })
    await say('and then?', reply)
    await say('<@UBOT> look')
    assert.equal(received.length, 1)
  })

  test('a mention in the middle of a thread calls it into that', async () => {
    const { say, received } = stageInbound(thread)
    await say('<@UBOT> look', reply)
    await say('and then?', reply)
    assert.equal(received.length, 2)
  })

  test('a word that follows a mention at once finds it there', async () => {
    const { say, received } = stageInbound(thread)
    await Promise.all([say('<@UBOT> hi <@U2B>'), say('and then?', reply)])
    assert.equal(received.length, 2)
  })

  test('after a restart it is where it has answered', async () => {
    const asked: string[] = []
    const lane = addressKey({ ...inChannel, shared: true, thread: ts })
    const hasAnswered = (one: string): boolean => asked.push(one) > 0 && one === lane
    const { say, received } = stageInbound({ ...thread, hasAnswered })
    await say('and then?', reply)
    await say('and then?', { ...reply, ts: '1783536992.0' })
    await say('elsewhere', { thread_ts: '1.5', ts: '1.6' })
    assert.equal(received.length, 2)
    assert.deepEqual(asked, [lane, addressKey({ ...inChannel, shared: true, thread: '1.5' })])
  })

  test('where each message must mention it, it does not stay', async () => {
    const { say, received } = stageInbound({ hasAnswered: () => true })
    await say('<@UBOT> hi')
    await say('and then?', reply)
    assert.equal(received.length, 1)
  })
})

suite('bots', () => {
  const bot = { user: 'U3P', bot_id: 'B3P', bot_profile: { name: 'Pager' } }
  const allowed = { settings: { bots: ['B3P'], botTurns: 2, mention: 'never' as const } }
  const inThread = (i: number): object => ({ thread_ts: ts, ts: `1783537000.${i}` })

  test('another bot is ignored unless it is allowed', async () => {
    const closed = stageInbound({ settings: { mention: 'never' } })
    const open = stageInbound(allowed)
    for (const stage of [closed, open]) await stage.say('<@UBOT> alert', { ...bot, ...inThread(1) })
    assert.equal(closed.received.length, 0)
    assert.deepEqual(
      open.received.map(({ author }) => author),
      [{ id: 'B3P', name: 'Pager' }],
    )
  })

  test('one that hides that it is a bot is known by its user', async () => {
    const closed = stageInbound({ settings: { mention: 'never' } })
    const open = stageInbound(allowed)
    for (const stage of [closed, open]) await stage.say('alert', { user: 'U3P' })
    assert.deepEqual([closed.received.length, open.received[0]?.author.id], [0, 'B3P'])
  })

  test('a webhook, which has no user, is a bot', async () => {
    const { say, received } = stageInbound(allowed)
    await say('alert', { user: undefined, subtype: 'bot_message', bot_id: 'B3P', username: 'hook' })
    await say('alert', { user: undefined, subtype: 'bot_message' })
    assert.deepEqual(
      received.map(({ author }) => author),
      [{ id: 'B3P', name: 'hook' }],
    )
  })

  test('in a thread bots have so many turns until a person writes there', async () => {
    const { say, received } = stageInbound(allowed)
    for (let i = 1; i <= 5; i++) await say(`bot ${i}`, { ...bot, ...inThread(i) })
    await say('bot 1', { ...bot, ...inThread(1) })
    await say('bot elsewhere', { ...bot, ts: '1783537001.1' })
    await say('person', inThread(6))
    await say('bot 7', { ...bot, ...inThread(7) })
    const texts = ['bot 1', 'bot 2', 'bot 1', 'person', 'bot 7']
    assert.deepEqual(
      received.map(({ text }) => text),
      texts,
    )
  })

  test('a person gives the bots their turns back with a word to others, too', async () => {
    const { say, received } = stageInbound({ settings: { bots: ['B3P'], botTurns: 1 } })
    await say('<@UBOT> one', { ...bot, ...inThread(1) })
    await say('<@UBOT> two', { ...bot, ...inThread(2) })
    await say('stop that', inThread(3))
    await say('<@UBOT> three', { ...bot, ...inThread(4) })
    assert.deepEqual(
      received.map(({ text }) => text),
      ['one', 'three'],
    )
  })

  test('outside of threads it is the same: a channel is not filled by two bots', async () => {
    const roundsOf = async (botTurns: number): Promise<number> => {
      const { say, received } = stageInbound({ settings: { bots: ['B3P'], botTurns } })
      for (let i = 1; i <= 50; i++) await say(`<@UBOT> ${i}`, { ...bot, ts: `1783537000.${i}` })
      await say('enough', { ts: '1783537001.1', thread_ts: ts })
      await say('<@UBOT> more', { ...bot, ts: '1783537002.1' })
      return received.length
    }
    assert.equal(await roundsOf(3), 4)
    assert.equal(await roundsOf(100), 51, 'control: without a bound there is no end')
  })

  test('a restart gives no turns back', async () => {
    const asked: unknown[] = []
    const earlier = (authors: readonly string[]) =>
      stageInbound({
        settings: { bots: ['B3P'], botTurns: 2 },
        taken: (...about) => {
          asked.push(about)
          return authors.map((author, i) => ({ id: `C1A/1.${i}`, author }))
        },
      })
    const roundsAfter = async (authors: readonly string[]): Promise<number> => {
      const { say, received } = earlier(authors)
      for (let i = 1; i <= 5; i++) await say('<@UBOT> hi', { ...bot, ts: `1783537000.${i}` })
      return received.length
    }
    assert.equal(await roundsAfter(['B3P', 'B3P', 'U1A']), 0)
    assert.equal(await roundsAfter(['B3P', 'U1A', 'B3P', 'B3P']), 1)
    assert.equal(await roundsAfter(['U1A', 'B3P', 'B3P']), 2)
    assert.deepEqual(asked[0], ['T1A', 'C1A/'])
  })

  test('two that answer each other without an end are stopped by their turns alone', async () => {
    const roundsOf = async (botTurns: number): Promise<number> => {
      const { say, received } = stageInbound({ settings: { bots: ['B3P'], botTurns, mention: 'never' } })
      for (let i = 1; i <= 100; i++) await say(`round ${i}`, { ...bot, ...inThread(i) })
      return received.length
    }
    assert.equal(await roundsOf(3), 3)
    assert.equal(await roundsOf(Infinity), 100)
  })

  test('a bot that is not allowed calls it into no thread', async () => {
    const { say, received } = stageInbound({ settings: { mention: 'thread' } })
    await say('<@UBOT> hi', bot)
    await say('well', { thread_ts: ts, ts: '1783537000.1' })
    assert.equal(received.length, 0)
  })

  test('what it says itself it never hears, also where its own id is allowed', async () => {
    const { say, received } = stageInbound({ settings: { bots: ['BBOT', 'B3P'], mention: 'never' } })
    await say('<@UBOT> echo', { user: 'UBOT', bot_id: 'BBOT' })
    await say('echo', { user: 'UBOT' })
    await say('echo', { user: undefined, bot_id: 'BBOT', subtype: 'bot_message' })
    await say('You asked me to remind you', { user: 'USLACKBOT', channel: 'D1A' })
    assert.equal(received.length, 0)
  })
})

suite('what happens to messages and to the app', () => {
  const edited = (text: string, before: string, message: object = {}) => ({
    type: 'message',
    subtype: 'message_changed',
    hidden: true,
    channel: 'C1A',
    ts: '1783536999.0',
    message: { ...written, text, edited: { user: 'U1A', ts: '1783536999.0' }, ...message },
    previous_message: { ...written, text: before },
  })

  test('an edit changes what waits, without our name', async () => {
    const { event, revised } = stageInbound()
    await event(edited('<@UBOT> ask <@U2B>', '<@UBOT> ask'))
    await event(edited('<@UBOT> ask', '<@UBOT> ask', { attachments: [{ title: 'a preview' }] }))
    await event(edited('so far, and more', 'so far', { bot_id: 'BBOT', user: 'UBOT' }))
    assert.deepEqual(revised, [{ id: `C1A/${ts}`, address: { ...inChannel, thread: ts }, text: 'ask @Bo' }])
  })

  test('an edit that comes late undoes none that was made after it, and one that comes again is taken again', async () => {
    const { event, revised } = stageInbound()
    const at = (seconds: number, text: string) => ({
      ...edited(text, 'ask'),
      ts: `${1783537000 + seconds}.000100`,
    })
    const deleted = { type: 'message', subtype: 'message_deleted', channel: 'C1A', deleted_ts: ts }
    await event(at(2, 'second'))
    await event(at(1, 'first'))
    await event(at(2, 'second'))
    await event({ ...deleted, ts: '1783537009.000100' })
    await event(at(3, 'third'))
    assert.deepEqual(
      revised.map(({ text }) => text),
      ['second', 'second', null],
    )
  })

  test('what was deleted is taken back', async () => {
    const { event, revised } = stageInbound()
    const deleted = {
      type: 'message',
      subtype: 'message_deleted',
      channel: 'C1A',
      deleted_ts: ts,
      ts: '1783536999.0',
    }
    await event({ ...deleted, previous_message: { ...written, thread_ts: '1.5' } })
    await event({ ...deleted, previous_message: { ...written, bot_id: 'BBOT' } })
    assert.deepEqual(revised, [{ id: `C1A/${ts}`, address: { ...inChannel, thread: '1.5' }, text: null }])
  })

  test('the stop button says /stop in its thread', async () => {
    const { event, received } = stageInbound()
    await event({
      type: 'agent_session_stopped',
      channel: 'C1A',
      thread_ts: ts,
      user: 'U1A',
      streaming_message_ts: [ts],
    })
    assert.deepEqual(received, [
      { id: 'stop/Ev1', address: { ...inChannel, thread: ts }, author: ada, text: '/stop', sentAtMs: nowMs },
    ])
  })

  test('the home is drawn, the channels are asked for, and an end is told', async () => {
    const { event, told } = stageInbound()
    await event({ type: 'app_home_opened', user: 'U1A', channel: 'D1A', tab: 'home' })
    await event({ type: 'app_home_opened', user: 'U1A', channel: 'D1A', tab: 'messages' })
    await event({ type: 'channel_rename', channel: { id: 'C1A', name: 'x' } })
    await event({ type: 'member_joined_channel', user: 'UBOT', channel: 'C1A' })
    await event({ type: 'member_joined_channel', user: 'U1A', channel: 'C1A' })
    await event({ type: 'tokens_revoked', tokens: { oauth: ['U1A'], bot: [] } })
    await event({ type: 'tokens_revoked', tokens: { bot: ['UBOT'] } })
    await event({ type: 'app_uninstalled' })
    assert.deepEqual(told, ['home', 'refresh T1A', 'refresh T1A', 'gone T1A', 'gone T1A'])
  })

  test('a farewell that cannot be written down is not taken', async () => {
    const { event } = stageInbound({ onGone: () => Promise.reject(new Error('the disk is full')) })
    await assert.rejects(event({ type: 'app_uninstalled' }), { message: 'the disk is full' })
  })
})

suite('slash commands', () => {
  const order = (text: string) => ({
    command: '/moltbot',
    text,
    trigger_id: '1.2.abc',
    channel_id: 'C1A',
    user_id: 'U1A',
    user_name: 'ada.l',
    team_id: 'T1A',
    response_url: 'https://hooks.slack.com/commands/1',
  })

  test('one is a message to the channel for the asker alone, and is acknowledged without a word', async () => {
    const { inbound, received, urls } = stageInbound()
    assert.equal(await inbound.command(incoming(order('digest <https://example.com>'))), undefined)
    const id = 'command/1.2.abc'
    assert.deepEqual(received, [
      {
        id,
        address: { ...inChannel, aside: true },
        author: ada,
        text: '/digest https://example.com',
        sentAtMs: nowMs,
        manner: 'awaited',
      },
    ])
    assert.equal(urls.get(id), 'https://hooks.slack.com/commands/1')
  })

  test('the way back is known before the message is', async () => {
    const stage = stageInbound({
      receive: async ({ id }) => (stage.urls.has(id) ? 'accepted' : assert.fail('too late')),
    })
    await stage.inbound.command(incoming(order('digest')))
  })

  const cases = [
    ['digest', '/digest'],
    ['摘要 https://x', '/摘要 https://x'],
    ['', '/help'],
    ['   ', '/help'],
    ['/digest now', '/digest now'],
    ['digests of today', 'digests of today'],
    ['what is new?', 'what is new?'],
    ['ask <@U2B|bo>', 'ask @Bo'],
  ] as const
  for (const [typed, said] of cases)
    test(`/moltbot ${typed} says ${JSON.stringify(said)}`, async () => {
      const { inbound, received } = stageInbound()
      await inbound.command(incoming(order(typed)))
      assert.deepEqual(
        received.map(({ text }) => text),
        [said],
      )
    })
})

suite('buttons', () => {
  const press = {
    type: 'block_actions',
    user: { id: 'U7X', username: 'xu', team_id: 'T9X' },
    team: { id: 'T1A' },
    channel: { id: 'C1A' },
    container: { type: 'message', message_ts: '2.0' },
    response_url: 'https://hooks.slack.com/actions/1',
    actions: [{ action_id: 'say-1', block_id: 'moltbot/1.5', action_ts: '3.0', value: '/approve 7' }],
  }

  test('a press says its words in the conversation of the message, and it is the presser who says them', async () => {
    const { inbound, received, urls } = stageInbound()
    await inbound.action(incoming(press))
    const id = 'click/C1A/2.0/3.0/U7X/say-1'
    const [author, address] = [
      { id: 'T9X.U7X', name: 'Xu' },
      { ...inChannel, thread: '1.5' },
    ]
    assert.deepEqual(received, [
      { id, address, author, text: '/approve 7', sentAtMs: nowMs, manner: 'awaited' },
    ])
    assert.equal(urls.get(id), 'https://hooks.slack.com/actions/1')
  })

  test('what two people press in one moment, or one person twice, are messages of their own', async () => {
    const { inbound, received } = stageInbound()
    const [action] = press.actions
    await inbound.action(incoming(press))
    await inbound.action(incoming({ ...press, user: { ...press.user, id: 'U8X' } }))
    await inbound.action(incoming({ ...press, actions: [{ ...action, action_id: 'say-0' }] }))
    assert.equal(new Set(received.map(({ id }) => id)).size, 3)
  })

  test('a press of the desk, and of anything that says nothing, is no message', async () => {
    const desk = stageInbound({ desk: { action: async () => true } })
    await desk.inbound.action(incoming(press))
    const other = stageInbound()
    await other.inbound.action(incoming({ ...press, actions: [{ ...press.actions[0], action_id: 'open' }] }))
    assert.deepEqual([desk.received.length, other.received.length], [0, 0])
  })

  test('a form goes to the desk', async () => {
    assert.deepEqual(await stageInbound().inbound.view(incoming({})), { response_action: 'clear' })
  })
})

const key = fc.constantFrom(
  'type',
  'subtype',
  'channel',
  'user',
  'ts',
  'text',
  'bot_id',
  'thread_ts',
  'files',
  'message',
)
const hostile = fc
  .dictionary(key, fc.jsonValue())
  .map((bad) => ({ event: { ...written, text: '<@UBOT> hi', ...bad }, event_id: 'Ev1' }))
const body = fc.oneof(hostile, fc.dictionary(fc.string(), fc.jsonValue()))

test('nothing that is sent makes it throw, and each message that comes of it is whole', async () => {
  await fc.assert(
    fc.asyncProperty(body, async (body) => {
      const { inbound, received } = stageInbound({ settings: { mention: 'never' } })
      await inbound.event(incoming(body))
      assert.equal(await inbound.command(incoming(body)), undefined)
      await inbound.action(incoming(body))
      for (const message of received) {
        assert.match(message.id, /^[CDG][A-Z0-9]+\/\d+\.\d+$/u)
        assert.ok(typeof message.text === 'string' && message.author.id !== '')
        assert.ok(Number.isSafeInteger(message.sentAtMs))
      }
    }),
    { numRuns: 300 },
  )
})
