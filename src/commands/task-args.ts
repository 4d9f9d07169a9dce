import { z } from 'zod'

/** What /tasks can be told to do. */
export const actions = [
  'list',
  'add',
  'show',
  'edit',
  'pause',
  'resume',
  'remove',
  'run',
  'cancel',
  'history',
] as const

export type Action = (typeof actions)[number]

const schedule = z.union([
  z.strictObject({ cron: z.string() }),
  z.strictObject({ at: z.string() }),
  z.strictObject({ everyMs: z.number(), from: z.string().exactOptional() }),
])

const missed = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('skip') }),
  z.strictObject({ kind: z.literal('once'), maxAgeMs: z.number() }),
  z.strictObject({ kind: z.literal('all'), most: z.number(), maxAgeMs: z.number() }),
])

const options = z.strictObject({
  missed: missed.exactOptional(),
  overlap: z.enum(['skip', 'queue', 'replace']).exactOptional(),
  dstGap: z.enum(['run', 'skip']).exactOptional(),
  jitterMs: z.number().exactOptional(),
  quiet: z.strictObject({ from: z.string(), to: z.string() }).nullable().exactOptional(),
  until: z.string().nullable().exactOptional(),
  count: z.number().nullable().exactOptional(),
})

const task = z.strictObject({
  command: z.string().exactOptional(),
  args: z.record(z.string(), z.unknown()).exactOptional(),
  when: z.string().exactOptional(),
  schedule: schedule.exactOptional(),
  options: options.exactOptional(),
  zone: z.string().exactOptional(),
})

/** What /tasks takes. Times, outcomes and sentences come as `text`; `task` is for programs, and for what a yes was given to. */
export const argsSchema = z.object({
  action: z.enum(actions).default('list'),
  id: z.coerce.number().int().positive().exactOptional(),
  text: z.string().exactOptional(),
  /** The version of the task that a person was told of. */
  version: z.number().int().exactOptional(),
  task: task.exactOptional(),
})

export type TasksArgs = z.output<typeof argsSchema>

/** A task, or what is to be new of one, as programs write it. */
export type GivenTask = z.output<typeof task>

/** What models are told: they make a task by giving a command its `when`, so adding one is not among it. */
export const parameters = {
  type: 'object',
  properties: {
    action: { enum: actions.filter((action) => action !== 'add') },
    id: { type: 'integer' },
    text: { type: 'string', description: 'edit: the new time or command' },
  },
}
