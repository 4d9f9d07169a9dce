import { readEnglishClock } from './english-clock.ts'
import { readEnglishDays } from './english-days.ts'
import { make, partPieces, readRepeats } from './english-repeats.ts'
import { readExcept, readWeekdays } from './english-weekdays.ts'
import { readSpan, words } from './english-words.ts'
import { leadPattern, matchAt, wordPattern } from './piece.ts'
import type { Found } from './piece.ts'

const { unit, weekday } = words

const after = leadPattern('(?:in|after) (?:another |exactly |about )?(?=\\d|[a-z])')
const afterTail = wordPattern('(?: from now| later|,? from this moment)')
const partAlone = wordPattern(
  '(?:(?:first thing )?in the (?:early |late )?(morning|afternoon|evening)|at (night)|(mornings|afternoons|evenings|nights)|(?:early |late )?(morning|noon|afternoon|evening|night)|(first thing))',
)
const start = wordPattern('(?:, )?(?:starting|beginning|commencing|start|effective)(?: from| on)?')
const ending = wordPattern(
  `(?:, )?(?:until|till|til|ending|ends|up to|for (?:the )?(?:next |coming )?(?:\\d{1,3}|${words.number}|a|an|a few|a couple of) ${unit}|except|excluding|but not|unless|only if|if|at (?:sunrise|sunset|dawn|dusk|dinner|breakfast|supper|bedtime|tea ?time)|before bed|after (?:breakfast|lunch|dinner|work|school)|or (?:on |at |in |the )*(?:\\d{1,2}(?::\\d\\d)?(?:\\s?[ap]m)?|${words.weekday}|tomorrow|tonight|noon|midnight|morning|afternoon|evening|${words.number}))`,
)
const past = wordPattern(
  `(?:yesterday|(?:last|past|previous) (?:night|week|month|year|weekend|${weekday})|(?:\\d{1,4}|${words.number}|an?) ${unit} ago)`,
)
/** Reads English words of time at a place in the text. */
export function readEnglish(text: string, at: number): Found | undefined {
  return (
    readRepeats(text, at) ??
    readEnglishDays(text, at) ??
    readWeekdays(text, at) ??
    readAfter(text, at) ??
    readEnglishClock(text, at) ??
    readLoose(text, at)
  )
}

function readAfter(text: string, at: number): Found | undefined {
  const lead = matchAt(after, text, at)
  if (lead !== undefined) {
    const span = readSpan(text, lead.end)
    if (span !== undefined) return make(at, [{ kind: 'after', span: span.span }], span.end)
    return undefined
  }
  const span = readSpan(text, at)
  const tail = span === undefined ? undefined : matchAt(afterTail, text, span.end)
  return span === undefined || tail === undefined
    ? undefined
    : make(at, [{ kind: 'after', span: span.span }], tail.end)
}

function readLoose(text: string, at: number): Found | undefined {
  const part = matchAt(partAlone, text, at)
  if (part !== undefined) {
    const [inThe, atNight, plural, alone, first] = part.groups
    if (plural !== undefined) {
      const pieces = partPieces(plural).map((piece) =>
        piece.kind === 'part' ? { ...piece, repeats: true } : piece,
      )
      return make(at, pieces, part.end, true)
    }
    const said = inThe ?? atNight ?? alone ?? (first === undefined ? '' : 'morning')
    return make(at, partPieces(said), part.end, inThe === undefined)
  }
  const beginning = matchAt(start, text, at)
  if (beginning !== undefined) return make(at, [{ kind: 'start' }], beginning.end, true)
  const fewer = readExcept(text, at)
  if (fewer !== undefined) {
    const days = [0, 1, 2, 3, 4, 5, 6].filter((one) => !fewer.days.includes(one))
    return make(at, [{ kind: 'weekdays', days, repeats: true }], fewer.end, true)
  }
  const gone = matchAt(past, text, at)
  if (gone !== undefined) return make(at, [{ kind: 'unsayable' }], gone.end, true)
  const limit = matchAt(ending, text, at)
  return limit === undefined ? undefined : make(at, [{ kind: 'unsayable' }], limit.end, true)
}
