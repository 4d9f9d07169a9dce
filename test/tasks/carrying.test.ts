import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Outcome } from '../../src/command.ts'
import { FaultError, ModelError, StoreError } from '../../src/errors.ts'
import { addressKey } from '../../src/message.ts'
import type { Perform } from '../../src/tasks/carrying.ts'
import { usualOptions } from '../../src/task.ts'
import {
  address,
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
  type Life,
} from './life.ts'

const fails: Perform = () => Promise.reject(new FaultError('missing', 'no such page'))
const tomorrow = { schedule: { at: '2026-11-24T08:00:00Z' } }

/** Fails so often, then works. */
function failing(
  times: number,
  error: () => Error = () => new FaultError('missing', 'no such page'),
): Perform {
  let left = times
  return async (...about) => {
    if (left-- > 0) throw error()
    return well(...about)
  }
}

/** Runs a task for each of the hours after the start, one after another. */
async function hours(life: Life, clock: { nowMs: number }, from: number, to: number): Promise<void> {
  for (let hour = from; hour <= to; hour++) {
    clock.nowMs = start + hour * hourMs
    await life.tick()
  }
}

suite('a run that fails', { concurrency: 8 }, () => {
  test('is told to its person once, in their language', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, { perform: fails })
    await addTask(life, clock, 1)
    await addTask(life, clock, 2, { language: 'zh' })
    clock.nowMs = start + hourMs
    await life.tick()
    await life.tick()
    const [row] = life.rows(1)
    assert.deepEqual(
      [row?.state, row?.fault, row?.status, row?.note, row?.output],
      ['failed', 'missing', 'failed', 'no such page', null],
    )
    assert.deepEqual(life.texts().toSorted(), [
      'Task 1 (digest) failed: it is not there. (no such page)',
      '任务 2（摘要）失败：那里没有这个。（no such page）',
    ])
    await life.end()
  })

  test('and what was not thrown on purpose is not shown to people', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, {
      perform: () => Promise.reject(new TypeError('x.secret is undefined')),
    })
    await addTask(life, clock, 1)
    clock.nowMs = start + hourMs
    await life.tick()
    assert.equal(life.rows(1)[0]?.fault, 'internal')
    assert.doesNotMatch(JSON.stringify([life.posts, life.rows(1)]), /secret/u)
    await life.end()
  })

  test('of what may pass begins again after its wait, and tells nothing until then', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, {
      perform: failing(2, () => new FaultError('network', 'no answer')),
    })
    await addTask(life, clock, 1, tomorrow)
    await queueDue(life, clock, 1, start)
    await life.tick()
    const [again] = life.rows(1)
    assert.deepEqual(
      [again?.state, again?.attempt, again?.fault, again?.readyMs],
      ['queued', 2, 'network', start + 30_000],
    )
    assert.match(again?.note ?? '', /^nothing answered .* \(no answer\)$/u)
    assert.deepEqual(life.posts, [])
    clock.nowMs += 29_999
    await life.tick()
    assert.equal(life.performed.length, 2)
    clock.nowMs += 1
    await life.tick()
    assert.deepEqual(
      [states(life.rows(1)), life.rows(1)[0]?.attempt, life.posts.length],
      [['succeeded'], 3, 1],
    )
    assert.equal(life.rows(1)[0]?.fault, null)
    assert.equal(life.logged.filter((line) => line.includes('tried again')).length, 2)
    await life.end()
  })

  test('is dead after so many attempts, and says so once', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, {
      perform: () => Promise.reject(new ModelError('overloaded', 'busy')),
    })
    await addTask(life, clock, 1, tomorrow)
    await queueDue(life, clock, 1, start)
    for (let minute = 0; minute < 60; minute++) {
      await life.tick()
      clock.nowMs += minuteMs
    }
    const [row] = life.rows(1)
    assert.deepEqual([row?.state, row?.attempt, row?.fault], ['dead', 3, 'overloaded'])
    assert.deepEqual(life.texts(), [
      'Task 1 (digest) failed 3 times and is given up for this due time: it is overloaded just now. (busy)',
    ])
    await life.end()
  })

  test('by a rate limit waits as long as the vendor asked', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, {
      perform: () => Promise.reject(new ModelError('rate-limit', 'slow down', { retryAfterMs: 7_000 })),
      random: () => 0,
    })
    await addTask(life, clock, 1, tomorrow)
    await queueDue(life, clock, 1, start)
    await life.tick()
    assert.equal(life.rows(1)[0]?.readyMs, start + 7_000)
    await life.end()
  })

  test('by its own word counts like one that throws, and changes nothing until the last attempt', async (t) => {
    const { path, clock } = world(t)
    const outcome: Outcome = {
      reply: { text: 'The page did not answer.', status: 'failed' },
      fault: 'timeout',
      writes: [['seen.add', 'scope', ['x'], start]],
    }
    const life = await live(path, clock, { perform: async () => outcome, limits: { attempts: 2 } })
    await addTask(life, clock, 1, tomorrow)
    await queueDue(life, clock, 1, start)
    await life.tick()
    assert.deepEqual([states(life.rows(1)), life.posts, seen(life)], [['queued'], [], false])
    clock.nowMs += minuteMs
    await life.tick()
    assert.deepEqual([states(life.rows(1)), seen(life)], [['dead'], true])
    assert.match(
      life.texts()[0] ?? '',
      /failed 2 times .*: it took too long\. \(The page did not answer\.\)/u,
    )
    await life.end()
  })

  const seen = (life: Life): boolean => life.store.read.seen.has('scope', 'x')

  test('in quiet hours begins again at their end, unless it was ordered', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, { perform: () => Promise.reject(new FaultError('timeout', 'slow')) })
    const options = { ...usualOptions, quiet: { from: '08:00', to: '10:00' } }
    await addTask(life, clock, 1, { ...tomorrow, options })
    await addTask(life, clock, 2, { ...tomorrow, options })
    await queueDue(life, clock, 1, start)
    await life.store.write('runs.add', 2, start)
    await life.tick()
    assert.deepEqual(
      [...life.rows(1), ...life.rows(2)].map(({ readyMs }) => readyMs),
      [start + 2 * hourMs, start + 30_000],
    )
    await life.end()
  })

  test('because it hangs is timed out, and the task goes on at its next due time', async (t) => {
    const { path, clock } = world(t)
    let isHung = true
    let abortedWith: unknown
    const life = await live(path, clock, {
      limits: { attempts: 1 },
      perform: (task, run, about) => {
        about.signal.addEventListener('abort', () => (abortedWith = about.signal.reason))
        return isHung ? hangs(task, run, about) : well(task, run, about)
      },
    })
    await addTask(life, clock, 1)
    clock.nowMs = start + hourMs
    await life.runner.tick()
    assert.deepEqual(states(life.rows(1)), ['running'])
    life.passTimers()
    await life.runner.idle()
    assert.deepEqual([life.rows(1)[0]?.state, life.rows(1)[0]?.fault], ['dead', 'timeout'])
    assert.ok(abortedWith instanceof FaultError)
    isHung = false
    clock.nowMs = start + 2 * hourMs
    await life.tick()
    assert.deepEqual(states(life.rows(1)), ['dead', 'succeeded'])
    await life.end()
  })

  test('negative control: without its time limit the hung run holds its task up', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, { perform: hangs })
    await addTask(life, clock, 1)
    for (const hour of [1, 2]) {
      clock.nowMs = start + hour * hourMs
      await life.runner.tick()
    }
    assert.deepEqual(states(life.rows(1)), ['running', 'queued'])
    await life.runner.stop()
    await life.end()
  })

  test('by its time limit is over even where the command answers the abort with a result', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, {
      limits: { attempts: 1 },
      perform: (_, __, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ reply: { text: 'late', status: 'done' } }))
        }),
    })
    await addTask(life, clock, 1, tomorrow)
    await queueDue(life, clock, 1, start)
    await life.runner.tick()
    life.passTimers()
    await life.tick()
    assert.deepEqual([states(life.rows(1)), life.texts().includes('late')], [['dead'], false])
    await life.end()
  })

  test('of a task that was paused meanwhile is not tried again, unless a person ordered it', async (t) => {
    const { path, clock } = world(t)
    let fail: (error: Error) => void = () => undefined
    const life = await live(path, clock, {
      perform: () => new Promise((_, reject) => (fail = reject)),
    })
    const pause = { state: 'paused', nextDueMs: null, pausedFor: null } as const
    for (const [id, isOrdered, state] of [
      [1, false, 'failed'],
      [2, true, 'queued'],
    ] as const) {
      await addTask(life, clock, id, tomorrow)
      if (isOrdered) await life.store.write('runs.add', id, clock.nowMs)
      else await queueDue(life, clock, id, start)
      await life.runner.tick()
      await life.store.write('tasks.change', id, pause, 'paused', clock.nowMs)
      fail(new FaultError('overloaded', 'no room'))
      await life.tick()
      assert.deepEqual(states(life.rows(id)), [state])
    }
    await life.end()
  })

  test('because of what its zone or its signs throw ends all the same, and is not begun again and again', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, {
      perform: (task) =>
        Promise.reject(task.id === 1 ? new FaultError('overloaded', 'no room') : new Error('a defect')),
    })
    const broken = {
      ...tomorrow,
      zone: 'Mars/Olympus',
      options: { ...usualOptions, quiet: { from: '22:00', to: '07:00' } },
    }
    for (const id of [1, 2]) {
      await addTask(life, clock, id, broken)
      await queueDue(life, clock, id, start)
    }
    // Three crashes in the middle of the second one: what its person is told names a time in that zone.
    for (let i = 0; i < 3; i++) {
      const claim = { id: life.rows(2)[0]?.id ?? 0, token: `crash ${i}` }
      await life.store.write('runs.claim', claim, clock.nowMs, clock.nowMs)
      await life.store.write('runs.reclaim', clock.nowMs)
    }
    await life.tick()
    assert.deepEqual([...states(life.rows(1)), ...states(life.rows(2))], ['failed', 'failed'])
    await life.end()
  })

  test('to show how it comes along does what it was to do', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, {
      perform: async (task, run, about) => {
        about.progress('half', 0.5)
        return well(task, run, about)
      },
      show: () => {
        throw new Error('the platform is gone')
      },
    })
    await addTask(life, clock, 1, tomorrow)
    await queueDue(life, clock, 1, start)
    await life.tick()
    assert.deepEqual(states(life.rows(1)), ['succeeded'])
    await life.end()
  })
})

