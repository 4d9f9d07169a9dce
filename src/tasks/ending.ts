import { createHash } from 'node:crypto'
import type { Outcome } from '../command.ts'
import { FaultError, faultOf, StoreError, type Fault } from '../errors.ts'
import { addressKey, type Address, type Reply } from '../message.ts'
import type { TaskNews } from '../notices.ts'
import type { Draft } from '../outbox.ts'
import type { Claim, RunEnd } from '../store/runs.ts'
import type { Write } from '../store/writes.ts'
import type { Run, Task } from '../task.ts'
import { runsWords } from '../words-runs.ts'
import { tasksWords } from '../words-tasks.ts'
import { wordsOf, type Language } from '../words.ts'
import { formatTime } from './restate.ts'
import { askedWaitMs, type Failed } from './retry.ts'

/** How a run ends, as what is to be committed in one transaction: its posts, the news of its task, its changes, its row. */
export type Ending = {
  readonly drafts: readonly Draft[]
  readonly writes: readonly Write[]
  readonly end: RunEnd
  /** What this end is for its task, beside the run itself. */
  readonly news: readonly TaskNews['kind'][]
}

/** What an ending is made of, beside what the run gave. */
export type About = {
  /** As it stands now: `failures` counts those before this run. */
  readonly task: Task
  readonly run: Run
  readonly nowMs: number
  /** The task is paused after so many failures in a row. */
  readonly pauseAfter: number
  readonly news: (news: TaskNews) => readonly Draft[]
}

/** Why a run did not do what it was to do. */
export type Failure = Failed & {
  /** What the command said of it, in the person's words; undefined where it threw. */
  readonly said: Outcome | undefined
  /** The reason in a line, fit for a person; may be empty. */
  readonly detail: string
}

/** The most characters of an error's text that a person is shown, and of an output that is kept. */
const mostDetailChars = 300
const mostOutputChars = 2_000

/** The failure that a command tells of in its outcome; undefined where it did what it was to do. */
export function failureIn(said: Outcome): Failure | undefined {
  const { reply, fault = null } = said
  if (reply.status === 'done' || reply.status === 'asked') return undefined
  return { fault, said, detail: beginning(reply.text, mostDetailChars) }
}

/** The failure of a command that threw, or took too long. */
export function failureOf(thrown: unknown): Failure {
  // What was not thrown on purpose was not written for a person to read, and the database is no affair of theirs.
  const isForPeople = thrown instanceof FaultError && !(thrown instanceof StoreError)
  const detail = isForPeople ? beginning(thrown.message, mostDetailChars) : ''
  return { fault: faultOf(thrown), said: undefined, detail, retryAfterMs: askedWaitMs(thrown) }
}

/** The command did what it was to do. An empty reply posts nothing. */
export function succeededEnding(about: About, { reply, writes = [], to }: Outcome): Ending {
  const { task, run, news } = about
  const isRecovered = task.failures > 0
  return {
    drafts: [
      ...(reply.text === '' ? [] : [draftOf(task, run, reply, to)]),
      ...(isRecovered ? news({ kind: 'recovered', task, run }) : []),
    ],
    writes,
    end: endOf('succeeded', reply),
    news: isRecovered ? ['recovered'] : [],
  }
}

/**
 * The command failed, and is not tried again. Its person hears it where it begins to fail, where the run was ordered
 * by hand, and where the task is paused; the owner hears what is new. `isDead`: it was tried as often as may be.
 */
export function failedEnding(about: About, failure: Failure, isDead: boolean): Ending {
  const { task, run } = about
  const { fault, said, detail } = failure
  const text = failedText(about, failure, isDead)
  const note = detail === '' ? text : detail
  const state = isDead ? 'dead' : 'failed'
  const end = endOf(state, said?.reply ?? { text: '', status: 'failed' }, fault, note)
  const isTold = task.failures === 0 || run.isOrdered
  const told = draftOf(task, run, { ...said?.reply, text, status: end.status ?? 'failed' }, said?.to)
  const ending = withNews(about, isTold ? [told] : [], end, failure, told.address)
  return { ...ending, writes: [...(said?.writes ?? []), ...ending.writes] }
}

