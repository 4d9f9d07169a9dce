import type { Context, Moment, Read } from '../command.ts'
import type { Proposal } from '../task.ts'
import { misusedWords, placeOf, problem, readChore, type PlanParts, type Problem } from './task-plan.ts'

export type SentenceParts = Pick<PlanParts, 'readCall' | 'readWhen' | 'resolve'> & {
  /** Finds the words of time in a text; `rest` is the text without them. */
  readonly findWhen: (
    text: string,
    moment: Moment,
  ) => { readonly words: string; readonly rest: string } | undefined
  /** Reads a command as it is typed, with its slash. */
  readonly readTyped: (text: string, moment: Moment) => Read | undefined
  /** Reads a sentence that says what to do, and in `when` the words of time. */
  readonly propose: (text: string, moment: Moment) => Proposal | undefined
}

/**
 * Reads what to do, and when if that is said: a command as it is typed with the words of time anywhere beside it or
 * a cron line before it, or a plain sentence. Undefined if it is neither.
 */
export function readSentence(
  text: string,
  context: Context,
  parts: SentenceParts,
): Proposal | Problem | undefined {
  const { nowMs, zone, language } = context
  const moment = { nowMs, zone }
  const found = cronFirst(text, moment, parts) ?? parts.findWhen(text, moment)
  const rest = (found?.rest ?? text).trim().replace(/^[/／]/u, '')
  const typed = rest === '' ? undefined : parts.readTyped(`/${rest}`, moment)
  if (typed?.kind === 'invocation') {
    const { name, args, when = found?.words } = typed.invocation
    const chore = { command: name, args, ...(when === undefined ? {} : { when }) }
    const wrong = problemOf(chore, context, parts)
    // "help me digest …" and "digest the feed …" begin like a command, and are sentences.
    return wrong === undefined ? chore : (parts.propose(text, moment) ?? wrong)
  }
  const proposal = parts.propose(text, moment)
  if (proposal !== undefined || typed?.kind !== 'misused') return proposal
  return problem(misusedWords(rest.split(/\s/u, 1)[0] ?? '', typed, language))
}

const field = '[\\d*?,/#a-z-]+'
const cron = new RegExp(`^["“]?([\\d*][\\d*,/-]*(?:\\s+${field}){4})["”]?(?=[\\s,;，；])([\\s\\S]+)$`, 'iu')
/** A time to stand where the cron line stood, so that the options around it are found as those of any time are. */
const carrier = 'every day at 00:00'

function cronFirst(
  text: string,
  moment: Moment,
  { findWhen, readWhen }: SentenceParts,
): ReturnType<SentenceParts['findWhen']> {
  const [, line, rest = ''] = cron.exec(text) ?? []
  if (line === undefined || readWhen(line, moment) === undefined) return undefined
  const found = findWhen(carrier + rest, moment)
  if (found === undefined || !found.words.startsWith(carrier)) return undefined
  return { words: line + found.words.slice(carrier.length), rest: found.rest }
}

/** Why no task can do this, or post it there. */
function problemOf(chore: Proposal, context: Context, parts: SentenceParts): Problem | undefined {
  const read = readChore(chore, context, parts)
  if (read.kind === 'problem') return read
  const place = placeOf(read, context, parts)
  return place !== undefined && 'kind' in place ? place : undefined
}
