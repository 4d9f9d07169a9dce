import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatTime, restate, type Restatement } from '../../src/tasks/restate.ts'
import { usualOptions, type Missed, type Options, type Schedule } from '../../src/task.ts'
import type { OptionProblem } from '../../src/tasks/valid-options.ts'
import { openZone } from '../../src/tasks/wall-time.ts'
import { findWhen, readWhen } from '../../src/tasks/when/when.ts'
import { optionsWords } from '../../src/words-options.ts'

const nowMs = Date.parse('2026-11-21T10:00:00Z')
const plainly = (schedule: Schedule, zone: string, language: 'en' | 'zh', most?: number): Restatement =>
  restate(schedule, usualOptions, zone, nowMs, language, most)
const inBerlin = (schedule: Schedule): string => plainly(schedule, 'Europe/Berlin', 'en').words
const inShanghai = (schedule: Schedule): string => plainly(schedule, 'Asia/Shanghai', 'zh').words

test('the next three times are told as the clocks of the zone show them', () => {
  const days = ['2026-11-23', '2026-11-24', '2026-11-25']
  assert.deepEqual(plainly({ cron: '0 9 * * 1-5' }, 'Europe/Berlin', 'en'), {
    nextMs: days.map((day) => Date.parse(`${day}T09:00:00+01:00`)),
    words: 'Monday to Friday at 09:00 (Europe/Berlin)',
    next: ['Mon 23 Nov 2026, 09:00', 'Tue 24 Nov 2026, 09:00', 'Wed 25 Nov 2026, 09:00'],
  })
  assert.deepEqual(plainly({ cron: '0 9 * * 1-5' }, 'Asia/Shanghai', 'zh'), {
    nextMs: days.map((day) => Date.parse(`${day}T09:00:00+08:00`)),
    words: '每周一至周五 09:00（Asia/Shanghai）',
    next: ['2026年11月23日 星期一 09:00', '2026年11月24日 星期二 09:00', '2026年11月25日 星期三 09:00'],
  })
  assert.equal(formatTime(Date.parse('2026-09-06T22:05:00Z'), 'UTC', 'en'), 'Sun 6 Sep 2026, 22:05')
})

test('what people ask for most is told in plain English', () => {
  assert.equal(inBerlin({ cron: '0 8,18 * * *' }), 'every day at 08:00 and 18:00 (Europe/Berlin)')
  assert.equal(
    inBerlin({ cron: '30 7 * * 1,3,5' }),
    'every Monday, Wednesday and Friday at 07:30 (Europe/Berlin)',
  )
  assert.equal(inBerlin({ cron: '0 9 * * sun,SAT' }), 'every Saturday and Sunday at 09:00 (Europe/Berlin)')
  assert.equal(inBerlin({ cron: '0 9 1 * *' }), 'on day 1 of every month at 09:00 (Europe/Berlin)')
  assert.equal(inBerlin({ cron: '0 9 L * *' }), 'on the last day of every month at 09:00 (Europe/Berlin)')
  assert.equal(inBerlin({ cron: '*/15 * * * *' }), 'every 15 minutes (Europe/Berlin)')
  assert.equal(inBerlin({ everyMs: 7_200_000 }), 'every 2 hours (Europe/Berlin)')
  assert.equal(inBerlin({ everyMs: 3_600_000 }), 'every hour (Europe/Berlin)')
  assert.equal(inBerlin({ everyMs: 90 * 60_000 }), 'every 90 minutes (Europe/Berlin)')
  assert.equal(
    inBerlin({ everyMs: 2 * 86_400_000, from: '2026-11-20T09:00:00+01:00' }),
    'every 2 days at 09:00 (Europe/Berlin)',
  )
  assert.equal(inBerlin({ at: '2026-11-23T09:00:00+01:00' }), 'once, Mon 23 Nov 2026, 09:00 (Europe/Berlin)')
})

