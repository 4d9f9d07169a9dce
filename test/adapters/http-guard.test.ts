import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Hono } from 'hono'
import { guardAgainstPages } from '../../src/adapters/http/guard.ts'
import { get, openHttp, post, raw } from './http-house.ts'

const body = JSON.stringify({ text: 'hi' })
const bodyHeaders = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close`

/** A message as bytes, with the request line's target and the headers that matter. */
function message(headers: readonly string[], target = '/api/messages'): string {
  return [`POST ${target} HTTP/1.1`, ...headers, bodyHeaders, '', body].join('\r\n')
}

const statusOf = (response: string): number => Number(response.split(' ')[1])

suite('who may use the API while it knows no tokens', () => {
  for (const [what, headers, target, status] of [
    ['this machine by its address', ['Host: 127.0.0.1:5000'], undefined, 200],
    ['this machine by its name', ['Host: LocalHost'], undefined, 200],
    ['this machine by its IPv6 address', ['Host: [::1]:5000'], undefined, 200],
    ['a name of the configuration', ['Host: bot.example:80'], undefined, 200],
    ['a name that was made to point here', ['Host: evil.example:5000'], undefined, 403],
    ['a name that ends like ours', ['Host: evil-localhost'], undefined, 403],
    ['a name that begins like ours', ['Host: localhost.evil.example'], undefined, 403],
    ['a name before ours', ['Host: evil.example@127.0.0.1'], undefined, 403],
    ['two hosts', ['Host: 127.0.0.1', 'Host: evil.example'], undefined, 403],
    ['two hosts, ours last', ['Host: evil.example', 'Host: 127.0.0.1'], undefined, 403],
    ['a foreign host in the request line', ['Host: 127.0.0.1'], 'http://evil.example/api/messages', 403],
    ['a foreign host behind our request line', ['Host: evil.example'], 'http://127.0.0.1/api/messages', 403],
    ['our host in the request line', ['Host: 127.0.0.1'], 'http://127.0.0.1/api/messages', 200],
    ['no host', [], undefined, 400],
    ['an empty host', ['Host:'], undefined, 400],
    ['a page of another site', ['Host: 127.0.0.1', 'Origin: http://evil.example'], undefined, 403],
    ['a page without an origin', ['Host: 127.0.0.1', 'Origin: null'], undefined, 403],
    ['a page that says it is ours', ['Host: 127.0.0.1', 'Origin: http://127.0.0.1:5000'], undefined, 403],
    ['a part of another page', ['Host: 127.0.0.1', 'Sec-Fetch-Site: cross-site'], undefined, 403],
    ['a person at the address line', ['Host: 127.0.0.1', 'Sec-Fetch-Site: none'], undefined, 200],
  ] as const) {
    test(`${what}: ${status}`, async (t) => {
      const { http, answered } = await openHttp(t, { allowedHosts: ['bot.example'] })
      const response = await raw(http.port(), message(headers, target))
      const got = statusOf(response)
      // Where the server cannot even read the request, it says so before the guard is asked.
      assert.ok(got === status || (status === 403 && got === 400), response)
      assert.equal(answered.length, status === 200 ? 1 : 0)
    })
  }

  test('the refusal of a host names it and the setting', async (t) => {
    const { http } = await openHttp(t)
    const response = await raw(http.port(), message(['Host: bot.example']))
    assert.match(response, /\\"bot\.example\\".*http\.allowed_hosts/u)
  })

  test('an image in a page takes no kept replies along', async (t) => {
    const { url, tell, states } = await openHttp(t)
    await tell('default', 'news')
    const got = await get(`${url}/api/messages`, {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'no-cors',
    })
    assert.equal(got.status, 403)
    assert.deepEqual(states(), ['held'])
  })

  test('a browser that asks first is told no', async (t) => {
    const { url } = await openHttp(t)
    const headers = { origin: 'http://evil.example', 'access-control-request-method': 'POST' }
    const response = await fetch(`${url}/api/messages`, { method: 'OPTIONS', headers })
    assert.equal(response.status, 403)
    assert.equal(response.headers.get('access-control-allow-origin'), null)
  })

  test('control: without the guard each of these requests comes through', async () => {
    const statuses = async (guarded: boolean): Promise<number[]> => {
      const app = new Hono()
      if (guarded) app.use(guardAgainstPages(() => ['127.0.0.1']))
      app.post('/', (c) => c.text('taken'))
      const json = { 'content-type': 'application/json' }
      const requests: [string, Record<string, string>][] = [
        ['http://127.0.0.1/', { ...json, host: 'evil.example' }],
        ['http://evil.example/', { ...json, host: '127.0.0.1' }],
        ['http://127.0.0.1/', { ...json, host: '127.0.0.1', origin: 'http://evil.example' }],
        ['http://127.0.0.1/', { ...json, host: '127.0.0.1', 'sec-fetch-site': 'same-site' }],
        ['http://127.0.0.1/', { 'content-type': 'text/plain', host: '127.0.0.1' }],
      ]
      return Promise.all(
        requests.map(async ([url, headers]) => (await app.request(url, { method: 'POST', headers })).status),
      )
    }
    assert.deepEqual(await statuses(true), [403, 403, 403, 403, 415])
    assert.deepEqual(await statuses(false), [200, 200, 200, 200, 200])
  })
})

suite('for those who watch', () => {
  test('/healthz says that it lives', async (t) => {
    const { url } = await openHttp(t, { readiness: () => ({ ready: false, troubles: ['x'] }) })
    assert.deepEqual(await get(`${url}/healthz`), { status: 200, body: { alive: true } })
  })

  test('/metrics is what a Prometheus server reads', async (t) => {
    const { url } = await openHttp(t)
    const response = await fetch(`${url}/metrics`)
    assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4')
    assert.equal(await response.text(), 'moltbot_up 1\n')
  })

  test('/readyz says whether it can take work, and what keeps it from it', async (t) => {
    let troubles: string[] = []
    const { url } = await openHttp(t, { readiness: () => ({ ready: troubles.length === 0, troubles }) })
    assert.deepEqual(await get(`${url}/readyz`), { status: 200, body: { ready: true, troubles: [] } })
    troubles = ['the disk is full']
    assert.deepEqual(await get(`${url}/readyz`), {
      status: 503,
      body: { ready: false, troubles: ['the disk is full'] },
    })
    assert.equal((await post(url, { text: 'still answers' })).status, 200)
  })
})