suite('a task that goes on failing', { concurrency: 8 }, () => {
  test('is told of when it begins and when it works again, to its owner, too', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, { perform: failing(3) })
    await addTask(life, clock, 1)
    await hours(life, clock, 1, 5)
    assert.deepEqual(states(life.rows(1)), ['failed', 'failed', 'failed', 'succeeded', 'succeeded'])
    assert.deepEqual(
      life.texts().map((text) => text.slice(0, 24)),
      ['Task 1 (digest) failed: ', '1 at 2026-11-23T12:00:00', '1 at 2026-11-23T13:00:00'],
    )
    assert.deepEqual(life.texts('owner'), [
      'Task 1 (digest) failed: it is not there. I tell you again when it works.',
      'Task 1 (digest) works again.',
    ])
    await life.end()
  })

  test('is paused after so many failures, loudly, and what waits for it is cancelled', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, { perform: fails, limits: { pauseAfter: 3 } })
    await addTask(life, clock, 1)
    await hours(life, clock, 1, 2)
    await queueDue(life, clock, 1, start + 2.5 * hourMs, start + 9 * hourMs)
    await hours(life, clock, 3, 6)
    assert.deepEqual(states(life.rows(1)), ['failed', 'failed', 'cancelled', 'failed'])
    const task = life.store.read.tasks.get(1)
    assert.deepEqual(
      [task?.state, task?.pausedFor, task?.failures, task?.nextDueMs],
      ['paused', 'failures', 3, null],
    )
    assert.match(life.texts().at(-1) ?? '', /is paused: it failed 3 times in a row/u)
    assert.deepEqual(life.texts('owner').slice(1), ['Task 1 (digest) is paused: it failed 3 times in a row.'])
    assert.equal(life.texts().length, 2)

    const awake = { state: 'active', nextDueMs: start + 7 * hourMs, pausedFor: null } as const
    await life.store.write('tasks.change', 1, awake, '', clock.nowMs)
    await hours(life, clock, 7, 7)
    assert.deepEqual(
      [life.store.read.tasks.get(1)?.failures, life.texts().length, life.texts('owner').length],
      [1, 3, 3],
      'after somebody woke it, it is told of anew',
    )
    await life.end()
  })

  test('tells each failure of a run that was ordered by hand', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, { perform: fails })
    await addTask(life, clock, 1, tomorrow)
    for (let i = 0; i < 3; i++) {
      await life.store.write('runs.add', 1, ++clock.nowMs)
      await life.tick()
    }
    assert.deepEqual([life.texts().length, life.texts('owner').length], [3, 1])
    await life.end()
  })

  for (const [what, succeeds] of [
    ['the first failure', false],
    ['the recovery', true],
  ] as const) {
    test(`tells of ${what} once, also over a crash before its end was written`, async (t) => {
      const { path, clock } = world(t)
      let life = await live(path, clock, { perform: fails })
      await addTask(life, clock, 1)
      if (succeeds) await hours(life, clock, 1, 1)
      await life.end()

      const told = life.texts('owner').length
      const perform = succeeds ? well : fails
      const lost: (() => void)[] = []
      // The end of the run is on its way to the disk when the program ends.
      life = await live(path, clock, {
        perform,
        writeAll: () => () => new Promise((_, reject) => lost.push(() => reject(new Error('ended')))),
      })
      clock.nowMs = start + 2 * hourMs
      await life.runner.tick()
      await life.until(() => lost.length === 1)
      assert.deepEqual([life.rows(1).at(-1)?.state, life.posts], ['running', []])
      await life.end()

      life = await live(path, clock, { perform })
      await life.runner.start()
      await hours(life, clock, 2, 4)
      const news = life.texts('owner')
      assert.equal(told, succeeds ? 1 : 0)
      assert.equal(news.length, 1)
      assert.match(news[0] ?? '', succeeds ? /works again/u : /I tell you again/u)
      await life.end()
    })
  }

  for (const [what, rename, most] of [
    ['the key of a notice holds where its row was written and the end of its run was not', false, 1],
    ['negative control: with a key of its own for each life the owner hears it twice', true, 2],
  ] as const) {
    test(what, async (t) => {
      const { path, clock } = world(t)
      let isTorn = true
      const life = await live(path, clock, {
        perform: fails,
        writeAll: (writeAll) => async (writes) => {
          const part = isTorn ? writes.filter(([name]) => name === 'outbox.queue') : writes
          const results = await writeAll(
            part.map((write) => {
              if (write[0] !== 'outbox.queue' || !rename || !isTorn) return write
              return [write[0], { ...write[1], key: `${write[1].key}/once` }]
            }),
          )
          if (isTorn) throw new StoreError('internal', 'ended')
          return results
        },
      })
      await addTask(life, clock, 1, tomorrow)
      await queueDue(life, clock, 1, start)
      await life.tick()
      isTorn = false
      clock.nowMs += 2 * minuteMs
      await life.tick()
      assert.equal(states(life.rows(1))[0], 'failed')
      const left = life.store.read.outbox.open().map(({ post }) => post)
      const notices = [...left, ...life.posts].filter(({ key }) => key.startsWith('notice/'))
      assert.equal(new Set(notices.map(({ key }) => key)).size, most)
      await life.end()
    })
  }
})

