import { isDeepStrictEqual as isSame } from 'node:util'
import type { Context } from '../command.ts'
import { usualOptions, type Chore, type Options, type Task } from '../task.ts'
import { tasksWords } from '../words-tasks.ts'
import type { GivenTask } from './task-args.ts'
import { problem, type PlanParts, type Problem } from './task-plan.ts'
import { readSentence, type SentenceParts } from './task-sentence.ts'

/** What is to be new: all of it that was said. */
export type Said = {
  readonly chore?: Chore
  readonly when?: string
  readonly schedule?: Task['schedule']
  readonly zone?: string
  readonly options?: Partial<Options>
}

/** What a program says is to be new. Arguments alone are for the command that the task has. */
export function saidOf({ command, args, ...timing }: GivenTask, task: Task): Said {
  if (command === undefined && args === undefined) return timing
  return { ...timing, chore: { command: command ?? task.command, args: args ?? {} } }
}

/** A cron line to hang options on, which are not read without a time. */
const carrier = '0 0 * * *'
const bare = /(?:^|[\s,;，；])(?:without options|不带选项|去掉选项)[\s.。]*$/iu

/** Reads what is to be new: a time, options of it, a command, or a command with a time. */
export function readEdit(
  text: string,
  task: Task,
  context: Context,
  parts: Pick<PlanParts, 'readWhen'> & SentenceParts,
): Said | Problem {
  const { nowMs, zone, language } = context
  const isBare = bare.test(text)
  const options = isBare ? { options: usualOptions } : {}
  const plain = text
    .replace(bare, '')
    .trim()
    .replace(/^(?:to\s+|改成|改为|成|为)/iu, '')
  if (plain === '' && isBare) return options
  if (parts.readWhen(plain, { nowMs, zone }) !== undefined) return { ...options, when: plain }

  const hung = parts.readWhen(`${carrier}; ${plain}`, { nowMs, zone: task.zone })
  if (hung !== undefined && isSame(hung.schedule, { cron: carrier }) && !isSame(hung.options, {})) {
    return { options: { ...options.options, ...hung.options } }
  }

  const order = readSentence(plain, context, parts)
  if (order === undefined) return problem(tasksWords[language].tasks.editNotRead(task.id, plain))
  if ('kind' in order) return order
  const { when, ...chore } = order
  return { ...options, chore, ...(when === undefined ? {} : { when }) }
}
