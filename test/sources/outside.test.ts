import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SourceError, type Fault } from '../../src/errors.ts'
import { createReach } from '../../src/sources/addresses.ts'
import { createOutside } from '../../src/sources/outside.ts'
import { startWeb, type Web } from '../doubles/web.ts'

const open = { private: true }
const shut = { private: false }
const never = new AbortController().signal
const quick = createOutside({ timeoutMs: 300, maxBytes: 500_000 })

let web: Web
before(async () => {
  web = await startWeb()
})
after(() => web.close())

async function faultOfFetch(
  url: string,
  outside = quick,
  rights = open,
  signal = never,
): Promise<SourceError> {
  try {
    await outside.fetch(url, { rights, signal })
  } catch (error) {
    assert.ok(error instanceof SourceError, String(error))
    return error
  }
  return assert.fail(`${url} was fetched`)
}

test('a page is fetched with its content type and its final address, without cookies or credentials', async () => {
  const got = await quick.fetch(`${web.url}/feed`, { rights: open, signal: never, accept: 'text/xml' })
  assert.match(Buffer.from(got.bytes).toString(), /Loopback News/)
  assert.equal(got.contentType, 'application/rss+xml; charset=utf-8')
  assert.equal(got.finalUrl, `${web.url}/feed`)
  const { accept, cookie, authorization } = web.lastHeaders()
  assert.deepEqual(
    { accept, cookie, authorization },
    { accept: 'text/xml', cookie: undefined, authorization: undefined },
  )
})

const troubles: readonly (readonly [string, Fault, RegExp])[] = [
  ['/404', 'bad-answer', /HTTP status 404/],
  ['/500', 'bad-answer', /HTTP status 500/],
  ['/hang', 'timeout', /within 300 ms/],
  ['/drip', 'timeout', /within 300 ms/],
  ['/reset', 'network', /failed/],
  ['/cut', 'network', /failed/],
  ['/bomb', 'too-long', /larger than 500000 bytes/],
  ['/huge', 'too-long', /larger than 500000 bytes/],
  ['/declared-huge', 'too-long', /larger than 500000 bytes/],
  ['/round', 'bad-answer', /more than 5 times/],
  ['/bad-gzip', 'bad-answer', /malformed/],
]
for (const [path, fault, message] of troubles) {
  test(`${path} ends in bounded time as ${fault}`, async () => {
    const startedMs = performance.now()
    const error = await faultOfFetch(web.url + path)
    assert.equal(error.fault, fault, error.message)
    assert.match(error.message, message)
    assert.match(error.message, /127\.0\.0\.1/)
    assert.ok(performance.now() - startedMs < 2_500)
  })
}

test('what the network broke is asked for once more, and nothing else is', async () => {
  const own = await startWeb()
  try {
    const got = await quick.fetch(`${own.url}/reset-once`, { rights: open, signal: never })
    assert.match(Buffer.from(got.bytes).toString(), /Loopback News/)
    for (const path of ['/reset', '/500', '/hang', '/bad-gzip']) await faultOfFetch(own.url + path)
    const asked = (path: string): number => own.requests.filter((one) => one === `GET ${path}`).length
    assert.deepEqual(['/reset-once', '/reset', '/500', '/hang', '/bad-gzip'].map(asked), [2, 2, 1, 1, 1])
    assert.equal(own.connects(), 7)
  } finally {
    await own.close()
  }
})

test('a body without end is left soon after the limit', async () => {
  const own = await startWeb()
  try {
    await faultOfFetch(`${own.url}/huge`)
    assert.ok(own.sentBytes() < 10_000_000, `${own.sentBytes()} bytes were taken`)
  } finally {
    await own.close()
  }
})

test('a larger limit takes what a smaller one refuses', async () => {
  const wide = createOutside({ maxBytes: 60_000_000 })
  const { bytes } = await wide.fetch(`${web.url}/bomb`, { rights: open, signal: never })
  assert.equal(bytes.byteLength, 50_000_000)
})

