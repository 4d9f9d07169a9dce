import { median, percentile, type Figure } from './figures.ts'
import type { Stretch } from './router-client.ts'
import type { SideName } from './router-sides.ts'

/** One stretch of one side; `gatewayCpuMs` is what a process between client and model used for all calls in it. */
export type Round = Stretch & { readonly gatewayCpuMs: number }

/** The rounds of each side at one number at a time; those with the same index were taken in turn with each other. */
export type Rounds = ReadonlyMap<SideName, readonly Round[]>

const prefixes: Readonly<Record<SideName, string>> = {
  bare: 'bare',
  ours: '',
  rows: 'rows',
  openai: 'openai',
  ai: 'ai',
  portkey: 'portkey',
}

const titles: Readonly<Record<SideName, string>> = {
  bare: 'undici.request, the stream read by hand',
  ours: 'Moltbot without rows',
  rows: 'Moltbot with the row of each call on disk',
  openai: 'the openai SDK alone',
  ai: 'the Vercel ai package',
  portkey: 'undici.request through the Portkey gateway',
}

const aims: Readonly<Record<string, string>> = {
  addedP50Ms: 'aim: at most 0.3',
  firstChunkAddedMs: 'aim: at most 0.5',
  perSecond64: 'aim: at least 1000 with two cores for client and model',
}

/**
 * The figures of all sides at one number at a time. What is added is the middle of the differences to `bare` round by
 * round, so that a machine that grows slower in the meantime does not count; p99 is over the calls of all rounds.
 */
export function figuresAt(atOnce: number, rounds: Rounds): Figure[] {
  const bare = rounds.get('bare') ?? []
  return [...rounds].flatMap(([side, own]) => {
    const calls = own.reduce((sum, { totalMs }) => sum + totalMs.length, 0)
    const about = `${atOnce} at a time, ${calls} calls, ${titles[side]}`
    const figure = (name: string, value: number, unit: string, more = ''): Figure => {
      const prefix = prefixes[side]
      const head = prefix === '' ? name : prefix + name.charAt(0).toUpperCase() + name.slice(1)
      const metric = head + (atOnce === 1 ? '' : atOnce)
      return { metric, value, unit, about: [about + more, aims[metric] ?? []].flat().join('; ') }
    }
    const cpuUs = cpuUsOf(own)
    const times = (cpuUs / cpuUsOf(bare)).toFixed(2)
    const cpu =
      side === 'bare'
        ? figure('cpuUs', cpuUs, 'µs/call')
        : figure('cpuUs', cpuUs, 'µs/call', `, ${times} times undici's`)
    const perSecond = figure('perSecond', median(own.map(perSecondOf)), 'calls/s')
    if (side === 'bare') {
      return [
        figure('p50Ms', median(own.map(p50MsOf)), 'ms'),
        figure('p99Ms', p99MsOf(own), 'ms'),
        ...(atOnce === 1 ? [figure('firstChunkMs', median(own.map(firstMsOf)), 'ms')] : []),
        cpu,
        perSecond,
      ]
    }
    const added = (of: (round: Round) => number): number => median(differences(own.map(of), bare.map(of)))
    return [
      figure('addedP50Ms', added(p50MsOf), 'ms'),
      figure('addedP99Ms', p99MsOf(own) - p99MsOf(bare), 'ms'),
      ...(atOnce === 1 ? [figure('firstChunkAddedMs', added(firstMsOf), 'ms')] : []),
      cpu,
      perSecond,
    ]
  })
}

function differences(own: readonly number[], bare: readonly number[]): number[] {
  return own.map((value, round) => value - (bare[round] ?? NaN))
}

function p50MsOf({ totalMs }: Round): number {
  return median(totalMs)
}

function p99MsOf(rounds: readonly Round[]): number {
  return percentile(
    rounds.flatMap(({ totalMs }) => totalMs),
    99,
  )
}

function firstMsOf({ firstMs }: Round): number {
  return median(firstMs)
}

/** For each call. That of a gateway is over all rounds, because the kernel counts it in steps of 10 ms. */
function cpuUsOf(rounds: readonly Round[]): number {
  const sum = (of: (round: Round) => number): number => rounds.reduce((all, round) => all + of(round), 0)
  const gatewayUs = (sum(({ gatewayCpuMs }) => gatewayCpuMs) * 1_000) / sum(({ asked }) => asked)
  return median(rounds.map(({ cpuUs, totalMs }) => cpuUs / totalMs.length)) + gatewayUs
}

function perSecondOf({ durationMs, totalMs }: Round): number {
  return (totalMs.length * 1_000) / durationMs
}
