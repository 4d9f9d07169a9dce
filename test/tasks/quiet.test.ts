import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { openQuiet, quietEndMs } from '../../src/tasks/quiet.ts'
import { openZone } from '../../src/tasks/wall-time.ts'

const at = (text: string): number => Date.parse(text)
const night = { from: '22:00', to: '07:00' }
const hourMs = 3_600_000

function endOf(quiet: { from: string; to: string } | null, zone: string, text: string): string | undefined {
  const ms = quietEndMs(quiet, zone, at(text))
  return ms === null ? undefined : new Date(ms).toISOString().slice(0, 16)
}

test('quiet hours end in the morning of the next day, or of the same', () => {
  assert.equal(endOf(night, 'Europe/Berlin', '2026-11-23T22:30+01:00'), '2026-11-24T06:00')
  assert.equal(endOf(night, 'Europe/Berlin', '2026-11-24T03:00+01:00'), '2026-11-24T06:00')
})

test('their beginning is part of them, their end is not', () => {
  assert.equal(endOf(night, 'Europe/Berlin', '2026-11-23T21:59:59.999+01:00'), undefined)
  assert.equal(endOf(night, 'Europe/Berlin', '2026-11-23T22:00+01:00'), '2026-11-24T06:00')
  assert.equal(endOf(night, 'Europe/Berlin', '2026-11-24T06:59:59.999+01:00'), '2026-11-24T06:00')
  assert.equal(endOf(night, 'Europe/Berlin', '2026-11-24T07:00+01:00'), undefined)
})

test('quiet hours within one day, and none at all', () => {
  const noon = { from: '12:00', to: '13:30' }
  assert.equal(endOf(noon, 'Asia/Shanghai', '2026-11-23T13:00+08:00'), '2026-11-23T05:30')
  assert.equal(endOf(noon, 'Asia/Shanghai', '2026-11-23T13:30+08:00'), undefined)
  assert.equal(endOf(null, 'Asia/Shanghai', '2026-11-23T13:00+08:00'), undefined)
})

test('over a change of the clocks they last as long as the clocks say', () => {
  assert.equal(endOf(night, 'America/New_York', '2027-03-13T23:00-05:00'), '2027-03-14T11:00')
  assert.equal(endOf(night, 'America/New_York', '2027-11-06T23:00-04:00'), '2027-11-07T12:00')
})

test('an end that the clocks leave out is the end of the gap', () => {
  const short = { from: '22:00', to: '02:30' }
  assert.equal(endOf(short, 'America/New_York', '2027-03-14T01:59-05:00'), '2027-03-14T07:00')
  assert.equal(endOf(short, 'America/New_York', '2027-03-14T03:00-04:00'), undefined)
  // Both in the gap: there is nothing of them.
  assert.equal(endOf({ from: '02:15', to: '02:45' }, 'America/New_York', '2027-03-14T03:00-04:00'), undefined)
})

test('in a repeated hour they begin and end the first time', () => {
  const short = { from: '22:00', to: '01:30' }
  assert.equal(endOf(short, 'America/New_York', '2027-11-07T01:29-04:00'), '2027-11-07T05:30')
  assert.equal(endOf(short, 'America/New_York', '2027-11-07T01:30-04:00'), undefined)
  assert.equal(endOf(short, 'America/New_York', '2027-11-07T01:15-05:00'), undefined)
  const late = { from: '01:30', to: '05:00' }
  assert.equal(endOf(late, 'America/New_York', '2027-11-07T01:45-04:00'), '2027-11-07T10:00')
  // The clocks show 1:15 again; nobody is woken in between.
  assert.equal(endOf(late, 'America/New_York', '2027-11-07T01:15-05:00'), '2027-11-07T10:00')
})

test('a date that begins a second time is in the night before', () => {
  // At midnight the clocks of Nuuk are put back to 23:00.
  const after = { from: '23:30', to: '06:00' }
  assert.equal(endOf(after, 'America/Nuuk', '2027-10-30T23:45-01:00'), '2027-10-31T08:00')
  assert.equal(endOf(after, 'America/Nuuk', '2027-10-30T23:15-02:00'), '2027-10-31T08:00')
})

test('times that are none are refused', () => {
  for (const from of ['24:00', '7', '12:60', 'noon', ''])
    assert.throws(() => quietEndMs({ from, to: '07:00' }, 'UTC', 0), RangeError, from)
})

test('the end is no quiet time, all before it is, and asking in any order says the same', () => {
  const clock = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '15', '30', '59'))
    .map(([h, m]) => `${String(h).padStart(2, '0')}:${m}`)
  const zones = [
    'America/New_York',
    'America/Nuuk',
    'Australia/Lord_Howe',
    'Antarctica/Troll',
    'Asia/Shanghai',
  ]
  const instant = fc.oneof(
    fc.integer({ min: at('2027-03-01T00:00Z'), max: at('2027-04-10T00:00Z') }),
    fc.integer({ min: at('2027-10-01T00:00Z'), max: at('2027-11-10T00:00Z') }),
  )
  let quietOnes = 0
  fc.assert(
    fc.property(clock, clock, fc.constantFrom(...zones), instant, instant, (from, to, name, ms, other) => {
      fc.pre(from !== to)
      const ask = openQuiet({ from, to }, openZone(name))
      const end = ask(ms)
      ask(other)
      assert.equal(ask(ms), end)
      assert.equal(quietEndMs({ from, to }, name, ms), end)
      if (end === null) return
      quietOnes++
      assert.ok(end > ms && end - ms <= 27 * hourMs)
      assert.equal(ask(end - 1), end)
      assert.equal(ask(Math.floor((ms + end) / 2)), end)
      assert.equal(ask(end), null)
    }),
    { numRuns: 500 },
  )
  assert.ok(quietOnes > 100)
})