test('an abort ends a fetch at once as cancelled', async () => {
  const stop = new AbortController()
  const failing = faultOfFetch(`${web.url}/hang`, createOutside({ timeoutMs: 60_000 }), open, stop.signal)
  stop.abort()
  assert.equal((await failing).fault, 'cancelled')
  assert.equal((await faultOfFetch(`${web.url}/feed`, quick, open, stop.signal)).fault, 'cancelled')
})

test('an abort while a name is looked up ends the fetch and opens no connection', async () => {
  const canary = await startWeb()
  const stop = new AbortController()
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
  const { promise: found, resolve: find } = Promise.withResolvers<{ address: string; family: number }[]>()
  const slow = createOutside({
    lookup: () => {
      ask()
      return found
    },
  })
  const failing = faultOfFetch(`http://slow.test:${canary.port}/feed`, slow, open, stop.signal)
  await asked
  stop.abort()
  assert.equal((await failing).fault, 'cancelled')
  find([{ address: '127.0.0.1', family: 4 }])
  // A connection opened by the late address would be there before this one.
  await quick.fetch(`${canary.url}/feed`, { rights: open, signal: never })
  await canary.close()
  assert.equal(canary.connects(), 1)
})

test('a closed port and an unknown name are faults of the network', async () => {
  const gone = await startWeb()
  await gone.close()
  assert.equal((await faultOfFetch(gone.url)).fault, 'network')
  const lost = createOutside({
    lookup: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
  })
  const error = await faultOfFetch('http://nowhere.test/', lost)
  assert.equal(error.fault, 'network')
  assert.match(error.message, /nowhere\.test was not found/)
})

test('other schemes, credentials and what is no URL are refused before anything is opened', async () => {
  for (const url of ['ftp://example.org/', 'file:///etc/passwd', 'data:text/plain,x', 'javascript:1']) {
    assert.equal((await faultOfFetch(url)).fault, 'refused')
  }
  const secret = await faultOfFetch(`http://user:hunter2@127.0.0.1:${web.port}/feed`)
  assert.equal(secret.fault, 'refused')
  assert.doesNotMatch(secret.message, /hunter2/)
  assert.equal((await faultOfFetch('no url')).fault, 'bad-request')
})

/** Every way to write loopback that a URL knows, and names that lead there. */
const disguises = (port: number): readonly string[] =>
  '127.0.0.1 127.1 2130706433 0177.0.0.1 0x7f000001 0x7f.1 127.000.000.001 １２７.０.０.１ [::ffff:127.0.0.1] [::ffff:7f00:1] localhost LOCALHOST localhost. rebound.test mapped.test'
    .split(' ')
    .map((host) => `http://${host}:${port}/feed`)

const unreachable = [
  'http://0.0.0.0/',
  'http://0/',
  'http://[::]/',
  'http://169.254.169.254/latest/meta-data/',
]
const neverOpen = [
  ...unreachable,
  'http://[::127.0.0.1]/',
  'http://[fe80::1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://224.0.0.1/',
]
const nearby = [
  'http://10.0.0.1/',
  'http://192.168.1.1/',
  'http://172.31.0.1/',
  'http://100.64.0.1/',
  'http://[::1]/',
  'http://[fd00::1]/',
]

const named = createOutside({
  timeoutMs: 1_000,
  lookup: async (host) => {
    const address = host.startsWith('mapped') ? '::ffff:127.0.0.1' : '127.0.0.1'
    return [{ address, family: address.includes(':') ? 6 : 4 }]
  },
})

test('no way to write a private address leads to a connection', async () => {
  const canary = await startWeb()
  for (const url of [...disguises(canary.port), ...neverOpen, ...nearby]) {
    const error = await faultOfFetch(url, named, shut)
    assert.equal(error.fault, 'refused', `${url}: ${error.message}`)
  }
  await canary.close()
  assert.equal(canary.connects(), 0)
})

