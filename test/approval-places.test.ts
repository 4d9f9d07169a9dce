import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Address, Author, Message, Reply } from '../src/message.ts'
import { openStore, type Store } from '../src/store/store.ts'
import { temporaryFolder } from './doubles/folder.ts'
import { openHouse, type House } from './doubles/house.ts'
import { scripted, type Turn } from './doubles/models.ts'
import { createPlatform } from './doubles/platform.ts'

const place: Address = { adapter: 'chat', account: 'home', channel: 'general' }
const ann: Author = { id: 'ann', name: 'Ann' }
const bob: Author = { id: 'bob', name: 'Bob' }

type Chat = {
  readonly house: House
  readonly clock: { nowMs: number }
  /** Says a text in a thread, or outside of threads where none is named; resolves with the answer. */
  readonly say: (text: string, thread?: string, author?: Author, more?: Partial<Message>) => Promise<Reply>
}

async function openChat(
  t: TestContext,
  script: readonly Turn[],
  open: (path: string) => Promise<Store> = openStore,
): Promise<Chat> {
  const clock = { nowMs: 1_000_000 }
  // As on a platform that has buttons.
  const platform = { ...createPlatform('chat'), split: (reply: Reply) => [reply] }
  const store = await open(temporaryFolder(t))
  const house = await openHouse(t, { model: scripted(script), platform, store, nowMs: () => clock.nowMs })
  let events = 0
  return {
    house,
    clock,
    say: async (text, thread, author = ann, more = {}) => {
      const id = `said-${++events}`
      clock.nowMs += 1_000
      const address = thread === undefined ? { ...place, aside: true as const } : { ...place, thread }
      await house.platform.deliver(text, { ...more, id, address, author })
      return (await house.platform.posted(({ answers }) => answers === id)).reply
    },
  }
}

const tea: Turn = { call: 'set', args: { what: 'tea' } }
const tokenIn = ({ asks }: Reply): string => asks?.token ?? assert.fail('nothing is asked')

test('a yes in a new thread answers the question that stands in another, once', async (t) => {
  const { house, say } = await openChat(t, [tea, 'yes to what?'])
  assert.deepEqual((await say('tea, please', '1')).asks?.untilMs, 1_001_000 + 10 * 60_000)
  const done = await say('是', '2')
  assert.equal(done.text, 'set tea')
  assert.partialDeepStrictEqual(done.closes, { conversation: 'chat/home/general/1', by: 'yes' })
  assert.equal((await say('是', '3')).text, 'yes to what?')
  assert.deepEqual(house.ranSet, ['tea'])
})

test('a yes after a slash command, and after a thread by a slash command, counts as well', async (t) => {
  const { house, say } = await openChat(t, [tea, tea])
  await say('tea, please')
  assert.equal((await say('yes', '1')).text, 'set tea')
  await say('tea, please', '2')
  assert.equal((await say('yes')).text, 'set tea')
  assert.deepEqual(house.ranSet, ['tea', 'tea'])
})

test('a no in a new thread leaves the question, and so does a cancel', async (t) => {
  const { house, say } = await openChat(t, [tea, tea, 'hm'])
  await say('tea, please', '1')
  const left = await say('no', '2')
  assert.match(left.text, /I leave that/u)
  assert.equal(left.closes?.by, 'no')
  await say('tea, please', '3')
  assert.match((await say('取消', '4')).text, /^好的/u)
  assert.equal((await say('yes', '5')).text, 'hm')
  assert.deepEqual(house.ranSet, [])
})

test('with several questions open a bare yes answers none of them, and says so', async (t) => {
  const { house, say } = await openChat(t, [tea, tea])
  await say('tea, please', '1')
  await say('tea, please', '2')
  assert.match((await say('yes', '3')).text, /^2 questions of mine are open here/u)
  assert.match((await say('好', '3')).text, /^这里有 2 个问题/u)
  assert.equal((await say('yes', '2')).text, 'set tea')
  assert.deepEqual(house.ranSet, ['tea'])
})

