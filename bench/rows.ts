import Database from 'better-sqlite3'
import { dataFolder } from '../src/store/folder.ts'

/** How many rows a Moltbot that has stopped must have left behind. */
export type Expected = {
  /** Messages that were sent and answered: each has one row in the inbox and one in the outbox. */
  readonly messages: number
  /** Those of them that the model answered: each is kept as two turns. */
  readonly modelAnswers: number
}

/** Compares the rows in a data folder with what was sent, and checks the whole file. Returns what is wrong, one line each. */
export function rowTroubles(dataPath: string, { messages, modelAnswers }: Expected): string[] {
  const db = new Database(dataFolder(dataPath).database, { readonly: true })
  try {
    const count = (sql: string): number =>
      db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${sql}`).get()?.n ?? 0
    const counts: readonly (readonly [string, string, number])[] = [
      ['rows in the inbox', 'inbox', messages],
      ['messages done', `inbox WHERE state = 'done'`, messages],
      ['rows in the outbox', 'outbox', messages],
      ['posts sent', `outbox WHERE state = 'sent'`, messages],
      ['messages with a post that answers them', 'inbox JOIN outbox ON answers = event', messages],
      ['turns', 'messages', 2 * modelAnswers],
    ]
    const integrity = String(db.pragma('integrity_check', { simple: true }))
    return [
      ...counts.flatMap(([what, sql, wanted]) => {
        const found = count(sql)
        return found === wanted ? [] : [`${what}: ${found}, not ${wanted}`]
      }),
      ...(integrity === 'ok' ? [] : [`integrity_check: ${integrity}`]),
    ]
  } finally {
    db.close()
  }
}
