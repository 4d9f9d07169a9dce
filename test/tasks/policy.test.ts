import assert from 'node:assert/strict'
import { test } from 'node:test'
import { usualOptions, type Options, type Schedule } from '../../src/task.ts'
import { comingTimes, decide, type Decision, type Open } from '../../src/tasks/policy.ts'
import { dueUpTo } from '../../src/tasks/schedule.ts'

const at = (text: string): number => Date.parse(text)
const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const idle: Open = { queued: 0, running: 0 }
const busy: Open = { queued: 0, running: 1 }
const hourly: Schedule = { cron: '0 * * * *' }

type Case = {
  readonly schedule?: Schedule
  readonly zone?: string
  readonly from: string
  readonly now: string
  readonly options?: Partial<Options>
  readonly open?: Open
  readonly id?: number
  readonly dueCount?: number
  readonly language?: 'en' | 'zh'
  readonly most?: number
}

function decided(one: Case): Decision {
  const {
    schedule = hourly,
    zone = 'UTC',
    from,
    now,
    open = idle,
    id = 7,
    dueCount = 0,
    language = 'en',
  } = one
  const options = { ...usualOptions, ...one.options }
  const due = dueUpTo(schedule, zone, at(from), at(now), one.most ?? 10_000, options.until)
  return decide({ id, schedule, zone, options, language, dueCount }, due, at(now), open)
}

/** The rows, one word each with the note of those that are not run. */
function told(one: Case): string[] {
  return decided(one).runs.map(({ state, note }) => (note === null ? state : `${state}: ${note}`))
}

const older = 'missed: Moltbot was not running, and a later due time is run in its place'
const tooOld = 'missed: Moltbot was not running; it is too long ago to run it now'
const unseen = 'missed: Moltbot was not running'
const nineHours = { from: '2026-11-23T00:00Z', now: '2026-11-23T03:30Z' }

test('a due time that is noticed within a minute is on time', () => {
  const skip = { missed: { kind: 'skip' } } as const
  const from = '2026-11-23T09:00:00Z'
  assert.deepEqual(told({ from, now: '2026-11-23T09:01:00.000Z', options: skip }), ['queued'])
  assert.deepEqual(told({ from, now: '2026-11-23T09:01:00.001Z', options: skip }), [unseen])
})

test('after a pause none, the newest, or the newest few are run', () => {
  assert.deepEqual(told({ ...nineHours, options: { missed: { kind: 'skip' } } }), [
    unseen,
    unseen,
    unseen,
    unseen,
  ])
  assert.deepEqual(told(nineHours), [older, older, older, 'queued'])
  const all = (most: number): Case => ({
    ...nineHours,
    options: { missed: { kind: 'all', most, maxAgeMs: dayMs } },
  })
  assert.deepEqual(told(all(2)), [older, older, 'queued', 'queued'])
  assert.deepEqual(told(all(9)), ['queued', 'queued', 'queued', 'queued'])
})

test('what is too old is not made up for', () => {
  const once = { missed: { kind: 'once', maxAgeMs: hourMs } } as const
  const days = { schedule: { cron: '0 9 * * *' }, from: '2026-11-20T09:00Z' } as const
  assert.deepEqual(told({ ...days, now: '2026-11-21T10:00Z', options: once }), [tooOld, 'queued'])
  assert.deepEqual(told({ ...days, now: '2026-11-21T10:00:00.001Z', options: once }), [tooOld, tooOld])
  const all = { missed: { kind: 'all', most: 9, maxAgeMs: 2 * hourMs } } as const
  assert.deepEqual(told({ ...nineHours, options: all }), [tooOld, tooOld, 'queued', 'queued'])
})

test('one that is on time stands for those before it, and under `all` comes after them', () => {
  const pause = { from: '2026-11-23T00:00Z', now: '2026-11-23T02:00:30Z' }
  assert.deepEqual(told(pause), [older, older, 'queued'])
  assert.deepEqual(told({ ...pause, options: { missed: { kind: 'skip' } } }), [unseen, unseen, 'queued'])
  const all = { missed: { kind: 'all', most: 9, maxAgeMs: dayMs }, overlap: 'skip' } as const
  assert.deepEqual(told({ ...pause, options: all }), ['queued', 'queued', 'queued'])
})

test('while a run is under way the next is left out, waits, or takes its place', () => {
  const one = { from: '2026-11-23T09:00Z', now: '2026-11-23T09:00:01Z', open: busy }
  const overlapped = 'skipped: the run before it was still under way'
  assert.deepEqual(told({ ...one, options: { overlap: 'skip' } }), [overlapped])
  assert.deepEqual(told({ ...one, options: { overlap: 'skip' }, open: { queued: 1, running: 0 } }), [
    overlapped,
  ])
  assert.deepEqual(told({ ...one, options: { overlap: 'queue' } }), ['queued'])
  assert.deepEqual(told({ ...one, options: { overlap: 'replace' } }), ['queued'])
  assert.equal(decided({ ...one, options: { overlap: 'queue' } }).replaces, null)
  const note = 'the next due time came while it was under way'
  assert.equal(decided({ ...one, options: { overlap: 'replace' } }).replaces, note)
  assert.equal(decided({ ...one, options: { overlap: 'replace' }, open: idle }).replaces, null)
  const zh = decided({ ...one, options: { overlap: 'replace' }, language: 'zh' })
  assert.equal(zh.replaces, '运行期间下一次时间已到')
})

