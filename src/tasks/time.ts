import { formatTime, restate } from './restate.ts'
import { nextDue, validSchedule } from './schedule.ts'
import { validOptions } from './valid-options.ts'
import { findWhen, readWhen } from './when/when.ts'

/** Words of time, both ways: reading what people say, and saying what a schedule means. All of it is pure. */
export const time = { findWhen, readWhen, restate, formatTime, nextDue, validSchedule, validOptions } as const
