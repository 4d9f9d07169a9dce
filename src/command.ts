import { z } from 'zod'
import { nearest } from './nearest.ts'
import { readWords } from './typed.ts'
import type { Fault } from './errors.ts'
import type { Address, Reply } from './message.ts'
import type { Asker, Tool } from './model.ts'
import type { Person, Role } from './people.ts'
import type { Action } from './store/approvals.ts'
import type { Write } from './store/writes.ts'
import type { Language } from './words.ts'

/** What a command may know and use while it runs. */
export type Context = {
  readonly person: Person
  /** Where the order came from; replies go here unless the outcome names another place. */
  readonly address: Address
  readonly language: Language
  readonly nowMs: number
  /** IANA time zone in which the person's words of time are meant. */
  readonly zone: string
  /** Set when a task runs the command: the due time of this run. */
  readonly dueMs?: number
  /** Set when a task runs the command: its id, and that of the run. */
  readonly task?: number
  readonly run?: number
  readonly signal: AbortSignal
  /** Says in a few words what is being done, and how much of it is, 0 to 1; shown where someone is waiting. */
  readonly progress: (text: string, share?: number) => void
}

/**
 * What running a command gave. `writes` are committed in one transaction with the reply, so that a crash leaves
 * either both or neither; a command changes nothing that lasts in any other way.
 */
export type Outcome = {
  readonly reply: Reply
  readonly writes?: readonly Write[]
  /** Another place for the reply than where the order came from. */
  readonly to?: Address
  /** What others are told because of it. A task tells nobody. */
  readonly also?: readonly { readonly to: Address; readonly reply: Reply }[]
  /** Why it failed, where something that may pass was the reason: a task tries again by the table over faults. */
  readonly fault?: Fault
  /** What the person may say yes to next; the reply's text asks it. A task offers nothing. */
  readonly offer?: Action
}

/**
 * `read` looks something up and runs at once. `ask` changes or sends something: it runs at once where a person typed
 * it, and needs a yes where a model proposes it. `write` needs a yes always.
 */
export type Tier = 'read' | 'ask' | 'write'

/** One thing that Moltbot can do, defined once for typed text, models, HTTP, the command line and tasks. */
export type Command<Args> = {
  readonly name: string
  /** Other words for it, English and Chinese. Alone in a message they work without the slash, too. */
  readonly aliases: readonly string[]
  readonly summary: Readonly<Record<Language, string>>
  /** How it is typed, after the slash: in each language in words that are understood, or in one for both. */
  readonly usage: string | Readonly<Record<Language, string>>
  readonly args: z.ZodType<Args>
  /** The arguments that bare words fill, in order; the last one takes all that is left. Default: none. */
  readonly words?: readonly string[]
  /** Reads typed text that the plain rule of `words` does not fit. Its result goes through `args` all the same. */
  readonly readText?: (text: string, moment: Moment) => unknown
  readonly tier: (args: Args) => Tier
  /** The least role that may run it. Default: guest for what it only looks up, else member. */
  readonly role?: Role
  /** True if a task may run it: models and typed text may then give a `when`. Default: false. */
  readonly schedulable?: boolean
  /** True if it acts at once, past the messages that wait in the conversation. Default: false. */
  readonly urgent?: boolean
  /** True if models are told of it. Default: false. */
  readonly tool?: boolean
  readonly run: (args: Args, context: Context) => Promise<Outcome>
}

/** The instant and the zone in which words of time are read. */
export type Moment = { readonly nowMs: number; readonly zone: string }

/** For whom a command asks a model. */
export function askerOf({ person, address, task, run }: Context): Asker {
  return {
    person: person.key,
    address,
    ...(task === undefined ? {} : { task }),
    ...(run === undefined ? {} : { run }),
  }
}

/** A command with arguments that its schema has read, ready to run. */
export type Invocation = {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  /** Words of time, if the command is to be a task. */
  readonly when?: string
  readonly tier: Tier
  readonly role: Role
  readonly run: (context: Context) => Promise<Outcome>
}

/** The result of reading an order. `misused` holds what is wrong with it: the arguments that are missing, and the rest. */
export type Read =
  | { readonly kind: 'invocation'; readonly invocation: Invocation }
  | {
      readonly kind: 'misused'
      readonly usage: Readonly<Record<Language, string>>
      readonly missing: readonly string[]
      readonly problem: string
    }
  | { readonly kind: 'unknown'; readonly name: string; readonly nearest: string | undefined }

/** A command whose argument type is its own affair. */
export type AnyCommand = Required<
  Omit<Command<never>, 'args' | 'tier' | 'role' | 'run' | 'readText' | 'words' | 'usage'>
> & {
  readonly usage: Readonly<Record<Language, string>>
  readonly parameters: Readonly<Record<string, unknown>>
  readonly readArgs: (raw: unknown) => Read
  readonly readText: (text: string, moment: Moment) => unknown
}