test('ten wait and no more', () => {
  const one = { from: '2026-11-23T09:00Z', now: '2026-11-23T09:00:01Z' }
  assert.deepEqual(told({ ...one, open: { queued: 9, running: 1 } }), ['queued'])
  assert.deepEqual(told({ ...one, open: { queued: 10, running: 1 } }), [
    'skipped: 10 runs were waiting already',
  ])
  assert.deepEqual(told({ ...one, open: { queued: 12, running: 0 } }), [
    'skipped: 12 runs were waiting already',
  ])
})

test('runs that make up for a pause wait for all others, whatever the overlap', () => {
  for (const overlap of ['skip', 'queue', 'replace'] as const) {
    const options = { overlap, missed: { kind: 'all', most: 9, maxAgeMs: dayMs } } as const
    const { runs, replaces } = decided({ ...nineHours, options, open: busy })
    assert.deepEqual(
      runs.map(({ state }) => state),
      ['queued', 'queued', 'queued', 'queued'],
      overlap,
    )
    assert.equal(replaces, null)
  }
  const options = { missed: { kind: 'all', most: 3, maxAgeMs: dayMs } } as const
  const waiting = 'skipped: 8 runs were waiting already'
  assert.deepEqual(told({ ...nineHours, options, open: { queued: 8, running: 0 } }), [
    older,
    waiting,
    'queued',
    'queued',
  ])
})

test('a pause made up for by one run minds what is under way', () => {
  const overlapped = 'skipped: the run before it was still under way'
  assert.deepEqual(told({ ...nineHours, options: { overlap: 'skip' }, open: busy }), [
    unseen,
    unseen,
    unseen,
    overlapped,
  ])
  assert.equal(decided({ ...nineHours, options: { overlap: 'replace' }, open: busy }).replaces?.length, 45)
})

test('two that are on time at once are not run both where they must not overlap', () => {
  const two = { schedule: { cron: '* * * * *' }, from: '2026-11-23T09:00Z', now: '2026-11-23T09:01:00Z' }
  assert.deepEqual(told({ ...two, options: { overlap: 'queue' } }), ['queued', 'queued'])
  const overlapped = 'skipped: the run before it was still under way'
  assert.deepEqual(told({ ...two, options: { overlap: 'skip' } }), ['queued', overlapped])
  const replaced = 'skipped: the next due time came while it was under way'
  assert.deepEqual(told({ ...two, options: { overlap: 'replace' } }), [replaced, 'queued'])
})

test('a time that the clocks left out is run at the end of the gap, or is a row that says so', () => {
  const gap = {
    schedule: { cron: '30 2 * * *' },
    zone: 'America/New_York',
    from: '2027-03-14T07:00Z',
    now: '2027-03-14T07:00:01Z',
  }
  assert.deepEqual(told(gap), ['queued'])
  const left = 'the clocks left this time out on that day'
  assert.deepEqual(told({ ...gap, options: { dstGap: 'skip' } }), [`skipped: ${left}`])
  assert.deepEqual(told({ ...gap, options: { dstGap: 'skip' }, language: 'zh' }), [
    'skipped: 当天的时钟跳过了这个时间',
  ])
})

test('quiet hours leave out what is due in them, and a late run waits for their end', () => {
  const quiet = { from: '22:00', to: '07:00' }
  const evening = { from: '2026-11-23T20:00Z', now: '2026-11-23T23:30Z', options: { quiet } }
  assert.deepEqual(told(evening), [older, 'queued', 'skipped: quiet hours', 'skipped: quiet hours'])
  assert.equal(decided(evening).runs[1]?.readyMs, at('2026-11-24T07:00Z'))
  const morning = decided({ ...evening, now: '2026-11-24T08:30Z' })
  assert.deepEqual(morning.runs.map(({ state }) => state).filter((state) => state === 'queued').length, 1)
  assert.equal(morning.runs.at(-1)?.state, 'queued')
  assert.equal(morning.runs.at(-1)?.readyMs, at('2026-11-24T08:00Z'))
  // On time and a moment late is not late.
  const last = decided({
    schedule: { cron: '59 21 * * *' },
    from: '2026-11-23T21:59Z',
    now: '2026-11-23T22:00Z',
    options: { quiet },
  })
  assert.equal(last.runs[0]?.readyMs, at('2026-11-23T21:59Z'))
})

