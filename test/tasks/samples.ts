import { usualOptions, type Run, type Task } from '../../src/task.ts'

export const task: Task = {
  id: 7,
  version: 1,
  command: 'digest',
  args: {},
  schedule: { cron: '0 9 * * *' },
  options: usualOptions,
  zone: 'UTC',
  person: 'test/a/u',
  address: { adapter: 'test', account: 'a', channel: 'news' },
  language: 'en',
  state: 'active',
  nextDueMs: Date.parse('2026-11-24T09:00:00Z'),
  createdAtMs: 0,
  dueCount: 1,
  failures: 0,
  pausedFor: null,
}

export const run: Run = {
  id: 70,
  taskId: 7,
  taskVersion: 1,
  dueMs: Date.parse('2026-11-23T09:00:00Z'),
  isOrdered: false,
  state: 'running',
  readyMs: Date.parse('2026-11-23T09:00:00Z'),
  attempt: 1,
  crashes: 0,
  startedAtMs: Date.parse('2026-11-23T09:00:01Z'),
  endedAtMs: null,
  status: null,
  fault: null,
  note: null,
  output: null,
  costUsd: null,
}
