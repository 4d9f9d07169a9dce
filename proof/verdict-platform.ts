import { addressKey } from '../src/message.ts'
import type { Held } from './platform-history.ts'
import type { Rows } from './rows.ts'
import { atMostOne, doubled, exactlyOne, keyOf, lost, nameOf, type Breach } from './verdict.ts'

/**
 * What a platform holds, against what Moltbot has written down of it: each run that ended well has its one post there,
 * nothing else is there, what is called sent is what is there, and each place got its posts in their order.
 */
export function platformBreaches(adapter: string, held: readonly Held[], rows: Rows): Breach[] {
  const runs = rows.runs.filter(({ address }) => address.adapter === adapter)
  const posts = rows.outbox.filter(({ lane }) => lane.startsWith(`${adapter}/`))
  const taken = Map.groupBy(held, ({ key }) => key)
  const countOf = (key: string): number => taken.get(key)?.length ?? 0
  const keys = new Set(runs.map(keyOf))
  return [
    ...runs.flatMap((run) => {
      const what = `post on the platform of the run ${nameOf(run)}, ${run.state}`
      if (run.state === 'succeeded' || run.state === 'dead') return exactlyOne(countOf(keyOf(run)), what)
      if (run.state === 'failed') return atMostOne(countOf(keyOf(run)), what)
      return countOf(keyOf(run)) === 0 ? [] : [doubled(what)]
    }),
    ...[...taken.keys()]
      .filter((key) => !keys.has(key))
      .map((key) => doubled(`on the platform, of no run: ${key}`)),
    ...posts.flatMap(({ key, state, ref }) => {
      if (state !== 'sent') return [lost(`the post ${key} ended ${state}`)]
      const isThere = taken.get(key)?.some(({ ts }) => ts === ref) ?? false
      return isThere ? [] : [lost(`the post ${key} is called sent as ${ref}, which is not there`)]
    }),
    ...disorder(adapter, held, rows),
  ]
}

function disorder(adapter: string, held: readonly Held[], { outbox }: Rows): Breach[] {
  const position = new Map(outbox.map(({ key, id }) => [key, id]))
  const newest = new Map<string, number>()
  return held.flatMap(({ key, channel, thread }): Breach[] => {
    const where = { adapter, account: '', channel, ...(thread === undefined ? {} : { thread }) }
    const lane = addressKey(where)
    const [before, at] = [newest.get(lane) ?? 0, position.get(key)]
    if (at === undefined) return []
    newest.set(lane, Math.max(before, at))
    return at < before
      ? [{ kind: 'outOfOrder', what: `on the platform, ${lane}: ${at} after ${before}` }]
      : []
  })
}
