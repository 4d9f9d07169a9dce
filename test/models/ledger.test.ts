import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BudgetError, type Cap } from '../../src/errors.ts'
import type { Asker } from '../../src/model.ts'
import { createLedger, type Ledger } from '../../src/models/ledger.ts'
import type { CapNotice } from '../../src/notices.ts'
import type { Most } from '../../src/models/price.ts'
import { asker } from '../contracts/model.ts'

const most = (usd: number): Most => ({ kind: 'known', usd })
const day = (usd: number, of: Cap['of'] = 'total'): Cap => ({ period: 'day', of, usd })
const other: Asker = { ...asker, person: 'terminal/local/2' }

type Desk = {
  readonly ledger: Ledger
  readonly notices: CapNotice[]
  nowMs: number
  caps: readonly Cap[]
  zone: string
  rows: { day: string; person: string; task: number; usd: number }[]
}

function open(changes: Partial<Pick<Desk, 'caps' | 'rows' | 'nowMs' | 'zone'>> = {}): Desk {
  const desk: Omit<Desk, 'ledger'> = {
    nowMs: Date.parse('2026-11-22T10:00:00Z'),
    caps: [],
    zone: 'Europe/Berlin',
    rows: [],
    notices: [],
    ...changes,
  }
  const ledger = createLedger({
    spent: (from, to) => desk.rows.filter((row) => row.day >= from && row.day <= to),
    caps: () => desk.caps,
    zone: () => desk.zone,
    now: () => desk.nowMs,
    notify: (notice) => desk.notices.push(notice),
  })
  return Object.assign(desk, { ledger })
}

function refused(desk: Desk, who: Asker, what: Most): BudgetError {
  try {
    desk.ledger.reserve(who, what)
  } catch (error) {
    assert.ok(error instanceof BudgetError)
    return error
  }
  return assert.fail('it was not refused')
}

test('what is set aside counts as spent until it is settled', () => {
  const desk = open({ caps: [day(1)] })
  const first = desk.ledger.reserve(asker, most(0.6))
  assert.equal(first.day, '2026-11-22')
  const error = refused(desk, asker, most(0.6))
  assert.deepEqual([error.fault, error.state.cap, error.model], ['over-budget', day(1), undefined])
  assert.equal(new Date(error.state.endsAtMs).toISOString(), '2026-11-22T23:00:00.000Z')
  first.settle(0.1)
  first.settle(0.1)
  desk.ledger.reserve(asker, most(0.9)).settle(0.9)
  assert.equal(desk.ledger.standing(asker)[0]?.spentUsd, 1)
})

test('of many calls at once only those get through that fit together', () => {
  const desk = open({ caps: [day(1)] })
  const through = Array.from({ length: 100 }, () => {
    try {
      return desk.ledger.reserve(asker, most(0.1))
    } catch {
      return undefined
    }
  })
  assert.equal(through.filter((one) => one !== undefined).length, 10)
})

test('each person and each task has a cap of its own, and all caps must have room', () => {
  const desk = open({ caps: [day(3), day(2, 'person'), day(1, 'task')] })
  const task: Asker = { ...asker, task: 7 }
  desk.ledger.reserve(task, most(1)).settle(1)
  assert.equal(refused(desk, task, most(0.1)).state.cap.of, 'task')
  desk.ledger.reserve({ ...asker, task: 8 }, most(0.5)).settle(0.5)
  desk.ledger.reserve(asker, most(0.5)).settle(0.5)
  assert.equal(refused(desk, asker, most(0.1)).state.cap.of, 'person')
  desk.ledger.reserve(other, most(1)).settle(1)
  assert.equal(refused(desk, other, most(0.1)).state.cap.of, 'total')
})

test('what is free is never refused, whatever was spent', () => {
  const desk = open({ caps: [day(1)] })
  desk.ledger.reserve(asker, most(1)).settle(5)
  desk.ledger.reserve(asker, most(0)).settle(0)
  refused(desk, asker, most(0.000001))
})

test('a model of unknown price is refused under a cap, by its name, and let through without', () => {
  const desk = open()
  const unknown: Most = { kind: 'unknown', model: 'new' }
  assert.deepEqual(
    [desk.ledger.reserve(asker, unknown).reservedUsd, desk.ledger.reserve(asker, unknown).isCapped],
    [null, false],
  )
  desk.caps = [day(5)]
  const error = refused(desk, asker, unknown)
  assert.equal(error.model, 'new')
  assert.match(error.message, /price in config\.yaml/u)
  desk.caps = [day(5, 'task')]
  desk.ledger.reserve(asker, unknown)
})

