import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from './ask.ts'
import { hear } from './hearing.ts'
import { createSlackDouble, type SlackDouble } from './slack.ts'
import { part, records, text, type Data } from './wire.ts'

/**
 * The same scenes in our own memory and in emulate@0.12.2, which nobody of us wrote: so what the double says of posts,
 * threads, people and channels is more than our own idea of them.
 *
 * What emulate lacks or does unlike Slack stands before the state, so that both have it: tokens, scopes, rates, every limit
 * of text and blocks (it takes 51 blocks and sections of 3,001 characters), streams, sessions, views, files, sockets, commands,
 * buttons, redelivery, app_mention, and in events `channel_type`, `event_ts`, `authorizations` and the bot's id.
 *
 * What memory alone has right is in memory.test.ts: `oldest`, `latest`, `inclusive` and the pages of a thread; metadata only
 * for who asks; `not_in_channel` for a public channel and `channel_not_found` for a private one that the app is not in;
 * `edited` only where text was changed; the tombstone of a thread.
 */
const states = ['memory', 'emulate'] as const

type Scene = (slack: SlackDouble) => Promise<unknown>

const post = async (slack: SlackDouble, args: Data): Promise<Data> => {
  const { body } = await ask(slack, 'chat.postMessage', args)
  assert.equal(body['ok'], true, JSON.stringify(body))
  return body
}
const textsOf = (body: Data): readonly string[] =>
  records(body['messages']).map((message) => text(message, 'text'))

