import assert from 'node:assert/strict'
import { after, before, beforeEach, suite, test } from 'node:test'
import type { Fault } from '../../src/errors.ts'
import { complete } from '../../src/model.ts'
import { createAnthropic } from '../../src/models/anthropic.ts'
import { ask, assertFault, modelContract, read, textOf } from '../contracts/model.ts'
import { defaultPieces, startVendor, steps, type Step, type VendorDouble } from '../doubles/vendor.ts'

modelContract('anthropic', async (scene) => {
  const vendor = await startVendor([steps[scene]])
  const model = createAnthropic({ name: 'claude', endpoint: vendor.origin, apiKey: 'sk-1', model: 'opus' })
  return { model, asked: () => vendor.requests.length, close: vendor.close }
})

suite('anthropic', () => {
  const nowMs = Date.UTC(2026, 10, 22, 12, 0, 0)
  let vendor: VendorDouble
  before(async () => {
    vendor = await startVendor()
  })
  after(() => vendor.close())
  beforeEach(() => assert.equal(vendor.unplayed(), 0, 'the test before left steps behind'))
  const model = (apiKey?: string) =>
    createAnthropic({
      name: 'claude',
      endpoint: vendor.origin,
      model: 'opus',
      now: () => nowMs,
      ...(apiKey === undefined ? {} : { apiKey }),
    })
  const ends = async (...script: readonly Step[]) => {
    vendor.play(...script)
    return await read(model(), ask('hi'))
  }

  test('the request has the system, merged turns, the tools and a limit, and no sampling', async () => {
    const parameters = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
    const turns = [
      { role: 'user', text: 'What is' },
      { role: 'user', text: 'item 2?' },
    ] as const
    const tools = [{ name: 'help', description: 'Helps.', parameters }]
    await read(model(), ask('', { turns, tools, maxTokens: 77 }))
    assert.deepEqual(vendor.requests.at(-1)?.body, {
      model: 'opus',
      max_tokens: 77,
      messages: [{ role: 'user', content: 'What is\n\nitem 2?' }],
      stream: true,
      system: 'Be brief.',
      tools: [{ name: 'help', description: 'Helps.', input_schema: parameters }],
    })
  })

  test('the request tells nothing of this machine and has the key, if there is one', async () => {
    await read(model('sk-1'), ask('hi'))
    const headers = vendor.requests.at(-1)?.headers ?? {}
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('x-stainless')),
      [],
    )
    assert.equal(headers['user-agent'], 'moltbot')
    assert.equal(headers.authorization, 'Bearer sk-1')
    await read(model(), ask('hi'))
    assert.equal(vendor.requests.at(-1)?.headers.authorization, undefined)
  })

  test('text comes in the pieces that were sent, with all tokens of the prompt counted', async () => {
    const { events } = await read(model(), ask('hi'))
    assert.deepEqual(events, [
      ...defaultPieces.map((text) => ({ kind: 'text', text })),
      { kind: 'end', stop: 'complete', usage: { inputTokens: 9, outputTokens: 4 } },
    ])
  })

  test('bytes that are split anywhere, and gzip, make the same text', async () => {
    const pieces = ['法国的首都', '是巴黎 🗼.']
    for (const way of [{ bitBytes: 1 }, { bitBytes: 7 }, { gzip: true }]) {
      const { events, thrown } = await ends({ kind: 'answer', pieces, ...way })
      assert.equal(thrown, undefined)
      assert.equal(textOf(events), '法国的首都是巴黎 🗼.')
    }
  })

  test('an empty answer is an answer', async () => {
    const { events } = await ends({ kind: 'answer', pieces: [] })
    assert.deepEqual(
      events.map((event) => event.kind),
      ['end'],
    )
  })

  test('why it stopped is told', async () => {
    for (const stop of ['complete', 'length', 'refused'] as const) {
      const { events } = await ends({ kind: 'answer', stop })
      const end = events.at(-1)
      assert.equal(end?.kind === 'end' && end.stop, stop)
    }
  })

  test('calls are put together from their bits; arguments that are no JSON stay text', async () => {
    const calls = [
      { name: 'one', args: '{"a":[1,2,3]}' },
      { name: 'two', args: '' },
      { name: 'three', args: '{"a": 1' },
    ]
    const { events } = await ends({ kind: 'answer', pieces: ['Right.'], calls })
    assert.deepEqual(events.slice(1, -1), [
      { kind: 'call', name: 'one', args: { a: [1, 2, 3] } },
      { kind: 'call', name: 'two', args: {} },
      { kind: 'call', name: 'three', args: '{"a": 1' },
    ])
  })

  test('thinking, and types of events to come, are passed over', async () => {
    const events = [
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
      { type: 'something_new', payload: 1 },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Yes.' } },
      { type: 'message_stop' },
    ]
    const body = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
    const said = await ends({ kind: 'raw', contentType: 'text/event-stream', body })
    assert.deepEqual(said.events, [
      { kind: 'text', text: 'Yes.' },
      { kind: 'end', stop: 'complete', usage: {} },
    ])
  })

  const failures: readonly (readonly [string, Step, Fault])[] = [
    ['a key that is not accepted', { kind: 'status', status: 401, code: 'authentication_error' }, 'bad-key'],
    ['no credit', { kind: 'status', status: 402, code: 'billing_error' }, 'no-credit'],
    ['a key without the right', { kind: 'status', status: 403, code: 'permission_error' }, 'bad-key'],
    ['a rate limit', { kind: 'status', status: 429, code: 'rate_limit_error' }, 'rate-limit'],
    ['a malformed request', { kind: 'status', status: 400, code: 'invalid_request_error' }, 'bad-request'],
    ['a request too large', { kind: 'status', status: 413, code: 'invalid_request_error' }, 'too-long'],
    ['an unknown model', { kind: 'status', status: 404, code: 'not_found_error' }, 'unsupported'],
    ['a gateway timeout', { kind: 'status', status: 504, code: 'timeout_error' }, 'timeout'],
    ['a server error', { kind: 'status', status: 500, code: 'api_error' }, 'overloaded'],
    ['an overloaded server', { kind: 'status', status: 529, code: 'overloaded_error' }, 'overloaded'],
    ['a reset before the response', { kind: 'reset', after: 'nothing' }, 'network'],
    ['a reset after the headers', { kind: 'reset', after: 'headers' }, 'network'],
    ['a reset in mid-answer', { kind: 'reset', after: 'first' }, 'network'],
    ['an end without any event', { kind: 'eof', after: 'headers' }, 'network'],
    ['an end in mid-answer', { kind: 'eof', after: 'first' }, 'network'],
    [
      'an error event in place of others',
      { kind: 'error', code: 'overloaded_error', after: 'headers' },
      'overloaded',
    ],
    [
      'an error event in mid-answer',
      { kind: 'error', code: 'rate_limit_error', after: 'first' },
      'rate-limit',
    ],
    [
      'a refusing error event',
      { kind: 'error', code: 'invalid_request_error', after: 'headers' },
      'bad-request',
    ],
    [
      'rubbish for JSON',
      { kind: 'raw', contentType: 'text/event-stream', body: 'event: x\ndata: {"ty\n\n' },
      'bad-answer',
    ],
    [
      'JSON of another shape',
      { kind: 'raw', contentType: 'text/event-stream', body: 'event: x\ndata: 7\n\n' },
      'bad-answer',
    ],
    ['a page', { kind: 'raw', contentType: 'text/html', body: '<h1>Sign in</h1>' }, 'bad-answer'],
  ]
  for (const [what, step, fault] of failures) {
    test(`${what} is ${fault}, after one request`, async () => {
      const count = vendor.requests.length
      const { events, thrown } = await ends(step)
      assertFault(thrown, fault)
      assert.match(thrown.message, /^claude/u)
      assert.ok(events.every((event) => event.kind === 'text'))
      assert.equal(vendor.requests.length, count + 1)
    })
  }

  test('a wait that the vendor asks for is told in milliseconds', async () => {
    for (const [retryAfter, ms] of [
      ['2', 2_000],
      ['90', 90_000],
      [new Date(nowMs + 9_000).toUTCString(), 9_000],
    ] as const) {
      const { thrown } = await ends({ kind: 'status', status: 429, code: 'rate_limit_error', retryAfter })
      assertFault(thrown, 'rate-limit')
      assert.equal(thrown.retryAfterMs, ms)
    }
  })

  test('connections are used again, though the end of the body came late', async (t) => {
    const fresh = await startVendor()
    t.after(fresh.close)
    const claude = createAnthropic({ name: 'claude', endpoint: fresh.origin, model: 'opus' })
    for (let count = 0; count < 5; count++) {
      fresh.play({ kind: 'answer', bitBytes: 50 })
      await complete(claude, ask('hi'), new AbortController().signal)
    }
    // A second one opens where the next request comes before fetch has freed the first.
    assert.ok(fresh.connections() <= 2, `${fresh.connections()} connections for 5 requests`)
  })

  test('the double refuses what the vendors refuse', async (t) => {
    const guarded = await startVendor([], { key: 'sk-1' })
    t.after(guarded.close)
    const post = async (path: string, body: object, headers: Record<string, string>): Promise<number> => {
      const all = { authorization: 'Bearer sk-1', ...headers }
      const response = await fetch(guarded.origin + path, {
        method: 'POST',
        headers: all,
        body: JSON.stringify(body),
      })
      await response.body?.cancel()
      return response.status
    }
    const version = { 'anthropic-version': '2026-10-21' }
    const messages = [{ role: 'user', content: 'hi' }]
    const good = { model: 'm', messages, stream: true }
    const claude = { ...good, max_tokens: 9 }
    assert.deepEqual(
      [
        await post('/v1/chat/completions', good, {}),
        await post('/v1/chat/completions', good, { authorization: 'Bearer sk-2' }),
        await post('/v1/chat/completions', { ...good, model: '' }, {}),
        await post('/v1/chat/completions', { ...good, messages: [] }, {}),
        await post('/v1/chat/completions', { ...good, messages: [{ role: 'bot', content: 'hi' }] }, {}),
        await post('/chat/completions', good, {}),
        await post('/v1/messages', claude, version),
        await post('/v1/messages', claude, {}),
        await post('/v1/messages', good, version),
        await post('/v1/messages', { ...claude, messages: [{ role: 'system', content: 'hi' }] }, version),
        await post('/v1/messages', { ...claude, messages: [{ role: 'user', content: '' }] }, version),
      ],
      [200, 401, 400, 400, 400, 404, 200, 400, 400, 400, 400],
    )
  })

  test('a reader who leaves hangs up on the vendor', { timeout: 5_000 }, async (t) => {
    vendor.play({ kind: 'stall', after: 'first' })
    const hangUps = vendor.hangUps()
    for await (const event of model().stream(ask('hi'), new AbortController().signal)) {
      assert.equal(event.kind, 'text')
      break
    }
    while (vendor.hangUps() === hangUps && !t.signal.aborted) await new Promise(setImmediate)
  })
})
