import type { Database } from 'better-sqlite3'
import type { Fault } from '../errors.ts'
import type { Choice, Try } from '../model.ts'

/** Sums over calls. `costUsd` is what is known; `unpricedCalls` are those of which a part is not. */
export type Counts = {
  /** Calls that asked a model. */
  readonly calls: number
  /** Answers that were given before, and cost nothing. */
  readonly hits: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costUsd: number
  readonly unpricedCalls: number
}

/** What one call adds for one model; `model` is empty where nobody knows which it was. */
export type UsageLine = Counts & { readonly model: string }

/** What is known of a call when it begins. */
export type OpenCall = {
  readonly id: number
  readonly atMs: number
  /** The local date for which it counts: `2026-11-22`. */
  readonly day: string
  readonly route: string
  readonly person: string
  /** The key of the address. */
  readonly conversation: string
  readonly task: number | null
  readonly run: number | null
  /** The most that it may cost; null is not known. */
  readonly reservedUsd: number | null
}

/** One call of a route, as it ended. */
export type CallRecord = OpenCall & {
  /** The model that answered; null where none did. */
  readonly model: string | null
  readonly choice: Choice | null
  /** Null where it was answered. */
  readonly fault: Fault | null
  /** How often a model was asked. */
  readonly attempts: number
  readonly tries: readonly Try[]
  /** Until the first event, in whole milliseconds; null where there was none. */
  readonly firstMs: number | null
  readonly totalMs: number
  /** Tokens of all tries; null where none was counted. */
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly cachedTokens: number | null
  /** US dollars; null where a part is not known. */
  readonly costUsd: number | null
  readonly isEstimated: boolean
  readonly isHit: boolean
}

/** By what usage can be told apart. */
export type UsageKey = 'person' | 'model' | 'task' | 'day'

/** Whose usage, and on which local dates, both included; `person` undefined is everyone's. */
export type UsageSpan = { readonly from: string; readonly to: string; readonly person?: string | undefined }

export type KeyedCounts = Counts & { readonly key: string }

export const callWrites = (db: Database) => {
  const open = db.prepare(
    `INSERT INTO model_calls (id, at_ms, day, state, route, person, conversation, task_id, run_id, reserved_usd)
     VALUES (?, ?, ?, 'open', ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET reserved_usd = excluded.reserved_usd WHERE model_calls.state = 'open'`,
  )
  const settle = db.prepare(
    `INSERT INTO model_calls (id, at_ms, day, state, route, person, conversation, task_id, run_id, reserved_usd, model,
       choice, fault, attempts, tries_json, first_ms, total_ms, input_tokens, output_tokens, cached_tokens, cost_usd,
       is_estimated, cache_hit)
     VALUES (?, ?, ?, 'done', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = 'done', model = excluded.model, choice = excluded.choice,
       fault = excluded.fault, attempts = excluded.attempts, tries_json = excluded.tries_json,
       first_ms = excluded.first_ms, total_ms = excluded.total_ms, input_tokens = excluded.input_tokens,
       output_tokens = excluded.output_tokens, cached_tokens = excluded.cached_tokens, cost_usd = excluded.cost_usd,
       is_estimated = excluded.is_estimated, cache_hit = excluded.cache_hit
     WHERE model_calls.state = 'open'`,
  )
  const insertHit = db.prepare(
    `INSERT INTO model_calls (id, at_ms, day, state, route, person, conversation, task_id, run_id, reserved_usd,
       cost_usd, cache_hit)
     VALUES (?, ?, ?, 'done', ?, ?, ?, ?, ?, ?, 0, 1)`,
  )
  const addUp = `ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, hits = hits + excluded.hits,
    input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens,
    cost_usd = cost_usd + excluded.cost_usd, unpriced_calls = unpriced_calls + excluded.unpriced_calls`
  const add = db.prepare(`INSERT INTO usage_days VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ${addUp}`)
  const addLeft = db.prepare(
    `INSERT INTO usage_days SELECT day, person, coalesce(task_id, 0), '', count(*), 0, 0, 0,
       total(reserved_usd), sum(reserved_usd IS NULL) FROM model_calls WHERE state = 'open'
     GROUP BY day, person, coalesce(task_id, 0) ${addUp}`,
  )
  const settleLeft = db.prepare(
    `UPDATE model_calls SET state = 'done', fault = 'cancelled', cost_usd = reserved_usd, is_estimated = 1
     WHERE state = 'open'`,
  )
  return {
    /** Written before a model is asked, and when more is set aside, so that a crash does not forget what the call may have cost. */
    'calls.open': (call: OpenCall): void => void open.run(...beginning(call)),
    /** Ends a call, whether it was opened or not, and adds it up by the day. Does nothing where it has ended already. */
    'calls.settle': (record: CallRecord, lines: readonly UsageLine[]): void => {
      if (settle.run(...beginning(record), ...ending(record)).changes === 0) return
      for (const line of lines) {
        const { model, calls, hits, inputTokens, outputTokens, costUsd, unpricedCalls } = line
        const counts = [calls, hits, inputTokens, outputTokens, costUsd, unpricedCalls]
        add.run(record.day, record.person, record.task ?? 0, model, ...counts)
      }
    },
    /** Answers that were given before: one row for each, which cost nothing. */
    'calls.hit': (hits: readonly OpenCall[]): void => {
      for (const hit of hits) {
        insertHit.run(...beginning(hit))
        add.run(hit.day, hit.person, hit.task ?? 0, '', 0, 1, 0, 0, 0, 0)
      }
    },
    /** After a start: a call that a crash cut counts as much as it could have cost. Returns how many there were. */
    'calls.settleLeft': (): number => {
      addLeft.run()
      return settleLeft.run().changes
    },
  }
}

