import { faultOf, messageOf, type Fault } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { SlackAnswer } from './contract.ts'

/** Whether Slack can be reached and knows us. */
export type Presence = {
  /** Asks Slack who we are, again and again until it has said it; waits for nothing. */
  readonly ask: () => void
  /** Resolves once we know who we are. */
  readonly known: Promise<void>
  /** Takes in what came of a call; where it may mean that Slack is gone, or does not know us any more, Slack is asked. */
  readonly note: (answer: SlackAnswer) => void
  /** Slack leaves events out for the minute that begins at this instant, Unix milliseconds. */
  readonly rateLimited: (minuteMs: number) => void
  /** What is wrong just now, in a sentence. */
  readonly trouble: () => string | undefined
}

type Parts = {
  /** Learns anew who we are. Throws a FaultError where that is not known, or Slack is not reached. */
  readonly learn: (signal: AbortSignal) => Promise<void>
  /** Called once we know who we are, and each time when we know it again. */
  readonly onKnown: () => void
  /** What we lack although Slack knows us, in a sentence. The log is told of it once. Default: nothing. */
  readonly lacking?: () => string | undefined
  readonly signal: AbortSignal
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Log
}

const firstWaitMs = 1_000
const mostWaitMs = 60_000
/** Slack counts the events of a minute (docs.slack.dev/reference/events/app_rate_limited). */
const minuteMs = 60_000
/** What any method may say of a token that is good no more (docs.slack.dev/reference/methods/chat.postMessage, errors). */
const deadToken: ReadonlySet<string> = new Set([
  'account_inactive',
  'invalid_auth',
  'not_authed',
  'token_expired',
  'token_revoked',
])

export function createPresence(parts: Parts): Presence {
  const { learn, onKnown, lacking, signal, now, sleep, log } = parts
  let isAsking = false
  let isKnown = false
  const known = Promise.withResolvers<void>()
  let wrong: { readonly fault: Fault; readonly why: string } | undefined
  let limitedUntilMs = 0
  let lacked: string | undefined

  /** Asks until it is answered. Tells the log of each change, and of nothing between. */
  const ask = async (): Promise<void> => {
    if (isAsking) return
    isAsking = true
    for (let waitMs = firstWaitMs; !signal.aborted; waitMs = Math.min(2 * waitMs, mostWaitMs)) {
      try {
        await learn(signal)
        if (wrong !== undefined) log.info('Slack can be reached again')
        if (wrong !== undefined || !isKnown) onKnown()
        isKnown = true
        known.resolve()
        wrong = undefined
        const lacks = lacking?.()
        if (lacks !== undefined && lacks !== lacked) log.warn({ fault: 'refused' }, lacks)
        lacked = lacks
        break
      } catch (error) {
        if (signal.aborted) break
        const [fault, why] = [faultOf(error), messageOf(error)]
        if (fault !== wrong?.fault) log.error({ fault, err: error }, why)
        wrong = { fault, why }
        await sleep(waitMs, signal).catch(() => undefined)
      }
    }
    isAsking = false
  }

  return {
    ask: () => void ask(),
    known: known.promise,
    note: (answer) => {
      if (answer.kind === 'ok' || (answer.kind === 'error' && !deadToken.has(answer.error))) return
      void ask()
    },
    rateLimited: (minute) => {
      if (now() >= limitedUntilMs)
        log.warn({ fault: 'rate-limit' }, 'Slack leaves out events: there were too many within an hour')
      limitedUntilMs = Math.min(minute, now()) + 2 * minuteMs
    },
    trouble: () =>
      wrong?.why ??
      (now() < limitedUntilMs
        ? 'Slack leaves out events just now: there were too many within an hour'
        : undefined),
  }
}
