import { ModelError, type Fault } from '../../src/errors.ts'
import type { Price } from '../../src/config.ts'
import type { Model, ModelEvent, ModelRequest, Usage } from '../../src/model.ts'
import { createBreakers, type Breakers } from '../../src/models/breaker.ts'
import type { Abilities, Candidate } from '../../src/models/candidate.ts'
import { createMeasures, type Measures } from '../../src/models/measures.ts'

/** What one try of a scripted model meets: so much silence, so many pieces, then a fault or the end. */
export type Met = {
  readonly silentMs?: number
  readonly pieces?: number
  readonly fault?: Fault
  readonly retryAfterMs?: number
  readonly cause?: Error
  readonly usage?: Usage
}

/** A try that fails before it says anything. */
export const fails = (fault: Fault, retryAfterMs?: number): Met =>
  retryAfterMs === undefined ? { fault, pieces: 0 } : { fault, pieces: 0, retryAfterMs }

export const answers: Met = { pieces: 1 }

/** One request that reached a model. `stopped` is true once its signal was aborted. */
export type Asked = { readonly request: ModelRequest; readonly stopped: () => boolean }

export type Scripted = Model & { readonly asked: readonly Asked[] }

/** Virtual time. Nothing moves it but `until`. */
export type VirtualTime = {
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** What was slept for, in the order in which it began. */
  readonly sleptMs: readonly number[]
  readonly advance: (ms: number) => void
  /** Sleepers that nothing has woken yet. */
  readonly pending: () => number
  /** Lets time go on, from sleeper to sleeper, until the work is done; throws if it waits for nothing. */
  readonly until: <T>(work: Promise<T>) => Promise<T>
}

export function virtualTime(): VirtualTime {
  type Sleeper = { readonly atMs: number; readonly wake: () => void }
  const sleepers = new Set<Sleeper>()
  const sleptMs: number[] = []
  let nowMs = 1_000_000
  return {
    now: () => nowMs,
    sleptMs,
    advance: (ms) => void (nowMs += ms),
    pending: () => sleepers.size,
    sleep: async (ms, signal) => {
      signal.throwIfAborted()
      sleptMs.push(ms)
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const sleeper = { atMs: nowMs + ms, wake: resolve }
      sleepers.add(sleeper)
      const abort = (): void => reject(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      try {
        await promise
      } finally {
        sleepers.delete(sleeper)
        signal.removeEventListener('abort', abort)
      }
    },
    until: async (work) => {
      let isDone = false
      void work.catch(() => undefined).finally(() => (isDone = true))
      for (;;) {
        await new Promise(setImmediate)
        if (isDone) return await work
        const first = [...sleepers].toSorted((a, b) => a.atMs - b.atMs)[0]
        if (first === undefined) throw new Error('the work waits for nothing that could come')
        sleepers.delete(first)
        nowMs = Math.max(nowMs, first.atMs)
        first.wake()
      }
    },
  }
}

/** A model that meets its script, step by step and the last step again and again; it stops as soon as it is told. */
export function scripted(
  time: Pick<VirtualTime, 'sleep'>,
  name: string,
  ...script: readonly Met[]
): Scripted {
  const asked: Asked[] = []
  return {
    name,
    asked,
    stream: async function* (request, signal): AsyncGenerator<ModelEvent> {
      const met = script[Math.min(asked.length, script.length - 1)] ?? answers
      asked.push({ request, stopped: () => signal.aborted })
      const check = (): void => {
        if (signal.aborted) throw new ModelError('cancelled', `${name} was stopped`)
      }
      check()
      if (met.silentMs !== undefined) await time.sleep(met.silentMs, signal).catch(check)
      for (let i = 0; i < (met.pieces ?? 1); i++) {
        yield { kind: 'text', text: `${name}.` }
        check()
      }
      const { fault, retryAfterMs, cause } = met
      if (fault !== undefined) throw new ModelError(fault, `${name} has ${fault}`, { retryAfterMs, cause })
      yield { kind: 'end', stop: 'complete', usage: met.usage ?? { inputTokens: 1_000, outputTokens: 100 } }
    },
  }
}

type More = {
  readonly can?: Partial<Abilities>
  readonly price?: Price | undefined
  readonly weight?: number
  readonly measures?: Measures
  readonly keyId?: string
  readonly breakers?: Breakers
  readonly now?: () => number
}

/** A candidate that can do all and has never failed; its key is its own. */
export function candidateOf(model: Model, more: More = {}): Candidate {
  const { can, weight = 1, measures = createMeasures(), keyId = model.name, now = () => 0 } = more
  const { breakers = createBreakers({ now }) } = more
  return {
    model,
    can: { tools: true, images: true, shapes: true, contextTokens: undefined, ...can },
    price: 'price' in more ? more.price : { inputUsd: 1, outputUsd: 10 },
    breaker: breakers.of(keyId, model.name),
    measures,
    weight,
  }
}
