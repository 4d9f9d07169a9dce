/** What a platform took. `ts` is its own name for it: seconds, and a number behind the milliseconds. */
export type Held = {
  readonly key: string
  readonly channel: string
  readonly thread?: string | undefined
  readonly text: string
  readonly ts: string
  readonly takenAtMs: number
  /** The history shows it from then on. */
  readonly shownAtMs: number
}

const mostOnPage = 100

/**
 * One page of what a channel holds, newest first, of what came after `oldest` (seconds). A `cursor` leads to the next
 * page. Metadata comes along where it is asked for.
 */
export function listHistory(held: readonly Held[], asked: URLSearchParams, nowMs: number): object {
  const oldest = Number(asked.get('oldest') ?? 0)
  const limit = Math.min(Math.max(Number(asked.get('limit') ?? mostOnPage), 1), mostOnPage)
  const from = Number(asked.get('cursor') ?? 0)
  const withMetadata = asked.get('include_all_metadata') === 'true'
  const found = held
    .filter(({ channel, ts }) => channel === asked.get('channel') && Number(ts) > oldest)
    .filter(({ shownAtMs }) => shownAtMs <= nowMs)
    .toReversed()
  const messages = found.slice(from, from + limit).map(({ key, text, ts, thread }) => ({
    ts,
    text,
    thread,
    ...(withMetadata ? { metadata: { key } } : {}),
  }))
  const more = from + limit < found.length ? { cursor: String(from + limit) } : {}
  return { ok: true, messages, ...more }
}
