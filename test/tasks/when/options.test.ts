import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Moment } from '../../../src/command.ts'
import type { Options, Schedule } from '../../../src/task.ts'
import { findWhen, readWhen } from '../../../src/tasks/when/when.ts'

// A Sunday.
const berlin: Moment = { nowMs: Date.parse('2026-11-22T10:00:00Z'), zone: 'Europe/Berlin' }

/** The end of a date in Berlin's winter, and a time of day then. */
const endOf = (date: string): string => new Date(Date.parse(`${date}T23:59:59.999+01:00`)).toISOString()
const at = (date: string, time: string): string => new Date(Date.parse(`${date}T${time}+01:00`)).toISOString()

const daily: Schedule = { cron: '0 9 * * *' }
const hourly: Schedule = { everyMs: 3_600_000 }
const night = { quiet: { from: '22:00', to: '07:00' } } as const
const hourMs = 3_600_000
const usualAll = { missed: { kind: 'all', most: 10, maxAgeMs: 24 * hourMs } } as const

type Table = readonly (readonly [said: string, schedule: Schedule, options: Partial<Options>])[]

const english: Table = [
  ['every day at 9 until 31 December', daily, { until: endOf('2026-12-31') }],
  ['every day at 9 until 31 December 2027', daily, { until: endOf('2027-12-31') }],
  ['every day at 9, until Dec 5', daily, { until: endOf('2026-12-05') }],
  ['every day at 9 until Friday', daily, { until: endOf('2026-11-27') }],
  ['every day at 9 until Sunday', daily, { until: endOf('2026-11-29') }],
  ['every day at 9 till next Friday', daily, { until: endOf('2026-11-27') }],
  ['every day at 9 through 5 December', daily, { until: endOf('2026-12-05') }],
  ['every day at 9 until tomorrow', daily, { until: endOf('2026-11-23') }],
  ['every day at 9 until the 15th', daily, { until: endOf('2026-12-15') }],
  ['every day at 9 until the end of the month', daily, { until: endOf('2026-11-30') }],
  ['every day at 9 until the end of the year', daily, { until: endOf('2026-12-31') }],
  ['every day at 9, until 2026-12-31 18:00', daily, { until: at('2026-12-31', '18:00') }],
  ['every day at 9; until 2026-12-31T18:00:00+08:00', daily, { until: '2026-12-31T10:00:00.000Z' }],
  ['every day at 9 until Friday at 18:00', daily, { until: at('2026-11-27', '18:00') }],
  ['every day at 9 ending on December 5, 2026', daily, { until: endOf('2026-12-05') }],
  ['every day at 9 until 5.12.2026', daily, { until: endOf('2026-12-05') }],
  ['until Friday every day at 9', daily, { until: endOf('2026-11-27') }],
  ['every day until Friday, at 9', daily, { until: endOf('2026-11-27') }],
  ['every hour until 6pm', hourly, { until: at('2026-11-22', '18:00') }],
  ['every hour until Friday at 6pm', hourly, { until: at('2026-11-27', '18:00') }],
  ['every day at 9 until 31 December 2025', daily, { until: endOf('2025-12-31') }],
  ['every day at 9, 5 times', daily, { count: 5 }],
  ['every day at 9 for 10 times', daily, { count: 10 }],
  ['every day at 9, ten times in all', daily, { count: 10 }],
  ['every day at 9; 1 time', daily, { count: 1 }],
  ['5 times, every day at 9', daily, { count: 5 }],
  ['every day at 9 (5 times)', daily, { count: 5 }],
  ['for 3 times every Monday at 9', { cron: '0 9 * * 1' }, { count: 3 }],
  ['every day at 9 at most 5 times', daily, { count: 5 }],
  ['3 times a day, 12 times in total', { cron: '0 9,13,18 * * *' }, { count: 12 }],
  ['every hour; missed: skip', hourly, { missed: { kind: 'skip' } }],
  ['every hour, if missed skip', hourly, { missed: { kind: 'skip' } }],
  ['every hour; missed: once', hourly, { missed: { kind: 'once', maxAgeMs: 24 * hourMs } }],
  [
    'every hour; missed: once not older than 2 hours',
    hourly,
    { missed: { kind: 'once', maxAgeMs: 2 * hourMs } },
  ],
  ['every hour; missed: all', hourly, usualAll],
  [
    'every hour; missed: all (at most 5)',
    hourly,
    { missed: { kind: 'all', most: 5, maxAgeMs: 24 * hourMs } },
  ],
  [
    'every hour, missed: all (at most 5, not older than 2 days)',
    hourly,
    { missed: { kind: 'all', most: 5, maxAgeMs: 48 * hourMs } },
  ],
  [
    'every hour; missed: all, not older than 90 minutes and at most three',
    hourly,
    { missed: { kind: 'all', most: 3, maxAgeMs: 1.5 * hourMs } },
  ],
  ['every hour; overlap: skip', hourly, { overlap: 'skip' }],
  ['every hour, overlap queue', hourly, { overlap: 'queue' }],
  ['every hour; Overlap = Replace', hourly, { overlap: 'replace' }],
  ['every day at 2:30am; dst_gap: skip', { cron: '30 2 * * *' }, { dstGap: 'skip' }],
  ['every day at 2:30am, dst gap run', { cron: '30 2 * * *' }, { dstGap: 'run' }],
  ['every hour, jitter 5 minutes', hourly, { jitterMs: 300_000 }],
  ['every hour with jitter of up to 90 seconds', hourly, { jitterMs: 90_000 }],
  ['every hour with 5 minutes jitter', hourly, { jitterMs: 300_000 }],
  ['every hour, spread over 5 minutes', hourly, { jitterMs: 300_000 }],
  ['every hour, quiet 22:00-07:00', hourly, night],
  ['every hour quiet 22-7', hourly, night],
  ['every hour, quiet hours from 22:00 to 7:00', hourly, night],
  ['every hour, quiet hours: 10pm to 7am', hourly, night],
  ['every hour not between 22:00 and 07:00', hourly, night],
  ['every hour but not between 10 pm and 7', hourly, night],
  ['every hour except 22-7', hourly, night],
  ['every hour, do not disturb 22-7', hourly, night],
  ['every hour, quiet 2-4pm', hourly, { quiet: { from: '14:00', to: '16:00' } }],
  ['every hour, quiet noon to 13:30', hourly, { quiet: { from: '12:00', to: '13:30' } }],
  ['every hour, not between midnight and 6', hourly, { quiet: { from: '00:00', to: '06:00' } }],
  ['every hour, quiet 22-7, 5 times', hourly, { ...night, count: 5 }],
  ['every hour quiet 22-7 5 times until Friday', hourly, { ...night, count: 5, until: endOf('2026-11-27') }],
  ['0 9 * * 1-5; quiet 22-7; 10 times', { cron: '0 9 * * 1-5' }, { ...night, count: 10 }],
  [
    '*/15 * * * * until 31 December, missed: skip',
    { cron: '*/15 * * * *' },
    { until: endOf('2026-12-31'), missed: { kind: 'skip' } },
  ],
  [
    'every day at 09:00 (Europe/Berlin); until Thu 31 Dec 2026; 10 times',
    daily,
    { until: endOf('2026-12-31'), count: 10 },
  ],
  ['tomorrow at 9; missed: skip', { at: '2026-11-23T08:00:00.000Z' }, { missed: { kind: 'skip' } }],
]

