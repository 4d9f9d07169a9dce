import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createLog } from '../../src/log.ts'
import type { Step } from '../../src/store/runs.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import {
  usualOptions,
  type NewTask,
  type Options,
  type PastRun,
  type Schedule,
  type Task,
} from '../../src/task.ts'
import { advanceTask, stepsOf } from '../../src/tasks/advance.ts'
import { realign } from '../../src/tasks/realign.ts'
import { comingTimes, onTimeMs } from '../../src/tasks/policy.ts'
import { dueUpTo, nextDue } from '../../src/tasks/schedule.ts'
import { temporaryFolder } from '../doubles/folder.ts'

const at = (text: string): number => Date.parse(text)
const secondMs = 1_000
const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const start = at('2026-11-23T08:00:00Z')
const zone = 'America/New_York'

/** One life of the program: a real store, and a wall clock in the test's hand. */
type Life = {
  readonly store: Store
  readonly logged: string[]
  readonly told: string[]
  /** How many rows each transaction had. */
  readonly wrote: number[]
  readonly add: (
    schedule: Schedule,
    nowMs: number,
    options?: Partial<Options>,
    where?: string,
  ) => Promise<number>
  /** What a tick of the runner does about due times. */
  readonly tick: (nowMs: number) => Promise<void>
  /** Runs what waits, all of it at once. */
  readonly work: (nowMs: number) => Promise<void>
  /** The runs of a task, in the order of their due times. */
  readonly rows: (id: number) => PastRun[]
  readonly end: () => Promise<void>
}

async function live(t: TestContext, path: string, mostWrites = Infinity): Promise<Life> {
  const store = await openStore(path)
  let isOpen = true
  const end = async (): Promise<void> => {
    if (isOpen) await store.close()
    isOpen = false
  }
  t.after(end)
  const logged: string[] = []
  const told: string[] = []
  const wrote: number[] = []
  const log = createLog(
    'info',
    () => [],
    (line) => logged.push(line),
  )
  let lastMs = Infinity
  let lastToken = 0
  const write: Store['write'] = (name, ...args) => {
    if (name === 'tasks.advance') {
      // What a crash leaves behind: the transactions before it, and nothing of this one.
      if (wrote.length >= mostWrites) return Promise.reject(new Error('the program has ended'))
      const [, step] = args as unknown as readonly [Task, Step]
      wrote.push(step.runs.length)
    }
    return store.write(name, ...args)
  }
  const parts = {
    store: { read: store.read, write },
    deliver: async (
      drafts: readonly { readonly reply: { readonly text: string } }[],
      writes: Parameters<Store['writeAll']>[0],
    ) => {
      told.push(...drafts.map(({ reply }) => reply.text))
      await store.writeAll(writes)
    },
    log,
  }
  return {
    store,
    logged,
    told,
    wrote,
    add: async (schedule, nowMs, options = {}, where = zone) => {
      const all = { ...usualOptions, ...options }
      const id = store.read.tasks.lastId() + 1
      const task: NewTask = {
        command: 'remind',
        args: {},
        schedule,
        options: all,
        zone: where,
        person: 'anna',
        address: { adapter: 'test', account: 'a', channel: 'news' },
        language: 'en',
        nextDueMs: nextDue(schedule, where, nowMs, all.until),
        createdAtMs: nowMs,
      }
      await store.write('tasks.add', id, task)
      return id
    },
    tick: async (nowMs) => {
      if (nowMs < lastMs - 2 * secondMs) await realign({ ...parts, nowMs })
      lastMs = nowMs
      for (const task of store.read.tasks.due(nowMs)) await advanceTask(task, { ...parts, nowMs })
    },
    work: async (nowMs) => {
      for (const { id } of store.read.runs.queued(nowMs, 1_000)) {
        const claim = { id, token: String(++lastToken) }
        assert.ok(await store.write('runs.claim', claim, nowMs, nowMs + minuteMs))
        const end = { state: 'succeeded', status: 'done', fault: null, note: null, output: null } as const
        await store.write('runs.finish', claim, end, nowMs)
      }
    },
    rows: (id) => store.read.runs.history({ task: id }, 20_000).toSorted((a, b) => a.dueMs - b.dueMs),
    end,
  }
}

