import assert from 'node:assert/strict'
import { after, before, beforeEach, suite, test } from 'node:test'
import type { Fault } from '../../../src/errors.ts'
import { createOpenai } from '../../../src/models/openai/openai.ts'
import { ask, assertFault, countedUsage, modelContract, pixel, read, textOf } from '../../contracts/model.ts'
import { stageVendor } from '../../doubles/stage.ts'
import { defaultPieces, startVendor, type Step, type VendorDouble } from '../../doubles/vendor.ts'

modelContract('openai, responses', (scene) =>
  stageVendor(scene, ({ origin, ...more }) =>
    createOpenai({ name: 'gpt', endpoint: `${origin}/v1`, model: 'gpt-6', api: 'responses', ...more }),
  ),
)

suite('openai, responses', () => {
  let vendor: VendorDouble
  before(async () => {
    vendor = await startVendor()
  })
  after(() => vendor.close())
  beforeEach(() => assert.equal(vendor.unplayed(), 0, 'the test before left steps behind'))
  const model = () =>
    createOpenai({ name: 'gpt', endpoint: `${vendor.origin}/v1`, model: 'gpt-6', api: 'responses' })
  const ends = async (...script: readonly Step[]) => {
    vendor.play(...script)
    return await read(model(), ask('hi'))
  }
  /** A stream of these events alone. */
  const says = (
    ...events: readonly { readonly type: string; readonly [field: string]: unknown }[]
  ): Step => ({
    kind: 'raw',
    contentType: 'text/event-stream',
    body: events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''),
  })
  const completed = { type: 'response.completed', response: { status: 'completed', usage: null } }

  test('the request has instructions, items, tools and a limit, and nothing of it is kept', async () => {
    const parameters = { type: 'object', properties: {} }
    const tools = [{ name: 'help', description: 'Helps.', parameters }]
    const turns = [
      { role: 'user', text: 'Help.' },
      { role: 'assistant', text: 'Yes.', calls: [{ id: 'c|1', name: 'help', args: {}, result: 'Read.' }] },
      { role: 'user', text: 'What is this?', images: [pixel] },
    ] as const
    const shape = { name: 'it', schema: { type: 'object', properties: { a: {} } } }
    await read(model(), ask('', { turns, tools, shape, maxTokens: 3, sampling: { topP: 0.1 } }))
    const body = vendor.requests.at(-1)?.body
    const input = Array.isArray(body?.['input']) ? body['input'] : []
    const { call_id: id } = input[2]
    assert.match(id, /^c_1_[0-9a-f]{10}$/u)
    assert.deepEqual(body, {
      model: 'gpt-6',
      input: [
        { role: 'user', content: 'Help.' },
        { role: 'assistant', content: 'Yes.' },
        { type: 'function_call', call_id: id, name: 'help', arguments: '{}' },
        { type: 'function_call_output', call_id: id, output: 'Read.' },
        {
          role: 'user',
          content: [
            { type: 'input_image', image_url: `data:image/png;base64,${pixel.base64}`, detail: 'auto' },
            { type: 'input_text', text: 'What is this?' },
          ],
        },
      ],
      stream: true,
      store: false,
      max_output_tokens: 16,
      instructions: 'Be brief.',
      tools: [{ type: 'function', name: 'help', description: 'Helps.', parameters, strict: false }],
      text: {
        format: {
          type: 'json_schema',
          name: 'it',
          schema: { ...shape.schema, additionalProperties: false },
          strict: false,
        },
      },
      top_p: 0.1,
    })
  })

  test('text comes in the pieces that were sent, with the usage at the end', async () => {
    const { events } = await ends({ kind: 'answer', usage: 'cached' })
    assert.deepEqual(events, [
      ...defaultPieces.map((text) => ({ kind: 'text', text })),
      { kind: 'end', stop: 'complete', usage: countedUsage },
    ])
  })

  test('why it stopped is told, and a refusal in words is one', async () => {
    for (const stop of ['complete', 'length', 'refused'] as const) {
      const { events } = await ends({ kind: 'answer', stop })
      const end = events.at(-1)
      assert.equal(end?.kind === 'end' && end.stop, stop)
    }
    const { events } = await ends(says({ type: 'response.refusal.delta', delta: 'No.' }, completed))
    assert.deepEqual(events, [
      { kind: 'text', text: 'No.' },
      { kind: 'end', stop: 'refused', usage: {} },
    ])
  })

  test('calls have the id that their results are told by; what is no JSON stays text', async () => {
    const calls = [
      { name: 'one', args: '{"a":[1,2,3]}', id: 'call_abc' },
      { name: 'two', args: '' },
      { name: 'three', args: '{"a": 1' },
    ]
    const { events } = await ends({ kind: 'answer', pieces: ['Right.'], calls })
    assert.deepEqual(events.slice(1, -1), [
      { kind: 'call', id: 'call_abc', name: 'one', args: { a: [1, 2, 3] } },
      { kind: 'call', id: 'call_1', name: 'two', args: {} },
      { kind: 'call', id: 'call_2', name: 'three', args: '{"a": 1' },
    ])
  })

  test('reasoning, other items, deltas of other kinds and types to come are passed over', async () => {
    const { events } = await ends(
      says(
        { type: 'response.reasoning_summary_text.delta', delta: 'hm' },
        { type: 'response.output_item.done', item: { type: 'reasoning', summary: [] } },
        { type: 'response.something_new', delta: { a: 1 }, item: 7 },
        { type: 'response.output_text.delta', delta: 'Yes.' },
        completed,
      ),
    )
    assert.equal(textOf(events), 'Yes.')
    assert.equal(events.length, 2)
  })

  test('a call in an answer that is cut short is not proposed', async () => {
    const item = { type: 'function_call', call_id: 'c', name: 'remind', arguments: '{}' }
    const { events, thrown } = await ends(says({ type: 'response.output_item.done', item }))
    assertFault(thrown, 'network')
    assert.deepEqual(events, [])
  })

  const failed = (code: string | null): Step =>
    says({ type: 'response.failed', response: { error: code === null ? null : { code, message: 'told' } } })
  const failures: readonly (readonly [string, Step, Fault])[] = [
    ['a failed response: the server', failed('server_error'), 'overloaded'],
    ['a failed response: a rate limit', failed('rate_limit_exceeded'), 'rate-limit'],
    ['a failed response: a policy', failed('bio_policy'), 'refused'],
    ['a failed response: the prompt', failed('invalid_prompt'), 'bad-request'],
    ['a failed response: an unknown reason', failed('whatever'), 'bad-answer'],
    ['a failed response: no reason', failed(null), 'bad-answer'],
    [
      'an error event with a code',
      says({ type: 'error', code: 'insufficient_quota', message: 'x' }),
      'no-credit',
    ],
    [
      'an event of another shape',
      { kind: 'raw', contentType: 'text/event-stream', body: 'data: 7\n\n' },
      'bad-answer',
    ],
  ]
  for (const [what, step, fault] of failures) {
    test(`${what} is ${fault}, after one request`, async () => {
      const count = vendor.requests.length
      const { events, thrown } = await ends(step)
      assertFault(thrown, fault)
      assert.deepEqual(events, [])
      assert.equal(vendor.requests.length, count + 1)
    })
  }
})
