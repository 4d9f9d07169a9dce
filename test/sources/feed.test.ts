import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Fault } from '../../src/errors.ts'
import { createFeed } from '../../src/sources/feed.ts'
import { createOutside } from '../../src/sources/outside.ts'
import { parseText } from '../../src/sources/parser.ts'
import { rss, startWeb, type Web } from '../doubles/web.ts'

const page = (links: string): { type: string; body: string } => ({
  type: 'text/html; charset=utf-8',
  body: `<!doctype html><html><head><title>x</title>${links}</head><body><p>Hello</p></body></html>`,
})
const link = (href: string): string => `<link rel="alternate" type="application/rss+xml" href="${href}">`
const titled = (title: number[], encoding: string): Buffer =>
  Buffer.concat([
    Buffer.from(`<?xml version="1.0"${encoding}?><rss version="2.0"><channel><title>`),
    Buffer.from(title),
    Buffer.from('</title></channel></rss>'),
  ])
const gbk = [0xc4, 0xe3, 0xba, 0xc3]

const open = { private: true }
const never = new AbortController().signal
const feed = createFeed({
  fetch: createOutside({ timeoutMs: 1_000, maxBytes: 500_000 }).fetch,
  parse: async (text, origin) => parseText(text, origin),
})
let canary: Web
let web: Web
before(async () => {
  canary = await startWeb()
  web = await startWeb({
    '/gzip': { body: gzipSync(rss), encoding: 'gzip' },
    '/moved': '/feed',
    '/empty': { body: '<rss version="2.0"><channel></channel></rss>' },
    '/page': page(link('/feed')),
    '/page-of-pages': page(link('/page')),
    '/bare-page': page(''),
    '/sly-page': page(link(`${canary.url}/feed`)),
    '/script-page': page(link('javascript:alert(1)')),
    '/gbk': { type: 'text/xml', body: titled(gbk, ' encoding="GBK"') },
    '/gbk-header': { type: 'text/xml; charset=gbk', body: titled(gbk, '') },
    '/shift-jis': {
      type: 'text/xml; charset=Shift_JIS',
      body: titled([0x83, 0x65, 0x83, 0x58, 0x83, 0x67], ''),
    },
    '/wrong-label': { type: 'text/xml; charset=utf-8', body: titled(gbk, '') },
    '/unknown-label': { type: 'text/xml; charset=x-none', body: titled(gbk, '') },
    '/words': { type: 'text/plain', body: 'just words' },
  })
})
after(() => Promise.all([web.close(), canary.close()]))

const read = (path: string) => feed.read(web.url + path, open, never)

test('http and https addresses are for the feed source', () => {
  for (const from of ['http://example.org/', 'HTTPS://example.org/feed', ' https://example.org/ '])
    assert.ok(feed.fits(from))
  for (const from of ['examples/feed.xml', 'file:///a', 'ftp://x/', '']) assert.ok(!feed.fits(from))
})

test('a feed is read, also compressed and behind a redirect', async () => {
  const readings = await Promise.all(['/feed', '/gzip', '/moved'].map(read))
  for (const { title, items } of readings) {
    assert.equal(title, 'Loopback News')
    assert.deepEqual(
      items.map(({ id, link: to }) => [id, to]),
      [
        ['b', `${web.url}/second`],
        ['a', `${web.url}/first`],
      ],
    )
  }
})

test('a feed that says nothing has no items and the name of its host', async () => {
  assert.deepEqual(await read('/empty'), { title: `127.0.0.1:${web.port}`, items: [] })
})

test('charsets are obeyed where they are named', async () => {
  const readings = await Promise.all(['/gbk', '/gbk-header', '/shift-jis'].map(read))
  assert.deepEqual(
    readings.map(({ title }) => title),
    ['你好', '你好', 'テスト'],
  )
})

test('a page that names its feed leads to it, once', async () => {
  assert.equal((await read('/page')).title, 'Loopback News')
  await assert.rejects(read('/page-of-pages'), { fault: 'unreadable' })
})

const troubles: readonly (readonly [string, Fault, RegExp])[] = [
  ['/bare-page', 'unreadable', /sent a web page/],
  ['/script-page', 'refused', /javascript: addresses/],
  ['/words', 'unreadable', /is not a feed/],
  ['/wrong-label', 'unreadable', /is not utf-8/],
  ['/unknown-label', 'unreadable', /charset x-none/],
  ['/404', 'bad-answer', /404/],
  ['/bomb', 'too-long', /larger/],
  ['/reset', 'network', /failed/],
]
for (const [path, fault, message] of troubles) {
  test(`${path} is ${fault}`, async () => {
    await assert.rejects(read(path), { name: 'SourceError', fault, message })
  })
}

test('a page cannot lend the right to a private host to another one', async () => {
  await assert.rejects(read('/sly-page'), { fault: 'refused' })
  assert.equal(canary.connects(), 0)
  assert.equal((await feed.read(`${canary.url}/feed`, open, never)).items.length, 2)
  assert.equal(canary.connects(), 1)
})

test('an abort ends a reading as cancelled', async () => {
  const stop = new AbortController()
  const failing = assert.rejects(feed.read(`${web.url}/hang`, open, stop.signal), { fault: 'cancelled' })
  stop.abort()
  await failing
})
