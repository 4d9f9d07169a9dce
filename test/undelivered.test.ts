import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createLog } from '../src/log.ts'
import type { Address, Post, Reply } from '../src/message.ts'
import { createNotices } from '../src/notices.ts'
import type { Write } from '../src/store/writes.ts'
import { createChat, draft, openSendingHouse, type Chat } from './doubles/sending-house.ts'
import { task } from './tasks/samples.ts'

const at = (channel: string): Address => ({ adapter: 'chat', account: 'home', channel })
const news: Address = { ...at('news'), shared: true }
const maker = 'chat/home/ann'

/** A house in which nothing arrives in #news while that is archived, with its notices. */
async function open(t: TestContext, pauseAfter = 3) {
  let chat: Chat | undefined
  const place = { isArchived: true }
  const house = await openSendingHouse(t, {
    platforms: (clock) => [
      (chat = createChat(clock, {
        answer: ({ address }: Post) =>
          address.channel === 'news' && place.isArchived
            ? { kind: 'failed', fault: 'missing', why: 'archived' }
            : undefined,
      })),
    ],
    onFailed: (post, failure) => notices.aboutPost(post, failure),
  })
  const { store } = house
  const notices = createNotices({
    deliver: house.outbox.deliver,
    to: () => 'owner',
    placeOf: () => at('owner'),
    directTo: (key) => (key === maker ? at('ann') : undefined),
    nameOf: ({ channel }) => `#${channel}`,
    read: store.read,
    pauseAfter: () => pauseAfter,
    language: () => 'auto',
    formatTime: String,
    now: house.clock.now,
    log: createLog(
      'fatal',
      () => [],
      () => undefined,
    ),
  })
  const { id: _, version: __, state: ___, dueCount: ____, failures: _____, pausedFor: ______, ...made } = task
  await store.write('tasks.add', 7, { ...made, person: maker, address: news })
  let runs = 0
  /** Carries out a run as its task does: what is posted, the items, and its end are one commit. */
  const run = async (reply: Reply = { text: 'x', status: 'done' }, more: readonly Write[] = []) => {
    await store.write('runs.add', 7, ++runs)
    const [{ id } = assert.fail('no run')] = store.read.runs.history({ task: 7 }, 1)
    const claim = { id, token: `${id}` }
    await store.write('runs.claim', claim, 0, 0)
    const end = { state: 'succeeded', status: 'done', fault: null, note: null, output: null } as const
    const post = { ...draft(`run ${id}`, news), reply, run: id }
    await house.outbox.deliver([post], [...more, ['runs.finish', claim, end, 0]])
    await house.pass(100)
  }
  const chatOf = (): Chat => chat ?? assert.fail('no platform')
  return { house, store, run, place, taken: () => chatOf().taken.filter((key) => key.startsWith('notice/')) }
}

test('a task whose posts arrive nowhere is paused after as many runs as may fail, and both are told', async (t) => {
  const { store, run, taken } = await open(t)
  await run()
  await run()
  assert.equal(store.read.tasks.get(7)?.state, 'active')
  assert.equal(taken().length, 1)
  await run()
  const { state, pausedFor, failures } = store.read.tasks.get(7) ?? assert.fail('no task')
  assert.deepEqual([state, pausedFor, failures], ['paused', 'failures', 3])
  assert.deepEqual(taken().slice(1), ['notice/maker/pause/3', 'notice/owner/task/3/paused'])
  // Once it goes on, it has as many tries again.
  const to = { state: 'active', nextDueMs: task.nextDueMs, pausedFor: null } as const
  await store.write('tasks.change', 7, to, '', 0)
  assert.equal(store.read.tasks.get(7)?.failures, 0)
  await run()
  await run()
  assert.equal(store.read.tasks.get(7)?.state, 'active')
  await run()
  assert.equal(store.read.tasks.get(7)?.state, 'paused')
})

test('one post that arrives begins the count anew', async (t) => {
  const { store, run, place } = await open(t)
  for (const isArchived of [true, true, false, true, true]) {
    place.isArchived = isArchived
    await run()
  }
  assert.equal(store.read.tasks.get(7)?.state, 'active')
})

test('what a post showed of a source is new again where it did not arrive, and only there', async (t) => {
  const { store, run, place } = await open(t)
  const show = (item: string) =>
    run({ text: item, status: 'done', shows: { scope: 'feed', items: [item] } }, [
      ['seen.add', 'feed', [item], 0],
    ])
  await show('lost')
  place.isArchived = false
  await show('posted')
  assert.deepEqual(
    ['lost', 'posted'].map((item) => store.read.seen.has('feed', item)),
    [false, true],
  )
})

test('who ordered a post to another place is told alone, once, in however many parts it was lost', async (t) => {
  const { house, store, taken } = await open(t)
  const message = {
    id: 'm',
    address: at('hall'),
    author: { id: 'ann', name: 'Ann' },
    text: '/digest feed to #news',
    sentAtMs: 0,
  }
  const id = await store.write('inbox.receive', message, 0)
  const text = 'line\n'.repeat(700)
  const reply: Reply = { text, status: 'done', shows: { scope: 'feed', items: ['a'] } }
  const post = { ...draft(`inbox/${id}/to-0`, news), reply }
  await house.outbox.deliver([post], [['seen.add', 'feed', ['a'], 0]])
  await house.pass(100)
  assert.deepEqual(taken(), [`notice/maker/post/inbox/${id}`])
  assert.equal(house.counts().failed, 4)
  assert.equal(store.read.seen.has('feed', 'a'), false)
})
