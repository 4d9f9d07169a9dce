import cronstrue from 'cronstrue'
// Registers Chinese with cronstrue; the whole of its languages would cost 11 ms more at the start.
// oxlint-disable-next-line import/no-unassigned-import
import 'cronstrue/locales/zh_CN.js'
import type { Options, Schedule } from '../task.ts'
import type { Language } from '../words.ts'
import { optionsWords } from '../words-options.ts'
import { tasksWords, type TasksWords } from '../words-tasks.ts'
import { formatTime } from './format-time.ts'
import { comingTimes } from './policy.ts'
import { optionWords } from './restate-options.ts'

export { formatTime } from './format-time.ts'

/** A schedule in plain words with its zone and options, and its next due times as the clocks there show them. */
export type Restatement = {
  readonly words: string
  readonly next: readonly string[]
  readonly nextMs: readonly number[]
}

/**
 * Says a valid schedule back to a person, with each option that is not the usual one and the next `most` times at which
 * it would run. `readWhen` reads the words of the options to the same options.
 */
export function restate(
  schedule: Schedule,
  options: Options,
  zone: string,
  nowMs: number,
  language: Language,
  most = 3,
): Restatement {
  const coming = most === 0 ? [] : comingTimes(schedule, options, zone, nowMs, most)
  const words = [wordsFor(schedule, zone, language), ...optionWords(options, zone, language)]
  return {
    words: words.join(optionsWords[language].apart),
    next: coming.map((ms) => formatTime(ms, zone, language)),
    nextMs: coming,
  }
}

function wordsFor(schedule: Schedule, zone: string, language: Language): string {
  const words = tasksWords[language].schedule
  if ('at' in schedule) {
    return words.zoned(words.once(formatTime(Date.parse(schedule.at), zone, language)), zone)
  }
  const bare = 'cron' in schedule ? cronWords(schedule.cron, language) : everyWords(schedule, zone, words)
  return words.zoned(bare, zone)
}

const sizes = [
  ['week', 7 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

function everyWords(
  { everyMs, from }: { everyMs: number; from?: string },
  zone: string,
  words: TasksWords['schedule'],
): string {
  const size = sizes.find(([, ms]) => everyMs % ms === 0)
  if (size === undefined) return words.everySeconds(everyMs / 1_000)
  const [unit, ms] = size
  const rhythm = words.every(everyMs / ms, unit)
  if (from === undefined || (unit !== 'day' && unit !== 'week')) return rhythm
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' })
  return words.onDays(rhythm, [clock.format(Date.parse(from))])
}

/** Our own words for what people ask for most, cronstrue's for the rest. */
function cronWords(cron: string, language: Language): string {
  const words = tasksWords[language].schedule
  const [minute = '', hour = '', date = '', month = '', weekday = ''] = cron.trim().split(/\s+/u)
  const times = timesOf(minute, hour)
  const dates = date === 'L' ? words.onLastDate : isNumbers(date) ? words.onDates(date.split(',')) : undefined
  const days = weekdaysOf(weekday)
  const isAnyDate = isAny(date)
  const isAnyWeekday = isAny(weekday)
  if (times !== undefined && isAny(month)) {
    if (isAnyDate && isAnyWeekday) return words.onDays(words.daily, times)
    if (isAnyDate && days !== undefined) return words.onDays(words.onWeekdays(days), times)
    if (isAnyWeekday && dates !== undefined) return words.onDays(dates, times)
    if (dates !== undefined && days !== undefined) {
      return words.onDays(words.either(dates, words.onWeekdays(days)), times)
    }
  }
  if (isAnyDate || isAnyWeekday) return explain(cron, language)
  // Cronstrue words the OR of date and weekday like an AND, so each half is told by itself.
  return words.eitherWhole(
    explain([minute, hour, date, month, '*'].join(' '), language),
    explain([minute, hour, '*', month, weekday].join(' '), language),
  )
}

function explain(cron: string, language: Language): string {
  const options = { locale: language === 'zh' ? 'zh_CN' : 'en', use24HourTimeFormat: true }
  try {
    const text = cronstrue.toString(cron, options)
    return text.charAt(0).toLowerCase() + text.slice(1)
  } catch {
    // Croner knows a little more than cronstrue; the next times, told beside these words, say the rest.
    return tasksWords[language].schedule.pattern(cron)
  }
}

/** `09:00` and the like, if there are few enough to list. */
function timesOf(minute: string, hour: string): string[] | undefined {
  if (!isNumbers(minute) || !isNumbers(hour)) return undefined
  const times = hour
    .split(',')
    .flatMap((h) => minute.split(',').map((m) => `${h.padStart(2, '0')}:${m.padStart(2, '0')}`))
  return times.length <= 6 ? times.toSorted() : undefined
}

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** The weekdays of a plain list with ranges, Monday first and Sunday, 0, last; undefined for what is not plain. */
function weekdaysOf(field: string): number[] | undefined {
  const days = new Set<number>()
  for (const part of field.toLowerCase().split(',')) {
    const match = /^([a-z]{3}|[0-7])(?:-([a-z]{3}|[0-7]))?$/u.exec(part)
    if (match === null) return undefined
    const [from, to] = [match[1], match[2] ?? match[1]].map((day) =>
      dayNames.includes(day ?? '') ? dayNames.indexOf(day ?? '') : Number(day),
    )
    if (from === undefined || to === undefined || Number.isNaN(from + to) || to < from) return undefined
    for (let day = from; day <= to; day++) days.add(day % 7)
  }
  return [...days].toSorted((a, b) => ((a + 6) % 7) - ((b + 6) % 7))
}

function isNumbers(field: string): boolean {
  return /^\d{1,2}(,\d{1,2})*$/u.test(field)
}

function isAny(field: string): boolean {
  return field === '*' || field === '?'
}
