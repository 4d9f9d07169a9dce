import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cron } from 'croner'
import * as fc from 'fast-check'
import { usualOptions, type Options, type Schedule } from '../../src/task.ts'
import { dueUpTo, isInGap, nextDue, validSchedule } from '../../src/tasks/schedule.ts'
import { validOptions } from '../../src/tasks/valid-options.ts'

const at = (text: string): number => Date.parse(text)
const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** The next `n` due times after `after`, in UTC. */
function nextTimes(schedule: Schedule, zone: string, after: string, n: number): string[] {
  const times: string[] = []
  let ms: number | null = at(after)
  while (times.length < n) {
    ms = nextDue(schedule, zone, ms)
    if (ms === null) break
    times.push(new Date(ms).toISOString().slice(0, 16))
  }
  return times
}

test('a fixed time is due strictly after the given instant', () => {
  const daily = { cron: '0 9 * * *' }
  assert.equal(nextDue(daily, 'Europe/Berlin', at('2026-11-23T07:59:59.999Z')), at('2026-11-23T08:00Z'))
  assert.equal(nextDue(daily, 'Europe/Berlin', at('2026-11-23T08:00Z')), at('2026-11-24T08:00Z'))
})

test('day of month and day of week mean OR, as in crontab(5)', () => {
  assert.deepEqual(nextTimes({ cron: '0 9 1,15 * 1' }, 'UTC', '2026-11-21T10:00Z', 4), [
    '2026-11-23T09:00',
    '2026-11-30T09:00',
    '2026-12-01T09:00',
    '2026-12-07T09:00',
  ])
})

test('a time in the spring gap comes once, at the end of the gap', () => {
  assert.deepEqual(nextTimes({ cron: '30 2 * * *' }, 'America/New_York', '2027-03-12T12:00Z', 3), [
    '2027-03-13T07:30',
    '2027-03-14T07:00',
    '2027-03-15T06:30',
  ])
  assert.deepEqual(nextTimes({ cron: '0,30 2 * * *' }, 'America/New_York', '2027-03-14T05:00Z', 2), [
    '2027-03-14T07:00',
    '2027-03-15T06:00',
  ])
})

test('a time in a gap that ends at midnight is not lost, where croner loses it', () => {
  const after = '2027-03-27T12:00Z'
  assert.deepEqual(nextTimes({ cron: '30 23 * * *' }, 'America/Nuuk', after, 2), [
    '2027-03-28T01:00',
    '2027-03-29T00:30',
  ])
  const alone = new Cron('30 23 * * *', { timezone: 'America/Nuuk' }).nextRun(new Date(after))
  assert.equal(alone?.toISOString().slice(0, 16), '2027-03-29T00:30')
})

test('a time in the repeated hour comes once, the first time, also when asked from inside that hour', () => {
  const nightly = { cron: '30 1 * * *' }
  assert.deepEqual(nextTimes(nightly, 'America/New_York', '2027-11-06T12:00Z', 2), [
    '2027-11-07T05:30',
    '2027-11-08T06:30',
  ])
  assert.equal(nextDue(nightly, 'America/New_York', at('2027-11-07T06:15Z')), at('2027-11-08T06:30Z'))
})

test('every quarter of an hour never pauses over a change of the clocks', () => {
  for (const start of ['2027-03-14T03:00Z', '2027-11-07T03:00Z']) {
    const expected = Array.from({ length: 40 }, (_, i) =>
      new Date(at(start) + (i + 1) * 15 * minuteMs).toISOString().slice(0, 16),
    )
    assert.deepEqual(nextTimes({ cron: '*/15 * * * *' }, 'America/New_York', start, 40), expected)
  }
})

test('every so many days keeps its local time of day over a change of the clocks', () => {
  const daily = { everyMs: dayMs, from: '2027-03-12T09:00:00-05:00' }
  assert.deepEqual(nextTimes(daily, 'America/New_York', '2027-03-11T00:00Z', 4), [
    '2027-03-12T14:00',
    '2027-03-13T14:00',
    '2027-03-14T13:00',
    '2027-03-15T13:00',
  ])
})

