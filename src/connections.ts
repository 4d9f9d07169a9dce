import { pipeline, type Readable, type Transform } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { Dispatcher } from 'undici'
import { lazily } from './lazily.ts'

/** The codes of connections that never stood, so that nothing can have been sent over them. */
export const neverConnected: readonly string[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]

/** The connections to services that we call again and again, kept open between calls. */
export type Connections = {
  /** What our callers need of fetch, and no more: redirects are not followed, and only text and bytes can be sent. */
  readonly fetch: typeof fetch
  /** Ends every connection, also those in use; no other is opened. */
  readonly close: () => Promise<void>
}

export type ConnectionsOptions = {
  /** How long an idle connection is kept, in milliseconds. Vendors cut idle ones after minutes. Default 60,000. */
  readonly keepAliveMs?: number
  /** The most connections to one origin; what comes then waits. Default 64. */
  readonly perOrigin?: number
  /** How long it may take to connect, in milliseconds. Default 10,000. */
  readonly connectMs?: number
  /** True if proxies of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) are used. Default false. */
  readonly viaProxy?: boolean
  /** How long the end of an answer is waited for when its reader has read enough, in milliseconds. Default 1,000. */
  readonly drainMs?: number
  /** The most bytes of an answer, decompressed; a longer one breaks with an error. Default 16 MiB. */
  readonly maxBytes?: number
  /** The most bytes that are read of an answer with an error status; the rest is let go. Default 64 KiB. */
  readonly maxErrorBytes?: number
}

type Limits = Readonly<Required<Pick<ConnectionsOptions, 'drainMs' | 'maxBytes' | 'maxErrorBytes'>>>

/**
 * Makes a way out: a pool of connections for each origin. The answer has no time limit here, those of the
 * model stand before it. The HTTP client is loaded on first use.
 */
export function createConnections(options: ConnectionsOptions = {}): Connections {
  const { keepAliveMs = 60_000, perOrigin = 64, connectMs = 10_000 } = options
  const { drainMs = 1_000, maxBytes = 16 * 1024 * 1024, maxErrorBytes = 64 * 1024 } = options
  const limits = { drainMs, maxBytes, maxErrorBytes }
  let isOpen = false
  let isClosed = false
  const agent = lazily(async (): Promise<Dispatcher> => {
    const undici = await import('undici')
    const Kind = options.viaProxy === true ? undici.EnvHttpProxyAgent : undici.Agent
    return new Kind({
      connections: perOrigin,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false, // an abort must end the whole connection
      connect: { timeout: connectMs },
    })
  })
  return {
    fetch: async (input, init = {}) => {
      if (isClosed) throw new TypeError('the connections are closed')
      isOpen = true
      const url = new URL(input instanceof Request ? input.url : input)
      const open = await agent()
      const got = await open.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: init.method ?? 'GET',
        headers: new Headers(init.headers),
        body: bodyOf(init.body),
        signal: init.signal ?? null,
      })
      // The SDKs ask for a Response and read this part of it.
      return toAnswer(url.href, got, limits) as unknown as Response
    },
    close: async () => {
      isClosed = true
      if (isOpen) await (await agent()).destroy()
    },
  }
}

function bodyOf(body: RequestInit['body']): string | Uint8Array | null {
  if (body === undefined || body === null || typeof body === 'string') return body ?? null
  if (body instanceof Uint8Array) return body
  throw new TypeError('only text and bytes can be sent')
}

/** The part of a Response that both SDKs read. */
type Answer = Pick<Response, 'url' | 'status' | 'statusText' | 'ok' | 'headers' | 'text' | 'json'> & {
  readonly body: AsyncIterable<Uint8Array>
}

function toAnswer(url: string, got: Dispatcher.ResponseData, limits: Limits): Answer {
  const headers = new Headers()
  for (const [name, values] of Object.entries(got.headers))
    for (const value of [values ?? []].flat()) headers.append(name, value)
  const bytes = decoded(got.body, headers.get('content-encoding') ?? '')
  // It may break while nobody reads; who reads next is told.
  bytes.on('error', () => {})
  const ok = got.statusCode >= 200 && got.statusCode < 300
  const text = async (): Promise<string> => {
    const parts: Uint8Array[] = []
    const body = { [Symbol.asyncIterator]: () => (ok ? bounded(bytes, limits) : bytes.iterator()) }
    let length = 0
    for await (const part of body) {
      parts.push(part)
      length += part.length
      if (!ok && length >= limits.maxErrorBytes) break
    }
    return new TextDecoder().decode(Buffer.concat(parts).subarray(0, ok ? length : limits.maxErrorBytes))
  }
  return {
    url,
    status: got.statusCode,
    statusText: got.statusText,
    ok,
    headers,
    body: { [Symbol.asyncIterator]: () => bounded(bytes, limits) },
    text,
    json: async () => JSON.parse(await text()),
  }
}

/**
 * Reads the bytes, and breaks where they are too many. A reader who leaves before their end has read enough (a reader
 * who is stopped aborts the request): the rest is let pass, for a while, so that the connection can be used again.
 */
function bounded(bytes: Readable, { drainMs, maxBytes }: Limits): AsyncIterator<Uint8Array> {
  const iterator: AsyncIterator<Uint8Array> = bytes.iterator({ destroyOnReturn: false })
  let length = 0
  return {
    next: async () => {
      const next = await iterator.next()
      if (next.done !== true) length += next.value.length
      if (length <= maxBytes) return next
      bytes.destroy()
      throw Object.assign(new Error(`more than ${maxBytes} bytes`), { code: 'ERR_ANSWER_TOO_LONG' })
    },
    return: async () => {
      await iterator.return?.()
      if (!bytes.readableEnded && !bytes.destroyed) letPass(bytes, drainMs)
      return { done: true, value: undefined }
    },
  }
}

function letPass(bytes: Readable, drainMs: number): void {
  const timer = setTimeout(() => bytes.destroy(), drainMs).unref()
  bytes.once('close', () => {
    clearTimeout(timer)
  })
  // A stream that was read by an iterator flows again only after the next tick.
  setImmediate(() => bytes.resume())
}

/** The bytes as they were before they were compressed (RFC 9110, 8.4). What comes is passed on at once, cut off or not. */
function decoded(body: Readable, encodings: string): Readable {
  const names = encodings.split(',').map((name) => name.trim().toLowerCase())
  return names.reduceRight<Readable>((bytes, name) => {
    const make = decoders[name]
    return make === undefined ? bytes : pipeline(bytes, make(), () => {})
  }, body)
}

const flush = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }
const flushBrotli = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
}
const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(flush),
  'x-gzip': () => createGunzip(flush),
  deflate: () => createInflate(flush),
  br: () => createBrotliDecompress(flushBrotli),
}
