import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Sign } from '../../src/adapter.ts'
import { createProgress, type Reporter } from '../../src/tasks/progress.ts'
import { run, task } from './samples.ts'

function begin(): {
  clock: { nowMs: number }
  shown: Sign[]
  progress: ReturnType<typeof createProgress>
  reporter: Reporter
} {
  const clock = { nowMs: 1_000_000 }
  const shown: Sign[] = []
  const progress = createProgress({ now: () => clock.nowMs, show: (_, __, sign) => shown.push(sign) })
  return { clock, shown, progress, reporter: progress.begin(task, run) }
}

const textsOf = (signs: readonly Sign[]): string[] => signs.map(({ text }) => text)

test('a run shows one sign a second, and the newest is known at any time', () => {
  const { clock, shown, progress, reporter } = begin()
  for (let i = 0; i < 50; i++) {
    reporter.tell(`line ${i}`, i / 50)
    assert.deepEqual(progress.of(run.id), { text: `line ${i}`, share: i / 50, atMs: clock.nowMs })
    clock.nowMs += 100
  }
  assert.deepEqual(textsOf(shown), ['line 0', 'line 10', 'line 20', 'line 30', 'line 40'])
  assert.deepEqual(shown[1], { kind: 'progress', text: 'line 10', share: 0.2 })
})

test('what came too soon is shown a second later, once', () => {
  const { clock, shown, progress, reporter } = begin()
  reporter.tell('reading')
  reporter.tell('asking a model')
  progress.flush()
  assert.deepEqual(textsOf(shown), ['reading'])
  clock.nowMs += 1_000
  progress.flush()
  clock.nowMs += 1_000
  progress.flush()
  assert.deepEqual(shown, [
    { kind: 'progress', text: 'reading' },
    { kind: 'progress', text: 'asking a model' },
  ])
})

test('two runs do not take each other’s second', () => {
  const { shown, progress, reporter } = begin()
  const other = progress.begin(task, { ...run, id: run.id + 1 })
  reporter.tell('one')
  other.tell('two')
  assert.deepEqual(textsOf(shown), ['one', 'two'])
})

test('the last sign says that all is done, and what is told after it is not heard', () => {
  const { clock, shown, progress, reporter } = begin()
  reporter.tell('reading', 0.4)
  clock.nowMs += 5_000
  reporter.end()
  reporter.end()
  reporter.tell('still here')
  progress.flush()
  assert.deepEqual(shown.slice(1), [{ kind: 'progress', text: 'reading', share: 1 }])
  assert.equal(progress.of(run.id), undefined)
})

test('a run that told nothing ends without a sign', () => {
  const { shown, reporter } = begin()
  reporter.end()
  assert.deepEqual(shown, [])
})

test('an earlier attempt that goes on talking is not taken for the one that runs', () => {
  const { shown, progress, reporter } = begin()
  reporter.end()
  const again = progress.begin(task, run)
  reporter.tell('old')
  reporter.end()
  again.tell('new')
  assert.deepEqual(textsOf(shown), ['new'])
  assert.equal(progress.of(run.id)?.text, 'new')
})

test('a clock that is set back does not silence a run', () => {
  const { clock, shown, reporter } = begin()
  reporter.tell('before')
  clock.nowMs -= 3_600_000
  reporter.tell('after')
  assert.deepEqual(textsOf(shown), ['before', 'after'])
})