test('every so many hours counts real time from its beginning', () => {
  const schedule = { everyMs: 2 * hourMs, from: '2027-03-14T05:30:00Z' }
  assert.deepEqual(nextTimes(schedule, 'America/New_York', '2027-03-14T05:30Z', 2), [
    '2027-03-14T07:30',
    '2027-03-14T09:30',
  ])
  assert.equal(nextDue(schedule, 'UTC', 0), at('2027-03-14T05:30Z'))
})

test('one instant is due until it has passed', () => {
  const once = { at: '2026-11-23T09:00:00+01:00' }
  assert.equal(nextDue(once, 'UTC', at('2026-11-23T07:59Z')), at('2026-11-23T08:00Z'))
  assert.equal(nextDue(once, 'UTC', at('2026-11-23T08:00Z')), null)
})

test('a date that never comes is told so, quickly', () => {
  const startMs = performance.now()
  assert.equal(nextDue({ cron: '0 0 30 2 *' }, 'Europe/Berlin', at('2026-11-21T00:00Z')), null)
  assert.ok(performance.now() - startMs < 5_000)
  assert.equal(nextDue({ cron: '0 0 29 2 *' }, 'UTC', at('2026-11-21T00:00Z')), at('2028-02-29T00:00Z'))
})

test('what has come due is listed oldest first, from the first on', () => {
  const due = dueUpTo({ cron: '0 9 * * *' }, 'UTC', at('2026-11-20T09:00Z'), at('2026-11-22T09:00Z'), 10)
  assert.deepEqual(due, {
    slots: [at('2026-11-20T09:00Z'), at('2026-11-21T09:00Z'), at('2026-11-22T09:00Z')],
    dropped: 0,
  })
  assert.deepEqual(
    dueUpTo({ at: '2026-11-20T09:00:00Z' }, 'UTC', at('2026-11-20T09:00Z'), at('2027-01-01T00:00Z'), 10),
    {
      slots: [at('2026-11-20T09:00Z')],
      dropped: 0,
    },
  )
  assert.deepEqual(dueUpTo({ cron: '0 9 * * *' }, 'UTC', 2_000, 1_000, 10), { slots: [], dropped: 0 })
})

test('a promised due time stays due where the schedule would no longer give it', () => {
  const due = dueUpTo({ cron: '0 9 * * *' }, 'UTC', at('2026-11-20T09:17Z'), at('2026-11-21T10:00Z'), 10)
  assert.deepEqual(due.slots, [at('2026-11-20T09:17Z'), at('2026-11-21T09:00Z')])
})

test('a long pause costs milliseconds and every due time is counted', () => {
  const nowMs = at('2027-11-21T00:00Z')
  const startMs = performance.now()
  const year = dueUpTo({ cron: '* * * * *' }, 'America/New_York', nowMs - 365 * dayMs, nowMs, 100)
  assert.equal(year.slots.length, 100)
  assert.equal(year.slots.at(-1), nowMs)
  assert.equal(year.slots.length + year.dropped, 365 * 24 * 60 + 1)
  const century = dueUpTo({ everyMs: minuteMs, from: new Date(0).toISOString() }, 'UTC', 0, nowMs, 100)
  assert.equal(century.slots.length + century.dropped, nowMs / minuteMs + 1)
  assert.equal(century.slots.at(-1), nowMs)
  assert.ok(performance.now() - startMs < 15_000)
})

test('what is due up to now is what asking for the next one again and again gives', () => {
  const schedule = fc.constantFrom<Schedule>(
    { cron: '*/20 * * * *' },
    { cron: '30 1,2 * * *' },
    { cron: '0 9 1,15 * 1' },
    { everyMs: 90 * minuteMs, from: '2027-03-01T00:00:00Z' },
    { everyMs: 2 * dayMs, from: '2027-03-01T07:30:00Z' },
  )
  const zone = fc.constantFrom('America/New_York', 'America/Nuuk', 'Australia/Lord_Howe', 'Asia/Shanghai')
  const startMs = fc.integer({ min: at('2027-03-10T00:00Z'), max: at('2027-11-10T00:00Z') })
  fc.assert(
    fc.property(
      schedule,
      zone,
      startMs,
      fc.integer({ min: 0, max: 4 * dayMs }),
      (one, where, start, lengthMs) => {
        const fromMs = nextDue(one, where, start) ?? 0
        const nowMs = fromMs + lengthMs
        const slots = [fromMs]
        for (let ms = nextDue(one, where, fromMs); ms !== null && ms <= nowMs; ms = nextDue(one, where, ms))
          slots.push(ms)
        assert.deepEqual(dueUpTo(one, where, fromMs, nowMs, 1_000), { slots, dropped: 0 })
        const few = dueUpTo(one, where, fromMs, nowMs, 3)
        assert.deepEqual(few, { slots: slots.slice(-3), dropped: Math.max(0, slots.length - 3) })
      },
    ),
    { numRuns: 60 },
  )
})

