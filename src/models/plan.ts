import { ModelError } from '../errors.ts'
import type { RouteConfig } from '../config.ts'
import type { Choice, ModelRequest } from '../model.ts'
import { mostRequestTokens, requestTokens } from '../prompt.ts'
import type { Candidate } from './candidate.ts'
import { rank } from './score.ts'
import { passedOver } from './trail.ts'

/** What a request needs and a model lacks; `length`: its context is too small for prompt and answer. */
export type Lack = 'tools' | 'images' | 'shape' | 'length'

export type Unable = { readonly candidate: Candidate; readonly lacks: readonly Lack[] }

/** In which order candidates are tried, and why that one is first. Pure data: nothing was asked yet. */
export type Plan = {
  readonly choice: Choice
  /** Those that are able, whether they rest or not; no candidate twice. Empty where none is able. */
  readonly order: readonly Candidate[]
  /** Passed over, because they lack what the request needs. */
  readonly unable: readonly Unable[]
  /** What they are asked: the request, without its tools where no candidate is able to take them. */
  readonly request: ModelRequest
}

/** Makes the plan for one request. */
export type Planner = (request: ModelRequest) => Plan

type Parts = {
  readonly candidates: readonly Candidate[]
  readonly choose: RouteConfig['choose']
  /** From 0 up to, not including, 1. */
  readonly random: () => number
}

/** In `auto`, this share of calls begins with another model than the best, so that what is known stays true. */
const explored = 0.05

/** In `auto`, a model with fewer calls than this is tried first. */
const fewCalls = 5

/**
 * Makes plans. Tools are offered rather than needed: models that take them come alone, and where there are none, the
 * others are asked without tools. One that a cap leaves no room for does not count.
 */
export function createPlanner({ candidates, choose, random }: Parts): Planner {
  const ordered = (able: readonly Candidate[]): Pick<Plan, 'choice' | 'order'> => {
    switch (choose) {
      case 'order':
        return { choice: 'first', order: able }
      case 'weights':
        return byWeight(able, random())
      case 'auto':
        return byMeasure(able, random())
    }
  }
  return (request) => {
    const { able, unable } = sorted(candidates, request)
    if (request.tools.length === 0 || !able.every(isUnpaid)) return { ...ordered(able), unable, request }
    const bare = { ...request, tools: [] }
    const without = sorted(candidates, bare)
    const isBetter = able.length === 0 ? without.able.length > 0 : !without.able.every(isUnpaid)
    if (!isBetter) return { ...ordered(able), unable, request }
    return { ...ordered(without.able), unable: without.unable, request: bare }
  }
}

/** The error for a request that no model can take. It is `too-long` where one of them could take a shorter one. */
export function lackError(route: string, { choice, unable, request }: Plan): ModelError {
  const isLong = unable.some(({ lacks }) => lacks.every((lack) => lack === 'length'))
  const each = unable.map(({ candidate, lacks }) => {
    const what = lacks.map((lack) =>
      lack === 'length'
        ? `room (it has ${candidate.can.contextTokens ?? 0} tokens, prompt and answer need about ${requestTokens(request) + request.maxTokens})`
        : lack,
    )
    return `${candidate.model.name} lacks ${what.join(' and ')}`
  })
  const remedy = isLong ? 'shorten it, or choose a route with more room' : 'choose a route that can'
  return new ModelError(
    isLong ? 'too-long' : 'unsupported',
    `no model of the route ${route} can take this request: ${each.join('; ')}; ${remedy}`,
    { trail: { choice, tries: unable.map(passedOver) } },
  )
}

/** True unless it rests: it may be asked now. */
export function isReady({ breaker }: Candidate): boolean {
  const { kind } = breaker.state()
  return kind === 'closed' || kind === 'half-open'
}

/** True if a cap has no room for it, so that it is not asked whatever comes. */
function isUnpaid({ breaker }: Candidate): boolean {
  const state = breaker.state()
  return state.kind === 'dead' && state.fault === 'over-budget'
}

function sorted(
  candidates: readonly Candidate[],
  request: ModelRequest,
): { readonly able: readonly Candidate[]; readonly unable: readonly Unable[] } {
  const needsTools = request.tools.length > 0
  const needsImages = request.turns.some((turn) => turn.role === 'user' && (turn.images?.length ?? 0) > 0)
  const needsShape = request.shape !== undefined
  let most: number | undefined
  let exact: number | undefined
  const fits = (contextTokens: number, mostOutputTokens = Infinity): boolean => {
    const roomTokens = contextTokens - Math.min(request.maxTokens, mostOutputTokens)
    most ??= mostRequestTokens(request)
    if (most <= roomTokens) return true
    exact ??= requestTokens(request)
    return exact <= roomTokens
  }
  const able: Candidate[] = []
  const unable: Unable[] = []
  for (const candidate of candidates) {
    const { tools, images, shapes, contextTokens, outputTokens } = candidate.can
    const lacks: Lack[] = []
    if (needsTools && !tools) lacks.push('tools')
    if (needsImages && !images) lacks.push('images')
    if (needsShape && !shapes) lacks.push('shape')
    if (contextTokens !== undefined && !fits(contextTokens, outputTokens)) lacks.push('length')
    if (lacks.length === 0) able.push(candidate)
    else unable.push({ candidate, lacks })
  }
  return { able, unable }
}

/** One of those that do not rest, by chance; the others follow as they stand. */
function byWeight(able: readonly Candidate[], random: number): Pick<Plan, 'choice' | 'order'> {
  const awake = able.filter(isReady)
  const among = awake.length === 0 ? able : awake
  let left = random * among.reduce((sum, { weight }) => sum + weight, 0)
  const drawn = among.find(({ weight }) => (left -= weight) < 0) ?? among.at(-1)
  return { choice: 'weight', order: firstOf(drawn, able) }
}

/** The best of those that do not rest; but first those of which little is known, and now and then any other. */
function byMeasure(able: readonly Candidate[], random: number): Pick<Plan, 'choice' | 'order'> {
  const ranked = rank(able).map(({ candidate, calls }) => ({ candidate, calls, isAwake: isReady(candidate) }))
  const order = ranked.map(({ candidate }) => candidate)
  const awake = ranked.filter(({ isAwake }) => isAwake)
  if (awake.length < 2) return { choice: 'best', order: firstOf(awake[0]?.candidate, order) }
  const unknown = awake.filter(({ calls }) => calls < fewCalls).toSorted((a, b) => a.calls - b.calls)
  if (unknown[0] !== undefined) return { choice: 'trial', order: firstOf(unknown[0].candidate, order) }
  if (random < explored) {
    const other = awake[1 + Math.floor((random / explored) * (awake.length - 1))]
    return { choice: 'trial', order: firstOf(other?.candidate, order) }
  }
  return { choice: 'best', order: firstOf(awake[0]?.candidate, order) }
}

function firstOf(first: Candidate | undefined, all: readonly Candidate[]): readonly Candidate[] {
  return first === undefined ? all : [first, ...all.filter((one) => one !== first)]
}
