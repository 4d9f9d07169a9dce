import { cutShort, ModelError, stopped } from '../errors.ts'
import type { Call, Completion, Model, ModelEvent, ModelRequest } from '../model.ts'

/** One call of a model that any number of readers share. */
export type Flight = {
  /**
   * Reads the answer from its start: every reader gets all events in order, as they come, or the failure of the call.
   * An abort of `signal` ends this reading alone, with `cancelled` at once.
   */
  readonly read: (signal: AbortSignal) => AsyncGenerator<ModelEvent, void, undefined>
}

type End = Extract<ModelEvent, { readonly kind: 'end' }>

/** `answer` is undefined where there is none: the call failed, or nobody reads it any more. */
export type Landed = (answer: Completion | undefined) => void

/**
 * Makes a call that readers share. The model is asked at the first pull, and for no more than the quickest reader
 * wants. Whoever began it has no part in it: it goes on while anyone reads, and is aborted when the last one has gone.
 * `landed` is told once, as soon as the call is over: from then on nobody else may join, and what was said is kept for
 * those alone who still read.
 */
export function createFlight(model: Model, request: ModelRequest, landed: Landed): Flight {
  const said: ModelEvent[] = []
  const inner = new AbortController()
  let events: AsyncIterator<ModelEvent> | undefined
  let failure: { readonly thrown: unknown } | undefined
  let closing: Promise<unknown> | undefined
  let pulling: Promise<void> | undefined
  let readers = 0
  let isOver = false

  const land: Landed = (answer) => {
    if (isOver) return
    isOver = true
    landed(answer)
  }
  const close = (): void => {
    closing = events?.return?.()
    closing?.catch(() => {}) // it fails for those who wait for it
  }
  /** Brings the next event, or the failure. Never rejects. */
  const pull = async (): Promise<void> => {
    try {
      events ??= model.stream(request, inner.signal)[Symbol.asyncIterator]()
      const next = await events.next()
      if (next.done === true) throw cutShort(model.name)
      said.push(next.value)
      if (next.value.kind !== 'end') return
      close()
      land(wholeOf(said, next.value))
    } catch (thrown) {
      failure = { thrown }
      land(undefined)
    } finally {
      pulling = undefined
    }
  }
  const leave = (): void => {
    readers--
    if (readers > 0 || isOver) return
    land(undefined)
    inner.abort(new ModelError('cancelled', `nobody reads ${model.name} any more`))
    close()
  }

  return {
    read: async function* (signal) {
      if (signal.aborted) throw stopped(model.name, signal.reason)
      readers++
      let waiting: PromiseWithResolvers<void> | undefined
      let isHere = true
      const go = (): void => {
        if (isHere) leave()
        isHere = false
      }
      const abort = (): void => {
        go()
        waiting?.reject(stopped(model.name, signal.reason))
      }
      signal.addEventListener('abort', abort, { once: true })
      let next = 0
      let hasEnd = false
      try {
        while (!hasEnd) {
          if (signal.aborted) throw stopped(model.name, signal.reason)
          const event = said[next]
          if (event === undefined) {
            if (failure !== undefined) throw failure.thrown
            // Not a race with a promise of the abort: that one would gather a listener for each event.
            waiting = Promise.withResolvers<void>()
            void (pulling ??= pull()).then(waiting.resolve)
            await waiting.promise
            continue
          }
          next++
          hasEnd = event.kind === 'end'
          yield event
        }
      } finally {
        signal.removeEventListener('abort', abort)
        go()
        if (hasEnd) await closing // what the model does after its end is done when the reader goes on
      }
    },
  }
}

/** The whole of an answer from what was said and its end. */
export function wholeOf(said: readonly ModelEvent[], end: End): Completion {
  let text = ''
  const calls: Call[] = []
  for (const event of said) {
    if (event.kind === 'text') text += event.text
    if (event.kind !== 'call') continue
    const { kind: _, ...call } = event
    calls.push(call)
  }
  const { kind: _, ...how } = end
  return { text, calls, ...how }
}
