import { parseFeed, type AnyFeed } from 'feedsmith'
import { toReading, type Entry, type Marked, type Origin } from './entries.ts'
import { decodeEntities } from './plain.ts'
import type { Parsed } from './parsing.ts'

type Feed<Format extends AnyFeed['format']> = Extract<AnyFeed, { format: Format }>['feed']

/** Tells what a text is and reads it if it is a feed. Never throws; may take long, and all memory. */
export function parseText(text: string, origin: Origin): Parsed {
  const root = rootOf(text)
  if (root === 'html') return { kind: 'page', feeds: feedsOf(text) }
  try {
    const parsed = parseFeed(text)
    const { title, entries } = read(parsed)
    return { kind: 'feed', reading: toReading(title, entries, origin) }
  } catch {
    // The library calls a feed that says nothing at all invalid; it is only empty.
    if (
      /^(?:rss|feed|rdf)$/u.test(root) &&
      /<\/(?:\w+:)?(?:channel|feed)\s*>|<(?:\w+:)?(?:channel|feed)\b[^>]*\/>/iu.test(text)
    ) {
      return { kind: 'feed', reading: { title: '', items: [] } }
    }
    return /<(?:html|body|head)[\s>]/iu.test(text)
      ? { kind: 'page', feeds: feedsOf(text) }
      : { kind: 'neither' }
  }
}

/** The local name of the first element, in small letters; `html` also for what only its DOCTYPE calls so. */
function rootOf(text: string): string {
  const skip = /\s+|<\?[^]*?\?>|<!--[^]*?-->|<!doctype\s+(\w*)[^>[]*(?:\[[^\]]*\]\s*)?>/iuy
  for (let at = 0; at < text.length; at = skip.lastIndex) {
    skip.lastIndex = at
    const skipped = skip.exec(text)
    if (skipped === null)
      return (/^<(?:[\w-]+:)?([\w-]+)/u.exec(text.slice(at, at + 100))?.[1] ?? '').toLowerCase()
    if (skipped[1]?.toLowerCase() === 'html') return 'html'
  }
  return ''
}

/** The feeds that a web page names in its link elements, feed formats before plain JSON. */
function feedsOf(page: string): string[] {
  const found: { href: string; sure: boolean }[] = []
  for (const [tag] of page.matchAll(/<link\s[^>]{1,2000}>/giu)) {
    const attribute = (name: string): string => {
      const match = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'iu').exec(tag)
      return decodeEntities(match?.[1] ?? match?.[2] ?? match?.[3] ?? '')
    }
    const type = /^application\/(rss\+xml|atom\+xml|feed\+json|json)\b/iu.exec(attribute('type').trim())?.[1]
    const href = attribute('href').trim()
    if (!/\balternate\b/iu.test(attribute('rel')) || type === undefined || href === '') continue
    found.push({ href, sure: type.toLowerCase() !== 'json' })
    if (found.length === 20) break
  }
  return found.toSorted((a, b) => Number(b.sure) - Number(a.sure)).map(({ href }) => href)
}

function read(parsed: AnyFeed): { title: Marked; entries: Entry[] } {
  if (parsed.format === 'rss') return readRss(parsed.feed)
  if (parsed.format === 'atom') return readAtom(parsed.feed)
  return parsed.format === 'rdf' ? readRdf(parsed.feed) : readJson(parsed.feed)
}

function readRss(feed: Feed<'rss'>): { title: Marked; entries: Entry[] } {
  const entries = (feed.items ?? []).map((item): Entry => {
    const permalink = item.guid?.isPermaLink === false ? undefined : item.guid?.value
    return {
      id: item.guid?.value,
      title: html(item.title ?? item.dc?.titles?.[0]),
      text: html(item.content?.encoded ?? item.description),
      // A guid is an address only where it is written as a whole one.
      links: [
        item.link,
        item.atom?.links?.[0]?.href,
        /^https?:/iu.test(permalink ?? '') ? permalink : undefined,
      ],
      dates: [item.pubDate, item.dc?.dates?.[0], item.atom?.published, item.atom?.updated],
      base: item.xml?.base ?? feed.xml?.base,
    }
  })
  return { title: html(feed.title), entries }
}

function readAtom(feed: Feed<'atom'>): { title: Marked; entries: Entry[] } {
  const entries = (feed.entries ?? []).map((entry): Entry => {
    const links = entry.links ?? []
    return {
      id: entry.id,
      title: marked(entry.title),
      text: marked(entry.content?.value === undefined ? entry.summary : entry.content),
      links: links.filter(({ rel }) => rel === undefined || rel === 'alternate').map(({ href }) => href),
      dates: [entry.published, entry.updated],
      base: entry.xml?.base ?? feed.xml?.base,
    }
  })
  return { title: marked(feed.title), entries }
}

function readRdf(feed: Feed<'rdf'>): { title: Marked; entries: Entry[] } {
  const entries = (feed.items ?? []).map((item): Entry => ({
    id: item.rdf?.about,
    title: html(item.title ?? item.dc?.titles?.[0]),
    text: html(item.content?.encoded ?? item.description),
    links: [item.link, item.rdf?.about],
    dates: [item.dc?.dates?.[0], item.dcterms?.issued?.[0]],
    base: item.xml?.base ?? feed.xml?.base,
  }))
  return { title: html(feed.title), entries }
}

function readJson(feed: Feed<'json'>): { title: Marked; entries: Entry[] } {
  const entries = (feed.items ?? []).map((item): Entry => ({
    id: item.id,
    title: plain(item.title),
    text:
      item.content_html === undefined ? plain(item.content_text ?? item.summary) : html(item.content_html),
    links: [item.url, item.external_url],
    dates: [item.date_published, item.date_modified],
  }))
  return { title: plain(feed.title), entries }
}

/** An Atom text construct: without a type it is plain text (RFC 4287, section 3.1.1). */
function marked(text: { value?: string; type?: string } | undefined): Marked {
  return /html|xml/iu.test(text?.type ?? '') ? html(text?.value) : plain(text?.value)
}

function html(value: string | undefined): Marked {
  return { kind: 'html', value: value ?? '' }
}

function plain(value: string | undefined): Marked {
  return { kind: 'plain', value: value ?? '' }
}