/** What each scene ends with, in both states. Ids and times differ, so none of them is part of it. */
const scenes: Readonly<Record<string, { readonly play: Scene; readonly end: unknown }>> = {
  'a post is there, by the app, and its channel and ts are told': {
    play: async (slack) => {
      const channel = slack.channel('general')
      const posted = await post(slack, { channel, text: 'good morning' })
      const [stored] = slack.messages(channel)
      return [
        posted['channel'] === channel,
        posted['ts'] === stored?.ts,
        stored?.user === slack.bot.userId,
        stored?.bot_id === slack.bot.botId,
        stored?.text,
      ]
    },
    end: [true, true, true, true, 'good morning'],
  },
  'a channel that does not exist, or is archived, is refused': {
    play: async (slack) => {
      const channel = slack.channel('old')
      slack.archive(channel)
      const answers = [
        await ask(slack, 'chat.postMessage', { channel: 'C0NONE', text: 'x' }),
        await ask(slack, 'chat.postMessage', { channel, text: 'x' }),
        await ask(slack, 'chat.postMessage', { channel: slack.channel('new'), text: '' }),
        await ask(slack, 'conversations.info', { channel: 'C0NONE' }),
      ]
      return answers.map(({ body }) => body['error'])
    },
    end: ['channel_not_found', 'is_archived', 'no_text', 'channel_not_found'],
  },
  'replies come in their order, under their root, and not in the channel': {
    play: async (slack) => {
      const channel = slack.channel('general')
      const root = text(await post(slack, { channel, text: 'root' }), 'ts')
      await post(slack, { channel, text: 'one', thread_ts: root })
      await post(slack, { channel, text: 'two', thread_ts: root })
      await post(slack, { channel, text: 'next' })
      const { body: replies } = await ask(slack, 'conversations.replies', { channel, ts: root })
      const { body: history } = await ask(slack, 'conversations.history', { channel })
      return [textsOf(replies), textsOf(history), records(history['messages'])[1]?.['reply_count']]
    },
    end: [['root', 'one', 'two'], ['next', 'root'], 2],
  },
  'history comes in pages, newest first': {
    play: async (slack) => {
      const channel = slack.channel('general')
      for (const words of ['a', 'b', 'c', 'd', 'e']) await post(slack, { channel, text: words })
      const { body: first } = await ask(slack, 'conversations.history', { channel, limit: '3' })
      const cursor = text(part(first, 'response_metadata'), 'next_cursor')
      const { body: second } = await ask(slack, 'conversations.history', { channel, limit: '3', cursor })
      return [textsOf(first), first['has_more'], textsOf(second), second['has_more']]
    },
    end: [['e', 'd', 'c'], true, ['b', 'a'], false],
  },
  'metadata stay with a message and come back when asked for': {
    play: async (slack) => {
      const channel = slack.channel('general')
      const metadata = { event_type: 'moltbot_post', event_payload: { key: 'k1' } }
      await post(slack, { channel, text: 'kept', metadata })
      const { body } = await ask(slack, 'conversations.history', { channel, include_all_metadata: 'true' })
      return records(body['messages'])[0]?.['metadata']
    },
    end: { event_type: 'moltbot_post', event_payload: { key: 'k1' } },
  },
  'an update with text alone takes the blocks away and marks the message': {
    play: async (slack) => {
      const channel = slack.channel('general')
      const ts = text(await post(slack, { channel, text: 'x', blocks: [{ type: 'divider' }] }), 'ts')
      const { body } = await ask(slack, 'chat.update', { channel, ts, text: 'y' })
      const [stored] = slack.messages(channel)
      return [body['text'], stored?.text, stored?.blocks, stored?.edited?.user === slack.bot.userId]
    },
    end: ['y', 'y', undefined, true],
  },
  "nobody changes or takes away another's message": {
    play: async (slack) => {
      const [channel, ann] = [slack.channel('general'), slack.user('Ann')]
      const { ts } = await slack.say({ channel, user: ann, text: 'mine' })
      const answers = [
        await ask(slack, 'chat.update', { channel, ts, text: 'yours' }),
        await ask(slack, 'chat.delete', { channel, ts }),
        await ask(slack, 'chat.delete', { channel, ts: '1.000001' }),
      ]
      return answers.map(({ body }) => body['error'])
    },
    end: ['cant_update_message', 'cant_delete_message', 'message_not_found'],
  },
  'a deleted message is gone': {
    play: async (slack) => {
      const channel = slack.channel('general')
      const ts = text(await post(slack, { channel, text: 'x' }), 'ts')
      const { body } = await ask(slack, 'chat.delete', { channel, ts })
      return [body['ok'], slack.messages(channel).length]
    },
    end: [true, 0],
  },
  'an ephemeral message is for a member alone': {
    play: async (slack) => {
      const [channel, ann, bob] = [slack.channel('general'), slack.user('Ann'), slack.user('Bob')]
      slack.join(channel, ann)
      await ask(slack, 'chat.postEphemeral', { channel, user: ann, text: 'psst' })
      const { body } = await ask(slack, 'chat.postEphemeral', { channel, user: bob, text: 'psst' })
      return [
        slack.ephemerals(channel, ann).map(({ asSeen }) => asSeen),
        slack.messages(channel).length,
        body['error'],
      ]
    },
    end: [['psst'], 0, 'user_not_in_channel'],
  },
  'people and channels are known by name': {
    play: async (slack) => {
      const [channel, ann] = [slack.channel('general'), slack.user('Ann')]
      const answers = [
        part((await ask(slack, 'users.info', { user: ann })).body, 'user')['real_name'],
        (await ask(slack, 'users.info', { user: 'U0NONE' })).body['error'],
        part((await ask(slack, 'conversations.info', { channel })).body, 'channel')['name'],
        part((await ask(slack, 'conversations.info', { channel })).body, 'channel')['is_member'],
      ]
      return answers
    },
    end: ['Ann', 'user_not_found', 'general', true],
  },
  'direct messages are opened once': {
    play: async (slack) => {
      const ann = slack.user('Ann')
      const first = part((await ask(slack, 'conversations.open', { users: ann })).body, 'channel')
      const again = part((await ask(slack, 'conversations.open', { users: ann })).body, 'channel')
      await post(slack, { channel: ann, text: 'hello Ann' })
      const { body } = await ask(slack, 'conversations.open', {})
      return [
        first['id'] === again['id'],
        slack.dm(ann) === first['id'],
        slack.messages(slack.dm(ann)).map((message) => message.text),
        body['error'],
      ]
    },
    end: [true, true, ['hello Ann'], 'users_list_not_supplied'],
  },
  'a reaction is added once': {
    play: async (slack) => {
      const [channel, ann] = [slack.channel('general'), slack.user('Ann')]
      const { ts } = await slack.say({ channel, user: ann, text: 'hi' })
      const add = (): ReturnType<typeof ask> =>
        ask(slack, 'reactions.add', { channel, timestamp: ts, name: 'eyes' })
      const remove = (): ReturnType<typeof ask> =>
        ask(slack, 'reactions.remove', { channel, timestamp: ts, name: 'eyes' })
      const answers = [await add(), await add(), await remove(), await remove()]
      return answers.map(({ body }) => body['error'] ?? body['ok'])
    },
    end: [true, 'already_reacted', true, 'no_reaction'],
  },
  'text is cut at 40,000 characters': {
    play: async (slack) => {
      const channel = slack.channel('general')
      await post(slack, { channel, text: 'x'.repeat(40_001) })
      return slack.messages(channel)[0]?.text.length
    },
    end: 40_000,
  },
  'a streamed message grows, ends once, and shows its blocks below': {
    play: async (slack) => {
      const [channel, ann] = [slack.channel('general'), slack.user('Ann')]
      const { ts: thread } = await slack.say({ channel, user: ann, text: 'tell me' })
      const reader = { recipient_user_id: ann, recipient_team_id: slack.team }
      const started = await ask(slack, 'chat.startStream', {
        channel,
        thread_ts: thread,
        markdown_text: 'one ',
        ...reader,
      })
      const ts = started.body['ts']
      await ask(slack, 'chat.appendStream', { channel, ts, markdown_text: 'two ' })
      const during = slack.messages(channel).at(-1)
      const blocks = [{ type: 'section', text: { type: 'plain_text', text: 'four' } }]
      await ask(slack, 'chat.stopStream', { channel, ts, markdown_text: 'three', blocks })
      const after = slack.messages(channel).at(-1)
      const again = await ask(slack, 'chat.stopStream', { channel, ts })
      return [during?.streaming, during?.asSeen, after?.streaming, after?.asSeen, again.body['error']]
    },
    end: [true, 'one two ', false, 'one two three\nfour', 'message_not_in_streaming_state'],
  },
  'the app hears of what people write, change and take away, and of what it wrote itself': {
    play: async (slack) => {
      const [channel, ann] = [slack.channel('general'), slack.user('Ann')]
      const heard = await hear(slack)
      const { ts, outcome } = await slack.say({ channel, user: ann, text: `hi <@${slack.bot.userId}>` })
      await slack.edit(channel, ts, 'hello')
      await slack.erase(channel, ts)
      await post(slack, { channel, text: 'echo' })
      await heard.until(5)
      return [
        outcome,
        heard
          .events()
          .map((event) => [event['type'], event['subtype'], event['channel_type'], event['user'] === ann]),
      ]
    },
    end: [
      'acknowledged',
      [
        ['message', undefined, 'channel', true],
        ['app_mention', undefined, undefined, true],
        ['message', 'message_changed', 'channel', false],
        ['message', 'message_deleted', 'channel', false],
        ['message', undefined, 'channel', false],
      ],
    ],
  },
}

for (const state of states)
  for (const [name, { play, end }] of Object.entries(scenes))
    test(`${state}: ${name}`, async () => {
      await using slack = await createSlackDouble({ state })
      slack.redeliverMs([])
      assert.deepEqual(await play(slack), end)
    })
