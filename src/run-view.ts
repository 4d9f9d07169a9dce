import type { Delivered, PastRun } from './task.ts'

/** A run as programs read it: times in Unix milliseconds and as ISO 8601 in UTC, costs in US dollars. */
export type RunView = ReturnType<typeof runView>

/** All that is known of a run, in one shape for HTTP and the commands. */
export function runView(run: PastRun) {
  const { chore, dueMs, readyMs, startedAtMs, endedAtMs, zone, delivery } = run
  return {
    id: run.id,
    taskId: run.taskId,
    taskVersion: run.taskVersion,
    command: chore.command,
    args: chore.args,
    state: run.state,
    due: iso(dueMs),
    dueMs,
    zone,
    isOrdered: run.isOrdered,
    ready: iso(readyMs),
    readyMs,
    startedAt: iso(startedAtMs),
    startedAtMs,
    endedAt: iso(endedAtMs),
    endedAtMs,
    ...timesOf(run),
    attempt: run.attempt,
    crashes: run.crashes,
    status: run.status,
    fault: run.fault,
    note: run.note,
    output: run.output,
    costUsd: run.costUsd,
    delivery,
  }
}

/** How late a run began, and how long it took; null where that is not known yet. */
export function timesOf({ dueMs, startedAtMs, endedAtMs }: PastRun): {
  readonly lateMs: number | null
  readonly tookMs: number | null
} {
  return { lateMs: between(dueMs, startedAtMs), tookMs: between(startedAtMs, endedAtMs) }
}

/** Several posts in one word: the gravest counts. */
export function deliveryOf(posts: Delivered): 'failed' | 'unknown' | 'coming' | 'held' | 'sent' | 'none' {
  if (posts.includes('failed')) return 'failed'
  if (posts.includes('unknown')) return 'unknown'
  if (posts.includes('queued') || posts.includes('sending')) return 'coming'
  if (posts.includes('held')) return 'held'
  return posts.length === 0 ? 'none' : 'sent'
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}

function between(fromMs: number | null, toMs: number | null): number | null {
  return fromMs === null || toMs === null ? null : Math.max(0, toMs - fromMs)
}
