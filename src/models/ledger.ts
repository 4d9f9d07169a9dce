import { BudgetError, type Cap, type CapState } from '../errors.ts'
import type { Asker } from '../model.ts'
import type { CapNotice } from '../notices.ts'
import { createCalendar } from './calendar.ts'
import type { Most } from './price.ts'

/** Money set aside for one call. */
export type Reservation = {
  /** The local date for which the call counts: that of its start. */
  readonly day: string
  /** Null where it is not known. */
  readonly reservedUsd: number | null
  /** True if a cap was in force for the call. */
  readonly isCapped: boolean
  /** Sets aside what the call needs to cost so much in all. False, and nothing is changed, where a cap has no room for it. */
  readonly raise: (toUsd: number) => boolean
  /** Puts what the call cost in place of what was set aside. Does nothing the second time. */
  readonly settle: (usd: number) => void
}

/** The money spent in this day and month, in memory. */
export type Ledger = {
  /**
   * Sets aside the most that a call may cost, `ampleUsd` where that fits and else `usd`, at once, so that of many calls at the same time only those get through
   * that fit together. Throws a BudgetError where a cap has no room for it, and where a cap is in force and the most is
   * not known. What is free is never refused.
   */
  readonly reserve: (asker: Asker, most: Most) => Reservation
  /** What a call of this asker may cost now, so that no cap refuses it; Infinity where none applies. Below 0 where one is passed. */
  readonly roomFor: (asker: Pick<Asker, 'person' | 'task'>) => number
  /** How each cap stands that applies to the asker. */
  readonly standing: (asker: Pick<Asker, 'person' | 'task'>) => readonly CapState[]
  /** The local date now: `2026-11-22`. */
  readonly today: () => string
}

type Parts = {
  /** What the rows say was spent on these local dates, both included; task 0 is none. */
  readonly spent: (
    from: string,
    to: string,
  ) => readonly { readonly person: string; readonly task: number; readonly usd: number }[]
  readonly caps: () => readonly Cap[]
  readonly zone: () => string
  readonly now: () => number
  /** Called once for each key in one life of the program; must not throw. */
  readonly notify: (notice: CapNotice) => void
}

/** `open` counts the calls under way, so that nothing is left of their reservations but rounding, which is dropped. */
type Sum = { spentUsd: number; reservedUsd: number; open: number }

/** The sums of one day or month, by scope. */
type Book = Map<string, Sum>

/** Sums of less than a millionth of a cent are rounding. */
const roundingUsd = 1e-8

/** The present one and the one before, should the clock be set back over midnight. */
const mostBooks = 2

/**
 * Keeps the sums of each day and month, begun from the rows and kept by reservations. A call counts for the day of its
 * start. Where the zone is changed, today is begun anew from the rows under its new date.
 */
