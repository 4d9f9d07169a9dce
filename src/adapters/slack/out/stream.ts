import { draftEvent, type SlackAnswer, type SlackApi } from '../contract.ts'
import type { Features } from './features.ts'
import { clipped, type Block } from './buttons.ts'
import type { Address } from '../../../message.ts'

/**
 * What a draft left in its thread. `stream`: one that Slack may still hold open, with the text that people have seen of it;
 * undefined where nobody can tell. `message`: one that is edited. `lost`: it may be there, and its ts is not known.
 */
export type Shown =
  | { readonly kind: 'stream'; readonly ts: string; readonly text: string | undefined }
  | { readonly kind: 'message'; readonly ts: string; readonly text: string }
  | { readonly kind: 'lost' }

/** Writes one draft. Not to be called again before a call has resolved: Slack would show the pieces in any order. */
export type Writer = {
  /** Shows all of a growing text that can be shown for good. Never throws; what cannot be shown is left out. */
  readonly write: (text: string) => Promise<void>
  readonly shown: () => Shown | undefined
  /** How long to wait between two writes. */
  readonly everyMs: () => number
}

type Parts = {
  readonly api: SlackApi
  readonly features: Features
  readonly messageId: string
  readonly address: Address
  /** Whom it is for: their team and their id; a channel has no stream without. */
  readonly recipient: { readonly team: string; readonly user: string } | undefined
  readonly now: () => number
  readonly signal: AbortSignal
}

const streamEveryMs = 700
const editEveryMs = 1_500
/** Edits are 50 a minute for all of a workspace: a long answer leaves room for others. */
const editLaterEveryMs = 3_000
const laterAfterMs = 60_000
/** Slack ends a stream that is silent, after about five minutes (slackapi/python-slack-sdk#1859). */
const heartbeatMs = 210_000
/** One that was ended sooner was ended by a person, who pressed stop. */
const leastLifeMs = 4 * 60_000
/** What is longer is posted in another form when it is done. Slack takes 12,000 characters. */
const mostChars = 11_000
const mostFallbackChars = 150

/** A draft of the answer to a message: streamed, else a message that is edited, else nothing. */
export function createWriter(parts: Parts): Writer {
  const { api, features, messageId, address, recipient, now, signal } = parts
  const { account, channel, thread: thread_ts } = address
  let shown: Shown | undefined
  let isOver = false
  let bornAtMs = 0
  let wroteAtMs = 0
  let pausedUntilMs = 0

  const call = (method: string, args: Readonly<Record<string, unknown>>): Promise<SlackAnswer> =>
    api.call(method, { channel, ...args }, { account, signal })

  const born = (answer: SlackAnswer, kind: 'stream' | 'message', text: string): void => {
    const ts = answer.kind === 'ok' ? answer.data['ts'] : undefined
    bornAtMs = wroteAtMs = now()
    if (typeof ts === 'string') shown = { kind, ts, text }
    else {
      isOver = true
      if (answer.kind === 'ok' || answer.kind === 'unclear') shown = { kind: 'lost' }
    }
  }

  const start = async (text: string): Promise<void> => {
    const method = 'chat.startStream'
    if (thread_ts !== undefined && features.has(account, method)) {
      const to = recipient && { recipient_team_id: recipient.team, recipient_user_id: recipient.user }
      const answer = await call(method, { thread_ts, markdown_text: text, ...to })
      if (answer.kind !== 'error') return born(answer, 'stream', text)
      features.learn(account, method, answer.error)
      if (answer.error === 'ratelimited') return void (isOver = true)
    }
    const metadata = { event_type: draftEvent, event_payload: { answers: messageId } }
    const unfurl = { unfurl_links: false, unfurl_media: false }
    born(await call('chat.postMessage', { thread_ts, ...bodyOf(text), ...unfurl, metadata }), 'message', text)
  }

  /** Slack's answer to a later write, where it is not ok. */
  const failed = (answer: Exclude<SlackAnswer, { kind: 'ok' }>): void => {
    if (answer.kind === 'error' && answer.error === 'ratelimited')
      pausedUntilMs = now() + (answer.retryAfterMs ?? 5_000)
    else isOver = true
  }

  const append = async (ts: string, before: string, text: string): Promise<void> => {
    const isSilent = text === before
    if (isSilent && now() - wroteAtMs < heartbeatMs) return
    const answer = await call('chat.appendStream', {
      ts,
      markdown_text: isSilent ? ' ' : text.slice(before.length),
    })
    if (answer.kind === 'ok') {
      wroteAtMs = now()
      shown = { kind: 'stream', ts, text }
    } else if (answer.kind === 'error' && answer.error === 'message_not_in_streaming_state') {
      shown = { kind: 'message', ts, text: before }
      isOver = now() - bornAtMs < leastLifeMs
    } else {
      if (answer.kind === 'unclear') shown = { kind: 'stream', ts, text: undefined }
      failed(answer)
    }
  }

  const edit = async (ts: string, before: string, text: string): Promise<void> => {
    if (text === before) return
    const answer = await call('chat.update', { ts, ...bodyOf(text) })
    if (answer.kind === 'ok') shown = { kind: 'message', ts, text }
    else failed(answer)
  }

  return {
    write: async (text) => {
      if (isOver || text === '' || text.length > mostChars || now() < pausedUntilMs) return
      if (shown === undefined) return start(text)
      if (shown.kind === 'message') return edit(shown.ts, shown.text, text)
      // A model that begins anew is shown when it is done: what was streamed cannot be taken back in the stream.
      if (shown.kind === 'stream' && shown.text !== undefined && text.startsWith(shown.text))
        return append(shown.ts, shown.text, text)
    },
    shown: () => shown,
    everyMs: () => {
      if (shown?.kind !== 'message') return streamEveryMs
      return now() - bornAtMs < laterAfterMs ? editEveryMs : editLaterEveryMs
    },
  }
}

/** A draft's text as a message; it is escaped already. */
function bodyOf(text: string): { readonly text: string; readonly blocks: readonly Block[] } {
  return { text: clipped(text, mostFallbackChars), blocks: [{ type: 'markdown', text }] }
}
