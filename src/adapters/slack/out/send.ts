import type { Adapter, LookUp } from '../../../adapter.ts'
import { messageOf } from '../../../errors.ts'
import type { Log } from '../../../log.ts'
import type { Delivery, Message, Post, Reply, Revision } from '../../../message.ts'
import { isAside, sendAside } from './asides.ts'
import { metadataOf, postFitting, type Format } from './content.ts'
import type { Installations, ReplyUrls, SlackAnswer, SlackApi } from '../contract.ts'
import { deliveryOf, threadErrors } from './delivery-faults.ts'
import { directChannel, userOf } from './direct.ts'
import type { Drafts } from './drafts.ts'
import { createFind } from './find.ts'
import { createFinisher } from './finish.ts'
import { createQuestions } from './questions.ts'
import { uploadFile } from './upload.ts'

/** How posts go out to Slack, and are asked for. */
export type Sender = {
  readonly send: Adapter['send']
  readonly find: LookUp['find']
  /** Its author took a message back: what stands there of its answer goes as soon as Slack lets it. */
  readonly drop: (message: Pick<Revision, 'id' | 'address'>) => void
}

type Parts = {
  readonly api: SlackApi
  readonly installations: Pick<Installations, 'of'>
  readonly drafts: Pick<Drafts, 'of' | 'settled' | 'drop'>
  readonly urls: Pick<ReplyUrls, 'of'>
  readonly format: Format
  /** The way out for the bytes of files. */
  readonly fetch: typeof fetch
  /** A message that came in, where it is still known. */
  readonly messageOf: (messageId: string) => Pick<Message, 'text'> | undefined
  /** When this life of the program began: what was written before may have a draft that was left. */
  readonly startedAtMs: number
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** Aborted when Slack is let go. */
  readonly signal: AbortSignal
  readonly log: Log
}

/** Sends each post once, in one operation that Slack has done, has not done, or can be asked for. Nothing is tried again. */
export function createSender(parts: Parts): Sender {
  const { api, drafts, format, log } = parts
  const finisher = createFinisher(parts)
  const questions = createQuestions(parts)

  /** Posts it anew. Where its thread is gone, it stands in the channel. */
  const postAnew = async (post: Post, signal: AbortSignal): Promise<Delivery> => {
    const { account, channel: named, thread } = post.address
    const channel = await directChannel(api, account, named, signal)
    if (typeof channel !== 'string') return deliveryOf(channel)
    const more = { channel, metadata: metadataOf(post.key), unfurl_links: false, unfurl_media: false }
    const postIn = (thread_ts: string | undefined): Promise<SlackAnswer> =>
      postFitting(
        (content) => api.call('chat.postMessage', { ...more, thread_ts, ...content }, { account, signal }),
        post,
        format,
      )
    const answer = await postIn(thread)
    const isThreadGone = answer.kind === 'error' && threadErrors.has(answer.error)
    return deliveryOf(isThreadGone ? await postIn(undefined) : answer)
  }

  const deliver = async (post: Post, signal: AbortSignal): Promise<Delivery> => {
    const { answers, reply } = post
    const shown = answers === null ? undefined : await drafts.of(answers, post.address)
    const draft = await finisher.standing(post, shown, signal)
    if (draft?.kind === 'failed') return draft
    const isPlain = !isAside(post) && reply.file === undefined && !isSilent(reply)
    if (draft !== undefined && isPlain) {
      const finished = await finisher.finish(post, draft, signal)
      if (finished !== undefined) return finished
    }
    // First: nobody knows of it any more once the answer has gone elsewhere.
    const failed = draft === undefined || isPlain ? undefined : await finisher.abandon(post, draft, signal)
    if (failed !== undefined) return failed
    return isPlain ? postAnew(post, signal) : deliverElse(post, signal)
  }

  /** What no draft can become. */
  const deliverElse = async (post: Post, signal: AbortSignal): Promise<Delivery> => {
    const { reply, asker } = post
    if (reply.file === undefined) {
      if (isSilent(reply)) return { kind: 'sent' }
      return sendAside(post, parts, signal)
    }
    // A file cannot be shown to one person in a channel: it goes to their direct messages.
    const isTheirs = isAside(post) && asker !== undefined
    const to = isTheirs ? directTo(post, asker) : post
    return uploadFile(to, reply.file, { ...parts, escape: format.escape }, signal)
  }

  /** Takes in what became of a post: what stands around it goes. */
  const settle = (post: Post, kind: Delivery['kind'], ref: string | undefined): void => {
    drafts.settled(post, kind)
    if (kind === 'sent') questions.posted(post, ref).catch(buttonsStay(post.key))
  }

  const buttonsStay =
    (of: string) =>
    (error: unknown): void =>
      log.debug({ err: error, of }, 'the buttons of a question stay')

  const find = createFind(api)
  return {
    send: async (post, signal) => {
      // Slack's own errors are answers: what is thrown was thrown before anything was sent.
      const delivery = await deliver(post, signal).catch((error: unknown): Delivery => {
        log.error({ err: error, post: post.key }, 'a post could not be made')
        return { kind: 'failed', fault: 'internal', why: messageOf(error) }
      })
      settle(post, delivery.kind, delivery.kind === 'sent' ? delivery.ref : undefined)
      return delivery
    },
    find: async (post, sinceMs, signal) => {
      const found = await find(post, sinceMs, signal)
      if (found.kind === 'absent') return found
      if (found.kind === 'there') settle(post, 'sent', found.ref)
      else settle(post, 'unknown', undefined)
      // Where nobody can tell, it is not sent again, and a draft of it would wait for ever: it is asked for until that is gone.
      const draft = isAside(post) ? await finisher.standing(post, undefined, signal) : undefined
      const left = draft?.kind === 'failed' ? draft : draft && (await finisher.abandon(post, draft, signal))
      if (left !== undefined) return { kind: 'unknown', why: `its draft still stands there: ${left.why}` }
      return found
    },
    drop: (message) => {
      const { id, address } = message
      drafts
        .drop(id, address)
        .catch((error: unknown) => log.debug({ err: error, message: id }, 'a draft stays'))
      questions.withdrawn(message).catch(buttonsStay(id))
    },
  }
}

/** Nothing is posted of it: there is nothing to say, or it is said elsewhere. */
function isSilent({ text, isStopped }: Reply): boolean {
  return text === '' || isStopped === true
}

/** The same post to the asker's direct messages. */
function directTo({ address, ...post }: Post, asker: string): Post {
  const { adapter, account } = address
  return { ...post, address: { adapter, account, channel: userOf(asker) } }
}
