import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Context, Outcome } from '../../src/command.ts'
import { createCommandTable } from '../../src/command.ts'
import { createModelCommand, type RouteView } from '../../src/commands/model.ts'
import type { LastCall, Score } from '../../src/commands/model-why.ts'
import type { ModelStatus, Try } from '../../src/model.ts'

const routes: readonly RouteView[] = [
  { name: 'default', models: ['gpt', 'claude'], choose: 'order', weights: [1, 1], hedge: false },
  { name: 'spread', models: ['gpt', 'ollama'], choose: 'weights', weights: [3, 1], hedge: true },
  { name: 'quick', models: ['gpt', 'claude'], choose: 'auto', weights: [1, 1], hedge: false },
]
const model = (name: string, more: Partial<ModelStatus> = {}): ModelStatus => ({
  name,
  model: `${name}-5`,
  state: { kind: 'ready' },
  price: { inputUsd: 1.25, outputUsd: 10 },
  isBarred: false,
  calls: 0,
  success: undefined,
  firstMs: undefined,
  ...more,
})
const models: readonly ModelStatus[] = [
  model('gpt', { calls: 120, success: 0.982, firstMs: 412 }),
  model('claude', { state: { kind: 'resting', fault: 'overloaded', untilMs: 41_000 }, price: undefined }),
  model('dear', { state: { kind: 'resting', fault: 'bad-key' }, price: undefined, isBarred: true }),
  model('ollama', { price: { inputUsd: 0, outputUsd: 0 }, state: { kind: 'probing', fault: 'network' } }),
]

type Options = {
  /** By every conversation, or by this key. */
  readonly chosen?: string | null | ((conversation: string) => string | null)
  readonly thread?: string
  readonly last?: LastCall
  readonly scores?: readonly Score[]
}

/** What `/model …` answers. */
async function say(
  text: string,
  { chosen = null, thread, last, scores = [] }: Options = {},
  language: 'en' | 'zh' = 'en',
): Promise<Outcome> {
  const table = createCommandTable([
    createModelCommand({
      routes: () => routes,
      models: async () => models,
      chosen: typeof chosen === 'function' ? chosen : () => chosen,
      lastCall: () => last,
      scores: async () => scores,
    }),
  ])
  const read = table.read(text, { nowMs: 1_000, zone: 'UTC' })
  assert.ok(read?.kind === 'invocation', text)
  const context: Context = {
    person: { key: 'chat/home/ann', name: 'ann', role: 'owner' },
    address: {
      adapter: 'chat',
      account: 'home',
      channel: 'general',
      ...(thread === undefined ? {} : { thread }),
    },
    language,
    nowMs: 1_000,
    zone: 'UTC',
    signal: new AbortController().signal,
    progress: () => undefined,
  }
  return read.invocation.run(context)
}