suite('a run that is stopped', { concurrency: 8 }, () => {
  test('by a person at its address is cancelled for good, and no other', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, { perform: hangs })
    const elsewhere = { ...address, channel: 'other' }
    await addTask(life, clock, 1)
    await addTask(life, clock, 2, { address: elsewhere })
    clock.nowMs = start + hourMs
    await life.runner.tick()
    assert.equal(life.runner.stopRuns(addressKey(address)), 1)
    await life.until(() => life.rows(1)[0]?.state !== 'running')
    const [row] = life.rows(1)
    assert.deepEqual([row?.state, row?.fault, row?.note], ['cancelled', 'cancelled', 'stopped by a person'])
    assert.deepEqual([states(life.rows(2)), life.posts], [['running'], []])
    assert.equal(life.store.read.tasks.get(1)?.failures, 0)
    await life.runner.stop()
    await life.end()
    const next = await live(path, clock)
    await next.runner.start()
    await next.tick()
    assert.deepEqual([states(next.rows(1)), states(next.rows(2))], [['cancelled'], ['succeeded']])
    await next.end()
  })

  test('because the program ends runs again at the next start, and that was no attempt', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, { perform: hangs })
    await addTask(life, clock, 1)
    clock.nowMs = start + hourMs
    await life.runner.tick()
    await life.runner.stop()
    assert.deepEqual(states(life.rows(1)), ['queued'])
    await life.end()
    const next = await live(path, clock)
    await next.runner.start()
    await next.tick()
    const [row] = next.rows(1)
    assert.deepEqual([row?.state, row?.attempt, row?.crashes], ['succeeded', 1, 0])
    await next.end()
  })

  test('in the middle of a tick ends, and loses nothing', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, { perform: hangs })
    await addTask(life, clock, 1)
    clock.nowMs = start + hourMs
    const ticking = life.runner.tick()
    await life.runner.stop()
    await ticking
    await life.end()
    const next = await live(path, clock)
    await next.runner.start()
    await next.tick()
    assert.deepEqual(states(next.rows(1)), ['succeeded'])
    await next.end()
  })

  test('by the next due time, where that replaces it, leaves its place at once', async (t) => {
    const { path, clock } = world(t)
    const aborted: number[] = []
    const life = await live(path, clock, {
      perform: (task, run, about) => {
        if (run.dueMs > start + hourMs) return well(task, run, about)
        about.signal.addEventListener('abort', () => aborted.push(run.dueMs))
        return hangs(task, run, about)
      },
    })
    await addTask(life, clock, 1, { options: { ...usualOptions, overlap: 'replace' } })
    clock.nowMs = start + hourMs
    await life.runner.tick()
    clock.nowMs = start + 2 * hourMs
    await life.tick()
    assert.deepEqual(aborted, [start + hourMs])
    assert.deepEqual(
      life.rows(1).map(({ state, note }) => [state, note]),
      [
        ['cancelled', 'the next due time came while it was under way'],
        ['succeeded', null],
      ],
    )
    assert.deepEqual(life.texts(), ['1 at 2026-11-23T10:00:00.000Z'])
    await life.end()
  })
})

