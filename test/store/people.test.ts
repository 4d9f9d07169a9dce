import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Pairing } from '../../src/store/people.ts'
import { admission, minuteMs, nowMs, openRows } from '../people-world.ts'

const dayMs = 24 * 60 * minuteMs
const pairing = (user: string, changes: Partial<Pairing> = {}): Pairing => ({
  person: `slack/T1/${user}`,
  name: `name of ${user}`,
  code: `${user}345678`.slice(0, 8),
  madeAtMs: nowMs,
  expiresAtMs: nowMs + 60 * minuteMs,
  ...changes,
})

suite('people in the store', () => {
  test('a code lets in its person once', (t) => {
    const { writes, read } = openRows(t)
    writes['people.pair'](pairing('U2'))
    writes['people.allow']('U2345678', admission('U2'))
    const { by: _, ...known } = admission('U2')
    assert.deepEqual(read.get('slack/T1/U2'), known)
    assert.equal(read.byCode('U2345678', nowMs), undefined)
    const again = (): void => writes['people.allow']('U2345678', admission('U2', { role: 'admin' }))
    assert.throws(again, { fault: 'missing', message: 'the code U2345678 is no longer open' })
    // Without the code nothing stands in the way of the same change.
    writes['people.change'](admission('U2', { role: 'admin' }))
    assert.equal(read.get('slack/T1/U2')?.role, 'admin')
  })

  test('a code lets in nobody else, and nobody after it has expired', (t) => {
    const { commit, writes, read } = openRows(t)
    writes['people.pair'](pairing('U2'))
    assert.throws(() => writes['people.allow']('U2345678', admission('U3')), /no longer open/u)
    const late = admission('U2', { atMs: nowMs + 60 * minuteMs })
    // As in the program, where what stands beside it is undone with it.
    const orders = [
      ['people.change', admission('U9')],
      ['people.allow', 'U2345678', late],
    ] as const
    assert.throws(() => commit(orders), /no longer open/u)
    assert.deepEqual(read.all(), [])
    writes['people.allow']('U2345678', { ...late, atMs: late.atMs - 1 })
    assert.equal(read.all().length, 1)
  })

  test('who is let in or blocked by their key has no open code any more', (t) => {
    const { writes, read } = openRows(t)
    writes['people.pair'](pairing('U2'))
    writes['people.pair'](pairing('U3'))
    writes['people.change'](admission('U2', { role: 'blocked' }))
    assert.deepEqual(read.openPairings(nowMs), [pairing('U3')])
  })

  test('people stand in the order in which they became known, also after a change', (t) => {
    const { writes, read } = openRows(t)
    const users = ['U5', 'U1', 'U3']
    users.forEach((user, i) => writes['people.change'](admission(user, { atMs: nowMs + i })))
    writes['people.change'](admission('U5', { role: 'admin', reach: 'everywhere', atMs: nowMs + 9 }))
    assert.deepEqual(
      read.all().map(({ key, role, reach, atMs }) => [key, role, reach, atMs - nowMs]),
      [
        ['slack/T1/U5', 'admin', 'everywhere', 0],
        ['slack/T1/U1', 'member', 'direct', 1],
        ['slack/T1/U3', 'member', 'direct', 2],
      ],
    )
    writes['people.remove']('slack/T1/U1')
    assert.equal(read.get('slack/T1/U1'), undefined)
    assert.equal(read.all().length, 2)
  })

  test('open codes are those that have not expired, and not the rows without a code', (t) => {
    const { writes, read } = openRows(t)
    const other = pairing('U3', { person: 'slackish/T1/U3' })
    writes['people.pair'](pairing('U2'))
    writes['people.pair'](other)
    writes['people.pair'](pairing('U4', { code: null }))
    assert.deepEqual(read.openPairings(nowMs), [pairing('U2'), other])
    assert.deepEqual(read.openPairings(nowMs + 60 * minuteMs), [])
    assert.deepEqual(read.pairingOf('slack/T1/U4', nowMs), pairing('U4', { code: null }))
    assert.equal(read.isWritten(pairing('U4', { code: null })), true)
    assert.equal(read.isWritten(pairing('U4', { code: null, madeAtMs: nowMs + 1 })), false)
    // Of the same instant, after they were let in and forgotten again.
    assert.equal(read.isWritten(pairing('U2', { code: 'ANOTHER2' })), false)
  })

  test('a pairing goes a week after it expired, when a new one comes', (t) => {
    const { writes, read } = openRows(t)
    const old = pairing('U2')
    const later = (user: string, sinceMs: number): void =>
      writes['people.pair'](pairing(user, { madeAtMs: old.expiresAtMs + sinceMs }))
    writes['people.pair'](old)
    later('U3', 7 * dayMs - 1)
    assert.equal(read.isWritten(old), true)
    later('U4', 7 * dayMs)
    assert.equal(read.isWritten(old), false)
  })

  test('a code that has expired may be given again before its row is gone, one that is open may not', (t) => {
    const { writes, read } = openRows(t)
    const { expiresAtMs } = pairing('U2')
    const same = { code: 'U2345678', expiresAtMs: expiresAtMs + dayMs }
    writes['people.pair'](pairing('U2'))
    assert.throws(
      () => writes['people.pair'](pairing('U3', { ...same, madeAtMs: expiresAtMs - 1 })),
      /UNIQUE/u,
    )
    writes['people.pair'](pairing('U3', { ...same, madeAtMs: expiresAtMs }))
    assert.equal(read.byCode('U2345678', expiresAtMs)?.person, 'slack/T1/U3')
  })
})