test('a yes elsewhere is as strict as one below the question', async (t) => {
  const { house, say, clock } = await openChat(t, [tea, 'bob who?', 'late', 'more?', tea, 'fine'])
  await say('tea, please', '1')
  assert.equal((await say('yes', '2', bob)).text, 'bob who?')
  clock.nowMs += 10 * 60_000 + 1
  assert.equal((await say('yes', '3')).text, 'late')
  // What a model said last in the very conversation is what a yes there is for.
  await say('tell me of tea', '4')
  await say('tea, please', '5')
  assert.equal((await say('yes', '4')).text, 'fine')
  assert.deepEqual(house.ranSet, [])
  assert.equal((await say('yes', '6')).text, 'set tea')
})

test('the press of somebody else is told as that, and leaves the question open', async (t) => {
  const { house, say } = await openChat(t, [tea])
  const token = tokenIn(await say('tea, please', '1'))
  const pressed = await say(`yes ${token}`, '1', bob)
  assert.match(pressed.text, /put to somebody else/u)
  assert.equal(pressed.closes, undefined)
  assert.equal((await say(`yes ${token}`, '1')).text, 'set tea')
  const late = await say(`no ${token}`, '1')
  assert.match(late.text, /no longer open/u)
  assert.equal(late.closes?.by, 'gone')
  assert.deepEqual(house.ranSet, ['tea'])
})

test('of answers that come at once in several threads one counts, and the others are told or taken as talk', async (t) => {
  for (const other of ['yes', 'no']) {
    const { house, say } = await openChat(t, [tea, 'what?', 'what?'])
    const token = tokenIn(await say('tea, please', '1'))
    const replies = await Promise.all([say(`yes ${token}`, '1'), say(other, '2')])
    const closed = replies.flatMap(({ closes }) =>
      closes === undefined || closes.by === 'gone' ? [] : [closes.by],
    )
    assert.equal(closed.length, 1, JSON.stringify(replies))
    assert.equal(replies.filter(({ text }) => text === 'set tea').length, closed[0] === 'yes' ? 1 : 0)
    assert.ok(replies.every(({ text }) => !/went wrong/u.test(text)))
    assert.deepEqual(house.store.read.approvals.openIn('chat/home/general', 0), [])
  }
})

test('control: where a no closes what is closed already, a person is told that what was done is left', async (t) => {
  const { house, say } = await openChat(t, [tea], async (path) => {
    const store = await openStore(path)
    const writeAll: Store['writeAll'] = (writes) =>
      store.writeAll(writes.filter(([name]) => name !== 'approvals.decline'))
    return { ...store, writeAll }
  })
  const token = tokenIn(await say('tea, please', '1'))
  const [, told] = await Promise.all([say(`yes ${token}`, '1'), say('no', '2')])
  assert.match(told.text, /I leave that/u)
  assert.deepEqual(house.ranSet, ['tea'])
})

test('talk of something else closes the question of its own conversation alone', async (t) => {
  const { say } = await openChat(t, [tea, 'a joke', 'another'])
  await say('tea, please', '1')
  assert.equal((await say('a joke, please', '2')).closes, undefined)
  assert.equal((await say('a joke, please', '1')).closes?.by, 'left')
})

test('what was asked of one person alone is told to them alone, wherever they say yes', async (t) => {
  const { say } = await openChat(t, [tea, tea])
  await say('tea, please')
  assert.equal((await say('yes', '1')).aside, true)
  await say('tea, please', '2')
  assert.equal(
    (await say('yes', '3')).aside,
    undefined,
    'control: what was asked before all is told before all',
  )
})

test('an ok to somebody else in another thread is no yes', async (t) => {
  const { house, say } = await openChat(t, [tea, 'hm'])
  await say('tea, please', '1')
  await say('ok', '2', ann, { manner: 'overheard' })
  assert.deepEqual(house.ranSet, [])
  await say('ok', '3')
  assert.deepEqual(house.ranSet, ['tea'], 'control: said to Moltbot it is one')
})

test('of two yeses in two threads at once one is carried out, and the other told that it comes too late', async (t) => {
  const { house, say } = await openChat(t, [tea, 'yes to what?'])
  await say('tea, please', '1')
  const replies = await Promise.all([say('yes', '2'), say('yes', '3')])
  assert.deepEqual(house.ranSet, ['tea'])
  assert.deepEqual(replies.map(({ status }) => status).toSorted(), ['done', 'failed'])
})
