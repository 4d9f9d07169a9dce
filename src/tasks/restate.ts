import cronstrue from 'cronstrue'
// Registers Chinese with cronstrue; the whole of its languages would cost 11 ms more at the start.
// oxlint-disable-next-line import/no-unassigned-import
import 'cronstrue/locales/zh_CN.js'
import type { Schedule } from '../task.ts'
import type { Language } from '../words.ts'
import { tasksWords, type TasksWords } from '../words-tasks.ts'
import { nextDue } from './schedule.ts'

/** A schedule in plain words with its zone, and its next due times as the clocks there show them. */
export type Restatement = { readonly words: string; readonly next: readonly string[] }

/** Says a valid schedule back to a person, with its next `most` times. */
export function restate(
  schedule: Schedule,
  zone: string,
  nowMs: number,
  language: Language,
  most = 3,
): Restatement {
  const next: string[] = []
  for (let ms: number | null = nowMs; next.length < most;) {
    ms = nextDue(schedule, zone, ms)
    if (ms === null) break
    next.push(formatTime(ms, zone, language))
  }
  return { words: wordsFor(schedule, zone, language), next }
}

/** An instant as the clocks of the zone show it: `Mon 23 Nov 2026, 09:00` or `2026年11月23日 星期一 09:00`; seconds where not 0. */
export function formatTime(ms: number, zone: string, language: Language): string {
  const format = new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', {
    timeZone: zone,
    weekday: language === 'zh' ? 'long' : 'short',
    year: 'numeric',
    month: language === 'zh' ? 'numeric' : 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
  const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]))
  const seconds = ms % 60_000 === 0 ? '' : `:${part['second']}`
  const time = `${part['hour']}:${part['minute']}${seconds}`
  return language === 'zh'
    ? `${part['year']}年${part['month']}月${part['day']}日 ${part['weekday']} ${time}`
    : `${part['weekday']} ${part['day']} ${part['month']?.slice(0, 3)} ${part['year']}, ${time}`
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
