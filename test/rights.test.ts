import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Post, Reply } from '../src/message.ts'
import { openHouse } from './doubles/house.ts'
import { scripted } from './doubles/models.ts'
import { channel, direct, openRightsWorld } from './rights-world.ts'

const inChannels = ({ address }: Post): boolean => address.shared === true
const every = 'every day at 9'

/** What a person types in their direct messages to have something posted elsewhere. */
const orders = [
  '#news',
  'slack:C1',
  'slack:#news',
  '<#C1|news>',
  'slack:U2',
  'slack:W2',
  'slack:DU2',
].flatMap((to) => [
  `/digest https://example.org/feed to ${to}`,
  `/tasks add digest https://example.org/feed to ${to} ${every}`,
  `/tasks edit 1 digest https://example.org/feed to ${to}`,
])

test('who has rights in direct messages only orders nothing that reaches a channel or somebody else', async (t) => {
  const { say, order, posts } = await openRightsWorld(t)
  await order('/people allow slack T1 U1 member direct')
  await say('U1', direct('U1'), `/tasks add remind "tea" ${every}`)
  assert.equal((await say('U1', direct('U1'), 'yes')).reply.status, 'done')
  for (const text of orders) assert.equal((await say('U1', direct('U1'), text)).reply.status, 'misused', text)
  const task = { command: 'digest', args: { from: 'https://example.org', to: 'slack:C1' } }
  const timed = { ...task, schedule: { cron: '0 9 * * *' }, zone: 'UTC' }
  const action = { command: 'tasks', args: { action: 'add', task: timed } }
  assert.equal((await say('U1', direct('U1'), 'a form', { action })).reply.status, 'misused')
  assert.deepEqual(posts.filter(inChannels), [])
  for (const text of ['/tasks', 'hello', 'yes', '/people', '/stop', '/rate good inbox/1'])
    assert.equal((await say('U1', channel('C1', text), text)).reply.status, 'refused', text)
})

test('control: with rights everywhere a channel can be named, and still nobody else', async (t) => {
  const { say, order } = await openRightsWorld(t)
  await order('/people allow slack T1 U1 member everywhere')
  for (const text of orders.filter((one) => one.startsWith('/tasks add'))) {
    const { status } = (await say('U1', direct('U1', text), text)).reply
    assert.equal(status, /W2|U2/u.test(text) ? 'misused' : 'asked', text)
  }
})

test('a question is answered by whom it was asked alone, where it was asked, while they may', async (t) => {
  const { say, order } = await openRightsWorld(t)
  for (const user of ['U1', 'U2', 'T2.U1']) await order(`/people allow slack T1 ${user} member everywhere`)
  const thread = channel('C1', '1.1')
  const asked = await say('U1', thread, `remind me of tea ${every}`)
  const yes = asked.reply.choices?.[0]?.says ?? assert.fail('no buttons')
  assert.match(yes, /^yes [0-9a-f]{8}$/u)
  for (const [user, place] of [
    ['U2', thread],
    ['T2.U1', thread],
    ['U3', thread],
    ['U1', channel('C1', '2.2')],
    ['U1', direct('U1')],
  ] as const)
    assert.notEqual((await say(user, place, yes)).reply.status, 'done', user)
  await order('/people allow slack T1 U1 member direct')
  assert.equal((await say('U1', thread, yes)).reply.status, 'refused')
  await order('/people block slack T1 U1')
  assert.equal((await say('U1', thread, yes)).reply.text, '')
  await order('/people allow slack T1 U1 member everywhere')
  assert.match((await say('U1', thread, yes)).reply.text, /^Task 1 is set/u)
  assert.equal((await say('U1', thread, yes)).reply.status, 'failed')
})

test('a task is its maker’s alone, whatever others press', async (t) => {
  const { say, order } = await openRightsWorld(t)
  for (const user of ['U1', 'U2', 'T2.U1']) await order(`/people allow slack T1 ${user} admin everywhere`)
  const thread = channel('C1', '1.1')
  await say('U1', thread, `/tasks add remind "tea" ${every}`)
  await say('U1', thread, 'yes')
  for (const user of ['U2', 'T2.U1'])
    for (const verb of ['show', 'pause', 'run', 'remove', 'cancel', 'history', 'edit 1 at 10 #'])
      assert.match((await say(user, thread, `/tasks ${verb} 1`)).reply.text, /no task/iu, `${user} ${verb}`)
  assert.match((await say('U1', thread, '/tasks')).reply.text, /tea/u)
})

test('blocked people are not answered anywhere, and unknown ones are told once', async (t) => {
  const { say, order } = await openRightsWorld(t)
  await order('/people block slack T1 U1')
  for (const text of ['hi', '/status', '/stop', 'yes', '/people'])
    for (const place of [direct('U1', text), channel('C1', text)])
      assert.equal((await say('U1', place, text)).reply.text, '', text)
  // Who waits for a word gets one each time, and only they see it.
  const awaited = { manner: 'awaited' } as const
  for (const place of [direct('U1'), channel('C1'), channel('C1')])
    assert.match((await say('U1', place, '/status', awaited)).reply.text, /has blocked you/u)
  const replies = []
  for (const text of ['hi', '/status', '/stop'])
    replies.push((await say('U9', direct('U9', text), text)).reply.text)
  assert.match(replies[0] ?? '', /code [2-9A-Z]{8}/u)
  assert.deepEqual(replies.slice(1), ['', ''])
})