test('an unsound schedule is refused in words', () => {
  const sound: Schedule[] = [
    { cron: '0 9 * * 1-5' },
    { cron: '0 9 L * *' },
    { at: '2026-11-23T09:00:00+01:00' },
    { everyMs: minuteMs },
  ]
  for (const schedule of sound) assert.equal(validSchedule(schedule, 'Europe/Berlin'), undefined)
  const unsound: Schedule[] = [
    { cron: '@daily' },
    { cron: '* * * * * *' },
    { cron: '61 * * * *' },
    { cron: '0 9 1 * +1' },
    { cron: '' },
    { at: '2026-11-23' },
    { at: '2026-11-23T09:00:00' },
    { at: '2026-13-23T09:00:00Z' },
    { everyMs: minuteMs - 1 },
    { everyMs: Number.NaN },
    { everyMs: hourMs, from: 'soon' },
  ]
  for (const schedule of unsound) assert.ok(validSchedule(schedule, 'UTC'), JSON.stringify(schedule))
  assert.match(validSchedule({ cron: '0 9 * * *' }, 'Mars/Olympus') ?? '', /Mars\/Olympus/u)
  assert.match(validSchedule({ everyMs: 1 }, 'UTC', 'zh') ?? '', /每分钟/u)
})

test('nothing is due after the end of a schedule, its last instant is', () => {
  const daily = { cron: '0 9 * * *' }
  const until = '2026-11-22T10:00:00+01:00'
  assert.equal(nextDue(daily, 'UTC', at('2026-11-21T09:00Z'), until), at('2026-11-22T09:00Z'))
  assert.equal(nextDue(daily, 'UTC', at('2026-11-22T09:00Z'), until), null)
  assert.equal(nextDue(daily, 'UTC', at('2026-11-21T09:00Z'), '2026-11-22T09:59:59+01:00'), null)
  const due = dueUpTo(daily, 'UTC', at('2026-11-20T09:00Z'), at('2026-12-24T00:00Z'), 2, until)
  assert.deepEqual(due, { slots: [at('2026-11-21T09:00Z'), at('2026-11-22T09:00Z')], dropped: 1 })
  const none = { slots: [], dropped: 0 }
  assert.deepEqual(dueUpTo(daily, 'UTC', at('2026-11-23T09:00Z'), at('2026-12-24T00:00Z'), 2, until), none)
  const hours = { everyMs: hourMs, from: '2026-11-22T05:00:00Z' }
  assert.equal(nextDue(hours, 'UTC', at('2026-11-22T08:30Z'), until), at('2026-11-22T09:00Z'))
  assert.equal(nextDue(hours, 'UTC', at('2026-11-22T09:00Z'), until), null)
  assert.throws(() => nextDue(daily, 'UTC', 0, 'some day'), RangeError)
})

test('a time that the clocks left out is known as such, one that they show is not', () => {
  const gapEnd = at('2027-03-14T07:00Z')
  const isGap = (schedule: Schedule, dueMs = gapEnd): boolean => isInGap(schedule, 'America/New_York', dueMs)
  assert.ok(isGap({ cron: '30 2 * * *' }))
  assert.ok(isGap({ cron: '0,30 2 * * *' }))
  assert.ok(isGap({ everyMs: dayMs, from: '2027-03-01T02:30:00-05:00' }))
  assert.ok(isGap({ everyMs: 7 * dayMs, from: '2027-02-28T02:30:00-05:00' }))
  // 3:00 is a time of its own there.
  assert.ok(!isGap({ cron: '30 2,3 * * *' }, at('2027-03-14T07:30Z')))
  assert.ok(!isGap({ cron: '0 2,3 * * *' }))
  assert.ok(!isGap({ cron: '0 3 * * *' }))
  assert.ok(!isGap({ everyMs: dayMs, from: '2027-03-01T03:00:00-05:00' }))
  // The schedule has no time on that date, or none in the gap, or goes by real time.
  assert.ok(!isGap({ cron: '30 2 * * 1' }))
  assert.ok(!isGap({ everyMs: 2 * dayMs, from: '2027-03-13T02:30:00-05:00' }))
  assert.ok(!isGap({ cron: '30 4 * * *' }))
  assert.ok(!isGap({ cron: '*/15 * * * *' }))
  assert.ok(!isGap({ everyMs: hourMs, from: '2027-03-01T00:00:00Z' }))
  assert.ok(!isGap({ at: '2027-03-14T03:00:00-04:00' }))
  assert.ok(!isGap({ cron: '30 2 * * *' }, at('2027-03-15T06:30Z')))
  // A gap that ends at midnight moves it to the next date.
  assert.ok(isInGap({ cron: '30 23 * * 6' }, 'America/Nuuk', at('2027-03-28T01:00Z')))
  assert.ok(!isInGap({ cron: '0,30 0,23 * * *' }, 'America/Nuuk', at('2027-03-28T01:00Z')))
})

