import { createInterface } from 'node:readline'
import { beginning, tellTiming } from '../commands/task-plan.ts'
import { createReader } from '../models/builtin/reader.ts'
import { usualOptions, type Options, type Schedule } from '../task.ts'
import { restate } from '../tasks/restate.ts'
import { nextDue, validSchedule } from '../tasks/schedule.ts'
import { validOptions } from '../tasks/valid-options.ts'
import { openZone, systemZone } from '../tasks/wall-time.ts'
import { findWhen, readWhen } from '../tasks/when/when.ts'
import type { CliWords } from './words.ts'

type Flags = {
  readonly text: string
  readonly json?: true
  readonly stdin?: true
  readonly now?: string
  readonly zone?: string
}

/** `options` holds what was said of the schedule, where anything was. */
type Explained = {
  readonly command: string
  readonly args: Readonly<Record<string, unknown>>
  readonly schedule?: Schedule
  readonly options?: Partial<Options>
}

/** Shows what the built-in reader would propose for a text, without doing it. Returns the exit code. */
export async function explain(flags: Flags, language: 'en' | 'zh', words: CliWords): Promise<number> {
  const zone = flags.zone ?? systemZone()
  if (!isZone(zone)) return complain(words.badZone(zone))
  const nowMs = flags.now === undefined ? Date.now() : readInstant(flags.now, zone)
  if (nowMs === undefined) return complain(words.badNow(flags.now ?? ''))
  if (flags.stdin !== true && flags.text.trim() === '') return complain(words.nothingToExplain)

  const propose = createReader(findWhen)
  const read = (text: string): Explained | null => {
    const proposal = propose(text, { nowMs, zone })
    if (proposal === undefined) return null
    const { command, args, when } = proposal
    const read = when === undefined ? undefined : readWhen(when, { nowMs, zone })
    if (read === undefined) return { command, args }
    const said = Object.keys(read.options).length === 0 ? {} : { options: read.options }
    return { command, args, schedule: read.schedule, ...said }
  }
  if (flags.stdin === true) {
    for await (const line of createInterface({ input: process.stdin })) {
      process.stdout.write(`${JSON.stringify(read(line))}\n`)
    }
    return 0
  }
  const explained = read(flags.text)
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify(explained)}\n`)
    return 0
  }
  if (explained === null) return complain(words.notUnderstood, 1)
  const { command, args, schedule, options } = explained
  const order = [`/${command}`, ...Object.entries(args).map(([key, value]) => `${key}: ${String(value)}`)]
  process.stdout.write(`${order.join('  ')}\n`)
  if (schedule !== undefined) {
    const timing = { schedule: beginning(schedule, nowMs), options: { ...usualOptions, ...options }, zone }
    const told = tellTiming(timing, { language, nowMs }, { restate, nextDue, validSchedule, validOptions })
    if (told.kind === 'problem') return complain(told.words, 1)
    process.stdout.write(`${[told.words, ...told.next.map((time) => `  ${time}`)].join('\n')}\n`)
  }
  return 0
}

function complain(text: string, exitCode = 2): number {
  process.stderr.write(`${text}\n`)
  return exitCode
}

/** Reads a date and time of ISO 8601; without an offset it is what the clocks of the zone show. */
function readInstant(text: string, zone: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/u.exec(
    text,
  )
  const [, date = '', time = '00:00', offset] = match ?? []
  const ms = Date.parse(`${date}T${time}${offset ?? 'Z'}`)
  if (Number.isNaN(ms)) return undefined
  return offset === undefined ? openZone(zone).firstInstantOf(ms) : ms
}

function isZone(zone: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
