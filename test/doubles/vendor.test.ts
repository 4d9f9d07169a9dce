import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { pixel } from '../contracts/model.ts'
import { startVendor, type VendorDouble } from './vendor.ts'

type Body = Readonly<Record<string, unknown>>

const user = { role: 'user', content: 'hi' }
const url = `data:image/png;base64,${pixel.base64}`
const schema = { type: 'object', properties: {}, additionalProperties: false }

const chat = { model: 'm', stream: true, messages: [user] }
const chatCall = (id: string) => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id, type: 'function', function: { name: 'f', arguments: '{}' } }],
})
const chatResult = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'ok' })
const chatTools = [{ type: 'function', function: { name: 'f', parameters: schema } }]
const chatSays = (...messages: readonly Body[]): Body => ({ ...chat, tools: chatTools, messages })

const responses = { model: 'm', stream: true, store: false, input: [user] }
const item = (id: string) => ({ type: 'function_call', call_id: id, name: 'f', arguments: '{}' })
const output = (id: string) => ({ type: 'function_call_output', call_id: id, output: 'ok' })
const responsesSay = (...input: readonly Body[]): Body => ({ ...responses, input })

const messages = { model: 'm', stream: true, max_tokens: 9, messages: [user] }
const use = (id: string) => ({ role: 'assistant', content: [{ type: 'tool_use', id, name: 'f', input: {} }] })
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'ok' })
const results = (...ids: readonly string[]) => ({ role: 'user', content: ids.map(result) })
const messagesSay = (...all: readonly Body[]): Body => ({
  ...messages,
  tools: [{ name: 'f' }],
  messages: all,
})

const accepted: Readonly<Record<string, readonly Body[]>> = {
  '/v1/chat/completions': [
    chat,
    {
      ...chat,
      temperature: 0.5,
      response_format: { type: 'json_schema', json_schema: { name: 'a', schema } },
    },
    chatSays(user, chatCall('a'), chatResult('a'), user),
    chatSays({ role: 'system', content: 'Be brief.' }, { role: 'user', content: [{ type: 'image_url', image_url: { url } }] }), // prettier-ignore
  ],
  '/v1/responses': [
    responses,
    { ...responses, model: 'gpt-4.1', temperature: 1, max_output_tokens: 16 },
    responsesSay(user, item('a'), output('a'), user),
    responsesSay({ role: 'user', content: [{ type: 'input_image', image_url: url }] }),
  ],
  '/v1/messages': [
    messages,
    { ...messages, output_config: { format: { type: 'json_schema', schema } } },
    messagesSay(user, use('a'), { role: 'user', content: [result('a'), { type: 'text', text: 'And?' }] }),
  ],
}

