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
}

/** A task as it is written down first: the store gives the rest. */
export type NewTask = Omit<Task, 'id' | 'version' | 'state'>

/** How one due time of a task, or one order to run it now, went. */
export type Run = {
  readonly id: number
  readonly taskId: number
  readonly taskVersion: number
  readonly dueMs: number
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed' | 'skipped' | 'missed'
  /** 1 for the first; counts up when a crash or a fault made it start again. */
  readonly attempt: number
  readonly startedAtMs: number | null
  readonly endedAtMs: number | null
  readonly status: ReplyStatus | null
  readonly fault: Fault | null
  /** Why it was skipped, missed or failed, in the person's words. */
  readonly note: string | null
}
