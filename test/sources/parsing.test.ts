import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SourceError } from '../../src/errors.ts'
import { createParse } from '../../src/sources/parsing.ts'

const never = new AbortController().signal
const origin = { url: 'https://example.org/news/feed.xml', place: 'https://example.org/news/feed.xml' }
const parse = createParse()

test('a text is read in a process of its own, and all that wait have their turn', async () => {
  const texts = ['One', 'Two', 'Three'].map(
    (title) => `<rss version="2.0"><channel><title>${title}</title></channel></rss>`,
  )
  const parsed = await Promise.all(texts.map((text) => parse(text, origin, never)))
  assert.deepEqual(
    parsed.map((one) => one.kind === 'feed' && one.reading.title),
    ['One', 'Two', 'Three'],
  )
})

const bombs: Readonly<Record<string, string>> = {
  'billion laughs': `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "${'ha'.repeat(50)}">${Array.from({ length: 12 }, (_, i) => `<!ENTITY a${i} "${`&a${i === 0 ? '' : i - 1};`.repeat(10)}">`).join('')}]><rss version="2.0"><channel><title>&a11;</title><item><title>&a11;</title></item></channel></rss>`,
  'outside entity':
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><title>&x;</title><item><title>&x;</title></item></channel></rss>',
  'deep nesting': `<rss version="2.0"><channel><title>x</title>${'<a>'.repeat(300_000)}`,
  'deep closed nesting': `<rss version="2.0"><channel><title>x</title>${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}</channel></rss>`,
  'deep json': `{"version":"https://jsonfeed.org/version/1","title":"x","items":${'['.repeat(200_000)}`,
  'many attributes': `<rss version="2.0" ${Array.from({ length: 20_000 }, (_, i) => `a${i}="x"`).join(' ')}><channel><title>x</title></channel></rss>`,
  'open comments': `<rss version="2.0"><channel><title>x</title>${'<!--'.repeat(500_000)}`,
  'open cdata': `<rss version="2.0"><channel><title>x</title>${'<![CDATA['.repeat(300_000)}`,
}
test('bombs of every kind end within their limits, and nothing is drawn in from outside', async () => {
  const startedMs = performance.now()
  const quick = createParse({ timeoutMs: 1_000 })
  const defuse = async (name: string, bomb: string): Promise<void> => {
    try {
      const said = JSON.stringify(await quick(bomb, origin, never))
      assert.ok(said.length < 1_000_000, name)
      assert.doesNotMatch(said, /root:|(?:ha){200}/, name)
    } catch (error) {
      assert.ok(error instanceof SourceError, `${name}: ${String(error)}`)
      assert.ok(['timeout', 'too-long', 'unreadable'].includes(error.fault), `${name}: ${error.message}`)
    }
  }
  await Promise.all(Object.entries(bombs).map(([name, bomb]) => defuse(name, bomb)))
  assert.ok(performance.now() - startedMs < 6_000)
})

const slow = `<rss version="2.0"><channel><title>x</title>${'<item><title>x</title></item>'.repeat(60_000)}</channel></rss>`

const fault =
  (name: string) =>
  (error: unknown): boolean =>
    error instanceof SourceError && error.fault === name

test('what takes too long is killed, what takes too much memory as well; with room both are read', async () => {
  await assert.rejects(createParse({ timeoutMs: 20 })(slow, origin, never), fault('timeout'))
  await assert.rejects(createParse({ maxMib: 96, timeoutMs: 20_000 })(slow, origin, never), fault('too-long'))
  const { items } = await createParse({ timeoutMs: 20_000 })(slow, origin, never).then((parsed) =>
    parsed.kind === 'feed' ? parsed.reading : assert.fail(),
  )
  assert.equal(items.length, 1)
})

test('the main thread stays free while a hostile text is read', async () => {
  let beats = 0
  const timer = setInterval(() => beats++, 5)
  await createParse({ timeoutMs: 150 })(slow, origin, never).catch(() => undefined)
  clearInterval(timer)
  assert.ok(beats >= 6, `${beats} beats`)
})

test('an abort ends a reading as cancelled', async () => {
  const stop = new AbortController()
  const failing = assert.rejects(parse(slow, origin, stop.signal), { fault: 'cancelled' })
  stop.abort()
  await failing
  await assert.rejects(parse(slow, origin, stop.signal), { fault: 'cancelled' })
})
