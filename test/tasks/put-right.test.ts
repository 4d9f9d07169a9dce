import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { FaultError } from '../../src/errors.ts'
import { usualOptions } from '../../src/task.ts'
import { addTask, hourMs, live, minuteMs, start, states, well, world } from './life.ts'

const yearMs = 365 * 24 * hourMs

// Side by side, because most of their time is the disk's.
suite('a clock that ran ahead and is put right', { concurrency: 8 }, () => {
  test('does not keep a run from its next attempt for years, in this life or the next', async (t) => {
    for (const isRestarted of [false, true]) {
      const { path, clock } = world(t)
      let isDown = true
      const perform = async (...about: Parameters<typeof well>): ReturnType<typeof well> => {
        if (isDown) throw new FaultError('overloaded', 'no room')
        return well(...about)
      }
      let life = await live(path, clock, { perform })
      await addTask(life, clock, 1, { options: { ...usualOptions, overlap: 'skip' } })
      clock.nowMs = start + 5 * yearMs
      await life.tick()
      assert.equal(life.rows(1).at(-1)?.state, 'queued')

      isDown = false
      clock.nowMs = start + 2 * minuteMs
      if (isRestarted) {
        await life.end()
        life = await live(path, clock, { perform })
      }
      await life.tick()
      const early = life.rows(1).at(-1)
      assert.deepEqual([early?.state, early?.note], ['missed', 'a clock that ran ahead called it too early'])
      clock.nowMs = start + hourMs
      await life.tick()
      assert.deepEqual(
        life.rows(1).flatMap(({ state, dueMs }) => (state === 'succeeded' ? [dueMs] : [])),
        [start + hourMs],
      )
      await life.end()
    }
  })

  test('shortens what an order waits for to what it was, and what a run under way has come to wait for', async (t) => {
    const { path, clock } = world(t)
    let isLate = false
    const life = await live(path, clock, {
      perform: () => {
        if (isLate) clock.nowMs = start + 5 * yearMs
        return Promise.reject(new FaultError('overloaded', 'no room'))
      },
    })
    const waitMs = (id: number): number => (life.rows(id).at(-1)?.readyMs ?? 0) - clock.nowMs
    const schedule = { at: '2090-01-01T00:00:00Z' }
    await addTask(life, clock, 1, { schedule })
    await addTask(life, clock, 2, { schedule })
    clock.nowMs = start + 3 * yearMs
    await life.store.write('runs.add', 1, clock.nowMs)
    await life.tick()
    assert.equal(waitMs(1), 30_000)
    clock.nowMs = start + minuteMs
    await life.tick()
    assert.deepEqual([waitMs(1), life.rows(1).at(-1)?.attempt], [30_000, 1])

    // The clock leaps in the middle of the run, and its wait is reckoned by that.
    isLate = true
    await life.store.write('runs.add', 2, clock.nowMs)
    await life.tick()
    assert.equal(waitMs(2), 30_000)
    isLate = false
    clock.nowMs = start + 2 * minuteMs
    await life.tick()
    assert.ok(waitMs(2) <= minuteMs)
    assert.equal(life.rows(2).at(-1)?.attempt, 2)
    await life.end()
  })

  test('loses no reminder that it had already called missed, and makes none twice', async (t) => {
    for (const isRestarted of [false, true]) {
      const { path, clock } = world(t)
      let life = await live(path, clock)
      const schedule = { at: new Date(start + 5 * hourMs).toISOString() }
      await addTask(life, clock, 1, { schedule })
      await addTask(life, clock, 2, {
        schedule: { at: new Date(start + 2 * yearMs - hourMs).toISOString() },
      })
      clock.nowMs = start + 2 * yearMs
      await life.tick()
      assert.deepEqual(states(life.rows(1)), ['missed'])
      assert.deepEqual(states(life.rows(2)), ['succeeded'])
      assert.equal(life.store.read.tasks.get(1)?.state, 'done')

      clock.nowMs = start + hourMs
      if (isRestarted) {
        await life.end()
        life = await live(path, clock)
      }
      await life.tick()
      assert.equal(life.store.read.tasks.get(1)?.state, 'active')
      assert.equal(life.store.read.tasks.get(2)?.state, 'done')
      for (const ms of [5 * hourMs, 6 * hourMs]) {
        clock.nowMs = start + ms
        await life.tick()
      }
      assert.deepEqual(states(life.rows(1)), ['succeeded'])
      assert.equal(life.store.read.tasks.get(1)?.state, 'done')
      await life.end()
    }
  })

  test('gives a task back the count and the end that it had not had', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock)
    await addTask(life, clock, 1, { options: { ...usualOptions, count: 3 } })
    const until = new Date(start + 3 * hourMs).toISOString()
    await addTask(life, clock, 2, { options: { ...usualOptions, until } })
    clock.nowMs = start + yearMs
    await life.tick()
    for (let ms = 0; ms <= 5 * hourMs; ms += 30 * minuteMs) {
      clock.nowMs = start + ms
      await life.tick()
    }
    for (const id of [1, 2]) {
      assert.deepEqual(states(life.rows(id)), ['succeeded', 'succeeded', 'succeeded'])
      assert.equal(life.store.read.tasks.get(id)?.state, 'done')
    }
    assert.equal(life.store.read.tasks.get(1)?.dueCount, 3)
    await life.end()
  })

  test('lets what was skipped by the wrong clock come at its time', async (t) => {
    const { path, clock } = world(t)
    let isDown = true
    const life = await live(path, clock, {
      perform: async (...about) => {
        if (isDown) throw new FaultError('overloaded', 'no room')
        return well(...about)
      },
    })
    await addTask(life, clock, 1, { options: { ...usualOptions, overlap: 'skip' } })
    clock.nowMs = start + hourMs
    await life.tick()
    // Ahead, so that the next due time meets the run that waits for its second attempt.
    clock.nowMs = start + 2 * hourMs
    await addTask(life, clock, 2, { schedule: { at: '2030-01-01T00:00:00Z' } })
    await life.runner.catchUp()
    isDown = false
    const skippedMs = life.rows(1).find(({ state }) => state === 'skipped')?.dueMs
    assert.equal(skippedMs, start + 2 * hourMs)
    clock.nowMs = start + hourMs + 10 * minuteMs
    await life.tick()
    clock.nowMs = start + 2 * hourMs
    await life.tick()
    assert.deepEqual(states(life.rows(1)), ['succeeded', 'succeeded'])
    await life.end()
  })

  test('is looked for at each start, which writes nothing where there is nothing to put right', async (t) => {
    const { path, clock } = world(t)
    const before = await live(path, clock)
    for (const id of [1, 2]) await addTask(before, clock, id)
    await before.end()
    const writes: string[] = []
    const life = await live(path, clock, {
      store: ({ read, write }) => ({
        read,
        write: async (name, ...args) => {
          writes.push(name)
          return write(name, ...args)
        },
      }),
    })
    await life.runner.start()
    assert.deepEqual(writes, [])
    await life.end()
  })
})
