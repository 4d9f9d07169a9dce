import type { RouteConfig } from '../config.ts'
import { ModelError } from '../errors.ts'
import type { Try } from '../model.ts'
import { requestTokens } from '../prompt.ts'
import { readThrown, startAttempt, type Attempt } from './attempt.ts'
import type { Pass } from './breaker.ts'
import type { Candidate } from './candidate.ts'
import { hedged, type Opening } from './hedge.ts'
import { nexts } from './next.ts'
import { isReady, type Plan } from './plan.ts'
import { mostCost } from './price.ts'
import { resting, unanswered, unpaid, withTrail } from './trail.ts'

export type RouteParts = {
  readonly name: string
  /** At least one, in the order of the route. */
  readonly candidates: readonly Candidate[]
  readonly choose: RouteConfig['choose']
  /** True if a second model is asked, too, when the first is slower than usual; only for requests without tools. */
  readonly hedge: boolean
  readonly now: () => number
  /** Rejects as soon as the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** From 0 up to, not including, 1. */
  readonly random: () => number
  /** The most time that one call may spend waiting, in all; models that think do not count. Default 10,000. */
  readonly patienceMs?: number
  /** Told of each try that failed, also where another model then answers; not of calls that were stopped. */
  readonly onFailure?: (route: string, model: string, error: ModelError) => void
}

/**
 * Asked before a try, once others of the same call were billed: may the call cost so much in all? What it needs for that
 * is set aside then.
 */
export type MayCost = (usd: number) => Promise<boolean>

/** How often it is looked whether the probe of another call is over. */
const glanceMs = 250

/** A route hedges once the model has been timed this often. */
const leastTimed = 20

/** One call on its way along the candidates. `queue` has those that were not asked yet, in the order of the plan. */
export type Walk = {
  readonly parts: RouteParts
  readonly plan: Plan
  readonly signal: AbortSignal
  readonly tries: Try[]
  readonly queue: Candidate[]
  /** Absent where no cap is in force. */
  readonly mayCost: MayCost | undefined
  /** The patience that is left. */
  leftMs: number
  last?: ModelError
  promptTokens?: number
}

type Entry = { readonly candidate: Candidate; readonly pass: Pass }

/** The opening of the first model that speaks; throws the route's error where none does. */
export async function open(walk: Walk): Promise<Opening> {
  for (;;) {
    if (walk.signal.aborted) throw stopped(walk, walk.signal.reason)
    const entry = enter(walk)
    const opening = entry === undefined ? await awaitSoonest(walk) : await converse(walk, entry)
    if (opening !== undefined) return opening
  }
}

/** Takes the first candidate that does not rest out of the queue. */
function enter({ queue, tries }: Walk): Entry | undefined {
  for (const [index, candidate] of queue.entries()) {
    const pass = candidate.breaker.enter()
    if (pass !== undefined) {
      queue.splice(index, 1)
      return { candidate, pass }
    }
    const isNoted = tries.some(({ model }) => model === candidate.model.name)
    if (!isNoted) tries.push(resting(candidate))
  }
  return undefined
}

/** All of the one candidate's turn: its opening, or undefined once it is the turn of the next. */
async function converse(walk: Walk, { candidate, pass }: Entry): Promise<Opening | undefined> {
  if (!(await affords(walk, candidate))) {
    pass.release()
    walk.tries.push(unpaid(candidate))
    return undefined
  }
  const opening = await begin(walk, candidate, pass)
  if (!(opening.first instanceof ModelError)) return opening
  const error = failed(walk, opening.first)
  if (opening.wasDouble || !(await waitsFor(walk, candidate, error))) return undefined
  if (!(await affords(walk, candidate))) return undefined
  const again = candidate.breaker.enter()
  if (again === undefined) return undefined
  const second = await alone(walk, candidate, again)
  if (!(second.first instanceof ModelError)) return second
  failed(walk, second.first)
  return undefined
}

/** False where a cap has no room for one more try. The first was set aside for before the call began. */
function affords(
  { mayCost, plan, tries, promptTokens }: Walk,
  { price }: Candidate,
): boolean | Promise<boolean> {
  const paidUsd = tries.reduce((sum, { costUsd = 0 }) => sum + costUsd, 0)
  if (mayCost === undefined || paidUsd === 0) return true
  const tokens = promptTokens ?? requestTokens(plan.request)
  const mostUsd = mostCost(price, tokens, plan.request.maxTokens) ?? Infinity
  return mostUsd === 0 || mayCost(paidUsd + mostUsd)
}

/** Throws where no other model must be asked after this. */
function failed(walk: Walk, error: ModelError): ModelError {
  if (nexts[error.fault].kind === 'stop') throw toldOf(walk, error)
  walk.last = error
  return error
}