suite('a run that the program does not survive', { concurrency: 8 }, () => {
  test('once is made at its second attempt and posts once', async (t) => {
    const { path, clock } = world(t)
    const first = await live(path, clock, { perform: hangs })
    await addTask(first, clock, 1)
    clock.nowMs = start + hourMs
    await first.runner.tick()
    await first.end()
    const second = await live(path, clock)
    await second.runner.start()
    await second.tick()
    assert.deepEqual(
      second.rows(1).map((row) => [row.state, row.attempt, row.crashes]),
      [['succeeded', 2, 1]],
    )
    assert.equal(second.posts.length, 1)
    await second.end()
  })

  test('three times is set aside aloud, and the others go on', async (t) => {
    const { path, clock } = world(t)
    const poison: Perform = (task, run, about) => (task.id === 1 ? hangs : well)(task, run, about)
    let life = await live(path, clock, { perform: poison })
    await addTask(life, clock, 1)
    await addTask(life, clock, 2)
    clock.nowMs = start + hourMs
    await life.runner.tick()
    for (const attempt of [1, 2, 3]) {
      assert.deepEqual(
        life.rows(1).map((row) => [row.state, row.attempt]),
        [['running', attempt]],
      )
      // The program ends here as if killed: nothing is stopped, nothing is finished.
      await life.end()
      clock.nowMs += minuteMs
      life = await live(path, clock, { perform: poison })
      await life.runner.start()
    }
    await life.tick()
    const [row] = life.rows(1)
    assert.deepEqual([row?.state, row?.fault, row?.crashes], ['dead', 'internal', 3])
    assert.deepEqual(states(life.rows(2)), ['succeeded'])
    assert.ok(life.performed.every(({ taskId }) => taskId === 2))
    assert.match(life.texts()[0] ?? '', /I started it 3 times/u)
    assert.equal(life.texts('owner').length, 1)
    await life.end()
  })
})

