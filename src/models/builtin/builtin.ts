import { setImmediate as breathe } from 'node:timers/promises'
import type { Moment } from '../../command.ts'
import { messageOf, ModelError, stopped } from '../../errors.ts'
import type { Model, ModelEvent, ModelRequest } from '../../model.ts'
import { languageOf, wordsOf } from '../../words.ts'
import type { Proposal } from '../../task.ts'
import { shorten } from './summary.ts'

/** `propose` reads an order in plain words, or gives undefined. */
export type BuiltinParts = {
  readonly propose: (text: string, moment: Moment) => Proposal | undefined
  readonly now: () => number
  /** IANA time zone in which words of time are meant. */
  readonly zone: () => string
}

const name = 'builtin'

/**
 * The model that needs no vendor, no key and no network. It shortens documents to their own sentences, one line
 * `1: …` for each document that says anything; it proposes the command that a person asks for in plain words; to all
 * else it says who it is. It makes nothing up and costs no tokens.
 */
export function createBuiltin(parts: BuiltinParts): Model {
  return { name, stream: (request, signal) => underContract(answer(request, parts), signal) }
}

/** Yields each event in a turn of its own, so that an abort is heard between two of them. */
async function* underContract(
  events: Iterable<ModelEvent>,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void, undefined> {
  try {
    signal.throwIfAborted()
    for (const event of events) {
      await breathe(undefined, { signal })
      yield event
    }
  } catch (thrown) {
    if (signal.aborted) throw stopped(name, thrown)
    throw new ModelError('internal', `${name}: ${messageOf(thrown)}`, { cause: thrown })
  }
}

function* answer(
  { intent, turns }: ModelRequest,
  parts: BuiltinParts,
): Generator<ModelEvent, void, undefined> {
  switch (intent.kind) {
    case 'summarise':
      for (const [i, document] of intent.documents.entries()) {
        const gist = shorten(document, intent.sentences)
        if (gist !== '') yield { kind: 'text', text: `${i + 1}: ${gist}\n` }
      }
      break
    case 'chat':
      yield* chat(turns.findLast((turn) => turn.role === 'user')?.text ?? '', parts)
      break
  }
  yield { kind: 'end', stop: 'complete', usage: { inputTokens: 0, outputTokens: 0 } }
}

function* chat(text: string, { propose, now, zone }: BuiltinParts): Generator<ModelEvent, void, undefined> {
  const proposal = propose(text, { nowMs: now(), zone: zone() })
  if (proposal === undefined) {
    yield { kind: 'text', text: wordsOf(languageOf(text)).builtin.whoIAm }
    return
  }
  const { command, args, when } = proposal
  const all = when === undefined ? args : { ...args, when }
  yield { kind: 'call', id: 'spoken', name: command, args: all, spoken: true }
}
