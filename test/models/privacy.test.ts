import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { createLog } from '../../src/log.ts'
import type { Model } from '../../src/model.ts'
import { createAnthropic } from '../../src/models/anthropic.ts'
import { createOpenai } from '../../src/models/openai/openai.ts'
import { ask, assertFault, read } from '../contracts/model.ts'
import { startVendor, type Step } from '../doubles/vendor.ts'

const secret = 'My sister is in hospital.'
const messages = [{ role: 'user', content: secret }]
const words = `cannot read "${secret}"\n    at ${secret}`

/** What a vendor tells who quotes: as FastAPI does, as OpenAI does, as Anthropic does, and in no JSON at all. */
const bodies: readonly unknown[] = [
  { detail: [{ type: 'missing', loc: ['body'], msg: words, input: { messages } }] },
  { error: { message: words, type: secret, code: secret, param: secret, messages } },
  { error: { message: { messages } } },
  { type: 'error', error: { type: 'invalid_request_error', message: words, details: { messages } } },
  { type: 'error', code: secret, message: words, messages },
  secret,
]

const status = (body: unknown): Step => ({
  kind: 'raw',
  status: 422,
  contentType: 'application/json',
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

/** The same inside a stream: with the name of an error, and as any other event. */
const inStream =
  (name: string) =>
  (body: unknown): Step => ({
    kind: 'raw',
    contentType: 'text/event-stream',
    body: `event: ${name}\ndata: ${typeof body === 'string' ? body : JSON.stringify(body)}\n\n`,
  })

const failedResponse = (body: unknown): Step =>
  inStream('response.failed')({ type: 'response.failed', response: { error: Object(body).error, messages } })

const modelsOf = async (t: TestContext, always: Step): Promise<readonly Model[]> => {
  const vendor = await startVendor([], { always })
  t.after(vendor.close)
  const more = { name: 'm', model: 'm', endpoint: `${vendor.origin}/v1` }
  return [
    createOpenai(more),
    createOpenai({ ...more, api: 'responses' }),
    createAnthropic({ ...more, endpoint: vendor.origin }),
  ]
}

/** The line that the log has of an error. */
const lineOf = (err: unknown): string => {
  const lines: string[] = []
  createLog(
    'info',
    () => [],
    (line) => lines.push(line),
  ).warn({ err }, 'a model failed')
  return lines.join('')
}

const ways: readonly (readonly [string, (body: unknown) => Step])[] = [
  ['with a status', status],
  ['in a stream, as an error', inStream('error')],
  ['in a stream, as any event', inStream('message')],
  ['in a response that failed', failedResponse],
]

suite('what a vendor quotes of a request', () => {
  for (const [what, stepOf] of ways)
    test(`${what}: it is neither in the message nor in the log, with any vendor`, async (t) => {
      for (const body of bodies) {
        for (const model of await modelsOf(t, stepOf(body))) {
          const { thrown } = await read(model, ask(secret))
          assert.ok(thrown instanceof Error)
          assert.doesNotMatch(thrown.message, /sister|hospital/u)
          assert.doesNotMatch(lineOf(thrown), /sister|hospital/u)
        }
      }
    })

  test('what is told is the status, the code and the name of the request', async (t) => {
    for (const model of await modelsOf(
      t,
      status({ error: { type: 'invalid_request_error', message: secret } }),
    )) {
      const { thrown } = await read(model, ask(secret))
      assertFault(thrown, 'bad-request')
      assert.match(thrown.message, /\(422, invalid_request_error(?:, request req_1)?\)$/u)
      assert.match(lineOf(thrown), /"message":"m finds the request malformed/u)
    }
  })

  test('logged as the SDKs throw it, it would be in the log', async (t) => {
    const vendor = await startVendor([], { always: status(bodies[1]) })
    t.after(vendor.close)
    const { default: Sdk } = await import('openai')
    const sdk = new Sdk({ baseURL: `${vendor.origin}/v1`, apiKey: 'none', maxRetries: 0 })
    const asked = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }], stream: true as const }
    const thrown: unknown = await sdk.chat.completions.create(asked).catch((error: unknown) => error)
    assert.match(lineOf(thrown), /sister/u)
  })
})