const refused: Readonly<Record<string, Readonly<Record<string, Body>>>> = {
  '/v1/chat/completions': {
    'no model': { ...chat, model: '' },
    'no messages': { ...chat, messages: [] },
    'no stream': { ...chat, stream: false },
    'an unknown role': chatSays({ role: 'bot', content: 'hi' }),
    'an empty text': chatSays({ role: 'user', content: ' ' }),
    'half a character': chatSays({ role: 'user', content: '\ud83d' }),
    'the assistant first': chatSays({ role: 'assistant', content: 'hi' }, user),
    'the assistant last': chatSays(user, { role: 'assistant', content: 'hi' }),
    'two users on end': chatSays(user, user),
    'a system in the middle': chatSays(user, { role: 'system', content: 'hi' }, user),
    'an id too long': chatSays(user, chatCall('a'.repeat(41)), chatResult('a'.repeat(41)), user),
    'an id twice': chatSays(user, chatCall('a'), chatResult('a'), chatCall('a'), chatResult('a'), user),
    'a result without its call': chatSays(user, chatResult('a'), user),
    'a call without its result': chatSays(user, chatCall('a'), user),
    'calls without tools': { ...chat, messages: [user, chatCall('a'), chatResult('a'), user] },
    'a picture of the assistant': chatSays(user, { role: 'assistant', content: [{ type: 'image_url', image_url: { url } }] }, user), // prettier-ignore
    'a picture that is none': chatSays({ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }), // prettier-ignore
    'a shape without a name': { ...chat, response_format: { type: 'json_schema', json_schema: { schema } } },
  },
  '/v1/responses': {
    'what is to be stored': { ...responses, store: true },
    'too few tokens': { ...responses, max_output_tokens: 15 },
    'sampling for a reasoning model': { ...responses, model: 'gpt-5', temperature: 1 },
    'an unknown role': responsesSay({ role: 'bot', content: 'hi' }),
    'an unknown item': responsesSay(user, { type: 'thing' }),
    'an empty text': responsesSay({ role: 'user', content: '' }),
    'an id too long': responsesSay(user, item('a'.repeat(65)), output('a'.repeat(65)), user),
    'an odd id': responsesSay(user, item('a|b'), output('a|b'), user),
    'a result without its call': responsesSay(user, output('a')),
    'a call without its result': responsesSay(user, item('a'), user),
    'arguments that are no object': responsesSay(user, { ...item('a'), arguments: '"x"' }, output('a')),
    'a picture of the assistant': responsesSay(user, { role: 'assistant', content: [{ type: 'input_image', image_url: url }] }), // prettier-ignore
  },
  '/v1/messages': {
    'no max_tokens': { ...messages, max_tokens: undefined },
    temperature: { ...messages, temperature: 1 },
    'an unknown role': messagesSay({ role: 'system', content: 'hi' }),
    'an empty text': messagesSay({ role: 'user', content: '' }),
    'an empty block': messagesSay({ role: 'user', content: [{ type: 'text', text: ' ' }] }),
    'the assistant first': messagesSay({ role: 'assistant', content: 'hi' }, user),
    'the assistant last': messagesSay(user, { role: 'assistant', content: 'hi' }),
    'an odd id': messagesSay(user, use('functions.f:0'), results('functions.f:0')),
    'an id too long': messagesSay(user, use('a'.repeat(65)), results('a'.repeat(65))),
    'an id twice': messagesSay(user, use('a'), results('a'), use('a'), results('a')),
    'a result without its call': messagesSay(user, use('a'), results('a', 'b')),
    'a call without its result': messagesSay(user, use('a'), user),
    'a text before the result': messagesSay(user, use('a'), { role: 'user', content: [{ type: 'text', text: 'x' }, result('a')] }), // prettier-ignore
    'calls without tools': { ...messages, messages: [user, use('a'), results('a')] },
    'a picture of the assistant': messagesSay(user, { role: 'assistant', content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel.base64 } }] }, user), // prettier-ignore
    'an open shape': {
      ...messages,
      output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
    },
  },
}

suite('the double of the vendors', () => {
  let vendor: VendorDouble
  before(async () => {
    vendor = await startVendor([], { key: 'sk-1' })
  })
  after(() => vendor.close())
  const post = async (path: string, body: Body, headers: Record<string, string> = {}): Promise<number> => {
    const all = { authorization: 'Bearer sk-1', 'anthropic-version': '2026-10-21', ...headers }
    const response = await fetch(vendor.origin + path, {
      method: 'POST',
      headers: all,
      body: JSON.stringify(body),
    })
    await response.text()
    return response.status
  }

  for (const path of Object.keys(accepted)) {
    test(`${path}: what the vendor accepts is answered`, async () => {
      for (const body of accepted[path] ?? []) assert.equal(await post(path, body), 200, JSON.stringify(body))
    })

    for (const [what, body] of Object.entries(refused[path] ?? {}))
      test(`${path}: ${what} is refused`, async () => {
        assert.equal(await post(path, body), 400)
      })
  }

  test('a wrong key, a wrong address and a missing version are refused', async () => {
    assert.equal(await post('/v1/messages', messages, { authorization: 'Bearer sk-2' }), 401)
    assert.equal(await post('/chat/completions', chat), 404)
    assert.equal(await post('/v1/messages', messages, { 'anthropic-version': '' }), 400)
  })
})
