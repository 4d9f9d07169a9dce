import { faultOf, type Fault } from '../errors.ts'
import type { BudgetParts } from './budget.ts'

type Books = Pick<BudgetParts, 'open' | 'settle'>
type Ended = Parameters<Books['settle']>

/** The faults that pass, so that it is worth to try again; any other says that the row itself is wrong. */
const passing: ReadonlySet<Fault> = new Set(['disk-full', 'read-only', 'in-use', 'corrupt', 'cancelled'])

/**
 * The books, with a memory for ends of calls that could not be written: they are written with the next row that works,
 * the oldest first. It holds `most` of them, by default 10,000; what comes beyond that is lost.
 */
export function keepingUp({ open, settle }: Books, most = 10_000): Books {
  const unwritten: Ended[] = []
  let isTrying = false

  const keep = (ended: Ended): void => void (unwritten.length < most && unwritten.push(ended))
  const write = async (ended: Ended): Promise<'written' | 'waits' | 'lost'> => {
    try {
      await settle(...ended)
      return 'written'
    } catch (error) {
      return passing.has(faultOf(error)) ? 'waits' : 'lost'
    }
  }
  /** Tries the oldest alone, and the others once that has worked: a full disk is not asked for each. */
  const catchUp = async (): Promise<void> => {
    const first = unwritten[0]
    if (first === undefined || isTrying) return
    isTrying = true
    const became = await write(first)
    if (became !== 'waits') unwritten.shift()
    if (became === 'written') {
      const rest = unwritten.splice(0)
      const done = await Promise.all(rest.map(write))
      for (const [i, ended] of rest.entries()) if (done[i] === 'waits') keep(ended)
    }
    isTrying = false
  }
  return {
    open: (call) => {
      void catchUp()
      return open(call)
    },
    settle: async (...ended) => {
      void catchUp()
      try {
        return await settle(...ended)
      } catch (error) {
        keep(ended)
        throw error
      }
    },
  }
}
