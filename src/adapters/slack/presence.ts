import { faultOf, messageOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { SlackAnswer } from './contract.ts'

/** Whether Slack can be reached and knows us. */
export type Presence = {
  /** Begins to find out who we are; waits for nothing, and goes on until Slack has said it. */
  readonly begin: () => void
  /** Takes in what came of a call: where Slack was not reached, it is asked again and again until it is. */
  readonly note: (answer: Pick<SlackAnswer, 'kind'>) => void
  /** Slack leaves events out for the minute that begins at this instant, Unix milliseconds. */
  readonly rateLimited: (minuteMs: number) => void
  /** What is wrong just now, in a sentence. */
  readonly trouble: () => string | undefined
}

type Parts = {
  /** Learns who we are. Throws a FaultError where that is not known, or Slack is not reached. */
  readonly learn: (signal: AbortSignal) => Promise<void>
  /** Asks Slack for nothing but a sign of life. */
  readonly probe: (signal: AbortSignal) => Promise<Pick<SlackAnswer, 'kind'>>
  /** Called once we know who we are. */
  readonly onKnown: () => void
  readonly signal: AbortSignal
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Log
}

const firstWaitMs = 1_000
const mostWaitMs = 60_000
/** Slack counts the events of a minute (docs.slack.dev/reference/events/app_rate_limited). */
const minuteMs = 60_000

export function createPresence(parts: Parts): Presence {
  const { learn, probe, onKnown, signal, now, sleep, log } = parts
  let isAsking = false
  let wrong: string | undefined
  let limitedUntilMs = 0

  /** Asks until it is answered. Tells the log of the beginning and of the end of a trouble, and of nothing between. */
  const ask = async (once: () => Promise<void>): Promise<void> => {
    if (isAsking) return
    isAsking = true
    for (let waitMs = firstWaitMs; !signal.aborted; waitMs = Math.min(2 * waitMs, mostWaitMs)) {
      try {
        await once()
        if (wrong !== undefined) log.info('Slack can be reached again')
        wrong = undefined
        break
      } catch (error) {
        if (wrong === undefined) log.error({ fault: faultOf(error), err: error }, messageOf(error))
        wrong = messageOf(error)
        await sleep(waitMs, signal).catch(() => undefined)
      }
    }
    isAsking = false
  }

  return {
    begin: () => {
      void ask(async () => {
        await learn(signal)
        onKnown()
      })
    },
    note: ({ kind }) => {
      if (kind !== 'unreached' || signal.aborted) return
      void ask(async () => {
        if ((await probe(signal)).kind === 'unreached') throw new Error('Slack cannot be reached')
      })
    },
    rateLimited: (minute) => {
      if (now() >= limitedUntilMs)
        log.warn({ fault: 'rate-limit' }, 'Slack leaves out events: there were too many within an hour')
      limitedUntilMs = Math.min(minute, now()) + 2 * minuteMs
    },
    trouble: () =>
      wrong ??
      (now() < limitedUntilMs
        ? 'Slack leaves out events just now: there were too many within an hour'
        : undefined),
  }
}
