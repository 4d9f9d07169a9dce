import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startProgress } from '../../src/cli/progress.ts'
import { createFakeTerminal } from '../adapters/fake-terminal.ts'

/** A command that is under way, in front of a terminal; `pass` lets a second go by. */
function begin({ columns = 80, isTTY = true, LANG = 'C.UTF-8' } = {}) {
  const screen = createFakeTerminal({ columns, isTTY })
  const ticks = new Set<() => void>()
  const every = (ms: number, run: () => void): (() => void) => {
    assert.equal(ms, 1_000)
    ticks.add(run)
    return () => ticks.delete(run)
  }
  const progress = startProgress({ output: screen.output, env: { LANG }, every })
  const pass = (): void => ticks.forEach((tick) => tick())
  return { screen, progress, pass, ticks }
}

test('after a second a line tells what is being done and for how long, and it leaves nothing behind', async () => {
  const { screen, progress, pass, ticks } = begin()
  progress.show({ kind: 'progress', text: 'reading' })
  assert.deepEqual(await screen.seen(), [])
  pass()
  assert.deepEqual(await screen.seen(), ['… reading (1 s)'])
  progress.show({ kind: 'progress', text: 'writing', share: 0.7 })
  progress.show({ kind: 'draft', text: 'The' })
  pass()
  assert.deepEqual(await screen.seen(), ['▰▰▰▰▰▰▰▱▱▱ 70 % writing (2 s)'])
  progress.end()
  assert.deepEqual(await screen.seen(), [])
  assert.equal(ticks.size, 0)
})

test('what is done within the second is not told of at all', async () => {
  const { screen, progress } = begin()
  progress.show({ kind: 'progress', text: 'reading' })
  progress.end()
  await screen.seen()
  assert.equal(screen.raw(), '')
})

test('a long text stays within one row, since only one can be erased', async () => {
  const { screen, progress, pass } = begin({ columns: 30 })
  progress.show({ kind: 'progress', text: '正在读取 https://a.example/a/long/path', share: 0.5 })
  pass()
  assert.deepEqual(await screen.seen(), ['▰▰▰▰▰▱▱▱▱▱ 50 % 正在读… (1 s)'])
  pass()
  progress.end()
  assert.deepEqual(await screen.seen(), [])
})

test('control: a row that is wider than the screen does leave a part of itself', async () => {
  const { screen } = begin({ columns: 30 })
  screen.output.write(`\r\u001B[K${'x'.repeat(40)}\r\u001B[K`)
  assert.deepEqual(await screen.seen(), ['x'.repeat(30)])
})

test('where the locale has nothing but ASCII, so has the line', async () => {
  const { screen, progress, pass } = begin({ LANG: 'C' })
  progress.show({ kind: 'progress', text: 'reading', share: 0.5 })
  pass()
  assert.deepEqual(await screen.seen(), ['#####----- 50 % reading (1 s)'])
})

test('where nobody looks, nothing is written', async () => {
  const { screen, progress, pass } = begin({ isTTY: false })
  progress.show({ kind: 'progress', text: 'reading' })
  pass()
  progress.end()
  await screen.seen()
  assert.equal(screen.raw(), '')
})
