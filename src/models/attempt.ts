import { neverConnected } from '../connections.ts'
import { cutShort, faultOf, messageOf, ModelError, stopped, type Fault } from '../errors.ts'
import type { ModelEvent, ModelRequest, Try, Usage } from '../model.ts'
import { estimateTokens } from '../prompt.ts'
import type { Pass } from './breaker.ts'
import type { Candidate } from './candidate.ts'
import { costOf, isFree } from './price.ts'

/** One model that is asked once. Its pass, its measurements and its Try are settled exactly once, however it ends. */
export type Attempt = {
  readonly candidate: Candidate
  /** The next event, or why there is none; never throws. After `end` and after an error there is no more. */
  readonly pull: () => Promise<ModelEvent | ModelError>
  /** Ends it, if it has not ended. A model that waits is stopped by its signal, not by this. */
  readonly leave: (outcome: 'outrun' | 'cancelled') => void
}

type Parts = {
  readonly candidate: Candidate
  readonly pass: Pass
  readonly request: ModelRequest
  /** What the prompt is estimated at, for where nobody counted. */
  readonly promptTokens: () => number
  readonly signal: AbortSignal
  readonly now: () => number
  /** Told of its end, with the error if it has failed. */
  readonly onEnd: (one: Try, error?: ModelError) => void
}

/** Nothing is asked of the model before the first pull. */
export function startAttempt({ candidate, pass, request, promptTokens, signal, now, onEnd }: Parts): Attempt {
  const { model, measures, price } = candidate
  const startedMs = now()
  let events: AsyncIterator<ModelEvent> | undefined
  let firstMs: number | undefined
  let said = ''
  const mostChars = mostCharsFor(request.maxTokens)
  const proposed: unknown[] = []
  let isOver = false

  const finish = (outcome: Try['outcome'], usage: Usage, isEstimated: boolean, error?: ModelError): void => {
    isOver = true
    const costUsd = usage === unbilled ? 0 : costOf(price, usage)
    const one: Try = {
      model: model.name,
      outcome,
      ...(firstMs === undefined ? {} : { firstMs }),
      totalMs: now() - startedMs,
      usage,
      ...(isEstimated ? { isEstimated } : {}),
      ...(costUsd === undefined ? {} : { costUsd }),
    }
    measures.note(one)
    onEnd(one, error)
  }
  const estimate = (usage: Usage = {}): Usage => ({
    ...usage,
    inputTokens: usage.inputTokens ?? promptTokens(),
    outputTokens:
      usage.outputTokens ?? estimateTokens(proposed.length === 0 ? said : said + JSON.stringify(proposed)),
  })
  /** Where tokens cost something, a count of 0 for a prompt, or for what was said, is none. */
  const counted = (usage: Usage): Usage => {
    if (isFree(price)) return usage
    const { inputTokens = 0, outputTokens, ...rest } = usage
    const isMute = said === '' && proposed.length === 0
    return {
      ...rest,
      ...(inputTokens === 0 ? {} : { inputTokens }),
      ...(outputTokens === undefined || (outputTokens === 0 && !isMute) ? {} : { outputTokens }),
    }
  }
  const fail = (error: ModelError): void => {
    if (isOver) return
    pass.fail(error)
    if (firstMs === undefined && isUnbilled(error)) finish(error.fault, unbilled, false, error)
    else finish(error.fault, estimate(), true, error)
  }
  const hear = (event: ModelEvent): void => {
    if (firstMs === undefined) {
      firstMs = now() - startedMs
      pass.spoke()
    }
    if (event.kind === 'text') said += event.text
    else if (event.kind === 'call') proposed.push(event)
    else if (event.kind === 'end' && !isOver) {
      pass.succeed()
      const usage = counted(event.usage)
      const isCounted = usage.inputTokens !== undefined && usage.outputTokens !== undefined
      finish('answered', isCounted ? usage : estimate(usage), !isCounted)
    }
  }
  const close = (): void => {
    // Not awaited: a stream that hangs would never come back from its own clean-up.
    void events?.return?.().catch(() => undefined)
  }
  return {
    candidate,
    pull: async () => {
      try {
        events ??= model.stream(request, signal)[Symbol.asyncIterator]()
        let next = await events.next()
        // It comes only from a model without deadlines; the first event shown decides who answers.
        while (next.done !== true && next.value.kind === 'working') next = await events.next()
        if (next.done === true) throw cutShort(model.name)
        hear(next.value)
        if (said.length > mostChars) {
          close()
          throw endless(model.name, request.maxTokens)
        }
        if (next.value.kind === 'end') close()
        return next.value
      } catch (thrown) {
        const error = readThrown(thrown, model.name, signal)
        fail(error)
        return error
      }
    },
    leave: (outcome) => {
      if (isOver) return
      close()
      pass.release()
      finish(outcome, events === undefined ? unbilled : estimate(), events !== undefined)
    },
  }
}

/** No answer of so many tokens is longer than this; what is more comes from a vendor that does not mind the limit. */
function mostCharsFor(maxTokens: number): number {
  return maxTokens * 40 + 20_000
}

function endless(name: string, maxTokens: number): ModelError {
  const said = `more than ${mostCharsFor(maxTokens)} characters where ${maxTokens} tokens were allowed`
  return new ModelError('bad-answer', `${name} said ${said}`)
}

/** Anything that a model or a wait threw, as a ModelError; `cancelled` wherever the signal was aborted. */
export function readThrown(thrown: unknown, name: string, signal: AbortSignal): ModelError {
  if (signal.aborted) {
    if (thrown instanceof ModelError && thrown.fault === 'cancelled') return thrown
    return stopped(name, thrown)
  }
  if (thrown instanceof ModelError) return thrown
  return new ModelError(faultOf(thrown), `${name} failed: ${messageOf(thrown)}`, { cause: thrown })
}

const unbilled: Usage = { inputTokens: 0, outputTokens: 0 }

/** Faults that come as a refusal where nothing was said yet: vendors do not bill for these. */
const refusals: ReadonlySet<Fault> = new Set([
  'rate-limit',
  'overloaded',
  'bad-key',
  'no-credit',
  'too-long',
  'unsupported',
  'refused',
  'bad-request',
  'over-budget',
])

const unconnected: ReadonlySet<unknown> = new Set(neverConnected)

function isUnbilled(error: ModelError): boolean {
  if (refusals.has(error.fault)) return true
  let link: unknown = error.cause
  for (let depth = 0; link instanceof Error && depth < 8; depth++) {
    if ('code' in link && unconnected.has(link.code)) return true
    link = link.cause
  }
  return false
}
