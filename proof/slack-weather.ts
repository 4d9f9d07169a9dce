import { setTimeout as sleep } from 'node:timers/promises'
import { between, type Random } from './random.ts'
import type { SlackDouble } from './slack-crowd.ts'

/** How Slack is while the proof runs: it breaks calls, refuses for now, and asks for new sockets every second. */
export type Weather = {
  readonly calmDown: () => void
  readonly counts: () => { readonly faults: number; readonly refreshes: number }
}

type Fault = Parameters<SlackDouble['fault']>[0]

/** What posts, weighted, what asks, and what is done besides. */
const methods = [
  'chat.postMessage',
  'chat.postMessage',
  'chat.postMessage',
  'chat.startStream',
  'chat.appendStream',
  'chat.stopStream',
  'chat.stopStream',
  'chat.update',
  'chat.delete',
  'chat.postEphemeral',
  'conversations.replies',
  'conversations.replies',
  'conversations.history',
  'assistant.threads.setStatus',
  'agents.sessions.setStatus',
  'users.info',
] as const
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
const mostPauseMs = 200
const refreshMs = 1_000
const mostLagMs = 2_000

export function createWeather(slack: SlackDouble, random: Random): Weather {
  const over = new AbortController()
  let [faults, refreshes] = [0, 0]
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!

  /** The method's calls at the last fault, and how many that was for: they do not pile up. */
  const given = new Map<string, number>()

  const storm = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await sleep(between(random, 0, mostPauseMs))
      const [method, kind] = [one(methods), one(kinds)]
      slack.historyLagMs(between(random, 0, mostLagMs))
      const calls = slack.calls(method).length
      if (over.signal.aborted || calls < (given.get(method) ?? 0)) continue
      const times = kind.times ?? 1
      given.set(method, calls + times)
      faults += times
      slack.fault({ method, ...kind })
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
