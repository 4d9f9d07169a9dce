import { ModelError } from '../errors.ts'
import type { Model, ModelEvent, ModelRequest } from '../model.ts'

/**
 * How long a model may take. `firstMs`: until its first event. `gapMs`: from one event to the next.
 * `totalMs`: for all, including the time that the reader takes between two events.
 */
export type Deadlines = { readonly firstMs: number; readonly gapMs: number; readonly totalMs: number }

/** Calls `run` once after `ms`, unless the function that `set` returned is called before. */
export type Timers = { readonly set: (ms: number, run: () => void) => () => void }

/**
 * The model with deadlines: past one of them its stream throws `timeout` and the model is told to stop.
 * Holds also for a model that does not listen to its signal; the same goes for `cancelled`.
 */
export function withDeadlines(model: Model, deadlines: Deadlines, timers: Timers = clock): Model {
  return {
    name: model.name,
    stream: (request, signal) => bounded(model, request, signal, deadlines, timers),
  }
}

const clock: Timers = {
  set: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => {
      clearTimeout(timer)
    }
  },
}

async function* bounded(
  model: Model,
  request: ModelRequest,
  signal: AbortSignal,
  { firstMs, gapMs, totalMs }: Deadlines,
  timers: Timers,
): AsyncGenerator<ModelEvent, void, undefined> {
  if (signal.aborted) throw cancelled(model, signal)
  const inner = new AbortController()
  const events = model.stream(request, inner.signal)[Symbol.asyncIterator]()
  const stopped = Promise.withResolvers<never>()
  stopped.promise.catch(() => {}) // it may come while the reader is at work and nobody waits
  const stop = (error: ModelError): void => {
    stopped.reject(error)
    inner.abort(error)
  }
  const stopAfter = (ms: number, what: string): (() => void) =>
    timers.set(ms, () => {
      stop(new ModelError('timeout', `${model.name} ${what} within ${ms} ms`))
    })
  const cancel = (): void => {
    stop(cancelled(model, signal))
  }

  signal.addEventListener('abort', cancel, { once: true })
  const clearTotal = stopAfter(totalMs, 'was not done')
  let clearWait = stopAfter(firstMs, 'said nothing')
  let isDone = false
  try {
    for (;;) {
      const next = await Promise.race([stopped.promise, events.next()])
      clearWait()
      if (next.done === true) throw new ModelError('network', `${model.name}: the answer was cut short`)
      isDone = next.value.kind === 'end'
      yield next.value
      if (isDone) return
      clearWait = stopAfter(gapMs, 'said nothing more')
    }
  } finally {
    clearWait()
    clearTotal()
    signal.removeEventListener('abort', cancel)
    // After the end it may still have to see its connection off, so that the next call can use it.
    if (!isDone) inner.abort()
    // Not awaited: a stream that hangs would never come back from its own clean-up.
    events.return?.().catch(() => {})
  }
}

function cancelled(model: Model, signal: AbortSignal): ModelError {
  return new ModelError('cancelled', `${model.name} was stopped`, { cause: signal.reason })
}
