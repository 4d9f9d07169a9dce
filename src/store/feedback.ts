import type { Database } from 'better-sqlite3'

/** What someone said of an answer. */
type Opinion = 'good' | 'bad'

export const feedbackWrites = (db: Database) => {
  const put = db.prepare(
    `INSERT INTO feedback (post_key, person, verdict, at_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET verdict = excluded.verdict, at_ms = excluded.at_ms`,
  )
  return {
    /** Of one person and post the newest word counts. */
    'feedback.rate': (postKey: string, person: string, opinion: Opinion, nowMs: number): void =>
      void put.run(postKey, person, opinion, nowMs),
  }
}

export const feedbackReads = (db: Database) => {
  const isPost = db.prepare<[string], { one: number }>(`SELECT 1 AS one FROM outbox WHERE key = ?`)
  const counts = db.prepare<[number], { verdict: Opinion; n: number }>(
    `SELECT verdict, count(*) AS n FROM feedback WHERE at_ms >= ? GROUP BY verdict`,
  )
  return {
    /** True while a post of this key is kept. */
    isPost: (key: string): boolean => isPost.get(key) !== undefined,
    /** How often each was said since then. */
    counts: (sinceMs: number): Readonly<Record<Opinion, number>> => {
      const rows = counts.all(sinceMs)
      const of = (opinion: Opinion): number => rows.find(({ verdict }) => verdict === opinion)?.n ?? 0
      return { good: of('good'), bad: of('bad') }
    },
  }
}

export type FeedbackReads = ReturnType<typeof feedbackReads>
