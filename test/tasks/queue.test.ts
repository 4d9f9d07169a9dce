import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Outcome } from '../../src/command.ts'
import type { Store } from '../../src/store/store.ts'
import type { Perform } from '../../src/tasks/carrying.ts'
import {
  addTask,
  hangs,
  hourMs,
  live,
  minuteMs,
  queueDue,
  start,
  states,
  well,
  world,
  type Changes,
  type Life,
} from './life.ts'

/** A command that ends when the test says so, with a text of its own. */
function onWord(text: string): { perform: Perform; say: () => void } {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  return { perform: () => promise, say: () => resolve({ reply: { text, status: 'done' } }) }
}

const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

// Side by side, because most of their time is the disk's.
suite('the queue', { concurrency: 8 }, () => {
  test('people’s orders begin first, then what was ready first', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, { limits: { atOnce: 1 } })
    for (const id of [1, 2, 3, 4]) await addTask(life, clock, id)
    await queueDue(life, clock, 1, start - 1_000)
    await queueDue(life, clock, 2, start - 3_000, start - 500)
    await queueDue(life, clock, 3, start - 2_000)
    await life.store.write('runs.add', 4, start)
    await life.tick()
    assert.deepEqual(
      life.performed.map(({ taskId }) => taskId),
      [4, 3, 1, 2],
    )
    await life.end()
  })

  test('no more than the permitted number run at a time, and the others follow', async (t) => {
    const { path, clock } = world(t)
    let now = 0
    let most = 0
    const releases: (() => void)[] = []
    const life = await live(path, clock, {
      limits: { atOnce: 3 },
      perform: async (...about) => {
        most = Math.max(most, ++now)
        await new Promise<void>((resolve) => releases.push(resolve))
        now--
        return well(...about)
      },
    })
    for (let id = 1; id <= 6; id++) {
      await addTask(life, clock, id)
      await life.store.write('runs.add', id, start)
    }
    await life.runner.tick()
    assert.equal(life.performed.length, 3)
    const all = life.runner.idle()
    const release = setInterval(() => releases.splice(0).forEach((go) => go()), 1)
    await all
    clearInterval(release)
    assert.deepEqual([most, life.performed.length], [3, 6])
    await life.end()
  })

  test('however many digests are due, a person’s order begins at once, of the same command, too', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, { perform: hangs, limits: { atOnce: 8, eachCommand: 4 } })
    for (let id = 1; id <= 9; id++) await addTask(life, clock, id, id > 6 ? { command: 'watch' } : {})
    for (const id of [1, 2, 3, 4, 5, 7, 8]) await queueDue(life, clock, id, start)
    await life.runner.tick()
    const taskIds = (): number[] => life.performed.map(({ taskId }) => taskId)
    assert.deepEqual(taskIds(), [1, 2, 3, 7, 8])
    await life.store.write('runs.add', 6, start)
    await life.store.write('runs.add', 9, start)
    await life.runner.tick()
    assert.deepEqual(taskIds().slice(5), [6, 9])
    await life.runner.stop()
    await life.end()
  })

  test('of two places schedules take one, and of one they take that one', async (t) => {
    for (const [atOnce, begun] of [
      [2, 1],
      [1, 1],
    ] as const) {
      const { path, clock } = world(t)
      const life = await live(path, clock, { perform: hangs, limits: { atOnce } })
      for (const id of [1, 2, 3]) {
        await addTask(life, clock, id)
        await queueDue(life, clock, id, start)
      }
      await life.runner.tick()
      assert.equal(life.performed.length, begun)
      clock.nowMs += 1
      await life.store.write('runs.add', 3, clock.nowMs)
      await life.runner.tick()
      assert.equal(life.performed.length, atOnce)
      await life.runner.stop()
      await life.end()
    }
  })

  test('runs of one command have their own limit, and hold up no other command', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, { perform: hangs, limits: { eachCommand: 2 } })
    for (const id of [1, 2, 3, 4]) {
      await addTask(life, clock, id, id === 4 ? { command: 'watch' } : {})
      await life.store.write('runs.add', id, start)
    }
    await life.runner.tick()
    assert.deepEqual(
      life.performed.map(({ taskId }) => taskId),
      [1, 2, 4],
    )
    await life.runner.stop()
    await life.end()
  })

  test('however much one task or one command has waiting, the others get their turn', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, { perform: hangs, limits: { eachCommand: 3, atOnce: 8 } })
    await addTask(life, clock, 1)
    await addTask(life, clock, 2)
    const later = start + 2_000 * minuteMs
    for (const id of [1, 2]) {
      const task = life.store.read.tasks.get(id)
      assert.ok(task !== undefined)
      const dues = Array.from({ length: 1_000 }, (_, i) => start + i * minuteMs)
      const runs = dues.map((dueMs) => ({ dueMs, state: 'queued' as const, readyMs: dueMs, note: null }))
      const step = { nextDueMs: later, runs, dueCount: runs.length, replaces: null }
      await life.store.write('tasks.advance', task, step, clock.nowMs)
    }
    const others = Array.from({ length: 200 }, (_, i) => 100 + i)
    await Promise.all(others.map((id) => addTask(life, clock, id)))
    clock.nowMs = later - minuteMs
    await Promise.all(others.map((id) => queueDue(life, clock, id, later - 3 * minuteMs)))
    await addTask(life, clock, 3, { command: 'remind' })
    await queueDue(life, clock, 3, later - 2 * minuteMs)
    await life.runner.tick()
    assert.deepEqual(
      life.performed.map(({ taskId }) => taskId),
      [1, 2, 3],
    )
    await life.runner.stop()
    await life.end()
  })

  test('a program that ends begins no more of what waits', async (t) => {
    const { path, clock } = world(t)
    let life: Life | undefined
    let stopped: Promise<void> | undefined
    const claims: number[] = []
    life = await live(path, clock, {
      perform: () => {
        stopped ??= life?.runner.stop()
        return new Promise(() => undefined)
      },
      store: ({ read, write }) => ({
        read,
        write: async (name, ...args) => {
          if (name === 'runs.claim') claims.push(1)
          return write(name, ...args)
        },
      }),
    })
    for (let id = 1; id <= 12; id++) {
      await addTask(life, clock, id)
      await queueDue(life, clock, id, start)
    }
    await life.runner.tick()
    await stopped
    assert.ok(claims.length <= 2, `${claims.length} were claimed`)
    assert.ok(life.rows(1).every(({ state, attempt }) => state === 'queued' && attempt === 0))
    await life.end()
  })

  test('limits that are changed hold from the next tick on', async (t) => {
    const { path, clock } = world(t)
    let atOnce = 1
    const life = await live(path, clock, { perform: hangs, limits: () => ({ atOnce }) })
    for (const id of [1, 2, 3]) {
      await addTask(life, clock, id)
      await life.store.write('runs.add', id, start)
    }
    await life.runner.tick()
    assert.equal(life.performed.length, 1)
    atOnce = 3
    await life.runner.tick()
    assert.equal(life.performed.length, 3)
    await life.runner.stop()
    await life.end()
  })

  test('a task never runs twice at a time', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, { perform: hangs })
    await addTask(life, clock, 1)
    await queueDue(life, clock, 1, start - 1)
    await life.store.write('runs.add', 1, start)
    await life.runner.tick()
    await life.runner.tick()
    assert.equal(life.performed.length, 1)
    await life.runner.stop()
    await life.end()
  })

  test('a run waits until it is ready, and the clock is watched for its sake alone', async (t) => {
    const { path, clock } = world(t)
    const first = await live(path, clock)
    await addTask(first, clock, 1)
    await queueDue(first, clock, 1, start, start + 5 * minuteMs)
    await first.store.write('tasks.advance', first.store.read.tasks.get(1)!, nothingMore, start)
    await first.end()
    const life = await live(path, clock)
    assert.equal(life.store.read.tasks.activeCount(), 0)
    await life.runner.start()
    assert.equal(life.clockWatches.length, 1)
    clock.nowMs = start + 5 * minuteMs - 1
    await life.tick()
    assert.deepEqual(states(life.rows(1)), ['queued'])
    clock.nowMs += 1
    await life.tick()
    assert.deepEqual(states(life.rows(1)), ['succeeded'])
    await life.end()
  })

  test('a run that was changed after it was queued runs the newest version, and its row says so', async (t) => {
    const { path, clock } = world(t)
    const seen: unknown[] = []
    const life = await live(path, clock, {
      perform: async (task, run) => {
        seen.push([task.args, task.version, run.taskVersion, run.state, run.attempt])
        return { reply: { text: '', status: 'done' } }
      },
    })
    await addTask(life, clock, 1)
    await queueDue(life, clock, 1, start)
    const task = life.store.read.tasks.get(1)!
    await life.store.write('tasks.edit', 1, 1, { ...task, args: { to: '#x' } }, start)
    await life.tick()
    assert.deepEqual(seen, [[{ to: '#x' }, 2, 2, 'running', 1]])
    assert.equal(life.rows(1)[0]?.taskVersion, 2)
    await life.end()
  })

  test('a change in the moment of the claim does not make a run do what its row does not say', async (t) => {
    const { path, clock } = world(t)
    const seen: unknown[] = []
    const life = await live(path, clock, {
      store: ({ read, write }) => ({
        read,
        write: async (name, ...args) => {
          const result = await write(name, ...args)
          const task = read.tasks.get(1)
          if (name === 'runs.claim' && task !== undefined)
            await write('tasks.edit', 1, 1, { ...task, args: { to: '#new' }, zone: 'Asia/Shanghai' }, start)
          return result
        },
      }),
      perform: async ({ args, zone, version }) => {
        seen.push([args, zone, version])
        return { reply: { text: '', status: 'done' } }
      },
    })
    await addTask(life, clock, 1, { args: { to: '#old' } })
    await queueDue(life, clock, 1, start)
    await life.tick()
    assert.equal(life.store.read.tasks.get(1)?.version, 2)
    assert.deepEqual([seen, life.rows(1)[0]?.taskVersion], [[[{ to: '#old' }, 'UTC', 1]], 1])
    await life.end()
  })
})

