import type { Database } from 'better-sqlite3'
import { StoreError } from '../errors.ts'
import type { Language } from '../words.ts'

/** One exact action that waits for a yes: a command with its arguments, as shown to the person. */
export type Action = { readonly command: string; readonly args: Readonly<Record<string, unknown>> }

/** An open question. `askedAtInboxId`: the newest row of the inbox when it was asked; an older message cannot answer it. */
export type Approval = {
  readonly id: number
  /** The key of the conversation in which it stands. */
  readonly conversation: string
  /** The key of whoever was asked. */
  readonly person: string
  readonly action: Action
  /** It need not be answered: what was ordered is done without it. */
  readonly isOffer: boolean
  /** The language of the question, and so of what comes of it. */
  readonly language: Language
  readonly askedAtInboxId: number
  readonly madeAtMs: number
}

export const approvalWrites = (db: Database) => {
  const withdrawOpen = db.prepare(
    `UPDATE approvals SET state = 'withdrawn' WHERE conversation = ? AND person = ? AND state = 'open'`,
  )
  const insert = db.prepare(
    `INSERT INTO approvals (conversation, person, action_json, language, made_at_ms, expires_at_ms, asked_at_inbox_id)
     VALUES (?, ?, ?, ?, ?, ?, (SELECT coalesce(max(id), 0) FROM inbox))`,
  )
  const close = db.prepare(`UPDATE approvals SET state = ? WHERE id = ? AND state = 'open'`)
  const closeOnce = (id: number, state: 'used' | 'withdrawn'): void => {
    if (close.run(state, id).changes === 0)
      throw new StoreError('missing', `the question ${id} is no longer open`)
  }
  return {
    /** A person has one open question in a conversation: a newer one takes the place of the older. */
    'approvals.open': (
      conversation: string,
      person: string,
      action: Action & { readonly isOffer?: true },
      language: Language,
      nowMs: number,
      expiresAtMs: number,
    ): void => {
      withdrawOpen.run(conversation, person)
      insert.run(conversation, person, JSON.stringify(action), language, nowMs, expiresAtMs)
    },
    /** Throws `missing` if it was used or withdrawn before, so that what is committed with it happens once. */
    'approvals.use': (id: number): void => closeOnce(id, 'used'),
    /** Takes in a no; throws `missing` as a yes does, so that nobody is told that what was done is left. */
    'approvals.decline': (id: number): void => closeOnce(id, 'withdrawn'),
    'approvals.withdraw': (conversation: string, person: string): void =>
      void withdrawOpen.run(conversation, person),
  }
}

export const approvalReads = (db: Database) => {
  const openIn = db.prepare<unknown[], ApprovalRow>(
    // Between them lie the keys of the threads: `0` comes after `/`.
    `SELECT id, conversation, person, action_json, language, asked_at_inbox_id, made_at_ms FROM approvals
     WHERE state = 'open' AND expires_at_ms > :nowMs
       AND conversation >= :place AND conversation < :place || '0'
       AND (conversation = :place OR conversation > :place || '/') ORDER BY conversation`,
  )
  return {
    /** The open questions in a place and its threads; none that has expired. */
    openIn: (place: string, nowMs: number): readonly Approval[] =>
      openIn.all({ place, nowMs }).map(({ action_json, asked_at_inbox_id, made_at_ms, ...row }) => ({
        ...row,
        ...actionIn(action_json),
        askedAtInboxId: asked_at_inbox_id,
        madeAtMs: made_at_ms,
      })),
  }
}

type ApprovalRow = Pick<Approval, 'id' | 'conversation' | 'person' | 'language'> & {
  readonly action_json: string
  readonly asked_at_inbox_id: number
  readonly made_at_ms: number
}

function actionIn(json: string): Pick<Approval, 'action' | 'isOffer'> {
  const { isOffer = false, ...action } = JSON.parse(json)
  return { action, isOffer }
}
