import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import type { CacheConfig } from '../../src/config.ts'
import type { ModelRequest, Tool, Turn } from '../../src/model.ts'
import { createKeys } from '../../src/models/cache-key.ts'
import { ask, asker } from '../contracts/model.ts'

const { keyOf } = createKeys(Buffer.alloc(32, 7))
const keyFor = (request: ModelRequest, scope: CacheConfig['scope'] = 'person'): string =>
  keyOf(request, 'route', scope)

const remind: Tool = { name: 'remind', description: 'Reminds.', parameters: { type: 'object' } }
const past = { id: '1', name: 'remind', args: { what: 'tea', minutes: 5 }, result: 'Done.' }
const image = { mediaType: 'image/png', base64: 'AAAA' } as const
const full = (): ModelRequest =>
  ask('', {
    turns: [
      { role: 'user', text: 'What is this?', images: [image] },
      { role: 'assistant', text: 'Tea.', calls: [past] },
      { role: 'user', text: '再来一杯' },
    ],
    tools: [remind],
    shape: { name: 'place', schema: { type: 'object' } },
    sampling: { temperature: 0.5, topP: 0.9 },
  })

suite('the key of a request', () => {
  test('equal requests have the same key, made of other objects or of the same', () => {
    assert.equal(keyFor(full()), keyFor(full()))
    const one = full()
    assert.equal(keyFor(one), keyFor(one))
  })

  test('any change in any field changes it', () => {
    const turn = (turn: Turn): Partial<ModelRequest> => ({ turns: [turn] })
    const call = (change: object): Partial<ModelRequest> =>
      turn({ role: 'assistant', text: 'Tea.', calls: [{ ...past, ...change }] })
    const tool = (change: object): Partial<ModelRequest> => ({ tools: [{ ...remind, ...change }] })
    const changes: readonly Partial<ModelRequest>[] = [
      {},
      { intent: { kind: 'summarise', documents: ['a'], sentences: 1 } },
      { intent: { kind: 'summarise', documents: ['b'], sentences: 1 } },
      { intent: { kind: 'summarise', documents: ['a'], sentences: 2 } },
      { intent: { kind: 'summarise', documents: ['a', ''], sentences: 1 } },
      { system: 'Be brief!' },
      turn({ role: 'user', text: 'Tea.' }),
      turn({ role: 'assistant', text: 'Tea.' }),
      turn({ role: 'user', text: 'Tea.', images: [image] }),
      turn({ role: 'user', text: 'Tea.', images: [image, image] }),
      turn({ role: 'user', text: 'Tea.', images: [{ ...image, mediaType: 'image/gif' }] }),
      turn({ role: 'user', text: 'Tea.', images: [{ ...image, base64: 'AAAB' }] }),
      call({}),
      call({ id: '2' }),
      call({ name: 'help' }),
      call({ result: 'Off.' }),
      call({ args: { what: 'tea', minutes: 6 } }),
      call({ args: undefined }),
      call({ args: null }),
      { tools: [] },
      { tools: [remind, remind] },
      tool({ name: 'help' }),
      tool({ description: 'Helps.' }),
      tool({ parameters: {} }),
      { maxTokens: 501 },
      { shape: { name: 'town', schema: { type: 'object' } } },
      { shape: { name: 'place', schema: { type: 'array' } } },
      { sampling: { temperature: 0.5 } },
      { sampling: { topP: 0.5 } },
      { sampling: { temperature: 0, topP: 0.9 } },
    ]
    const { shape: _, sampling: __, ...bare } = full()
    const keys = [bare, ...changes.map((change) => ({ ...full(), ...change }))]
    assert.equal(new Set(keys.map((request) => keyFor(request))).size, keys.length)
  })

  test('it is of the fingerprint, the scope and the secret, too', () => {
    const request = full()
    const keys = [
      keyOf(request, 'route', 'person'),
      keyOf(request, 'other route', 'person'),
      keyOf(request, 'route', 'channel'),
      keyOf(request, 'route', 'everyone'),
      createKeys(Buffer.alloc(32, 8)).keyOf(request, 'route', 'person'),
    ]
    assert.equal(new Set(keys).size, keys.length)
  })

  test('the order of keys in JSON counts, as vendors pass it on', () => {
    const args = (one: unknown): ModelRequest =>
      ask('', { turns: [{ role: 'assistant', text: '', calls: [{ ...past, args: one }] }] })
    assert.notEqual(keyFor(args({ a: 1, b: 2 })), keyFor(args({ b: 2, a: 1 })))
  })

  test('the order of fields does not count, and an empty list is none', () => {
    const { name, description, parameters } = remind
    const { turns, ...rest } = ask('hi', { tools: [{ parameters, description, name }], sampling: {} })
    assert.equal(keyFor({ turns, ...rest }), keyFor(ask('hi', { tools: [remind] })))
    const listless = ask('', { turns: [{ role: 'user', text: '' }] })
    assert.equal(keyFor({ ...listless, turns: [{ role: 'user', text: '', images: [] }] }), keyFor(listless))
  })

  test('lone surrogates are told apart', () => {
    assert.notEqual(keyFor(ask('\ud800')), keyFor(ask('\ud801')))
    assert.notEqual(keyFor(ask('\ud800')), keyFor(ask('\ufffd')))
  })

  test('what is said cannot pass for another request', () => {
    const documents = (...of: string[]): ModelRequest =>
      ask('', { intent: { kind: 'summarise', documents: of, sentences: 1 } })
    const told = (name: string, description: string): ModelRequest =>
      ask('', { tools: [{ ...remind, name, description }] })
    const pairs: readonly (readonly [ModelRequest, ModelRequest])[] = [
      [documents('a', 'b'), documents('ab')],
      [documents('a', '', 'b'), documents('', 'a', 'b')],
      [told('ab', 'c'), told('a', 'bc')],
    ]
    for (const [one, other] of pairs) {
      assert.equal(carelessText(one), carelessText(other), 'the pair shows nothing')
      assert.notEqual(keyFor(one), keyFor(other))
    }
  })
})

