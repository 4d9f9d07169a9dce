import { untilAborted } from '../abort.ts'
import { cutShort, faultOf, messageOf, ModelError, stopped } from '../errors.ts'
import { addressKey } from '../message.ts'
import {
  wasAsked,
  type Model,
  type ModelEvent,
  type ModelRequest,
  type Trail,
  type Try,
  type Usage,
} from '../model.ts'
import type { CallRecord, OpenCall, UsageLine } from '../store/calls.ts'
import type { Ledger, Reservation } from './ledger.ts'
import { chargeOf, type Most } from './price.ts'
import type { MayCost, Route } from './router.ts'

export type BudgetParts = {
  readonly ledger: Pick<Ledger, 'reserve' | 'today'>
  /** The most that the first try of the route may cost; a route asks before it tries again. */
  readonly mostOf: (request: ModelRequest) => Most
  /** A new id for a row of a call, above all that were given. */
  readonly newId: () => number
  /** Writes the row of a call that begins, or what is set aside for it in the row that there is. */
  readonly open: (call: OpenCall) => Promise<unknown>
  readonly settle: (record: CallRecord, lines: readonly UsageLine[]) => Promise<unknown>
  readonly now: () => number
  /** Told of every call when it has ended, with as much of the answer as was heard. Must not throw. */
  readonly onRecord?: (record: CallRecord, request: ModelRequest, text: string) => void
  /** Told of a row that could not be written; the call goes on without. */
  readonly onTrouble: (error: unknown) => void
}

/**
 * The route under its caps, with a row for each call. The most that the first try may cost is set aside before the route
 * is asked, and what further tries may cost before each of them. Exactly once what the call did cost is put in its
 * place: by the trail of its end or its error, and where that does not tell, as much as was set aside. Where a cap is in
 * force, nothing is asked before the row is on the disk. Throws a BudgetError where a cap has no room.
 */
export function budgeted(model: Route, parts: BudgetParts): Model {
  return { name: model.name, stream: (request, signal) => spend(model, parts, request, signal) }
}

type HitParts = Pick<BudgetParts, 'newId' | 'now' | 'onRecord' | 'onTrouble'> & {
  readonly ledger: Pick<Ledger, 'today'>
  readonly write: (hits: readonly OpenCall[]) => Promise<unknown>
  /** Runs it once, soon; what comes until then goes into the same write. */
  readonly later: (run: () => void) => void
}

/** Keeps the books of answers that were given before: a row for each, which cost nothing. Nobody waits for them. */
export function createHits({ ledger, newId, now, write, later, onRecord, onTrouble }: HitParts) {
  let waiting: OpenCall[] = []
  const flush = (): void => {
    const hits = waiting
    waiting = []
    write(hits).catch(onTrouble)
  }
  return (route: string, request: ModelRequest, text: string): void => {
    const hit = { ...beginningOf(route, request, newId(), now()), day: ledger.today(), reservedUsd: 0 }
    if (waiting.push(hit) === 1) later(flush)
    onRecord?.({ ...recordOf(hit, { tries: [], fault: null }), isHit: true }, request, text)
  }
}

