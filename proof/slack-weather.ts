import { setTimeout as sleep } from 'node:timers/promises'
import { between, type Random } from './random.ts'
import type { SlackDouble } from './slack-crowd.ts'

/** How Slack is while the proof runs: it breaks calls, refuses for now, and asks for new sockets every second. */
export type Weather = {
  readonly calmDown: () => void
  readonly counts: () => { readonly faults: number; readonly refreshes: number }
}

type Fault = Parameters<SlackDouble['fault']>[0]

const methods = [
  'chat.postMessage',
  'chat.postMessage',
  'chat.startStream',
  'chat.stopStream',
  'chat.update',
] as const
const lookUps = ['conversations.replies', 'conversations.history'] as const
const kinds: readonly Omit<Fault, 'method'>[] = [
  { reset: 'after' },
  { reset: 'before' },
  { status: 500 },
  { status: 503 },
  { status: 429, retryAfterS: 1 },
  { status: 429, retryAfterS: 2, times: 3 },
  { error: 'internal_error' },
  { lateMs: 2_000 },
]
const mostPauseMs = 400
const refreshMs = 1_000
const mostLagMs = 2_000

export function createWeather(slack: SlackDouble, random: Random): Weather {
  const over = new AbortController()
  let [faults, refreshes] = [0, 0]
  const one = <T>(list: readonly [T, ...T[]] | readonly T[]): T => list[Math.floor(random() * list.length)]!

  const storm = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const fault = { method: random() < 0.8 ? one(methods) : one(lookUps), ...one(kinds) }
      faults += fault.times ?? 1
      slack.fault(fault)
      slack.historyLagMs(between(random, 0, mostLagMs))
      await sleep(between(random, 0, mostPauseMs))
    }
  }
  const refresh = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await sleep(refreshMs)
      refreshes++
      slack.refresh()
    }
  }
  void Promise.all([storm(), refresh()])
  return { calmDown: () => over.abort(), counts: () => ({ faults, refreshes }) }
}
