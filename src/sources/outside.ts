import { isIP, type LookupFunction } from 'node:net'
import { lookup as systemLookup } from 'node:dns/promises'
import pRetry from 'p-retry'
import type { buildConnector } from 'undici'
import { faultOf, SourceError } from '../errors.ts'
import type { ReadingRights } from '../source.ts'
import { sourceWords } from '../words-sources.ts'
import { inBoth } from '../words.ts'
import { createReach, type Reach } from './addresses.ts'
import { brokenBy, stoppedBy } from './broken.ts'

/** What was fetched; `bytes` are decompressed, `finalUrl` is where the last redirect led. */
type Fetched = { readonly bytes: Uint8Array; readonly contentType: string; readonly finalUrl: string }

/**
 * Gets a URL. `rights.private` opens this machine and its network for the host of `url` alone, not for hosts that
 * a redirect names. `accept` is sent as the Accept header. Throws a SourceError.
 */
export type Fetch = (
  url: string,
  options: { readonly rights: ReadingRights; readonly signal: AbortSignal; readonly accept?: string },
) => Promise<Fetched>

/** Finds the addresses of a host name; rejects as node:dns does. */
type Lookup = (host: string) => Promise<Addresses>

type Addresses = readonly { readonly address: string; readonly family: number }[]

/** The way out: `fetch` and nothing else. */
export type Outside = { readonly fetch: Fetch }

export type OutsideOptions = {
  /** The most that a fetch may take, redirects and all. Default 10,000. */
  readonly timeoutMs?: number
  /** The most bytes of an answer, counted after decompression. Default 5,000,000. */
  readonly maxBytes?: number
  /** The most redirects that are followed. Default 5. */
  readonly maxRedirects?: number
  /** Finds addresses. Default: the system's resolver. */
  readonly lookup?: Lookup
}

type Hop =
  { readonly kind: 'answer'; readonly fetched: Fetched } | { readonly kind: 'redirect'; readonly to: string }

/**
 * Makes the one guarded way out to the network: http and https, no credentials, no cookies, no connection to an
 * address that the rights do not open. Loads its HTTP client on first use.
 */