suite('who shares a key', () => {
  const by = (person: string, channel: string, more: object = {}): ModelRequest =>
    ask('hi', { asker: { person, address: { ...asker.address, channel, ...more } } })
  const same = (scope: CacheConfig['scope'], one: ModelRequest, other: ModelRequest): boolean =>
    keyFor(one, scope) === keyFor(other, scope)

  test('person: one person, wherever they write', () => {
    assert.ok(same('person', by('anna', 'a'), by('anna', 'b')))
    assert.ok(!same('person', by('anna', 'a'), by('ben', 'a')))
  })

  test('channel: all who write there, in any thread', () => {
    assert.ok(same('channel', by('anna', 'a'), by('ben', 'a', { thread: '1' })))
    assert.ok(!same('channel', by('anna', 'a'), by('anna', 'b')))
    assert.ok(!same('channel', by('anna', 'a'), by('anna', 'a', { account: 'T2' })))
    assert.ok(!same('channel', by('anna', 'a'), by('anna', 'a', { adapter: 'slack' })))
  })

  test('everyone: all', () => {
    assert.ok(same('everyone', by('anna', 'a'), by('ben', 'b')))
  })

  test('a task shares with its person', () => {
    assert.equal(keyFor(ask('hi', { asker: { ...asker, task: 3 } })), keyFor(ask('hi')))
  })
})

const fieldNames: (keyof ModelRequest)[] = [
  'asker',
  'intent',
  'system',
  'turns',
  'tools',
  'maxTokens',
  'shape',
  'sampling',
]

