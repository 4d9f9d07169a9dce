import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import { CronExpressionParser } from 'cron-parser'
import { Cron } from 'croner'
import { dayMs, endMs, firstMs, type Change } from './clocks-changes.ts'

/** Somebody else's reckoning of a cron line. */
export type Oracle = {
  readonly name: string
  /** The due times after `fromMs`, up to `toMs`, asked one after the other; not more than a few hundred. */
  readonly times: (cron: string, zone: string, fromMs: number, toMs: number) => Promise<readonly number[]>
  /** False where its clocks are of another version, so that there is nothing to compare. */
  readonly knows: (change: Change) => boolean
}

const everywhere = (): boolean => true
const most = 400

export const croner: Oracle = {
  name: 'croner',
  knows: everywhere,
  times: async (cron, zone, fromMs, toMs) => {
    const job = new Cron(cron, { timezone: zone, mode: '5-part' })
    return collect((ms) => job.nextRun(new Date(ms))?.getTime() ?? null, fromMs, toMs)
  },
}

export const cronParser: Oracle = {
  name: 'cron-parser',
  knows: everywhere,
  times: async (cron, zone, fromMs, toMs) => collect((ms) => nextByCronParser(cron, zone, ms), fromMs, toMs),
}

/** Null also where it gives up ("loop limit exceeded"), which it does for a time of day in some gaps. */
export function nextByCronParser(cron: string, zone: string, afterMs: number): number | null {
  try {
    return CronExpressionParser.parse(cron, { tz: zone, currentDate: new Date(afterMs) })
      .next()
      .getTime()
  } catch {
    return null
  }
}

/** Asks again from each answer, as a program does that keeps the last due time in a row. */
function collect(next: (ms: number) => number | null, fromMs: number, toMs: number): readonly number[] {
  const found: number[] = []
  for (let ms = next(fromMs); ms !== null && ms <= toMs && found.length < most; ms = next(ms)) found.push(ms)
  return found
}

const run = promisify(execFile)

/** `systemd-analyze calendar`, with the time zone data of this machine; undefined where it is not installed. */
export function findSystemd(): Oracle | undefined {
  try {
    execFileSync('systemd-analyze', ['calendar', 'daily'], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  const known = new Map<string, ReadonlySet<number>>()
  return {
    name: 'systemd',
    knows: ({ zone, atMs }) => {
      const changes = known.get(zone) ?? changesByZdump(zone)
      known.set(zone, changes)
      return changes.has(atMs)
    },
    times: async (cron, zone, fromMs, toMs) => {
      const base = new Date(fromMs).toISOString().slice(0, 19).replace('T', ' ')
      const args = ['calendar', '--iterations=48', `--base-time=${base} UTC`, `${calendarOf(cron)} ${zone}`]
      const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' }
      // It gives up on some times in a gap, after those before it: "Resource deadlock avoided".
      const { stdout } = await run('systemd-analyze', args, { env }).catch(stdoutOf)
      return [...stdout.matchAll(/(?:Next elapse|Iter\. #\d+): \w+ (\S+) (\S+) UTC/gu)]
        .map(([, date = '', time = '']) => Date.parse(`${date}T${time}Z`))
        .filter((ms) => ms <= toMs)
    },
  }
}

/** What a program said that ended with an error; throws what is no such end. */
function stdoutOf(error: unknown): { readonly stdout: string } {
  if (error instanceof Error && 'stdout' in error && 'code' in error && typeof error.code === 'number')
    return { stdout: String(error.stdout) }
  throw error
}

/** Our lines have figures, `*` and steps of minutes only. */
function calendarOf(cron: string): string {
  const [minute = '', hour = ''] = cron.split(' ')
  return `*-*-* ${hour}:${minute.replace('*/', '0/')}:00`
}

/** The instants at which the clocks of this machine's time zone data change; none where there is no zdump. */
function changesByZdump(zone: string): ReadonlySet<number> {
  const years = [firstMs - dayMs, endMs + dayMs].map((ms) => new Date(ms).getUTCFullYear()).join(',')
  try {
    const text = execFileSync('zdump', ['-v', '-c', years, zone], { encoding: 'utf8' })
    const lines = text.matchAll(/\w+ (\w+ +\d+ \d\d:00:00|\w+ +\d+ \d\d:\d\d:\d\d) (\d{4}) UT = /gu)
    return new Set([...lines].map(([, when = '', year = '']) => Date.parse(`${when} ${year} UTC`)))
  } catch {
    return new Set()
  }
}