test('the dates of a cron line are those that croner finds', () => {
  const field = (min: number, max: number): fc.Arbitrary<string> => {
    const number = fc.integer({ min, max })
    return fc.oneof(
      { weight: 3, arbitrary: fc.constant('*') },
      number.map(String),
      fc.tuple(number, number).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      fc.array(number, { minLength: 2, maxLength: 3 }).map((list) => list.join(',')),
      fc.integer({ min: 2, max: 6 }).map((step) => `*/${step}`),
    )
  }
  const weekday = fc.oneof(field(0, 7), fc.constantFrom('mon-fri', 'SUN', '5#2', '1L', '?'))
  const day = fc.oneof(field(1, 31), fc.constantFrom('L', '15W', '?'))
  fc.assert(
    fc.property(day, field(1, 12), weekday, fc.integer({ min: 0, max: 6_000 }), (d, m, w, days) => {
      const cron = `0 12 ${d} ${m} ${w}`
      const reckoned = new Cron(cron, { timezone: 'UTC', mode: '5-part' })
      let ms: number | null = at('2026-01-01T00:00Z') + days * dayMs
      for (let i = 0; i < 5 && ms !== null; i++) {
        const expected: number | null = reckoned.nextRun(new Date(ms))?.getTime() ?? null
        ms = nextDue({ cron }, 'UTC', ms)
        assert.equal(ms, expected, cron)
      }
    }),
    { numRuns: 300 },
  )
})

test('unsound options are told apart', () => {
  const problem = (
    options: Partial<Options>,
    schedule: Schedule = { cron: '0 9 * * *' },
  ): string | undefined => validOptions({ ...usualOptions, ...options }, schedule)
  const sound: Partial<Options>[] = [
    {},
    { quiet: { from: '22:00', to: '7:00' } },
    { until: '2026-12-31T23:59:59.999+01:00', count: 1 },
    { jitterMs: dayMs - 1 },
    { missed: { kind: 'all', most: 1_000, maxAgeMs: 1 } },
    { missed: { kind: 'skip' } },
  ]
  for (const options of sound) assert.equal(problem(options), undefined, JSON.stringify(options))
  const unsound: [string, Partial<Options>][] = [
    ['badQuiet', { quiet: { from: '22:00', to: '24:00' } }],
    ['badQuiet', { quiet: { from: '22', to: '07:00' } }],
    ['badQuiet', { quiet: { from: '7:00', to: '07:00' } }],
    ['badUntil', { until: '2026-12-31' }],
    ['badUntil', { until: '2026-13-31T00:00:00Z' }],
    ['badCount', { count: 0 }],
    ['badCount', { count: 1.5 }],
    ['badJitter', { jitterMs: -1 }],
    ['badJitter', { jitterMs: dayMs }],
    ['badJitter', { jitterMs: Number.NaN }],
    ['badMissed', { missed: { kind: 'once', maxAgeMs: 0 } }],
    ['badMissed', { missed: { kind: 'all', most: 0, maxAgeMs: dayMs } }],
    ['badMissed', { missed: { kind: 'all', most: 1_001, maxAgeMs: dayMs } }],
    ['badMissed', { missed: { kind: 'all', most: 5, maxAgeMs: Number.NaN } }],
  ]
  for (const [expected, options] of unsound) assert.equal(problem(options), expected, JSON.stringify(options))
  assert.equal(problem({ jitterMs: 5 * minuteMs }, { cron: '0,5 9 * * *' }), 'badJitter')
  assert.equal(problem({ jitterMs: 5 * minuteMs - 1 }, { cron: '0,5 9 * * *' }), undefined)
  assert.equal(problem({ jitterMs: 6 * dayMs }, { cron: '0 9 * * 1' }), undefined)
  assert.equal(problem({ jitterMs: hourMs }, { everyMs: hourMs }), 'badJitter')
  assert.equal(problem({ jitterMs: hourMs }, { at: '2026-11-23T09:00:00Z' }), undefined)
})

