import { createHash } from 'node:crypto'
import { addressKey, type Address, type NotDelivered, type Post } from './message.ts'
import type { TaskNews } from './notices.ts'
import type { Draft } from './outbox.ts'
import { personKey } from './people.ts'
import type { Places } from './places.ts'
import type { Sequel } from './sending.ts'
import type { Reads, Write } from './store/writes.ts'
import type { PastRun, Task } from './task.ts'
import { runsWords } from './words-runs.ts'
import { tasksWords } from './words-tasks.ts'
import { languageOf, type Language } from './words.ts'

/** The looks into the rows that tell whose a post is. */
export type UndeliveredReads = {
  readonly tasks: Pick<Reads['tasks'], 'get'>
  readonly runs: Pick<Reads['runs'], 'get' | 'history'>
  readonly inbox: Pick<Reads['inbox'], 'origin'>
}

type Parts = {
  readonly read: UndeliveredReads
  readonly directTo: (personKey: string) => Address | undefined
  readonly nameOf: Places['nameOf']
  readonly ownersPlace: () => Address | undefined
  /** A draft of a notice; `whose` and `key` name it for ever. */
  readonly draftOf: (whose: string, key: string, address: Address, text: string) => Draft
  readonly aboutTask: (news: TaskNews) => readonly Draft[]
  readonly pauseAfter: () => number
  readonly language: () => Language | 'auto'
  readonly now: () => number
}

/** A failure in words. */
type Why = Pick<NotDelivered, 'why' | 'says'>

const nothing: Sequel = { drafts: [], writes: [] }

/**
 * What follows where a post has not arrived and will not. What it showed of a source was not seen. The maker of a task is told,
 * once for each place and reason, and so is whoever ordered a post to another place; where that does not arrive either, the owner is
 * told the same. A task whose runs fail too often in a row, because nothing they post arrives, is paused. Who waits for an answer
 * sees that there is none.
 */
export function createUndelivered(parts: Parts): (post: Post, failure: Why) => Sequel {
  const { read, directTo, nameOf, ownersPlace, draftOf, aboutTask, now } = parts

  /** Tells it where it can be read: not where the post could not be. */
  const tellAt = (place: Address | undefined, post: Post, key: string, text: string): readonly Draft[] =>
    place === undefined || addressKey(place) === addressKey(post.address)
      ? []
      : [draftOf('maker', key, place, text)]

  const ofTask = (task: Task, post: Post, { why, says }: Why): Sequel => {
    const { address } = post
    const { language } = task
    const place = directTo(task.person) ?? ownersPlace()
    // How often it was tried, or how old it is, makes no other reason.
    const reason = createHash('sha256')
      .update(`${addressKey(address)} ${why.replaceAll(/\d+(?:\.\d+)?/gu, '#')}`)
      .digest('hex')
      .slice(0, 16)
    const at = nameOf(address, task.person, language)
    const text = runsWords[language].notPosted(taskName(task), at, says?.[language] ?? why)
    const told = tellAt(place, post, `post/${task.id}/${reason}`, text)
    const pause = pauseOf(task, post, place)
    return { drafts: [...told, ...pause.drafts], writes: pause.writes }
  }

  /** Pauses a task whose newest runs, this one among them, all failed or posted what did not arrive, in the same version of it. */
  const pauseOf = (task: Task, post: Post, place: Address | undefined): Sequel => {
    const run = read.runs.get(post.run ?? 0)
    if (run === undefined || task.state !== 'active') return nothing
    const failures = parts.pauseAfter()
    const states = ['succeeded', 'failed', 'dead'] as const
    const newest = read.runs.history({ task: task.id }, failures, { states })
    const isLost = ({ id, state, delivery }: PastRun): boolean =>
      id === run.id || state !== 'succeeded' || delivery.includes('failed')
    const isRow = newest.every((one) => one.taskVersion === task.version && isLost(one))
    if (newest.length < failures || !isRow || newest.every(({ id }) => id !== run.id)) return nothing
    const words = runsWords[task.language]
    const text = words.pausedAfter(taskName(task), failures, task.id)
    const told = tellAt(place, post, `pause/${run.id}`, text)
    const to = { state: 'paused', nextDueMs: null, pausedFor: 'failures', failures } as const
    const about = { kind: 'paused', task, run, failures, told: told.map((draft) => draft.address) } as const
    return {
      drafts: [...told, ...aboutTask(about)],
      writes: [['tasks.change', task.id, to, words.paused, now()]],
    }
  }

  const ofOrder = (inboxId: number, post: Post, { why, says }: Why): readonly Draft[] => {
    const order = read.inbox.origin(inboxId)
    const { address } = post
    // What was for somebody else alone, such as a word that they were let in, is theirs.
    if (order === undefined || (address.shared !== true && address.adapter === order.address.adapter))
      return []
    const person = personKey(order.address, order.author)
    const setting = parts.language()
    const language = setting === 'auto' ? languageOf(order.text) : setting
    const at = nameOf(address, person, language)
    const text = runsWords[language].orderNotPosted(at, says?.[language] ?? why)
    return tellAt(directTo(person) ?? order.address, post, `post/inbox/${inboxId}`, text)
  }

  const told = (post: Post, failure: Why): Sequel => {
    const { key, address, run, reply } = post
    const [, forMaker] = /^notice\/maker\/(.*)$/u.exec(key) ?? []
    if (forMaker !== undefined) {
      // Who removes Moltbot from a workspace takes away its direct messages, too.
      const place = ownersPlace()
      const isThere = place === undefined || addressKey(place) === addressKey(address)
      return isThere ? nothing : { drafts: [draftOf('owner', forMaker, place, reply.text)], writes: [] }
    }
    const [, inboxId] = /^inbox\/(\d+)\/to-/u.exec(key) ?? []
    if (inboxId !== undefined) return { drafts: ofOrder(Number(inboxId), post, failure), writes: [] }
    const task = run === undefined ? undefined : read.tasks.get(read.runs.get(run)?.taskId ?? 0)
    return task === undefined ? nothing : ofTask(task, post, failure)
  }

  return (post, failure) => {
    const { drafts, writes } = told(post, failure)
    const { shows } = post.reply
    const unseen: readonly Write[] = shows === undefined ? [] : [['seen.forget', shows.scope, shows.items]]
    return { drafts, writes: [...writes, ...unseen] }
  }
}

function taskName({ id, command, language }: Task): string {
  return tasksWords[language].task(id, command)
}
