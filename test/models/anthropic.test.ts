import assert from 'node:assert/strict'
import { after, before, beforeEach, suite, test } from 'node:test'
import type { Fault } from '../../src/errors.ts'
import { createAnthropic } from '../../src/models/anthropic.ts'
import {
  ask,
  assertFault,
  countedUsage,
  modelContract,
  pixel,
  read,
  readAll,
  sceneNowMs,
  textOf,
} from '../contracts/model.ts'
import { stageVendor } from '../doubles/stage.ts'
import { defaultPieces, startVendor, type Step, type VendorDouble } from '../doubles/vendor.ts'

modelContract('anthropic', (scene) =>
  stageVendor(scene, ({ origin, ...more }) =>
    createAnthropic({ name: 'claude', endpoint: origin, apiKey: 'sk-1', model: 'opus', ...more }),
  ),
)

suite('anthropic', () => {
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
      now: () => sceneNowMs,
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
      { kind: 'call', id: 'toolu_0', name: 'one', args: { a: [1, 2, 3] } },
      { kind: 'call', id: 'toolu_1', name: 'two', args: {} },
      { kind: 'call', id: 'toolu_2', name: 'three', args: '{"a": 1' },
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

  test('pictures, calls and a shape go as the API wants them, settings of sampling not at all', async () => {
    const schema = { type: 'object', properties: { a: {} } }
    const turns = [
      { role: 'assistant', text: 'Your digest.' },
      { role: 'user', text: 'Help.' },
      { role: 'assistant', text: ' ', calls: [{ id: 'c1', name: 'help', args: 'no JSON', result: ' ' }] },
      { role: 'user', text: 'What is this?', images: [pixel] },
    ] as const
    const tools = [{ name: 'help', description: 'Helps.', parameters: {} }]
    const more = { turns, tools, shape: { name: 'it', schema }, sampling: { temperature: 1, topP: 1 } }
    const { thrown } = await read(model(), ask('', more))
    assert.equal(thrown, undefined)
    assert.deepEqual(vendor.requests.at(-1)?.body, {
      model: 'opus',
      max_tokens: 500,
      messages: [
        { role: 'user', content: '…' },
        { role: 'assistant', content: 'Your digest.' },
        { role: 'user', content: 'Help.' },
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 'c1', name: 'help', input: { given: 'no JSON' } }],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'c1', content: '…' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel.base64 } },
            { type: 'text', text: 'What is this?' },
          ],
        },
      ],
      stream: true,
      system: 'Be brief.',
      tools: [{ name: 'help', description: 'Helps.', input_schema: { type: 'object' } }],
      output_config: { format: { type: 'json_schema', schema: { ...schema, additionalProperties: false } } },
    })
  })

  test('a count that is told in parts is put together', async () => {
    const part = (type: string, usage: object): string =>
      `event: ${type}\ndata: ${JSON.stringify(type === 'message_start' ? { type, message: { usage } } : { type, usage })}\n\n`
    const body = [
      part('message_start', { input_tokens: 13, cache_read_input_tokens: 64, output_tokens: 1 }),
      part('message_delta', { input_tokens: null, cache_creation_input_tokens: 32, output_tokens: 4 }),
      part('message_stop', {}),
    ].join('')
    const { events } = await ends({ kind: 'raw', contentType: 'text/event-stream', body })
    assert.deepEqual(events, [{ kind: 'end', stop: 'complete', usage: countedUsage }])
  })

  const raw = (...events: readonly unknown[]): Step => ({
    kind: 'raw',
    contentType: 'text/event-stream',
    body: events.map((one) => `event: some\ndata: ${JSON.stringify(one)}\n\n`).join(''),
  })

  test('arguments that come whole with the name count where no others come; an empty event is passed over', async () => {
    const block = { type: 'tool_use', id: 'a', name: 'remind', input: { what: 'tea' } }
    const more = { type: 'content_block_delta', index: '1', delta: { partial_json: '{"what":"cake"}' } }
    const { events } = await ends(
      raw(
        null,
        { type: 'content_block_start', index: 0, content_block: block },
        { type: 'content_block_start', index: '1', content_block: { ...block, id: 'b' } },
        more,
        { type: 'message_stop' },
      ),
    )
    assert.deepEqual(
      events.flatMap((event) => (event.kind === 'call' ? [event.args] : [])),
      [{ what: 'tea' }, { what: 'cake' }],
    )
  })

  test('an error that has its name inside only is one, too', async () => {
    const { thrown } = await ends(raw({ type: 'error', error: { type: 'overloaded_error', message: 'x' } }))
    assertFault(thrown, 'overloaded')
  })

  test('thoughts, bits of calls, the beginning of a block and pings show that it works', async () => {
    const block = { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } }
    const deltas = [{ thinking: 'hm' }, { signature: 'x' }, { partial_json: '{' }]
    vendor.play(
      raw(
        block,
        ...deltas.map((delta) => ({ type: 'content_block_delta', index: 0, delta })),
        { type: 'ping' },
        { type: 'message_stop' },
      ),
      { kind: 'raw', contentType: 'text/event-stream', body: 'event: ping\ndata: {}\n\n: comment\n\n' },
    )
    const { events } = await readAll(model(), ask('hi'))
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['working', 'working', 'working', 'working', 'working', 'end'],
    )
    const pinged = await readAll(model(), ask('hi'))
    assert.deepEqual(pinged.events, [{ kind: 'working' }])
    assertFault(pinged.thrown, 'network')
  })

  // What the contract does not have.
  const failures: readonly (readonly [string, Step, Fault])[] = [
    ['a key without the right', { kind: 'status', status: 403 }, 'unsupported'],
    ['a gateway timeout', { kind: 'status', status: 504 }, 'timeout'],
    ['a server error', { kind: 'status', status: 500 }, 'overloaded'],
    ['no service', { kind: 'status', status: 503 }, 'overloaded'],
    [
      'a refusing error event',
      { kind: 'error', code: 'invalid_request_error', after: 'headers' },
      'bad-request',
    ],
    ['an error event of an unknown kind', { kind: 'error', code: 'whatever', after: 'first' }, 'bad-answer'],
    [
      'JSON of another shape',
      { kind: 'raw', contentType: 'text/event-stream', body: 'event: x\ndata: 7\n\n' },
      'bad-answer',
    ],
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

  test('a reader who leaves hangs up on the vendor', { timeout: 5_000 }, async (t) => {
    vendor.play({ kind: 'stall', after: 'first' })
    const hangUps = vendor.hangUps()
    for await (const event of model().stream(ask('hi'), new AbortController().signal)) {
      if (event.kind === 'working') continue
      assert.equal(event.kind, 'text')
      break
    }
    while (vendor.hangUps() === hangUps && !t.signal.aborted) await new Promise(setImmediate)
  })
})