test('sums begin from the rows of the day and the month', () => {
  const rows = [
    { day: '2026-11-01', person: asker.person, task: 7, usd: 2 },
    { day: '2026-11-22', person: asker.person, task: 0, usd: 1 },
    { day: '2026-11-22', person: other.person, task: 0, usd: 4 },
    { day: '2026-10-31', person: asker.person, task: 0, usd: 100 },
  ]
  const of = ['total', 'person', 'task'] as const
  const caps = of.flatMap((one): Cap[] => [day(1_000, one), { period: 'month', of: one, usd: 1_000 }])
  const desk = open({ rows, caps })
  assert.deepEqual(
    desk.ledger.standing({ ...asker, task: 7 }).map(({ spentUsd }) => spentUsd),
    [5, 7, 1, 3, 0, 2],
  )
})

test('a new day begins at local midnight, also when the clocks are changed in it; the month goes on', () => {
  const month: Cap = { period: 'month', of: 'total', usd: 2 }
  const desk = open({ caps: [day(1), month], nowMs: Date.parse('2026-10-24T22:30:00Z') })
  desk.ledger.reserve(asker, most(1)).settle(1)
  desk.nowMs = Date.parse('2026-10-25T22:59:59Z') // 25 hours, less what has passed
  assert.equal(
    new Date(refused(desk, asker, most(0.5)).state.endsAtMs).toISOString(),
    '2026-10-25T23:00:00.000Z',
  )
  desk.nowMs += 1_000
  desk.ledger.reserve(asker, most(1)).settle(1)
  desk.nowMs += 86_400_000
  assert.equal(refused(desk, asker, most(0.5)).state.cap.period, 'month')
  desk.nowMs = Date.parse('2026-10-31T23:00:00Z')
  desk.ledger.reserve(asker, most(1))
})

test('a call counts for the day of its start, wherever it ends', () => {
  const desk = open({ caps: [day(1)], nowMs: Date.parse('2026-11-22T22:59:59Z') })
  const call = desk.ledger.reserve(asker, most(1))
  desk.nowMs += 1_000
  desk.ledger.reserve(asker, most(1)).settle(0.25)
  call.settle(1)
  assert.deepEqual([call.day, desk.ledger.standing(asker)[0]?.spentUsd], ['2026-11-22', 0.25])
  desk.nowMs -= 1_000
  assert.equal(desk.ledger.standing(asker)[0]?.spentUsd, 1)
})

test('caps change while it runs, and count what was spent without them', () => {
  const desk = open()
  const call = desk.ledger.reserve(asker, most(1))
  desk.ledger.reserve(asker, most(1)).settle(1)
  desk.caps = [day(2)]
  refused(desk, asker, most(0.1))
  call.settle(0)
  desk.caps = [day(0.5)]
  refused(desk, asker, most(0.1))
  desk.caps = []
  desk.ledger.reserve(asker, most(100))
})

test('80 % of a cap is told once, the first refusal once more, and a raised cap anew', () => {
  const desk = open({ caps: [day(1)] })
  desk.ledger.reserve(asker, most(1)).settle(0.79)
  assert.deepEqual(desk.notices, [])
  desk.ledger.reserve(asker, most(0.1)).settle(0.01)
  desk.ledger.reserve(asker, most(0.1)).settle(0.01)
  refused(desk, asker, most(1))
  refused(desk, asker, most(1))
  desk.caps = [day(0.9)]
  desk.ledger.reserve(asker, most(0.01)).settle(0.01)
  assert.deepEqual(
    desk.notices.map(({ key, percent }) => [key, percent]),
    [
      ['budget/day/2026-11-22/total/1/80', 80],
      ['budget/day/2026-11-22/total/1/100', 100],
      ['budget/day/2026-11-22/total/0.9/80', 80],
    ],
  )
})

test('a call from before midnight says nothing of a day on which nothing was spent', () => {
  const desk = open({ nowMs: Date.parse('2026-11-22T22:59:59Z') })
  const call = desk.ledger.reserve(asker, most(1))
  desk.nowMs += 1_000
  desk.caps = [day(0), day(1)]
  call.settle(1)
  assert.deepEqual(desk.notices, [])
})

test('the key of a notice is the same after a restart, and names the person or the task', () => {
  const caps: Cap[] = [{ period: 'month', of: 'person', usd: 1 }, day(1, 'task')]
  const rows = [{ day: '2026-11-22', person: asker.person, task: 7, usd: 0.9 }]
  const first = open({ caps, rows })
  const again = open({ caps, rows })
  for (const desk of [first, again]) desk.ledger.reserve({ ...asker, task: 7 }, most(0.05)).settle(0.01)
  assert.deepEqual(
    first.notices.map(({ key, person, task }) => [key, person, task]),
    [
      ['budget/month/2026-11/person/terminal/local/1/1/80', 'terminal/local/1', undefined],
      ['budget/day/2026-11-22/task/7/1/80', undefined, 7],
    ],
  )
  assert.deepEqual(again.notices, first.notices)
})

