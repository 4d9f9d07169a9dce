import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jobFigures, type Round, type Rounds } from '../../bench/tasks-figures.ts'
import type { SideName } from '../../bench/tasks-side.ts'

const round = (jobs: number, ms: number, more: Partial<Round> = {}): Round => ({
  done: jobs,
  durationMs: 1_000,
  cpuUs: jobs * 50,
  jobMs: Array.from({ length: jobs }, () => ms),
  stallMs: 1,
  serverCpuMs: 0,
  ...more,
})

const valuesOf = (rounds: readonly (readonly [SideName, readonly Round[]])[]): Record<string, number> => {
  const taken = new Map<number, Rounds>([[32, new Map(rounds)]])
  return Object.fromEntries(jobFigures(taken, [2]).map(({ metric, value }) => [metric, value]))
}

test('a machine that grows slower does not change the ratio to a peer', () => {
  const ours = [round(800, 1), round(400, 2), round(200, 4)]
  const peer = [round(100, 8), round(50, 16), round(25, 32)]
  const values = valuesOf([
    ['ours', ours],
    ['bullmqAlways', peer],
  ])
  assert.equal(values['jobsPerSecond32'], 400)
  assert.equal(values['bullmqAlways32'], 50)
  assert.equal(values['ratioToBullmqAlways32'], 8)
})

test('a peer pays for its server, and we for our longest stall', () => {
  const values = valuesOf([
    ['ours', [round(100, 1), round(100, 1, { stallMs: 21 })]],
    ['pgboss', [round(100, 1, { serverCpuMs: 10 }), round(100, 1, { serverCpuMs: 30 })]],
  ])
  assert.equal(values['cpuUsPerJob32'], 50)
  assert.equal(values['pgbossCpuUs32'], 50 + 200)
  assert.equal(values['mainLoopMaxMs'], 21)
})

test('without peers there are figures of ours alone', () => {
  const values = valuesOf([['ours', [round(100, 1)]]])
  assert.deepEqual(
    Object.keys(values).filter((name) => name.startsWith('ratio')),
    [],
  )
  assert.equal(values['jobsPerSecond32'], 100)
})
