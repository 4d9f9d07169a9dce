import { cutShort, ModelError, stopped } from '../errors.ts'
import type { Model, ModelEvent, ModelRequest } from '../model.ts'

/**
 * How long a model may take. `firstMs`: until its first event. `gapMs`: from one event to the next; that it is
 * `working` counts for both. `totalMs`: for all, including the time that the reader takes between two events.
 */
export type Deadlines = { readonly firstMs: number; readonly gapMs: number; readonly totalMs: number }

/** A clock, and calls of `run` once after `ms`, unless the function that `set` returned is called before. */
export type Timers = {
  readonly now: () => number
  readonly set: (ms: number, run: () => void) => () => void
}

/**
 * The model with deadlines: past one of them its stream throws `timeout` and the model is told to stop.
 * Holds also for a model that does not listen to its signal; the same goes for `cancelled`. `working` never comes out.
 */
export function withDeadlines(model: Model, deadlines: Deadlines, timers: Timers = clock): Model {
  return {
    name: model.name,
    stream: (request, signal) => ({
      [Symbol.asyncIterator]: () => createWatch(model, request, signal, deadlines, timers),
    }),
  }
}

const clock: Timers = {
  now: () => performance.now(),
  set: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => {
      clearTimeout(timer)
    }
  },
}

type Result = IteratorResult<ModelEvent, undefined>

/** A reader who waits, since when the model is silent, and how long it may be. */
type Pull = PromiseWithResolvers<Result> & { sinceMs: number; mostMs: number }

/**
 * One stream under watch, for one reader. It has one timer at a time, which is set anew only when it has run: an event
 * costs no timer. Written out, and no generator, because every piece of every answer goes through here.
 */
function createWatch(
  model: Model,
  request: ModelRequest,
  signal: AbortSignal,
  { firstMs, gapMs, totalMs }: Deadlines,
  timers: Timers,
): AsyncIterator<ModelEvent, undefined> {
  const inner = new AbortController()
  let events: AsyncIterator<ModelEvent> | undefined
  let startedMs = 0
  let pull: Pull | undefined
  let timer: { readonly atMs: number; readonly clear: () => void } | undefined
  /** What the next pull is told, where nobody waited when it came. */
  let failure: ModelError | undefined
  let isFirst = true
  let isOver = false

  const letGo = (): void => {
    isOver = true
    timer?.clear()
    signal.removeEventListener('abort', cancel)
    // Not awaited: a stream that hangs would never come back from its own clean-up.
    events?.return?.().catch(() => {})
  }
  const stop = (error: unknown): void => {
    if (isOver) return
    letGo()
    inner.abort(error)
    const waiting = pull
    pull = undefined
    if (waiting === undefined) failure = error instanceof ModelError ? error : undefined
    else waiting.reject(error)
  }
  const cancel = (): void => stop(stopped(model.name, signal.reason))
  const watch = (): void => {
    const nowMs = timers.now()
    const endMs = startedMs + totalMs
    const dueMs = pull === undefined ? Infinity : pull.sinceMs + pull.mostMs
    if (nowMs >= endMs) return stop(late(model, 'was not done', totalMs))
    if (nowMs >= dueMs) {
      const what = isFirst ? 'said nothing' : 'said nothing more'
      return stop(late(model, what, pull?.mostMs ?? 0))
    }
    const atMs = Math.min(endMs, dueMs)
    if (timer !== undefined && timer.atMs <= atMs) return
    timer?.clear()
    timer = { atMs, clear: timers.set(Math.ceil(atMs - nowMs), ring) }
  }
  const ring = (): void => {
    timer = undefined
    watch()
  }
  const hear = (result: IteratorResult<ModelEvent>): void => {
    const waiting = pull
    if (waiting === undefined) return
    if (result.done === true) return stop(cutShort(model.name))
    isFirst = false
    if (result.value.kind === 'working') return goOn(waiting)
    pull = undefined
    // After the end it may still have to see its connection off, so that the next call can use it: no abort.
    if (result.value.kind === 'end') letGo()
    waiting.resolve(result)
  }
  /** The reader waits on: what came is nothing to show. */
  const goOn = (waiting: Pull): void => {
    waiting.sinceMs = timers.now()
    waiting.mostMs = gapMs
    // Here, too, because no timer runs while a model talks without a pause.
    watch()
    if (!isOver) events?.next().then(hear, stop)
  }
  const begin = (): AsyncIterator<ModelEvent> => {
    if (signal.aborted) throw stopped(model.name, signal.reason)
    startedMs = timers.now()
    signal.addEventListener('abort', cancel, { once: true })
    return model.stream(request, inner.signal)[Symbol.asyncIterator]()
  }

  return {
    next: async () => {
      if (failure !== undefined) {
        const told = failure
        failure = undefined
        throw told
      }
      if (isOver) return { done: true, value: undefined }
      try {
        events ??= begin()
      } catch (thrown) {
        letGo()
        throw thrown
      }
      const waiting = Promise.withResolvers<Result>()
      pull = { ...waiting, sinceMs: timers.now(), mostMs: isFirst ? firstMs : gapMs }
      watch()
      events.next().then(hear, stop)
      return waiting.promise
    },
    return: async () => {
      if (!isOver) {
        letGo()
        inner.abort()
      }
      pull?.resolve({ done: true, value: undefined })
      pull = undefined
      return { done: true, value: undefined }
    },
  }
}

function late(model: Model, what: string, ms: number): ModelError {
  return new ModelError('timeout', `${model.name} ${what} within ${ms} ms`)
}
