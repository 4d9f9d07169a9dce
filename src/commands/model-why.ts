import type { Outcome } from '../command.ts'
import type { Fault } from '../errors.ts'
import type { Choice, Try } from '../model.ts'
import type { Language, Words } from '../words.ts'

/** The newest call of a conversation. `model` is null where none answered. */
export type LastCall = {
  readonly atMs: number
  readonly route: string
  readonly model: string | null
  readonly choice: Choice | null
  /** Null where it was answered. */
  readonly fault: Fault | null
  readonly isHit: boolean
  readonly tries: readonly Try[]
}

/** How a model of a route that chooses by measurement stands. */
export type Score = {
  readonly name: string
  /** 0 to 1. */
  readonly score: number
  readonly calls: number
  readonly success: number | undefined
  readonly firstMs: number | undefined
  readonly costUsd: number | undefined
}

export type WhyParts = {
  readonly lastCall: (conversation: string) => LastCall | undefined
  /** The scores of a route that chooses by measurement, else none. */
  readonly scores: (route: string) => Promise<readonly Score[]>
}

/** /model why: how the last answer of a conversation came to be. */
export async function explain(
  conversation: string,
  { language, zone }: { readonly language: Language; readonly zone: string },
  words: Words,
  { lastCall, scores }: WhyParts,
): Promise<Outcome> {
  const last = lastCall(conversation)
  if (last === undefined) return { reply: { text: words.model.nothingYet, status: 'done' } }
  const { atMs, route, model, choice, fault, isHit, tries } = last
  const time = new Intl.DateTimeFormat(language, { timeZone: zone, timeStyle: 'medium' }).format(atMs)
  const scored = await scores(route)
  const lines = isHit
    ? [words.model.lastHit(route, time)]
    : [
        fault === null
          ? words.model.last(model ?? '', route, time)
          : words.model.lastFailed(words.faults[fault], route, time),
        ...(choice === null ? [] : [words.model.choice[choice]]),
        ...tries.map((one) => `  ${tryLine(one, words)}`),
      ]
  const table =
    scored.length === 0 ? [] : [words.model.scores, ...scored.map((one) => `  ${scoreLine(one, words)}`)]
  return {
    reply: {
      text: [...lines, ...table].join('\n'),
      status: 'done',
      data: { atMs, route, model, choice, fault, isHit, tries, scores: scored },
    },
  }
}

function tryLine({ model, outcome, because, firstMs, totalMs, costUsd }: Try, words: Words): string {
  const fault = outcome === 'resting' ? because : outcome
  const isFault = fault !== undefined && Object.hasOwn(words.faults, fault)
  const reason = isFault ? words.faults[fault as keyof Words['faults']] : undefined
  const cost = costUsd === undefined ? undefined : words.usage.usd(costUsd)
  return words.model.tried({ model, outcome, reason, firstMs, totalMs, cost })
}

function scoreLine({ name, score, calls, success, firstMs, costUsd }: Score, words: Words): string {
  const cost = costUsd === undefined ? undefined : words.usage.usd(costUsd)
  return words.model.score(name, score.toFixed(2), words.model.measured(calls, success, firstMs), cost)
}
