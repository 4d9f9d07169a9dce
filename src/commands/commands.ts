import { createCommandTable, type AnyCommand, type CommandTable } from '../command.ts'
import type { Config } from '../config.ts'
import type { FormReader } from '../form.ts'
import { createHome } from '../home.ts'
import { personName, typedKey, type People } from '../people.ts'
import type { Reads } from '../store/writes.ts'
import { createContext } from './context.ts'
import { createDigest } from './digest.ts'
import { createFormReader } from './form.ts'
import { createHelp } from './help.ts'
import { createModelCommand } from './model.ts'
import { createNew } from './new.ts'
import { createPeopleCommand } from './people.ts'
import { createRate } from './rate.ts'
import { createRemind } from './remind.ts'
import { createStatus } from './status.ts'
import { createStop } from './stop.ts'
import { glanceOf } from './task-glance.ts'
import { createTasks } from './tasks.ts'
import { createUsage } from './usage.ts'

type Digest = Parameters<typeof createDigest>[0]
type ModelCommand = Parameters<typeof createModelCommand>[0]
type Tasks = Parameters<typeof createTasks>[0]
type Usage = Parameters<typeof createUsage>[0]

type Parts = {
  readonly read: Reads
  readonly readSource: Digest['read']
  /** The model of a route; null is the default route. */
  readonly modelFor: (route: string | null) => ReturnType<Digest['modelFor']>
  readonly models: Pick<ModelCommand, 'routes' | 'models' | 'scores'>
  readonly ledger: Pick<Usage, 'today' | 'standing'>
  /** Words of time: reading them, and saying them back. */
  readonly time: Omit<Tasks, 'read' | 'newId' | 'readCall' | 'readTyped' | 'resolve' | 'nameOf'> &
    Parameters<typeof createRemind>[0]
  readonly shorten: Digest['shorten']
  readonly resolve: Digest['resolve']
  readonly nameOf: Tasks['nameOf']
  readonly people: Pick<Parameters<typeof createPeopleCommand>[0], 'platforms' | 'directTo'> &
    Pick<People, 'roleAt'>
  /** The zone in which people's words of time are meant. */
  readonly zone: () => string
  readonly now: () => number
  readonly settings: () => Pick<Config, 'caps' | 'digest'>
  readonly stop: Parameters<typeof createStop>[0]
  readonly status: Parameters<typeof createStatus>[0]
  readonly shareOf: Parameters<typeof createContext>[0]['shareOf']
}

/** Makes all commands. A new one is a file beside this one, and a line here. */
export function createCommands(parts: Parts): {
  readonly table: CommandTable
  /** Says an order for a task back in plain words. */
  readonly restate: ReturnType<typeof createTasks>['restate']
  /** What platforms show of it that have more than words: forms, and a page of a person's own. */
  readonly formOf: FormReader
  readonly homeOf: ReturnType<typeof createHome>
} {
  const { read, models, ledger, time, shorten, resolve, nameOf, settings } = parts
  const routeOf = (conversation: string): string | null => read.conversations.get(conversation).route
  let lastTaskId = read.tasks.lastId()
  const tasks = createTasks({
    ...time,
    read,
    newId: () => ++lastTaskId,
    readCall: (name, args) => table.readCall(name, args),
    readTyped: (text, moment) => table.read(text, moment),
    resolve,
    nameOf,
  })
  const all: readonly AnyCommand[] = [
    createHelp(() => all),
    createDigest({
      read: parts.readSource,
      seen: read.seen.has,
      modelFor: (conversation) => parts.modelFor(routeOf(conversation)),
      shorten,
      resolve,
      isOrdered: (run) => read.runs.get(run)?.isOrdered === true,
      mostItems: () => settings().digest.maxItems,
      now: parts.now,
    }),
    createRemind(time),
    tasks.command,
    createModelCommand({ ...models, lastCall: read.calls.lastOf, chosen: routeOf }),
    createUsage({
      read: read.calls,
      ...ledger,
      caps: () => settings().caps,
      formatTime: time.formatTime,
      nameOf: (person) => personName(person, read.people) ?? typedKey(person),
    }),
    createPeopleCommand({ ...parts.people, read: read.people, formatTime: time.formatTime }),
    createRate(read.feedback),
    createNew(),
    createStop(parts.stop),
    createStatus(parts.status, time.formatTime),
    createContext({ shareOf: parts.shareOf }),
  ]
  const table = createCommandTable(all)
  const { roleAt } = parts.people
  const formOf = createFormReader({
    ...time,
    tasks: read.tasks,
    readCall: table.readCall,
    readTyped: table.read,
    resolve,
    nameOf,
    restateOrder: tasks.restate,
    roleAt,
    zone: parts.zone,
  })
  const homeOf = createHome({
    read,
    noHome: (key, address) => {
      const role = roleAt(key, address)
      if (role !== 'guest' && role !== 'blocked') return undefined
      return role === 'blocked' && read.people.get(key) === undefined ? 'unknown' : role
    },
    glance: (task, language) => glanceOf(task, { nowMs: parts.now(), language }, time),
    defaultRoute: () => 'default',
    modelsOf: (route) => models.routes().find(({ name }) => name === route)?.models ?? [],
    formatTime: time.formatTime,
  })
  return { table, restate: tasks.restate, formOf, homeOf }
}
