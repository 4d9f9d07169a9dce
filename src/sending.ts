import type { Adapter, Found, LookUp } from './adapter.ts'
import { answering } from './answering.ts'
import type { Fault } from './errors.ts'
import { createGate } from './gate.ts'
import type { Log } from './log.ts'
import type { Address, Delivery, NotDelivered, Post } from './message.ts'
import type { Draft } from './outbox.ts'
import { createPace } from './pace.ts'
import type { Pending } from './store/outbox.ts'
import type { Write } from './store/writes.ts'
import { runsWords } from './words-runs.ts'
import { inBoth } from './words.ts'

/**
 * What became of a post. `found`: its sending had been cut short, and the platform has it. `again`: it was cut short,
 * the platform had nothing of it, and it was sent again. `waiting`: the program ends; the next start takes it up.
 */
export type Fate = Delivery['kind'] | 'found' | 'again' | 'tooOld' | 'waiting'

/**
 * Carries a post to its end and writes down what became of it. `behind` are the parts of the same reply that come
 * after it: where it fails, they have failed, too. Throws where that cannot be written down.
 */
export type Send = (pending: Pending, behind: readonly Pending[]) => Promise<Fate>

/** What is to be posted and changed because of something. */
export type Sequel = { readonly drafts: readonly Draft[]; readonly writes: readonly Write[] }

type Parts = {
  readonly adapters: readonly Adapter[]
  /** Commits changes, with what is to be posted because of them. */
  readonly commit: (writes: readonly Write[], drafts?: readonly Draft[]) => Promise<unknown>
  readonly now: () => number
  /** Waits; rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
  readonly random: () => number
  /** What follows where a post has not arrived and will not. */
  readonly onFailed: (post: Post, failure: NotDelivered) => Sequel
  /** A post that is older is not sent any more. */
  readonly maxAgeMs: () => number
  readonly log: Log
}

/** A post on its way, with what has happened to it. */
type Way = {
  readonly pending: Pending
  readonly behind: readonly Pending[]
  readonly adapter: Adapter
  /** Its newest send began, and nobody knows how it ended. */
  isCut: boolean
  /** The platform said of a send that was cut short that it has nothing of it. */
  wasAbsent: boolean
  /** In all lives of the program. */
  attempts: number
  /** When its first send began. */
  sentAtMs: number | null
  /** In this life. */
  failures: number
}

/** When a send began, and what lets the next one begin. */
type Begun = { readonly startMs: number; readonly leave: () => void }

/** How a post is tried again: after `firstMs`, then four times as long each time up to `mostMs`; so often in all lives. */
type Plan = { readonly firstMs: number; readonly mostMs: number; readonly tries: number }

/** The faults after which the platform surely has nothing and may take it later. Its own Retry-After comes first. */
const plans: Readonly<Partial<Record<Fault, Plan>>> = {
  network: { firstMs: 1_000, mostMs: 600_000, tries: 200 }, // a day without a network
  timeout: { firstMs: 1_000, mostMs: 600_000, tries: 200 },
  overloaded: { firstMs: 2_000, mostMs: 600_000, tries: 50 },
  'rate-limit': { firstMs: 5_000, mostMs: 600_000, tries: 50 },
}
/** A send that nobody answered, and that the platform has nothing of, is one that the network lost. */
const lostPlan: Plan = { firstMs: 1_000, mostMs: 600_000, tries: 50 }

/** How long to wait before a platform that cannot tell is asked once more, in milliseconds. */
const askAgainMs = [2_000, 10_000, 30_000, 120_000, 300_000, 600_000] as const

/**
 * The clock of a platform may be so far behind ours, in milliseconds, and what it was sent bear an earlier time: ours
 * may show the local time where it should be UTC, and the zones go up to 14 hours.
 */
const clockSlackMs = 15 * 3_600_000
/** Whoever asks for a shorter wait, or for none, is asked again after this, in milliseconds: each time is one of the tries. */
const leastAskedMs = 1_000
/** So many sends to one platform, or questions of it, are under way at a time: what was left for a day is no storm. */
const mostAtOnce = 32
/** A timer holds no more than 24 days, and nobody waits for so long. */
const mostWaitMs = 24 * 3_600_000