/** Makes a command fit for the table. */
export function command<Args extends Record<string, unknown>>(definition: Command<Args>): AnyCommand {
  const { args: schema, tier, run, readText, words = [], role, ...rest } = definition
  const { schedulable = false, urgent = false, tool = false } = rest
  const usage = typeof rest.usage === 'string' ? { en: rest.usage, zh: rest.usage } : rest.usage
  const parameters = jsonSchema(schema)
  const keys = Object.keys(parameters['properties'] ?? {})
  return {
    ...rest,
    usage,
    schedulable,
    urgent,
    tool,
    parameters,
    readText: readText ?? ((text) => readWords(text, words, keys)),
    readArgs: (raw) => {
      const { when, ...own } = isRecord(raw) ? raw : {}
      const read = schema.safeParse(schedulable || !isRecord(raw) ? own : raw)
      if (!read.success) return { kind: 'misused', usage, ...problemsOf(read.error.issues, raw) }
      if (schedulable && when !== undefined && typeof when !== 'string') {
        return { kind: 'misused', usage, missing: [], problem: 'when: words of time are expected' }
      }
      const args = read.data
      const scheduled = schedulable && typeof when === 'string' && when.trim() !== '' ? { when } : {}
      const isLook = tier(args) === 'read' && !('when' in scheduled)
      const needed = role ?? (isLook ? 'guest' : 'member')
      const invocation = { name: rest.name, args, tier: tier(args), role: needed, ...scheduled }
      return { kind: 'invocation', invocation: { ...invocation, run: (context) => run(args, context) } }
    },
  }
}

function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  raw: unknown,
): { missing: string[]; problem: string } {
  const isMissing = ({ path }: z.core.$ZodIssue): boolean =>
    path.length === 1 && (!isRecord(raw) || raw[String(path[0])] === undefined)
  return {
    missing: issues.filter(isMissing).map(({ path }) => String(path[0])),
    problem: issues
      .filter((issue) => !isMissing(issue))
      .map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '))
      .join('; '),
  }
}

/** All commands, by every word that names them. */
export type CommandTable = {
  readonly all: readonly AnyCommand[]
  readonly find: (name: string) => AnyCommand | undefined
  /** Reads a message as an order; undefined if it is not one. */
  readonly read: (text: string, moment: Moment) => Read | undefined
  /** Reads a command that the program itself names, by any of its words, with its arguments. */
  readonly readCall: (name: string, args: unknown) => Read
  /** The same for a model: it may name only what it was told of, by its proper name. */
  readonly readProposal: (name: string, args: unknown) => Read
  /** What models are told. */
  readonly tools: readonly Tool[]
}

/** Makes the table. Throws if two commands share a word. */
export function createCommandTable(all: readonly AnyCommand[]): CommandTable {
  const byWord = new Map<string, AnyCommand>()
  for (const one of all) {
    for (const word of [one.name, ...one.aliases]) {
      if (byWord.has(word)) throw new Error(`two commands are called ${word}`)
      byWord.set(word, one)
    }
  }
  const find = (name: string): AnyCommand | undefined => byWord.get(name.toLowerCase())
  const readCall = (name: string, args: unknown): Read => {
    const found = find(name)
    return found === undefined
      ? { kind: 'unknown', name, nearest: nearest(name, [...byWord.keys()]) }
      : found.readArgs(args)
  }
  return {
    all,
    find,
    readCall,
    readProposal: (name, args) => {
      const offered = all.filter((one) => one.tool)
      const found = offered.find((one) => one.name === name)
      const names = offered.map((one) => one.name)
      return found === undefined
        ? { kind: 'unknown', name, nearest: nearest(name, names) }
        : found.readArgs(args)
    },
    read: (text, moment) => {
      const trimmed = text.trim()
      const typed = /^[/／](\S+)\s*([\s\S]*)$/u.exec(trimmed)
      const name = typed === null ? bareWord(trimmed) : typed[1]!
      const found = find(name)
      if (typed === null) return found?.readArgs(found.readText('', moment))
      return found === undefined ? readCall(name, {}) : found.readArgs(found.readText(typed[2]!, moment))
    },
    tools: all.filter((one) => one.tool).map(toTool),
  }
}

/** A word alone, without the mark that ends a sentence: `Stop!` is `stop`. */
function bareWord(text: string): string {
  return text.replace(/[.!?。！？]+$/u, '').toLowerCase()
}

const whenParameter = {
  type: 'string',
  description: 'for later or repeated work: "in 20 minutes", "every weekday at 9"',
}

function toTool(one: AnyCommand): Tool {
  if (!one.schedulable) return { name: one.name, description: one.summary.en, parameters: one.parameters }
  const properties = { ...(one.parameters['properties'] as object), when: whenParameter }
  return { name: one.name, description: one.summary.en, parameters: { ...one.parameters, properties } }
}

/** The JSON Schema of a zod schema, less what models can do without: every byte is paid for in each prompt. */
function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, additionalProperties: __, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
