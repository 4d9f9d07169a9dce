import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  createApi,
  createCaller,
  createRespond,
  type Fetch,
} from '../../../../src/adapters/slack/wire/api.ts'
import { createConnections } from '../../../../src/connections.ts'
import { FaultError, type Fault } from '../../../../src/errors.ts'

const token = 'xoxb-secret-1'
const { signal } = new AbortController()

type Seen = { readonly url: string; readonly headers: IncomingMessage['headers']; readonly body: string }
type Server = AsyncDisposable & { readonly apiUrl: string; readonly origin: string; readonly seen: Seen[] }

/** A server that answers each request the same way. */
async function answering(answer: (response: ServerResponse, seen: Seen) => void): Promise<Server> {
  const seen: Seen[] = []
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const one = { url: request.url ?? '', headers: request.headers, body: await text(request) }
    seen.push(one)
    answer(response, one)
  }
  const server = createServer((request, response) => void take(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    apiUrl: `${origin}/api/`,
    origin,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body))

/** Calls `chat.postMessage` once at a server that answers so. */
async function answerTo(answer: (response: ServerResponse) => void, timeoutMs = 5_000) {
  await using server = await answering(answer)
  const connections = createConnections()
  const call = createCaller({ apiUrl: server.apiUrl, fetch: connections.fetch, timeoutMs })
  try {
    return await call('chat.postMessage', { text: 'the secret text' }, { token, signal })
  } finally {
    await connections.close()
  }
}

test('the scopes of the token come with an answer, where Slack names them', async () => {
  const named = await answerTo(json({ ok: true }, 200, { 'x-oauth-scopes': 'chat:write, commands,im:write' }))
  assert.deepEqual(named.kind === 'ok' && named.scopes, ['chat:write', 'commands', 'im:write'])
  const silent = await answerTo(json({ ok: true }))
  assert.equal('scopes' in silent, false)
})

test('arguments go as a form: texts as they are, others as JSON, undefined ones not at all', async () => {
  await using server = await answering(json({ ok: true, ts: '1.2' }))
  const call = createCaller({ apiUrl: server.apiUrl, fetch })
  const args = { channel: 'C1', text: 'a & b=ü\n', n: 5, yes: true, blocks: [{ type: 'x' }], none: undefined }
  const answer = await call('chat.postMessage', args, { token, signal })
  assert.deepEqual(answer, { kind: 'ok', data: { ok: true, ts: '1.2' } })
  const [seen] = server.seen
  assert.equal(seen?.url, '/api/chat.postMessage')
  assert.equal(seen?.headers.authorization, `Bearer ${token}`)
  assert.deepEqual(Object.fromEntries(new URLSearchParams(seen?.body)), {
    channel: 'C1',
    text: 'a & b=ü\n',
    n: '5',
    yes: 'true',
    blocks: '[{"type":"x"}]',
  })
})

test('any text arrives as it was', async () => {
  await using server = await answering(json({ ok: true }))
  const call = createCaller({ apiUrl: server.apiUrl, fetch })
  const whole = fc.string({ unit: 'grapheme' })
  await fc.assert(
    fc.asyncProperty(whole, fc.dictionary(fc.string({ minLength: 1 }), whole), async (said, inner) => {
      server.seen.length = 0
      await call('x', { said, inner }, { token, signal })
      const form = new URLSearchParams(server.seen[0]?.body)
      assert.equal(form.get('said'), said)
      assert.equal(form.get('inner'), JSON.stringify(inner))
    }),
    { numRuns: 50 },
  )
})