const tomorrow = { schedule: { at: '2026-11-24T08:00:00Z' } }
const nothingMore = { nextDueMs: null, runs: [], dueCount: 1, replaces: null }

suite('claims', { concurrency: 8 }, () => {
  /** Two runners over one store; the first has begun a run and then stands still until its claim has run out. */
  async function frozen(
    path: string,
    clock: { nowMs: number },
    changes: Changes = {},
  ): Promise<{ cold: Life; warm: Life; thaw: () => void; end: () => void }> {
    const early = onWord('early')
    const late = onWord('late')
    const cold = await live(path, clock, { ...changes, perform: early.perform })
    const { store: _, ...others } = changes
    const warm = await live(path, clock, { ...others, on: cold, perform: late.perform })
    await addTask(cold, clock, 1)
    await queueDue(cold, clock, 1, start)
    await cold.runner.tick()
    clock.nowMs += 59_000
    await warm.runner.tick()
    assert.equal(warm.performed.length, 0)
    clock.nowMs += 21_000
    await warm.runner.tick()
    assert.equal(warm.performed.length, 1)
    return { cold, warm, thaw: early.say, end: late.say }
  }

  const row = (life: Life): unknown[] => {
    const { state, attempt, crashes } = life.rows(1)[0]!
    return [state, attempt, crashes]
  }

  test('who stood still past the claim commits nothing on waking, and the other does', async (t) => {
    const { path, clock } = world(t)
    const { cold, warm, thaw, end } = await frozen(path, clock)
    thaw()
    await cold.runner.idle()
    assert.deepEqual([cold.posts, row(cold)], [[], ['running', 2, 1]])
    end()
    await warm.tick()
    assert.deepEqual([warm.texts(), row(warm)], [['late'], ['succeeded', 2, 1]])
    await cold.end()
  })

  test('the rows themselves refuse it, whatever it believes', async (t) => {
    const { path, clock } = world(t)
    const { cold, warm, thaw, end } = await frozen(path, clock, {
      store: (store) => ({
        ...store,
        read: { ...store.read, runs: { ...store.read.runs, isHeld: () => true } },
      }),
    })
    thaw()
    await cold.runner.idle()
    assert.deepEqual([cold.posts, row(cold)], [[], ['running', 2, 1]])
    end()
    await warm.tick()
    assert.deepEqual(warm.texts(), ['late'])
    await cold.end()
  })

  test('negative control: where all claims have one token it commits over the other', async (t) => {
    const { path, clock } = world(t)
    const { cold, warm, thaw } = await frozen(path, clock, { newToken: () => 'one for all' })
    thaw()
    await cold.tick()
    assert.deepEqual([cold.texts(), row(cold)], [['early'], ['succeeded', 2, 1]])
    await warm.runner.stop()
    await cold.end()
  })

  test('who wakes and looks first aborts what is not its own any more', async (t) => {
    const { path, clock } = world(t)
    const { cold, warm, end } = await frozen(path, clock)
    await cold.runner.tick()
    await cold.runner.idle()
    assert.deepEqual([cold.posts, row(cold)], [[], ['running', 2, 1]])
    end()
    await warm.tick()
    assert.deepEqual(warm.texts(), ['late'])
    await cold.end()
  })

  /** Lets two runners tick each second over a run that takes ten minutes; tells who began it. */
  async function slowly(
    path: string,
    clock: { nowMs: number },
    store: (store: Store) => Pick<Store, 'read' | 'write'>,
  ): Promise<number[]> {
    const slow = onWord('slow')
    const one = await live(path, clock, { perform: slow.perform, store })
    const other = await live(path, clock, { on: one, perform: slow.perform })
    await addTask(one, clock, 1)
    await queueDue(one, clock, 1, start)
    for (let second = 0; second < 600; second++) {
      await one.runner.tick()
      await other.runner.tick()
      clock.nowMs += 1_000
    }
    slow.say()
    await Promise.all([one.runner.idle(), other.runner.idle()])
    await one.end()
    return [one.performed.length, other.performed.length]
  }

  test('a sign of life each 20 seconds keeps a slow run, at one write for each', async (t) => {
    const { path, clock } = world(t)
    let beats = 0
    const begun = await slowly(path, clock, ({ read, write }) => ({
      read,
      write: (name, ...args) => {
        if (name === 'runs.beat') beats++
        return write(name, ...args)
      },
    }))
    assert.deepEqual(begun, [1, 0])
    assert.ok(beats >= 29 && beats <= 31, `${beats} beats in 600 s`)
  })

  test('negative control: without it somebody else takes the run over', async (t) => {
    const { path, clock } = world(t)
    assert.deepEqual(await slowly(path, clock, withoutBeats), [1, 1])
  })

  /** Sleeps for nine hours in the middle of the run of task 1, with that of task 2 left behind; tells what was begun. */
  async function sleeping(life: Life, clock: { nowMs: number }, wake: () => void): Promise<number[]> {
    for (const id of [1, 2]) {
      await addTask(life, clock, id, tomorrow)
      await queueDue(life, clock, id, start)
    }
    const left = life.store.read.runs.history({ task: 2 }, 1)[0]?.id ?? 0
    await life.store.write('runs.claim', { id: left, token: 'left behind' }, start, start + minuteMs)
    await life.runner.tick()
    clock.nowMs += 9 * hourMs
    await life.runner.tick()
    wake()
    await life.tick()
    await life.end()
    return life.performed.map(({ taskId }) => taskId)
  }

  test('a machine that sleeps for nine hours in the middle of a run ends it once it is awake', async (t) => {
    const { path, clock } = world(t)
    const word = onWord('awake')
    const life = await live(path, clock, { perform: word.perform })
    assert.deepEqual(await sleeping(life, clock, word.say), [1, 2])
    assert.deepEqual(life.texts(), ['awake', 'awake'])
  })

  test('negative control: claims that are not renewed first are taken from ourselves', async (t) => {
    const { path, clock } = world(t)
    const word = onWord('awake')
    const life = await live(path, clock, { perform: word.perform, store: withoutBeats })
    assert.deepEqual(
      (await sleeping(life, clock, word.say)).toSorted((a, b) => a - b),
      [1, 1, 2],
    )
  })

  test('a clock that is set back by hours costs no claim', async (t) => {
    const { path, clock } = world(t)
    const word = onWord('done')
    const life = await live(path, clock, { perform: word.perform })
    await addTask(life, clock, 1, tomorrow)
    await queueDue(life, clock, 1, start)
    await life.runner.tick()
    for (const offsetMs of [-9 * hourMs, -9 * hourMs + minuteMs, minuteMs, 3 * hourMs]) {
      clock.nowMs = start + offsetMs
      await life.runner.tick()
    }
    word.say()
    await life.tick()
    assert.deepEqual(life.texts(), ['done'])
    await life.end()
  })

  test('a run that was cancelled in the rows is aborted at the next tick, and commits nothing', async (t) => {
    const { path, clock } = world(t)
    let signal: AbortSignal | undefined
    const life = await live(path, clock, {
      perform: (_, __, about) => {
        signal = about.signal
        return new Promise(() => undefined)
      },
    })
    await addTask(life, clock, 1)
    await queueDue(life, clock, 1, start)
    await life.runner.tick()
    await life.store.write('runs.cancel', 1, 'cancelled by hand', clock.nowMs)
    life.runner.wake()
    await life.until(() => signal?.aborted === true)
    await life.runner.idle()
    const [ended] = life.rows(1)
    assert.deepEqual([ended?.state, ended?.note, life.posts], ['cancelled', 'cancelled by hand', []])
    assert.equal(life.store.read.tasks.get(1)?.failures, 0)
    await life.end()
  })

  test('a task that is removed in the middle of its run posts nothing', async (t) => {
    const { path, clock } = world(t)
    const word = onWord('too late')
    const life = await live(path, clock, { perform: word.perform })
    await addTask(life, clock, 1)
    await queueDue(life, clock, 1, start)
    await life.runner.tick()
    const gone = { state: 'removed', nextDueMs: null, pausedFor: null } as const
    await life.store.write('tasks.change', 1, gone, 'removed', clock.nowMs)
    word.say()
    await turns()
    await life.tick()
    assert.deepEqual([states(life.rows(1)), life.posts], [['cancelled'], []])
    await life.end()
  })

  test('the rows of an earlier life are taken up at the start, whatever their claims say', async (t) => {
    const { path, clock } = world(t)
    const first = await live(path, clock, { perform: hangs })
    await addTask(first, clock, 1)
    await queueDue(first, clock, 1, start)
    await first.runner.tick()
    await first.end()
    const second = await live(path, clock)
    await second.tick()
    assert.deepEqual(states(second.rows(1)), ['running'])
    await second.runner.start()
    await second.tick()
    assert.deepEqual(row(second), ['succeeded', 2, 1])
    await second.end()
  })
})

const withoutBeats = ({ read, write }: Store): Pick<Store, 'read' | 'write'> => ({
  read,
  write: async (name, ...args) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the name does not narrow the result's type
    return name === 'runs.beat' ? ([] as never) : write(name, ...args)
  },
})