test('what people ask for most is told in plain Chinese', () => {
  assert.equal(inShanghai({ cron: '0 8,18 * * *' }), '每天 08:00、18:00（Asia/Shanghai）')
  assert.equal(inShanghai({ cron: '0 9 * * 0,6' }), '每周六、周日 09:00（Asia/Shanghai）')
  assert.equal(inShanghai({ cron: '0 9 1,15 * *' }), '每月1日、15日 09:00（Asia/Shanghai）')
  assert.equal(inShanghai({ everyMs: 7_200_000 }), '每 2 小时（Asia/Shanghai）')
  assert.equal(inShanghai({ everyMs: 86_400_000 }), '每天（Asia/Shanghai）')
  assert.equal(inShanghai({ cron: '*/15 * * * *' }), '每隔 15 分钟（Asia/Shanghai）')
  assert.equal(
    inShanghai({ at: '2026-11-23T09:00:00+08:00' }),
    '一次，2026年11月23日 星期一 09:00（Asia/Shanghai）',
  )
})

test('a day of the month and a weekday together are told as an OR', () => {
  assert.equal(
    inBerlin({ cron: '0 9 1,15 * 1' }),
    'on days 1 and 15 of every month, and also every Monday, at 09:00 (Europe/Berlin)',
  )
  assert.equal(inShanghai({ cron: '0 9 1,15 * 1' }), '每月1日、15日，以及每周一 09:00（Asia/Shanghai）')
  assert.match(inBerlin({ cron: '0 9 */2 * 1' }), /; and also: /u)
  assert.match(inShanghai({ cron: '0 9 */2 * 1' }), /；以及：/u)
})

test('a schedule that never comes has no next times, and one that ends has fewer', () => {
  assert.deepEqual(plainly({ cron: '0 0 30 2 *' }, 'UTC', 'en').next, [])
  assert.equal(plainly({ at: '2026-11-23T09:00:00Z' }, 'UTC', 'en').next.length, 1)
  assert.deepEqual(plainly({ cron: '0 9 * * *' }, 'UTC', 'en', 0).next, [])
})

test('whatever is valid can be said', () => {
  for (const cron of [
    '0 9 LW * *',
    '0 9 1W * *',
    '0 9 * * 5L',
    '0 9 * * 1#L',
    '7 3-5/2 1-10 jan,jul *',
    '0 9 * * mon-fri/2',
  ]) {
    for (const language of ['en', 'zh'] as const) {
      assert.ok(plainly({ cron }, 'UTC', language).words.length > 5, cron)
    }
  }
})

/** A schedule with options, as it is told after its zone. */
function told(options: Partial<Options>, language: 'en' | 'zh', zone = 'Europe/Berlin'): string {
  const cron = { cron: '0 9 * * *' }
  const { words } = restate(cron, { ...usualOptions, ...options }, zone, nowMs, language, 0)
  return words.replace(/^.*?[)）]/u, '')
}

const hourMs = 3_600_000

