import { isDeepStrictEqual as isSame } from 'node:util'
import type { Context, Outcome } from '../command.ts'
import { addressKey } from '../message.ts'
import type { Action } from '../store/approvals.ts'
import type { Chore, Task, TaskEdit } from '../task.ts'
import { choreWords } from '../words-chores.ts'
import { tasksWords } from '../words-tasks.ts'
import type { TasksArgs } from './task-args.ts'
import { readEdit, saidOf, type Said } from './task-edit-text.ts'
import {
  beginning,
  placeOf,
  problem,
  readChore,
  tellTiming,
  trialOf,
  type PlanParts,
  type Problem,
  type Timing,
} from './task-plan.ts'
import type { SentenceParts } from './task-sentence.ts'
import { optionsLeft, placeWords, taskName, whenOf, type ViewParts } from './task-views.ts'

export type EditParts = PlanParts & ViewParts & SentenceParts

/** A change of a task, checked whole and said in words. */
type Edit = {
  readonly kind: 'edit'
  readonly to: TaskEdit
  /** The chore, where it is another or was said anew. */
  readonly chore: Chore | undefined
  /** What it is now, and what it becomes. */
  readonly was: string
  readonly will: string
  readonly next: readonly string[]
  /** True if it was paused because its schedule could not be read: what is told now can be. */
  readonly isWoken: boolean
}

/** Tells what an edit would make of a task. A yes runs just what is told, and only on the version that it was told of. */
export function restateEdit(
  task: Task,
  given: TasksArgs,
  context: Context,
  parts: EditParts,
): { readonly kind: 'action'; readonly words: string; readonly action: Action } | Problem {
  const edit = planEdit(task, given, context, parts)
  if (edit.kind === 'problem') return edit
  const { id, version } = task
  const { schedule, options, zone } = edit.to
  const what = { ...edit.chore, schedule, options, zone }
  return {
    kind: 'action',
    words: [
      tasksWords[context.language].tasks.change(id, edit.was, edit.will),
      ...more(task, edit, context, parts),
    ].join('\n'),
    action: { command: 'tasks', args: { action: 'edit', id, version, task: what } },
  }
}

/** Changes a task, unless it was changed since a person was told of it. */
export function editTask(task: Task, given: TasksArgs, context: Context, parts: EditParts): Outcome {
  const { language, nowMs } = context
  const words = tasksWords[language].tasks
  const { id, version } = task
  if (given.version !== undefined && given.version !== version) {
    return { reply: { text: words.changedMeanwhile(taskName(task, language), id), status: 'failed' } }
  }
  const edit = planEdit(task, given, context, parts)
  if (edit.kind === 'problem') return { reply: { text: edit.words, status: 'misused' } }
  const { to, chore, will, next, isWoken } = edit
  const { nextDueMs, ...rest } = to
  const newest = version + (isWoken ? 2 : 1)
  const offer = chore === undefined || (task.state === 'paused' && !isWoken) ? {} : trialOf(id, to.schedule)
  const asked = offer.offer === undefined ? [] : [words.offer]
  const text = [words.changed(id, newest, will), ...more(task, edit, context, parts), ...asked].join('\n')
  const data = {
    id,
    version: newest,
    ...rest,
    nextDueMs,
    next,
    ...(offer.offer === undefined ? {} : { offer: true }),
  }
  return {
    reply: { text, status: 'done', data },
    writes: [
      ['tasks.edit', id, version, to, nowMs],
      ...(isWoken
        ? [['tasks.change', id, { state: 'active', nextDueMs, pausedFor: null }, '', nowMs] as const]
        : []),
    ],
    ...offer,
  }
}

/** Where it will post, whether it runs at all, and its next times. */
function more(task: Task, { to, chore, next, isWoken }: Edit, context: Context, parts: EditParts): string[] {
  const { address, language } = context
  const words = tasksWords[language].tasks
  const isElsewhere = addressKey(to.address) !== addressKey(address)
  const isMoved = addressKey(to.address) !== addressKey(task.address)
  const isTold = isMoved || (chore !== undefined && isElsewhere)
  return [
    ...(isTold ? [words.movesTo(placeWords(to.address, context, parts))] : []),
    ...(isWoken ? [words.goesOn] : task.state === 'paused' ? [words.staysPaused(task.id)] : []),
    words.nextTimes(next),
  ]
}

function planEdit(
  task: Task,
  { text, task: given }: TasksArgs,
  context: Context,
  parts: EditParts,
): Edit | Problem {
  const words = tasksWords[context.language].tasks
  const name = taskName(task, context.language)
  if (given === undefined && (text ?? '').trim() === '') return problem(words.editWhat(task.id))
  const said = given === undefined ? readEdit(text ?? '', task, context, parts) : saidOf(given, task)
  if ('kind' in said) return said

  const chore = said.chore === undefined ? task : readChore(said.chore, context, parts)
  if ('kind' in chore && chore.kind === 'problem') return chore
  const timing = timingOf(task, said, context, parts)
  if ('kind' in timing) return timing
  const told = tellTiming(timing, context, parts)
  if (told.kind === 'problem') return told
  const address = (said.chore === undefined ? undefined : placeOf(chore, context, parts)) ?? task.address
  if ('kind' in address) return address

  const { command, args } = chore
  const to = { command, args, ...timing, address, nextDueMs: nextDueOf(task, timing, told.nextDueMs) }
  if (isSame(contentOf(to), contentOf({ ...task, options: optionsLeft(task) })))
    return problem(words.asItIs(name))
  return {
    kind: 'edit',
    to,
    chore: said.chore === undefined ? undefined : { command, args },
    was: words.both(choreWords(task, context.language), whenOf(asLeft(task), context, parts, 0).words),
    will: words.both(choreWords(chore, context.language), told.words),
    next: told.next,
    isWoken: task.pausedFor === 'schedule',
  }
}

/** A task with the times that are left to it, if any are, so that what it is and what it becomes can be compared. */
function asLeft(task: Task): Task {
  const options = optionsLeft(task)
  return options.count === 0 ? task : { ...task, options }
}

/** The timing that it will have: what was not said stays. */
function timingOf(task: Task, said: Said, context: Context, { readWhen }: EditParts): Timing | Problem {
  const { nowMs, language } = context
  const words = tasksWords[language].tasks
  const when = said.when === undefined ? undefined : readWhen(said.when, { nowMs, zone: context.zone })
  if (said.when !== undefined && when === undefined) return problem(words.badWhen(said.when))
  const schedule = when?.schedule ?? said.schedule
  const options = { ...optionsLeft(task), ...said.options, ...when?.options }
  const { count } = task.options
  if (count !== null && options.count === 0)
    return problem(words.countUsed(taskName(task, language), task.id, count))
  return {
    schedule: schedule === undefined ? task.schedule : beginning(schedule, nowMs),
    options,
    zone: said.zone ?? (schedule === undefined ? task.zone : context.zone),
  }
}

/** A due time that has come and has no run yet is not passed over because the task is changed in that moment. */
function nextDueOf(task: Task, timing: Timing, nextDueMs: number): number {
  const isKept =
    isSame(timing.schedule, task.schedule) &&
    timing.zone === task.zone &&
    timing.options.until === task.options.until
  return isKept && task.state === 'active' && task.nextDueMs !== null ? task.nextDueMs : nextDueMs
}

function contentOf({
  command,
  args,
  schedule,
  options,
  zone,
  address,
}: Omit<TaskEdit, 'nextDueMs'>): unknown {
  return [command, args, schedule, options, zone, address]
}
