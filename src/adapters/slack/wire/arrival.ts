import { z } from 'zod'

/** Something that Slack sent, as it came; `body` is not read yet. */
export type Arrival = {
  readonly body: unknown
  /** The how-manieth time it is sent again, and why, as Slack says. */
  readonly retryNum?: number | undefined
  readonly retryReason?: string | undefined
}

/**
 * Takes in what Slack sent. Resolves once what must last is durable, with the body of the acknowledgement, where it has
 * one. After a rejection it must not be acknowledged, so that Slack sends it again.
 */
export type Dispatch = (arrival: Arrival) => Promise<Readonly<Record<string, unknown>> | undefined>

/** Told when Slack holds back events for a minute, which begins at `minuteMs` (Unix milliseconds), because there were too many. */
export type OnRateLimited = (minuteMs: number) => void

const rateLimitedSchema = z.object({
  type: z.literal('app_rate_limited'),
  minute_rate_limited: z.number(),
})

/**
 * The minute of an `app_rate_limited`; undefined for anything else. It has no inner event, so it is no arrival
 * (docs.slack.dev/reference/events/app_rate_limited).
 */
export function rateLimitedMinuteMs(body: unknown): number | undefined {
  const { data } = rateLimitedSchema.safeParse(body)
  return data === undefined ? undefined : data.minute_rate_limited * 1_000
}
