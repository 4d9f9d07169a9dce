import { createHash } from 'node:crypto'
import type { Outcome } from '../command.ts'
import { FaultError, faultOf, type Fault } from '../errors.ts'
import type { Draft } from '../outbox.ts'
import type { RunEnd } from '../store/tasks.ts'
import type { Write } from '../store/writes.ts'
import type { Run, Task } from '../task.ts'
import { tasksWords } from '../words-tasks.ts'
import { wordsOf, type Language } from '../words.ts'
import { formatTime } from './restate.ts'

/** How a run ends, as what is to be committed in one transaction: its posts, its changes, its row. */
export type Ending = {
  readonly drafts: readonly Draft[]
  readonly writes: readonly Write[]
  readonly finish: readonly [runId: number, end: RunEnd]
}

/** The most characters of an error's text that a person is shown. */
const mostDetailChars = 300

/** The command came to an end, in whatever way it says. An empty reply posts nothing. */
export function outcomeEnding(task: Task, run: Run, { reply, writes, to }: Outcome): Ending {
  const hasFailed = reply.status === 'failed' || reply.status === 'misused' || reply.status === 'refused'
  const draft = { ...draftOf(task, run, ''), address: to ?? task.address, reply }
  const note = hasFailed ? reply.text.slice(0, mostDetailChars) : null
  const state = hasFailed ? 'failed' : 'succeeded'
  return {
    drafts: reply.text === '' ? [] : [draft],
    writes: writes ?? [],
    finish: [run.id, { state, status: reply.status, fault: null, note }],
  }
}

/** The command threw, or took too long: its person is told. */
export function failureEnding(task: Task, run: Run, error: unknown): Ending {
  const fault = faultOf(error)
  const words = tasksWords[task.language]
  // What was not thrown on purpose was not written for a person to read.
  const detail = error instanceof FaultError ? error.message.slice(0, mostDetailChars) : ''
  const text = words.runs.failed(
    words.task(task.id, task.command),
    wordsOf(task.language).faults[fault],
    detail,
  )
  return failed(run, [draftOf(task, run, text)], fault, detail === '' ? text : detail)
}

/** It was started too often without ever reaching its end: its person is told. */
export function gaveUpEnding(task: Task, run: Run): Ending {
  const words = tasksWords[task.language]
  const due = formatTime(run.dueMs, task.zone, task.language)
  const text = words.runs.gaveUp(words.task(task.id, task.command), due, run.attempt)
  return failed(run, [draftOf(task, run, text)], 'internal', words.runs.gaveUpNote(run.attempt))
}

/** A person did not want it any more, and knows. */
export function cancelledEnding(run: Run, language: Language, why: 'removed' | 'stopped'): Ending {
  return failed(run, [], 'cancelled', tasksWords[language].runs[why])
}

/** The name of a run's post, the same whenever and however often the run is made. */
export function postKey(taskId: number, dueMs: number): string {
  return createHash('sha256').update(`task/${taskId}/${dueMs}`).digest('hex')
}

function draftOf(task: Task, run: Run, text: string): Draft {
  const key = postKey(task.id, run.dueMs)
  return { key, address: task.address, answers: null, reply: { text, status: 'failed' } }
}

function failed(run: Run, drafts: readonly Draft[], fault: Fault, note: string): Ending {
  const status = drafts.length === 0 ? null : 'failed'
  return { drafts, writes: [], finish: [run.id, { state: 'failed', status, fault, note }] }
}