/** The program ended too often in the middle of it: it is set aside, and its person is told. */
export function gaveUpEnding(about: About): Ending {
  const { task, run } = about
  const words = runsWords[task.language]
  const due = formatTime(run.dueMs, task.zone, task.language)
  const text = words.gaveUp(nameOf(task), due, run.crashes)
  const end = endOf('dead', { text: '', status: 'failed' }, 'internal', words.gaveUpNote(run.crashes))
  return withNews(about, [draftOf(task, run, { text, status: 'failed' })], end, {
    fault: 'internal',
    detail: '',
  })
}

/** A person did not want it any more, and knows. */
export function cancelledEnding(language: Language, why: 'removed' | 'stopped'): Ending {
  const end: RunEnd = {
    state: 'cancelled',
    status: null,
    fault: 'cancelled',
    note: runsWords[language][why],
    output: null,
  }
  return { drafts: [], writes: [], end, news: [] }
}

/** Why a run is tried again, for its row. */
export function againNote({ language }: Task, { fault, detail }: Failure): string {
  const reason = fault === null ? '' : wordsOf(language).faults[fault]
  return runsWords[language].again(reason, detail)
}

/** The changes of an ending with the row of its run, in the order in which they are made. */
export function writesOf({ writes, end }: Ending, claim: Claim, nowMs: number): readonly Write[] {
  return [...writes, ['runs.finish', claim, end, nowMs]]
}

/** The name of a run's post, the same whenever and however often the run is made; it tells nothing of the task. */
export function postKey(taskId: number, dueMs: number, target: Address): string {
  return createHash('sha256')
    .update(`task/${taskId}/${dueMs}/${addressKey(target)}`)
    .digest('hex')
}

/** Adds to a failed end what it is for the task: the begin of a row of failures, or the one too many. */
function withNews(
  about: About,
  drafts: readonly Draft[],
  end: RunEnd,
  why: Pick<Failure, 'fault' | 'detail'>,
  /** Where its person hears of it: not where they may not post any more. */
  place: Address = about.task.address,
): Ending {
  const { task, run, pauseAfter, news } = about
  const failures = task.failures + 1
  const { fault, detail } = why
  const told = drafts.map(({ address }) => address)
  const begun = failures === 1 ? news({ kind: 'failed', task, run, fault, detail, told }) : undefined
  const pause =
    failures >= pauseAfter && task.state === 'active' ? pauseOf(about, failures, place) : undefined
  return {
    drafts: [...drafts, ...(begun ?? []), ...(pause?.drafts ?? [])],
    writes: pause?.writes ?? [],
    end,
    news: [
      ...(begun === undefined ? [] : ['failed' as const]),
      ...(pause === undefined ? [] : ['paused' as const]),
    ],
  }
}

function pauseOf(
  { task, run, nowMs, news }: About,
  failures: number,
  place: Address,
): Pick<Ending, 'drafts' | 'writes'> {
  const words = runsWords[task.language]
  const draft: Draft = {
    key: `${postKey(task.id, run.dueMs, task.address)}/paused`,
    address: place,
    answers: null,
    reply: { text: words.pausedAfter(nameOf(task), failures, task.id), status: 'failed' },
  }
  const to = { state: 'paused', nextDueMs: null, pausedFor: 'failures' } as const
  return {
    drafts: [draft, ...news({ kind: 'paused', task, run, failures, told: [place] })],
    writes: [['tasks.change', task.id, to, words.paused, nowMs]],
  }
}

/** What its person is told of a run that failed: the command's own words, but for what it cannot know. */
function failedText({ task, run }: About, { fault, said, detail }: Failure, isDead: boolean): string {
  const words = runsWords[task.language]
  const reason = wordsOf(task.language).faults[fault ?? 'internal']
  if (isDead && run.attempt > 1) return words.dead(nameOf(task), reason, run.attempt, detail)
  return said === undefined || said.reply.text === ''
    ? words.failed(nameOf(task), reason, detail)
    : said.reply.text
}

function draftOf(task: Task, run: Run, reply: Reply, to: Address = task.address): Draft {
  return { key: postKey(task.id, run.dueMs, to), address: to, answers: null, reply, run: run.id }
}

function endOf(
  state: RunEnd['state'],
  { text, status }: Reply,
  fault: Fault | null = null,
  note: string | null = null,
): RunEnd {
  return { state, status, fault, note, output: text === '' ? null : beginning(text, mostOutputChars) }
}

function nameOf({ id, command, language }: Task): string {
  return tasksWords[language].task(id, command)
}

/** The first characters of a text, never half of one. */
function beginning(text: string, mostChars: number): string {
  return text.slice(0, mostChars).replace(/[\uD800-\uDBFF]$/u, '')
}
