import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatTime, restate } from '../../src/tasks/restate.ts'
import type { Schedule } from '../../src/task.ts'

const nowMs = Date.parse('2026-11-21T10:00:00Z')
const inBerlin = (schedule: Schedule): string => restate(schedule, 'Europe/Berlin', nowMs, 'en').words
const inShanghai = (schedule: Schedule): string => restate(schedule, 'Asia/Shanghai', nowMs, 'zh').words

test('the next three times are told as the clocks of the zone show them', () => {
  assert.deepEqual(restate({ cron: '0 9 * * 1-5' }, 'Europe/Berlin', nowMs, 'en'), {
    words: 'Monday to Friday at 09:00 (Europe/Berlin)',
    next: ['Mon 23 Nov 2026, 09:00', 'Tue 24 Nov 2026, 09:00', 'Wed 25 Nov 2026, 09:00'],
  })
  assert.deepEqual(restate({ cron: '0 9 * * 1-5' }, 'Asia/Shanghai', nowMs, 'zh'), {
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
  assert.deepEqual(restate({ cron: '0 0 30 2 *' }, 'UTC', nowMs, 'en').next, [])
  assert.equal(restate({ at: '2026-11-23T09:00:00Z' }, 'UTC', nowMs, 'en').next.length, 1)
  assert.deepEqual(restate({ cron: '0 9 * * *' }, 'UTC', nowMs, 'en', 0).next, [])
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
      assert.ok(restate({ cron }, 'UTC', nowMs, language).words.length > 5, cron)
    }
  }
})