export function createLedger({ spent, caps, zone, now, notify }: Parts): Ledger {
  const calendar = createCalendar(zone)
  const days = new Map<string, Book>()
  const months = new Map<string, Book>()
  const told = new Set<string>()

  const bookOf = (period: Cap['period'], day: string): Book => {
    const books = period === 'day' ? days : months
    const name = nameOf(period, day)
    let book = books.get(name)
    if (book === undefined) {
      book = readBook(period === 'day' ? spent(name, name) : spent(`${name}-01`, `${name}-31`))
      books.set(name, book)
      for (const old of books.keys()) if (books.size > mostBooks) books.delete(old)
    }
    return book
  }
  const sumOf = (cap: Pick<Cap, 'period' | 'of'>, day: string, about: About): Sum =>
    sumIn(bookOf(cap.period, day), scopeOf(cap.of, about))
  const stateOf = (cap: Cap, { spentUsd, reservedUsd }: Sum, nowMs: number): CapState => ({
    cap,
    spentUsd,
    reservedUsd,
    endsAtMs: calendar.endOf(cap.period, nowMs),
  })
  const tell = (
    percent: CapNotice['percent'],
    { cap, ...rest }: CapState,
    day: string,
    asker: Asker,
  ): void => {
    // With the sum in the key, a cap that was raised is told of again.
    const cause = `budget/${cap.period}/${nameOf(cap.period, day)}/${scopeOf(cap.of, asker)}/${cap.usd}`
    const key = `${cause}/${percent}`
    if (told.has(key)) return
    // Who heard that a call was refused need not hear of 80 % after that.
    for (const known of percent === 100 ? [key, `${cause}/80`] : [key]) told.add(known)
    notify({ key, percent, cap, ...rest, ...ownerOf(cap, asker) })
  }

  const checkCaps = (
    applying: readonly Cap[],
    most: Most,
    day: string,
    asker: Asker,
    nowMs: number,
  ): void => {
    const first = applying[0]
    if (most.kind === 'unknown' && first !== undefined) {
      throw unpriced(stateOf(first, sumOf(first, day, asker), nowMs), most.model)
    }
    if (most.kind === 'unknown' || most.usd === 0) return
    let held: CapState | undefined
    for (const cap of applying) {
      const sum = sumOf(cap, day, asker)
      if (most.usd <= roomIn(cap, sum)) continue
      const state = stateOf(cap, sum, nowMs)
      if (isOnlyHeld(state, most.usd)) {
        held ??= state
        continue
      }
      tell(100, state, day, asker)
      throw refusal(state, most.usd)
    }
    if (held !== undefined) throw refusal(held, most.usd)
  }
  const roomOf = (applying: readonly Cap[], day: string, about: About): number =>
    applying.reduce((room, cap) => Math.min(room, roomIn(cap, sumOf(cap, day, about))), Infinity)
  /** Also before a call: what a crash left open may have made the step. */
  const tellIfNear = (applying: readonly Cap[], day: string, asker: Asker): void => {
    for (const cap of applying) {
      const sum = sumOf(cap, day, asker)
      if (sum.spentUsd === 0 || sum.spentUsd < cap.usd * 0.8) continue
      tell(80, stateOf(cap, sum, now()), day, asker)
    }
  }

  return {
    today: () => calendar.dayOf(now()),
    standing: (about) => {
      const nowMs = now()
      const day = calendar.dayOf(nowMs)
      return applyingTo(about, caps()).map((cap) => stateOf(cap, sumOf(cap, day, about), nowMs))
    },
    roomFor: (about) => {
      const applying = applyingTo(about, caps())
      if (applying.length === 0) return Infinity
      const day = calendar.dayOf(now())
      return roomOf(applying, day, about)
    },
    reserve: (asker, most) => {
      const nowMs = now()
      const day = calendar.dayOf(nowMs)
      const applying = applyingTo(asker, caps())
      checkCaps(applying, most, day, asker, nowMs)
      tellIfNear(applying, day, asker)
      let heldUsd = most.kind === 'known' ? most.usd : 0
      // More than the first try needs, where there is room: else those that ask at once would leave none for a second try.
      const ampleUsd = most.kind === 'known' ? (most.ampleUsd ?? 0) : 0
      if (ampleUsd > heldUsd && ampleUsd <= roomOf(applying, day, asker)) heldUsd = ampleUsd
      const sums = scopesOf(asker).map((of) => sumOf(of, day, asker))
      for (const sum of sums) {
        sum.reservedUsd += heldUsd
        sum.open++
      }
      let isSettled = false
      return {
        day,
        reservedUsd: most.kind === 'known' ? most.usd : null,
        isCapped: applying.length > 0,
        raise: (toUsd) => {
          const moreUsd = toUsd - heldUsd
          if (isSettled) return false
          if (moreUsd <= 0) return true
          const isFull = (cap: Cap): boolean => !(moreUsd <= roomIn(cap, sumOf(cap, day, asker)))
          if (applyingTo(asker, caps()).some(isFull)) return false
          for (const sum of sums) sum.reservedUsd += moreUsd
          heldUsd = toUsd
          return true
        },
        settle: (costUsd) => {
          if (isSettled) return
          isSettled = true
          for (const sum of sums) {
            sum.spentUsd += costUsd
            sum.reservedUsd = --sum.open === 0 ? 0 : sum.reservedUsd - heldUsd
          }
          if (costUsd > 0) tellIfNear(applyingTo(asker, caps()), calendar.dayOf(now()), asker)
        },
      }
    },
  }
}