test('with the right to private hosts each of them does connect, and what is never open stays shut', async () => {
  const canary = await startWeb()
  const urls = disguises(canary.port)
  for (const url of urls) await named.fetch(url, { rights: open, signal: never })
  await canary.close()
  assert.equal(canary.connects(), urls.length)
  for (const url of neverOpen) assert.equal((await faultOfFetch(url, named, open)).fault, 'refused', url)
})

test('the connection goes to the address that was checked, though the name leads elsewhere a moment later', async () => {
  let asked = 0
  const turning = createOutside({
    lookup: async () => [{ address: asked++ === 0 ? '127.0.0.1' : '10.0.0.1', family: 4 }],
  })
  const { finalUrl } = await turning.fetch(`http://turning.test:${web.port}/feed`, {
    rights: open,
    signal: never,
  })
  assert.equal(finalUrl, `http://turning.test:${web.port}/feed`)
  assert.equal(asked, 1)
})

test('of the addresses of a name only those that are allowed are tried', async () => {
  const canary = await startWeb()
  const mixed = createOutside({
    timeoutMs: 200,
    lookup: async () => [
      { address: '127.0.0.1', family: 4 },
      { address: '2000::1', family: 6 },
    ],
  })
  const error = await faultOfFetch(`http://mixed.test:${canary.port}/feed`, mixed, shut)
  assert.ok(error.fault === 'timeout' || error.fault === 'network', error.fault)
  await canary.close()
  assert.equal(canary.connects(), 0)
})

test('a redirect to another private host is refused, to the named host it is followed', async () => {
  const canary = await startWeb()
  const trap = await startWeb({
    '/out': `http://localhost:${canary.port}/feed`,
    '/port': `http://127.0.0.1:${canary.port}/feed`,
    '/meta': 'http://169.254.169.254/',
    '/file': 'file:///etc/passwd',
    '/login': `http://a:b@127.0.0.1/`,
    '/garbage': 'http://',
    '/home': '/feed',
  })
  for (const path of ['/out', '/port', '/meta', '/file', '/login']) {
    assert.equal((await faultOfFetch(trap.url + path)).fault, 'refused', path)
  }
  assert.equal((await faultOfFetch(`${trap.url}/garbage`)).fault, 'bad-answer')
  const { finalUrl } = await quick.fetch(`${trap.url}/home`, { rights: open, signal: never })
  assert.equal(finalUrl, `${trap.url}/feed`)
  await Promise.all([canary.close(), trap.close()])
  assert.equal(canary.connects(), 0)
})

test('a right to a private host does not outlive its fetch on a kept connection', async () => {
  await quick.fetch(`${web.url}/feed`, { rights: open, signal: never })
  assert.equal((await faultOfFetch(`${web.url}/feed`, quick, shut)).fault, 'refused')
})

test('the special ranges of the registries are told from public addresses', () => {
  const reachOf = createReach()
  const expected = {
    public: '1.1.1.1 8.8.8.8 172.32.0.1 100.128.0.1 198.20.0.1 2606:4700::1111 2a00:1450::1 ::ffff:8.8.8.8',
    private:
      '127.0.0.1 10.1.2.3 172.16.0.1 192.168.0.1 100.64.0.1 ::1 fc00::1 fdff::1 ::ffff:10.0.0.1 ::ffff:7f00:1',
    never:
      '0.0.0.0 169.254.1.1 192.0.0.1 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 ' +
      ':: ::7f00:1 64:ff9b::7f00:1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 3fff::1 5f00::1 fe80::1 fe80::1%lo fec0::1 ff02::1 ' +
      '2a00:1450::5efe:7f00:1 ::ffff:0:7f00:1 ::ffff:169.254.169.254 example.org',
  }
  for (const [reach, list] of Object.entries(expected)) {
    for (const address of list.split(' ')) assert.equal(reachOf(address), reach, address)
  }
})