const chinese: Table = [
  ['每天早上9点直到12月31日', daily, { until: endOf('2026-12-31') }],
  ['每天早上9点，到12月31日为止', daily, { until: endOf('2026-12-31') }],
  ['每天早上9点至2026年12月31日18:00为止', daily, { until: at('2026-12-31', '18:00') }],
  ['每天早上9点，直到周五', daily, { until: endOf('2026-11-27') }],
  ['每天早上9点，直到下周五晚上8点', daily, { until: at('2026-11-27', '20:00') }],
  ['每天早上9点截止到明年1月1日', daily, { until: endOf('2027-01-01') }],
  ['每天早上9点直到月底', daily, { until: endOf('2026-11-30') }],
  ['每天早上9点直到年底', daily, { until: endOf('2026-12-31') }],
  ['每小时，直到下午6点', hourly, { until: at('2026-11-22', '18:00') }],
  ['每天早上9点，共5次', daily, { count: 5 }],
  ['每天早上9点一共十次', daily, { count: 10 }],
  ['每天早上9点，只要3次', daily, { count: 3 }],
  ['每天早上9点，最多12次', daily, { count: 12 }],
  ['每天早上9点，5次后停止', daily, { count: 5 }],
  ['每周一9点，一共5次', { cron: '0 9 * * 1' }, { count: 5 }],
  ['每小时，错过：跳过', hourly, { missed: { kind: 'skip' } }],
  ['每小时，错过补一次', hourly, { missed: { kind: 'once', maxAgeMs: 24 * hourMs } }],
  ['每小时，错过补一次，不超过2小时', hourly, { missed: { kind: 'once', maxAgeMs: 2 * hourMs } }],
  ['每小时；错过全部补', hourly, usualAll],
  [
    '每小时；错过：全部补（最多5次，不超过2天）',
    hourly,
    { missed: { kind: 'all', most: 5, maxAgeMs: 48 * hourMs } },
  ],
  ['每小时，重叠：跳过', hourly, { overlap: 'skip' }],
  ['每小时，重叠时排队', hourly, { overlap: 'queue' }],
  ['每小时；重叠：替换', hourly, { overlap: 'replace' }],
  ['每天凌晨2点半，夏令时空档：跳过', { cron: '30 2 * * *' }, { dstGap: 'skip' }],
  ['每天凌晨2点半；夏令时空档执行', { cron: '30 2 * * *' }, { dstGap: 'run' }],
  ['每小时，随机延后5分钟', hourly, { jitterMs: 300_000 }],
  ['每小时，抖动90秒', hourly, { jitterMs: 90_000 }],
  ['每小时，免打扰22:00-07:00', hourly, night],
  ['每小时，免打扰：22点到7点', hourly, night],
  ['每小时，免打扰22-7', hourly, night],
  ['每小时，晚上10点到早上7点不打扰', hourly, night],
  ['每小时，晚上10点到7点不要打扰我', hourly, night],
  ['每小时，除了晚上10点到早上7点', hourly, night],
  ['每小时，22点到7点除外', hourly, night],
  ['晚上10点到早上7点不打扰，每小时', hourly, night],
  ['每小时，中午12点到下午2点免打扰', hourly, { quiet: { from: '12:00', to: '14:00' } }],
  [
    '每小時，錯過：跳過，重疊：排隊，晚上10點到早上7點不打擾',
    hourly,
    {
      ...night,
      missed: { kind: 'skip' },
      overlap: 'queue',
    },
  ],
  ['0 9 * * 1-5；免打扰22-7；共10次', { cron: '0 9 * * 1-5' }, { ...night, count: 10 }],
  [
    '每天 09:00（Europe/Berlin）；直到2026年12月31日 星期四；共10次',
    daily,
    { until: endOf('2026-12-31'), count: 10 },
  ],
]

