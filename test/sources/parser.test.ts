import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { SourceError } from '../../src/errors.ts'
import type { Reading } from '../../src/source.ts'
import { decode } from '../../src/sources/decode.ts'
import { parseText } from '../../src/sources/parser.ts'

const origin = { url: 'https://example.org/news/feed.xml', place: 'https://example.org/news/feed.xml' }
const read = (text: string) => parseText(text, origin)

function reading(text: string): Reading {
  const parsed = read(text)
  return parsed.kind === 'feed'
    ? parsed.reading
    : assert.fail(`${text.slice(0, 100)} is taken for ${parsed.kind}`)
}

test('RSS gives plain titles and texts, whole links, and the newest first', () => {
  const { title, items } =
    reading(`<?xml version="1.0"?><!-- x --><rss version="2.0"><channel><title>A &amp; B</title>
    <item><title>&lt;b&gt;Old&lt;/b&gt;
      news</title><link>../old</link><guid>https://example.org/old?id=1</guid><pubDate>Mon, 02 Nov 2026 10:00:00 +0100</pubDate>
      <description><![CDATA[<p>Hello &amp; <i>you</i></p><script>x()</script>]]></description></item>
    <item><title>AT&amp;amp;T \u202E\u0007</title><link>javascript:alert(1)</link><pubDate>Tue, 03 Nov 2026 10:00:00 GMT</pubDate></item>
    <item><description>No title, and no date at all</description><link>//cdn.example.com/x</link></item>
    <item><title>Dated by nobody</title><pubDate>yesterday</pubDate><link>https://paypal.com@evil.example/</link></item>
  </channel></rss>`)
  assert.equal(title, 'A & B')
  assert.deepEqual(
    items.map((item) => [item.title, item.text, item.link, item.atMs]),
    [
      ['AT&T', '', origin.place, Date.UTC(2026, 10, 3, 10)],
      ['Old news', 'Hello & you', 'https://example.org/old', Date.UTC(2026, 10, 2, 9)],
      [
        'No title, and no date at all',
        'No title, and no date at all',
        'https://cdn.example.com/x',
        undefined,
      ],
      ['Dated by nobody', '', origin.place, undefined],
    ],
  )
  assert.match(items[0]?.id ?? '', /^sha256:/)
  assert.equal(items[1]?.id, 'https://example.org/old?id=1')
  assert.equal(items[2]?.id, 'https://cdn.example.com/x')
})

test('Atom keeps plain text as it is and takes the alternate link', () => {
  const { title, items } =
    reading(`<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://b.example/"><title type="html">A &lt;b&gt;x&lt;/b&gt;</title>
    <entry><id>urn:1</id><title>1 &lt;b 2></title><link rel="self" href="self"/><link href="one"/><updated>2026-01-02T00:00:00Z</updated>
      <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Hi <b>you</b></div></content></entry></feed>`)
  assert.equal(title, 'A x')
  assert.deepEqual(items, [
    {
      id: 'urn:1',
      title: '1 <b 2>',
      text: 'Hi you',
      link: 'https://b.example/one',
      atMs: Date.UTC(2026, 0, 2),
    },
  ])
})

test('RSS 1.0, RSS 0.91 and JSON Feed are read, too', () => {
  const rdf =
    reading(`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
    <channel><title>R</title></channel><item rdf:about="http://x.example/1"><title>t</title><link>http://x.example/1</link><dc:date>2026-01-01T00:00:00Z</dc:date></item></rdf:RDF>`)
  assert.deepEqual(rdf.items, [
    {
      id: 'http://x.example/1',
      title: 't',
      text: '',
      link: 'http://x.example/1',
      atMs: Date.UTC(2026, 0, 1),
    },
  ])
  const old = reading(
    '<rss version="0.91"><channel><title>O</title><item><title>t</title><link>/1</link></item></channel></rss>',
  )
  assert.equal(old.items[0]?.link, 'https://example.org/1')
  const json = reading(
    JSON.stringify({
      version: 'https://jsonfeed.org/version/1.1',
      title: 'J',
      items: [
        {
          id: 7,
          url: '/7',
          title: 'a < b',
          content_html: '<p>x</p>',
          date_published: '2026-01-01T00:00:00+08:00',
        },
        { id: 8, content_text: '<p> stays' },
      ],
    }),
  )
  assert.deepEqual(
    json.items.map(({ id, title, text }) => [id, title, text]),
    [
      ['7', 'a < b', 'x'],
      ['8', '<p> stays', '<p> stays'],
    ],
  )
})

const item = (id: number, year: number): string =>
  `<item><guid>${id}</guid><title>${id} of ${year}</title><pubDate>01 Jan ${year} 00:00:00 GMT</pubDate></item>`

test('an id appears once, with its newest item, and a feed has 500 items at most', () => {
  const twice = reading(
    `<rss version="2.0"><channel><title>x</title>${item(1, 2000)}${item(1, 2020)}</channel></rss>`,
  )
  assert.deepEqual(
    twice.items.map(({ title }) => title),
    ['1 of 2020'],
  )
  const list = Array.from({ length: 700 }, (_, i) => item(i, 2000) + item(i, 2020)).join('')
  const { items } = reading(`<rss version="2.0"><channel><title>x</title>${list}</channel></rss>`)
  assert.equal(items.length, 500)
  assert.equal(new Set(items.map(({ id }) => id)).size, 500)
  assert.ok(items.every(({ title }) => title.endsWith('of 2020')))
})

test('a feed without items is an empty reading', () => {
  const empties = [
    '<rss version="2.0"><channel><title>E</title></channel></rss>',
    '<rss version="2.0"><channel></channel></rss>',
    '<feed xmlns="http://www.w3.org/2005/Atom"></feed>',
    '<feed xmlns="http://www.w3.org/2005/Atom"/>',
    '{"version":"https://jsonfeed.org/version/1","title":"J","items":[]}',
  ]
  const readings = empties.map(reading)
  assert.deepEqual(
    readings.map(({ items }) => items),
    empties.map(() => []),
  )
})

test('a web page is told from a feed and gives the feeds it names', () => {
  const page = `<!DOCTYPE html><html><head><link rel=stylesheet href=x.css><link rel="alternate" type="application/json" href="/api">
    <LINK href='/feed?a=1&amp;b=2' type="application/atom+xml" rel="alternate nofollow"></head><body><pre>&lt;rss version="2.0"> <rss version="2.0"></pre></body></html>`
  assert.deepEqual(read(page), { kind: 'page', feeds: ['/feed?a=1&b=2', '/api'] })
  const others = ['', 'hello', '{"a":1}', '<svg/>', '<rss']
  assert.deepEqual(
    others.map(read),
    others.map(() => ({ kind: 'neither' })),
  )
})

test('random bytes, whole or in a feed, give a result or a SourceError', () => {
  const tag = fc.constantFrom(
    '<rss version="2.0">',
    '<channel>',
    '<item>',
    '<title>',
    '</item>',
    '<![CDATA[',
    ']]>',
    '&#',
    '<feed>',
    '{"items":[',
  )
  const body = fc.array(
    fc.oneof(
      tag.map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    ),
  )
  fc.assert(
    fc.property(
      body,
      fc.constantFrom('', 'text/xml; charset=gbk', 'a; charset=utf-16le', 'a;charset=?'),
      (parts, type) => {
        try {
          read(decode(Buffer.concat(parts), type))
        } catch (error) {
          assert.ok(error instanceof SourceError, String(error))
        }
      },
    ),
    { numRuns: 500 },
  )
})
