import type { Fault } from './errors.ts'
import type { Address, ReplyStatus } from './message.ts'

/**
 * When a task is due, in the task's own time zone.
 * `cron`: five fields, minute first; day-of-month and day-of-week mean OR, as in crontab(5).
 * `at`: one instant, ISO 8601 with offset. `everyMs`: again and again from `from` (ISO 8601) on; where it is whole
 * days, the local time of day stays the same over a change of the clocks.
 */
export type Schedule =
  { readonly cron: string } | { readonly at: string } | { readonly everyMs: number; readonly from?: string }

/**
 * What becomes of due times that passed while nothing could run, none of them older than `maxAgeMs`: none is run, the
 * newest is, or the newest `most` are. A due time that is noticed within a minute was not missed.
 */
export type Missed =
  | { readonly kind: 'skip' }
  | { readonly kind: 'once'; readonly maxAgeMs: number }
  | { readonly kind: 'all'; readonly most: number; readonly maxAgeMs: number }

/** Wall times of the task's zone, `HH:MM`; `to` is not part of it, and may be on the next day. */
export type QuietHours = { readonly from: string; readonly to: string }

/** What else a person may say of a schedule. */
export type Options = {
  readonly missed: Missed
  /** A due time that comes while a run of the task is under way: left out, run after it, or run in its place. */
  readonly overlap: 'skip' | 'queue' | 'replace'
  /** A time of day that the clocks leave out on a date: run when the gap ends, or left out. */
  readonly dstGap: 'run' | 'skip'
  /** Runs begin up to so much after their due time, in milliseconds; how much is the same for all runs of a task. */
  readonly jitterMs: number
  /** Due times in these hours are left out; a run that is late waits for their end. Null: none. */
  readonly quiet: QuietHours | null
  /** The last instant at which it may be due, ISO 8601 with offset. Null: no end. */
  readonly until: string | null
  /** So many due times in all, whatever becomes of them. Null: no end. */
  readonly count: number | null
}

/** A schedule with what was said of it; what was not said is as in `usualOptions`. */
export type When = { readonly schedule: Schedule; readonly options: Partial<Options> }

/** What holds where nobody said otherwise. */
export const usualOptions: Options = {
  missed: { kind: 'once', maxAgeMs: 24 * 3_600_000 },
  overlap: 'queue',
  dstGap: 'run',
  jitterMs: 0,
  quiet: null,
  until: null,
  count: null,
}

/** What a task does: a command with its arguments. */
export type Chore = { readonly command: string; readonly args: Readonly<Record<string, unknown>> }

/** A chore that plain words ask for, with the words of time if it is to be done at a time. */
export type Proposal = Chore & { readonly when?: string }

/** A command with its arguments, on a schedule, run as a person, posting to an address. */
export type Task = Chore & {
  readonly id: number
  /** Counts up with each change; a run names the version that it ran. */
  readonly version: number
  readonly schedule: Schedule
  readonly options: Options
  /** IANA name, such as Europe/Berlin. */
  readonly zone: string
  /** Key of the person who made it; it runs with that person's rights. */
  readonly person: string
  readonly address: Address
  readonly language: 'en' | 'zh'
  readonly state: 'active' | 'paused' | 'done'
  /** Null when nothing more is due. */
  readonly nextDueMs: number | null
  readonly createdAtMs: number
  /** How many due times it has had. */
  readonly dueCount: number
  /** How many runs have failed since the last that succeeded. */
  readonly failures: number
  /** Why it was paused, where no person did it. */
  readonly pausedFor: 'failures' | 'schedule' | null
}

/** A task as it is written down first: the store gives the rest. */
export type NewTask = Omit<Task, 'id' | 'version' | 'state' | 'dueCount' | 'failures' | 'pausedFor'>

/** What of a task can be changed; each change is a new version. */
export type TaskEdit = Pick<Task, 'command' | 'args' | 'schedule' | 'options' | 'zone' | 'address'> & {
  readonly nextDueMs: number | null
}

/** The states of a run that has ended. `failed`: trying again would not help. `dead`: it was tried as often as may be. */
export const runEnds = ['succeeded', 'failed', 'cancelled', 'skipped', 'missed', 'dead'] as const

export type RunState = 'queued' | 'running' | (typeof runEnds)[number]

/** How one due time of a task, or one order to run it now, went. */
export type Run = {
  readonly id: number
  readonly taskId: number
  readonly taskVersion: number
  readonly dueMs: number
  /** True where a person ordered it; false where it came by the schedule. */
  readonly isOrdered: boolean
  readonly state: RunState
  /** It does not begin before this. */
  readonly readyMs: number
  /** How often it began. */
  readonly attempt: number
  /** How often the program ended while it ran. */
  readonly crashes: number
  readonly startedAtMs: number | null
  readonly endedAtMs: number | null
  readonly status: ReplyStatus | null
  readonly fault: Fault | null
  /** Why it was skipped, missed, cancelled or failed, or will be tried again, in the person's words. */
  readonly note: string | null
  /** The beginning of what it said. */
  readonly output: string | null
  /** US dollars for models; null where that is not known, 0 where none was asked. */
  readonly costUsd: number | null
}

/** The states of a run's posts in the outbox, in the order of the parts; empty where it posted nothing. */
export type Delivered = readonly ('queued' | 'sending' | 'sent' | 'held' | 'unknown' | 'failed')[]

/** A run as it is looked up later: with the task as it was in that version, and what became of its posts. */
export type PastRun = Run & {
  readonly chore: Chore
  readonly zone: string
  readonly delivery: Delivered
}
