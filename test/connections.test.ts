import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { suite, test, type TestContext } from 'node:test'
import { deflateSync, gzipSync } from 'node:zlib'
import type { Model } from '../src/model.ts'
import { createAnthropic } from '../src/models/anthropic.ts'
import { createConnections, type ConnectionsOptions } from '../src/connections.ts'
import { createOpenai } from '../src/models/openai/openai.ts'
import { ask, assertFault, read, textOf } from './contracts/model.ts'
import { defaultPieces, startVendor, type Step, type VendorDouble } from './doubles/vendor.ts'

const open = (t: TestContext, options: ConnectionsOptions = {}) => {
  const connections = createConnections(options)
  t.after(connections.close)
  return connections
}

/** The models of all three wires, over one fetch. */
const modelsOf = (vendor: VendorDouble, fetch: typeof globalThis.fetch): readonly Model[] => [
  createOpenai({ name: 'chat', endpoint: `${vendor.origin}/v1`, model: 'm', fetch }),
  createOpenai({ name: 'responses', endpoint: `${vendor.origin}/v1`, model: 'm', api: 'responses', fetch }),
  createAnthropic({ name: 'messages', endpoint: vendor.origin, model: 'm', fetch }),
]

const vendorFor = async (t: TestContext, always?: Step): Promise<VendorDouble> => {
  const vendor = await startVendor([], always === undefined ? {} : { always })
  t.after(vendor.close)
  return vendor
}

/** Comes back when so many responses are over, and the client has had some turns to notice it. */
const settled = async (vendor: VendorDouble, responses: number): Promise<void> => {
  while (vendor.done() < responses) await new Promise(setImmediate)
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
}

/** A plain server, for what no vendor does. */
const serve = async (t: TestContext, listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
}