test('each option that is not the usual one is told in both languages, the usual ones are not', () => {
  const cases: readonly (readonly [Partial<Options>, english: string, chinese: string])[] = [
    [{}, '', ''],
    [{ ...usualOptions, missed: { kind: 'once', maxAgeMs: 24 * hourMs } }, '', ''],
    [{ until: '2026-12-31T22:59:59.999Z' }, '; until Thu 31 Dec 2026', '；直到2026年12月31日 星期四'],
    [
      { until: '2026-12-31T17:00:00.000Z' },
      '; until Thu 31 Dec 2026, 18:00',
      '；直到2026年12月31日 星期四 18:00',
    ],
    [
      { until: '2026-12-31T18:00:00+01:00' },
      '; until Thu 31 Dec 2026, 18:00',
      '；直到2026年12月31日 星期四 18:00',
    ],
    [{ count: 10 }, '; 10 times', '；共10次'],
    [{ count: 1 }, '; 1 time', '；共1次'],
    [{ quiet: { from: '22:00', to: '07:00' } }, '; not between 22:00 and 07:00', '；免打扰22:00-07:00'],
    [{ missed: { kind: 'skip' } }, '; missed: skip', '；错过：跳过'],
    [
      { missed: { kind: 'once', maxAgeMs: 90 * 60_000 } },
      '; missed: once, not older than 1 hour 30 minutes',
      '；错过：补一次，不超过1小时30分钟',
    ],
    [
      { missed: { kind: 'all', most: 5, maxAgeMs: 48 * hourMs } },
      '; missed: all, at most 5, not older than 2 days',
      '；错过：全部补，最多5次，不超过2天',
    ],
    [{ overlap: 'skip' }, '; overlap: skip', '；重叠：跳过'],
    [{ overlap: 'replace' }, '; overlap: replace', '；重叠：替换'],
    [{ dstGap: 'skip' }, '; dst_gap: skip', '；夏令时空档：跳过'],
    [{ jitterMs: 300_000 }, '; jitter 5 minutes', '；随机延后5分钟'],
  ]
  for (const [options, english, chinese] of cases) {
    assert.equal(told(options, 'en'), english)
    assert.equal(told(options, 'zh'), chinese)
  }
  assert.equal(
    restate(
      { cron: '0 * * * *' },
      {
        ...usualOptions,
        until: '2026-12-31T22:59:59.999Z',
        count: 10,
        quiet: { from: '22:00', to: '07:00' },
        missed: { kind: 'all', most: 5, maxAgeMs: 48 * hourMs },
      },
      'Europe/Berlin',
      nowMs,
      'en',
    ).words,
    'every hour (Europe/Berlin); until Thu 31 Dec 2026; 10 times; not between 22:00 and 07:00; missed: all, at most 5, not older than 2 days',
  )
})

test('an end that a date and a time would not name for sure is told in ISO 8601', () => {
  // At 02:30 on that day the clocks of Berlin show 02:30 for the second time.
  assert.equal(told({ until: '2027-10-31T01:30:00.000Z' }, 'en'), '; until 2027-10-31T01:30:00.000Z')
  assert.equal(told({ until: '2027-10-31T00:30:00.000Z' }, 'en'), '; until Sun 31 Oct 2027, 02:30')
  assert.equal(told({ until: '2026-12-31T17:00:30.500Z' }, 'zh'), '；直到2026-12-31T17:00:30.500Z')
})

test('the next times are those at which it would run', () => {
  const options: Options = { ...usualOptions, quiet: { from: '11:30', to: '07:00' }, count: 21 }
  assert.deepEqual(restate({ cron: '0 * * * *' }, options, 'Europe/Berlin', nowMs, 'en').next, [
    'Sun 22 Nov 2026, 07:00',
    'Sun 22 Nov 2026, 08:00',
  ])
  const until: Options = { ...usualOptions, until: '2026-11-21T11:30:00.000Z' }
  assert.deepEqual(restate({ cron: '0 * * * *' }, until, 'UTC', nowMs, 'zh').next, [
    '2026年11月21日 星期六 11:00',
  ])
})

const seconds = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max }).map((s) => s * 1_000)
const missed: fc.Arbitrary<Missed> = fc.oneof(
  fc.constant<Missed>({ kind: 'skip' }),
  seconds(40 * 86_400).map((maxAgeMs): Missed => ({ kind: 'once', maxAgeMs })),
  fc
    .record({ most: fc.integer({ min: 1, max: 1_000 }), maxAgeMs: seconds(40 * 86_400) })
    .map((all): Missed => ({ kind: 'all', ...all })),
)
const minute = fc.nat(24 * 60 - 1)
const wall = (m: number): string =>
  `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`
const quiet = fc
  .tuple(minute, minute)
  .filter(([from, to]) => from !== to)
  .map(([from, to]) => ({ from: wall(from), to: wall(to) }))
const zones = fc.constantFrom(
  'Europe/Berlin',
  'Asia/Shanghai',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Asia/Beirut',
  'UTC',
)
/** Ends of dates, whole minutes and any instants. */
const until = (zone: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.integer({ min: Date.parse('2026-01-01'), max: Date.parse('2037-12-31') }),
      fc.constantFrom('date', 'minute', 'any'),
    )
    .map(([ms, kind]) => {
      const dayMs = 86_400_000
      const endOfDate = openZone(zone).firstInstantOf(Math.floor(ms / dayMs) * dayMs) - 1
      const whole = Math.floor(ms / 60_000) * 60_000
      return new Date(kind === 'date' ? endOfDate : kind === 'minute' ? whole : ms).toISOString()
    })