async function* spend(
  model: Route,
  parts: BudgetParts,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void, undefined> {
  if (signal.aborted) throw stopped(model.name, signal.reason)
  const account = openAccount(model.name, parts, request)
  const inner = new AbortController()
  const abort = (): void => inner.abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  let events: AsyncIterator<ModelEvent> | undefined
  try {
    if (account.written !== undefined) await untilAborted(account.written, signal)
    if (signal.aborted) throw stopped(model.name, signal.reason)
    events = model.stream(request, inner.signal, account.mayCost)[Symbol.asyncIterator]()
    for (;;) {
      const next = await events.next()
      if (next.done === true) throw cutShort(model.name)
      account.hear(next.value)
      yield next.value
      if (next.value.kind === 'end') return
    }
  } catch (thrown) {
    // Where nothing was asked yet, the wait for the row was given up.
    const error = events === undefined && signal.aborted ? stopped(model.name, signal.reason) : thrown
    account.fail(error, events !== undefined)
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
    if (events !== undefined) await leave(events, inner, account)
  }
}

/** Lets go of the route's stream. One that was left in mid-answer still tells what it did, in the error of its abort. */
async function leave(
  events: AsyncIterator<ModelEvent>,
  inner: AbortController,
  account: Account,
): Promise<void> {
  if (!account.isSettled()) {
    inner.abort()
    try {
      const next = await events.next()
      if (next.done !== true) account.hear(next.value)
      if (!account.isSettled()) account.fail(new ModelError('cancelled', 'the reader left'), true)
    } catch (thrown) {
      account.fail(thrown, true)
    }
  }
  // Not awaited: a stream that hangs would never come back from its own clean-up.
  events.return?.().catch(() => {})
}

/** The books of one call. It is settled by the first end or error, and by nothing after it. */
type Account = {
  /** Resolves when the row is on the disk, where that has to be waited for. */
  readonly written: Promise<void> | undefined
  /** Absent where no cap is in force. */
  readonly mayCost: MayCost | undefined
  readonly hear: (event: ModelEvent) => void
  /** `wasAsked` is false where the route never came to its turn. */
  readonly fail: (error: unknown, wasAsked: boolean) => void
  readonly isSettled: () => boolean
}

function openAccount(route: string, parts: BudgetParts, request: ModelRequest): Account {
  const { ledger, mostOf, newId, now } = parts
  const { asker } = request
  const atMs = now()
  const most = mostOf(request)
  const about = beginningOf(route, request, newId(), atMs)
  let reservation: Reservation
  try {
    reservation = ledger.reserve(asker, most)
  } catch (error) {
    const reservedUsd = most.kind === 'known' ? most.usd : null
    const refused = { ...about, day: ledger.today(), reservedUsd }
    keep(parts, recordOf(refused, { tries: [], fault: faultOf(error) }), [], request, '')
    throw error
  }
  const { day, reservedUsd, isCapped } = reservation
  let call: OpenCall = { ...about, day, reservedUsd }
  let text = ''
  let firstMs: number | null = null
  let isSettled = false

  const settle = (ended: Ended): void => {
    if (isSettled) return
    isSettled = true
    const { usd, isEstimated, lines } = chargeOf(ended.tries, call.reservedUsd ?? undefined)
    reservation.settle(lines.reduce((sum, line) => sum + line.costUsd, 0))
    const known = { firstMs, totalMs: Math.round(now() - atMs), costUsd: usd ?? null, isEstimated }
    keep(parts, { ...recordOf(call, ended), ...known }, lines, request, text)
  }
  const mayCost: MayCost = async (usd) => {
    if (!reservation.raise(usd)) return false
    if (usd <= (call.reservedUsd ?? Infinity)) return true
    call = { ...call, reservedUsd: usd }
    try {
      await parts.open(call)
      return true
    } catch (error) {
      parts.onTrouble(error)
      return false
    }
  }
  return {
    written: begin(parts, call, isCapped),
    mayCost: isCapped ? mayCost : undefined,
    isSettled: () => isSettled,
    hear: (event) => {
      firstMs ??= Math.round(now() - atMs)
      if (event.kind === 'text') text += event.text
      if (event.kind !== 'end') return
      const { trail, usage } = event
      const tries = trail?.tries ?? [plainTry(route, usage, reservedUsd, now() - atMs)]
      settle({ tries, choice: trail?.choice, fault: null })
    },
    fail: (error, isAsked) => {
      const trail = isAsked && error instanceof ModelError ? error.trail : undefined
      settle({ tries: isAsked ? trail?.tries : [], choice: trail?.choice, fault: faultOf(error) })
    },
  }
}

function beginningOf(route: string, { asker }: ModelRequest, id: number, atMs: number) {
  const { person, address, task = null, run = null } = asker
  return { id, atMs, route, person, conversation: addressKey(address), task, run }
}

/** Writes the row of a call that begins. What costs nothing needs none: it is written when it ends. */
function begin(
  { open, onTrouble }: BudgetParts,
  call: OpenCall,
  isCapped: boolean,
): Promise<void> | undefined {
  if (call.reservedUsd === 0) return undefined
  const written = open(call)
  if (!isCapped) {
    written.catch(onTrouble)
    return undefined
  }
  return written.then(
    () => undefined,
    (error: unknown) => {
      const what = 'a call under a cap is not made, because its row cannot be written'
      throw new ModelError(faultOf(error), `${what}: ${messageOf(error)}`, { cause: error })
    },
  )
}

/** What a model that is no route did, as a route would say it. */
function plainTry(model: string, usage: Usage, reservedUsd: number | null, totalMs: number): Try {
  return { model, outcome: 'answered', usage, totalMs, ...(reservedUsd === 0 ? { costUsd: 0 } : {}) }
}

/** Undefined `tries`: nobody knows. */
type Ended = {
  readonly tries: readonly Try[] | undefined
  readonly choice?: Trail['choice'] | undefined
  readonly fault: CallRecord['fault']
}

function recordOf(call: OpenCall, { tries = [], choice, fault }: Ended): CallRecord {
  const asked = tries.filter(wasAsked)
  const tokens = (of: keyof Usage): number | null => {
    const counts = asked.flatMap(({ usage }) => usage[of] ?? [])
    return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0)
  }
  return {
    ...call,
    model: fault === null ? (asked.at(-1)?.model ?? null) : null,
    choice: choice ?? null,
    fault,
    attempts: asked.length,
    tries,
    firstMs: null,
    totalMs: 0,
    inputTokens: tokens('inputTokens'),
    outputTokens: tokens('outputTokens'),
    cachedTokens: tokens('cachedTokens'),
    costUsd: 0,
    isEstimated: false,
    isHit: false,
  }
}

function keep(
  { settle, onRecord, onTrouble }: BudgetParts,
  record: CallRecord,
  lines: readonly UsageLine[],
  request: ModelRequest,
  text: string,
): void {
  settle(record, lines).catch(onTrouble)
  onRecord?.(record, request, text)
}
