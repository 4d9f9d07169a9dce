import { daysInMonth } from './calendar.ts'

const monthNames = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ')
const dayNames = 'SUN MON TUE WED THU FRI SAT'.split(' ')

type Field = {
  readonly min: number
  readonly max: number
  readonly names: readonly string[]
  readonly special: RegExp
}

const fields: readonly Field[] = [
  { min: 0, max: 59, names: [], special: /^$/ },
  { min: 0, max: 23, names: [], special: /^$/ },
  { min: 1, max: 31, names: [], special: /^(?:L|LW|(?:[1-9]|[12]\d|3[01])W)$/ },
  { min: 1, max: 12, names: monthNames, special: /^$/ },
  { min: 0, max: 7, names: dayNames, special: /^(?:[0-7]#[1-5]|[0-7]#?L)$/ },
]

/**
 * A cron line of five fields, with names as numbers and Sunday as 0; undefined if `text` is none or names a day that
 * never comes. Beside lists, ranges and steps it knows L, W and # as croner does.
 */
export function readCronLine(text: string): string | undefined {
  const parts = text.trim().split(/\s+/)
  if (parts.length !== 5 || text.length > 200) return undefined
  const read = parts.map((part, i) => {
    const field = fields[i]
    return field === undefined ? undefined : readField(part.toUpperCase(), field, i === 4)
  })
  if (read.includes(undefined)) return undefined
  const [, , days = '*', months = '*', weekdays = '*'] = read
  if (weekdays === '*' && /^[\d,]+$/.test(days) && /^[\d,]+$/.test(months)) {
    const first = Math.min(...days.split(',').map(Number))
    // 2028 is a leap year.
    if (!months.split(',').some((month) => daysInMonth(2028, Number(month)) >= first)) return undefined
  }
  return read.join(' ')
}

function readField(part: string, field: Field, sunday: boolean): string | undefined {
  const entries = part.split(',').map((entry) => readEntry(entry, field, sunday))
  return entries.includes(undefined) ? undefined : entries.join(',')
}

function readEntry(entry: string, field: Field, sunday: boolean): string | undefined {
  if (entry === '?' || entry === '*') return '*'
  const value = (said: string): number | undefined => {
    const named = field.names.indexOf(said)
    const number =
      named >= 0 ? named + (field.min === 1 ? 1 : 0) : /^\d{1,2}$/.test(said) ? Number(said) : Number.NaN
    return number >= field.min && number <= field.max ? number : undefined
  }
  const named = entry.replace(/[A-Z]{3}/, (name) => String(value(name) ?? name))
  if (field.special.test(named)) return named.replace(/^7/, '0')
  const match = /^(\*|[A-Z]{3}|\d{1,2})(?:-([A-Z]{3}|\d{1,2}))?(?:\/(\d{1,2}))?$/.exec(entry)
  if (match === null) return undefined
  const [, first = '', last, step] = match
  if (step !== undefined && (Number(step) < 1 || Number(step) > field.max)) return undefined
  const tail = step === undefined ? '' : `/${Number(step)}`
  if (first === '*') return last === undefined ? `*${tail}` : undefined
  const from = value(first)
  const to = last === undefined ? undefined : value(last)
  if (from === undefined || (last !== undefined && to === undefined)) return undefined
  if (last === undefined && step !== undefined) return undefined
  const start = sunday && from === 7 ? 0 : from
  if (to === undefined) return `${start}`
  return start > to ? undefined : `${start}-${to}${tail}`
}