test('nothing of a reservation is left when all are settled', () => {
  const desk = open({ caps: [day(100)] })
  const calls = Array.from({ length: 30 }, (_, i) => desk.ledger.reserve(asker, most(0.1 * (i + 1))))
  for (const call of calls) call.settle(0.1)
  const standing = desk.ledger.standing(asker)[0]
  assert.equal(standing?.reservedUsd, 0)
})

test('an amount that is no number finds no room', () => {
  refused(open({ caps: [day(1)] }), asker, most(Number.NaN))
})

test('what a further try may cost is set aside where there is room, and settled with the rest', () => {
  const desk = open({ caps: [day(1), day(0.9, 'person')] })
  const call = desk.ledger.reserve(asker, most(0.3))
  assert.deepEqual([call.raise(0.6), call.raise(0.5)], [true, true])
  assert.equal(desk.ledger.standing(asker)[0]?.reservedUsd, 0.6)
  desk.ledger.reserve(other, most(0.3))
  assert.deepEqual([call.raise(0.71), call.raise(Infinity), call.raise(Number.NaN)], [false, false, false])
  assert.equal(desk.ledger.standing(asker)[1]?.reservedUsd, 0.6)
  call.settle(0.5)
  assert.deepEqual([call.raise(0.6), desk.notices.length], [false, 0])
  assert.deepEqual(desk.ledger.standing(asker)[1]?.spentUsd, 0.5)
})

test('where there is room, enough for all tries is set aside; the row holds what the first may cost', () => {
  const desk = open({ caps: [day(1)] })
  const ample: Most = { kind: 'known', usd: 0.2, ampleUsd: 0.7 }
  assert.equal(desk.ledger.reserve(asker, ample).reservedUsd, 0.2)
  assert.equal(desk.ledger.standing(asker)[0]?.reservedUsd, 0.7)
  desk.ledger.reserve(asker, ample)
  assert.ok(Math.abs((desk.ledger.standing(asker)[0]?.reservedUsd ?? 0) - 0.9) < 1e-9)
  refused(desk, asker, ample)
})

test('the room is that of the tightest cap which applies; what fits into it is not refused', () => {
  const desk = open({ caps: [day(0.2, 'task')] })
  assert.equal(desk.ledger.roomFor(asker), Infinity)
  desk.caps = [day(0.2, 'task'), day(1), day(0.7, 'person')]
  desk.ledger.reserve(asker, most(0.1))
  desk.ledger.reserve(other, most(0.5)).settle(0.5)
  const room = desk.ledger.roomFor(asker)
  assert.ok(Math.abs(room - 0.4) < 1e-6)
  assert.ok(Math.abs(desk.ledger.roomFor({ ...other, task: 7 }) - 0.2) < 1e-6)
  desk.ledger.reserve(asker, most(room)).settle(2)
  assert.ok(desk.ledger.roomFor(asker) < 0)
})

test('where only calls under way stand in the way, the refusal says so and no notice is sent', () => {
  const desk = open({ caps: [day(1), day(0.5, 'person')] })
  const call = desk.ledger.reserve(asker, most(0.4))
  const held = refused(desk, asker, most(0.4))
  assert.match(held.message, /ask again in a moment/u)
  assert.deepEqual([held.state.reservedUsd, held.mostUsd, desk.notices], [0.4, 0.4, []])
  call.settle(0.3)
  // A cap that is used up is named before one that is only held.
  desk.caps = [day(0.7), day(0.5, 'person')]
  desk.ledger.reserve(other, most(0.35))
  const spent = refused(desk, asker, most(0.4))
  assert.deepEqual([spent.state.cap.of, desk.notices.map(({ percent }) => percent)], ['person', [100]])
  assert.match(spent.message, /it ends 2026/u)
})

test('80 % is told also where calls that were left open made the step, and never after 100 %', () => {
  const rows = [{ day: '2026-11-22', person: asker.person, task: 0, usd: 0.9 }]
  const near = open({ caps: [day(1)], rows })
  near.ledger.reserve(asker, most(0.05))
  const past = open({ caps: [day(1)], rows })
  refused(past, asker, most(0.2))
  past.ledger.reserve(asker, most(0.05)).settle(0.05)
  assert.deepEqual(
    [near, past].map(({ notices }) => notices.map(({ percent }) => percent)),
    [[80], [100]],
  )
})
