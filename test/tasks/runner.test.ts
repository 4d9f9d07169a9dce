import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { StoreError } from '../../src/errors.ts'
import type { Store } from '../../src/store/store.ts'
import { usualOptions, type Task } from '../../src/task.ts'
import { addTask, hangs, hourMs, live, minuteMs, start, states, world } from './life.ts'

// Side by side, because most of their time is the disk's.
suite('the runner', { concurrency: 8 }, () => {
  test('a due task runs once, posts once, and is due again', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock)
    await addTask(life, clock, 1)
    await life.runner.start()
    assert.deepEqual(life.rows(1), [])

    clock.nowMs = start + hourMs
    await life.tick()
    await life.tick()
    clock.nowMs += 1_000
    await life.tick()
    assert.deepEqual(
      life.rows(1).map(({ dueMs, state, attempt, status }) => ({ dueMs, state, attempt, status })),
      [{ dueMs: start + hourMs, state: 'succeeded', attempt: 1, status: 'done' }],
    )
    assert.deepEqual(
      life.posts.map(({ reply, answers, key }) => [reply.text, answers, key.length]),
      [['1 at 2026-11-23T09:00:00.000Z', null, 64]],
    )
    assert.equal(life.store.read.tasks.get(1)?.nextDueMs, start + 2 * hourMs)
    await life.end()
  })

  test('reading the tasks moves nothing', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock)
    await addTask(life, clock, 1)
    clock.nowMs = start + 2 * hourMs
    life.store.read.tasks.due(clock.nowMs)
    life.store.read.tasks.of('test/a/u')
    assert.equal(life.store.read.tasks.get(1)?.nextDueMs, start + hourMs)
    assert.deepEqual(life.rows(1), [])
    await life.end()
  })

  test('what came due just before a change has its row, and is not run after a pause', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock)
    await addTask(life, clock, 1)
    clock.nowMs = start + hourMs + 500
    const pause = { state: 'paused', nextDueMs: null, pausedFor: null } as const
    await life.runner.catchUp()
    await life.store.write('tasks.change', 1, pause, 'paused', clock.nowMs)
    await life.tick()
    assert.deepEqual(
      life.rows(1).map(({ dueMs, state, note }) => ({ dueMs, state, note })),
      [{ dueMs: start + hourMs, state: 'cancelled', note: 'paused' }],
    )
    assert.deepEqual(life.performed, [])

    await addTask(life, clock, 2)
    clock.nowMs += hourMs
    await life.store.write('tasks.change', 2, pause, 'paused', clock.nowMs)
    await life.tick()
    assert.deepEqual(life.rows(2), [], 'without it the due time leaves no trace')
    await life.end()
  })

  test('two ticks at once, and two runners on one store, make one run', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock)
    const other = await live(path, clock, { on: life })
    await addTask(life, clock, 1)
    clock.nowMs = start + hourMs
    await Promise.all([life, life, other, other].map(({ runner }) => runner.tick()))
    await Promise.all([life.runner.idle(), other.runner.idle()])
    assert.equal(life.performed.length + other.performed.length, 1)
    assert.deepEqual(states(life.rows(1)), ['succeeded'])
    await life.end()
  })

  test('negative control: without the guards of the store the same ticks make a double', async (t) => {
    const { path, clock } = world(t)
    let unguarded = 0
    // As if a step of a task wrote its rows whatever was there before: no version, no last due time, no UNIQUE.
    const careless = (store: Store): Pick<Store, 'read' | 'write'> => ({
      read: { ...store.read, tasks: { ...store.read.tasks, due: () => (unguarded < 2 ? stale : []) } },
      write: async (name, ...args) => {
        if (name !== 'tasks.advance') return store.write(name, ...args)
        await store.write('runs.add', 1, start + hourMs - ++unguarded)
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the name does not narrow the result's type
        return true as never
      },
    })
    const stale: Task[] = []
    const life = await live(path, clock, { store: careless })
    await addTask(life, clock, 1)
    clock.nowMs = start + hourMs
    stale.push(...life.store.read.tasks.due(clock.nowMs))
    await life.tick()
    await life.tick()
    assert.equal(life.performed.length, 2)
    await life.end()
  })

  test('the guards of the store hold against a reading that is stale', async (t) => {
    const { path, clock } = world(t)
    const stale: Task[] = []
    const life = await live(path, clock, {
      store: (store) => ({
        write: store.write,
        read: { ...store.read, tasks: { ...store.read.tasks, due: () => stale } },
      }),
    })
    await addTask(life, clock, 1)
    clock.nowMs = start + hourMs
    stale.push(...life.store.read.tasks.due(clock.nowMs))
    await life.tick()
    await life.tick()
    assert.equal(life.performed.length, 1)
    await life.end()
  })

  test('after nine hours of pause the newest due time runs and the older ones are rows that say they were missed', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock)
    await addTask(life, clock, 1)
    clock.nowMs = start + 9 * hourMs + 5_000
    await life.tick()
    const rows = life.rows(1)
    assert.deepEqual(
      rows.map(({ dueMs }) => dueMs),
      Array.from({ length: 9 }, (_, i) => start + (i + 1) * hourMs),
    )
    assert.deepEqual(states(rows), [...Array<string>(8).fill('missed'), 'succeeded'])
    assert.ok(rows.slice(0, 8).every(({ note }) => note?.startsWith('Moltbot was not running')))
    assert.equal(life.posts.length, 1)
    assert.equal(life.store.read.tasks.get(1)?.nextDueMs, start + 10 * hourMs)
    await life.end()
  })

  test('a due time more than a day old is missed, not run', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock)
    await addTask(life, clock, 1, { schedule: { at: '2026-11-23T09:00:00Z' }, language: 'zh' })
    clock.nowMs = start + 26 * hourMs
    await life.tick()
    assert.deepEqual(states(life.rows(1)), ['missed'])
    assert.match(life.rows(1)[0]?.note ?? '', /时间过去太久/u)
    assert.equal(life.store.read.tasks.get(1)?.state, 'done')
    assert.equal(life.performed.length, 0)
    await life.end()
  })

  test('each due time has one row over restarts, pauses and a clock that is set back', async (t) => {
    const { path, clock } = world(t)
    let life = await live(path, clock)
    await addTask(life, clock, 1)
    await addTask(life, clock, 2, { schedule: { cron: '30 * * * *' } })
    const offsetsMin = [30, 60, 61, 200, 140, 90, 201, 240, 300, 180, 420, 421]
    for (const [i, offset] of offsetsMin.entries()) {
      clock.nowMs = start + offset * minuteMs
      if (i % 3 === 2) {
        await life.end()
        life = await live(path, clock)
        await life.runner.start()
      }
      await life.tick()
    }
    assert.deepEqual(
      life.rows(1).map(({ dueMs }) => (dueMs - start) / hourMs),
      [1, 2, 3, 4, 5, 6, 7],
    )
    assert.deepEqual(
      life.rows(2).map(({ dueMs }) => (dueMs - start) / hourMs),
      [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5],
    )
    await life.end()
  })

  test('a run that is slower than its schedule has the next ones wait, or skipped where the task says so', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, { perform: hangs })
    await addTask(life, clock, 1)
    await addTask(life, clock, 2, { options: { ...usualOptions, overlap: 'skip' } })
    for (let hour = 1; hour <= 3; hour++) {
      clock.nowMs = start + hour * hourMs
      await life.runner.tick()
    }
    assert.deepEqual(states(life.rows(1)), ['running', 'queued', 'queued'])
    assert.deepEqual(states(life.rows(2)), ['running', 'skipped', 'skipped'])
    assert.equal(life.performed.length, 2)
    await life.runner.stop()
    await life.end()
  })

  test('a task with jitter begins later, each time by as much', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock)
    await addTask(life, clock, 1, { options: { ...usualOptions, jitterMs: 20 * minuteMs } })
    const lateMs: number[] = []
    for (const hour of [1, 2]) {
      clock.nowMs = start + hour * hourMs
      await life.runner.tick()
      const waiting = life.rows(1).at(-1)!
      lateMs.push(waiting.readyMs - waiting.dueMs)
      clock.nowMs = waiting.readyMs - 1
      await life.tick()
      assert.deepEqual(states(life.rows(1)).at(-1), 'queued')
      clock.nowMs = waiting.readyMs
      await life.tick()
      assert.deepEqual(states(life.rows(1)).at(-1), 'succeeded')
    }
    assert.ok(lateMs[0] !== undefined && lateMs[0] > 0 && lateMs[0] === lateMs[1], String(lateMs))
    await life.end()
  })

  test('a clock that ran ahead for a moment silences nothing once it is put right', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock)
    await addTask(life, clock, 1)
    clock.nowMs = start + 40 * 24 * hourMs
    await life.tick()
    clock.nowMs = start
    await life.tick()
    for (let hour = 1; hour <= 5; hour++) {
      clock.nowMs = start + hour * hourMs
      await life.tick()
    }
    const ran = life.rows(1).filter(({ state, dueMs }) => state === 'succeeded' && dueMs <= clock.nowMs)
    assert.equal(ran.length, 5)
    await life.end()
  })

  test('the clock is watched from the first task on, once', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock)
    await life.runner.start()
    assert.equal(life.clockWatches.length, 0)
    await addTask(life, clock, 1)
    life.runner.wake()
    life.runner.wake()
    await life.runner.idle()
    assert.equal(life.clockWatches.length, 1)
    await life.end()
    const next = await live(path, clock)
    await next.runner.start()
    assert.equal(next.clockWatches.length, 1)
    await next.end()
  })

  test('a store that fails is logged once when it begins and once when it ends, and the start goes on', async (t) => {
    const { path, clock } = world(t)
    const before = await live(path, clock, { perform: hangs })
    await addTask(before, clock, 1)
    clock.nowMs = start + hourMs
    await before.runner.tick()
    await before.end()

    let isBroken = true
    const life = await live(path, clock, {
      store: (store) => ({
        read: store.read,
        write: (name, ...args) =>
          isBroken ? Promise.reject(new StoreError('disk-full', 'no room')) : store.write(name, ...args),
      }),
    })
    await life.runner.start()
    for (let i = 0; i < 5; i++) await life.tick()
    assert.deepEqual(states(life.rows(1)), ['running'])
    isBroken = false
    for (let i = 0; i < 3; i++) await life.tick()
    const lines = life.logged.filter((line) => line.includes('go on'))
    assert.equal(lines.length, 2)
    assert.deepEqual(states(life.rows(1)), ['succeeded'])
    await life.end()
  })

  test('however many tasks come due at once, all of them have their row after one tick', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, { perform: hangs })
    const ids = Array.from({ length: 250 }, (_, i) => i + 1)
    await Promise.all(ids.map((id) => addTask(life, clock, id)))
    clock.nowMs = start + hourMs
    await life.runner.tick()
    assert.ok(ids.every((id) => life.rows(id).length === 1))
    await life.runner.stop()
    await life.end()
  })

  test('a task that cannot be moved on holds up no other', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, {
      store: ({ read, write }) => ({
        read,
        write: (name, ...args) =>
          name === 'tasks.advance' && JSON.stringify(args).startsWith('[{"id":1,')
            ? Promise.reject(new StoreError('internal', 'a row that no write fits'))
            : write(name, ...args),
      }),
    })
    await addTask(life, clock, 1)
    await addTask(life, clock, 2)
    clock.nowMs = start + hourMs
    for (let i = 0; i < 3; i++) await life.tick()
    assert.deepEqual([states(life.rows(1)), states(life.rows(2))], [[], ['succeeded']])
    assert.equal(life.logged.filter((line) => line.includes('cannot go on')).length, 1)
    await life.end()
  })

  test('an order to run now runs a paused task too, and what waited for a removed task is cancelled', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock)
    await addTask(life, clock, 1)
    await addTask(life, clock, 2)
    const paused = { state: 'paused', nextDueMs: null, pausedFor: null } as const
    await life.store.write('tasks.change', 1, paused, 'paused', start)
    await life.store.write('runs.add', 1, start)
    await life.store.write('runs.add', 2, start)
    await life.store.write('tasks.change', 2, { ...paused, state: 'removed' }, 'removed', start)
    await life.tick()
    assert.deepEqual(states(life.rows(1)), ['succeeded'])
    assert.deepEqual(
      life.rows(2).map(({ state, note }) => [state, note]),
      [['cancelled', 'removed']],
    )
    assert.equal(life.posts.length, 1)
    await life.end()
  })

  test('a task whose schedule cannot be read is paused aloud and holds up no other', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock)
    await addTask(life, clock, 1, { zone: 'Mars/Olympus', nextDueMs: start + hourMs })
    await addTask(life, clock, 2)
    clock.nowMs = start + hourMs
    await life.tick()
    const [broken, fine] = [life.store.read.tasks.get(1), life.store.read.tasks.get(2)]
    assert.deepEqual([broken?.state, broken?.pausedFor, fine?.state], ['paused', 'schedule', 'active'])
    assert.deepEqual(states(life.rows(2)), ['succeeded'])
    assert.match(life.texts().join('\n'), /cannot read its schedule/u)
    await life.end()
  })
})
