import type { Address } from './message.ts'
import { readPersonKey } from './people.ts'
import { deliveryOf } from './run-view.ts'
import type { homeReads } from './store/home.ts'
import type { Reads } from './store/writes.ts'
import type { Task } from './task.ts'
import { tasksWords } from './words-tasks.ts'
import type { Language } from './words.ts'

/** An instant, and what the clocks show then in the zone of its task. */
export type Moment = { readonly atMs: number; readonly words: string }

/** A task at a glance, in words. */
export type Glance = {
  readonly what: string
  readonly when: string
  /** When it really runs next; absent where it does not. */
  readonly next?: Moment
  /** Why it was paused, where no person did it. */
  readonly alarm?: string
}

export type HomeTask = Glance & {
  readonly id: number
  readonly isPaused: boolean
  /** Its newest run, which may be under way; `time` is when it was due. */
  readonly last?: { readonly outcome: string; readonly time: Moment; readonly note: string }
}

/** What a person sees of their own before they say anything. */
export type Home = {
  /** The first of them; those that were paused without anybody asking for it come before the rest. */
  readonly tasks: readonly HomeTask[]
  readonly moreTasks: number
  /** Where they wrote last, with the route that is used there; the newest first. */
  readonly conversations: readonly { readonly address: Address; readonly route: string }[]
  readonly defaultRoute: string
}

/** Why somebody has no home. */
export type NoHome = 'guest' | 'blocked' | 'unknown'

type Parts = {
  readonly read: {
    readonly tasks: Pick<Reads['tasks'], 'of'>
    readonly runs: Pick<Reads['runs'], 'history'>
    readonly home: ReturnType<typeof homeReads>
  }
  /** Why the person has no home at this place; undefined for one who has. */
  readonly noHome: (key: string, address: Address) => NoHome | undefined
  readonly glance: (task: Task, language: Language) => Glance
  /** The name of the route of a conversation for which nobody chose one. */
  readonly defaultRoute: () => string
  /** The models of a route, in their order; none where there is no such route. */
  readonly modelsOf: (route: string) => readonly string[]
  readonly formatTime: (ms: number, zone: string, language: Language) => string
}

const mostTasks = 20
const mostConversations = 10

/** Reads the home of a person who is spoken to at `address`, or why they have none. */
export function createHome(
  parts: Parts,
): (person: { readonly key: string; readonly address: Address }, language: Language) => Home | NoHome {
  const { read, glance, formatTime } = parts

  const lastOf = ({ id }: Task, language: Language): Pick<HomeTask, 'last'> => {
    const [run] = read.runs.history({ task: id }, 1)
    if (run === undefined) return {}
    const time = { atMs: run.dueMs, words: formatTime(run.dueMs, run.zone, language) }
    const words = tasksWords[language].history
    const delivery = deliveryOf(run.delivery)
    const isLost = delivery === 'failed' || delivery === 'unknown'
    const outcome = [words.states[run.state], ...(isLost ? [words.deliveries[delivery]] : [])].join(' · ')
    return { last: { outcome, time, note: run.note ?? '' } }
  }

  return ({ key, address }, language) => {
    const noHome = parts.noHome(key, address)
    if (noHome !== undefined) return noHome
    const tasks = read.tasks.of(key)
    const isLoud = ({ pausedFor }: Task): boolean => pausedFor !== null
    const sorted = [...tasks.filter(isLoud), ...tasks.filter((task) => !isLoud(task))]
    const routeWords = (route: string): string => {
      const models = parts.modelsOf(route).join(' → ')
      return models === '' || models === route ? route : `${route} (${models})`
    }
    const defaultRoute = parts.defaultRoute()
    return {
      tasks: sorted.slice(0, mostTasks).map((task) => ({
        id: task.id,
        isPaused: task.state === 'paused',
        ...glance(task, language),
        ...lastOf(task, language),
      })),
      moreTasks: Math.max(0, tasks.length - mostTasks),
      conversations: read.home
        .conversations(readPersonKey(key), mostConversations)
        .map(({ address, route }) => ({ address, route: routeWords(route ?? defaultRoute) })),
      defaultRoute: routeWords(defaultRoute),
    }
  }
}
