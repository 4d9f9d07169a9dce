import { Hono, type Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import { z } from 'zod'
import { faultOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { RunFilter } from '../../store/run-history.ts'
import { runEnds, type PastRun } from '../../task.ts'
import { followRun, lastEvent } from './follow.ts'
import { liveRun, type LiveRun, type Step } from './run-view.ts'

/** The runs of the person who reaches HTTP; nobody else's are among them. */
export type Runs = {
  /** So many at most, newest first; of all tasks where none is named. */
  readonly history: (most: number, filter: { readonly task?: number } & RunFilter) => readonly PastRun[]
  readonly get: (id: number) => PastRun | undefined
  /** What a run that is under way said last of how it comes along. */
  readonly progressOf: (id: number) => Step | undefined
}

type Parts = {
  readonly runs: Runs
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** Aborted when the server stops. */
  readonly ended: AbortSignal
  readonly log: Log
}

const whole = z
  .string()
  .regex(/^[1-9]\d{0,14}$/u, 'must be a whole number above 0')
  .transform(Number)

/** A name of a query may come several times, so its values are a list. */
const once = <Of extends z.ZodType<unknown, string>>(of: Of) =>
  z.tuple([of], 'may be given once').transform(([only]) => only)

const query = z.strictObject({
  task: once(whole).exactOptional(),
  before: once(whole).exactOptional(),
  limit: once(whole.pipe(z.number().max(100))).default(20),
  state: z
    .array(z.string())
    .transform((lists) => lists.flatMap((list) => list.split(',')))
    .pipe(z.array(z.enum(['queued', 'running', ...runEnds])))
    .exactOptional(),
})

/** The pages of runs, one run, and one run as it goes on; to be put under `/api/runs`. */
export function runRoutes({ runs, sleep, ended, log }: Parts): Hono {
  const view = (run: PastRun): LiveRun =>
    liveRun(run, run.state === 'running' ? runs.progressOf(run.id) : undefined)

  const look = (id: number): LiveRun | undefined => {
    const run = runs.get(id)
    return run === undefined ? undefined : view(run)
  }
  const missing = (c: Context, id: number): Response =>
    c.json({ fault: 'missing', error: `there is no run ${id}` }, 404)

  const app = new Hono()
  app.get('/', (c) => {
    const { task, before, limit, state } = query.parse(c.req.queries())
    const found = runs.history(limit + 1, {
      ...(task === undefined ? {} : { task }),
      ...(before === undefined ? {} : { beforeId: before }),
      ...(state === undefined ? {} : { states: state }),
    })
    const page = found.slice(0, limit)
    // What to ask for next: `before` this one.
    return c.json({ runs: page.map(view), before: found.length > limit ? (page.at(-1)?.id ?? null) : null })
  })

  app.get('/:id', (c) => {
    const id = whole.parse(c.req.param('id'))
    const run = look(id)
    return run === undefined ? missing(c, id) : c.json(run)
  })

  app.get('/:id/events', (c) => {
    const id = whole.parse(c.req.param('id'))
    if (runs.get(id) === undefined) return missing(c, id)
    if (c.req.header('last-event-id') === lastEvent) return c.body(null, 204)
    // Nobody reads the body of such a response, so that its stream would have no end.
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' })
    // nginx holds back what it passes on, unless it is told not to.
    c.header('x-accel-buffering', 'no')
    return streamSSE(c, async (stream) => {
      const left = new AbortController()
      stream.onAbort(() => left.abort())
      const signal = AbortSignal.any([left.signal, ended])
      try {
        await followRun({ look: () => look(id), stream, sleep, signal })
      } catch (error) {
        if (!signal.aborted) log.error({ fault: faultOf(error), err: error }, 'the events of a run broke off')
      }
    })
  })
  return app
}
