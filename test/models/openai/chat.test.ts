import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, beforeEach, suite, test } from 'node:test'
import { inspect } from 'node:util'
import type { Fault } from '../../../src/errors.ts'
import { createOpenai } from '../../../src/models/openai/openai.ts'
import { ask, assertFault, modelContract, pixel, read, sceneNowMs, textOf } from '../../contracts/model.ts'
import { stageVendor } from '../../doubles/stage.ts'
import { defaultPieces, startVendor, type Step, type VendorDouble } from '../../doubles/vendor.ts'

modelContract('openai, chat completions', (scene) =>
  stageVendor(scene, ({ origin, ...more }) =>
    createOpenai({ name: 'gpt', endpoint: `${origin}/v1`, apiKey: 'sk-1', model: 'gpt-6', ...more }),
  ),
)

suite('openai, chat completions', () => {
  let vendor: VendorDouble
  before(async () => {
    vendor = await startVendor()
  })
  after(() => vendor.close())
  beforeEach(() => assert.equal(vendor.unplayed(), 0, 'the test before left steps behind'))
  const model = (more: Partial<Parameters<typeof createOpenai>[0]> = {}) =>
    createOpenai({
      name: 'gpt',
      endpoint: `${vendor.origin}/v1`,
      model: 'gpt-6',
      now: () => sceneNowMs,
      ...more,
    })
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
      { kind: 'call', id: 'call_0', name: 'one', args: { a: [1, 2, 3], b: '中文' } },
      { kind: 'call', id: 'call_1', name: 'two', args: {} },
      { kind: 'call', id: 'call_2', name: 'three', args: '{"a": 1' },
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
        { kind: 'call', id: 'one', name: 'one', args: {} },
        { kind: 'call', id: 'two', name: 'two', args: {} },
        { kind: 'end', stop: 'complete', usage: {} },
      ])
    }
  })

  test('an id that is missing, or comes twice in one answer, is made up', async () => {
    const calls = ['same', 'same', '', 'call_1'].map((id, index) => ({ id, name: `n${index}`, args: '{}' }))
    const { events } = await ends({ kind: 'answer', pieces: [], calls })
    const ids = events.flatMap((event) => (event.kind === 'call' ? [event.id] : []))
    assert.deepEqual(ids, ['same', 'call_0', 'call_2', 'call_1'])
  })

  test('pictures, a shape and settings of sampling go as the API wants them', async () => {
    const schema = { type: 'object', properties: { a: { type: 'object', properties: {} } }, required: ['a'] }
    await read(
      model(),
      ask('', {
        turns: [{ role: 'user', text: 'What is this?', images: [pixel] }],
        shape: { name: 'my answer', schema },
        sampling: { temperature: 0, topP: 0.5 },
      }),
    )
    const { messages, response_format, temperature, top_p } = vendor.requests.at(-1)?.body ?? {}
    assert.deepEqual(messages, [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel.base64}` } },
          { type: 'text', text: 'What is this?' },
        ],
      },
    ])
    const closed = { ...schema, properties: { a: { ...schema.properties.a, additionalProperties: false } } }
    assert.deepEqual(response_format, {
      type: 'json_schema',
      json_schema: { name: 'my_answer', schema: { ...closed, additionalProperties: false }, strict: true },
    })
    assert.deepEqual([temperature, top_p], [0, 0.5])
  })

  test('OpenAI itself is asked by Responses; its reasoning models are not told of sampling', async () => {
    const count = vendor.requests.length
    const paths: string[] = []
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input)
      paths.push(url.host + url.pathname)
      return await globalThis.fetch(vendor.origin + url.pathname, init)
    }
    const endpoint = 'https://api.openai.com/v1'
    const sampling = { temperature: 0.2 }
    for (const name of ['o3-mini', 'gpt-5.5', 'gpt-10', 'ft:gpt-6:us::1', 'gpt-4.1']) {
      const { thrown } = await read(model({ endpoint, fetch, model: name }), ask('hi', { sampling }))
      assert.equal(thrown, undefined)
    }
    await read(model({ endpoint, fetch, model: 'gpt-4.1', api: 'chat' }), ask('hi', { sampling }))
    const all = Array.from({ length: 5 }, () => 'api.openai.com/v1/responses')
    assert.deepEqual(paths, [...all, 'api.openai.com/v1/chat/completions'])
    const bodies = vendor.requests.slice(count).map(({ body }) => body)
    assert.deepEqual(
      bodies.map((body) => body['temperature']),
      [undefined, undefined, undefined, undefined, 0.2, 0.2],
    )
    assert.equal(bodies.at(-1)?.['max_completion_tokens'], 500)
  })

  // What the contract does not have.
  const failures: readonly (readonly [string, Step, Fault])[] = [
    ['a key without the right', { kind: 'status', status: 403 }, 'unsupported'],
    [
      'no quota left, told as a rate limit',
      { kind: 'status', status: 429, code: 'insufficient_quota' },
      'no-credit',
    ],
    ['an unprocessable request', { kind: 'status', status: 422 }, 'bad-request'],
    ['a context too long', { kind: 'status', status: 400, code: 'context_length_exceeded' }, 'too-long'],
    ['a request timeout', { kind: 'status', status: 408 }, 'timeout'],
    ['a gateway timeout', { kind: 'status', status: 504 }, 'timeout'],
    ['a server error', { kind: 'status', status: 500 }, 'overloaded'],
    ['a bad gateway', { kind: 'status', status: 502 }, 'overloaded'],
    ['no service', { kind: 'status', status: 503 }, 'overloaded'],
    [
      'an error object in place of events',
      { kind: 'error', code: 'insufficient_quota', after: 'headers' },
      'no-credit',
    ],
    ['an error object of an unknown kind', { kind: 'error', code: 'whatever', after: 'first' }, 'bad-answer'],
    [
      'JSON of another shape',
      { kind: 'raw', contentType: 'text/event-stream', body: 'data: {"choices":7}\n\n' },
      'bad-answer',
    ],
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

  test('a wait in the past is none, and one that is no time is not told', async () => {
    const cases = [
      [new Date(sceneNowMs - 30_000).toUTCString(), 0],
      ['1.5', 1_500],
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
    assert.match(thrown.message, /\(401, invalid_api_key\)/u)
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
      const { createOpenai } = await import('./src/models/openai/openai.ts')
      const { createAnthropic } = await import('./src/models/anthropic.ts')
      const { createConnections } = await import('./src/connections.ts')
      const { fetch } = createConnections()
      const { createRequire } = await import('node:module')
      createOpenai({ name: 'a', endpoint: 'http://127.0.0.1:9/v1', model: 'm', fetch })
      createAnthropic({ name: 'b', model: 'm', fetch })
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => /node_modules.(openai|@anthropic-ai|undici)/.test(file))
      const before = loaded()
      await import('openai')
      console.log(before, loaded())`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
      encoding: 'utf8',
    })
    assert.equal(stdout.trim(), 'false true', stderr)
  })
})