const orNull = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 3, arbitrary: some })
const cases = zones.chain((zone) =>
  fc.record({
    zone: fc.constant(zone),
    nowMs: fc.integer({ min: Date.parse('2026-01-01'), max: Date.parse('2037-12-31') }),
    options: fc.record({
      missed,
      overlap: fc.constantFrom('skip', 'queue', 'replace'),
      dstGap: fc.constantFrom('run', 'skip'),
      jitterMs: fc.oneof(fc.constant(0), seconds(100_000)),
      quiet: orNull(quiet),
      until: orNull(until(zone)),
      count: orNull(fc.integer({ min: 1, max: 99_999 })),
    }),
  }),
)

test('the words that are told are read back to the same schedule and the same options, in both languages', () => {
  const schedules: readonly Schedule[] = [
    { cron: '0 9 * * *' },
    { cron: '30 7 * * 1,3,5' },
    { cron: '0 8,18 * * *' },
    { everyMs: 2 * hourMs },
    { everyMs: 90 * 60_000 },
  ]
  fc.assert(
    fc.property(cases, fc.constantFrom(...schedules), (one, schedule) => {
      const moment = { nowMs: one.nowMs, zone: one.zone }
      for (const language of ['en', 'zh'] as const) {
        const { words } = restate(schedule, one.options, one.zone, one.nowMs, language, 0)
        const read = readWhen(words, moment)
        assert.deepEqual(read?.schedule, schedule, words)
        assert.deepEqual({ ...usualOptions, ...read.options }, { ...one.options }, words)
        const found = findWhen(language === 'en' ? `${words}, please` : `${words}，谢谢`, moment)
        assert.deepEqual(found?.options, read.options, words)
      }
    }),
    { numRuns: 400 },
  )
})

test('words that say something else are read to something else', () => {
  const options: Options = {
    ...usualOptions,
    quiet: { from: '22:00', to: '07:00' },
    count: 5,
    jitterMs: 60_000,
  }
  const moment = { nowMs, zone: 'Europe/Berlin' }
  for (const language of ['en', 'zh'] as const) {
    const { words } = restate({ cron: '0 9 * * *' }, options, moment.zone, nowMs, language, 0)
    const read = (text: string): unknown => readWhen(text, moment)?.options
    const said = { quiet: options.quiet, count: 5, jitterMs: 60_000 }
    assert.deepEqual(read(words), said)
    for (const other of [
      words.replace('5', '6'),
      words.replace('22:00', '21:00'),
      words.replace(/[;；][^;；]*$/u, ''),
    ]) {
      assert.notDeepEqual(read(other), undefined, other)
      assert.notDeepEqual(read(other), said, other)
    }
    assert.equal(read(words.replace('Europe/Berlin', 'Asia/Shanghai')), undefined)
  }
})

test('beside a cron line the words of the options are read to the same options, too', () => {
  fc.assert(
    fc.property(cases, (one) => {
      for (const language of ['en', 'zh'] as const) {
        const { words } = restate({ cron: '0 9 * * *' }, one.options, one.zone, one.nowMs, language, 0)
        const line = words.replace(/^.*?[)）]/u, '*/15 8-18 * * 1-5')
        const read = readWhen(line, { nowMs: one.nowMs, zone: one.zone })
        assert.deepEqual(read?.schedule, { cron: '*/15 8-18 * * 1-5' }, line)
        assert.deepEqual({ ...usualOptions, ...read.options }, { ...one.options }, line)
      }
    }),
    { numRuns: 300 },
  )
})

test('each problem of the options has its words in both languages', () => {
  for (const language of ['en', 'zh'] as const) {
    const problems: Readonly<Record<OptionProblem, string>> = optionsWords[language].problems
    for (const words of Object.values(problems)) assert.ok(words.length > 10)
  }
})
