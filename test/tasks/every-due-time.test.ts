import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Step } from '../../src/store/runs.ts'
import { usualOptions, type Options, type Schedule, type Task } from '../../src/task.ts'
import { stepsOf } from '../../src/tasks/advance.ts'
import { onTimeMs } from '../../src/tasks/policy.ts'
import { openQuiet } from '../../src/tasks/quiet.ts'
import { dueUpTo, nextDue, openSlots } from '../../src/tasks/schedule.ts'
import { openZone } from '../../src/tasks/wall-time.ts'

const at = (text: string): number => Date.parse(text)
const secondMs = 1_000
const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const zone = 'America/New_York'

function taskOf(schedule: Schedule, options: Options, startMs: number): Task {
  return {
    id: 1,
    version: 1,
    command: 'remind',
    args: {},
    person: 'anna',
    language: 'en',
    address: { adapter: 'test', account: 'a', channel: 'news' },
    createdAtMs: startMs,
    failures: 0,
    pausedFor: null,
    schedule,
    options,
    zone,
    dueCount: 0,
    state: 'active',
    nextDueMs: nextDue(schedule, zone, startMs, options.until),
  }
}

type Row = { state: string; readonly readyMs: number }

/** One task with its rows. */
type Life = {
  readonly rows: ReadonlyMap<number, Row>
  readonly task: () => Task
  readonly advance: (nowMs: number, mostSteps: number) => void
  /** Runs what waits. */
  readonly finish: (nowMs: number) => void
}

function moved(task: Task, { nextDueMs, dueCount }: Step): Task {
  return {
    ...task,
    nextDueMs,
    dueCount: task.dueCount + dueCount,
    state: nextDueMs === null ? 'done' : 'active',
  }
}

/** Rows in memory, by the rules of the store: what is there stays, and a step counts only where the task still stands. */
function inMemory(task: Task, steps = stepsOf): Life {
  const rows = new Map<number, Row>()
  let now = task
  let newestMs = -Infinity
  const openCount = (state: string): number => [...rows.values()].filter((row) => row.state === state).length
  return {
    rows,
    task: () => now,
    advance: (nowMs, mostSteps) => {
      if (now.state !== 'active' || now.nextDueMs === null || now.nextDueMs > nowMs) return
      const open = { queued: openCount('queued'), running: openCount('running') }
      for (const step of steps(now, nowMs, open).slice(0, mostSteps)) {
        assert.ok(step.nextDueMs === null || step.nextDueMs > now.nextDueMs, 'it goes forwards')
        if (step.replaces !== null)
          for (const row of rows.values()) if (row.state === 'queued') row.state = 'cancelled'
        for (const { dueMs, state, readyMs } of step.runs) {
          assert.ok(!rows.has(dueMs), 'once')
          assert.ok(dueMs > newestMs, 'in order')
          newestMs = dueMs
          rows.set(dueMs, { state, readyMs })
        }
        now = moved(now, step)
        if (now.nextDueMs === null) return
      }
    },
    finish: (nowMs) => {
      for (const row of rows.values())
        if (row.state === 'queued' && row.readyMs <= nowMs) row.state = 'succeeded'
    },
  }
}

const schedules = fc.constantFrom<Schedule>(
  ...Array.from({ length: 5 }, () => ({ cron: '* * * * *' })),
  { cron: '*/15 * * * *' },
  { cron: '0,5 1,2 * * *' },
  { cron: '30 2 * * *' },
  { cron: '0 9 * * 1-5' },
  { everyMs: 7 * minuteMs, from: '2027-03-01T00:00:00Z' },
  { everyMs: dayMs, from: '2027-03-01T07:30:00Z' },
  { at: '2027-03-14T07:30:00Z' },
)

const optionsOf: fc.Arbitrary<Options> = fc.record({
  missed: fc.oneof(
    fc.constant<Options['missed']>({ kind: 'skip' }),
    fc.record({ kind: fc.constant('once' as const), maxAgeMs: fc.constantFrom(hourMs, dayMs) }),
    fc.record({
      kind: fc.constant('all' as const),
      most: fc.integer({ min: 1, max: 40 }),
      maxAgeMs: fc.constantFrom(hourMs, dayMs, 30 * dayMs),
    }),
  ),
  overlap: fc.constantFrom('skip', 'queue', 'replace'),
  dstGap: fc.constantFrom('run', 'skip'),
  jitterMs: fc.constantFrom(0, 30 * secondMs),
  quiet: fc.constantFrom(null, { from: '22:00', to: '07:00' }, { from: '01:30', to: '02:30' }),
  until: fc.constantFrom(null, '2027-03-14T12:00:00Z'),
  count: fc.constantFrom(null, 1, 5, 3_000),
})

/** Between two ticks mostly seconds, at times days; a crash lets so many steps through, and then it is down for a while. */
const ticks = fc.array(
  fc.record({
    pauseMs: fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: secondMs, max: minuteMs }) },
      { weight: 2, arbitrary: fc.integer({ min: minuteMs, max: 10 * hourMs }) },
      { weight: 2, arbitrary: fc.integer({ min: dayMs, max: 4 * dayMs }) },
    ),
    stepsToCrash: fc.constantFrom(1, 1, 2, Infinity),
    downMs: fc.integer({ min: secondMs, max: 10 * hourMs }),
    isWorking: fc.boolean(),
  }),
  { minLength: 1, maxLength: 10 },
)

type Tick = typeof ticks extends fc.Arbitrary<(infer One)[]> ? One : never

