import { z } from 'zod'
import type { Address } from '../../../message.ts'
import type { SlackApi } from '../contract.ts'
import { directChannel } from './direct.ts'

const messageSchema = z.object({
  ts: z.string(),
  user: z.string().optional().catch(undefined),
  bot_id: z.string().optional().catch(undefined),
  username: z.string().optional().catch(undefined),
  subtype: z.string().optional().catch(undefined),
  text: z.string().optional().catch(undefined),
  blocks: z.array(z.record(z.string(), z.unknown())).optional().catch(undefined),
  metadata: z
    .object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) })
    .optional()
    .catch(undefined),
  files: z
    .array(z.object({ name: z.string().nullish() }))
    .optional()
    .catch(undefined),
})
const pageSchema = z.object({
  messages: z.array(messageSchema),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional().catch(undefined),
})

/** A message as a channel's history shows it. */
export type PastMessage = z.infer<typeof messageSchema>

/** From one ts to another, both included; as far as there is any where there is no `latest`. */
type Span = { readonly oldest: string; readonly latest?: string; readonly signal: AbortSignal }

/** What a search found; `unknown` where not all of the span could be read. */
type Searched<T> =
  | { readonly kind: 'found'; readonly found: T }
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown'; readonly why: string; readonly error?: string }

/** The history may lag behind what was taken; nothing says by how much. */
export const lagMs = 5_000
const eachPage = 200
const mostPages = 50

/** The ts of a moment. */
export function tsOf(ms: number): string {
  return (Math.max(ms, 0) / 1_000).toFixed(6)
}

/** Reads the messages of a thread, or of a channel outside its threads, page by page until one of them yields something. */
export async function search<T>(
  api: Pick<SlackApi, 'call'>,
  { account, channel: named, thread }: Address,
  { oldest, latest, signal }: Span,
  pick: (message: PastMessage) => T | undefined,
): Promise<Searched<T>> {
  const channel = await directChannel(api, account, named, signal)
  if (typeof channel !== 'string') return unknown(channel)
  const method = thread === undefined ? 'conversations.history' : 'conversations.replies'
  let cursor: string | undefined
  for (let page = 0; page < mostPages; page++) {
    const asked = {
      channel,
      ...(thread === undefined ? {} : { ts: thread }),
      oldest,
      latest,
      inclusive: true,
      include_all_metadata: true,
      limit: eachPage,
      cursor,
    }
    const answer = await api.call(method, asked, { account, signal })
    if (answer.kind !== 'ok') return unknown(answer)
    const read = pageSchema.safeParse(answer.data)
    if (!read.success) return { kind: 'unknown', why: `${method} gave something else than messages` }
    for (const message of read.data.messages) {
      const found = pick(message)
      if (found !== undefined) return { kind: 'found', found }
    }
    cursor = read.data.response_metadata?.next_cursor
    if (cursor === undefined || cursor === '') return { kind: 'none' }
  }
  return { kind: 'unknown', why: `there are more than ${mostPages * eachPage} messages to look through` }
}

function unknown(
  answer:
    { readonly kind: 'error'; readonly error: string } | { readonly kind: string; readonly why: string },
): Searched<never> {
  return 'error' in answer
    ? { kind: 'unknown', why: `Slack said ${answer.error}`, error: answer.error }
    : { kind: 'unknown', why: answer.why }
}
