import { ModelError, type Fault } from '../../src/errors.ts'
import type { Model, ModelEvent, ModelRequest, Trail } from '../../src/model.ts'

/** What a scripted model does when it is asked: says a text, proposes commands, fails, or hangs until it is stopped. */
export type Turn =
  | string
  | { readonly call: string; readonly args: unknown; readonly text?: string; readonly spoken?: true }
  | { readonly fails: Fault; readonly after?: string; readonly error?: ModelError }
  | { readonly says: string; readonly trail: Trail }
  | { readonly hangs: true }

/** The turn of a model that never answers. */
export const hang: Turn = { hangs: true }

/** A model that does what its script says, in order, and keeps what it was asked. */
export type ScriptedModel = Model & { readonly asked: ModelRequest[]; readonly script: Turn[] }

export function scripted(script: readonly Turn[], name = 'scripted'): ScriptedModel {
  const asked: ModelRequest[] = []
  const turns = [...script]
  return {
    name,
    asked,
    script: turns,
    stream: async function* (request, signal): AsyncIterable<ModelEvent> {
      asked.push(request)
      const turn = turns.shift()
      if (turn === undefined) throw new Error('the script has no more turns')
      if (typeof turn === 'string') {
        if (turn !== '') yield { kind: 'text', text: turn }
      } else if ('hangs' in turn) {
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new ModelError('cancelled', 'stopped')), {
            once: true,
          })
        })
      } else if ('fails' in turn) {
        if (turn.after !== undefined) yield { kind: 'text', text: turn.after }
        throw turn.error ?? new ModelError(turn.fails, `the script fails with ${turn.fails}`)
      } else if ('says' in turn) {
        yield { kind: 'text', text: turn.says }
        yield { kind: 'end', stop: 'complete', usage: {}, trail: turn.trail }
        return
      } else {
        if (turn.text !== undefined) yield { kind: 'text', text: turn.text }
        const { call: name, args, spoken } = turn
        yield { kind: 'call', id: 'call_0', name, args, ...(spoken ? { spoken } : {}) }
      }
      yield { kind: 'end', stop: 'complete', usage: {} }
    },
  }
}