for (const [name, table] of [
  ['English options are read with their schedule', english],
  ['Chinese options are read with their schedule', chinese],
] as const) {
  test(name, () => {
    for (const [said, schedule, options] of table) {
      assert.deepEqual(readWhen(said, berlin), { schedule, options }, said)
      const found = findWhen(said, berlin)
      // A cron line is found by readWhen alone; all else is the same within a text.
      if (found === undefined) assert.match(said, /^[\d*]/u)
      else assert.deepEqual([found.schedule, found.options, found.rest], [schedule, options, ''], said)
    }
  })
}

/** Words of time alone, beside which nothing is said. */
const notOptions: readonly (readonly [said: string, schedule: Schedule | undefined])[] = [
  ['remind me 3 times a day', { cron: '0 9,13,18 * * *' }],
  ['remind me every day at 9 to do it 5 times', daily],
  ['remind me every hour to knock 3 times', hourly],
  ['remind me every day at 9 to read until page 30', daily],
  ['remind me tomorrow at 9 to stay until Friday', { at: '2026-11-23T08:00:00.000Z' }],
  ['remind me tomorrow at 9 to check overlap with Bob', { at: '2026-11-23T08:00:00.000Z' }],
  ['remind me tomorrow at 9 to call all I missed once', { at: '2026-11-23T08:00:00.000Z' }],
  ['remind me tomorrow at 9 to spread butter over 5 minutes', { at: '2026-11-23T08:00:00.000Z' }],
  ['remind me tomorrow at 9 that she is quiet from dawn', { at: '2026-11-23T08:00:00.000Z' }],
  ['every day at 9 read “until Friday, 5 times”', daily],
  ['Monday through Friday at 9', { cron: '0 9 * * 1-5' }],
  ['Monday until Friday at 9', { cron: '0 9 * * 1-5' }],
  ['every hour from 9 until 17', { cron: '0 9-17 * * *' }],
  ['every day at 9 except Sunday', { cron: '0 9 * * 1-6' }],
  ['until now I did x', undefined],
  ['I was quiet from 9 to 17', undefined],
  ['I did it 5 times', undefined],
  ['不要打扰他', undefined],
  ['请勿打扰', undefined],
  ['我错过了一次会议', undefined],
  ['每天9点提醒我不要打扰他', daily],
  ['每小时提醒我，晚上10点到早上7点不要打扰他', hourly],
  ['每天9点提醒我做俯卧撑共50次', daily],
  ['每天9点提醒我重叠的会议', daily],
  ['每小时9点到17点', { cron: '0 9-17 * * *' }],
  ['周一到周五9点', { cron: '0 9 * * 1-5' }],
  ['提醒我每天三次', { cron: '0 9,13,18 * * *' }],
]

