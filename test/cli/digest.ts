import assert from 'node:assert/strict'
import { test } from 'node:test'
import { temporaryFolder } from '../doubles/folder.ts'
import { startVendor } from '../doubles/vendor.ts'
import { rss, startWeb } from '../doubles/web.ts'
import { moltbot, startMoltbot, writeConfig } from './moltbot.ts'

const digest = ['run', 'digest', '--from', 'examples/feed.xml', '--to', 'terminal']

const atom = `<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Atom News</title>
<entry><id>urn:a</id><title>Third</title><link href="https://example.org/third"/><updated>2026-11-02T10:00:00Z</updated></entry></feed>`
const jsonFeed = JSON.stringify({
  version: 'https://jsonfeed.org/version/1.1',
  title: 'JSON News',
  items: [{ id: '1', title: 'Fourth', url: 'https://example.org/fourth', content_text: 'Four.' }],
})
const chinese = rss.replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="gbk"?>')
/** “新闻” in GBK and “速報” in Shift_JIS, which Node cannot write by itself. */
const gbkNews = Buffer.from([0xd0, 0xc2, 0xce, 0xc5])
const sjisNews = Buffer.from([0x91, 0xac, 0x95, 0xf1])

function titled(xml: string, title: Buffer): Buffer {
  const [before = '', after = ''] = xml.split('Loopback News')
  return Buffer.concat([Buffer.from(before), title, Buffer.from(after)])
}

/** Digests from files and over HTTP, and feeds that cannot be read. */
export function digests(): void {
  test('the first digest has a link for every line, the second says that nothing is new and calls no model', async (t) => {
    const folder = temporaryFolder(t)
    const pieces = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `${n}: what the model says of ${n}\n`)
    const vendor = await startVendor([{ kind: 'answer', pieces }])
    t.after(vendor.close)
    const around = { data: `${folder}/data`, config: writeConfig(folder, vendor.origin) }
    const first = await moltbot(digest, around)
    assert.equal(first.code, 0, first.stderr)
    const lines = first.stdout.split('\n').filter((line) => line.startsWith('• '))
    const links = first.stdout.split('\n').filter((line) => /^ {2}https:\/\//u.test(line))
    assert.equal(lines.length, 8)
    assert.equal(links.length, 8)
    assert.ok(lines.every((line) => line.includes('what the model says')))
    assert.equal(vendor.requests.length, 1)

    const second = await moltbot(digest, around)
    assert.equal(second.stdout, 'Harbour Weekly: nothing new.\n')
    assert.equal(second.code, 0)
    assert.equal(vendor.requests.length, 1)
  })

  test('feeds come over HTTP as RSS, Atom and JSON Feed, in UTF-8, GBK and Shift_JIS', async (t) => {
    const data = `${temporaryFolder(t)}/data`
    const web = await startWeb({
      '/atom': { type: 'application/atom+xml', body: atom },
      '/json': { type: 'application/feed+json', body: jsonFeed },
      '/gbk': { type: 'text/xml', body: titled(chinese, gbkNews) },
      '/sjis': { type: 'text/xml; charset=Shift_JIS', body: titled(rss, sjisNews) },
    })
    t.after(web.close)
    const input = ['/feed', '/atom', '/json', '/gbk', '/sjis'].map((path) => `/digest ${web.url}${path}\n`)
    const { code, stdout } = await moltbot(['chat'], { data, input: input.join('') })
    assert.equal(code, 0)
    assert.equal(
      stdout.replaceAll(web.url, 'WEB'),
      [
        'Loopback News: 2 new items\n• Second: Two.\n  WEB/second\n• First: One.\n  WEB/first',
        'Atom News: 1 new item\n• Third\n  https://example.org/third',
        'JSON News: 1 new item\n• Fourth: Four.\n  https://example.org/fourth',
        '新闻: 2 new items\n• Second: Two.\n  WEB/second\n• First: One.\n  WEB/first',
        '速報: 2 new items\n• Second: Two.\n  WEB/second\n• First: One.\n  WEB/first\n',
      ].join('\n'),
    )
  })

  test('a feed that cannot be read is told in one clear sentence, and Moltbot goes on', async (t) => {
    const data = `${temporaryFolder(t)}/data`
    const web = await startWeb({
      '/page': { type: 'text/html', body: '<!doctype html><title>Hello</title><p>No feed here.' },
      '/text': { type: 'text/plain', body: 'just words' },
      '/empty': { body: '' },
    })
    t.after(web.close)
    const running = await startMoltbot(t, { data })
    const reasons: Readonly<Record<string, RegExp>> = {
      '/page': /a web page, and it names no feed/u,
      '/text': /is not a feed/u,
      '/empty': /empty|nothing/u,
      '/huge': /5000000 bytes/u,
      '/bomb': /5000000 bytes/u,
      '/round': /redirected more than 5 times/u,
      '/500': /500/u,
      '/reset': /connection/u,
    }
    const paths = Object.keys(reasons)
    const input = [...paths, '/feed'].map((path) => `/digest ${web.url}${path}\n`).join('')
    const { stdout } = await moltbot(['chat'], { data, input })
    const lines = stdout.trimEnd().split('\n')
    assert.equal(lines[paths.length], 'Loopback News: 2 new items', stdout)
    for (const [i, path] of paths.entries()) {
      assert.match(lines[i] ?? '', /^I could not read http:\/\/127\.0\.0\.1:\d+\/\w+: .+$/u, path)
      assert.match(lines[i] ?? '', reasons[path] ?? /./u, path)
    }
    assert.equal(running.stderr(), '')
  })
}