export function createOutside(options: OutsideOptions = {}): Outside {
  const { timeoutMs = 10_000, maxBytes = 5_000_000, maxRedirects = 5 } = options
  const lookup = options.lookup ?? ((host) => systemLookup(host, { all: true }))
  const reachOf = createReach()

  // One agent for each hop: a kept connection to a private host must not serve a fetch without that right.
  async function hop(url: URL, openPrivate: boolean, accept: string, signal: AbortSignal): Promise<Hop> {
    const { Agent, buildConnector: build, fetch } = await import('undici')
    const allows = (reach: Reach): boolean => reach === 'public' || (openPrivate && reach === 'private')
    const dial = async (target: buildConnector.Options, callback: buildConnector.Callback): Promise<void> => {
      try {
        const pinned = pinnedTo(await checkedAddresses(target.hostname.replace(/^\[|\]$/gu, ''), allows))
        signal.throwIfAborted()
        build({ allowH2: false, timeout: timeoutMs, lookup: pinned })(target, callback)
      } catch (error) {
        callback(error instanceof Error ? error : new Error(String(error)), null)
      }
    }
    const connect: buildConnector.connector = (target, callback) => void dial(target, callback)
    const agent = new Agent({ connect, maxHeaderSize: 32_768 })
    try {
      const headers = { accept, 'user-agent': 'moltbot' }
      const response = await fetch(url, { dispatcher: agent, redirect: 'manual', signal, headers })
      const location = response.headers.get('location')
      if (response.status >= 300 && response.status < 400 && location !== null) {
        if (URL.canParse(location, url.href)) return { kind: 'redirect', to: new URL(location, url).href }
        throw new SourceError(
          'bad-answer',
          inBoth(sourceWords, (words) => words.strayed(url.host)),
        )
      }
      if (!response.ok) {
        const { status } = response
        const text = inBoth(sourceWords, (words) => words.status(url.host, status, shown(url)))
        throw new SourceError('bad-answer', text)
      }
      const tooLong = inBoth(sourceWords, (words) => words.tooLarge(url.host, maxBytes))
      if (Number(response.headers.get('content-length') ?? 0) > maxBytes)
        throw new SourceError('too-long', tooLong)
      const chunks: Uint8Array[] = []
      let size = 0
      for await (const chunk of response.body ?? []) {
        size += chunk.byteLength
        if (size > maxBytes) throw new SourceError('too-long', tooLong)
        chunks.push(chunk)
      }
      const contentType = response.headers.get('content-type') ?? ''
      return { kind: 'answer', fetched: { bytes: Buffer.concat(chunks), contentType, finalUrl: url.href } }
    } finally {
      void agent.destroy()
    }
  }

  /** Reading changes nothing, so what the network broke is tried once more at once, on a fresh socket. */
  const surely = (url: URL, openPrivate: boolean, accept: string, signal: AbortSignal): Promise<Hop> =>
    pRetry(
      () =>
        hop(url, openPrivate, accept, signal).catch((error: unknown) => {
          throw brokenBy(error, url.host)
        }),
      {
        retries: 1,
        minTimeout: 0,
        signal,
        shouldRetry: ({ error }) => faultOf(error) === 'network',
      },
    )

  async function checkedAddresses(host: string, allows: (reach: Reach) => boolean): Promise<Addresses> {
    const family = isIP(host)
    const found = family === 0 ? await lookup(host) : [{ address: host, family }]
    const allowed = found.filter(({ address }) => allows(reachOf(address)))
    if (allowed.length > 0) return allowed
    const text = inBoth(sourceWords, (words) => words.notPublic(host))
    throw new SourceError('refused', text)
  }

  return {
    fetch: async (from, { rights, signal, accept = '*/*' }) => {
      const named = readUrl(from)
      const limit = new AbortController()
      const timer = setTimeout(() => limit.abort(), timeoutMs)
      const either = AbortSignal.any([signal, limit.signal])
      let url = named
      try {
        signal.throwIfAborted()
        for (let redirects = 0; redirects <= maxRedirects; redirects++) {
          const step = await surely(url, rights.private && sameHost(named, url), accept, either)
          if (step.kind === 'answer') return step.fetched
          url = readUrl(step.to)
        }
        const text = inBoth(sourceWords, (words) => words.wandered(named.host, maxRedirects))
        throw new SourceError('bad-answer', text)
      } catch (error) {
        if (signal.aborted) throw stoppedBy(signal, named.host)
        if (limit.signal.aborted) {
          const { host } = url
          const text = inBoth(sourceWords, (words) => words.slow(host, timeoutMs))
          throw new SourceError('timeout', text, { cause: error })
        }
        throw brokenBy(error, url.host)
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

/** True if `other` is on the host of `named`: the same port, or each the port of its scheme. */
export function sameHost(named: URL, other: URL): boolean {
  return named.hostname === other.hostname && named.port === other.port
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined)
    throw new SourceError(
      'bad-request',
      inBoth(sourceWords, (words) => words.noUrl(text.slice(0, 200))),
    )
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new SourceError(
      'refused',
      inBoth(sourceWords, (words) => words.noWeb(url.protocol)),
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw new SourceError(
      'refused',
      inBoth(sourceWords, (words) => words.withSecret(url.host)),
    )
  }
  return url
}

function pinnedTo(addresses: Addresses): LookupFunction {
  return (_host, { all }, done) => {
    const [first] = addresses
    if (all === true) done(null, [...addresses])
    else if (first !== undefined) done(null, first.address, first.family)
  }
}

/** The address without its query, which may hold a secret. */
function shown(url: URL): string {
  return url.origin + url.pathname.slice(0, 200)
}
