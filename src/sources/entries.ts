import { createHash } from 'node:crypto'
import type { Item, Reading } from '../source.ts'
import { htmlToText, tidy } from './plain.ts'

/** Words of a feed as it marks them. */
export type Marked = { readonly kind: 'html' | 'plain'; readonly value: string }

/** An entry of a feed of any format; `links` and `dates` are the candidates, best first. */
export type Entry = {
  readonly id: string | undefined
  readonly title: Marked
  readonly text: Marked
  readonly links: readonly (string | undefined)[]
  readonly dates: readonly (string | undefined)[]
  /** What relative links are relative to, if the feed says (xml:base). */
  readonly base?: string | undefined
}

/**
 * Where a feed came from. `url` is what relative links are resolved against, absent for a file; `place` is the link
 * of an item that has none of its own.
 */
export type Origin = { readonly url?: string; readonly place: string }

export const maxTitleChars = 300
export const maxTextChars = 20_000
export const maxItems = 500

/** Makes a reading of a feed's entries: newest first, undated ones last in the feed's order, each id once, at most 500. */
export function toReading(title: Marked, entries: readonly Entry[], origin: Origin): Reading {
  const dated = entries.map((entry) => ({
    entry,
    atMs: entry.dates.map(readDate).find((ms) => ms !== undefined),
  }))
  dated.sort((a, b) => (b.atMs ?? -Infinity) - (a.atMs ?? -Infinity) || 0)
  const items = new Map<string, Item>()
  for (const { entry, atMs } of dated) {
    if (items.size === maxItems) break
    const item = toItem(entry, atMs, origin)
    if (!items.has(item.id)) items.set(item.id, item)
  }
  return { title: words(title, maxTitleChars, 'one'), items: [...items.values()] }
}

function toItem(entry: Entry, atMs: number | undefined, origin: Origin): Item {
  const own = entry.links
    .map((link) => readLink(link, entry.base, origin.url))
    .find((link) => link !== undefined)
  const link = own ?? origin.place
  const text = words(entry.text, maxTextChars, 'keep')
  const given = words(entry.title, maxTitleChars, 'one')
  const title = given || tidy(text, 100, 'one') || link
  const named = tidy(entry.id ?? '', 2_000, 'one') || own
  const id = named === undefined || named.length > 500 ? hashOf(named ?? `${given}\n${text}`) : named
  return { id, title, text, link, ...(atMs === undefined ? {} : { atMs }) }
}

function words(marked: Marked, maxChars: number, lines: 'one' | 'keep'): string {
  // Markup longer than this is cut before it is read: the words that count are at its beginning.
  const value = marked.value.slice(0, maxChars * 20)
  return tidy(marked.kind === 'html' ? htmlToText(value) : value, maxChars, lines)
}

/** The hash that stands for an item which has no id of its own. */
export function hashOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/** An absolute http or https link without credentials; anything else is no link that a person should follow. */
function readLink(
  link: string | undefined,
  base: string | undefined,
  root: string | undefined,
): string | undefined {
  const trimmed = link?.trim() ?? ''
  if (trimmed === '' || trimmed.length > 2_048) return undefined
  const from = base === undefined ? root : (resolve(base, root)?.href ?? root)
  const url = resolve(trimmed, from)
  if (url === undefined || url.username !== '' || url.password !== '') return undefined
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : undefined
}

function resolve(link: string, base: string | undefined): URL | undefined {
  return URL.canParse(link, base) ? new URL(link, base) : undefined
}

/** The instant of a date as feeds and mails write it; without a zone it is UTC. Undefined if it is none of this age. */
export function readDate(written: string | undefined): number | undefined {
  const text = written?.trim().slice(0, 60) ?? ''
  if (!/\d{4}|\d{1,2} [a-z]{3} \d\d/iu.test(text)) return undefined
  const zoned = /(?:Z|[+-]\d\d:?\d\d|\s[A-Z]{1,5})(?:\s*\([^()]*\))?$/u.test(text)
  const dayOnly = /^\d{4}(?:-\d\d){0,2}$/u.test(text)
  const isoTime = /^\d{4}-\d\d-\d\d[T ]\d/u.test(text)
  const ms = Date.parse(zoned || dayOnly ? text : isoTime ? `${text.replace(' ', 'T')}Z` : `${text} GMT`)
  return ms > 0 && ms < Date.UTC(2200, 0) ? ms : undefined
}
