import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createLanes } from '../src/lanes.ts'

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('jobs of a lane keep their order, and never more run than may', async () => {
  const plan = fc.array(fc.record({ lane: fc.constantFrom('a', 'b', 'c', 'd'), turns: fc.nat(3) }), {
    maxLength: 40,
  })
  await fc.assert(
    fc.asyncProperty(plan, fc.integer({ min: 1, max: 3 }), async (jobs, atOnce) => {
      const lanes = createLanes(atOnce)
      const begun: Record<string, number[]> = {}
      const inLane = new Set<string>()
      let running = 0
      await Promise.all(
        jobs.map(({ lane, turns }, i) =>
          lanes.run(lane, async () => {
            assert.ok(!inLane.has(lane), 'two jobs in one lane')
            assert.ok(++running <= atOnce, 'too many at once')
            inLane.add(lane)
            ;(begun[lane] ??= []).push(i)
            for (let turn = 0; turn < turns; turn++) await soon()
            inLane.delete(lane)
            running--
          }),
        ),
      )
      for (const order of Object.values(begun))
        assert.deepEqual(
          order,
          order.toSorted((a, b) => a - b),
        )
      await lanes.idle()
    }),
    { numRuns: 40 },
  )
})

test('a job that fails does not stop its lane', async () => {
  const lanes = createLanes(1)
  const failed = lanes.run('a', () => Promise.reject(new Error('no')))
  const next = lanes.run('a', async () => undefined)
  await assert.rejects(failed, /no/u)
  await next
})

test('a stop reaches what runs and what waits in its lane, and no other lane', async () => {
  const lanes = createLanes(4)
  const seen: string[] = []
  const job = (name: string) => async (signal: AbortSignal) => {
    await soon()
    seen.push(`${name} ${signal.aborted ? 'stopped' : 'done'}`)
  }
  const all = [lanes.run('a', job('a1')), lanes.run('a', job('a2')), lanes.run('b', job('b1'))]
  assert.equal(lanes.stop('a'), 2)
  assert.equal(lanes.stop('nowhere'), 0)
  await Promise.all(all)
  assert.deepEqual(seen.toSorted(), ['a1 stopped', 'a2 stopped', 'b1 done'])
})

test('a stop of a place stops its threads, and no other place', async () => {
  const lanes = createLanes(4)
  const ended: string[] = []
  const job = (lane: string) =>
    lanes.run(
      lane,
      (signal) => new Promise((end) => signal.addEventListener('abort', () => end(void ended.push(lane)))),
    )
  const jobs = ['slack/T/C1', 'slack/T/C1/1.5', 'slack/T/C12/1.5', 'slack/T/C2'].map(job)
  assert.equal(lanes.stop('slack/T/C1'), 2)
  await Promise.all(jobs.slice(0, 2))
  assert.deepEqual(ended, ['slack/T/C1', 'slack/T/C1/1.5'])
  lanes.stopAll('closing')
  await Promise.all(jobs)
})