const beginning = (call: OpenCall): unknown[] => {
  const { id, atMs, day, route, person, conversation, task, run, reservedUsd } = call
  return [id, atMs, day, route, person, conversation, task, run, reservedUsd]
}

const ending = (record: CallRecord): unknown[] => {
  const { model, choice, fault, attempts, tries, firstMs, totalMs, inputTokens, outputTokens } = record
  const { cachedTokens, costUsd, isEstimated, isHit } = record
  const how = [model, choice, fault, attempts, JSON.stringify(tries), firstMs, totalMs]
  const flags = [Number(isEstimated), Number(isHit)]
  return [...how, inputTokens, outputTokens, cachedTokens, costUsd, ...flags]
}

type CallRow = Omit<CallRecord, 'tries' | 'isEstimated' | 'isHit' | 'totalMs'> & {
  totalMs: number | null
  triesJson: string
  isEstimated: number
  isHit: number
}

const keys: Readonly<Record<UsageKey, string>> = {
  person: 'person',
  model: 'model',
  task: 'task_id',
  day: 'day',
}

export const callReads = (db: Database) => {
  const sums = `total(calls) AS calls, total(hits) AS hits, total(input_tokens) AS inputTokens,
    total(output_tokens) AS outputTokens, total(cost_usd) AS costUsd, total(unpriced_calls) AS unpricedCalls`
  const span = `day BETWEEN ? AND ? AND (? IS NULL OR person = ?)`
  type SpentArgs = [string, string, string, string]
  type SpanArgs = [string, string, string | null, string | null]
  const total = db.prepare<SpanArgs, Counts>(`SELECT ${sums} FROM usage_days WHERE ${span}`)
  const by = (key: UsageKey) =>
    db.prepare<[...SpanArgs, number], KeyedCounts>(
      `SELECT CAST(${keys[key]} AS TEXT) AS key, ${sums} FROM usage_days WHERE ${span} GROUP BY ${keys[key]}
       HAVING total(calls) + total(hits) + total(input_tokens) + total(cost_usd) + total(unpriced_calls) > 0
       ORDER BY ${key === 'day' ? 'day DESC' : 'total(cost_usd) DESC, total(calls) DESC, 1'} LIMIT ?`,
    )
  const lastId = db.prepare<[], { id: number | null }>(`SELECT max(id) AS id FROM model_calls`)
  const leftUntilId = lastId.get()?.id ?? 0
  const spent = db.prepare<[...SpentArgs, number], { person: string; task: number; usd: number }>(
    `SELECT person, task, total(usd) AS usd FROM (
       SELECT person, task_id AS task, cost_usd AS usd FROM usage_days WHERE day BETWEEN ? AND ?
       UNION ALL
       SELECT person, coalesce(task_id, 0), reserved_usd FROM model_calls
       WHERE day BETWEEN ? AND ? AND state = 'open' AND id <= ?
     ) GROUP BY person, task`,
  )
  const hasOpen = db.prepare(`SELECT 1 FROM model_calls WHERE state = 'open' LIMIT 1`)
  const lastOf = db.prepare<[string], CallRow>(
    `SELECT id, at_ms AS atMs, day, route, person, conversation, task_id AS task, run_id AS run,
       reserved_usd AS reservedUsd, model, choice, fault, attempts, tries_json AS triesJson, first_ms AS firstMs, total_ms AS totalMs,
       input_tokens AS inputTokens, output_tokens AS outputTokens, cached_tokens AS cachedTokens, cost_usd AS costUsd,
       is_estimated AS isEstimated, cache_hit AS isHit
     FROM model_calls WHERE conversation = ? AND state = 'done' ORDER BY id DESC LIMIT 1`,
  )
  const recent = db.prepare<[number], { triesJson: string }>(
    `SELECT tries_json AS triesJson FROM model_calls WHERE state = 'done' AND cache_hit = 0 ORDER BY id DESC LIMIT ?`,
  )
  const of = ({ from, to, person = null }: UsageSpanOrNull): SpanArgs => [from, to, person, person]
  return {
    /** The highest id ever given, 0 if none was. */
    lastId: (): number => lastId.get()?.id ?? 0,
    /** True if a crash has left a call open. */
    hasOpen: (): boolean => hasOpen.get() !== undefined,
    /**
     * What was spent on these local dates, by person and task; task 0 is none. A call that was open when the rows were
     * opened was cut by a crash, and counts with as much as it could have cost, also where that could not be written.
     */
    spent: (from: string, to: string): { person: string; task: number; usd: number }[] =>
      spent.all(from, to, from, to, leftUntilId),
    /** All usage of a span in one. */
    total: (about: UsageSpan): Counts => total.get(...of(about)) ?? noCounts,
    /** The usage of a span by person, model, task or day: the dearest first, days from the newest. */
    usage: (key: UsageKey, about: UsageSpan, most: number): KeyedCounts[] => by(key).all(...of(about), most),
    /** The newest call in a conversation that has ended. */
    lastOf: (conversation: string): CallRecord | undefined => {
      const row = lastOf.get(conversation)
      return row === undefined ? undefined : toRecord(row)
    },
    /** What models did in the newest calls, oldest first. */
    recent: (most: number): Try[] =>
      recent
        .all(most)
        .toReversed()
        .flatMap(({ triesJson }) => JSON.parse(triesJson) as Try[]),
  }
}

type UsageSpanOrNull = Omit<UsageSpan, 'person'> & { readonly person?: string | null | undefined }

const noCounts: Counts = {
  calls: 0,
  hits: 0,
  inputTokens: 0,
  outputTokens: 0,
  costUsd: 0,
  unpricedCalls: 0,
}

const toRecord = ({ triesJson, isEstimated, isHit, totalMs, ...row }: CallRow): CallRecord => ({
  ...row,
  totalMs: totalMs ?? 0,
  tries: JSON.parse(triesJson),
  isEstimated: isEstimated === 1,
  isHit: isHit === 1,
})
