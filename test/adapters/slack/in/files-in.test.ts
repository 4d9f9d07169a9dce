import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { suite, test } from 'node:test'
import type { SlackAnswer } from '../../../../src/adapters/slack/contract.ts'
import { createFiles } from '../../../../src/adapters/slack/in/files-in.ts'
import { createConnections } from '../../../../src/connections.ts'
import type { Fault } from '../../../../src/errors.ts'

const file = { id: 'F1', name: 'a.txt', mediaType: 'text/plain', bytes: 5 }
const address = { adapter: 'slack', account: 'T1', channel: 'C1' }
const { signal } = new AbortController()
const noThreads = {
  directory: { user: async () => assert.fail('asked'), channelName: () => undefined },
  taken: () => [],
  saying: () => undefined,
}

/** Slack's file host on this machine; `told` is what files.info says, with the host in place of `HOST`. */
async function stage(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  told: (host: string) => SlackAnswer = (host) => ({
    kind: 'ok',
    data: { file: { id: 'F1', mimetype: 'text/plain', url_private_download: `${host}/files/F1` } },
  }),
  maxBytes?: number,
) {
  const requests: { readonly path: string | undefined; readonly token: string | undefined }[] = []
  const server = createServer((request, response) => {
    requests.push({ path: request.url, token: request.headers.authorization })
    answer(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const at = server.address()
  const host = `http://127.0.0.1:${typeof at === 'object' ? at?.port : at}`
  const connections = createConnections()
  const asked: unknown[] = []
  const read = createFiles({
    ...noThreads,
    api: {
      call: async (method, args, { account }) => {
        asked.push([method, args, account])
        return told(host)
      },
    },
    installations: {
      of: async (account) => ({ account, botToken: `xoxb-${account}`, botUserId: 'U', botId: 'B' }),
    },
    fetch: connections.fetch,
    apiUrl: `${host}/api/`,
    ...(maxBytes === undefined ? {} : { maxBytes }),
  })
  return {
    requests,
    asked,
    read: (one = file) => read(one, address, signal),
    readUntil: (until: AbortSignal) => read(file, address, until),
    [Symbol.asyncDispose]: async () => {
      await connections.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

const send =
  (bytes: string | Uint8Array, type = 'text/plain') =>
  (_: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(200, { 'content-type': type }).end(bytes)
const at =
  (url: string, mimetype = 'text/plain') =>
  (): SlackAnswer => ({
    kind: 'ok',
    data: { file: { mimetype, url_private: url } },
  })
const fails = (reading: Promise<unknown>, fault: Fault, message: RegExp = /a\.txt/u): Promise<void> =>
  assert.rejects(reading, (error: Error & { fault?: Fault }) => {
    assert.equal(error.fault, fault, error.message)
    assert.match(error.message, message)
    return true
  })

test('a file is read with the token of its account', async () => {
  await using stand = await stage(send('hello'))
  assert.equal(Buffer.from(await stand.read()).toString(), 'hello')
  assert.deepEqual(stand.requests, [{ path: '/files/F1', token: 'Bearer xoxb-T1' }])
  assert.deepEqual(stand.asked, [['files.info', { file: 'F1' }, 'T1']])
})

test('a file may be empty, and may be binary', async () => {
  await using empty = await stage(send(''))
  assert.equal((await empty.read()).length, 0)
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
  await using binary = await stage(send(bytes, 'image/png'))
  assert.deepEqual(Buffer.from(await binary.read()), Buffer.from(bytes))
})

suite('the token goes nowhere else', () => {
  const elsewhere = [
    'https://example.com/F1',
    'https://files.slack.com.example.com/F1',
    'https://evilslack.com/F1',
    'http://files.slack.com/F1',
    'https://files.slack.com:8443/F1',
    'https://files.slack.com@example.com/F1',
    'https://127.0.0.1/F1',
    'file:///etc/passwd',
    'not a url',
    '',
  ]
  for (const url of elsewhere)
    test(JSON.stringify(url), async () => {
      await using stand = await stage(send('hello'), at(url))
      await fails(stand.read(), 'refused', /not kept at Slack/u)
      assert.equal(stand.requests.length, 0)
    })

  test('a redirect is not followed', async () => {
    await using other = await stage(send('stolen'))
    await using stand = await stage((_, response) => {
      response.writeHead(302, { location: '/elsewhere' }).end()
    })
    await fails(stand.read(), 'refused', /302.*files:read.*install it again/u)
    assert.deepEqual([stand.requests.length, other.requests.length], [1, 0])
  })
})

test("Slack's own hosts are asked", async () => {
  const asked: string[] = []
  for (const url of ['https://files.slack.com/F1', 'https://slack.com/F1', 'https://a.b.slack.com/F1']) {
    const read = createFiles({
      ...noThreads,
      api: { call: async () => at(url)() },
      installations: { of: async (account) => ({ account, botToken: 't', botUserId: 'U', botId: 'B' }) },
      fetch: async (input) => {
        asked.push(new URL(input instanceof Request ? input.url : input).host)
        return new Response('x')
      },
      apiUrl: 'https://slack.com/api/',
    })
    await read(file, address, signal)
  }
  assert.deepEqual(asked, ['files.slack.com', 'slack.com', 'a.b.slack.com'])
})

test('a login page is not the file, and a page that is the file is', async () => {
  const page = send('<html>log in</html>', 'text/html; charset=utf-8')
  await using stand = await stage(page)
  await fails(stand.read(), 'refused', /login page.*files:read.*install it again/u)
  const html = (host: string): SlackAnswer => at(`${host}/F1`, 'text/html')()
  await using pages = await stage(page, html)
  assert.equal((await pages.read()).length, 19)
})

suite('a file that is too long', () => {
  test('is not asked for where its size is known', async () => {
    await using stand = await stage(send('hello'), undefined, 4)
    await fails(stand.read(), 'too-long', /more than 4 bytes/u)
    assert.deepEqual([stand.asked.length, stand.requests.length], [0, 0])
  })

  test('is not begun where Slack tells its size', async () => {
    const told = (host: string): SlackAnswer => ({
      kind: 'ok',
      data: { file: { url_private: `${host}/F1`, size: 9 } },
    })
    await using stand = await stage(send('123456789'), told, 4)
    await fails(stand.read({ ...file, bytes: 0 }), 'too-long')
    assert.equal(stand.requests.length, 0)
  })

  test('is not read to its end where nobody told', async () => {
    let sentBytes = 0
    const closed = Promise.withResolvers<void>()
    let isClosed = false
    const endless = (_: IncomingMessage, response: ServerResponse): void => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      response.on('close', () => {
        isClosed = true
        closed.resolve()
      })
      const more = (): void => {
        if (isClosed) return
        sentBytes += 65_536
        if (response.write(Buffer.alloc(65_536))) setImmediate(more)
        else response.once('drain', more)
      }
      more()
    }
    await using stand = await stage(endless, undefined, 200_000)
    await fails(stand.read({ ...file, bytes: 0 }), 'too-long')
    await closed.promise
    assert.ok(sentBytes < 64 * 1024 * 1024)
  })

  test('of exactly as much is not', async () => {
    await using stand = await stage(send('12345'), undefined, 5)
    assert.equal((await stand.read()).length, 5)
  })
})

const errors: readonly (readonly [SlackAnswer, Fault, RegExp])[] = [
  [{ kind: 'error', error: 'file_not_found' }, 'missing', /file_not_found/u],
  [{ kind: 'error', error: 'file_deleted' }, 'missing', /file_deleted/u],
  [{ kind: 'error', error: 'missing_scope' }, 'refused', /files:read.*install it again/u],
  [{ kind: 'error', error: 'ratelimited', retryAfterMs: 1_000 }, 'rate-limit', /ratelimited/u],
  [{ kind: 'error', error: 'invalid_auth' }, 'bad-key', /invalid_auth/u],
  [{ kind: 'error', error: 'something_new' }, 'refused', /something_new/u],
  [{ kind: 'unreached', why: 'nobody there' }, 'network', /nobody there/u],
  [{ kind: 'unclear', why: 'no answer' }, 'network', /no answer/u],
  [{ kind: 'ok', data: { file: 7 } }, 'bad-answer', /a\.txt/u],
]
for (const [answer, fault, message] of errors)
  test(`${JSON.stringify(answer)} is ${fault}`, async () => {
    await using stand = await stage(send('hello'), () => answer)
    await fails(stand.read(), fault, message)
    assert.equal(stand.requests.length, 0)
  })

const statuses = [
  [403, 'refused'],
  [404, 'missing'],
  [429, 'rate-limit'],
  [503, 'overloaded'],
] as const
for (const [status, fault] of statuses)
  test(`an answer with ${status} is ${fault}`, async () => {
    await using stand = await stage((_, response) => void response.writeHead(status).end())
    await fails(stand.read(), fault)
  })

test('a connection that breaks is the network', async () => {
  await using stand = await stage((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '5' })
    response.write('he', () => response.destroy())
  })
  await fails(stand.read(), 'network')
})

test('a reader who is stopped reads no more', async () => {
  const stop = new AbortController()
  await using stand = await stage(() => stop.abort())
  await assert.rejects(stand.readUntil(stop.signal), { name: 'AbortError' })
})
