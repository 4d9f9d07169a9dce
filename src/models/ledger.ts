import { BudgetError, type Cap } from '../errors.ts'
import type { Address } from '../message.ts'
import type { Asker } from '../model.ts'
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
  /** Puts what the call cost in place of what was set aside. Does nothing the second time. */
  readonly settle: (usd: number) => void
}

/** How a cap stands for someone. */
export type Standing = {
  readonly cap: Cap
  readonly spentUsd: number
  /** For calls that are under way. */
  readonly reservedUsd: number
  readonly endsAtMs: number
}

/** A cap is at 80 %, or has refused its first call. */
export type Notice = Standing & {
  /** Names this notice for ever: the same cap, period and percentage have the same key after a restart. */
  readonly key: string
  readonly percent: 80 | 100
  /** Of a person's or a task's cap: whose. */
  readonly person?: string
  readonly task?: number
  /** Of a person's cap: where the person asked. */
  readonly address?: Address
}

/** The money spent in this day and month, in memory. */
export type Ledger = {
  /**
   * Sets aside the most that a call may cost, at once, so that of many calls at the same time only those get through
   * that fit together. Throws a BudgetError where a cap has no room for it, and where a cap is in force and the most is
   * not known. What is free is never refused.
   */
  readonly reserve: (asker: Asker, most: Most) => Reservation
  /** How each cap stands that applies to the asker. */
  readonly standing: (asker: Pick<Asker, 'person' | 'task'>) => readonly Standing[]
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
  readonly notify: (notice: Notice) => void
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
  const standingOf = (cap: Cap, { spentUsd, reservedUsd }: Sum, nowMs: number): Standing => ({
    cap,
    spentUsd,
    reservedUsd,
    endsAtMs: calendar.endOf(cap.period, nowMs),
  })
  const tell = (percent: Notice['percent'], { cap, ...rest }: Standing, day: string, asker: Asker): void => {
    // With the sum in the key, a cap that was raised is told of again.
    const key = `budget/${cap.period}/${nameOf(cap.period, day)}/${scopeOf(cap.of, asker)}/${cap.usd}/${percent}`
    if (told.has(key)) return
    told.add(key)
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
      throw refusal(calendar.endOf(first.period, nowMs), first, { model: most.model })
    }
    if (most.kind === 'unknown' || most.usd === 0) return
    for (const cap of applying) {
      const sum = sumOf(cap, day, asker)
      if (sum.spentUsd + sum.reservedUsd + most.usd <= cap.usd + roundingUsd) continue
      const standing = standingOf(cap, sum, nowMs)
      tell(100, standing, day, asker)
      throw refusal(standing.endsAtMs, cap, { ...standing, mostUsd: most.usd })
    }
  }

  return {
    today: () => calendar.dayOf(now()),
    standing: (about) => {
      const nowMs = now()
      const day = calendar.dayOf(nowMs)
      return applyingTo(about, caps()).map((cap) => standingOf(cap, sumOf(cap, day, about), nowMs))
    },
    reserve: (asker, most) => {
      const nowMs = now()
      const day = calendar.dayOf(nowMs)
      const applying = applyingTo(asker, caps())
      checkCaps(applying, most, day, asker, nowMs)
      const usd = most.kind === 'known' ? most.usd : 0
      const sums = scopesOf(asker).map((of) => sumOf(of, day, asker))
      for (const sum of sums) {
        sum.reservedUsd += usd
        sum.open++
      }
      let isSettled = false
      return {
        day,
        reservedUsd: most.kind === 'known' ? most.usd : null,
        isCapped: applying.length > 0,
        settle: (costUsd) => {
          if (isSettled) return
          isSettled = true
          for (const sum of sums) {
            sum.spentUsd += costUsd
            sum.reservedUsd = --sum.open === 0 ? 0 : sum.reservedUsd - usd
          }
          for (const cap of costUsd > 0 ? applyingTo(asker, caps()) : []) {
            const today = calendar.dayOf(now())
            const sum = sumOf(cap, today, asker)
            if (sum.spentUsd === 0 || sum.spentUsd < cap.usd * 0.8) continue
            tell(80, standingOf(cap, sum, now()), today, asker)
          }
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

function ownerOf(cap: Cap, { person, task, address }: Asker): Pick<Notice, 'person' | 'task' | 'address'> {
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

/** What stands in the way: the model of unknown price, or the sums that leave no room. */
type Obstacle =
  | { readonly model: string }
  | { readonly spentUsd: number; readonly reservedUsd: number; readonly mostUsd: number }

function refusal(endsAtMs: number, cap: Cap, why: Obstacle): BudgetError {
  const name = `the cap of $${cap.usd} a ${cap.period} ${cap.of === 'total' ? 'in total' : `for each ${cap.of}`}`
  if ('model' in why) {
    const message = `nobody knows what ${why.model} costs, and ${name} is in force; give it a price in config.yaml`
    return new BudgetError(message, { cap, endsAtMs, model: why.model })
  }
  const sums = `$${why.spentUsd.toFixed(4)} is spent, $${why.reservedUsd.toFixed(4)} set aside`
  return new BudgetError(
    `${name} has no room for a call of up to $${why.mostUsd.toFixed(4)}: ${sums}; it ends ${new Date(endsAtMs).toISOString()}`,
    { cap, endsAtMs },
  )
}
