import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { ModelEvent } from '../../../src/model.ts'
import { createOpenai } from '../../../src/models/openai/openai.ts'
import { ask, assertFault, readAll, textOf } from '../../contracts/model.ts'
import { startVendor, type VendorDouble } from '../../doubles/vendor.ts'

let vendor: VendorDouble
before(async () => {
  vendor = await startVendor()
})
after(() => vendor.close())

/** What comes of a stream with these events. */
const reads =
  (api: 'chat' | 'responses') =>
  async (...events: readonly unknown[]) => {
    const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
    vendor.play({ kind: 'raw', contentType: 'text/event-stream', body })
    const model = createOpenai({ name: 'gpt', endpoint: `${vendor.origin}/v1`, model: 'm', api })
    return await readAll(model, ask('hi'))
  }
const callsOf = (events: readonly ModelEvent[]) =>
  events.flatMap((event) => (event.kind === 'call' ? [[event.name, event.args]] : []))
const stopOf = (events: readonly ModelEvent[]) => {
  const end = events.at(-1)
  return end?.kind === 'end' ? end.stop : undefined
}
const kindsOf = (events: readonly ModelEvent[]) => events.map(({ kind }) => kind)

suite('servers that are not exact about chat completions', () => {
  const chat = reads('chat')
  const says = (delta: object, finish: unknown = null) => ({ choices: [{ delta, finish_reason: finish }] })
  const stop = says({}, 'stop')

  test('a reason to stop that says nothing is none: what ends so was cut', async () => {
    for (const nothing of [undefined, null, '', 'null']) {
      const { events, thrown } = await chat(says({ content: 'Yes' }, nothing), says({}, nothing))
      assertFault(thrown, 'network')
      assert.equal(textOf(events), 'Yes')
      // The control: with a reason the same is whole.
      assert.equal(stopOf((await chat(says({ content: 'Yes' }, nothing), stop)).events), 'complete')
    }
  })

  test('a reason that does not change comes to nothing after the true one', async () => {
    assert.equal(stopOf((await chat(says({}, 'length'), says({}, ''))).events), 'length')
  })

  test('the reason `error` is an overloaded vendor', async () => {
    const { events, thrown } = await chat(says({ content: 'Yes' }), says({}, 'error'))
    assertFault(thrown, 'overloaded')
    assert.deepEqual(kindsOf(events), ['text'])
  })

  test('two calls without ids stay apart, also where each comes in bits; an id keeps one together', async () => {
    const call = (name: string | undefined, args: string, id?: string) =>
      says({ tool_calls: [{ index: 0, id, function: { name, arguments: args } }] })
    const whole = await chat(call('one', '{"a":1}'), call('one', '{"a":2}'), stop)
    assert.deepEqual(callsOf(whole.events), [
      ['one', { a: 1 }],
      ['one', { a: 2 }],
    ])
    const bits = [call('one', ''), call(undefined, '{"a":'), call(undefined, '{}}'), call('two', '')]
    const { events } = await chat(...bits, call(undefined, '{"b":2}'), stop)
    assert.deepEqual(callsOf(events), [
      ['one', { a: {} }],
      ['two', { b: 2 }],
    ])
    const repeated = await chat(
      call('one', '{"a":', 'x'),
      call('one', '{}', 'x'),
      call('one', '}', 'x'),
      stop,
    )
    assert.deepEqual(callsOf(repeated.events), [['one', { a: {} }]])
    const nameless = await chat(call('one', '{"a":'), call('one', '1}'), stop)
    assert.deepEqual(callsOf(nameless.events), [['one', { a: 1 }]])
  })

  test('arguments as an object, an index as text, a content in parts and empty events are read', async () => {
    const call = { index: '1', id: 'a', function: { name: 'one', arguments: { a: 1 } } }
    const { events, thrown } = await chat(
      null,
      says({ content: [{ type: 'text', text: 'Y' }, { type: 'text', text: 'es' }, null, 7] }),
      says({ tool_calls: [call, { index: 'odd', id: 'b', function: { name: 'two', arguments: null } }] }),
      stop,
    )
    assert.equal(thrown, undefined)
    assert.equal(textOf(events), 'Yes')
    assert.deepEqual(callsOf(events), [
      ['one', { a: 1 }],
      ['two', {}],
    ])
  })

  test('thoughts and bits of calls show that it works; an empty delta and a comment do not', async () => {
    const signs = [
      { reasoning_content: 'hm' },
      { reasoning: 'hm', content: '' },
      { reasoning_details: [{ type: 'reasoning.text', text: 'hm' }] },
      { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] },
      { tool_calls: [{ index: 0, function: { arguments: '' } }] },
    ]
    for (const sign of signs)
      assert.deepEqual(kindsOf((await chat(says(sign))).events), ['working'], JSON.stringify(sign))
    for (const delta of [{}, { role: 'assistant', content: '' }, { reasoning: '', reasoning_details: [] }])
      assert.deepEqual((await chat(says(delta))).events, [])
    const both = await chat(says({ content: 'Yes', reasoning: 'hm' }))
    assert.deepEqual(kindsOf(both.events), ['text'])
  })
})

