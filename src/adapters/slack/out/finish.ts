import { faultOf, messageOf } from '../../../errors.ts'
import type { Delivery, Post } from '../../../message.ts'
import { languageOf } from '../../../words.ts'
import { slackWords } from '../../../words-slack.ts'
import { buttonBlocks } from './buttons.ts'
import { contentOf, mentionBlocks, metadataOf, type Format } from './content.ts'
import {
  draftEvent,
  postEvent,
  sourceOf,
  type Installations,
  type SlackAnswer,
  type SlackApi,
} from '../contract.ts'
import { deliveryOf } from './delivery-faults.ts'
import { isOlder } from './drafts.ts'
import { search, type PastMessage } from './history.ts'
import type { Shown } from './stream.ts'

/** Drafts of which the ts is known. */
export type Standing = Exclude<Shown, { kind: 'lost' }>

type Failed = Extract<Delivery, { kind: 'failed' }>

type Parts = {
  readonly api: SlackApi
  readonly installations: Pick<Installations, 'of'>
  readonly format: Format
  readonly startedAtMs: number
}

export type Finisher = {
  /**
   * The draft that the answer is to take the place of; looked for in the thread where it may be left of a crash. Where that
   * cannot be done just now nothing is to be posted: it could stand there twice.
   */
  readonly standing: (
    post: Post,
    shown: Shown | undefined,
    signal: AbortSignal,
  ) => Promise<Standing | Failed | undefined>
  /** Makes a draft the answer; undefined where that cannot be, and nothing was done: the answer is posted anew. */
  readonly finish: (post: Post, draft: Standing, signal: AbortSignal) => Promise<Delivery | undefined>
  /** Says below a draft that it was not finished: its answer stands elsewhere. What it returns may work later. */
  readonly abandon: (post: Post, draft: Standing, signal: AbortSignal) => Promise<Failed | undefined>
}

/** After these the same may work later: the draft is left as it is. */
const passing: ReadonlySet<string> = new Set([
  'ratelimited',
  'service_unavailable',
  'fatal_error',
  'internal_error',
  'streaming_state_conflict',
  'invalid_auth',
  'token_revoked',
  'token_expired',
  'account_inactive',
])

