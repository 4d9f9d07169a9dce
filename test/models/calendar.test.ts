import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCalendar } from '../../src/models/calendar.ts'

const at = (text: string): number => Date.parse(text)
const iso = (ms: number): string => new Date(ms).toISOString()

test('a day begins at local midnight', () => {
  const { dayOf, endOf } = createCalendar(() => 'Asia/Shanghai')
  assert.equal(dayOf(at('2026-11-22T15:59:59.999Z')), '2026-11-22')
  assert.equal(dayOf(at('2026-11-22T16:00:00Z')), '2026-11-23')
  assert.equal(iso(endOf('day', at('2026-11-22T15:00:00Z'))), '2026-11-22T16:00:00.000Z')
  assert.equal(iso(endOf('month', at('2026-11-22T15:00:00Z'))), '2026-11-30T16:00:00.000Z')
})

test('a day has 25 hours when the clocks go back, 23 when they go on, and ends at midnight', () => {
  const { dayOf, endOf } = createCalendar(() => 'Europe/Berlin')
  assert.equal(iso(endOf('day', at('2026-10-24T22:00:00Z'))), '2026-10-25T23:00:00.000Z')
  assert.equal(dayOf(at('2026-10-25T22:59:59Z')), '2026-10-25')
  assert.equal(iso(endOf('day', at('2026-03-28T23:00:00Z'))), '2026-03-29T22:00:00.000Z')
  assert.equal(iso(endOf('month', at('2026-10-01T00:00:00Z'))), '2026-10-31T23:00:00.000Z')
})

test('where midnight itself is left out, the day begins after the gap', () => {
  const { dayOf, endOf } = createCalendar(() => 'Africa/Cairo')
  assert.equal(iso(endOf('day', at('2026-04-23T12:00:00Z'))), '2026-04-23T22:00:00.000Z')
  assert.equal(dayOf(at('2026-04-23T22:00:00Z')), '2026-04-24')
})

test('another zone counts at once, and so does a clock that is set back', () => {
  let zone = 'UTC'
  const { dayOf, endOf } = createCalendar(() => zone)
  const ms = at('2026-12-31T20:00:00Z')
  assert.equal(dayOf(ms), '2026-12-31')
  zone = 'Asia/Tokyo'
  assert.equal(dayOf(ms), '2027-01-01')
  assert.equal(iso(endOf('month', ms)), '2027-01-31T15:00:00.000Z')
  assert.equal(dayOf(ms - 86_400_000), '2026-12-31')
})