/** Each due time after `from` up to `to`, once and in order. */
function isWhole(
  rows: readonly PastRun[],
  schedule: Schedule,
  fromMs: number,
  toMs: number,
  where = zone,
): void {
  const first = nextDue(schedule, where, fromMs)
  const slots = first === null ? [] : dueUpTo(schedule, where, first, toMs, Infinity).slots
  assert.deepEqual(
    rows.map(({ dueMs }) => dueMs),
    slots,
  )
}

function countOf(rows: readonly PastRun[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { state } of rows) counts[state] = (counts[state] ?? 0) + 1
  return counts
}

test('a laptop that sleeps for nine hours leaves no due time out and one line in the log', async (t) => {
  const life = await live(t, temporaryFolder(t))
  const hourly = { cron: '0 * * * *' }
  const id = await life.add(hourly, start)
  for (let ms = start; ms <= start + hourMs; ms += minuteMs) {
    await life.tick(ms)
    await life.work(ms)
  }
  const awakeMs = start + 10.5 * hourMs
  await life.tick(awakeMs)
  await life.tick(awakeMs + secondMs)
  isWhole(life.rows(id), hourly, start, awakeMs)
  assert.deepEqual(countOf(life.rows(id)), { succeeded: 1, missed: 8, queued: 1 })
  assert.equal(life.rows(id).at(-1)?.state, 'queued')
  assert.equal(life.logged.length, 1)
  assert.match(life.logged[0] ?? '', /"due":9,"run":1/u)
})

test('an event loop that hangs over many due times runs one of them', async (t) => {
  const life = await live(t, temporaryFolder(t))
  const each = { cron: '* * * * *' }
  const id = await life.add(each, start)
  await life.tick(start + 12 * minuteMs + 500)
  isWhole(life.rows(id), each, start, start + 12 * minuteMs)
  assert.deepEqual(countOf(life.rows(id)), { missed: 11, queued: 1 })
  assert.equal(life.logged.length, 1)
})

test('a clock that runs ahead for an hour and is put right runs nothing twice and leaves nothing out', async (t) => {
  const life = await live(t, temporaryFolder(t))
  const schedule = { cron: '*/20 * * * *' }
  const id = await life.add(schedule, start)
  await life.tick(start + 21 * minuteMs)
  await life.work(start + 21 * minuteMs)
  // Three hours ahead, for a moment.
  await life.tick(start + 201 * minuteMs)
  await life.work(start + 201 * minuteMs)
  assert.deepEqual(countOf(life.rows(id)), { succeeded: 2, missed: 8 })
  for (let ms = start + 22 * minuteMs; ms <= start + 300 * minuteMs; ms += 30 * secondMs) {
    await life.tick(ms)
    await life.work(ms)
  }
  isWhole(life.rows(id), schedule, start, start + 300 * minuteMs)
  assert.deepEqual(countOf(life.rows(id)), { succeeded: 15 })
  assert.ok(life.rows(id).every(({ attempt }) => attempt === 1))
})

test('a clock that is put back by seconds or by hours makes no second run', async (t) => {
  for (const backMs of [secondMs, 30 * secondMs, 5 * hourMs]) {
    const life = await live(t, temporaryFolder(t))
    const schedule = { cron: '*/20 * * * *' }
    const id = await life.add(schedule, start, { count: 30 })
    const go = async (fromMs: number, toMs: number): Promise<void> => {
      for (let ms = fromMs; ms <= toMs; ms += 30 * secondMs) {
        await life.tick(ms)
        await life.work(ms)
      }
      await life.tick(toMs)
      await life.work(toMs)
    }
    await go(start, start + 2 * hourMs)
    await go(start + 2 * hourMs - backMs, start + 3 * hourMs)
    const before = backMs > hourMs ? start + 2 * hourMs - backMs : start
    const rows = life.rows(id).filter(({ dueMs }) => dueMs > start)
    isWhole(rows, schedule, start, start + 3 * hourMs)
    assert.ok(life.rows(id).every(({ attempt, dueMs }) => attempt === 1 && dueMs > before))
    // What came again was not counted again.
    if (backMs < hourMs) assert.equal(life.store.read.tasks.get(id)?.dueCount, 9)
  }
})

