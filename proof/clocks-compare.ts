import { accepted, type Accepted, type Difference } from './clocks-accepted.ts'
import { iso, startsAround, type Case } from './clocks-cases.ts'
import type { Oracle } from './clocks-oracles.ts'

/** What an oracle says otherwise, and the class of differences that it is in, if it is in one. */
export type Compared = {
  readonly comparisons: number
  readonly differences: readonly { readonly what: string; readonly meant: Accepted | undefined }[]
}

/** What an oracle says of the cron lines around one change, walked through and asked at starts in the repeated hour. */
export async function compare(oracle: Oracle, cases: readonly Case[]): Promise<Compared> {
  const differences: { what: string; meant: Accepted | undefined }[] = []
  let comparisons = 0
  for (const { kind, change, schedule, fromMs, toMs, dueMs } of cases) {
    if (!('cron' in schedule)) continue
    const { cron } = schedule
    const note = (what: Difference['kind'], ours: readonly number[], theirs: readonly number[]): void => {
      comparisons++
      const isNew = (ms: number, i: number): boolean => !ours.includes(ms) || theirs.indexOf(ms) !== i
      const lostMs = ours.filter((ms) => !theirs.includes(ms)).map((ms) => ms - change.atMs)
      const moreMs = theirs.filter(isNew).map((ms) => ms - change.atMs)
      if (lostMs.length + moreMs.length === 0) return
      const difference: Difference = { oracle: oracle.name, kind: what, change, lostMs, moreMs }
      const meant = accepted.find((one) => one.oracle === oracle.name && one.isIt(difference))
      differences.push({ what: describe(difference, cron), meant })
    }
    note(kind, dueMs, await oracle.times(cron, change.zone, fromMs, toMs))
    // A program of its own for each question is too slow for more.
    if (kind !== 'overlap' || oracle.name === 'systemd') continue
    for (const startMs of startsAround(change)) {
      const theirs = await oracle.times(cron, change.zone, startMs, toMs)
      note('restart', dueMs.filter((ms) => ms > startMs).slice(0, 1), theirs.slice(0, 1))
    }
  }
  return { comparisons, differences }
}

function describe({ oracle, kind, change, lostMs, moreMs }: Difference, cron: string): string {
  const minutes = (all: readonly number[]): string => all.map((ms) => ms / 60_000).join(', ')
  const where = `${change.zone} ${cron} around ${iso(change.atMs)} (${kind})`
  return `${where}: ${oracle} lacks [${minutes(lostMs)}] and adds [${minutes(moreMs)}], minutes after the change`
}
