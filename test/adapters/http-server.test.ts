import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { suite, test } from 'node:test'
import { createListener, serverOf } from '../../src/adapters/http/server.ts'
import type { Log } from '../../src/log.ts'
import { openHttp, post, raw, until } from './http-house.ts'

/** A sleep that lasts until it is ended by the test or by its signal; how long each wanted to last is kept. */
function sleeper() {
  const wantedMs: number[] = []
  const wakes: (() => void)[] = []
  return {
    wantedMs,
    wake: () => wakes.splice(0).forEach((wake) => wake()),
    sleep: (ms: number, signal: AbortSignal): Promise<void> =>
      new Promise((resolve, reject) => {
        wantedMs.push(ms)
        wakes.push(resolve)
        signal.addEventListener('abort', () => reject(new Error('woken')), { once: true })
      }),
  }
}

suite('a port that another program holds', () => {
  test('keeps nothing else from starting, is told, and is taken when it is free', async (t) => {
    const other = createServer()
    await once(other.listen(0, '127.0.0.1'), 'listening')
    const { port } = other.address() as AddressInfo
    const { wantedMs, wake, sleep } = sleeper()
    const { http, logged } = await openHttp(t, { port, sleep })
    assert.equal(http.port(), undefined)
    assert.match(http.describe(), new RegExp(`^http off: port ${port} is taken .*MOLTBOT_HTTP_PORT$`, 'u'))
    wake()
    await until(() => wantedMs.length === 2)
    assert.equal(logged.length, 1, 'it is not told again at each try')
    assert.deepEqual(wantedMs, [5_000, 5_000])

    other.close()
    await once(other, 'close')
    wake()
    await until(() => http.port() !== undefined)
    assert.equal(http.describe(), `http on 127.0.0.1:${port}`)
    assert.equal((await post(`http://127.0.0.1:${port}`, { text: 'hi' })).status, 200)
    assert.match(logged.at(-1) ?? '', /back/u)
  })

  test('is not tried again after a stop', async (t) => {
    const other = createServer()
    await once(other.listen(0, '127.0.0.1'), 'listening')
    t.after(() => other.close())
    const { port } = other.address() as AddressInfo
    const { wantedMs, wake, sleep } = sleeper()
    const { http } = await openHttp(t, { port, sleep })
    await http.stop()
    wake()
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(wantedMs, [5_000])
  })
})

suite('a stop', () => {
  test('tells those who wait for a reply to ask again, and lets go of the port', async (t) => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const { http, url, answered, states } = await openHttp(t, { answer: () => promise })
    const asking = post(url, { text: 'hi', id: 'open' })
    await until(() => answered.length > 0)
    const stopping = http.stop()
    assert.deepEqual(await asking, {
      status: 503,
      body: { fault: 'overloaded', error: 'Moltbot is stopping; ask again with the same id in a moment' },
    })
    await stopping
    assert.equal(http.port(), undefined)
    await assert.rejects(post(url, { text: 'hi' }))
    resolve('kept for the next time')
    await until(() => states()[0] === 'held')
  })

  test('does not wait for connections that are open and idle', async (t) => {
    const { http } = await openHttp(t)
    const socket = connect(http.port() ?? 0, '127.0.0.1')
    await once(socket, 'connect')
    const closed = once(socket.resume(), 'close')
    await http.stop()
    await closed
  })

  test('waits two seconds for a client that never ends its request, and no longer', async (t) => {
    const { wantedMs, wake, sleep } = sleeper()
    const { http } = await openHttp(t, { sleep })
    const socket = connect(http.port() ?? 0, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('POST /api/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n')
    socket.write('Content-Length: 100\r\n\r\n{"text": "and then')
    // The server has seen the head of the request once it has answered another.
    await raw(http.port(), 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    const closed = once(socket.resume(), 'close')
    let isStopped = false
    const stopping = http.stop().then(() => (isStopped = true))
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal(isStopped, false)
    assert.deepEqual(wantedMs, [2_000])
    wake()
    await stopping
    await closed
  })

  test('closes also a port that is only just being opened', async () => {
    const { sleep } = sleeper()
    const app = { fetch: () => new Response() }
    const log = { info: () => undefined, error: () => undefined } as unknown as Log
    const listener = createListener({ app, host: '127.0.0.1', port: 0, sleep, log })
    await Promise.all([listener.start(), listener.stop()])
    assert.equal(listener.port(), undefined)
  })
})

test('a slow client is cut off: ten seconds for the headers, thirty for the request', () => {
  const server = serverOf({ fetch: () => new Response() })
  assert.equal(server.headersTimeout, 10_000)
  assert.equal(server.requestTimeout, 30_000)
  assert.equal(server.maxConnections, 512)
})

test('headers without end are refused', async (t) => {
  const { http } = await openHttp(t)
  const response = await raw(
    http.port(),
    `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
  )
  assert.match(response, /^HTTP\/1\.1 431 /u)
})

test('what is no HTTP at all is refused, and the next client is served', async (t) => {
  const { http, url } = await openHttp(t)
  assert.match(await raw(http.port(), '\u0016\u0003\u0001\u0002\u0000 hello\r\n\r\n'), /^HTTP\/1\.1 400 /u)
  assert.equal((await post(url, { text: 'hi' })).status, 200)
})