test('jitter is the same for all runs of a task, less than its most, and differs between tasks', () => {
  const jitterMs = 10 * minuteMs
  const jitterOf = (id: number, hour: string): number => {
    const dueMs = at(`2026-11-23T${hour}:00Z`)
    const [run] = decided({
      id,
      from: `2026-11-23T${hour}:00Z`,
      now: `2026-11-23T${hour}:00:01Z`,
      options: { jitterMs },
    }).runs
    return (run?.readyMs ?? NaN) - dueMs
  }
  const all = Array.from({ length: 200 }, (_, id) => jitterOf(id, '09'))
  assert.deepEqual(
    all.map((_, id) => jitterOf(id, '10')),
    all,
  )
  assert.ok(all.every((ms) => ms >= 0 && ms < jitterMs))
  assert.ok(new Set(all).size > 190)
  assert.ok(Math.abs(all.reduce((sum, ms) => sum + ms, 0) / all.length - jitterMs / 2) < minuteMs)
})

test('jitter moves no run into quiet hours', () => {
  const options = { jitterMs: 30 * minuteMs, quiet: { from: '22:00', to: '07:00' } }
  for (let id = 0; id < 50; id++) {
    const [run] = decided({
      id,
      schedule: { cron: '59 21 * * *' },
      from: '2026-11-23T21:59Z',
      now: '2026-11-23T21:59:01Z',
      options,
    }).runs
    const readyMs = run?.readyMs ?? NaN
    assert.ok(readyMs >= at('2026-11-23T21:59Z') && readyMs < at('2026-11-23T22:00Z'))
  }
})

test('what is beyond the count is not due, the oldest count', () => {
  const counted = { ...nineHours, options: { count: 10 } }
  assert.equal(decided({ ...counted, dueCount: 6 }).dueCount, 4)
  const two = decided({ ...counted, dueCount: 8 })
  assert.deepEqual(
    two.runs.map(({ dueMs, state }) => [new Date(dueMs).getUTCHours(), state]),
    [
      [0, 'missed'],
      [1, 'queued'],
    ],
  )
  assert.equal(two.dueCount, 2)
  assert.deepEqual(decided({ ...counted, dueCount: 10 }), { runs: [], dueCount: 0, replaces: null })
})

test('the oldest row tells how many more there were', () => {
  const decision = decided({ ...nineHours, most: 2 })
  assert.deepEqual(
    decision.runs.map(({ note }) => note),
    [`${older.slice('missed: '.length)} (and 2 earlier due times)`, null],
  )
  assert.equal(decision.dueCount, 4)
})

test('the next times are those at which it really runs', () => {
  const coming = (
    schedule: Schedule,
    options: Partial<Options>,
    after: string,
    most: number,
    had = 0,
    zone = 'UTC',
  ): string[] =>
    comingTimes(schedule, { ...usualOptions, ...options }, zone, at(after), most, had).map((ms) =>
      new Date(ms).toISOString().slice(0, 16),
    )
  const quiet = { from: '22:00', to: '07:00' }
  assert.deepEqual(coming(hourly, { quiet }, '2026-11-23T20:30Z', 3), [
    '2026-11-23T21:00',
    '2026-11-24T07:00',
    '2026-11-24T08:00',
  ])
  // The nine of the night count, though they are left out.
  assert.deepEqual(coming(hourly, { quiet, count: 11 }, '2026-11-23T20:30Z', 3), [
    '2026-11-23T21:00',
    '2026-11-24T07:00',
  ])
  assert.deepEqual(coming(hourly, { count: 5 }, '2026-11-23T20:30Z', 3, 4), ['2026-11-23T21:00'])
  assert.deepEqual(coming(hourly, { count: 5 }, '2026-11-23T20:30Z', 3, 5), [])
  assert.deepEqual(coming(hourly, { until: '2026-11-23T22:00:00Z' }, '2026-11-23T20:30Z', 3), [
    '2026-11-23T21:00',
    '2026-11-23T22:00',
  ])
  const night: Schedule = { cron: '30 2 * * *' }
  const [ran, left] = (['run', 'skip'] as const).map((dstGap) =>
    coming(night, { dstGap }, '2027-03-13T12:00Z', 2, 0, 'America/New_York'),
  )
  assert.deepEqual(ran, ['2027-03-14T07:00', '2027-03-15T06:30'])
  assert.deepEqual(left, ['2027-03-15T06:30', '2027-03-16T06:30'])
})

test('a schedule that always falls into quiet hours never comes, and that is soon said', () => {
  const coming = (cron: string, from: string, to: string): number[] =>
    comingTimes(
      { cron },
      { ...usualOptions, quiet: { from, to } },
      'Europe/Berlin',
      at('2026-11-23T20:30Z'),
      3,
    )
  assert.deepEqual(coming('0 3 * * *', '22:00', '07:00'), [])
  assert.deepEqual(coming('0 3 29 2 *', '22:00', '07:00'), [])
  // More due times than are looked at lie in one night.
  assert.equal(coming('* * * * *', '21:00', '20:59').length, 3)
})
