import { z } from 'zod'
import type { Adapter } from '../../../adapter.ts'
import type { Connections } from '../../../connections.ts'
import { FaultError, messageOf, type Fault } from '../../../errors.ts'
import type { Attachment } from '../../../message.ts'
import type { SlackAnswer } from '../contract.ts'
import { createThread, type ThreadParts } from './thread-in.ts'

type Parts = ThreadParts & {
  /** Follows no redirect. */
  readonly fetch: Connections['fetch']
  readonly apiUrl: string
  /** A longer file is not read. Default 10 MiB. */
  readonly maxBytes?: number
}

const remedy = 'give the app the scope files:read and install it again'

const info = z.object({
  file: z.object({
    url_private_download: z.string().optional().catch(undefined),
    url_private: z.string().optional().catch(undefined),
    mimetype: z.string().optional().catch(undefined),
    size: z.number().optional().catch(undefined),
  }),
})

/** What Slack says where it does not tell of a file (docs.slack.dev/reference/methods/files.info). */
const faultOfError: Readonly<Record<string, Fault>> = {
  file_not_found: 'missing',
  file_deleted: 'missing',
  ratelimited: 'rate-limit',
  invalid_auth: 'bad-key',
  token_revoked: 'bad-key',
  account_inactive: 'bad-key',
}

/** Reads what was said in the threads of messages, and their files, those with the token of the account, from Slack's own hosts alone. */
export function createFiles(parts: Parts): NonNullable<Adapter['readFile']> {
  const { api, installations, maxBytes = 10 * 1024 * 1024 } = parts
  const readThread = createThread(parts)
  return async (file, address, signal) => {
    if (file.isThread === true) return readThread(file, address, signal)
    const { account } = address
    const tooLong = new FaultError('too-long', `${file.name} has more than ${maxBytes} bytes`)
    if (file.bytes > maxBytes) throw tooLong
    const known = infoOf(await api.call('files.info', { file: file.id }, { account, signal }), file)
    if (known.size !== undefined && known.size > maxBytes) throw tooLong
    const url = ownUrl(known.url_private_download ?? known.url_private ?? '', parts.apiUrl)
    if (url === undefined) throw refused(file, 'it is not kept at Slack; upload it there')
    const { botToken } = await installations.of(account, signal)
    const reading = new AbortController()
    try {
      const response = await parts.fetch(url.href, {
        headers: { authorization: `Bearer ${botToken}` },
        redirect: 'manual',
        signal: AbortSignal.any([signal, reading.signal]),
      })
      checkStatus(response.status, file)
      const type = response.headers.get('content-type') ?? ''
      // Who may not read a file gets the page to log in (openclaw#14258).
      const isPage =
        type.startsWith('text/html') && !(known.mimetype ?? file.mediaType).startsWith('text/html')
      if (isPage) throw refused(file, `Slack sent a login page instead; ${remedy}`)
      if (Number(response.headers.get('content-length') ?? 0) > maxBytes) throw tooLong
      return await bytesOf(response, maxBytes, tooLong)
    } catch (cause) {
      if (cause instanceof FaultError || signal.aborted) throw cause
      throw new FaultError('network', `${file.name} could not be read: ${messageOf(cause)}`, { cause })
    } finally {
      reading.abort()
    }
  }
}

function infoOf(answer: SlackAnswer, file: Attachment): z.infer<typeof info>['file'] {
  if (answer.kind === 'ok') {
    const read = info.safeParse(answer.data)
    if (read.success) return read.data.file
    throw new FaultError('bad-answer', `${file.name}: Slack told nothing of it that can be read`)
  }
  if (answer.kind !== 'error')
    throw new FaultError('network', `${file.name} could not be read: ${answer.why}`)
  if (answer.error === 'missing_scope') throw refused(file, remedy)
  throw new FaultError(faultOfError[answer.error] ?? 'refused', `${file.name}: Slack said ${answer.error}`)
}

/** The URL, if the token may be sent there: to Slack over HTTPS, or to where the Web API itself is. */
function ownUrl(text: string, apiUrl: string): URL | undefined {
  if (!URL.canParse(text)) return undefined
  const [url, api] = [new URL(text), new URL(apiUrl)]
  const isSlack = url.protocol === 'https:' && `.${url.host}`.endsWith('.slack.com')
  return isSlack ||
    url.origin === api.origin ||
    (url.protocol === 'https:' && url.host.endsWith(`.${api.host}`))
    ? url
    : undefined
}

function checkStatus(status: number, file: Attachment): void {
  if (status >= 200 && status < 300) return
  if (status === 404 || status === 410) throw new FaultError('missing', `${file.name} is not there any more`)
  if (status === 429) throw new FaultError('rate-limit', `${file.name}: Slack asked us to slow down`)
  if (status >= 500) throw new FaultError('overloaded', `${file.name}: Slack answered ${status}`)
  throw refused(file, `Slack answered ${status}; ${remedy}`)
}

function refused(file: Attachment, why: string): FaultError {
  return new FaultError('refused', `${file.name} cannot be read: ${why}`)
}

async function bytesOf(response: Response, maxBytes: number, tooLong: FaultError): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > maxBytes) throw tooLong
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