/** Makes the drafts that people see into the answers that they were waiting for. */
export function createFinisher({ api, installations, format, startedAtMs }: Parts): Finisher {
  const callFor =
    ({ address }: Post, { ts }: Standing, signal: AbortSignal) =>
    (method: string, args: Readonly<Record<string, unknown>>): Promise<SlackAnswer> =>
      api.call(method, { channel: address.channel, ts, ...args }, { account: address.account, signal })

  /** Ends the stream with what is missing of the text; undefined where the stream had ended. */
  const stop = async (post: Post, draft: Standing, signal: AbortSignal): Promise<Delivery | undefined> => {
    const { reply, address, key } = post
    if (draft.kind !== 'stream' || draft.text === undefined) return undefined
    const whole = format.streamedText(reply.text)
    if (!whole.startsWith(draft.text)) return undefined
    const rest = whole.slice(draft.text.length)
    const blocks = [...mentionBlocks(reply), ...buttonBlocks(reply, { thread: address.thread, key })]
    const answer = await callFor(
      post,
      draft,
      signal,
    )('chat.stopStream', {
      ...(rest === '' ? {} : { markdown_text: rest }),
      ...(blocks.length === 0 ? {} : { blocks }),
      metadata: metadataOf(key),
      session_status: 'active',
    })
    if (answer.kind === 'error' && !passing.has(answer.error)) return undefined
    return deliveryOf(answer.kind === 'ok' ? { kind: 'ok', data: { ts: draft.ts } } : answer)
  }

  /** Puts all of the answer in the place of the draft. Done twice it is there once. */
  const rewrite = async (post: Post, draft: Standing, signal: AbortSignal): Promise<Delivery | undefined> => {
    const call = callFor(post, draft, signal)
    const whole = { ...contentOf(post, format), metadata: metadataOf(post.key) }
    let answer = await call('chat.update', whole)
    // An open stream cannot be edited.
    if (answer.kind === 'error' && answer.error === 'streaming_state_conflict') {
      await call('chat.stopStream', {})
      answer = await call('chat.update', whole)
    }
    if (answer.kind !== 'error' || passing.has(answer.error)) return deliveryOf(answer)
    // An open stream cannot be deleted.
    await call('chat.stopStream', {})
    const gone = await call('chat.delete', {})
    return gone.kind === 'ok' ? undefined : passes(gone)
  }

  /** The newest draft of a message that an earlier life of the program left: one that names it, or has no name. */
  const leftover = async (post: Post, signal: AbortSignal): Promise<Standing | Failed | undefined> => {
    const { address, answers } = post
    const source = sourceOf(answers ?? '')
    if (source?.kind !== 'written' || address.thread === undefined) return undefined
    const { ts: after } = source
    // Without it what stands there would be left standing beside the answer.
    const ours = await installations.of(address.account, signal).catch((error: unknown): Failed => {
      const fault = signal.aborted ? 'network' : faultOf(error)
      return { kind: 'failed', fault, why: messageOf(error) }
    })
    if ('kind' in ours) return ours
    const isLeft = ({ ts, user, bot_id, metadata, files }: PastMessage): boolean => {
      if (Number(ts) <= Number(after) || (user !== ours.botUserId && bot_id !== ours.botId)) return false
      if (metadata?.event_type === draftEvent) return metadata.event_payload['answers'] === answers
      return metadata?.event_type !== postEvent && (files ?? []).length === 0
    }
    let newest: PastMessage | undefined
    const found = await search(api, address, { oldest: after, signal }, (past) => {
      // One above it was for a question before this one, which was taken back.
      if (isLeft(past) && Number(past.ts) > Number(newest?.ts ?? 0)) newest = past
      return undefined
    })
    if (found.kind === 'unknown')
      return passes(found.error === undefined ? found : { kind: 'error', error: found.error })
    if (newest === undefined) return undefined
    const { ts, text = '' } = newest
    return { kind: 'message', ts, text }
  }

  return {
    standing: async (post, shown, signal) => {
      if (shown !== undefined && shown.kind !== 'lost') return shown
      // The first part of an answer has taken it, if there was one.
      if (post.answers === null || /#(?!1$)\d+$/u.test(post.key)) return undefined
      return shown !== undefined || isOlder(post.answers, startedAtMs) ? leftover(post, signal) : undefined
    },
    finish: async (post, draft, signal) =>
      (await stop(post, draft, signal)) ?? (await rewrite(post, draft, signal)),
    abandon: async (post, draft, signal) => {
      const call = callFor(post, draft, signal)
      const { cutShort } = slackWords[languageOf(draft.text ?? '')]
      const metadata = metadataOf(`${post.key}/cut`)
      const note = { type: 'context', elements: [{ type: 'plain_text', text: cutShort }] }
      // What an earlier life left may be a stream that is still open.
      const answer = await call('chat.stopStream', { blocks: [note], metadata })
      if (answer.kind === 'ok') return undefined
      const failed = passes(answer)
      if (failed !== undefined || draft.text === undefined) return failed
      const text = draft.text ? [{ type: 'markdown', text: draft.text }] : []
      const edited = await call('chat.update', { text: cutShort, blocks: [...text, note], metadata })
      return edited.kind === 'ok' ? undefined : passes(edited)
    },
  }
}

/** What could not be done before a post, and may work later: nothing of the post is there. Undefined where it never will. */
function passes(
  answer:
    { readonly kind: 'error'; readonly error: string } | { readonly kind: string; readonly why: string },
): Failed | undefined {
  if (!('error' in answer)) return { kind: 'failed', fault: 'network', why: answer.why }
  const delivery = passing.has(answer.error) ? deliveryOf({ ...answer, kind: 'error' }) : undefined
  return delivery?.kind === 'failed' ? delivery : undefined
}