test('a start in the middle of the repeated hour does not run again what ran', async (t) => {
  const path = temporaryFolder(t)
  const nightly = { cron: '30 1 * * *' }
  const day = { everyMs: dayMs, from: '2027-11-01T01:30:00-04:00' }
  const first = at('2027-11-07T05:30Z')
  const one = await live(t, path)
  const ids = [await one.add(nightly, first - hourMs), await one.add(day, first - hourMs)]
  await one.tick(first + secondMs)
  await one.work(first + secondMs)
  await one.end()
  const two = await live(t, path)
  for (let ms = first + 30 * minuteMs; ms <= first + 3 * hourMs; ms += minuteMs) await two.tick(ms)
  for (const id of ids) {
    assert.deepEqual(
      two.rows(id).map(({ dueMs, state }) => [dueMs, state]),
      [[first, 'succeeded']],
    )
    assert.equal(two.store.read.tasks.get(id)?.nextDueMs, at('2027-11-08T06:30Z'))
  }
})

test('after a year of minutes the newest ten thousand have rows, the oldest of which tells of the rest', async (t) => {
  const life = await live(t, temporaryFolder(t))
  const each = { cron: '* * * * *' }
  const id = await life.add(each, start)
  const nowMs = start + 365 * dayMs + 500
  await life.tick(nowMs)
  const rows = life.rows(id)
  isWhole(rows, each, nowMs - 10_000 * minuteMs - 500, nowMs)
  assert.deepEqual(countOf(rows), { missed: 9_999, queued: 1 })
  assert.match(rows[0]?.note ?? '', /\(and 515600 earlier due times\)/u)
  assert.equal(life.store.read.tasks.get(id)?.dueCount, 525_600)
  assert.ok(life.wrote.length >= 10 && life.wrote.every((n) => n <= 1_000), String(life.wrote))
  assert.equal(life.logged.length, 1)
})

test('a crash between two of its transactions leaves nothing out and runs no more than the policy says', async (t) => {
  const each = { cron: '* * * * *' }
  const pauseMs = 2_500 * minuteMs
  const policies: [Partial<Options>, number][] = [
    [{}, 1],
    [{ missed: { kind: 'skip' } }, 0],
    [{ missed: { kind: 'all', most: 500, maxAgeMs: dayMs } }, 500],
    [{ missed: { kind: 'all', most: 900, maxAgeMs: dayMs }, quiet: { from: '10:00', to: '22:00' } }, 720],
  ]
  for (const [options, most] of policies) {
    for (const mostWrites of [1, 2]) {
      const path = temporaryFolder(t)
      const one = await live(t, path, mostWrites)
      const id = await one.add(each, start, options)
      await assert.rejects(one.tick(start + pauseMs), /has ended/u)
      const written = one.rows(id)
      assert.ok(written.length >= mostWrites * 500)
      assert.ok(written.every(({ state }) => state === 'missed' || state === 'skipped'))
      await one.end()
      const two = await live(t, path)
      // It was down for another hour.
      const nowMs = start + pauseMs + hourMs + 500
      await two.tick(nowMs)
      isWhole(two.rows(id), each, start, nowMs)
      const queued = two.rows(id).filter(({ state }) => state === 'queued')
      const onTime = queued.filter(({ dueMs }) => nowMs - dueMs <= onTimeMs).length
      assert.equal(queued.length - (most === 1 ? 0 : onTime), most, JSON.stringify(options))
      assert.equal(two.store.read.tasks.get(id)?.dueCount, 2_560)
    }
  }
})

