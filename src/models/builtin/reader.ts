import type { Moment } from '../../command.ts'
import type { Proposal } from '../../task.ts'
import type { FindWhen } from './find-when.ts'
import { readDigest } from './reader-digest.ts'
import { readOrder } from './reader-orders.ts'
import { bareText, foldReader, isQuotation, stripPoliteness } from './reader-polite.ts'
import { readRemind } from './reader-remind.ts'

/** A longer text is a story, not an order. */
const maxChars = 1000

/**
 * Makes the reader of plain instructions in English and Chinese. It proposes a command only where the whole text
 * asks for exactly that; for questions, negations, conditions, quotations, several orders in one, and all it does not
 * know, the result is undefined. It never throws.
 */
export function createReader(findWhen: FindWhen): (text: string, moment: Moment) => Proposal | undefined {
  return (text, moment) => {
    const trimmed = text.trim()
    if (trimmed === '' || trimmed.length > maxChars || isQuotation(trimmed)) return undefined
    if (trimmed.split(/\n\s*/).length > 3) return undefined
    const plain = stripPoliteness(trimmed)
    return (
      readOrder(foldReader(bareText(trimmed))) ??
      readOrder(foldReader(bareText(plain).replace(/ for me$/i, ''))) ??
      readRemind(plain, moment, findWhen) ??
      readDigest(plain, moment, findWhen)
    )
  }
}