test('what only looks like an option is none', () => {
  for (const [said, schedule] of notOptions) {
    const found = findWhen(said, berlin)
    assert.deepEqual(found?.schedule, schedule, said)
    assert.deepEqual(found?.options, schedule === undefined ? undefined : {}, said)
  }
})

const unreadable = [
  'every day at 9 until it rains',
  'every day at 9 until 31 February',
  'every day at 9 until next week',
  'every day at 9 until 12/05',
  'every day at 9 until 18:00',
  // At 18:00 each day, or on Friday?
  'every day until Friday at 18:00',
  'every hour until Friday until Saturday',
  'every day at 9, 5 times, 6 times',
  'every day at 9, 0 times',
  'every day at 9 for a few times',
  // In all, or on each Monday?
  '3 times every Monday at 9',
  'tomorrow at 9, 5 times',
  'in 20 minutes until Friday',
  'every hour; missed: sometimes',
  'every hour; missed: all (at most 0)',
  'every hour; missed: once, not older than 2 months',
  'every hour; overlap: yes',
  'every hour; dst_gap: maybe',
  'every hour; jitter: lots',
  'every hour, jitter 2 months',
  'every hour, quiet 25-7',
  'every hour, quiet 22:00-22:00',
  'every hour, quiet 10-7',
  'every hour, quiet 9:00-5:00',
  'every hour not between 9 and 5',
  'every hour, quiet at night',
  'every hour; quiet hours: at night',
  'every day at 09:00 (Asia/Shanghai)',
  '0 9 * * 1-5; quiet',
  '每天9点直到下雨',
  '每天9点，共0次',
  '每天共3次',
  '每周一共5次',
  '明天9点，共5次',
  '每小时，9点到5点不打扰',
  '每小时，错过：看情况',
  '每小时，重叠：不知道',
  '每小时，免打扰25-7',
  '每小时，免打扰：夜里',
]

test('an option that is contradictory, ambiguous or unknown leaves the whole unread', () => {
  for (const said of unreadable) assert.equal(readWhen(said, berlin), undefined, said)
})

test('within a sentence, too, an option that is clearly meant is not dropped in silence', () => {
  for (const said of [
    'remind me every hour to drink, missed: sometimes',
    'remind me every hour to drink, jitter: lots',
    'remind me every hour to drink; overlap: yes',
    'remind me every hour to drink; quiet hours: at night',
    'remind me every hour not between 9 and 5 to drink',
    'remind me tomorrow at 9, 5 times, to drink',
    'remind me every day until Friday at 18:00 to drink',
    '每小时提醒我喝水，错过：看情况',
    '每周一共5次提醒我喝水',
  ]) {
    assert.equal(findWhen(said, berlin), undefined, said)
  }
  // With an option that can be read the same sentences are orders.
  assert.deepEqual(findWhen('remind me every hour to drink, missed: skip', berlin)?.options, {
    missed: { kind: 'skip' },
  })
})

const sentences: readonly (readonly [said: string, words: string, rest: string, Partial<Options>])[] = [
  [
    'remind me every day at 9 until Friday to rest',
    'every day at 9 until Friday',
    'remind me to rest',
    { until: endOf('2026-11-27') },
  ],
  [
    'Until Friday, remind me every day at 9 to rest',
    'Until Friday, every day at 9',
    'remind me to rest',
    { until: endOf('2026-11-27') },
  ],
  [
    'remind me every day at 9 (until Friday) to rest',
    'every day at 9, until Friday',
    'remind me to rest',
    { until: endOf('2026-11-27') },
  ],
  ['remind me every hour to drink, quiet 22-7', 'every hour, quiet 22-7', 'remind me to drink', night],
  [
    'digest https://a.com/until-friday every hour, 5 times; overlap: skip',
    'every hour, 5 times; overlap: skip',
    'digest https://a.com/until-friday',
    { count: 5, overlap: 'skip' },
  ],
  [
    'remind me for 3 times every Monday at 9 to pay',
    'for 3 times every Monday at 9',
    'remind me to pay',
    {
      count: 3,
    },
  ],
  [
    '每天早上9点直到12月31日提醒我吃药',
    '每天早上9点直到12月31日',
    '提醒我吃药',
    {
      until: endOf('2026-12-31'),
    },
  ],
  ['每小时提醒我喝水，晚上10点到早上7点不打扰', '每小时，晚上10点到早上7点不打扰', '提醒我喝水', night],
  ['每天9点共5次提醒我喝水', '每天9点共5次', '提醒我喝水', { count: 5 }],
]

