import { median, percentile, type Figure } from './figures.ts'
import type { SideName, Stretch } from './tasks-side.ts'

/** One stretch of one side; `serverCpuMs` is what its database server used for all jobs in it. */
export type Round = Stretch & { readonly serverCpuMs: number }

/** The rounds of each side at one number in flight; those with the same index were taken in turn with each other. */
export type Rounds = ReadonlyMap<SideName, readonly Round[]>

/** The sides, as a person knows them. */
export const titles: Readonly<Record<SideName, string>> = {
  ours: 'Moltbot, its store with synchronous=FULL',
  bullmqAlways: 'BullMQ, Redis with appendfsync always',
  bullmqEverysec: 'BullMQ, Redis with appendfsync everysec, which may lose the last second',
  pgboss: 'pg-boss, PostgreSQL with fsync',
}

const aims: Readonly<Record<string, string>> = {
  jobsPerSecond32: 'aim: at least 10000',
  p99Ms32: 'aim: below 10',
  mainLoopMaxMs: 'aim: never above 20',
  ratioToBullmqAlways32: 'aim: at least 8',
}

/**
 * The figures of all sides. Jobs a second and processor time are the middle of the rounds, and ratios that of the
 * ratios round by round, so that a machine that grows slower in the meantime does not count; percentiles and the
 * longest stall are over all rounds. `idleMs` are the longest stalls of a loop that did nothing for as long.
 */
export function jobFigures(taken: ReadonlyMap<number, Rounds>, idleMs: readonly number[]): Figure[] {
  const ours = [...taken.values()].flatMap((rounds) => rounds.get('ours') ?? [])
  const longest = Math.max(...ours.map(({ stallMs }) => stallMs))
  const jobs = ours.reduce((sum, { jobMs }) => sum + jobMs.length, 0)
  return [
    ...[...taken].flatMap(([atOnce, rounds]) =>
      [...rounds].flatMap(([side, own]) => sideFigures(side, own, atOnce)),
    ),
    ...[...taken].flatMap(([atOnce, rounds]) => ratioFigures(rounds, atOnce)),
    figure('mainLoopMaxMs', longest, 'ms', `longest stall of our main loop in all ${jobs} jobs`),
    figure('mainLoopIdleMaxMs', Math.max(...idleMs), 'ms', 'the same while nothing was asked of it'),
  ]
}

function sideFigures(side: SideName, own: readonly Round[], atOnce: number): Figure[] {
  const jobMs = own.flatMap((round) => round.jobMs)
  const about = `${atOnce} in flight, ${jobMs.length} jobs, ${titles[side]}`
  const perSecond = median(own.map(perSecondOf))
  const [p50, p99] = [percentile(jobMs, 50), percentile(jobMs, 99)]
  if (side !== 'ours')
    return [
      figure(`${side}${atOnce}`, perSecond, 'jobs/s', about),
      figure(`${side}P99Ms${atOnce}`, p99, 'ms', about),
      figure(`${side}CpuUs${atOnce}`, cpuUsOf(own), 'µs/job', `${about}, its server counted in`),
    ]
  return [
    figure(`jobsPerSecond${atOnce}`, perSecond, 'jobs/s', about),
    figure(`p50Ms${atOnce}`, p50, 'ms', about),
    figure(`p99Ms${atOnce}`, p99, 'ms', about),
    figure(`cpuUsPerJob${atOnce}`, cpuUsOf(own), 'µs/job', `${about}, both threads`),
  ]
}

function ratioFigures(rounds: Rounds, atOnce: number): Figure[] {
  const ours = rounds.get('ours') ?? []
  return [...rounds]
    .filter(([side]) => side !== 'ours')
    .map(([side, own]) => {
      const ratios = own.map((round, i) => perSecondOf(ours[i] ?? round) / perSecondOf(round))
      const name = `ratioTo${side.charAt(0).toUpperCase()}${side.slice(1)}${atOnce}`
      return figure(
        name,
        median(ratios),
        'times',
        `our jobs a second to those of ${titles[side]}, ${atOnce} in flight`,
      )
    })
}

/** One figure with its aim, where it has one. */
export function figure(metric: string, value: number, unit: string, about: string): Figure {
  return { metric, value, unit, about: [about, aims[metric] ?? []].flat().join('; ') }
}

/** For each job. That of a server is over all rounds and jobs, because the kernel counts it in steps of 10 ms. */
function cpuUsOf(rounds: readonly Round[]): number {
  const sum = (of: (round: Round) => number): number => rounds.reduce((all, round) => all + of(round), 0)
  const serverUs = (sum(({ serverCpuMs }) => serverCpuMs) * 1_000) / sum(({ done }) => done)
  return median(rounds.map(({ cpuUs, jobMs }) => cpuUs / jobMs.length)) + serverUs
}

function perSecondOf({ durationMs, jobMs }: Round): number {
  return (jobMs.length * 1_000) / durationMs
}
