import type { Choice } from './message.ts'
import { placesWords } from './words-places.ts'
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
    nothingLeft: (words: string) => `It would never run, so I leave it: ${words}`,
  },
  task: (id: number, what: string) => `Task ${id} (${what})`,
  tasks: {
    none: 'You have no tasks. Make one in plain words: “every weekday at 9 digest examples/feed.xml”.',
    list: (n: number) => (n === 1 ? 'You have one task:' : `You have ${n} tasks:`),
    line: (id: number, what: string, when: string) => `#${id} ${what}\n    ${when}`,
    loud: (line: string) => `⚠ ${line}`,
    next: (time: string) => `next ${time}`,
    states: { active: 'active', paused: 'paused', done: 'done, nothing more is due' },
    pausedFor: {
      failures: (id: number, failures: number) =>
        `paused, because it failed ${failures === 1 ? 'once' : `${failures} times in a row`}. Why: /tasks history ${id} · go on: /tasks resume ${id}`,
      schedule: (id: number) =>
        `paused, because I cannot read its schedule any more. Give it another: /tasks edit ${id} every day at 9`,
    },
    unreadable: (schedule: string) => `a schedule that I cannot read, ${schedule}`,
    place: (place: string | undefined) => (place === undefined ? 'posts here' : `posts to ${place}`),
    version: (version: number) => `version ${version}`,
    had: (had: number, count: number) => `${had} of ${count} times had`,
    failures: (n: number) => `failed ${n === 1 ? 'the last time' : `the last ${n} times`}`,
    lastRuns: 'Last runs:',
    noRuns: 'It has not run yet.',
    both: (what: string, when: string) => `${what}, ${when}`,
    plan: (what: string, when: string) => `A task: ${what}, ${when}.`,
    nextTimes: (times: readonly string[]) => `Next: ${times.join(' · ')}`,
    added: (id: number) => `Task ${id} is set.`,
    /** Buttons, with what a press says. */
    buttons: {
      pause: (id: number): Choice => ({ label: `Pause ${id}`, says: `/tasks pause ${id}` }),
      resume: (id: number): Choice => ({ label: `Resume ${id}`, says: `/tasks resume ${id}` }),
    },
    offer: 'Shall I run it once now, so that you see what comes? Say yes, or leave it.',
    change: (id: number, was: string, will: string) => `Task ${id} is: ${was}.\nIt becomes: ${will}.`,
    movesTo: (place: string | undefined) => `It will post ${place === undefined ? 'here' : `to ${place}`}.`,
    changed: (id: number, version: number, what: string) =>
      `Task ${id} is changed; this is version ${version}.\nIt is now: ${what}.`,
    staysPaused: (id: number) => `It stays paused; /tasks resume ${id} wakes it.`,
    goesOn: 'It was paused for its schedule; with this one it goes on.',
    asItIs: (task: string) => `${task} is like that already.`,
    changedMeanwhile: (task: string, id: number) =>
      `${task} was changed after I told you of it, so I did nothing. Look at /tasks show ${id} and say it anew.`,
    editWhat: (id: number) =>
      `What shall I change? Say another time, or another command: /tasks edit ${id} every day at 10 · /tasks edit ${id} digest examples/feed.xml`,
    editNotRead: (id: number, text: string) =>
      `I cannot read “${text}” as a time or as a command. For example: /tasks edit ${id} every day at 10, 5 times · /tasks edit ${id} digest examples/feed.xml`,
    countUsed: (task: string, id: number, count: number) =>
      `${task} has had its ${count === 1 ? 'one time' : `${count} times`}. Give it more: /tasks edit ${id} 5 times`,
    brokenStill: (task: string, id: number, why: string) =>
      `${task} cannot go on: ${why}. Give it another time: /tasks edit ${id} every day at 9`,
    cancelled: (task: string, waiting: number, running: number) =>
      `${task}: ${[...(running === 0 ? [] : [`${running} stopped that ran`]), ...(waiting === 0 ? [] : [`${waiting} cancelled that waited`])].join(', ')}. Its next due times stay.`,
    nothingToCancel: (task: string) => `${task}: no run of it waits or runs just now.`,
    paused: (task: string, id: number) => `${task} is paused. /tasks resume ${id} wakes it again.`,
    resumed: (task: string, next: string) => `${task} goes on; next ${next}.`,
    alreadyPaused: (task: string) => `${task} is paused already.`,
    alreadyActive: (task: string, next: string) => `${task} is active already; next ${next}.`,
    isDone: (task: string) => `${task} is done; nothing more is due.`,
    removed: (task: string) => `${task} is removed.`,
    runsNow: (task: string) => `${task} runs now; the result comes when it is there.`,
    runsAlready: (task: string, id: number) =>
      `${task} is running or waiting its turn already. /tasks cancel ${id} ends that.`,
    noTask: (id: number) => `You have no task ${id}. /tasks lists yours.`,
    whichTask: (action: string) => `Which task? Give its number: /tasks ${action} 3`,
    noNumber: (text: string, action: string) =>
      `“${text}” is not the number of a task. /tasks lists yours; then: /tasks ${action} 3`,
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
    badTarget: placesWords.en.unknown,
  },
  history: {
    of: (task: string) => `${task}, newest run first:`,
    all: 'Runs of your tasks, newest first:',
    none: (task: string) => `${task}: it has not run yet.`,
    noneAtAll: 'None of your tasks has run yet.',
    noneSuch: (outcomes: readonly string[]) => `There is no run that ended so: ${outcomes.join(', ')}.`,
    noneOlder: (beforeId: number) => `There is none older than run ${beforeId}.`,
    older: (typed: string) => `Older: ${typed}`,
    typed: (id: number | undefined, outcomes: readonly string[], beforeId: number) =>
      ['/tasks history', ...(id === undefined ? [] : [id]), ...outcomes, 'before', beforeId].join(' '),
    notRead: (text: string, outcomes: readonly string[]) =>
      `I cannot read “${text}”. Outcomes are ${outcomes.join(', ')}; for example: /tasks history 3 failed · /tasks history run 812`,
    noRun: (id: number) => `You have no run ${id}. /tasks history lists yours.`,
    ofTask: (id: number, what: string) => `#${id} ${what}`,
    states: {
      queued: 'waiting',
      running: 'running',
      succeeded: 'done',
      failed: 'failed',
      cancelled: 'cancelled',
      skipped: 'skipped',
      missed: 'missed',
      dead: 'dead',
    },
    late: (duration: string) => `${duration} late`,
    took: (duration: string) => `took ${duration}`,
    attempts: (n: number) => (n === 1 ? '1 attempt' : `${n} attempts`),
    crashes: (n: number) => `cut ${n === 1 ? 'once' : `${n} times`} by the end of the program`,
    deliveries: {
      failed: 'not delivered',
      unknown: 'delivery unknown',
      coming: 'on its way',
      held: 'kept until it is fetched',
      sent: 'sent',
      none: 'nothing was posted',
    },
    run: (id: number, taskId: number, version: number) => `Run ${id} of task ${taskId}, version ${version}`,
    due: (time: string, zone: string) => `due ${time} (${zone})`,
    ordered: (time: string, zone: string) => `ordered ${time} (${zone})`,
    notBefore: (time: string) => `not before ${time}`,
    input: (typed: string) => `Input: /${typed}`,
    fault: (fault: string, reason: string) => `Fault: ${fault} (${reason})`,
    cost: (usd: string | undefined) => (usd === undefined ? 'Cost: not known' : `Cost: ${usd}`),
    delivery: (what: string) => `Delivery: ${what}`,
    note: (note: string) => `Note: ${note}`,
    output: (text: string) => `Output:\n${text}`,
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
