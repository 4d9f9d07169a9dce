import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, beforeEach, suite, test } from 'node:test'
import { inspect } from 'node:util'
import type { Fault } from '../../src/errors.ts'
import { createOpenai } from '../../src/models/openai.ts'
import { ask, assertFault, modelContract, read, textOf } from '../contracts/model.ts'
import { defaultPieces, startVendor, steps, type Step, type VendorDouble } from '../doubles/vendor.ts'

modelContract('openai', async (scene) => {
  const vendor = await startVendor([steps[scene]])
  const model = createOpenai({ name: 'gpt', endpoint: `${vendor.origin}/v1`, apiKey: 'sk-1', model: 'gpt-6' })
  return { model, asked: () => vendor.requests.length, close: vendor.close }
})

suite('openai', () => {
  const nowMs = Date.UTC(2026, 10, 22, 12, 0, 0)
  let vendor: VendorDouble
  before(async () => {
    vendor = await startVendor()
  })
  after(() => vendor.close())
  beforeEach(() => assert.equal(vendor.unplayed(), 0, 'the test before left steps behind'))
  const model = (more: Partial<Parameters<typeof createOpenai>[0]> = {}) =>
    createOpenai({ name: 'gpt', endpoint: `${vendor.origin}/v1`, model: 'gpt-6', now: () => nowMs, ...more })
  const ends = async (...script: readonly Step[]) => {
    vendor.play(...script)
    return await read(model(), ask('hi'))
  }

  test('the request has the system, alternating turns, the tools and a limit', async () => {
    const tool = { name: 'help', description: 'Helps.', parameters: { type: 'object', properties: {} } }
    const turns = [
      { role: 'assistant', text: 'Your digest.' },
      { role: 'user', text: 'What is' },
      { role: 'user', text: 'item 2?' },
      { role: 'assistant', text: ' ' },
    ] as const
    await read(model({ apiKey: 'sk-1' }), ask('', { turns, tools: [tool], maxTokens: 77 }))
    assert.deepEqual(vendor.requests.at(-1)?.body, {
      model: 'gpt-6',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: '…' },
        { role: 'assistant', content: 'Your digest.' },
        { role: 'user', content: 'What is\n\nitem 2?' },
      ],
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 77,
      tools: [{ type: 'function', function: tool }],
    })
  })

  test('the request tells nothing of this machine and has the key, if there is one', async () => {
    await read(model({ apiKey: 'sk-1' }), ask('hi'))
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

  test('half a character in the text does not break the request', async () => {
    await read(model(), ask('cut \ud83d'))
    assert.match(JSON.stringify(vendor.requests.at(-1)?.body), /cut \ufffd/u)
  })

  test('text comes in the pieces that were sent, with the usage at the end', async () => {
    const { events } = await read(model(), ask('hi'))
    assert.deepEqual(events, [
      ...defaultPieces.map((text) => ({ kind: 'text', text })),
      { kind: 'end', stop: 'complete', usage: { inputTokens: 9, outputTokens: 4 } },
    ])
  })

  test('bytes that are split anywhere, and gzip, and another content type, make the same text', async () => {
    const pieces = ['法国的首都', '是巴黎 🗼.']
    for (const way of [{ bitBytes: 1 }, { bitBytes: 7 }, { gzip: true }, { contentType: 'text/plain' }]) {
      const { events, thrown } = await ends({ kind: 'answer', pieces, ...way })
      assert.equal(thrown, undefined)
      assert.equal(textOf(events), '法国的首都是巴黎 🗼.')
    }
  })

  test('an empty answer is an answer', async () => {
    const { events } = await ends({ kind: 'answer', pieces: [] })
    assert.deepEqual(events, [{ kind: 'end', stop: 'complete', usage: { inputTokens: 9, outputTokens: 4 } }])
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
      { name: 'one', args: '{"a":[1,2,3],"b":"中文"}' },
      { name: 'two', args: '' },
      { name: 'three', args: '{"a": 1' },
    ]
    const { events } = await ends({ kind: 'answer', pieces: ['Right.'], calls })
    assert.deepEqual(events.slice(1, -1), [
      { kind: 'call', name: 'one', args: { a: [1, 2, 3], b: '中文' } },
      { kind: 'call', name: 'two', args: {} },
      { kind: 'call', name: 'three', args: '{"a": 1' },
    ])
  })

  test('calls that a server numbers all alike, or not at all, stay apart', async () => {
    for (const index of [0, undefined]) {
      const calls = ['one', 'two'].map((name) => ({ index, id: name, function: { name, arguments: '{}' } }))
      const chunks = [
        { choices: [{ delta: { tool_calls: [calls[0]] } }] },
        { choices: [{ delta: { tool_calls: [calls[1]] }, finish_reason: 'tool_calls' }] },
      ]
      const body = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')
      const { events } = await ends({ kind: 'raw', contentType: 'text/event-stream', body })
      assert.deepEqual(events, [
        { kind: 'call', name: 'one', args: {} },
        { kind: 'call', name: 'two', args: {} },
        { kind: 'end', stop: 'complete', usage: {} },
      ])
    }
  })

  const failures: readonly (readonly [string, Step, Fault])[] = [
    ['a key that is not accepted', { kind: 'status', status: 401, code: 'invalid_api_key' }, 'bad-key'],
    ['a key without the right', { kind: 'status', status: 403 }, 'bad-key'],
    ['no credit', { kind: 'status', status: 402 }, 'no-credit'],
    [
      'no quota left, told as a rate limit',
      { kind: 'status', status: 429, code: 'insufficient_quota' },
      'no-credit',
    ],
    ['a rate limit', { kind: 'status', status: 429, code: 'rate_limit_exceeded' }, 'rate-limit'],
    ['a malformed request', { kind: 'status', status: 400 }, 'bad-request'],
    ['an unprocessable request', { kind: 'status', status: 422 }, 'bad-request'],
    ['a context too long', { kind: 'status', status: 400, code: 'context_length_exceeded' }, 'too-long'],
    ['a request too large', { kind: 'status', status: 413 }, 'too-long'],
    ['an unknown model', { kind: 'status', status: 404, code: 'model_not_found' }, 'unsupported'],
    ['a request timeout', { kind: 'status', status: 408 }, 'timeout'],
    ['a gateway timeout', { kind: 'status', status: 504 }, 'timeout'],
    ['a server error', { kind: 'status', status: 500 }, 'overloaded'],
    ['a bad gateway', { kind: 'status', status: 502 }, 'overloaded'],
    ['no service', { kind: 'status', status: 503 }, 'overloaded'],
    ['an overloaded server', { kind: 'status', status: 529 }, 'overloaded'],
    ['a reset before the response', { kind: 'reset', after: 'nothing' }, 'network'],
    ['a reset after the headers', { kind: 'reset', after: 'headers' }, 'network'],
    ['a reset in mid-answer', { kind: 'reset', after: 'first' }, 'network'],
    ['an end without any event', { kind: 'eof', after: 'headers' }, 'network'],
    ['an end in mid-answer', { kind: 'eof', after: 'first' }, 'network'],
    [
      'an error object in place of events',
      { kind: 'error', code: 'insufficient_quota', after: 'headers' },
      'no-credit',
    ],
    ['an error object in mid-answer', { kind: 'error', code: 'server_error', after: 'first' }, 'overloaded'],
    ['an error object of an unknown kind', { kind: 'error', code: 'whatever', after: 'first' }, 'bad-answer'],
    [
      'rubbish for JSON',
      { kind: 'raw', contentType: 'text/event-stream', body: 'data: {"choi\n\n' },
      'bad-answer',
    ],
    [
      'JSON of another shape',
      { kind: 'raw', contentType: 'text/event-stream', body: 'data: {"choices":7}\n\n' },
      'bad-answer',
    ],
    ['a page', { kind: 'raw', contentType: 'text/html', body: '<h1>Sign in</h1>' }, 'bad-answer'],
    ['one JSON body', { kind: 'raw', contentType: 'application/json', body: '{"choices":[]}' }, 'bad-answer'],
  ]
  for (const [what, step, fault] of failures) {
    test(`${what} is ${fault}, after one request`, async () => {
      const count = vendor.requests.length
      const { events, thrown } = await ends(step)
      assertFault(thrown, fault)
      assert.match(thrown.message, /^gpt/u)
      assert.ok(events.every((event) => event.kind === 'text'))
      assert.equal(vendor.requests.length, count + 1)
    })
  }

  test('an error that a server numbers in the stream goes by that status', async () => {
    const body = 'data: {"error":{"message":"busy","code":429}}\n\n'
    const { thrown } = await ends({ kind: 'raw', contentType: 'text/event-stream', body })
    assertFault(thrown, 'rate-limit')
  })

  test('a wait that the vendor asks for is told in milliseconds', async () => {
    const cases = [
      ['0', 0],
      ['2', 2_000],
      ['90', 90_000],
      [new Date(nowMs + 30_000).toUTCString(), 30_000],
      [new Date(nowMs - 30_000).toUTCString(), 0],
      ['soon', undefined],
    ] as const
    for (const [retryAfter, ms] of cases) {
      const { thrown } = await ends({ kind: 'status', status: 429, retryAfter })
      assertFault(thrown, 'rate-limit')
      assert.equal(thrown.retryAfterMs, ms)
    }
  })

  test('an error that quotes the key is told without it, for a log as well', async (t) => {
    const guarded = await startVendor([], { key: 'sk-right' })
    t.after(guarded.close)
    const wrong = createOpenai({
      name: 'gpt',
      endpoint: `${guarded.origin}/v1`,
      apiKey: 'sk-wrong',
      model: 'gpt-6',
    })
    const { thrown } = await read(wrong, ask('hi'))
    assertFault(thrown, 'bad-key')
    assert.match(thrown.message, /Incorrect API key: Bearer \*\*\*/u)
    assert.doesNotMatch(inspect(thrown, { depth: 9 }), /sk-wrong/u)
  })

  test('a base URL without /v1 is unsupported, and the message points to the endpoint', async () => {
    const { thrown } = await read(model({ endpoint: vendor.origin }), ask('hi'))
    assertFault(thrown, 'unsupported')
    assert.match(thrown.message, /endpoint/u)
  })

  test('a port where nobody listens is network', async () => {
    const gone = await startVendor()
    await gone.close()
    for (const origin of [gone.origin, gone.origin.replace('127.0.0.1', 'localhost')]) {
      const { thrown } = await read(model({ endpoint: `${origin}/v1` }), ask('hi'))
      assertFault(thrown, 'network')
      assert.match(thrown.message, /ECONNREFUSED/u)
    }
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

  test('without our reading of the stream, the SDK takes a cut answer for a whole one', async () => {
    const { default: Sdk } = await import('openai')
    const sdk = new Sdk({ baseURL: `${vendor.origin}/v1`, apiKey: 'none', maxRetries: 0 })
    vendor.play({ kind: 'eof', after: 'first' })
    const messages = [{ role: 'user', content: 'hi' }] as const
    let text = ''
    for await (const chunk of await sdk.chat.completions.create({
      model: 'm',
      messages: [...messages],
      stream: true,
    })) {
      text += chunk.choices[0]?.delta.content ?? ''
    }
    assert.equal(text, defaultPieces[0])
  })

  test('the SDK is not loaded before the first request', () => {
    const source = `
      const { createOpenai } = await import('./src/models/openai.ts')
      const { createAnthropic } = await import('./src/models/anthropic.ts')
      const { createRequire } = await import('node:module')
      createOpenai({ name: 'a', endpoint: 'http://127.0.0.1:9/v1', model: 'm' })
      createAnthropic({ name: 'b', model: 'm' })
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => /openai|@anthropic-ai/.test(file))
      const before = loaded()
      await import('openai')
      console.log(before, loaded())`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
      encoding: 'utf8',
    })
    assert.equal(stdout.trim(), 'false true', stderr)
  })
})
