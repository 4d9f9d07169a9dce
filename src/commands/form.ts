import type { Restated } from '../assistant.ts'
import type { Context, Invocation } from '../command.ts'
import type { FormAbout, FormField, FormOrder, FormReader, FormTold } from '../form.ts'
import type { People } from '../people.ts'
import type { Reads } from '../store/writes.ts'
import type { Chore, Task } from '../task.ts'
import { choreWords } from '../words-chores.ts'
import { slackHomeWords } from '../words-slack-home.ts'
import { tasksWords } from '../words-tasks.ts'
import { argsSchema } from './task-args.ts'
import { readChore, type PlanParts, type Problem } from './task-plan.ts'
import { readSentence, type SentenceParts } from './task-sentence.ts'
import { whenOf, type ViewParts } from './task-views.ts'

type Parts = PlanParts &
  SentenceParts &
  ViewParts & {
    readonly tasks: Pick<Reads['tasks'], 'get'>
    /** Says an order for a task back, as `createTasks` gives it. */
    readonly restateOrder: (order: Pick<Invocation, 'name' | 'args'>, context: Context) => Restated
    readonly roleAt: People['roleAt']
    /** The time zone in which words of time are meant. */
    readonly zone: () => string
  }

/** Reads the form of a task by the same rules as typed words. */
export function createFormReader(parts: Parts): FormReader {
  const taskOf = (id: number, { person }: FormAbout): Task | undefined => {
    const task = parts.tasks.get(id)
    return task?.person === person ? task : undefined
  }
  return {
    fill: (edit, about) => {
      const task = taskOf(edit, about)
      return task === undefined ? undefined : filled(task, about, parts)
    },
    tell: (order, about) => {
      if (order.edit === undefined) return tellNew(order, about, parts)
      const task = taskOf(order.edit, about)
      return task === undefined
        ? { kind: 'problem', words: tasksWords[about.language].tasks.noTask(order.edit) }
        : tellEdit(order, task, about, parts)
    },
  }
}

/** A task as it stands in the form at first. A place that the field can show is not among the words. */
function filled(task: Task, about: FormAbout, parts: Parts): FormOrder {
  const { id, command, args, address } = task
  const isShown =
    address.shared === true &&
    address.adapter === about.address.adapter &&
    address.account === about.address.account
  const { to: _, ...others } = args
  return {
    what: choreWords({ command, args: isShown ? others : args }, about.language),
    when: whenOf(task, about, parts, 0).words,
    ...(isShown ? { to: `${address.adapter}:${address.channel}` } : {}),
    edit: id,
  }
}

function tellNew(order: FormOrder, about: FormAbout, parts: Parts): FormTold {
  const { what, when, to } = order
  const words = slackHomeWords[about.language].form
  if (what.trim() === '') return wrong(words.sayWhat, 'what')
  const context = contextOf(about, parts)
  const chore = readWhat(what, context, parts)
  if ('kind' in chore) return wrong(chore.words, 'what')
  const late = wrongWhen(when, context, parts) ?? wrongPlace(to, context, parts)
  if (late !== undefined) return late
  const args = { ...chore.args, ...(to === undefined ? {} : { to }) }
  return restated({ action: 'add', task: { command: chore.command, args, when } }, to, context, parts)
}

function tellEdit(order: FormOrder, task: Task, about: FormAbout, parts: Parts): FormTold {
  const { what, when, to } = order
  const context = contextOf(about, parts)
  const was = filled(task, about, parts)
  const isSameChore = what.trim() === was.what.trim()
  const isSameTime = when.trim() === was.when.trim()
  const isMoved = to !== was.to
  if (isSameChore && isSameTime && !isMoved)
    return wrong(slackHomeWords[about.language].form.unchanged, undefined)
  const chore = isSameChore ? task : readWhat(what, context, parts)
  if ('kind' in chore) return wrong(chore.words, 'what')
  const late =
    (isSameTime ? undefined : wrongWhen(when, context, parts)) ??
    (isMoved ? wrongPlace(to, context, parts) : undefined)
  if (late !== undefined) return late
  const { command, args } = chore
  // Without a word on its place a task keeps the one that it has.
  const moved = isMoved ? { to: to ?? 'here' } : {}
  const changed = {
    ...(isSameChore && !isMoved ? {} : { command, args: { ...args, ...moved } }),
    ...(isSameTime ? {} : { when }),
  }
  return restated({ action: 'edit', id: task.id, task: changed }, moved.to, context, parts)
}

/** What the words say is to be done, checked as far as it can be without its time. */
function readWhat(what: string, context: Context, parts: Parts): Chore | Problem {
  const words = slackHomeWords[context.language].form
  const read = readSentence(what, context, parts)
  if (read === undefined) return { kind: 'problem', words: words.notRead(what.trim()) }
  if ('kind' in read) return read
  const { when, command, args } = read
  if (when !== undefined) return { kind: 'problem', words: words.timeInWhat(when) }
  const chore = readChore({ command, args }, context, parts)
  return chore.kind === 'problem' ? chore : { command, args }
}

function wrongWhen(when: string, { language, nowMs, zone }: Context, parts: Parts): FormTold | undefined {
  if (when.trim() === '') return wrong(slackHomeWords[language].form.sayWhen, 'when')
  if (parts.readWhen(when, { nowMs, zone }) !== undefined) return undefined
  return wrong(tasksWords[language].tasks.badWhen(when), 'when')
}

function wrongPlace(to: string | undefined, context: Context, parts: Parts): FormTold | undefined {
  if (to === undefined || parts.resolve(to, context) !== undefined) return undefined
  return wrong(tasksWords[context.language].tasks.badTarget(to), 'to')
}

function restated(
  args: Readonly<Record<string, unknown>>,
  to: string | undefined,
  context: Context,
  parts: Parts,
): FormTold {
  const told = parts.restateOrder({ name: 'tasks', args }, context)
  if (told.kind === 'problem') return wrong(told.words, 'when')
  const { task } = argsSchema.parse(told.action.args)
  // A command that knows no place has dropped it without a word.
  return to === undefined || task?.args?.['to'] === to
    ? told
    : wrong(
        slackHomeWords[context.language].form.noPlace(task?.command ?? '', args['action'] === 'add'),
        'to',
      )
}

function wrong(words: string, field: FormField | undefined): FormTold {
  return { kind: 'problem', words, ...(field === undefined ? {} : { field }) }
}

function contextOf({ person, ...about }: FormAbout, { roleAt, zone }: Parts): Context {
  return {
    ...about,
    person: { key: person, name: '', role: roleAt(person, about.address) },
    zone: zone(),
    signal: new AbortController().signal,
    progress: () => undefined,
  }
}