test('each answer of Slack is what it says', async () => {
  const cases: readonly (readonly [string, (response: ServerResponse) => void, object])[] = [
    [
      'an error',
      json({ ok: false, error: 'channel_not_found' }),
      { kind: 'error', error: 'channel_not_found' },
    ],
    [
      'a missing scope',
      json({ ok: false, error: 'missing_scope', needed: 'chat:write', provided: 'none' }),
      { kind: 'error', error: 'missing_scope', needed: 'chat:write' },
    ],
    ['an error with status 403', json({ ok: false, error: 'no' }, 403), { kind: 'error', error: 'no' }],
    ['an error without a name', json({ ok: false, error: 7 }), { kind: 'error', error: 'unknown_error' }],
    [
      '429 with its wait',
      json({ ok: false, error: 'ratelimited' }, 429, { 'retry-after': '7' }),
      { kind: 'error', error: 'ratelimited', retryAfterMs: 7_000 },
    ],
    ['429 without a wait', json({}, 429), { kind: 'error', error: 'ratelimited' }],
    ['429 with an odd wait', json('', 429, { 'retry-after': '-1' }), { kind: 'error', error: 'ratelimited' }],
    ['429 with a date', json('', 429, { 'retry-after': 'Mon' }), { kind: 'error', error: 'ratelimited' }],
  ]
  for (const [name, answer, expected] of cases) assert.deepEqual(await answerTo(answer), expected, name)
})

test('what may have been done is unclear', async () => {
  const cases: readonly (readonly [string, (response: ServerResponse) => void])[] = [
    ['500 with an error in it', json({ ok: false, error: 'fatal' }, 500)],
    ['503 in HTML', (response) => void response.writeHead(503).end('<html>')],
    ['200 without JSON', (response) => void response.writeHead(200).end('<html>sign in</html>')],
    ['JSON without ok', json({ error: 'x' })],
    ['null', json(null)],
    ['a list', json([])],
    ['ok that is no boolean', json({ ok: 'true' })],
    ['a redirect', (response) => void response.writeHead(302, { location: '/other' }).end()],
    ['an error that may have come half-way', json({ ok: false, error: 'internal_error' })],
    ['nothing at all', (response) => void response.writeHead(200).end()],
    ['a reset', (response) => void response.socket?.resetAndDestroy()],
    [
      'half of an answer',
      (response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"ok":tr')
        setTimeout(() => response.socket?.destroy(), 5)
      },
    ],
  ]
  for (const [name, answer] of cases) {
    const got = await answerTo(answer)
    assert.equal(got.kind, 'unclear', name)
    assert.doesNotMatch(JSON.stringify(got), /secret/u)
  }
})

test('an answer that comes too late is unclear', async () => {
  const got = await answerTo(() => {}, 40)
  assert.deepEqual(got, { kind: 'unclear', why: 'no answer within 40 ms' })
})

test('a connection that was never made means that nothing was done', async () => {
  const connections = createConnections({ connectMs: 200 })
  const options = { token, signal }
  const gone = await answering(() => {})
  await gone[Symbol.asyncDispose]()
  for (const apiUrl of [gone.apiUrl, 'http://nowhere.invalid/api/']) {
    for (const oneFetch of [connections.fetch, fetch] satisfies Fetch[]) {
      const got = await createCaller({ apiUrl, fetch: oneFetch })('auth.test', {}, options)
      assert.equal(got.kind, 'unreached', JSON.stringify(got))
    }
  }
  await connections.close()
})

test('a certificate that is not believed means that nothing was done', async () => {
  const failing = (code: string): Fetch => {
    const cause = Object.assign(new Error(`secret ${token}`), { code })
    return () => Promise.reject(new TypeError('fetch failed', { cause }))
  }
  const kinds = await Promise.all(
    [
      'CERT_HAS_EXPIRED',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'ECONNRESET',
      'EPIPE',
    ].map(async (code) => {
      const call = createCaller({ apiUrl: 'https://slack.test/api/', fetch: failing(code) })
      const got = await call('auth.test', {}, { token, signal })
      assert.doesNotMatch(JSON.stringify(got), /secret/u)
      return got.kind
    }),
  )
  assert.deepEqual(kinds, ['unreached', 'unreached', 'unreached', 'unclear', 'unclear'])
})

test('a stop is unclear once the request is under way, and before it nothing was done', async () => {
  const ended = new AbortController()
  await using server = await answering(() => ended.abort())
  const call = createCaller({ apiUrl: server.apiUrl, fetch })
  assert.deepEqual(await call('x', {}, { token, signal: ended.signal }), { kind: 'unclear', why: 'stopped' })
  assert.deepEqual(await call('x', {}, { token, signal: ended.signal }), {
    kind: 'unreached',
    why: 'stopped',
  })
  assert.equal(server.seen.length, 1)
})