export function createSending(parts: Parts): Send {
  const { commit, now, sleep, signal, random, maxAgeMs, log } = parts
  const byName = new Map(parts.adapters.map((adapter) => [adapter.name, answering(adapter, sleep)]))
  const gates = new Map(parts.adapters.map(({ name }) => [name, createGate(mostAtOnce)]))
  const enter = async ({ name }: Adapter): Promise<() => void> =>
    gates.get(name)?.enter() ?? (() => undefined)
  const pace = createPace(parts)

  const send: Send = async (pending, behind) => {
    const { post, cut, attempts, sentAtMs } = pending
    const adapter = byName.get(post.address.adapter)
    if (adapter === undefined) return settle(pending, behind, withoutAdapter(pending))
    const isCut = cut && adapter.afterCut !== 'resend'
    const way: Way = { pending, behind, adapter, isCut, wasAbsent: false, attempts, sentAtMs, failures: 0 }
    while (!signal.aborted) {
      const fate = way.isCut ? await lookAfter(way) : await trySending(way)
      if (fate !== undefined) return fate
    }
    return 'waiting'
  }

  /** Learns what became of a send that was cut short; undefined where it is to be sent again, or the program ends. */
  const lookAfter = async (way: Way): Promise<Fate | undefined> => {
    const { pending, behind, adapter, attempts, failures } = way
    const { post } = pending
    const { afterCut } = adapter
    if (typeof afterCut === 'string')
      return settle(pending, behind, unknown('Moltbot ended while sending it'))
    const found = await ask(adapter, afterCut, post, way.sentAtMs ?? post.createdAtMs)
    if (signal.aborted) return undefined
    if (found.kind === 'unknown') return settle(pending, behind, unknown(found.why))
    if (found.kind === 'there') return settle(pending, behind, sentAs(found.ref), 'found')
    if (attempts >= lostPlan.tries) return settle(pending, behind, lostEachTime(attempts))
    way.isCut = false
    way.wasAbsent = true
    if (failures > 0) await pause(waitOf(lostPlan, failures))
    return undefined
  }

  /** Sends it once; undefined where it is to be tried again or looked after, or the program ends. */
  const trySending = async (way: Way): Promise<Fate | undefined> => {
    const { pending, behind, adapter } = way
    const { id, post } = pending
    if (isTooOld(post)) return settle(pending, behind, tooOld(now() - post.createdAtMs), 'tooOld')
    const begun = await begin(adapter, pending)
    if (begun === undefined) return undefined
    const { startMs, leave } = begun
    way.attempts++
    way.sentAtMs ??= startMs
    const delivery = await adapter.send(post, signal).finally(leave)
    if (delivery.kind === 'sent') return settle(pending, behind, delivery, way.wasAbsent ? 'again' : 'sent')
    if (delivery.kind === 'unknown' && typeof adapter.afterCut !== 'string') {
      log.debug({ post: post.key }, `to be looked up: ${delivery.why}`)
      way.isCut = true
      way.failures++
      return undefined
    }
    const plan = delivery.kind === 'failed' ? plans[delivery.fault] : undefined
    if (delivery.kind !== 'failed' || plan === undefined || way.attempts >= plan.tries)
      return settle(pending, behind, delivery)
    const { retryAfterMs: askedMs } = delivery
    const waitMs = askedMs === undefined ? waitOf(plan, ++way.failures) : waitAsked(askedMs)
    log.warn({ fault: delivery.fault, post: post.key, waitMs }, `not sent yet: ${delivery.why}`)
    // Before anything else may begin there: what was refused goes first, as soon as it is taken again.
    const isStalled = delivery.fault === 'rate-limit'
    if (isStalled) pace.stall(channelOf(post.address), waitMs)
    await commit(surelyNot(id, startMs, adapter.afterCut))
    if (!isStalled) await pause(waitMs)
    return undefined
  }

  /** Waits for the channel's turn and a place, and writes down that a send begins; undefined where the program ends. */
  const begin = async (adapter: Adapter, { id, post }: Pending): Promise<Begun | undefined> => {
    let begun: Begun | undefined
    const prepare = async (): Promise<void> => {
      // It may have waited for long.
      if (isTooOld(post)) return
      const leave = await enter(adapter)
      try {
        signal.throwIfAborted()
        const startMs = now()
        if (adapter.afterCut !== 'resend') await commit([['outbox.sending', id, startMs]])
        begun = { startMs, leave }
      } catch (error) {
        leave()
        throw error
      }
    }
    try {
      await pace.turn(channelOf(post.address), id, adapter.paceMs ?? 0, prepare)
    } catch (error) {
      if (!signal.aborted) throw error
      return undefined
    }
    return begun
  }

  /**
   * Asks a platform for a post whose sending was cut short. The grace time begins only now, not with the send: what was
   * on its way until a moment ago may be taken just now, and how long ago it began is told by a clock that can be set.
   */
  const ask = async (
    adapter: Adapter,
    { graceMs, find }: LookUp,
    post: Post,
    sentAtMs: number,
  ): Promise<Found> => {
    await pause(graceMs)
    let found: Found = { kind: 'unknown', why: 'Moltbot ended before the platform was asked' }
    for (const mostMs of [...askAgainMs, undefined]) {
      if (signal.aborted) break
      const leave = await enter(adapter)
      found = await find(post, sinceOf(sentAtMs), signal).finally(leave)
      if (found.kind !== 'unknown' || found.isFinal === true || mostMs === undefined) break
      const waitMs = jittered(mostMs)
      log.warn({ post: post.key, waitMs }, `cannot tell yet whether it was sent: ${found.why}`)
      await pause(waitMs)
    }
    return found
  }

  /** What the platform may have is not older; a clock that has been put back since tells nothing but that. */
  const sinceOf = (sentAtMs: number): number =>
    sentAtMs > now() ? now() - Math.max(maxAgeMs(), clockSlackMs) : sentAtMs - clockSlackMs

  const settle = async (
    { id, post }: Pending,
    behind: readonly Pending[],
    delivery: Delivery,
    fate: Fate = delivery.kind,
  ): Promise<Fate> => {
    const nowMs = now()
    const rest: readonly Pending[] = delivery.kind === 'failed' ? behind : []
    const after = rest.map((one): Write => ['outbox.settle', one.id, withoutPartBefore(delivery), nowMs])
    const sequel = delivery.kind === 'failed' ? parts.onFailed(post, delivery) : undefined
    const writes = [...after, ...(sequel?.writes ?? [])]
    await commit([['outbox.settle', id, delivery, nowMs], ...writes], sequel?.drafts)
    if (delivery.kind === 'failed') {
      const about = { fault: delivery.fault, post: post.key, partsNotSent: rest.length }
      log.error(about, `not delivered: ${delivery.why}`)
    }
    if (delivery.kind === 'unknown')
      log.warn({ post: post.key }, `may or may not have been delivered: ${delivery.why}`)
    return fate
  }

  const isTooOld = ({ createdAtMs }: Post): boolean => now() - createdAtMs > maxAgeMs()
  const pause = (ms: number): Promise<void> => sleep(ms, signal).catch(() => undefined)
  const waitOf = ({ firstMs, mostMs }: Plan, failures: number): number =>
    jittered(Math.min(firstMs * 4 ** (failures - 1), mostMs))
  /** Between half of it and all of it, so that what failed together does not come back together. */
  const jittered = (ms: number): number => Math.round(ms * (0.5 + random() / 2))

  return send
}