/** The first try of a candidate, with a second candidate beside it where that is due. */
async function begin(
  walk: Walk,
  candidate: Candidate,
  pass: Pass,
): Promise<Opening & { readonly wasDouble: boolean }> {
  const { parts, plan, queue } = walk
  const mayHedge = parts.hedge && plan.request.tools.length === 0
  // Only the first candidate of a call: one that others have failed before is late already.
  const isFirst = queue.length + 1 === plan.order.length
  const afterMs = mayHedge && isFirst && queue.some(isClosed) ? usualMs(candidate) : undefined
  if (afterMs === undefined) return { ...(await alone(walk, candidate, pass)), wasDouble: false }
  return await hedged({
    lead: (signal) => start(walk, candidate, pass, signal),
    follow: (signal) => {
      const index = queue.findIndex(isClosed)
      const follower = queue[index]
      const entered = follower?.breaker.enter()
      if (follower === undefined || entered === undefined) return undefined
      queue.splice(index, 1)
      return start(walk, follower, entered, signal)
    },
    afterMs,
    sleep: parts.sleep,
    signal: walk.signal,
  })
}

/** How long it may be silent before it is slower than usual; undefined while too little is known of it. */
function usualMs({ measures }: Candidate): number | undefined {
  const { timed, p95FirstMs } = measures.read()
  return timed < leastTimed ? undefined : p95FirstMs
}

async function alone(walk: Walk, candidate: Candidate, pass: Pass): Promise<Opening> {
  const attempt = start(walk, candidate, pass, walk.signal)
  return { attempt, first: await attempt.pull() }
}

function start(walk: Walk, candidate: Candidate, pass: Pass, signal: AbortSignal): Attempt {
  const { parts, plan, tries } = walk
  return startAttempt({
    candidate,
    pass,
    signal,
    request: plan.request,
    now: parts.now,
    promptTokens: () => (walk.promptTokens ??= requestTokens(plan.request)),
    onEnd: (one, error) => {
      tries.push(one)
      if (error !== undefined && error.fault !== 'cancelled') parts.onFailure?.(parts.name, one.model, error)
    },
  })
}

/** Waits until the candidate may be asked again. False, and no wait, where it is the turn of the next at once. */
async function waitsFor(walk: Walk, candidate: Candidate, error: ModelError): Promise<boolean> {
  const next = nexts[error.fault]
  if (next.kind !== 'same') return false
  const ms = Math.max(next.leastMs, error.retryAfterMs ?? 0, restMs(candidate, walk.parts.now()))
  const mostMs = walk.queue.some(isReady) ? next.mostMs : Infinity
  if (ms > mostMs || ms > walk.leftMs) return false
  await wait(walk, ms)
  return true
}

/** Waits until a candidate in the queue may be asked; throws, and waits not, where that takes too long. */
async function awaitSoonest(walk: Walk): Promise<undefined> {
  const ms = soonestMs(walk.queue, walk.parts.now())
  if (ms > walk.leftMs || ms === Infinity) throw exhausted(walk)
  await wait(walk, ms)
}

async function wait(walk: Walk, ms: number): Promise<void> {
  if (ms === 0) return
  walk.leftMs -= ms
  try {
    await walk.parts.sleep(ms, walk.signal)
  } catch (thrown) {
    throw stopped(walk, thrown)
  }
}

function soonestMs(candidates: readonly Candidate[], nowMs: number): number {
  return candidates.reduce((soonest, one) => Math.min(soonest, restMs(one, nowMs)), Infinity)
}

/** How long until it may be asked, as far as can be told. */
function restMs({ breaker }: Candidate, nowMs: number): number {
  const state = breaker.state()
  switch (state.kind) {
    case 'closed':
    case 'half-open':
      return 0
    case 'open':
      return state.untilMs - nowMs
    case 'probing':
      return glanceMs
    case 'dead':
      return Infinity
  }
}

function isClosed({ breaker }: Candidate): boolean {
  return breaker.state().kind === 'closed'
}

function stopped(walk: Walk, thrown: unknown): ModelError {
  return toldOf(walk, readThrown(thrown, walk.parts.name, walk.signal))
}

/** The error with which the call ends, with its trail. */
export function toldOf({ plan, tries }: Walk, error: ModelError): ModelError {
  return withTrail(error, { choice: plan.choice, tries })
}

/** The error for when none is left: the fault of the last try, or else of what made the soonest of them rest. */
function exhausted({ parts, plan, tries, last }: Walk): ModelError {
  const nowMs = parts.now()
  const ms = soonestMs(plan.order, nowMs)
  const state = plan.order.find((one) => restMs(one, nowMs) === ms)?.breaker.state() ?? { kind: 'closed' }
  return unanswered(parts.name, {
    trail: { choice: plan.choice, tries },
    last,
    fault: last?.fault ?? (state.kind === 'closed' ? 'internal' : state.fault),
    retryAfterMs: last === undefined ? (ms === Infinity ? undefined : ms) : last.retryAfterMs,
  })
}