test('who is answered because everyone is talks and looks things up, and orders nothing', async (t) => {
  const news = { adapter: 'chat', account: 'home', channel: 'news', shared: true } as const
  const set = { call: 'set', args: { what: 'x1' } }
  const model = scripted(['Good day.', { call: 'look', args: { what: 'y1' } }, set, set])
  const house = await openHouse(t, { model, owners: [], isOpen: () => true })
  let events = 0
  const say = async (text: string): Promise<Reply> => {
    const message = {
      id: `m${++events}`,
      address: news,
      author: { id: 'eve', name: 'Eve' },
      text,
      sentAtMs: 0,
    }
    const answer = await house.assistant.answer(
      message,
      events,
      new AbortController().signal,
      () => undefined,
    )
    await house.store.writeAll(answer.writes)
    return answer.reply
  }
  assert.equal((await say('hi')).text, 'Good day.')
  assert.equal((await say('what is y1?')).text, 'looked at y1')
  assert.equal((await say('/look z1')).text, 'looked at z1')
  const refused = { text: 'That takes the role member; you do not have it here.', status: 'refused' }
  // Not even asked whether they want it: a yes would come to nothing.
  for (const text of ['/set x1', 'set x1 for me', '/look z1 --when="every day at 9"', '/new'])
    assert.deepEqual(await say(text), refused, text)
  assert.deepEqual(house.ranSet, [])
  assert.match((await say('/stop')).text, /Nothing was running/u)
  const eve = { key: 'chat/home/eve', name: 'Eve', role: 'member', reach: 'everywhere', atMs: 0 } as const
  await house.store.write('people.change', { ...eve, by: 'me' })
  assert.equal((await say('set x1 for me')).status, 'asked')
  assert.equal((await say('/set x1')).text, 'set x1')
})

test('what a task may not do where it posts is told to its maker alone', async (t) => {
  const dm = { adapter: 'chat', account: 'home', channel: 'ann' }
  const news = { ...dm, channel: 'news', shared: true } as const
  const house = await openHouse(t, {
    model: scripted([]),
    owners: [],
    isOpen: () => true,
    directTo: (key) => (key === 'chat/home/ann' ? dm : undefined),
  })
  const about = { language: 'en', nowMs: 0, zone: 'UTC', signal: new AbortController().signal } as const
  const run = (what: string) =>
    house.assistant.perform({ command: 'look', args: { what } }, 'chat/home/ann', {
      ...about,
      address: news,
      progress: () => undefined,
    })
  const ann = { key: 'chat/home/ann', name: 'Ann', role: 'member', reach: 'everywhere', atMs: 0 } as const
  await house.store.write('people.change', { ...ann, by: 'me' })
  assert.deepEqual((await run('here')).reply, { text: 'looked at here', status: 'done' })
  // Everyone may talk there still, and that is less than a task takes.
  await house.store.write('people.remove', ann.key)
  assert.deepEqual(await run('here'), {
    reply: { text: 'You may not post to news.', status: 'refused' },
    to: dm,
  })
})

test('a task whose posts do not arrive, and whose maker cannot be told either, is told to the owner once', async (t) => {
  const world = await openRightsWorld(t, 'notices: { to: "#ops" }')
  const { say, order, posts, posted } = world
  await order('/people allow slack T1 U1 member everywhere')
  await say('U1', direct('U1'), `/tasks add digest examples/feed.xml to #news ${every}`)
  await say('U1', direct('U1'), 'yes')
  // Moltbot was removed from their workspace.
  world.deliver = ({ address }) =>
    address.channel === 'C2'
      ? { kind: 'sent' }
      : { kind: 'failed', fault: 'bad-key', why: 'the token is not accepted' }
  const toOwner = ({ address, reply }: Post): boolean =>
    address.channel === 'C2' && reply.text.includes('could not be posted')
  for (const times of [1, 2]) {
    await say('U1', direct('U1'), '/tasks run 1')
    await posted(() => posts.filter(inChannels).filter(({ run }) => run !== undefined).length === times)
  }
  const { reply } = await posted(toOwner)
  assert.match(reply.text, /^Task 1 \(digest\).* could not be posted to .*the token is not accepted/u)
  assert.equal(posts.filter(({ key }) => key.startsWith('notice/maker/')).length, 1)
  await world.moltbot.stop(1_000)
  assert.equal(posts.filter(toOwner).length, 1)
})

test('a task posts to the channel that was meant when it was made, whatever that or another is called by then', async (t) => {
  const { say, order, posted, names } = await openRightsWorld(t)
  await order('/people allow slack T1 U1 owner everywhere')
  await say('U1', direct('U1'), `/tasks add digest examples/feed.xml to #news ${every}`)
  await say('U1', direct('U1'), 'yes')
  names.set('news', 'C9')
  names.set('daily', 'C1')
  await say('U1', direct('U1'), '/tasks run 1')
  const { address } = await posted(({ answers, reply }) => answers === null && reply.from === 'source')
  assert.equal(address.channel, 'C1')
})