/** Lives through the ticks. Throws where what is queued at one of them is more than the options say. */
function liveThrough(life: Life, options: Options, startMs: number, pauses: readonly Tick[]): number {
  let nowMs = startMs
  for (const { pauseMs, stepsToCrash, downMs, isWorking } of pauses) {
    nowMs += pauseMs
    const before = new Set(life.rows.keys())
    const isIdle = [...life.rows.values()].every(({ state }) => state !== 'queued')
    const newlyQueued = (): number[] =>
      [...life.rows].flatMap(([dueMs, { state }]) =>
        !before.has(dueMs) && state === 'queued' ? [dueMs] : [],
      )
    life.advance(nowMs, stepsToCrash)
    if ((life.task().nextDueMs ?? Infinity) <= nowMs) {
      assert.deepEqual(newlyQueued(), [], 'what is to run is in the last step')
      nowMs += downMs
      life.advance(nowMs, Infinity)
    }
    isAllowed(newlyQueued(), nowMs, options, isIdle)
    if (isWorking) life.finish(nowMs)
  }
  return nowMs
}

/** Throws where more is queued at one moment than may be. */
function isAllowed(
  queued: readonly number[],
  nowMs: number,
  { missed, overlap }: Options,
  isIdle: boolean,
): void {
  const late = queued.filter((dueMs) => nowMs - dueMs > onTimeMs)
  const onTime = queued.length - late.length
  if (missed.kind === 'skip') assert.equal(late.length, 0)
  if (missed.kind === 'once') assert.ok(late.length <= 1 && (late.length === 0 || onTime === 0))
  if (missed.kind === 'all') assert.ok(late.length <= missed.most)
  if (missed.kind !== 'skip') assert.ok(late.every((dueMs) => nowMs - dueMs <= missed.maxAgeMs))
  if (overlap !== 'queue') assert.ok(onTime <= 1)
  if (overlap === 'skip' && !isIdle) assert.equal(missed.kind === 'all' ? onTime : queued.length, 0)
}

/** Throws unless each due time up to `nowMs` has its row, and the task stands before the next. */
function isWhole(life: Life, { schedule, options, nextDueMs }: Task, nowMs: number): void {
  const { until, count } = options
  const all = nextDueMs === null ? [] : dueUpTo(schedule, zone, nextDueMs, nowMs, Infinity, until).slots
  const counted = count === null ? all : all.slice(0, count)
  assert.deepEqual([...life.rows.keys()], counted)
  const isOver = count !== null && counted.length >= count
  const next = nextDueMs === null || nextDueMs > nowMs ? nextDueMs : nextDue(schedule, zone, nowMs, until)
  assert.equal(life.task().nextDueMs, isOver ? null : next)
  assert.equal(life.task().dueCount, life.rows.size)
}

test('whatever the schedule, the options, the pauses and the crashes: each due time is one row, in order', () => {
  let [gaps, quiets, long] = [0, 0, 0]
  const startMs = fc.integer({ min: at('2027-03-12T00:00Z'), max: at('2027-03-14T10:00Z') })
  const property = fc.property(schedules, optionsOf, ticks, startMs, (schedule, options, pauses, start) => {
    const task = taskOf(schedule, options, start)
    const life = inMemory(task)
    const nowMs = liveThrough(life, options, start, pauses)
    isWhole(life, task, nowMs)
    const isGapAt = openSlots(schedule, openZone(zone), null).isInGap
    const quietEnd = openQuiet(options.quiet, openZone(zone))
    for (const [dueMs, { state, readyMs }] of life.rows) {
      const isGap = options.dstGap === 'skip' && isGapAt(dueMs)
      const isQuiet = quietEnd(dueMs) !== null
      if (isGap) gaps++
      if (isQuiet) quiets++
      assert.ok(!(isGap || isQuiet) || state === 'skipped')
      assert.ok(readyMs >= dueMs)
    }
    if (life.rows.size > 3_000) long++
  })
  fc.assert(property, { numRuns: 200 })
  assert.ok(gaps > 0 && quiets > 0 && long > 0, JSON.stringify({ gaps, quiets, long }))
})

test('a due time that is left out, one that comes twice and a cut at the wrong place are found', () => {
  const each: Schedule = { cron: '* * * * *' }
  const options: Options = { ...usualOptions, missed: { kind: 'all', most: 1_000, maxAgeMs: 30 * dayMs } }
  const startMs = at('2027-03-12T00:00Z')
  const pauses = [
    { pauseMs: 2 * dayMs, stepsToCrash: 2, downMs: 600 * minuteMs, isWorking: true },
    { pauseMs: minuteMs, stepsToCrash: Infinity, downMs: minuteMs, isWorking: true },
  ]
  const lived = (steps: typeof stepsOf): void => {
    const task = taskOf(each, options, startMs)
    const life = inMemory(task, steps)
    isWhole(life, task, liveThrough(life, options, startMs, pauses))
  }
  lived(stepsOf)
  const planted: Readonly<Record<string, (step: Step, i: number, all: readonly Step[]) => Step>> = {
    'one is left out': (step) => ({ ...step, runs: step.runs.slice(1) }),
    'one comes twice': (step, i) =>
      i === 0 ? { ...step, nextDueMs: step.runs.at(-1)?.dueMs ?? null } : step,
    // 2,881 rows, the newest 1,000 of which are to run: cut after each thousand, a crash leaves 119 of them behind.
    'the cut is at the wrong place': (step, i, all) => {
      const runs = all.flatMap((one) => one.runs)
      return {
        ...step,
        runs: runs.slice(i * 1_000, (i + 1) * 1_000),
        nextDueMs: runs[(i + 1) * 1_000]?.dueMs ?? step.nextDueMs,
      }
    },
  }
  for (const [name, plant] of Object.entries(planted))
    assert.throws(() => lived((...args) => stepsOf(...args).map(plant)), assert.AssertionError, name)
})
