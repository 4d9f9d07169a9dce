import type { Context } from '../command.ts'
import { runView } from '../run-view.ts'
import type { Reads } from '../store/writes.ts'
import type { RunState, Task } from '../task.ts'
import { tasksWords, type TasksWords } from '../words-tasks.ts'
import { runLine, runText } from './task-runs.ts'
import { taskName, type View, type ViewParts } from './task-views.ts'

type Parts = Pick<ViewParts, 'formatTime'> & {
  readonly read: { readonly runs: Pick<Reads['runs'], 'history'> }
}

/** So many runs make a page. */
const pageRuns = 20

/** What each word of an outcome means, in both languages. */
const outcomes: Readonly<Record<string, readonly RunState[]>> = {
  done: ['succeeded'],
  succeeded: ['succeeded'],
  ok: ['succeeded'],
  failed: ['failed', 'dead'],
  dead: ['dead'],
  cancelled: ['cancelled'],
  canceled: ['cancelled'],
  skipped: ['skipped'],
  missed: ['missed'],
  waiting: ['queued'],
  queued: ['queued'],
  running: ['running'],
  完成: ['succeeded'],
  成功: ['succeeded'],
  失败: ['failed', 'dead'],
  放弃: ['dead'],
  取消: ['cancelled'],
  跳过: ['skipped'],
  错过: ['missed'],
  等待: ['queued'],
  等待中: ['queued'],
  运行中: ['running'],
}

type Query =
  | { readonly kind: 'run'; readonly id: number }
  | {
      readonly kind: 'page'
      /** As they were said; none are all. */
      readonly outcomes: readonly string[]
      readonly beforeId: number | undefined
    }
  | { readonly kind: 'unread' }

/** What became of the runs of a task, or of all tasks of a person: a page, or one run; or why not, in words. */
export function historyOf(
  task: Task | undefined,
  text: string,
  context: Context,
  parts: Parts,
): ({ readonly kind: 'view' } & View) | { readonly kind: 'problem'; readonly words: string } {
  const { language, person } = context
  const words = tasksWords[language].history
  const query = readQuery(text)
  switch (query.kind) {
    case 'unread':
      return { kind: 'problem', words: words.notRead(text, Object.values(words.states)) }
    case 'run': {
      const { id } = query
      // Looked up among the person's own, so that the number of somebody else's run tells nothing.
      const [run] = parts.read.runs.history({ person: person.key }, 1, { beforeId: id + 1 })
      if (run?.id !== id) return { kind: 'problem', words: words.noRun(id) }
      return { kind: 'view', text: runText(run, language, parts.formatTime), data: runView(run) }
    }
    case 'page':
      return { kind: 'view', ...pageOf(task, query, context, parts) }
  }
}

function pageOf(
  task: Task | undefined,
  { outcomes: said, beforeId }: Extract<Query, { kind: 'page' }>,
  { language, person }: Context,
  { read, formatTime }: Parts,
): View {
  const words = tasksWords[language].history
  const states = said.flatMap((word) => outcomes[word] ?? [])
  const found = read.runs.history(
    task === undefined ? { person: person.key } : { task: task.id },
    pageRuns + 1,
    {
      ...(states.length === 0 ? {} : { states }),
      ...(beforeId === undefined ? {} : { beforeId }),
    },
  )
  const runs = found.slice(0, pageRuns)
  const last = runs.at(-1)
  const older = found.length > pageRuns && last !== undefined ? last.id : null
  const name = task === undefined ? undefined : taskName(task, language)
  const lines = [
    name === undefined ? words.all : words.of(name),
    ...runs.map((run) => `  ${runLine(run, language, formatTime, task === undefined)}`),
    ...(older === null ? [] : [words.older(words.typed(task?.id, said, older))]),
  ]
  const text = runs.length > 0 ? lines.join('\n') : emptyText(name, said, beforeId, words)
  const data = { ...(task === undefined ? {} : { id: task.id }), runs: runs.map(runView), before: older }
  return { text, data }
}

function emptyText(
  name: string | undefined,
  said: readonly string[],
  beforeId: number | undefined,
  words: TasksWords['history'],
): string {
  if (beforeId !== undefined) return words.noneOlder(beforeId)
  if (said.length > 0) return words.noneSuch(said)
  return name === undefined ? words.noneAtAll : words.none(name)
}

function readQuery(text: string): Query {
  const folded = text.trim().toLowerCase()
  const one = /^(?:run|运行)\s*#?(\d{1,15})$/u.exec(folded)
  if (one !== null) return { kind: 'run', id: Number(one[1]) }
  const before = /(?:^|\s)(?:before|早于)\s*#?(\d{1,15})$|(?:^|\s)#?(\d{1,15})\s*(?:之前|以前)$/u.exec(folded)
  const rest = before === null ? folded : folded.slice(0, before.index)
  const said = rest.split(/[\s,，、]+/u).filter((word) => word !== '')
  if (said.some((word) => !Object.hasOwn(outcomes, word))) return { kind: 'unread' }
  const beforeId = before?.[1] ?? before?.[2]
  return { kind: 'page', outcomes: said, beforeId: beforeId === undefined ? undefined : Number(beforeId) }
}
