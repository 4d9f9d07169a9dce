import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Home, NoHome } from '../src/home.ts'
import { openFormWorld } from './commands/form-world.ts'
import { nowMs } from './commands/task-world.ts'

const dm = { adapter: 'slack', account: 'T1', channel: 'D1' }
const me = { key: 'slack/T1/U1', address: dm }

const shown = (home: Home | NoHome): Home => (typeof home === 'string' ? assert.fail(home) : home)

test('a home shows when tasks run, how they went, and loudly what was paused for its failures', async (t) => {
  const { store, homeOf, type } = await openFormWorld(t, () => nowMs)
  for (const line of ['digest x', 'digest y', 'digest z']) {
    await type(`/tasks add every day at 9 ${line}`, me.key, dm)
  }
  await type('/tasks add every day at 9 digest other', 'slack/T1/U2', dm)
  await type('/tasks pause 2', me.key, dm)
  await store.write('tasks.change', 3, { state: 'paused', nextDueMs: null, pausedFor: 'failures' }, '', nowMs)
  const due = store.read.tasks.get(1) ?? assert.fail('no task 1')
  const dueMs = nowMs - 3_600_000
  const run = { dueMs, readyMs: dueMs, state: 'skipped', note: 'quiet hours' } as const
  const step = { nextDueMs: due.nextDueMs, runs: [run], dueCount: 1, replaces: null }
  assert.equal(await store.write('tasks.advance', due, step, nowMs), true)

  const home = shown(homeOf(me, 'en'))
  assert.deepEqual(
    home.tasks.map(({ id, isPaused }) => [id, isPaused]),
    [
      [3, true],
      [1, false],
      [2, true],
    ],
  )
  const [loud, active, paused] = home.tasks
  assert.match(loud?.alarm ?? '', /paused, because it failed/u)
  assert.deepEqual(active, {
    id: 1,
    isPaused: false,
    what: 'digest x',
    when: 'every day at 09:00 (Europe/Berlin)',
    next: { atMs: due.nextDueMs, words: 'Sun 22 Nov 2026, 09:00' },
    last: { outcome: 'skipped', time: { atMs: dueMs, words: 'Sat 21 Nov 2026, 10:00' }, note: 'quiet hours' },
  })
  assert.deepEqual([paused?.next, paused?.last, paused?.alarm], [undefined, undefined, undefined])
})

test('a run whose post did not arrive is not called done and no more', async (t) => {
  const { store, homeOf, type } = await openFormWorld(t, () => nowMs)
  await type('/tasks add every day at 9 digest x', me.key, dm)
  await store.write('runs.add', 1, nowMs)
  const [{ id } = assert.fail('no run')] = store.read.runs.history({ task: 1 }, 1)
  const claim = { id, token: 't' }
  const reply = { text: 'news', status: 'done' } as const
  await store.write('runs.claim', claim, nowMs, nowMs)
  await store.writeAll([
    ['outbox.queue', { key: 'k', address: dm, answers: null, reply, createdAtMs: nowMs, run: id }],
    [
      'runs.finish',
      claim,
      { state: 'succeeded', status: 'done', fault: null, note: null, output: null },
      nowMs,
    ],
  ])
  const outcome = (): string | undefined => shown(homeOf(me, 'en')).tasks[0]?.last?.outcome
  assert.equal(outcome(), 'done')
  const [row = assert.fail('no post')] = store.read.outbox.open()
  const settle = (kind: 'sent' | 'failed') =>
    store.write('outbox.settle', row.id, { kind, fault: 'missing', why: 'archived' }, nowMs)
  await settle('failed')
  assert.equal(outcome(), 'done · not delivered')
  await settle('sent')
  assert.equal(outcome(), 'done')
})

test('of 200 tasks the first 20 are shown, the others counted', async (t) => {
  const { store, homeOf, type } = await openFormWorld(t, () => nowMs)
  await type('/tasks add every day at 9 digest x', me.key, dm)
  const {
    id: _,
    version: __,
    state: ___,
    dueCount: ____,
    failures: _____,
    pausedFor: ______,
    ...task
  } = store.read.tasks.get(1) ?? assert.fail('no task 1')
  await store.writeAll(Array.from({ length: 199 }, (_, i) => ['tasks.add', i + 2, task] as const))
  const home = shown(homeOf(me, 'en'))
  assert.deepEqual([home.tasks.length, home.moreTasks], [20, 180])
})

test('conversations are those in which the person wrote, the newest first, each with its route', async (t) => {
  const { store, homeOf } = await openFormWorld(t, () => nowMs)
  const thread = { ...dm, channel: 'C1', thread: '1763800000.000100', shared: true as const }
  const say = (id: string, author: string, address: typeof dm): Promise<unknown> => {
    const message = { id, address, author: { id: author, name: '' }, text: 'hi', sentAtMs: nowMs }
    return store.write('inbox.receive', message, nowMs)
  }
  await say('1', 'U1', thread)
  await say('2', 'U1', dm)
  await say('3', 'U2', { ...dm, channel: 'C9' })
  await say('4', 'U1', thread)
  await store.write('conversations.route', 'slack/T1/C1', 'premium')
  const home = shown(homeOf(me, 'en'))
  assert.deepEqual(home.conversations, [
    { address: thread, route: 'premium' },
    { address: dm, route: 'default' },
  ])
  for (let i = 0; i < 20; i++) await say(`more ${i}`, 'U1', { ...dm, channel: `C${100 + i}` })
  const channels = shown(homeOf(me, 'en')).conversations.map(({ address }) => address.channel)
  assert.deepEqual(
    channels,
    Array.from({ length: 10 }, (_, i) => `C${119 - i}`),
  )
})

test('somebody who may not speak has no home', async (t) => {
  const { homeOf, roles } = await openFormWorld(t, () => nowMs)
  assert.equal(typeof homeOf(me, 'en'), 'object')
  roles.set(me.key, 'blocked')
  assert.equal(homeOf(me, 'en'), 'unknown')
  roles.set(me.key, 'guest')
  assert.equal(homeOf(me, 'en'), 'guest')
})
