import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import type { Adapter } from '../../src/adapter.ts'
import type { Outcome } from '../../src/command.ts'
import { FaultError, StoreError } from '../../src/errors.ts'
import { createLog } from '../../src/log.ts'
import { addressKey, type Post } from '../../src/message.ts'
import { createOutbox } from '../../src/outbox.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { createRunner, type Runner } from '../../src/tasks/runner.ts'
import { nextDue } from '../../src/tasks/schedule.ts'
import type { NewTask, Run, Task } from '../../src/task.ts'
import { temporaryFolder } from '../doubles/folder.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const start = Date.parse('2026-11-23T08:00:00Z')
const address = { adapter: 'test', account: 'a', channel: 'news' }

type Perform = (task: Task, dueMs: number, signal: AbortSignal) => Promise<Outcome>

const well: Perform = async (task, dueMs) => ({
  reply: { text: `${task.id} at ${new Date(dueMs).toISOString()}`, status: 'done' },
})
const hangs: Perform = () => new Promise(() => undefined)

/** One life of the program: a real store and outbox, with the clock, the timers and the platform in the test's hand. */
type Life = {
  readonly store: Store
  readonly runner: Runner
  readonly posts: Post[]
  readonly performed: { taskId: number; dueMs: number }[]
  readonly logged: string[]
  readonly tick: () => Promise<void>
  /** Ends the waits that are going on. */
  readonly clockWatches: readonly number[]
  readonly passTimers: () => void
  readonly rows: (taskId: number) => Run[]
  readonly end: () => Promise<void>
}

type Changes = {
  readonly perform?: Perform
  readonly store?: (store: Store) => Pick<Store, 'read' | 'write'>
  readonly writeAll?: (writeAll: Store['writeAll']) => Store['writeAll']
  readonly mostAtOnce?: number
}

async function live(path: string, clock: { nowMs: number }, changes: Changes = {}): Promise<Life> {
  const store = await openStore(path)
  const posts: Post[] = []
  const clockWatches: number[] = []
  const performed: { taskId: number; dueMs: number }[] = []
  const logged: string[] = []
  const waits: (() => void)[] = []
  const now = (): number => clock.nowMs
  const sleep = (_: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      waits.push(resolve)
      signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')), {
        once: true,
      })
    })
  const log = createLog(
    'info',
    () => [],
    (line) => logged.push(line),
  )
  const adapter: Adapter = {
    name: 'test',
    maxChars: 10_000,
    afterCut: 'resend',
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    send: (post) => {
      posts.push(post)
      return Promise.resolve({ kind: 'sent' })
    },
    resolve: () => undefined,
    describe: () => 'test',
  }
  const { signal } = new AbortController()
  const outbox = createOutbox({
    store: { ...store, writeAll: changes.writeAll?.(store.writeAll) ?? store.writeAll },
    adapters: [adapter],
    opened: Promise.resolve(),
    now,
    sleep,
    signal,
    log,
  })
  const perform = changes.perform ?? well
  const runner = createRunner({
    store: changes.store?.(store) ?? store,
    perform: (task, dueMs, runSignal) => {
      performed.push({ taskId: task.id, dueMs })
      return perform(task, dueMs, runSignal)
    },
    deliver: outbox.deliver,
    now,
    sleep,
    tick: () => {
      clockWatches.push(now())
      return () => undefined
    },
    log,
    mostAtOnce: changes.mostAtOnce ?? 4,
    timeoutMs: 10 * minuteMs,
  })
  return {
    store,
    runner,
    clockWatches,
    posts,
    performed,
    logged,
    passTimers: () => waits.splice(0).forEach((pass) => pass()),
    tick: async () => {
      await runner.tick()
      await runner.idle()
      await outbox.drain(0)
    },
    rows: (taskId) => store.read.tasks.history(taskId, 1_000).toReversed(),
    end: () => store.close(),
  }
}

