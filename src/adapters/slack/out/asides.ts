import type { Delivery, Post, ReplyStatus } from '../../../message.ts'
import { languageOf } from '../../../words.ts'
import { slackWords } from '../../../words-slack.ts'
import { metadataOf, postFitting, type Format } from './content.ts'
import { sourceOf, type ReplyUrls, type SlackAnswer, type SlackApi } from '../contract.ts'
import { deliveryOf } from './delivery-faults.ts'
import { directChannel, userOf } from './direct.ts'

type Parts = {
  readonly api: SlackApi
  readonly urls: Pick<ReplyUrls, 'of'>
  readonly format: Format
}

/** Nobody but the asker needs to read these where others read along. */
const quiet: ReadonlySet<ReplyStatus> = new Set(['failed', 'misused', 'refused'])

/** Where Slack shows nothing to one person alone: they are written to directly. */
const elsewhere: ReadonlySet<string> = new Set([
  'user_not_in_channel',
  'not_in_channel',
  'channel_not_found',
  'is_archived',
])

/**
 * True for what its asker alone is shown, in a shared place: what went wrong, what is said aside, and what answers a slash
 * command or stands outside of threads. Slack keeps nothing of it that could be looked up.
 */
export function isAside({ address, answers, asker, reply }: Post): boolean {
  if (answers === null) return false
  if (sourceOf(answers)?.kind === 'command') return true
  if (!/^[CG]/u.test(address.channel) || asker === undefined || !/^[UW]/u.test(userOf(asker))) return false
  return address.thread === undefined || reply.aside === true || quiet.has(reply.status)
}

/** Sends a reply to its asker alone: where it was asked, else in their direct messages. */
export async function sendAside(
  post: Post,
  { api, urls, format }: Parts,
  signal: AbortSignal,
): Promise<Delivery> {
  const { address, answers, asker, key } = post
  const { account, channel, thread: thread_ts } = address
  const options = { account, signal }

  const url = answers === null ? undefined : urls.of(answers)
  if (url !== undefined) {
    const to = { response_type: 'ephemeral', replace_original: false }
    const answer = await postFitting(
      (content) => api.respond(url, { ...to, ...content }, signal),
      post,
      format,
    )
    // A URL may be used up, or too old.
    if (answer.kind !== 'error') return deliveryOf(answer)
  }
  if (asker === undefined)
    return {
      kind: 'failed',
      fault: 'missing',
      why: 'Slack does not take the answer to this command any more',
    }
  const user = userOf(asker)
  const isCommand = sourceOf(answers ?? '')?.kind === 'command'
  if (/^[CG]/u.test(channel) && !isCommand) {
    const answer = await postFitting(
      (content) => api.call('chat.postEphemeral', { channel, user, thread_ts, ...content }, options),
      post,
      format,
    )
    if (answer.kind !== 'error' || !elsewhere.has(answer.error)) return withoutRef(answer)
  }
  const direct = await directChannel(api, account, user, signal)
  if (typeof direct !== 'string') return deliveryOf(direct)
  const more = { channel: direct, unfurl_links: false, unfurl_media: false, metadata: metadataOf(key) }
  // There nothing else tells what it answers.
  const { late } = slackWords[languageOf(post.reply.text)]
  const text = isCommand ? `${late}\n\n${post.reply.text}` : post.reply.text
  return deliveryOf(
    await postFitting(
      (content) => api.call('chat.postMessage', { ...more, ...content }, options),
      { ...post, reply: { ...post.reply, text } },
      format,
    ),
  )
}

/** What only one person sees has no ts that anything could be done with. */
function withoutRef(answer: SlackAnswer): Delivery {
  return deliveryOf(answer.kind === 'ok' ? { kind: 'ok', data: {} } : answer)
}