suite('/model', () => {
  test('lists routes and models with state, price and what was measured', async () => {
    const { reply } = await say('/model')
    assert.deepEqual(reply.text.split('\n'), [
      'Routes:',
      'default: gpt → claude  ← this conversation',
      'spread: gpt 75 %, ollama 25 % (by chance, in these parts); where the first is slow, a second one too',
      'quick: gpt, claude (the best of what was measured)',
      'Models:',
      'gpt: gpt-5; ready; $1.25 in, $10 out a million tokens; 120 calls, 98 % answered, first words after 0.41 s',
      'claude: claude-5; resting for 40 s: it is overloaded just now; price not known; not asked yet',
      'dear: dear-5; not asked any more: it does not accept our key; price not known, so not asked while a cap is in force; not asked yet',
      'ollama: ollama-5; being tried again: nothing answered there, or the connection broke; free; not asked yet',
      '/model <name> chooses a route or a single model for this conversation; /model default reset undoes it.',
    ])
    assert.match(
      (await say('/模型', {}, 'zh')).reply.text,
      /gpt-5；|gpt: gpt-5; 可用; 每百万词元输入 \$1\.25/u,
    )
  })

  test('marks the single model that the conversation chose', async () => {
    const { reply } = await say('/model', { chosen: 'claude' })
    assert.match(reply.text, /^claude: .*← this conversation$/mu)
    assert.doesNotMatch(reply.text, /^default: .*←/mu)
  })

  test('says so where the chosen one is gone', async () => {
    const { reply } = await say('/model', { chosen: 'premium' })
    assert.match(reply.text, /^This conversation uses premium, which is no longer there\./mu)
    assert.doesNotMatch((await say('/model', { chosen: 'quick' })).reply.text, /no longer there/u)
  })

  test('chooses a route or a single model, and says that nothing outside it will answer', async () => {
    for (const name of ['quick', 'CLAUDE', 'default']) {
      const { reply, writes } = await say(`/model ${name}`)
      assert.equal(reply.status, 'done')
      assert.match(reply.text, /If it fails I say so, and ask nothing outside it/u)
      assert.deepEqual(writes, [['conversations.route', 'chat/home/general', name.toLowerCase()]])
    }
  })

  test('goes back by reset to the default route also in a thread whose channel has another', async () => {
    const chosen = (conversation: string) => (conversation === 'chat/home/general' ? 'spread' : null)
    const { writes } = await say('/model reset', { chosen, thread: '1.1' })
    assert.deepEqual(writes, [['conversations.route', 'chat/home/general/1.1', 'default']])
    const plain = await say('/model reset', { thread: '1.1' })
    assert.deepEqual(plain.writes, [['conversations.route', 'chat/home/general/1.1', null]])
    const channel = await say('/model reset', { chosen })
    assert.deepEqual(channel.writes, [['conversations.route', 'chat/home/general', null]])
  })

  test('goes back by reset, with or without the word default', async () => {
    for (const text of ['/model reset', '/model default reset', '/model Default  Reset'])
      assert.deepEqual((await say(text)).writes, [['conversations.route', 'chat/home/general', null]], text)
  })

  test('an unknown name changes nothing, and the nearest is told', async () => {
    const { reply, writes } = await say('/model cluade')
    assert.equal(reply.status, 'misused')
    assert.match(reply.text, /no route or model cluade\. Did you mean claude\?/u)
    assert.equal(writes, undefined)
  })
})

suite('/model why', () => {
  const tries: readonly Try[] = [
    { model: 'dear', outcome: 'resting', because: 'bad-key', totalMs: 0, usage: {}, costUsd: 0 },
    { model: 'small', outcome: 'unable', totalMs: 0, usage: {}, costUsd: 0 },
    { model: 'gpt', outcome: 'overloaded', totalMs: 2_130, usage: {}, costUsd: 0 },
    { model: 'far', outcome: 'outrun', totalMs: 900, usage: {} },
    { model: 'claude', outcome: 'answered', firstMs: 420, totalMs: 1_900, usage: {}, costUsd: 0.0031 },
  ]
  const last: LastCall = {
    atMs: Date.UTC(2026, 10, 22, 12, 3, 4),
    route: 'quick',
    model: 'claude',
    choice: 'best',
    fault: null,
    isHit: false,
    tries,
  }

  test('tells who answered, why it was chosen, and what the others did', async () => {
    const scores: readonly Score[] = [
      { name: 'claude', score: 0.91, calls: 20, success: 1, firstMs: 420, costUsd: 0.003 },
      { name: 'gpt', score: 0.4, calls: 6, success: 0.5, firstMs: undefined, costUsd: undefined },
    ]
    const { reply } = await say('/model why', { last, scores })
    const lines = reply.text.split('\n')
    assert.match(lines[0] ?? '', /^The last call here \(12:03:04.PM, quick\) was answered by claude\.$/u)
    assert.deepEqual(lines.slice(1), [
      'The route chooses by what was measured; this one had the best score.',
      '  dear: passed over, it rests (it does not accept our key)',
      '  small: passed over, it lacks what was needed',
      '  gpt: it is overloaded just now, after 2.1 s, $0.00',
      '  far: another one was quicker, price not known',
      '  claude: answered in 1.9 s, first words after 0.42 s, $0.0031',
      'Scores now (higher is better):',
      '  claude: 0.91 (20 calls, 100 % answered, first words after 0.42 s, $0.003 a call)',
      '  gpt: 0.40 (6 calls, 50 % answered, price not known)',
    ])
  })

  test('a hit, an answer that never came, and a conversation without calls are told as such', async () => {
    const hit = { ...last, isHit: true, model: null, choice: null, tries: [] }
    assert.match((await say('/model why', { last: hit })).reply.text, /answered from the cache/u)
    const failed = { ...last, model: null, fault: 'over-budget', tries: [] } as const
    assert.match(
      (await say('/model why', { last: failed })).reply.text,
      /had no answer: a spending cap is reached\./u,
    )
    assert.match((await say('/model why')).reply.text, /No model was asked/u)
    assert.match((await say('/模型 为什么', { last }, 'zh')).reply.text, /由 claude 作答/u)
  })
})
