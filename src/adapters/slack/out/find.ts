import type { Found, LookUp } from '../../../adapter.ts'
import { isAside } from './asides.ts'
import { postEvent, type SlackApi } from '../contract.ts'
import { threadErrors } from './delivery-faults.ts'
import { search, tsOf, type PastMessage } from './history.ts'
import { fileNameOf } from './upload.ts'

/**
 * Asks Slack for a post by the key in its metadata or in the name of its file. A post that somebody has deleted since is
 * absent, and would be sent again: it is asked for within seconds of being sent. What one person alone is shown cannot be
 * asked for.
 */
export function createFind(api: SlackApi): LookUp['find'] {
  return async (post, sinceMs, signal): Promise<Found> => {
    if (isAside(post))
      return {
        kind: 'unknown',
        why: 'Slack does not tell what it showed to one person alone',
        isFinal: true,
      }
    const { key, address, reply } = post
    const fileName = reply.file === undefined ? undefined : fileNameOf(reply.file, key)
    const isIt = ({ metadata, files }: PastMessage): boolean =>
      fileName === undefined
        ? metadata?.event_type === postEvent && metadata.event_payload['key'] === key
        : files?.some(({ name }) => name === fileName) === true
    const within = { oldest: tsOf(sinceMs), signal }
    const pick = (past: PastMessage): string | undefined => (isIt(past) ? past.ts : undefined)
    let found = await search(api, address, within, pick)
    // Where its thread is gone a post stands in the channel.
    if (found.kind === 'unknown' && threadErrors.has(found.error ?? '')) {
      const { thread: _, ...channel } = address
      found = await search(api, channel, within, pick)
    }
    switch (found.kind) {
      case 'found':
        return { kind: 'there', ref: found.found }
      case 'none':
        return { kind: 'absent' }
      case 'unknown':
        return { kind: 'unknown', why: found.why }
    }
  }
}
