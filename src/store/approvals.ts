import type { Database } from 'better-sqlite3'
import type { Language } from '../words.ts'

/** One exact action that waits for a yes: a command with its arguments, as shown to the person. */
export type Action = { readonly command: string; readonly args: Readonly<Record<string, unknown>> }

/** An open question. `askedAtInboxId`: the newest row of the inbox when it was asked; an older message cannot answer it. */
export type Approval = {
  readonly id: number
  readonly action: Action
  /** The language of the question, and so of what comes of it. */
  readonly language: Language
  readonly askedAtInboxId: number
}

export const approvalWrites = (db: Database) => {
  const withdrawOpen = db.prepare(
    `UPDATE approvals SET state = 'withdrawn' WHERE conversation = ? AND person = ? AND state = 'open'`,
  )
  const insert = db.prepare(
    `INSERT INTO approvals (conversation, person, action_json, language, made_at_ms, expires_at_ms, asked_at_inbox_id)
     VALUES (?, ?, ?, ?, ?, ?, (SELECT coalesce(max(id), 0) FROM inbox))`,
  )
  const use = db.prepare(`UPDATE approvals SET state = 'used' WHERE id = ? AND state = 'open'`)
  return {
    /** A person has one open question in a conversation: a newer one takes the place of the older. */
    'approvals.open': (
      conversation: string,
      person: string,
      action: Action,
      language: Language,
      nowMs: number,
      expiresAtMs: number,
    ): void => {
      withdrawOpen.run(conversation, person)
      insert.run(conversation, person, JSON.stringify(action), language, nowMs, expiresAtMs)
    },
    /** Throws if it was used or withdrawn before, so that what is committed with it happens once. */
    'approvals.use': (id: number): void => {
      if (use.run(id).changes === 0) throw new Error(`approval ${id} is no longer open`)
    },
    'approvals.withdraw': (conversation: string, person: string): void =>
      void withdrawOpen.run(conversation, person),
  }
}

export const approvalReads = (db: Database) => {
  const open = db.prepare<
    [string, string, number],
    { id: number; action_json: string; language: Language; asked_at_inbox_id: number }
  >(
    `SELECT id, action_json, language, asked_at_inbox_id FROM approvals
     WHERE conversation = ? AND person = ? AND state = 'open' AND expires_at_ms > ?`,
  )
  return {
    /** The open question, unless it has expired. */
    open: (conversation: string, person: string, nowMs: number): Approval | undefined => {
      const row = open.get(conversation, person, nowMs)
      if (row === undefined) return undefined
      const { id, language } = row
      return { id, language, action: JSON.parse(row.action_json), askedAtInboxId: row.asked_at_inbox_id }
    },
  }
}