suite('whatever is asked', () => {
  // Few characters, and those that frame the parts of a key: it is the worst case for telling requests apart.
  const text = fc.string({ unit: fc.constantFrom('0', '1', ';', 'u', '-', '中', '\ud800'), maxLength: 3 })
  const json = fc.oneof(
    text,
    fc.constantFrom(null, 0, 1, true),
    fc.dictionary(fc.constantFrom('a', 'b'), text, { noNullPrototype: true }),
  )
  const schema = fc.dictionary(fc.constantFrom('a', 'b'), text, { maxKeys: 1, noNullPrototype: true })
  const short = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(of, { maxLength: 2 })
  const image = fc.record({ mediaType: fc.constantFrom('image/png', 'image/gif'), base64: text })
  const turn: fc.Arbitrary<Turn> = fc.oneof(
    fc.record({ role: fc.constant('user'), text, images: short(image) }, { requiredKeys: ['role', 'text'] }),
    fc.record(
      {
        role: fc.constant('assistant'),
        text,
        calls: short(fc.record({ id: text, name: text, args: json, result: text })),
      },
      { requiredKeys: ['role', 'text'] },
    ),
  )
  const number = fc.constantFrom(0, 1, 10)
  const request: fc.Arbitrary<ModelRequest> = fc.record(
    {
      asker: fc.record({ person: text, address: fc.record({ adapter: text, account: text, channel: text }) }),
      intent: fc.oneof(
        fc.constant({ kind: 'chat' as const }),
        fc.record({ kind: fc.constant('summarise'), documents: short(text), sentences: number }),
      ),
      system: text,
      turns: short(turn),
      tools: short(fc.record({ name: text, description: text, parameters: schema })),
      maxTokens: number,
      shape: fc.record({ name: text, schema }),
      sampling: fc.record({ temperature: number, topP: number }, { requiredKeys: [] }),
    },
    { requiredKeys: ['asker', 'intent', 'system', 'turns', 'tools', 'maxTokens'] },
  )
  /** A request and another that differs from it in a field or two, or in none. */
  const pair = fc
    .tuple(request, request, fc.subarray(fieldNames, { maxLength: 2 }))
    .map(([one, other, fields]): [ModelRequest, ModelRequest] => [
      one,
      { ...one, ...Object.fromEntries(fields.map((field) => [field, other[field]])) },
    ])
  const scopes = fc.constantFrom<CacheConfig['scope']>('person', 'channel', 'everyone')

  test('two requests have one key if they are the same, and only then', () => {
    let equal = 0
    fc.assert(
      fc.property(pair, scopes, ([one, other], scope) => {
        const isSame = isDeepStrictEqual(essence(one, scope), essence(other, scope))
        equal += isSame ? 1 : 0
        assert.equal(keyFor(one, scope) === keyFor(other, scope), isSame)
        assert.equal(keyFor(structuredClone(one), scope), keyFor(one, scope))
      }),
      { numRuns: 4_000 },
    )
    assert.ok(equal > 400, 'too few pairs were the same')
  })

  test('the property sees a key that does not tell where a text ends', () => {
    const careless = fc.property(pair, ([one, other]) => {
      const isSame = isDeepStrictEqual(essence(one, 'person'), essence(other, 'person'))
      assert.equal(carelessText(one) === carelessText(other), isSame)
    })
    assert.ok(fc.check(careless, { numRuns: 4_000, seed: 1 }).failed)
  })
})

/** What makes a request the one it is, to be compared as it stands. */
function essence({ asker, ...request }: ModelRequest, scope: CacheConfig['scope']): unknown {
  const { adapter, account, channel } = asker.address
  // The clone has plain prototypes: fast-check makes some objects without any.
  return structuredClone({
    who: { person: asker.person, channel: [adapter, account, channel], everyone: '' }[scope],
    ...request,
    turns: request.turns.map((turn) =>
      turn.role === 'user'
        ? [turn.role, turn.text, turn.images ?? []]
        : [
            turn.role,
            turn.text,
            (turn.calls ?? []).map(({ args, ...call }) => ({ ...call, args: JSON.stringify(args) })),
          ],
    ),
    tools: request.tools.map(({ parameters, ...tool }) => ({
      ...tool,
      parameters: JSON.stringify(parameters),
    })),
    shape: request.shape === undefined ? '' : [request.shape.name, JSON.stringify(request.shape.schema)],
    sampling: [request.sampling?.temperature, request.sampling?.topP],
  })
}

/** The parts of a request, one after the other. */
function carelessText(request: ModelRequest): string {
  const flat = (value: unknown): string =>
    typeof value === 'object' && value !== null ? Object.values(value).map(flat).join('') : String(value)
  return flat(essence(request, 'person'))
}