suite('connections', () => {
  test('one connection serves all calls that come one after the other', async (t) => {
    for (const always of [{ kind: 'answer' }, { kind: 'answer', lateEnd: true }] satisfies Step[]) {
      const vendor = await vendorFor(t, always)
      const { fetch } = open(t)
      for (const model of modelsOf(vendor, fetch)) {
        for (let count = 0; count < 8; count++) {
          const { events } = await read(model, ask('hi'))
          assert.equal(textOf(events), defaultPieces.join(''))
          await settled(vendor, vendor.requests.length)
        }
      }
      assert.equal(vendor.connections(), 1, JSON.stringify(always))
      assert.equal(vendor.hangUps(), 0)
    }
  })

  test('with the global fetch, an end that comes late costs the openai SDK its connection each time', async (t) => {
    const vendor = await vendorFor(t, { kind: 'answer', lateEnd: true })
    const [chat] = modelsOf(vendor, globalThis.fetch)
    assert.ok(chat !== undefined)
    for (let count = 0; count < 4; count++) await read(chat, ask('hi'))
    assert.ok(vendor.connections() >= 4, `${vendor.connections()} connections`)
  })

  test('refused calls keep the connection, too', async (t) => {
    const vendor = await vendorFor(t, { kind: 'status', status: 503 })
    const { fetch } = open(t)
    for (const model of modelsOf(vendor, fetch))
      for (let count = 0; count < 4; count++) assertFault((await read(model, ask('hi'))).thrown, 'overloaded')
    // A second one opens where the next call comes before the first one is free again.
    assert.ok(vendor.connections() <= 2, `${vendor.connections()} connections`)
  })

  test('an end that never comes after the last event holds up nobody', async (t) => {
    const done = { choices: [{ delta: { content: 'Yes.' }, finish_reason: 'stop' }] }
    const origin = await serve(t, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`data: ${JSON.stringify(done)}\n\ndata: [DONE]\n\n`)
    })
    const { fetch } = open(t, { drainMs: 10 })
    const model = createOpenai({ name: 'gpt', endpoint: `${origin}/v1`, model: 'm', fetch })
    assert.equal(textOf((await read(model, ask('hi'))).events), 'Yes.')
  })

  test('there are never more connections to one origin than allowed', async (t) => {
    const vendor = await vendorFor(t)
    const { fetch } = open(t, { perOrigin: 3 })
    const [chat] = modelsOf(vendor, fetch)
    assert.ok(chat !== undefined)
    const all = await Promise.all(Array.from({ length: 20 }, () => read(chat, ask('hi'))))
    assert.ok(all.every(({ thrown }) => thrown === undefined))
    assert.ok(vendor.connections() <= 3)
  })

  test('an abort ends the connection in the middle of an answer', async (t) => {
    const vendor = await vendorFor(t, { kind: 'stall', after: 'first' })
    const { fetch } = open(t)
    for (const [index, model] of modelsOf(vendor, fetch).entries()) {
      const controller = new AbortController()
      for await (const event of model.stream(ask('hi'), controller.signal)) {
        if (event.kind === 'working') continue
        assert.equal(event.kind, 'text')
        break
      }
      while (vendor.hangUps() === index && !t.signal.aborted) await new Promise(setImmediate)
    }
    assert.equal(vendor.connections(), 3)
  })

  test('close ends what is under way, and nothing is opened after it', async (t) => {
    const vendor = await vendorFor(t, { kind: 'stall', after: 'first' })
    for (const pick of [0, 1, 2]) {
      const connections = createConnections()
      const model = modelsOf(vendor, connections.fetch)[pick]
      assert.ok(model !== undefined)
      const iterator = model.stream(ask('hi'), new AbortController().signal)[Symbol.asyncIterator]()
      while ((await iterator.next()).value?.kind === 'working');
      const next = iterator.next().catch((error: unknown) => error)
      await connections.close()
      assertFault(await next, 'network')
      const count = vendor.connections()
      assertFault((await read(model, ask('hi'))).thrown, 'network')
      assert.equal(vendor.connections(), count)
      await connections.close()
    }
  })

  test('a body that breaks while nobody reads is told to the next who reads', async (t) => {
    const vendor = await vendorFor(t, { kind: 'reset', after: 'first' })
    const { fetch } = open(t)
    for (const model of modelsOf(vendor, fetch)) {
      const iterator = model.stream(ask('hi'), new AbortController().signal)[Symbol.asyncIterator]()
      while ((await iterator.next()).value?.kind === 'working');
      await settled(vendor, vendor.requests.length)
      assertFault(await iterator.next().catch((error: unknown) => error), 'network')
    }
  })

  test('compressed answers are read, alone and in layers; one that is cut off counts as cut', async (t) => {
    for (const encoding of ['gzip', 'deflate', 'br'] as const) {
      const vendor = await vendorFor(t, { kind: 'answer', encoding })
      for (const model of modelsOf(vendor, open(t).fetch))
        assert.equal(textOf((await read(model, ask('hi'))).events), defaultPieces.join(''), encoding)
    }
    const { fetch } = open(t)
    const layers = await serve(t, (_request, response) => {
      response.writeHead(200, { 'content-encoding': 'deflate, gzip' })
      response.end(gzipSync(deflateSync('{"a":1}')))
    })
    assert.deepEqual(await (await fetch(layers)).json(), { a: 1 })
    const cut = await serve(t, (_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'text/event-stream' })
      response.end(gzipSync('data: {"choices":[]}\n\n').subarray(0, -8))
    })
    const model = createOpenai({ name: 'gpt', endpoint: cut, model: 'm', fetch })
    assertFault((await read(model, ask('hi'))).thrown, 'network')
  })

  test('what claims to be compressed and is not is bad-answer', async (t) => {
    const origin = await serve(t, (_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'text/event-stream' })
      response.end('data: {}\n\n')
    })
    const model = createOpenai({ name: 'gpt', endpoint: origin, model: 'm', fetch: open(t).fetch })
    assertFault((await read(model, ask('hi'))).thrown, 'bad-answer')
  })

  /** A server whose bodies go on for as long as they are read; `cuts` counts those that were cut off. */
  const endless = async (t: TestContext, status: number, zip = false) => {
    let cuts = 0
    const part = Buffer.from(`data: {"choices":[{"delta":{"content":"${'x'.repeat(20_000)}"}}]}\n\n`)
    const origin = await serve(t, (_request, response) => {
      const type = { 'content-type': 'text/event-stream' }
      response.writeHead(status, zip ? { ...type, 'content-encoding': 'gzip' } : type)
      response.on('close', () => cuts++)
      if (zip) return void response.end(gzipSync(Buffer.concat(Array.from({ length: 200 }, () => part))))
      const goOn = (): void => {
        if (!response.destroyed) response.write(part, () => setImmediate(goOn))
      }
      goOn()
    })
    return { origin, cuts: () => cuts }
  }

  test('an answer without an end is cut off at its bound, decompressed, and is bad-answer', async (t) => {
    for (const zip of [false, true]) {
      const { origin, cuts } = await endless(t, 200, zip)
      const { fetch } = open(t, { maxBytes: 100_000 })
      const model = createOpenai({ name: 'gpt', endpoint: origin, model: 'm', fetch })
      const { events, thrown } = await read(model, ask('hi'))
      assertFault(thrown, 'bad-answer')
      assert.match(thrown.message, /more than 100000 bytes/u)
      assert.ok(textOf(events).length < 100_000)
      while (cuts() === 0 && !t.signal.aborted) await new Promise(setImmediate)
    }
  })

  test('with a bound that is not reached, the same answer is read on and on', async (t) => {
    const { origin } = await endless(t, 200)
    const model = createOpenai({ name: 'gpt', endpoint: origin, model: 'm', fetch: open(t).fetch })
    let length = 0
    for await (const event of model.stream(ask('hi'), new AbortController().signal)) {
      length += event.kind === 'text' ? event.text.length : 0
      if (length > 300_000) break
    }
    assert.ok(length > 300_000)
  })

  test('of an answer with an error status so much is read as tells the error, and the rest is let go', async (t) => {
    const { origin, cuts } = await endless(t, 503)
    for (const [index, make] of [createOpenai, createAnthropic].entries()) {
      const model = make({ name: 'gpt', endpoint: origin, model: 'm', fetch: open(t).fetch })
      assertFault((await read(model, ask('hi'))).thrown, 'overloaded')
      while (cuts() === index && !t.signal.aborted) await new Promise(setImmediate)
    }
    const { fetch } = open(t, { maxErrorBytes: 1_000 })
    assert.equal((await (await fetch(origin)).text()).length, 1_000)
  })

  test('a redirect is not followed, and points to the endpoint', async (t) => {
    const paths: (string | undefined)[] = []
    const origin = await serve(t, (request, response) => {
      paths.push(request.url)
      response.writeHead(308, { location: '/elsewhere' }).end()
    })
    const { fetch } = open(t)
    for (const model of [
      createOpenai({ name: 'gpt', endpoint: origin, model: 'm', fetch }),
      createAnthropic({ name: 'claude', endpoint: origin, model: 'm', fetch }),
    ]) {
      const { thrown } = await read(model, ask('hi'))
      assertFault(thrown, 'unsupported')
      assert.match(thrown.message, /endpoint/u)
    }
    assert.deepEqual(paths, ['/chat/completions', '/v1/messages'])
  })

  test('where nobody listens it is network; what speaks no HTTP is bad-answer', async (t) => {
    const gone = await startVendor()
    await gone.close()
    const { fetch } = open(t)
    for (const model of modelsOf(gone, fetch)) assertFault((await read(model, ask('hi'))).thrown, 'network')
    const origin = await serve(t, (request) => {
      request.socket.end('SSH-2.0-OpenSSH_9.6\r\n')
    })
    const model = createOpenai({ name: 'gpt', endpoint: origin, model: 'm', fetch })
    assertFault((await read(model, ask('hi'))).thrown, 'bad-answer')
  })

  test('headers come as they were sent, also those that come twice; the request has those that were given', async (t) => {
    const origin = await serve(t, (request, response) => {
      response.writeHead(201, [['x-one', 'a'], ['x-one', 'b'], ['x-two', 'c']].flat()) // prettier-ignore
      response.end(
        JSON.stringify({ sent: request.headers['x-sent'], encoding: request.headers['accept-encoding'] }),
      )
    })
    const { fetch } = open(t)
    const response = await fetch(new URL('/a?b=c', origin), { headers: { 'x-sent': 'yes' } })
    assert.equal(response.status, 201)
    assert.equal(response.ok, true)
    assert.equal(response.url, `${origin}/a?b=c`)
    assert.equal(response.headers.get('x-one'), 'a, b')
    assert.equal(response.headers.get('x-two'), 'c')
    assert.deepEqual(JSON.parse(await response.text()), { sent: 'yes' })
  })
})
