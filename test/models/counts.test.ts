import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Model, Usage } from '../../src/model.ts'
import { createAnthropic } from '../../src/models/anthropic.ts'
import { createOpenai } from '../../src/models/openai/openai.ts'
import { ask, read } from '../contracts/model.ts'
import { startVendor, type VendorDouble } from '../doubles/vendor.ts'

type Wire = {
  readonly model: (vendor: VendorDouble) => Model
  /** A whole answer that counts so: of the prompt, of the answer, of the cache. */
  readonly events: (input: unknown, output: unknown, cached: unknown) => readonly object[]
}

const more = { name: 'm', model: 'm' }

const wires: Readonly<Record<string, Wire>> = {
  'chat completions': {
    model: ({ origin }) => createOpenai({ ...more, endpoint: `${origin}/v1` }),
    events: (input, output, cached) => [
      {
        choices: [{ delta: { content: 'Yes.' }, finish_reason: 'stop' }],
        usage: {
          prompt_tokens: input,
          completion_tokens: output,
          prompt_tokens_details: { cached_tokens: cached },
        },
      },
    ],
  },
  responses: {
    model: ({ origin }) => createOpenai({ ...more, endpoint: `${origin}/v1`, api: 'responses' }),
    events: (input, output, cached) => [
      {
        type: 'response.completed',
        response: {
          usage: {
            input_tokens: input,
            output_tokens: output,
            input_tokens_details: { cached_tokens: cached },
          },
        },
      },
    ],
  },
  messages: {
    model: ({ origin }) => createAnthropic({ ...more, endpoint: origin }),
    events: (input, output, cached) => [
      {
        type: 'message_start',
        message: { usage: { input_tokens: input, cache_read_input_tokens: cached } },
      },
      { type: 'message_delta', usage: { output_tokens: output } },
      { type: 'message_stop' },
    ],
  },
}

suite('tokens that a vendor counts', () => {
  for (const [name, { model, events }] of Object.entries(wires))
    test(`${name}: digits are a number, and what cannot be a count is none`, async (t) => {
      const vendor = await startVendor()
      t.after(vendor.close)
      const count = async (...counts: readonly [unknown, unknown, unknown]): Promise<Usage> => {
        const body = events(...counts).map((one) => `event: x\ndata: ${JSON.stringify(one)}\n\n`)
        vendor.play({ kind: 'raw', contentType: 'text/event-stream', body: body.join('') })
        const { events: said, thrown } = await read(model(vendor), ask('hi'))
        const end = said.at(-1)
        assert.ok(end?.kind === 'end', String(thrown))
        return end.usage
      }
      for (const odd of [-1, 5.5, 1e300, 100_000_001, '', 'many', '-1', {}, [5], true])
        assert.deepEqual(await count(odd, odd, odd), {}, JSON.stringify(odd))
      assert.deepEqual(await count('5', '6', undefined), { inputTokens: 5, outputTokens: 6 })
      assert.deepEqual(await count(5, 100_000_000, -1), { inputTokens: 5, outputTokens: 100_000_000 })
    })
})
