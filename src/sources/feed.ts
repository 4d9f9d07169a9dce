import { SourceError } from '../errors.ts'
import type { Reading, Source } from '../source.ts'
import { sourceWords } from '../words-sources.ts'
import { inBoth } from '../words.ts'
import { decode } from './decode.ts'
import { sameHost, type Fetch } from './outside.ts'
import type { Parse } from './parsing.ts'

const accept =
  'application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5'

/**
 * Makes the source of feeds on the web: RSS 0.9 to 2.0, Atom, JSON Feed. A web page that names a feed leads to that
 * feed, once; the rights to a private host do not follow it to another host.
 */
export function createFeed(parts: { readonly fetch: Fetch; readonly parse: Parse }): Source {
  const { fetch, parse } = parts
  return {
    name: 'feed',
    fits: (from) => /^https?:\/\//iu.test(from.trim()),
    read: async (from, rights, signal) => {
      const url = from.trim()
      const open = async (address: string, privately: boolean) => {
        const { bytes, contentType, finalUrl } = await fetch(address, {
          rights: { private: privately },
          signal,
          accept,
        })
        const parsed = await parse(decode(bytes, contentType), { url: finalUrl, place: finalUrl }, signal)
        return { parsed, finalUrl }
      }
      const first = await open(url, rights.private)
      if (first.parsed.kind === 'feed') return titled(first.parsed.reading, first.finalUrl)
      const named = first.parsed.kind === 'page' ? first.parsed.feeds[0] : undefined
      if (named !== undefined && URL.canParse(named, first.finalUrl)) {
        const next = new URL(named, first.finalUrl)
        const second = await open(next.href, rights.private && sameHost(new URL(url), next))
        if (second.parsed.kind === 'feed') return titled(second.parsed.reading, second.finalUrl)
      }
      throw notAFeed(first.parsed.kind, new URL(first.finalUrl).host)
    },
  }
}

function notAFeed(kind: 'page' | 'neither', host: string): SourceError {
  const what = kind === 'neither' ? 'noFeed' : 'pageWithoutFeed'
  return new SourceError(
    'unreadable',
    inBoth(sourceWords, (words) => words[what](host)),
  )
}

function titled(reading: Reading, url: string): Reading {
  return reading.title === '' ? { ...reading, title: new URL(url).host } : reading
}
