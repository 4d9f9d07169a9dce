import { tasksChinese } from './words-tasks-zh.ts'
import type { Language } from './words.ts'

const units = { minute: 'minutes', hour: 'hours', day: 'days', week: 'weeks' }
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

const tasksEnglish = {
  schedule: {
    zoned: (words: string, zone: string) => `${words} (${zone})`,
    once: (time: string) => `once, ${time}`,
    every: (n: number, unit: keyof typeof units) => (n === 1 ? `every ${unit}` : `every ${n} ${units[unit]}`),
    everySeconds: (n: number) => `every ${n} seconds`,
    onDays: (days: string, times: readonly string[]) => `${days} at ${listed(times)}`,
    daily: 'every day',
    onWeekdays: (days: readonly number[]) =>
      isWorkWeek(days) ? 'Monday to Friday' : `every ${listed(days.map((day) => weekdays[day] ?? ''))}`,
    onDates: (dates: readonly string[]) =>
      `on ${dates.length === 1 ? 'day' : 'days'} ${listed(dates)} of every month`,
    onLastDate: 'on the last day of every month',
    either: (dates: string, days: string) => `${dates}, and also ${days},`,
    eitherWhole: (dates: string, days: string) => `${dates}; and also: ${days}`,
    pattern: (cron: string) => `by the pattern ${cron}`,
    badZone: (zone: string) => `There is no time zone ${zone}; give an IANA name such as Europe/Berlin`,
    badInstant: (text: string) => `${text} is no instant; give it like 2026-11-23T09:00:00+01:00`,
    badCron: (cron: string) =>
      `“${cron}” is no schedule of five fields (minute hour day-of-month month day-of-week)`,
    tooOften: 'That is too often; once a minute is the most',
    never: (words: string) => `That never comes: ${words}`,
    past: (words: string) => `That time has passed: ${words}`,
  },
  runs: {
    failed: (task: string, reason: string, detail: string) =>
      `${task} failed: ${reason}.${detail === '' ? '' : ` (${detail})`}`,
    gaveUp: (task: string, due: string, attempts: number) =>
      `${task} was due ${due}. I started it ${attempts} times and was ended each time before it was done, so I leave it. Look at the log.`,
    brokenSchedule: (task: string) => `${task} is paused: I cannot read its schedule any more. Make it anew.`,
    missed: 'Moltbot was not running',
    missedLate: 'Moltbot was not running; more than a day has passed since',
    olderToo: (n: number) => `and ${n} earlier due ${n === 1 ? 'time' : 'times'}`,
    overlapped: 'the run before it was still going, and another waited',
    removed: 'the task was removed or paused before its turn',
    stopped: 'stopped by a person',
    gaveUpNote: (attempts: number) => `started ${attempts} times, never ended`,
  },
  task: (id: number, what: string) => `Task ${id} (${what})`,
  tasks: {
    none: 'You have no tasks. Make one in plain words: “every weekday at 9 digest examples/feed.xml”.',
    list: (n: number) => (n === 1 ? 'You have one task:' : `You have ${n} tasks:`),
    line: (id: number, what: string, when: string) => `#${id} ${what}\n    ${when}`,
    next: (time: string) => `next ${time}`,
    states: { active: 'active', paused: 'paused', done: 'done, nothing more is due' },
    lastRuns: 'Last runs:',
    noRuns: 'It has not run yet.',
    history: (task: string) => `${task}, newest run first:`,
    runStates: {
      queued: 'waiting',
      running: 'running',
      succeeded: 'done',
      failed: 'failed',
      skipped: 'skipped',
      missed: 'missed',
    },
    late: (duration: string) => `${duration} late`,
    took: (duration: string) => `took ${duration}`,
    plan: (what: string, when: string) => `A task: ${what}, ${when}.`,
    nextTimes: (times: readonly string[]) => `Next: ${times.join(' · ')}`,
    added: (id: number) => `Task ${id} is set.`,
    paused: (task: string) => `${task} is paused. /tasks resume wakes it again.`,
    resumed: (task: string, next: string) => `${task} goes on; next ${next}.`,
    alreadyPaused: (task: string) => `${task} is paused already.`,
    alreadyActive: (task: string, next: string) => `${task} is active already; next ${next}.`,
    isDone: (task: string) => `${task} is done; nothing more is due.`,
    removed: (task: string) => `${task} is removed.`,
    runsNow: (task: string) => `${task} runs now; the result comes when it is there.`,
    runsAlready: (task: string) => `${task} is running or waiting its turn already.`,
    noTask: (id: number) => `You have no task ${id}. /tasks lists yours.`,
    whichTask: (action: string) => `Which task? Give its number: /tasks ${action} 3`,
    tooMany: (most: number) => `You have ${most} tasks, which is the most. Remove one first.`,
    addWhat:
      'What should I do, and when? For example: /tasks add every weekday at 9 digest examples/feed.xml',
    notRead: (text: string) =>
      `I cannot make a task of “${text}”. Say what and when, for example: every weekday at 9 digest examples/feed.xml`,
    badWhen: (when: string) =>
      `I cannot read “${when}” as a time. Try: tomorrow at 15:00, every Monday at 9, every 2 hours.`,
    notForTasks: (name: string) => `/${name} cannot be run by a task.`,
    unknownCommand: (name: string, nearest: string | undefined) =>
      `There is no command /${name}.${nearest === undefined ? '' : ` Did you mean /${nearest}?`}`,
    badArgs: (name: string, problem: string, usage: string) => `/${name}: ${problem}. Usage: /${usage}`,
    missing: (names: readonly string[]) => `missing ${names.join(', ')}`,
    badTarget: (to: string) => `I know no place called ${to}.`,
  },
  remind: {
    reminder: (text: string) => `⏰ ${text}`,
    needsTime: (text: string) => `When shall I remind you? For example: /remind in 20 minutes ${text}`,
  },
  duration: (ms: number) => {
    if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`
    if (ms < 60_000) return `${Number((ms / 1_000).toFixed(1))} s`
    if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`
    return `${Number((ms / 3_600_000).toFixed(1))} h`
  },
}

/** All that Moltbot says about tasks, in one language. */
export type TasksWords = typeof tasksEnglish

/** The words about tasks in each language. */
export const tasksWords: Readonly<Record<Language, TasksWords>> = { en: tasksEnglish, zh: tasksChinese }

function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}

function isWorkWeek(days: readonly number[]): boolean {
  return days.join() === '1,2,3,4,5'
}