type About = Pick<Asker, 'person' | 'task'>

function applyingTo({ task }: About, caps: readonly Cap[]): readonly Cap[] {
  return task === undefined ? caps.filter(({ of }) => of !== 'task') : caps
}

const always = [
  { period: 'day', of: 'total' },
  { period: 'day', of: 'person' },
  { period: 'month', of: 'total' },
  { period: 'month', of: 'person' },
] as const
const withTask = [...always, { period: 'day', of: 'task' }, { period: 'month', of: 'task' }] as const

/** Every sum that a call of this asker adds to, whether a cap is on it or not: one may come later. */
function scopesOf({ task }: About): readonly Pick<Cap, 'period' | 'of'>[] {
  return task === undefined ? always : withTask
}

function nameOf(period: Cap['period'], day: string): string {
  return period === 'day' ? day : day.slice(0, 7)
}

function scopeOf(of: Cap['of'], { person, task }: About): string {
  return of === 'total' ? of : `${of}/${of === 'person' ? person : task}`
}

function ownerOf(cap: Cap, { person, task, address }: Asker): Pick<CapNotice, 'person' | 'task' | 'address'> {
  if (cap.of === 'person') return { person, address }
  return cap.of === 'task' && task !== undefined ? { task } : {}
}

function sumIn(book: Book, scope: string): Sum {
  let sum = book.get(scope)
  if (sum === undefined) book.set(scope, (sum = { spentUsd: 0, reservedUsd: 0, open: 0 }))
  return sum
}

function readBook(rows: ReturnType<Parts['spent']>): Book {
  const book: Book = new Map()
  for (const { person, task, usd } of rows) {
    const about = { person, ...(task === 0 ? {} : { task }) }
    for (const scope of ['total', 'person', 'task'] as const) {
      if (scope !== 'task' || task !== 0) sumIn(book, scopeOf(scope, about)).spentUsd += usd
    }
  }
  return book
}

/** What a call may cost more, so that it fits. */
function roomIn(cap: Cap, { spentUsd, reservedUsd }: Sum): number {
  return cap.usd - spentUsd - reservedUsd + roundingUsd
}

/** True if nothing stands in the way of a call but what is set aside for others. */
function isOnlyHeld({ cap, spentUsd }: CapState, mostUsd: number): boolean {
  return spentUsd + mostUsd <= cap.usd + roundingUsd
}

function refusal(state: CapState, mostUsd: number): BudgetError {
  const { spentUsd, reservedUsd, endsAtMs } = state
  const sums = `$${spentUsd.toFixed(4)} is spent, $${reservedUsd.toFixed(4)} set aside`
  const until = isOnlyHeld(state, mostUsd)
    ? 'calls under way hold it, so ask again in a moment'
    : `it ends ${new Date(endsAtMs).toISOString()}`
  return new BudgetError(
    `${nameOfCap(state.cap)} has no room for a call of up to $${mostUsd.toFixed(4)}: ${sums}; ${until}`,
    { state, mostUsd },
  )
}

function unpriced(state: CapState, model: string): BudgetError {
  return new BudgetError(
    `nobody knows what ${model} costs, and ${nameOfCap(state.cap)} is in force; give it a price in config.yaml`,
    { state, model },
  )
}

function nameOfCap({ usd, period, of }: Cap): string {
  return `the cap of $${usd} a ${period} ${of === 'total' ? 'in total' : `for each ${of}`}`
}