test('a task whose count is used up is done, also within a pause', async (t) => {
  const life = await live(t, temporaryFolder(t))
  const hourly = { cron: '0 * * * *' }
  const one = await life.add(hourly, start, { count: 3 })
  const long = await life.add({ cron: '* * * * *' }, start, { count: 12_000 })
  for (let ms = start; ms <= start + 2 * hourMs; ms += 30 * minuteMs) await life.tick(ms)
  assert.deepEqual([life.rows(one).length, life.store.read.tasks.get(one)?.state], [2, 'active'])
  await life.tick(start + 30 * dayMs)
  isWhole(life.rows(one), hourly, start, start + 3 * hourMs)
  const { state, nextDueMs, dueCount } = life.store.read.tasks.get(one) ?? {}
  assert.deepEqual({ state, nextDueMs, dueCount }, { state: 'done', nextDueMs: null, dueCount: 3 })
  isWhole(
    life.rows(long).slice(120),
    { cron: '* * * * *' },
    start + 2_000 * minuteMs,
    start + 12_000 * minuteMs,
  )
  assert.match(life.rows(long)[120]?.note ?? '', /\(and 1880 earlier/u)
  assert.deepEqual(
    [life.store.read.tasks.get(long)?.dueCount, life.store.read.tasks.get(long)?.state],
    [12_000, 'done'],
  )
})

test('a task whose end has come is done', async (t) => {
  const life = await live(t, temporaryFolder(t))
  const hourly = { cron: '0 * * * *' }
  const until = new Date(start + 2 * hourMs).toISOString()
  const id = await life.add(hourly, start, { until })
  await life.tick(start + 9 * hourMs)
  isWhole(life.rows(id), hourly, start, start + 2 * hourMs)
  assert.equal(life.store.read.tasks.get(id)?.state, 'done')
})

test('with replace, what runs is cancelled in the transaction that queues the next', async (t) => {
  const life = await live(t, temporaryFolder(t))
  const id = await life.add({ cron: '0 * * * *' }, start, { overlap: 'replace' })
  await life.tick(start + hourMs)
  const [run] = life.rows(id)
  assert.ok(await life.store.write('runs.claim', { id: run?.id ?? 0, token: 'a' }, start, start + dayMs))
  await life.tick(start + 2 * hourMs)
  assert.deepEqual(
    life.rows(id).map(({ state, note }) => [state, note]),
    [
      ['cancelled', 'the next due time came while it was under way'],
      ['queued', null],
    ],
  )
})

test('with replace, a due time that is looked at once more, after a change, does not cancel its own run', async (t) => {
  const life = await live(t, temporaryFolder(t))
  const id = await life.add({ cron: '0 * * * *' }, start, { overlap: 'replace' })
  const before = life.store.read.tasks.get(id)
  assert.ok(before !== undefined)
  await life.tick(start + hourMs)
  // The change was made ready before the due time had its row, and keeps it.
  await life.store.write('tasks.edit', id, 1, { ...before, args: { n: 2 } }, start + hourMs)
  await life.tick(start + hourMs + secondMs)
  assert.deepEqual(
    life.rows(id).map(({ state, note }) => [state, note]),
    [['queued', null]],
  )
})

test('a task whose schedule cannot be read is paused and its person told; the others go on', async (t) => {
  const life = await live(t, temporaryFolder(t))
  const broken = await life.add({ cron: '0 * * * *' }, start)
  const well = await life.add({ cron: '0 * * * *' }, start)
  const task = life.store.read.tasks.get(broken)
  assert.ok(task)
  await life.store.write('tasks.edit', broken, 1, { ...task, zone: 'Mars/Olympus' }, start)
  await life.tick(start + hourMs)
  const { state, nextDueMs, pausedFor } = life.store.read.tasks.get(broken) ?? {}
  assert.deepEqual(
    { state, nextDueMs, pausedFor },
    { state: 'paused', nextDueMs: null, pausedFor: 'schedule' },
  )
  assert.equal(life.told.length, 1)
  assert.match(life.told[0] ?? '', /paused/u)
  assert.equal(life.rows(well).length, 1)
})

test('reading moves no schedule, and a task that was changed meanwhile is left alone', async (t) => {
  const life = await live(t, temporaryFolder(t))
  const id = await life.add({ cron: '0 * * * *' }, start)
  const task = life.store.read.tasks.get(id)
  assert.ok(task)
  stepsOf(task, start + 5 * hourMs, { queued: 0, running: 0 })
  comingTimes(task.schedule, task.options, task.zone, start, 3)
  assert.equal(life.store.read.tasks.get(id)?.nextDueMs, task.nextDueMs)
  await life.store.write('tasks.change', id, { state: 'paused', nextDueMs: null, pausedFor: null }, '', start)
  const [step] = stepsOf(task, start + hourMs, { queued: 0, running: 0 })
  assert.ok(step)
  assert.equal(await life.store.write('tasks.advance', task, step, start + hourMs), false)
  assert.deepEqual(life.rows(id), [])
})
