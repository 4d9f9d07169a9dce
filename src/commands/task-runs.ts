import { deliveryOf, timesOf } from '../run-view.ts'
import type { Chore, PastRun } from '../task.ts'
import { choreWords } from '../words-chores.ts'
import { tasksWords } from '../words-tasks.ts'
import { wordsOf, type Language } from '../words.ts'

type FormatTime = (ms: number, zone: string, language: Language) => string

/** So much of what a run said is shown. */
const mostOutput = 600

/** The most characters of what a task does where it is one of several, or only a name. */
const mostName = 100

/** What a task does, short enough for a line among others. */
export function choreName(chore: Chore, language: Language): string {
  return beginningOf(choreWords(chore, language), mostName, true)
}

/** A run in one line: when it was due, how it ended, how late it began, how long it took, what it cost, where its posts are. */
export function runLine(run: PastRun, language: Language, formatTime: FormatTime, isNamed = false): string {
  const { history: words, duration } = tasksWords[language]
  const { lateMs, tookMs } = timesOf(run)
  const { costUsd } = run
  const delivery = deliveryOf(run.delivery)
  const facts = [
    String(run.id),
    ...(isNamed ? [words.ofTask(run.taskId, choreName(run.chore, language))] : []),
    formatTime(run.dueMs, run.zone, language),
    words.states[run.state],
    ...(lateMs === null || lateMs < 2_000 ? [] : [words.late(duration(lateMs))]),
    ...(tookMs === null ? [] : [words.took(duration(tookMs))]),
    ...(run.attempt > 1 ? [words.attempts(run.attempt)] : []),
    ...(costUsd === null || costUsd === 0 ? [] : [wordsOf(language).usage.usd(costUsd)]),
    ...(delivery === 'none' ? [] : [words.deliveries[delivery]]),
    ...(run.note === null ? [] : [beginningOf(run.note, 120, true)]),
  ]
  return facts.join(' · ')
}

/** All that is known of one run. */
export function runText(run: PastRun, language: Language, formatTime: FormatTime): string {
  const { history: words, duration } = tasksWords[language]
  const { id, taskId, taskVersion, chore, zone, dueMs, readyMs, isOrdered, state, fault, note, output } = run
  const { lateMs, tookMs } = timesOf(run)
  const due = (isOrdered ? words.ordered : words.due)(formatTime(dueMs, zone, language), zone)
  const facts = [
    due,
    words.states[state],
    ...(state === 'queued' && readyMs > dueMs ? [words.notBefore(formatTime(readyMs, zone, language))] : []),
    ...(lateMs === null || lateMs < 2_000 ? [] : [words.late(duration(lateMs))]),
    ...(tookMs === null ? [] : [words.took(duration(tookMs))]),
    ...(run.attempt === 0 ? [] : [words.attempts(run.attempt)]),
    ...(run.crashes === 0 ? [] : [words.crashes(run.crashes)]),
  ]
  const isOpen = state === 'queued' || state === 'running'
  // What was never begun has cost nothing and posted nothing.
  const results = isOpen || run.attempt === 0 ? [] : [costLine(run, language), deliveryLine(run, language)]
  return [
    words.run(id, taskId, taskVersion),
    facts.join(' · '),
    words.input(choreWords(chore, language)),
    ...(fault === null ? [] : [words.fault(fault, wordsOf(language).faults[fault])]),
    ...(note === null ? [] : [words.note(note)]),
    ...results,
    ...(output === null || output === '' ? [] : [words.output(beginningOf(output, mostOutput, false))]),
  ].join('\n')
}

function costLine({ costUsd }: PastRun, language: Language): string {
  return tasksWords[language].history.cost(
    costUsd === null ? undefined : wordsOf(language).usage.usd(costUsd),
  )
}

function deliveryLine({ delivery }: PastRun, language: Language): string {
  const { history: words } = tasksWords[language]
  return words.delivery(words.deliveries[deliveryOf(delivery)])
}

function beginningOf(text: string, most: number, isOneLine: boolean): string {
  const whole = isOneLine ? (text.split('\n', 1)[0] ?? '') : text
  const characters = Array.from(whole)
  return characters.length <= most ? whole : `${characters.slice(0, most).join('')}…`
}
