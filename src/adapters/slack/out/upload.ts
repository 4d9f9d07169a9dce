import { createHash } from 'node:crypto'
import { z } from 'zod'
import { messageOf } from '../../../errors.ts'
import type { Delivery, Post } from '../../../message.ts'
import type { SlackAnswer, SlackApi } from '../contract.ts'
import { deliveryOf, threadErrors } from './delivery-faults.ts'
import { directChannel } from './direct.ts'

type Parts = {
  readonly api: SlackApi
  /** The way out; redirects are not followed. */
  readonly fetch: typeof fetch
  readonly escape: (text: string) => string
}

type File = { readonly name: string; readonly text: string }

const roomSchema = z.object({ upload_url: z.url(), file_id: z.string() })
const uploadTimeoutMs = 60_000

/** The name of the file of a post: it has a part of its own, by which it is found again. */
export function fileNameOf(file: File, key: string): string {
  const [, stem, ending] = /^(.*?)(\.[^.]*)?$/su.exec(file.name) ?? []
  const mark = createHash('sha256').update(key).digest('hex').slice(0, 8)
  return `${stem === undefined || stem === '' ? 'file' : stem}-${mark}${ending ?? ''}`
}

/** Posts a file, with the text of the post if it has any. Nobody sees anything of it before the last of the three steps. */
export async function uploadFile(
  post: Post,
  file: File,
  { api, fetch, escape }: Parts,
  signal: AbortSignal,
): Promise<Delivery> {
  const { account, channel: named, thread: thread_ts } = post.address
  const options = { account, signal }
  const channel = await directChannel(api, account, named, signal)
  if (typeof channel !== 'string') return deliveryOf(channel)
  const filename = fileNameOf(file, post.key)
  const bytes = new TextEncoder().encode(file.text)

  const asked = { filename, length: bytes.length }
  const room = await api.call('files.getUploadURLExternal', asked, options)
  if (room.kind !== 'ok') return notYet(room)
  const read = roomSchema.safeParse(room.data)
  if (!read.success) return notSent('Slack gave no place for the file')
  const { upload_url, file_id } = read.data
  const within = AbortSignal.any([signal, AbortSignal.timeout(uploadTimeoutMs)])
  try {
    const sent = await fetch(upload_url, { method: 'POST', body: bytes, signal: within })
    if (!sent.ok) return notSent(`Slack answered ${sent.status} to the file`)
  } catch (error) {
    return notSent(`the file could not be sent: ${messageOf(error)}`)
  }

  const text = post.reply.text === '' ? undefined : escape(post.reply.text)
  const shown = { files: [{ id: file_id }], channel_id: channel, initial_comment: text }
  const complete = (thread: string | undefined): Promise<SlackAnswer> =>
    api.call('files.completeUploadExternal', { ...shown, thread_ts: thread }, options)
  const answer = await complete(thread_ts)
  const isThreadGone = answer.kind === 'error' && threadErrors.has(answer.error)
  return deliveryOf(isThreadGone ? await complete(undefined) : answer)
}

/** What is unclear before the last step is nothing that anybody could see. */
function notYet(answer: SlackAnswer): Delivery {
  return answer.kind === 'unclear' ? notSent(answer.why) : deliveryOf(answer)
}

function notSent(why: string): Delivery {
  return { kind: 'failed', fault: 'network', why }
}