/** What is asked for may be no number. */
function waitAsked(askedMs: number): number {
  return askedMs > leastAskedMs ? Math.min(askedMs, mostWaitMs) : leastAskedMs
}

/** Where it is not written down before each send, a send that failed is counted afterwards. */
function surelyNot(id: number, begunAtMs: number, afterCut: Adapter['afterCut']): Write[] {
  const requeue: Write = ['outbox.requeue', id]
  return afterCut === 'resend' ? [['outbox.sending', id, begunAtMs], requeue] : [requeue]
}

/** Threads share the pace of their channel. */
function channelOf({ adapter, account, channel }: Address): string {
  return [adapter, account, channel].map(encodeURIComponent).join('/')
}

function sentAs(ref: string | undefined): Delivery {
  return ref === undefined ? { kind: 'sent' } : { kind: 'sent', ref }
}

function unknown(why: string): Delivery {
  return { kind: 'unknown', why }
}

function withoutAdapter({ post, cut }: Pending): Delivery {
  const why = `${post.address.adapter} is not on`
  return cut
    ? unknown(`Moltbot ended while sending it, and ${why}`)
    : { kind: 'failed', fault: 'unsupported', why }
}

function lostEachTime(attempts: number): Delivery {
  const says = inBoth(runsWords, (words) => words.lost(attempts))
  return { kind: 'failed', fault: 'network', why: says.en, says }
}

function tooOld(ageMs: number): Delivery {
  const says = inBoth(runsWords, (words) => words.tooOld((ageMs / 3_600_000).toFixed(1)))
  return { kind: 'failed', fault: 'timeout', why: says.en, says }
}

function withoutPartBefore(delivery: Delivery): Delivery {
  const fault = delivery.kind === 'failed' ? delivery.fault : 'internal'
  return { kind: 'failed', fault, why: 'an earlier part of the same reply was not delivered' }
}
