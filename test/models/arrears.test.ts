import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreError, type Fault } from '../../src/errors.ts'
import { keepingUp } from '../../src/models/arrears.ts'
import type { CallRecord, OpenCall } from '../../src/store/calls.ts'

const opened = (id: number): OpenCall => ({
  id,
  atMs: id,
  day: '2026-11-22',
  route: 'default',
  person: 'terminal/local/1',
  conversation: 'terminal/local/terminal',
  task: null,
  run: null,
  reservedUsd: 1,
})
const ended = (id: number): CallRecord => ({
  ...opened(id),
  model: 'gpt',
  choice: 'first',
  fault: null,
  attempts: 1,
  tries: [],
  firstMs: 1,
  totalMs: 1,
  inputTokens: 1,
  outputTokens: 1,
  cachedTokens: null,
  costUsd: 1,
  isEstimated: false,
  isHit: false,
})

/** Books on a disk that fails while `fault` is set; `tried` has every end that was to be written, `written` those that were. */
function disk(most?: number) {
  const it = { fault: undefined as Fault | undefined, tried: [] as number[], written: [] as number[] }
  const write = async (id?: number): Promise<void> => {
    if (id !== undefined) it.tried.push(id)
    if (it.fault !== undefined) throw new StoreError(it.fault, 'not now')
    if (id !== undefined) it.written.push(id)
  }
  const books = keepingUp({ open: () => write(), settle: ({ id }) => write(id) }, most)
  const settle = async (...ids: readonly number[]): Promise<void> => {
    await Promise.allSettled(ids.map((id) => books.settle(ended(id), [])))
    await new Promise(setImmediate)
  }
  return { it, books, settle }
}

test('an end that could not be written is written with the next row that works, the oldest first', async () => {
  for (const next of ['settle', 'open'] as const) {
    const { it, books, settle } = disk()
    it.fault = 'disk-full'
    await assert.rejects(async () => books.settle(ended(1), []), /not now/u)
    await settle(2, 3)
    assert.deepEqual(it.written, [])
    it.fault = undefined
    if (next === 'settle') await settle(4)
    else await books.open(opened(4)).then(() => new Promise(setImmediate))
    assert.deepEqual(it.written, next === 'settle' ? [1, 4, 2, 3] : [1, 2, 3])
    await settle(5)
    assert.deepEqual(it.written.at(-1), 5)
    assert.equal(new Set(it.written).size, it.written.length)
  }
})

test('a full disk is tried with one old end, not with all of them', async () => {
  const { it, settle } = disk()
  it.fault = 'read-only'
  await settle(1, 2, 3, 4)
  it.tried.length = 0
  await settle(5)
  assert.deepEqual(it.tried, [1, 5])
})

test('an end that is wrong in itself is given up, and does not stand before the others', async () => {
  const { it, settle } = disk()
  it.fault = 'internal'
  await settle(1)
  await settle(2)
  it.fault = undefined
  await settle(3)
  assert.deepEqual(it.written, [2, 3])
})

test('only so many are kept', async () => {
  const { it, settle } = disk(2)
  it.fault = 'disk-full'
  await settle(1, 2, 3)
  it.fault = undefined
  await settle(4)
  assert.deepEqual(it.written, [1, 4, 2])
})