test('what cannot be sent is refused and named nowhere', async () => {
  const call = createCaller({ apiUrl: 'http://127.0.0.1:1/api/', fetch })
  for (const odd of ['', 'xoxb-secret\nX: y', 'xoxb-secrét'])
    assert.deepEqual(await call('x', {}, { token: odd, signal }), { kind: 'error', error: 'invalid_auth' })
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  assert.deepEqual(await call('x', { circle }, { token, signal }), {
    kind: 'error',
    error: 'invalid_arguments',
  })
})

test('the API calls with the token of the account, and says what a token that is not there means', async () => {
  const used: string[] = []
  const without = (fault: Fault) => async (): Promise<string> => {
    throw new FaultError(fault, `no token: ${fault}`)
  }
  const caller = async (_: string, __: object, options: { readonly token: string }) => {
    used.push(options.token)
    return { kind: 'ok', data: {} } as const
  }
  const at = (account: string) => ({ account, signal })
  const api = createApi(caller, async (account) => `xoxb-${account}`)
  await Promise.all([api.call('x', {}, at('T1')), api.call('x', {}, at('T2'))])
  assert.deepEqual(used, ['xoxb-T1', 'xoxb-T2'])
  const kinds = await Promise.all(
    (['bad-key', 'missing', 'network', 'timeout', 'internal'] as const).map(
      async (fault) => (await createApi(caller, without(fault)).call('x', {}, at('T1'))).kind,
    ),
  )
  assert.deepEqual(kinds, ['error', 'error', 'unreached', 'unreached', 'unreached'])
  assert.equal(used.length, 2)
})

test('answers go to the response URLs of Slack and to no other', async () => {
  await using server = await answering((response, { url }) => {
    if (url === '/used') response.writeHead(404).end('used_url')
    else if (url === '/expired') json({ ok: false, error: 'expired_url' }, 404)(response)
    else if (url === '/down') response.writeHead(500).end()
    else if (url === '/often') response.writeHead(429, { 'retry-after': '2' }).end()
    else response.end('ok')
  })
  const asked: string[] = []
  const noted: Fetch = (url, init) => {
    asked.push(new URL(url).host)
    return url.startsWith(server.origin) ? fetch(url, init) : Promise.reject(new TypeError('not in a test'))
  }
  const respond = createRespond({ apiUrl: server.apiUrl, fetch: noted })
  const to = (url: string) => respond(url, { text: 'hi', response_type: 'ephemeral' }, signal)
  assert.deepEqual(await to(`${server.origin}/fine`), { kind: 'ok', data: {} })
  assert.deepEqual(JSON.parse(server.seen[0]?.body ?? ''), { text: 'hi', response_type: 'ephemeral' })
  assert.equal(server.seen[0]?.headers.authorization, undefined)
  assert.deepEqual(await to(`${server.origin}/used`), { kind: 'error', error: 'used_url' })
  assert.deepEqual(await to(`${server.origin}/expired`), { kind: 'error', error: 'expired_url' })
  assert.deepEqual(await to(`${server.origin}/often`), {
    kind: 'error',
    error: 'ratelimited',
    retryAfterMs: 2_000,
  })
  assert.equal((await to(`${server.origin}/down`)).kind, 'unclear')
  const foreign = [
    'https://hooks.slack.com.evil.test/x',
    'https://evil.test/hooks.slack.com',
    'http://hooks.slack.com/x',
    'https://hooks.slack.com:8443/x',
    'https://hooks.slack.com@evil.test/x',
    'file:///etc/passwd',
    'hooks.slack.com',
    '',
  ]
  for (const url of foreign) assert.deepEqual(await to(url), { kind: 'error', error: 'invalid_url' }, url)
  await to('https://hooks.slack.com/commands/T1/2/3')
  assert.deepEqual([...new Set(asked)], [new URL(server.origin).host, 'hooks.slack.com'])
  assert.deepEqual(
    await createApi(createCaller({ apiUrl: server.apiUrl, fetch }), async () => token).respond(
      `${server.origin}/fine`,
      {},
      signal,
    ),
    { kind: 'error', error: 'invalid_url' },
  )
})
