import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { startTick } from '../../src/tasks/tick.ts'

/** The timers and the clock, in the test's hand; `setWall` sets the wall clock and no timer. */
function inHand(): {
  pass: (seconds: number) => Promise<void>
  setBack: (ms: number) => void
  free: () => void
} {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  let wallMs = Date.parse('2026-11-23T09:00:00.000Z')
  const real = Date.now
  const realDate = globalThis.Date
  class FakeDate extends realDate {
    constructor(value?: number | string | Date) {
      super(value ?? wallMs)
    }
    static override now(): number {
      return wallMs
    }
  }
  Reflect.set(globalThis, 'Date', FakeDate)
  return {
    pass: async (seconds) => {
      for (let tenth = 0; tenth < seconds * 10; tenth++) {
        wallMs += 100
        mock.timers.tick(100)
        for (let i = 0; i < 10; i++) await Promise.resolve()
      }
    },
    setBack: (ms) => (wallMs -= ms),
    free: () => {
      mock.timers.reset()
      globalThis.Date = realDate
      assert.equal(Date.now, real)
    },
  }
}

test('it ticks each second until it is stopped', async () => {
  const clock = inHand()
  try {
    let ticks = 0
    const stop = startTick(() => ticks++)
    await clock.pass(10)
    assert.ok(ticks >= 9 && ticks <= 11, `${ticks} ticks in 10 s`)
    stop()
    const before = ticks
    await clock.pass(20)
    assert.equal(ticks, before)
  } finally {
    clock.free()
  }
})

test('it goes on after the clock was set back by an hour, which node-cron alone does not', async () => {
  const clock = inHand()
  try {
    let guarded = 0
    let unguarded = 0
    const stopGuarded = startTick(() => guarded++)
    const stopUnguarded = startTick(
      () => unguarded++,
      undefined,
      () => () => undefined,
    )
    await clock.pass(3)
    clock.setBack(3_600_000)
    await clock.pass(2)
    ;[guarded, unguarded] = [0, 0]
    await clock.pass(30)
    stopGuarded()
    stopUnguarded()
    assert.ok(guarded >= 18, `${guarded} ticks in 30 s with the guard`)
    assert.ok(unguarded <= 1, `${unguarded} ticks in 30 s without it`)
  } finally {
    clock.free()
  }
})

test('it ticks at once when it finds itself silent, and not while all is well', () => {
  let beats = 0
  let ticks = 0
  let onBeat: (() => void) | undefined
  let onWatch: (() => void) | undefined
  const beat = (call: () => void): { stop: () => void } => {
    beats++
    onBeat = call
    return { stop: () => undefined }
  }
  startTick(
    () => ticks++,
    beat,
    (_, call) => {
      onWatch = call
      return () => undefined
    },
  )
  onBeat?.()
  onWatch?.()
  onBeat?.()
  onWatch?.()
  assert.deepEqual({ beats, ticks }, { beats: 1, ticks: 2 })
  onWatch?.()
  assert.deepEqual({ beats, ticks }, { beats: 2, ticks: 3 })
})
