import { withinTime } from './abort.ts'
import type { Adapter } from './adapter.ts'
import { messageOf } from './errors.ts'

/** An adapter that has not answered for so long does not answer any more, in milliseconds. */
const mostAnswerMs = 5 * 60_000

/**
 * An adapter that always answers what it is asked in sending: one that throws, or is silent for five minutes, is taken
 * not to know what became of the post. So no address waits for ever behind a post that nobody answers for.
 */
export function answering(
  adapter: Adapter,
  sleep: (ms: number, signal: AbortSignal) => Promise<void>,
): Adapter {
  const { afterCut } = adapter
  const within = <T>(
    begin: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
    without: (why: string) => T,
  ): Promise<T> =>
    withinTime(begin, { mostMs: mostAnswerMs, signal, sleep }).catch((error: unknown) =>
      without(messageOf(error)),
    )
  return {
    ...adapter,
    send: (post, signal) =>
      within(
        (until) => adapter.send(post, until),
        signal,
        (why) =>
          afterCut === 'resend' ? { kind: 'failed', fault: 'timeout', why } : { kind: 'unknown', why },
      ),
    ...(typeof afterCut === 'string'
      ? {}
      : {
          afterCut: {
            graceMs: afterCut.graceMs,
            find: (post, sinceMs, signal) =>
              within(
                (until) => afterCut.find(post, sinceMs, until),
                signal,
                (why) => ({ kind: 'unknown', why }),
              ),
          },
        }),
  }
}
