import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import * as fc from 'fast-check'
import { complete, type Model, type ModelRequest, type PastCall, type Turn } from '../../src/model.ts'
import { createAnthropic } from '../../src/models/anthropic.ts'
import { createOpenai } from '../../src/models/openai/openai.ts'
import { ask, pixel, read, turnsWithCalls } from '../contracts/model.ts'
import { startVendor, type Step, type VendorDouble } from '../doubles/vendor.ts'

const signal = new AbortController().signal
const tools = [{ name: 'remind', description: 'Reminds.', parameters: { type: 'object', properties: {} } }]

const proposes = (id: string): Step => ({
  kind: 'answer',
  pieces: ['Right.'],
  calls: [
    { id, name: 'remind', args: '{"what":"tea"}' },
    { id: `${id}2`, name: 'remind', args: '{"what":"cake"}' },
  ],
})

suite('a history that one vendor began', () => {
  let vendor: VendorDouble
  /** Takes ids of nine letters and digits only, and no user right after a result. */
  let mistral: VendorDouble
  let models: Readonly<Record<'chat' | 'responses' | 'anthropic' | 'mistral', Model>>
  before(async () => {
    vendor = await startVendor()
    mistral = await startVendor([], { callIds: /^[a-zA-Z0-9]{9}$/u })
    const endpoint = `${vendor.origin}/v1`
    models = {
      chat: createOpenai({ name: 'chat', endpoint, model: 'm' }),
      responses: createOpenai({ name: 'responses', endpoint, model: 'm', api: 'responses' }),
      anthropic: createAnthropic({ name: 'anthropic', endpoint: vendor.origin, model: 'm' }),
      mistral: createOpenai({
        name: 'mistral',
        endpoint: 'https://api.mistral.ai/v1',
        model: 'm',
        fetch: async (url, init) =>
          await fetch(mistral.origin + new URL(url instanceof Request ? url.url : url).pathname, init),
      }),
    }
  })
  after(async () => {
    await vendor.close()
    await mistral.close()
  })

  /** Asks a model with all turns so far, and gives them with its answer, and what came of its calls. */
  const goOn = async (model: Model, turns: readonly Turn[], text: string): Promise<Turn[]> => {
    const asked: Turn[] = [...turns, { role: 'user', text }]
    const answer = await complete(model, ask('', { turns: asked, tools }), signal)
    const calls = answer.calls.map(({ id, name, args }): PastCall => ({ id, name, args, result: 'Done.' }))
    return [...asked, { role: 'assistant', text: answer.text, calls }]
  }

  test('goes on with any other, and back: each proposes calls that all the others are told of', async () => {
    let turns: Turn[] = []
    for (const round of [1, 2]) {
      for (const [name, id] of [
        ['chat', 'functions.remind:0'],
        ['anthropic', 'toolu_01A'],
        ['responses', `fc_1|${'c'.repeat(70)}`],
        ['mistral', 'abcdefghi'],
      ] as const) {
        const double = name === 'mistral' ? mistral : vendor
        double.play(proposes(id))
        turns = await goOn(models[name], turns, `Round ${round}: remind me.`)
      }
    }
    const calls = turns.flatMap((turn) => (turn.role === 'assistant' ? (turn.calls ?? []) : []))
    assert.equal(calls.length, 16)
    assert.equal(calls[0]?.id, 'functions.remind:0')
    for (const model of Object.values(models)) {
      const { thrown } = await read(
        model,
        ask('', { turns: [...turns, { role: 'user', text: 'And?' }], tools }),
      )
      assert.equal(thrown, undefined, model.name)
    }
  })

  test('is told as text where no command is offered', async () => {
    for (const model of Object.values(models)) {
      const { thrown } = await read(model, ask('', { turns: turnsWithCalls }))
      assert.equal(thrown, undefined, model.name)
    }
    for (const { requests } of [vendor, mistral]) {
      const told = JSON.stringify(requests.at(-1)?.body)
      assert.ok(
        told.includes(
          `Right.\\n\\n(called remind with {\\"what\\":\\"tea\\",\\"minutes\\":5}: In 5 minutes.)`,
        ),
      )
      assert.ok(!told.includes('tool_'))
    }
  })

  test('Mistral hears the result from the assistant, too, where a person speaks next', async () => {
    await read(models.mistral, ask('', { turns: turnsWithCalls, tools }))
    const { messages } = mistral.requests.at(-1)?.body ?? {}
    const roles = Array.isArray(messages) ? messages.map(({ role }: { role: string }) => role).join(' ') : ''
    assert.equal(roles, 'system user assistant tool tool assistant user assistant tool assistant user')
  })

  const text = fc.oneof(
    fc.constantFrom('', ' ', '\n', 'hi', 'cut \ud83d', '法国'),
    fc.string({ maxLength: 10, unit: 'binary' }),
  )
  const call: fc.Arbitrary<PastCall> = fc.record({
    id: fc.oneof(fc.constantFrom('', 'a', 'a.b', 'x'.repeat(99)), text),
    name: fc.oneof(fc.constantFrom('remind', 'functions.remind:0'), text),
    args: fc.oneof(fc.jsonValue(), fc.constant(undefined), text),
    result: text,
  })
  const turn: fc.Arbitrary<Turn> = fc.oneof(
    fc.record({ role: fc.constant('user' as const), text, images: fc.constantFrom([], [], [pixel]) }),
    fc.record({ role: fc.constant('assistant' as const), text, calls: fc.array(call, { maxLength: 3 }) }),
  )
  const request: fc.Arbitrary<ModelRequest> = fc
    .record({
      turns: fc.array(turn, { maxLength: 8 }),
      tools: fc.constantFrom([], tools),
      system: text,
    })
    .map((more) => ask('', more))

  test('whatever it holds, no vendor finds the request malformed', async () => {
    await fc.assert(
      fc.asyncProperty(
        request,
        fc.constantFrom('chat', 'responses', 'anthropic', 'mistral'),
        async (one, name) => {
          const { thrown } = await read(models[name], one)
          assert.equal(thrown, undefined)
        },
      ),
      { numRuns: 400 },
    )
  })
})
