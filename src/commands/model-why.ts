import type { Outcome } from '../command.ts'
import type { Choice, Try } from '../model.ts'
import type { Language, Words } from '../words.ts'

/** The newest call of a conversation. `model` is null where none answered. */
export type LastCall = {
  readonly atMs: number
  readonly route: string
  readonly model: string | null
  readonly choice: Choice | null
  readonly isHit: boolean
  readonly tries: readonly Try[]
}

/** How a model of a route that chooses by measurement stands. */
export type Score = {
  readonly name: string
  /** Undefined while too little is known. */
  readonly score: number | undefined
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
  const { route, model, choice, isHit, tries } = last
  const time = new Intl.DateTimeFormat(language, { timeZone: zone, timeStyle: 'medium' }).format(last.atMs)
  const standing = await scores(route)
  const lines = isHit
    ? [words.model.lastHit(route, time)]
    : [
        words.model.last(model ?? '', route, time),
        ...(choice === null ? [] : [words.model.choice[choice]]),
        ...tries.map((one) => `  ${tryLine(one, words)}`),
      ]
  const table =
    standing.length === 0 ? [] : [words.model.scores, ...standing.map((one) => `  ${scoreLine(one, words)}`)]
  return {
    reply: { text: [...lines, ...table].join('\n'), status: 'done', data: { ...last, scores: standing } },
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
  const shown = score === undefined ? '–' : score.toFixed(2)
  const cost = costUsd === undefined ? undefined : words.usage.usd(costUsd)
  return words.model.score(name, shown, words.model.measured(calls, success, firstMs), cost)
}
