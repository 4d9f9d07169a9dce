import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Held } from '../../proof/platform-history.ts'
import type { OutboxRow, Rows, RunRow } from '../../proof/rows.ts'
import { keyOf } from '../../proof/verdict.ts'
import { platformBreaches } from '../../proof/verdict-platform.ts'

const address = { adapter: 'chat', account: 'home', channel: 'general' }
const runs = [1, 2, 3].map((n): RunRow => ({
  taskId: n,
  dueMs: n * 1_000,
  state: 'succeeded',
  attempt: 1,
  address,
}))
const post = (run: RunRow, more: Partial<OutboxRow> = {}): OutboxRow => ({
  id: run.taskId,
  key: keyOf(run),
  lane: 'chat/home/general',
  answers: null,
  reply: 'hello',
  state: 'sent',
  ref: `ts-${run.taskId}`,
  ...more,
})
const held = (run: RunRow): Held => ({
  key: keyOf(run),
  channel: 'general',
  text: 'hello',
  ts: `ts-${run.taskId}`,
  takenAtMs: 0,
  shownAtMs: 0,
})
const rows = (outbox: readonly OutboxRow[], all: readonly RunRow[] = runs): Rows => ({
  inbox: [],
  turns: [],
  outbox,
  runs: all,
})
const [first, second, third] = runs as [RunRow, RunRow, RunRow]
const fine = runs.map((run) => post(run))
const kinds = (holds: readonly Held[], found: Rows): string[] =>
  platformBreaches('chat', holds, found).map(({ kind }) => kind)

test('each run with its one post, in order, is no breach', () => {
  assert.deepEqual(kinds(runs.map(held), rows(fine)), [])
})

test('a post that the platform does not hold is lost, whatever the row says', () => {
  assert.deepEqual(kinds([first, second].map(held), rows(fine)), ['lost', 'lost'])
  const unknown = [post(first), post(second), post(third, { state: 'unknown', ref: null })]
  assert.deepEqual(kinds(runs.map(held), rows(unknown)), ['lost'])
})

test('a post that it holds twice, or of no run, or of one that was left out, is doubled', () => {
  assert.deepEqual(kinds([first, second, third, third].map(held), rows(fine)), ['doubled'])
  const stranger = { ...first, dueMs: 7 }
  assert.deepEqual(kinds([...runs, stranger].map(held), rows(fine)), ['doubled'])
  const skipped = [first, second, { ...third, state: 'skipped' }]
  assert.deepEqual(kinds(runs.map(held), rows(fine, skipped)), ['doubled'])
})

test('posts to one place that changed their order are found', () => {
  assert.deepEqual(kinds([second, first, third].map(held), rows(fine)), ['outOfOrder'])
})