/** The changes of the clocks of 2027 in a zone: when, and by how much. */
function changesOf(zone: string): { atMs: number; byMs: number }[] {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  const offset = (ms: number): number => {
    const [, sign, hours, minutes] = /GMT(?:([+-])(\d\d):(\d\d))?/u.exec(format.format(ms)) ?? []
    return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * minuteMs
  }
  const changes: { atMs: number; byMs: number }[] = []
  for (let day = at('2027-01-01T00:00Z'); day < at('2028-01-01T00:00Z'); day += dayMs) {
    if (offset(day) === offset(day + dayMs)) continue
    let [early, late] = [day, day + dayMs]
    while (late - early > minuteMs) {
      const middle = early + Math.floor((late - early) / 2 / minuteMs) * minuteMs
      if (offset(middle) === offset(late)) late = middle
      else early = middle
    }
    changes.push({ atMs: late, byMs: offset(late) - offset(early) })
  }
  return changes
}

test('in every zone of the world a daily time in a gap or a repeated hour comes once on each date', () => {
  let [gaps, overlaps] = [0, 0]
  const steadied = new Set<string>()
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    for (const { atMs, byMs } of changesOf(zone)) {
      const clock = new Intl.DateTimeFormat('en-GB', {
        timeZone: zone,
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      })
      const [hour = 0, minute = 0] = clock
        .format(atMs - minuteMs)
        .split(':')
        .map(Number)
      // The last minute before the change, moved into the gap, or as it is: the last of the repeated hour.
      const wall = (hour * 60 + minute + (byMs > 0 ? byMs / minuteMs / 2 : 0)) % (24 * 60)
      const daily = { cron: `${wall % 60} ${Math.floor(wall / 60)} * * *` }
      if (byMs > 0) gaps++
      else overlaps++

      const slots: number[] = []
      for (
        let ms = nextDue(daily, zone, atMs - 3 * dayMs);
        ms !== null && slots.length < 6;
        ms = nextDue(daily, zone, ms)
      )
        slots.push(ms)
      const near = slots.filter((ms) => Math.abs(ms - atMs) < 12 * hourMs)
      const why = `${zone} ${daily.cron} ${new Date(atMs).toISOString()}`
      for (const [i, ms] of slots.entries()) {
        const stepMs = ms - (slots[i - 1] ?? ms - dayMs)
        assert.ok(Math.abs(stepMs - dayMs) <= Math.abs(byMs), `${why}: a step of ${stepMs / hourMs} h`)
      }
      if (byMs > 0) {
        assert.deepEqual(near, [atMs], `${why}: at the end of the gap`)
      } else {
        assert.deepEqual(near, [atMs - minuteMs], `${why}: the first of the two`)
        const inside = atMs + Math.floor(-byMs / 2)
        assert.ok((nextDue(daily, zone, inside) ?? 0) - inside > 12 * hourMs, `${why}: again after a restart`)
      }
      // The same change in a neighbouring zone teaches nothing new here.
      if (steadied.has(`${atMs}/${byMs}`)) continue
      steadied.add(`${atMs}/${byMs}`)
      let last = atMs - 2 * hourMs
      for (let i = 0; i < 16; i++) {
        const next = nextDue({ cron: '*/15 * * * *' }, zone, last) ?? 0
        assert.ok(
          next > last && next - last <= 15 * minuteMs,
          `${why}: a pause of ${(next - last) / minuteMs} min`,
        )
        last = next
      }
    }
  }
  assert.ok(gaps > 100 && overlaps > 100, `only ${gaps} gaps and ${overlaps} repeated hours were looked at`)
})