suite('the end of a run', { concurrency: 8 }, () => {
  test('with nothing to say posts nothing, and one with another place posts there', async (t) => {
    const { path, clock } = world(t)
    const elsewhere = { ...address, channel: 'other' }
    const life = await live(path, clock, {
      perform: async ({ id }) => ({
        reply: { text: id === 1 ? '' : 'there', status: 'done' },
        to: elsewhere,
      }),
    })
    await addTask(life, clock, 1)
    await addTask(life, clock, 2)
    clock.nowMs = start + hourMs
    await life.tick()
    assert.deepEqual([...states(life.rows(1)), ...states(life.rows(2))], ['succeeded', 'succeeded'])
    assert.deepEqual(
      life.posts.map((post) => [post.address.channel, post.reply.text, post.run]),
      [['other', 'there', life.rows(2)[0]?.id]],
    )
    assert.deepEqual([life.rows(1)[0]?.output, life.rows(2)[0]?.output], [null, 'there'])
    await life.end()
  })

  test('is committed with its post and its changes, or none of them is', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, {
      perform: async ({ id }) => ({
        reply: { text: 'found', status: 'done' },
        writes: [
          ['seen.add', `scope ${id}`, ['x'], start],
          // The second write of task 2 cannot be made: there is no such run.
          ...(id === 2 ? [['runs.retry', { id: 99, token: '' }, 0, 'network', ''] as const] : []),
        ],
      }),
    })
    await addTask(life, clock, 1)
    await addTask(life, clock, 2)
    clock.nowMs = start + hourMs
    await life.tick()
    assert.deepEqual(
      [life.store.read.seen.has('scope 1', 'x'), life.store.read.seen.has('scope 2', 'x')],
      [true, false],
    )
    assert.deepEqual([...states(life.rows(1)), ...states(life.rows(2))], ['succeeded', 'failed'])
    assert.deepEqual(life.texts().toSorted()[0], 'Task 2 (digest) failed: that is a defect of mine.')
    assert.deepEqual(life.texts().toSorted()[1], 'found')
    await life.end()
  })

  test('waits for a full disk and is not lost', async (t) => {
    const { path, clock } = world(t)
    let isFull = true
    const life = await live(path, clock, {
      writeAll: (writeAll) => (writes) =>
        isFull ? Promise.reject(new StoreError('disk-full', 'no room')) : writeAll(writes),
    })
    await addTask(life, clock, 1)
    clock.nowMs = start + hourMs
    await life.runner.tick()
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(states(life.rows(1)), ['running'])
    isFull = false
    life.passTimers()
    await life.tick()
    assert.deepEqual(states(life.rows(1)), ['succeeded'])
    assert.deepEqual([life.performed.length, life.posts.length], [1, 1])
    await life.end()
  })

  test('that can in no way be written is made up for once its claim has run out', async (t) => {
    const { path, clock } = world(t)
    let isBroken = true
    const life = await live(path, clock, {
      writeAll: (writeAll) => (writes) =>
        isBroken ? Promise.reject(new StoreError('internal', 'the thread ended')) : writeAll(writes),
    })
    await addTask(life, clock, 1, tomorrow)
    await queueDue(life, clock, 1, start)
    await life.tick()
    assert.deepEqual([states(life.rows(1)), life.posts], [['running'], []])
    isBroken = false
    clock.nowMs += 59_000
    await life.tick()
    assert.equal(life.performed.length, 1)
    clock.nowMs += 21_000
    await life.tick()
    assert.deepEqual([states(life.rows(1)), life.performed.length, life.posts.length], [['succeeded'], 2, 1])
    await life.end()
  })

  test('ends its progress, of which one sign a second is shown', async (t) => {
    const { path, clock } = world(t)
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    let tell: (text: string, share?: number) => void = () => undefined
    const life = await live(path, clock, {
      perform: (_, __, about) => {
        tell = about.progress
        return promise
      },
    })
    await addTask(life, clock, 1, tomorrow)
    await queueDue(life, clock, 1, start)
    await life.runner.tick()
    const { id } = life.rows(1)[0]!
    assert.equal(life.runner.progressOf(id), undefined)
    tell('reading', 0.5)
    tell('asking a model')
    assert.deepEqual(life.runner.progressOf(id), { text: 'asking a model', atMs: start })
    clock.nowMs += 1_000
    await life.runner.tick()
    resolve({ reply: { text: 'done', status: 'done' } })
    await life.tick()
    assert.deepEqual(
      life.shown.map(({ run, sign }) => [run, sign]),
      [
        [id, { kind: 'progress', text: 'reading', share: 0.5 }],
        [id, { kind: 'progress', text: 'asking a model' }],
        [id, { kind: 'progress', text: 'asking a model', share: 1 }],
      ],
    )
    assert.equal(life.runner.progressOf(id), undefined)
    await life.end()
  })
})
