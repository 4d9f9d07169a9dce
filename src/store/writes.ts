import type { Database } from 'better-sqlite3'
import { approvalReads, approvalWrites } from './approvals.ts'
import { callReads, callWrites } from './calls.ts'
import { conversationReads, conversationWrites } from './conversations.ts'
import { feedbackReads, feedbackWrites } from './feedback.ts'
import { homeReads } from './home.ts'
import { inboxReads, inboxWrites } from './inbox.ts'
import { installationReads, installationWrites } from './installations.ts'
import { outboxReads, outboxWrites } from './outbox.ts'
import { peopleReads, peopleWrites } from './people.ts'
import { retentionReads, retentionWrites } from './retention.ts'
import { runHistory } from './run-history.ts'
import { runReads, runWrites } from './runs.ts'
import { seenReads, seenWrites } from './seen.ts'
import { taskReads, taskWrites } from './tasks.ts'

/** Every change that can be made to the database, by name. They run in the writer thread, inside its transaction. */
export const createWrites = (db: Database) => ({
  ...inboxWrites(db),
  ...outboxWrites(db),
  ...conversationWrites(db),
  ...approvalWrites(db),
  ...taskWrites(db),
  ...runWrites(db),
  ...seenWrites(db),
  ...callWrites(db),
  ...retentionWrites(db),
  ...peopleWrites(db),
  ...feedbackWrites(db),
  ...installationWrites(db),
})

export type Writes = ReturnType<typeof createWrites>

/** One change as a value: its name and its arguments. */
export type Write = { [Name in keyof Writes]: readonly [Name, ...Parameters<Writes[Name]>] }[keyof Writes]

/** Every look into the database, by family of rows. */
export const createReads = (db: Database) => ({
  inbox: inboxReads(db),
  outbox: outboxReads(db),
  conversations: conversationReads(db),
  approvals: approvalReads(db),
  tasks: taskReads(db),
  runs: { ...runReads(db), ...runHistory(db) },
  seen: seenReads(db),
  calls: callReads(db),
  keep: retentionReads(db),
  people: peopleReads(db),
  feedback: feedbackReads(db),
  home: homeReads(db),
  installations: installationReads(db),
})

export type Reads = ReturnType<typeof createReads>
