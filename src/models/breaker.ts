import type { Fault, ModelError } from '../errors.ts'
import { createCircuit, type Circuit, type CircuitState, type Ticket } from './circuit.ts'

/** The state of the model or of its key, whichever is worse. */
export type BreakerState = CircuitState

/**
 * The right to ask once. Of `succeed`, `fail` and `release` the first counts and the rest do nothing. `spoke` may
 * come before: a probe that has begun to answer lets others in, though one more failure ends that.
 */
export type Pass = {
  readonly spoke: () => void
  readonly succeed: () => void
  readonly fail: (error: Pick<ModelError, 'fault' | 'retryAfterMs'>) => void
  /** Nothing was learnt: the call was cancelled, left or outrun. */
  readonly release: () => void
}

/** What keeps calls from a model that failed lately. */
export type Breaker = {
  readonly state: () => BreakerState
  /** A pass that must be used up; undefined while the model rests. */
  readonly enter: () => Pass | undefined
}

/** Which key, and which model behind it: names made up by a hash, which tell neither. */
export type BreakerId = { readonly keyId: string; readonly modelId: string }

/** The breakers of all keys and models; those of one key share what is known of the key. */
export type Breakers = {
  /** Always the same one for the same names. */
  readonly of: (keyId: string, modelId: string) => Breaker
  /** Forgets all others. Calls that are under way finish on what they have. */
  readonly keep: (ids: readonly BreakerId[]) => void
}

type Parts = {
  readonly now: () => number
}

/** A vendor may ask for days, and forget; one probe an hour costs nothing. */
const longestLimitMs = 3_600_000

/** How long an account without credit rests. */
const creditRestMs = 900_000

/**
 * What a fault says of the model and its key. `weak`: the model may be down. `limited`: it rests at once, for as long
 * as the vendor asks. `healthy`: a no to this one request, by a model that is up. `nothing`: it was not the model's.
 */
type Verdict = 'weak' | 'limited' | 'dead-key' | 'empty-key' | 'healthy' | 'nothing'

const verdicts: Readonly<Record<Fault, Verdict>> = {
  network: 'weak',
  timeout: 'weak',
  overloaded: 'weak',
  'bad-answer': 'weak',
  internal: 'weak',
  'rate-limit': 'limited',
  'bad-key': 'dead-key',
  'no-credit': 'empty-key',
  refused: 'healthy',
  'bad-request': 'healthy',
  'too-long': 'healthy',
  unsupported: 'healthy',
  missing: 'healthy',
  unreadable: 'healthy',
  cancelled: 'nothing',
  'over-budget': 'nothing',
  'disk-full': 'nothing',
  'read-only': 'nothing',
  corrupt: 'nothing',
  'in-use': 'nothing',
}

/** Keeps a breaker for each model of each key. */
export function createBreakers({ now }: Parts): Breakers {
  type Key = { readonly circuit: Circuit; readonly breakers: Map<string, Breaker> }
  const keys = new Map<string, Key>()
  return {
    of: (keyId, modelId) => {
      const key = keys.get(keyId) ?? { circuit: createCircuit(now), breakers: new Map<string, Breaker>() }
      keys.set(keyId, key)
      const breaker = key.breakers.get(modelId) ?? createBreaker(key.circuit, createCircuit(now))
      key.breakers.set(modelId, breaker)
      return breaker
    },
    keep: (ids) => {
      for (const [keyId, { breakers }] of keys) {
        const kept = new Set(ids.filter((id) => id.keyId === keyId).map(({ modelId }) => modelId))
        for (const modelId of breakers.keys()) if (!kept.has(modelId)) breakers.delete(modelId)
        if (breakers.size === 0) keys.delete(keyId)
      }
    },
  }
}

function createBreaker(key: Circuit, model: Circuit): Breaker {
  return {
    state: () => worse(key.state(), model.state()),
    enter: () => {
      // Both or none: a probe slot of the one must not be taken while the other rests.
      if (!key.lets() || !model.lets()) return undefined
      return passOf(key, key.enter(), model, model.enter())
    },
  }
}

function passOf(key: Circuit, ofKey: Ticket, model: Circuit, ofModel: Ticket): Pass {
  let isUsed = false
  const once = (use: () => void): void => {
    if (isUsed) return
    isUsed = true
    use()
  }
  const release = (): void => {
    key.release(ofKey)
    model.release(ofModel)
  }
  const succeed = (): void => {
    key.succeed(ofKey)
    model.succeed(ofModel)
  }
  const fail: Pass['fail'] = ({ fault, retryAfterMs }) => {
    switch (verdicts[fault]) {
      case 'weak':
        model.fail(ofModel, fault)
        return key.release(ofKey)
      case 'limited':
        model.limit(
          ofModel,
          fault,
          retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, longestLimitMs),
        )
        return key.succeed(ofKey)
      case 'empty-key':
        key.limit(ofKey, fault, creditRestMs)
        return release()
      case 'dead-key':
        key.die(fault)
        return release()
      case 'healthy':
        return succeed()
      case 'nothing':
        return release()
    }
  }
  return {
    spoke: () => {
      if (isUsed) return
      key.spoke(ofKey)
      model.spoke(ofModel)
    },
    succeed: () => once(succeed),
    fail: (error) => once(() => fail(error)),
    release: () => once(release),
  }
}

const ranks: readonly BreakerState['kind'][] = ['closed', 'half-open', 'probing', 'open', 'dead']

function worse(one: BreakerState, other: BreakerState): BreakerState {
  if (one.kind === 'open' && other.kind === 'open') return one.untilMs >= other.untilMs ? one : other
  return ranks.indexOf(one.kind) >= ranks.indexOf(other.kind) ? one : other
}