test('a sentence gives its words of time with the options and keeps the rest', () => {
  for (const [said, words, rest, options] of sentences) {
    const found = findWhen(said, berlin)
    assert.deepEqual([found?.words, found?.rest, found?.options], [words, rest, options], said)
  }
})

test('an end is the end of a date in the zone in which it is said', () => {
  const until = (zone: string): unknown =>
    readWhen('every day at 9 until 31 December', { ...berlin, zone })?.options.until
  assert.equal(until('Asia/Shanghai'), '2026-12-31T15:59:59.999Z')
  assert.equal(until('America/New_York'), '2027-01-01T04:59:59.999Z')
  // The day of the change of the clocks has 25 hours.
  const autumn: Moment = { nowMs: Date.parse('2027-10-30T10:00:00Z'), zone: 'Europe/Berlin' }
  assert.equal(readWhen('every day at 9 until tomorrow', autumn)?.options.until, '2027-10-31T22:59:59.999Z')
})

const fragment = fc.constantFrom(
  ...'every day|at 9|every hour|until|Friday|31 December|18:00|5 times|ten|times|in all|missed:|missed|skip|once|all|(|)|at most 5|not older than|2 days|overlap:|queue|dst_gap:|run|jitter|5 minutes|quiet|22-7|not between|and|except|,|;|tomorrow|remind me|to drink'.split(
    '|',
  ),
  ...'每天|9点|每小时|直到|到|12月31日|为止|共|一共|5次|错过：|错过|跳过|补一次|全部补|最多5次|不超过2天|重叠：|排队|夏令时空档：|随机延后|5分钟|免打扰|22:00-07:00|晚上10点|早上7点|不打扰|，|；|提醒我|喝水'.split(
    '|',
  ),
)
const whole = fc
  .tuple(
    fc.constantFrom('every day at 9', 'remind me every hour to drink', '每小时', '每天9点提醒我喝水'),
    fc.shuffledSubarray(
      'until Friday|5 times in all|quiet 22-7|missed: all, at most 5|jitter 5 minutes|直到12月31日|一共5次|晚上10点到早上7点不打扰|错过补一次，不超过2天|重叠：排队'.split(
        '|',
      ),
    ),
    fc.constantFrom(', ', '; ', ' ', '，', ''),
  )
  .map(([time, clauses, mark]) => [time, ...clauses].join(mark))
const soup = fc.oneof(
  whole,
  fc.array(fragment, { maxLength: 14 }).map((parts) => parts.join(' ')),
  fc.array(fragment, { maxLength: 14 }).map((parts) => parts.join('')),
)

test('no text with options makes it throw, and the words that are found read to what was found', () => {
  let withOptions = 0
  fc.assert(
    fc.property(soup, (text) => {
      readWhen(text, berlin)
      const found = findWhen(text, berlin)
      if (found === undefined || Object.keys(found.options).length === 0) return
      withOptions++
      const { schedule, options } = found
      assert.deepEqual(readWhen(found.words, berlin), { schedule, options }, text)
      const { count, jitterMs, until, quiet } = options
      if (count !== undefined) assert.ok(Number.isSafeInteger(count) && Number(count) >= 1)
      if (jitterMs !== undefined) assert.ok(Number.isSafeInteger(jitterMs) && jitterMs >= 0)
      if (until !== undefined) assert.equal(new Date(String(until)).toISOString(), until)
      if (quiet !== undefined) assert.notEqual(quiet?.from, quiet?.to)
    }),
    { numRuns: 1_500 },
  )
  assert.ok(withOptions > 20, `${withOptions} texts held options`)
})

test('no text with options takes long to look through', () => {
  const seeds =
    'until |until Friday |5 times |quiet 22-7 |not between 9 and |missed: all, at most 5, |with 5 |(until |一共|晚上10点到|晚上10点到早上7点不打扰|直到12月31日|错过：'
  findWhen('every day at 9 until Friday', berlin)
  for (const seed of seeds.split('|')) {
    const text = seed.repeat(Math.ceil(4_000 / seed.length)).slice(0, 4_000)
    const before = process.cpuUsage()
    findWhen(text, berlin)
    readWhen(text, berlin)
    const { user, system } = process.cpuUsage(before)
    assert.ok((user + system) / 1000 < 200, `${seed} took ${(user + system) / 1000} ms`)
  }
})
