import { ModelError, type Cap, type Fault } from '../../src/errors.ts'
import type { Model, Trail, Try } from '../../src/model.ts'
import { budgeted, type BudgetParts } from '../../src/models/budget.ts'
import { createLedger, type Ledger } from '../../src/models/ledger.ts'
import type { Most } from '../../src/models/price.ts'
import type { CallRecord, OpenCall, UsageLine } from '../../src/store/calls.ts'

/** Books that are kept in memory, with a clock that goes on when it is told to. */
export type Desk = {
  readonly parts: BudgetParts
  readonly ledger: Ledger
  readonly opened: OpenCall[]
  readonly records: CallRecord[]
  readonly lines: UsageLine[]
  readonly troubles: unknown[]
  readonly said: string[]
  nowMs: number
}

export const dayCap = (usd: number): Cap => ({ period: 'day', of: 'total', usd })

export function openDesk(
  caps: readonly Cap[],
  most: Most = { kind: 'known', usd: 1 },
  changes: Partial<BudgetParts> = {},
): Desk {
  const ledger = createLedger({
    spent: () => [],
    caps: () => caps,
    zone: () => 'UTC',
    now: () => desk.nowMs,
    notify: () => undefined,
  })
  let id = 0
  const desk: Desk = {
    ledger,
    opened: [],
    records: [],
    lines: [],
    troubles: [],
    said: [],
    nowMs: Date.UTC(2026, 10, 22, 12),
    parts: {
      ledger,
      mostOf: () => most,
      newId: () => ++id,
      open: async (call) => desk.opened.push(call),
      settle: async (record, lines) => {
        desk.records.push(record)
        desk.lines.push(...lines)
      },
      now: () => desk.nowMs,
      onRecord: (_record, _request, text) => desk.said.push(text),
      onTrouble: (error) => desk.troubles.push(error),
      ...changes,
    },
  }
  return desk
}

/** A trail of one try that cost so much; undefined is not known. */
export function trailOf(costUsd: number | undefined, outcome: Try['outcome'] = 'answered'): Trail {
  const usage = { inputTokens: 100, outputTokens: 20, cachedTokens: 40 }
  const one: Try = { model: 'gpt', outcome, totalMs: 3, usage, ...(costUsd === undefined ? {} : { costUsd }) }
  return { choice: 'first', tries: [one] }
}

/** What a route does: says its pieces, then ends, fails, or stays silent until it is stopped. */
export type Act = {
  readonly pieces?: number
  readonly fails?: Fault
  readonly silent?: true
  /** The trail of its end or error; of its abort, too. */
  readonly trail?: Trail
  readonly meanwhile?: () => void
}

/** A route that acts; `asked` counts how often, `left` how often its stream was let go of. */
export function acting({ pieces = 1, fails, silent, trail, meanwhile }: Act): {
  readonly model: Model
  readonly asked: () => number
  readonly left: () => number
} {
  let asked = 0
  let left = 0
  const stop = (fault: Fault): ModelError => new ModelError(fault, `it fails: ${fault}`, { trail })
  const stream: Model['stream'] = async function* (_request, signal) {
    asked++
    try {
      for (let i = 0; i < pieces; i++) {
        if (signal.aborted) throw stop('cancelled')
        meanwhile?.()
        yield { kind: 'text', text: 'word ' }
      }
      if (silent) {
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve()
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
      }
      if (signal.aborted) throw stop('cancelled')
      if (fails !== undefined) throw stop(fails)
      yield { kind: 'end', stop: 'complete', usage: {}, ...(trail === undefined ? {} : { trail }) }
    } finally {
      left++
    }
  }
  return { model: { name: 'default', stream }, asked: () => asked, left: () => left }
}

/** The route of an act, under the caps of a desk. */
export function underBudget(desk: Desk, act: Act) {
  const route = acting(act)
  return { ...route, model: budgeted(route.model, desk.parts) }
}