/** Writes down a task due by a schedule, from the clock's now on. */
async function addTask(
  { store }: Life,
  clock: { nowMs: number },
  id: number,
  changes: Partial<NewTask> = {},
): Promise<void> {
  const schedule = changes.schedule ?? { cron: '0 * * * *' }
  await store.write('tasks.add', id, {
    command: 'digest',
    args: {},
    schedule,
    zone: 'UTC',
    person: 'test/a/u',
    address,
    language: 'en',
    nextDueMs: nextDue(schedule, 'UTC', clock.nowMs),
    createdAtMs: clock.nowMs,
    ...changes,
  })
}

const states = (rows: readonly Run[]): string[] => rows.map(({ state }) => state)

function world(t: TestContext): { path: string; clock: { nowMs: number } } {
  return { path: temporaryFolder(t), clock: { nowMs: start } }
}

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

  test('two ticks at once, and two runners on one store, make one run', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock)
    const other = createRunner({
      store: life.store,
      perform: async (task, dueMs) => {
        life.performed.push({ taskId: task.id, dueMs })
        return { reply: { text: 'other', status: 'done' } }
      },
      deliver: (_, writes) => life.store.writeAll(writes).then(() => undefined),
      now: () => clock.nowMs,
      sleep: () => new Promise(() => undefined),
      tick: () => () => undefined,
      log: createLog(
        'fatal',
        () => [],
        () => undefined,
      ),
      mostAtOnce: 4,
      timeoutMs: minuteMs,
    })
    await addTask(life, clock, 1)
    clock.nowMs = start + hourMs
    await Promise.all([life.runner.tick(), life.runner.tick(), other.tick(), other.tick()])
    await Promise.all([life.runner.idle(), other.idle()])
    assert.equal(life.performed.length, 1)
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
        await store.write('runs.add', 1, 1, start + hourMs + unguarded++)
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
    assert.ok(rows.slice(0, 8).every(({ note }) => note === 'Moltbot was not running'))
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
    assert.match(life.rows(1)[0]?.note ?? '', /一天以上/u)
    assert.equal(life.store.read.tasks.get(1)?.state, 'done')
    assert.equal(life.performed.length, 0)
    await life.end()
  })

  test('of very many missed due times the newest hundred are rows and the oldest row counts the rest', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock)
    await addTask(life, clock, 1, { schedule: { everyMs: minuteMs, from: new Date(start).toISOString() } })
    clock.nowMs = start + 9 * hourMs
    await life.tick()
    const rows = life.rows(1)
    assert.equal(rows.length, 100)
    assert.match(rows[0]?.note ?? '', /and 440 earlier due times/u)
    assert.equal(rows.at(-1)?.state, 'succeeded')
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
    const dues = life.rows(1).map(({ dueMs }) => (dueMs - start) / hourMs)
    assert.deepEqual(dues, [1, 2, 3, 4, 5, 6, 7])
    assert.deepEqual(
      life.rows(2).map(({ dueMs }) => (dueMs - start) / hourMs),
      [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5],
    )
    await life.end()
  })

  test('a command that throws makes a failed run and tells its person once, in their language', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, {
      perform: async () => {
        throw new FaultError('network', 'feed.example did not answer')
      },
    })
    await addTask(life, clock, 1)
    await addTask(life, clock, 2, { language: 'zh' })
    clock.nowMs = start + hourMs
    await life.tick()
    await life.tick()
    const [row] = life.rows(1)
    assert.deepEqual(
      [row?.state, row?.fault, row?.status, row?.note],
      ['failed', 'network', 'failed', 'feed.example did not answer'],
    )
    assert.equal(life.posts.length, 2)
    const texts = life.posts.map(({ reply }) => reply.text)
    assert.match(
      texts.find((text) => text.startsWith('Task 1')) ?? '',
      /failed: nothing answered .* \(feed\.example/u,
    )
    assert.ok(texts.some((text) => text.startsWith('任务 2')))
    await life.end()
  })

  test('what was not thrown on purpose is not shown to people', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, {
      perform: () => Promise.reject(new TypeError('x.secret is undefined')),
    })
    await addTask(life, clock, 1)
    clock.nowMs = start + hourMs
    await life.tick()
    assert.equal(life.rows(1)[0]?.fault, 'internal')
    assert.doesNotMatch(life.posts[0]?.reply.text ?? 'secret', /secret/u)
    await life.end()
  })

  test('a command that hangs is timed out, and the task goes on at its next due time', async (t) => {
    const { path, clock } = world(t)
    let isHung = true
    let abortedWith: unknown
    const life = await live(path, clock, {
      perform: (task, dueMs, signal) => {
        signal.addEventListener('abort', () => (abortedWith = signal.reason))
        return isHung ? hangs(task, dueMs, signal) : well(task, dueMs, signal)
      },
    })
    await addTask(life, clock, 1)
    clock.nowMs = start + hourMs
    await life.runner.tick()
    assert.deepEqual(states(life.rows(1)), ['running'])
    life.passTimers()
    await life.runner.idle()
    assert.deepEqual([life.rows(1)[0]?.state, life.rows(1)[0]?.fault], ['failed', 'timeout'])
    assert.ok(abortedWith instanceof FaultError)
    isHung = false
    clock.nowMs = start + 2 * hourMs
    await life.tick()
    assert.deepEqual(states(life.rows(1)), ['failed', 'succeeded'])
    await life.end()
  })

  test('a task never runs twice at a time, and one that is slower than its schedule skips with a row', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, { perform: hangs })
    await addTask(life, clock, 1)
    for (let hour = 1; hour <= 4; hour++) {
      clock.nowMs = start + hour * hourMs
      await life.runner.tick()
    }
    assert.deepEqual(states(life.rows(1)), ['running', 'queued', 'skipped', 'skipped'])
    assert.equal(life.performed.length, 1)
    await life.runner.stop()
    await life.end()
  })

  test('no more than the permitted number run at a time, and the others follow', async (t) => {
    const { path, clock } = world(t)
    let now = 0
    let most = 0
    const releases: (() => void)[] = []
    const life = await live(path, clock, {
      mostAtOnce: 2,
      perform: async (task, dueMs, signal) => {
        most = Math.max(most, ++now)
        await new Promise<void>((resolve) => releases.push(resolve))
        now--
        return well(task, dueMs, signal)
      },
    })
    for (let id = 1; id <= 5; id++) await addTask(life, clock, id)
    clock.nowMs = start + hourMs
    await life.runner.tick()
    assert.equal(life.performed.length, 2)
    const all = life.runner.idle()
    const release = setInterval(() => releases.splice(0).forEach((go) => go()), 1)
    await all
    clearInterval(release)
    assert.equal(most, 2)
    assert.equal(life.performed.length, 5)
    await life.end()
  })

  test('a run that a crash cut short runs again, and after three starts it is given up aloud', async (t) => {
    const { path, clock } = world(t)
    let life = await live(path, clock, { perform: hangs })
    await addTask(life, clock, 1)
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
      life = await live(path, clock, { perform: hangs })
      await life.runner.start()
    }
    await life.tick()
    const [row] = life.rows(1)
    assert.deepEqual([row?.state, row?.fault], ['failed', 'internal'])
    assert.equal(life.performed.length, 0)
    assert.match(life.posts[0]?.reply.text ?? '', /I started it 3 times/u)
    await life.end()
  })

  test('a run that a crash cut short once succeeds at its second attempt and posts once', async (t) => {
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
      second.rows(1).map((row) => [row.state, row.attempt]),
      [['succeeded', 2]],
    )
    assert.equal(second.posts.length, 1)
    await second.end()
  })

  test('stop ends what runs without ending its row, so it runs again at the next start', async (t) => {
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
    assert.deepEqual(states(next.rows(1)), ['succeeded'])
    assert.equal(next.rows(1)[0]?.attempt, 1, 'a stop that a person orders is no attempt')
    await next.end()
  })

  test('stop in the middle of a tick ends, and loses nothing', async (t) => {
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

  test('stopping the runs of an address cancels them for good and no others', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, { perform: hangs })
    const elsewhere = { ...address, channel: 'other' }
    await addTask(life, clock, 1)
    await addTask(life, clock, 2, { address: elsewhere })
    clock.nowMs = start + hourMs
    await life.runner.tick()
    assert.equal(life.runner.stopRuns(addressKey(address)), 1)
    await new Promise((resolve) => setImmediate(resolve))
    while (life.rows(1)[0]?.state === 'running') await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(
      life.rows(1).map((row) => [row.state, row.fault]),
      [['failed', 'cancelled']],
    )
    assert.deepEqual(states(life.rows(2)), ['running'])
    assert.equal(life.posts.length, 0)
    await life.runner.stop()
    await life.end()
    const next = await live(path, clock)
    await next.runner.start()
    await next.tick()
    assert.deepEqual(states(next.rows(1)), ['failed'])
    assert.deepEqual(states(next.rows(2)), ['succeeded'])
    await next.end()
  })

  test('an outcome with nothing to say posts nothing, and one with another place posts there', async (t) => {
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
      life.posts.map((post) => [post.address.channel, post.reply.text]),
      [['other', 'there']],
    )
    await life.end()
  })

  test('an outcome, its changes and the end of its run are committed together or not at all', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock, {
      perform: async ({ id }) => ({
        reply: { text: 'found', status: 'done' },
        // The second write of task 2 cannot be made: there is no such run.
        writes: [
          ['seen.add', `scope ${id}`, ['x'], start],
          ...(id === 2
            ? [['runs.finish', 99, { state: 'succeeded', status: null, fault: null, note: null }, 0] as const]
            : []),
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
    assert.deepEqual(life.posts.map(({ reply }) => reply.status).toSorted(), ['done', 'failed'])
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

  test('an outcome waits for a full disk and is not lost', async (t) => {
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

  test('a store that fails is logged once when it begins and once when it ends', async (t) => {
    const { path, clock } = world(t)
    let isBroken = true
    const life = await live(path, clock, {
      store: (store) => ({
        read: store.read,
        write: (name, ...args) =>
          isBroken ? Promise.reject(new StoreError('disk-full', 'no room')) : store.write(name, ...args),
      }),
    })
    await addTask(life, clock, 1)
    clock.nowMs = start + hourMs
    for (let i = 0; i < 5; i++) await life.tick()
    isBroken = false
    for (let i = 0; i < 3; i++) await life.tick()
    const lines = life.logged.filter((line) => line.includes('go on'))
    assert.equal(lines.length, 2)
    assert.deepEqual(states(life.rows(1)), ['succeeded'])
    await life.end()
  })

  test('an order to run now runs a paused task too, and what waited for a removed task is cancelled', async (t) => {
    const { path, clock } = world(t)
    const life = await live(path, clock)
    await addTask(life, clock, 1)
    await addTask(life, clock, 2)
    await life.store.write('tasks.change', 1, 'paused', null)
    await life.store.write('runs.add', 1, 2, start + 1)
    await life.store.write('runs.add', 2, 1, start + 1)
    await life.store.write('tasks.change', 2, 'removed', null)
    await life.tick()
    assert.deepEqual(states(life.rows(1)), ['succeeded'])
    assert.deepEqual(
      life.rows(2).map(({ state, fault }) => [state, fault]),
      [['failed', 'cancelled']],
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
    assert.equal(life.store.read.tasks.get(1)?.state, 'paused')
    assert.deepEqual(states(life.rows(2)), ['succeeded'])
    assert.match(life.posts.map(({ reply }) => reply.text).join('\n'), /cannot read its schedule/u)
    await life.end()
  })
})
