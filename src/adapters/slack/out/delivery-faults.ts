import type { Fault } from '../../../errors.ts'
import type { Delivery } from '../../../message.ts'
import { slackDeliveryWords, type SlackDeliveryWords } from '../../../words-slack-deliveries.ts'
import { inBoth } from '../../../words.ts'
import type { SlackAnswer } from '../contract.ts'

/** What an error means for a post. `doubtful`: Slack says that it may have been done all the same. */
type Meaning = { readonly fault: Fault; readonly why: Exclude<keyof SlackDeliveryWords, 'said'> } | 'doubtful'

/** https://docs.slack.dev/reference/methods/chat.postMessage#errors, and what its neighbours say besides. */
const meanings: Readonly<Record<string, Meaning>> = {
  ratelimited: { fault: 'rate-limit', why: 'pause' },
  rate_limited: { fault: 'rate-limit', why: 'pause' },
  message_limit_exceeded: { fault: 'refused', why: 'full' },
  // "It's possible some aspect of the operation succeeded before the error was raised."
  fatal_error: 'doubtful',
  internal_error: 'doubtful',
  service_unavailable: { fault: 'overloaded', why: 'later' },
  team_added_to_org: { fault: 'overloaded', why: 'moving' },
  org_login_required: { fault: 'overloaded', why: 'moving' },
  streaming_state_conflict: { fault: 'overloaded', why: 'draftOpen' },
  request_timeout: { fault: 'network', why: 'cut' },
  invalid_auth: { fault: 'bad-key', why: 'key' },
  not_authed: { fault: 'bad-key', why: 'key' },
  account_inactive: { fault: 'bad-key', why: 'key' },
  token_revoked: { fault: 'bad-key', why: 'key' },
  token_expired: { fault: 'bad-key', why: 'key' },
  missing_scope: {
    fault: 'refused',
    why: 'scope',
  },
  no_permission: { fault: 'refused', why: 'mayNot' },
  channel_not_found: { fault: 'missing', why: 'notHere' },
  not_in_channel: { fault: 'missing', why: 'notHere' },
  is_archived: { fault: 'missing', why: 'archived' },
  restricted_action: { fault: 'refused', why: 'mayNot' },
  restricted_action_read_only_channel: { fault: 'refused', why: 'mayNot' },
  restricted_action_thread_only_channel: { fault: 'refused', why: 'mayNot' },
  restricted_action_non_threadable_channel: { fault: 'refused', why: 'mayNot' },
  restricted_action_thread_locked: { fault: 'refused', why: 'locked' },
  ekm_access_denied: { fault: 'refused', why: 'mayNot' },
  team_access_not_granted: { fault: 'refused', why: 'mayNot' },
  cannot_dm_bot: { fault: 'refused', why: 'nobody' },
  user_disabled: { fault: 'missing', why: 'nobody' },
  user_not_found: { fault: 'missing', why: 'nobody' },
  users_not_found: { fault: 'missing', why: 'nobody' },
  user_not_visible: { fault: 'missing', why: 'nobody' },
  user_not_in_channel: { fault: 'missing', why: 'notInside' },
  messages_tab_disabled: {
    fault: 'refused',
    why: 'noDirect',
  },
  msg_too_long: { fault: 'too-long', why: 'long' },
  msg_blocks_too_long: { fault: 'too-long', why: 'long' },
  invalid_blocks: { fault: 'bad-request', why: 'unshown' },
  file_uploads_disabled: { fault: 'refused', why: 'noFiles' },
  storage_limit_reached: { fault: 'refused', why: 'noRoom' },
}

/** After these errors the same words may be taken without blocks. */
export const blockErrors: ReadonlySet<string> = new Set([
  'msg_too_long',
  'msg_blocks_too_long',
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_attachments',
])
/** The thread that was answered in is gone; its channel may still be there. */
export const threadErrors: ReadonlySet<string> = new Set([
  'thread_not_found',
  'cannot_reply_to_message',
  'invalid_thread_ts',
])

/** What became of a post by Slack's answer. `ref` is the ts of the message, where the answer holds one. */
export function deliveryOf(answer: SlackAnswer): Delivery {
  switch (answer.kind) {
    case 'ok': {
      const { ts } = answer.data
      return typeof ts === 'string' ? { kind: 'sent', ref: ts } : { kind: 'sent' }
    }
    case 'unclear':
      return { kind: 'unknown', why: answer.why }
    case 'unreached':
      return { kind: 'failed', fault: 'network', why: answer.why }
    case 'error': {
      const { error, retryAfterMs } = answer
      const meaning = Object.hasOwn(meanings, error) ? meanings[error] : undefined
      if (meaning === 'doubtful') return { kind: 'unknown', why: `Slack said ${error}` }
      const { fault, why }: Exclude<Meaning, 'doubtful'> = meaning ?? { fault: 'refused', why: 'notTaken' }
      const says = inBoth(slackDeliveryWords, (words) => words.said(words[why], error))
      return {
        kind: 'failed',
        fault,
        why: says.en,
        says,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      }
    }
  }
}