suite('servers that are not exact about responses', () => {
  const responses = reads('responses')
  const part = { type: 'output_text', text: 'Yes.' }
  const message = { type: 'message', content: [part] }
  const completed = { type: 'response.completed', response: { output: [message], usage: null } }

  test('text counts once, in whichever event it comes first', async () => {
    const ways = [
      [{ type: 'response.output_text.delta', delta: 'Yes.' }],
      [{ type: 'response.output_text.done', text: 'Yes.' }],
      [{ type: 'response.output_item.done', item: message }],
      [],
    ]
    const all = ways.flat()
    for (const [index] of ways.entries()) {
      const { events } = await responses(...all.slice(index), completed)
      assert.equal(textOf(events), 'Yes.')
      assert.equal(stopOf(events), 'complete')
    }
    const two = [...all.slice(0, 3), ...all.slice(1, 3), completed]
    assert.equal(textOf((await responses(...two)).events), 'Yes.Yes.')
  })

  test('a refusal that comes only whole is one', async () => {
    const refusal = { type: 'refusal', refusal: 'No.' }
    const item = { type: 'message', content: [refusal] }
    for (const event of [
      { type: 'response.refusal.done', refusal: 'No.' },
      { type: 'response.output_item.done', item },
      { type: 'response.completed', response: { output: [item] } },
    ]) {
      const { events } = await responses(event, { type: 'response.completed', response: {} })
      assert.equal(textOf(events), 'No.')
      assert.equal(stopOf(events), 'refused')
    }
  })

  test('an incomplete response is cut for its length, whatever the reason, unless it was filtered', async () => {
    const cases = [
      [{}, 'length'],
      [{ incomplete_details: null }, 'length'],
      [{ incomplete_details: { reason: 'max_tool_calls' } }, 'length'],
      [{ incomplete_details: { reason: 'content_filter' } }, 'refused'],
    ] as const
    for (const [response, stop] of cases)
      assert.equal(stopOf((await responses({ type: 'response.incomplete', response })).events), stop)
  })

  test('arguments that are null are none; a call that comes only at the very end is proposed', async () => {
    const item = { type: 'function_call', call_id: 'a', name: 'help', arguments: null }
    const done = { type: 'response.output_item.done', item }
    const late = { type: 'response.completed', response: { output: [item] } }
    for (const events of [[done, late], [late]])
      assert.deepEqual(callsOf((await responses(...events)).events), [['help', {}]])
  })

  test('each event without text shows that it works; an empty one is passed over', async () => {
    const { events } = await responses(
      null,
      { type: 'response.created' },
      { type: 'response.reasoning_summary_text.delta', delta: 'hm' },
      { type: 'response.function_call_arguments.delta', delta: '{' },
      { type: 'response.output_text.delta', delta: 'Yes.' },
      { type: 'response.completed', response: {} },
    )
    assert.deepEqual(kindsOf(events), ['working', 'working', 'working', 'text', 'end'])
  })

  test('an error that has its name inside only is one, too', async () => {
    assertFault((await responses({ type: 'error', code: 'server_error', message: 'x' })).thrown, 'overloaded')
  })
})
