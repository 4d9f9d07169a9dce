import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { problemsOf, read } from './reading.ts'

const dayMs = 86_400_000

test('an empty file gives the defaults', () => {
  assert.deepEqual(read(''), {
    config: {
      language: 'auto',
      timezone: undefined,
      data: resolve('data'),
      http: { enabled: true, host: '127.0.0.1', port: 5000, allowedHosts: [] },
      models: new Map([['builtin', builtin]]),
      routes: new Map([
        ['default', inOrder('builtin')],
        ['builtin', inOrder('builtin')],
      ]),
      cache: { enabled: true, scope: 'person', ttlSeconds: 600, maxEntries: 500, maxBytes: 16 * 2 ** 20 },
      caps: [],
      notices: { to: 'terminal' },
      slack: undefined,
      conversation: { historyTokens: 3000, answerTokens: 1024, maxMessageChars: 32_000 },
      digest: { maxItems: 20 },
      tasks: { atOnce: 4, eachCommand: 4, timeoutMs: 600_000, attempts: 4, pauseAfter: 5 },
      posts: { maxAgeMs: 86_400_000 },
      keep: {
        runsMs: 90 * dayMs,
        runsEachTask: 2_000,
        postsMs: 30 * dayMs,
        messagesMs: 365 * dayMs,
        callsMs: 90 * dayMs,
        seenMs: 365 * dayMs,
      },
      backup: { everyMs: dayMs, keep: 7 },
      log: { level: 'info', prompts: false },
    },
    secrets: [],
  })
})

test('a file that says nothing is an empty one', () => {
  for (const text of [
    '\n',
    '# nothing\n# here',
    '---',
    '\uFEFF',
    'null',
    '~',
    '{}',
    'http:\nlog:\nmodels:\nroutes:\n',
    'http:\n  allowed_hosts:',
  ]) {
    assert.deepEqual(read(text), read(''), JSON.stringify(text))
  }
})

test('the file sets everything', () => {
  const text = `
language: zh
timezone: Asia/Shanghai
data: state
http: { enabled: false, host: "::1", port: 0, allowed_hosts: [Bot.Example.org] }
conversation: { history_tokens: 0, answer_tokens: 2, max_message_chars: 3 }
digest: { max_items: 4 }
tasks: { at_once: 8, each_command: 2, timeout_minutes: 1.5, attempts: 1, pause_after: 9 }
posts: { max_age_hours: 2 }
keep: { runs_days: 1, runs_each_task: 10, posts_days: 2, messages_days: 3 }
backup: { every_hours: 0, keep: 1 }
log: { level: trace, prompts: true }
cache: { enabled: false, scope: everyone, ttl_seconds: 1.5, max_entries: 7, max_mib: 0.5 }
budget: { day: { total_usd: 5, task_usd: 0 }, month: { person_usd: 0.5 } }
notices: { to: here }`
  const { models: _, routes: __, ...config } = read(text).config
  assert.deepEqual(config, {
    language: 'zh',
    timezone: 'Asia/Shanghai',
    data: resolve('state'),
    http: { enabled: false, host: '::1', port: 0, allowedHosts: ['bot.example.org'] },
    cache: { enabled: false, scope: 'everyone', ttlSeconds: 1.5, maxEntries: 7, maxBytes: 2 ** 19 },
    caps: [
      { period: 'day', of: 'total', usd: 5 },
      { period: 'day', of: 'task', usd: 0 },
      { period: 'month', of: 'person', usd: 0.5 },
    ],
    notices: { to: 'here' },
    slack: undefined,
    conversation: { historyTokens: 0, answerTokens: 2, maxMessageChars: 3 },
    digest: { maxItems: 4 },
    tasks: { atOnce: 8, eachCommand: 2, timeoutMs: 90_000, attempts: 1, pauseAfter: 9 },
    posts: { maxAgeMs: 7_200_000 },
    keep: {
      runsMs: dayMs,
      runsEachTask: 10,
      postsMs: 2 * dayMs,
      messagesMs: 3 * dayMs,
      callsMs: dayMs,
      seenMs: 3 * dayMs,
    },
    backup: { everyMs: 0, keep: 1 },
    log: { level: 'trace', prompts: true },
  })
})

test('every loopback address is a host', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', '"::1"', 'localhost'])
    assert.deepEqual(problemsOf(`http: { host: ${host} }`), [])
  for (const host of [
    '0.0.0.0',
    '"::"',
    '127.1',
    '127.0.0.1.example.org',
    '"::ffff:127.0.0.1"',
    'localhost.example.org',
    '"0"',
    '""',
  ]) {
    assert.equal(problemsOf(`http: { host: ${host} }`).length, 1, host)
  }
})

test('the short form is one model, called default', () => {
  const { config } = read(
    'model_provider:\n  type: local_model\n  endpoint: http://127.0.0.1:11434/v1\n  model: qwen3:8b',
  )
  assert.deepEqual(config.models.get('default'), {
    type: 'local_model',
    endpoint: 'http://127.0.0.1:11434/v1',
    model: 'qwen3:8b',
    firstTimeoutSeconds: 120,
    totalTimeoutSeconds: 600,
    ...plainTraits,
    images: false,
  })
  assert.deepEqual(
    [...config.routes],
    [
      ['default', inOrder('default')],
      ['builtin', inOrder('builtin')],
    ],
  )
})

/** What a model has besides, where nothing is said of it. */
const plainTraits = { tools: true, images: true, shapes: true, sampling: {} }
const builtin = {
  type: 'builtin',
  firstTimeoutSeconds: 30,
  totalTimeoutSeconds: 300,
  ...plainTraits,
  images: false,
  shapes: false,
}
const inOrder = (...models: readonly string[]) => ({
  models,
  choose: 'order',
  weights: models.map(() => 1),
  hedge: false,
})

const several = `
models:
  gpt:
    type: open_api
    endpoint: https://api.openai.com/v1
    api_key: \${OPENAI_API_KEY}
    model: gpt-5.5
    max_output_tokens: 4096
    first_timeout_seconds: 0.5
    total_timeout_seconds: 60
    context_tokens: 128000
    tools: false
    temperature: 0.5
    top_p: 0
    price: { input: 5, output: 30, cached_input: 0.5 }
  claude: { type: anthropic, api_key: "\${ANTHROPIC_API_KEY}", model: claude-sonnet-5-5 }
`

test('models keep their order, and the default route has them all', () => {
  const { config, secrets } = read(several, { env: { OPENAI_API_KEY: 'one', ANTHROPIC_API_KEY: 'two' } })
  assert.deepEqual(
    [...config.models],
    [
      [
        'gpt',
        {
          type: 'open_api',
          endpoint: 'https://api.openai.com/v1',
          apiKey: 'one',
          model: 'gpt-5.5',
          maxOutputTokens: 4096,
          firstTimeoutSeconds: 0.5,
          totalTimeoutSeconds: 60,
          ...plainTraits,
          contextTokens: 128_000,
          tools: false,
          sampling: { temperature: 0.5, topP: 0 },
          price: { inputUsd: 5, outputUsd: 30, cachedUsd: 0.5 },
        },
      ],
      [
        'claude',
        {
          type: 'anthropic',
          apiKey: 'two',
          model: 'claude-sonnet-5-5',
          firstTimeoutSeconds: 30,
          totalTimeoutSeconds: 300,
          ...plainTraits,
        },
      ],
      ['builtin', builtin],
    ],
  )
  assert.deepEqual(config.routes.get('default'), inOrder('gpt', 'claude'))
  assert.deepEqual(secrets, ['one', 'two'])
})

test('routes name models, also the built-in one', () => {
  const text = `${several}routes:\n  default: [claude, builtin]\n  cheap: { models: [gpt, claude], weights: [3, 1], hedge: true }\n  quick: { models: [claude, gpt], choose: auto }`
  const { config } = read(text, { env: { OPENAI_API_KEY: 'one', ANTHROPIC_API_KEY: 'two' } })
  assert.deepEqual(
    [...config.routes],
    [
      ['default', inOrder('claude', 'builtin')],
      ['cheap', { models: ['gpt', 'claude'], choose: 'weights', weights: [3, 1], hedge: true }],
      ['quick', { ...inOrder('claude', 'gpt'), choose: 'auto' }],
      ['builtin', inOrder('builtin')],
    ],
  )
})

test('a model may be called as an object has a property', () => {
  const { config } = read('models:\n  constructor: { type: builtin }\nroutes:\n  constructor: [constructor]')
  assert.deepEqual([...config.models.keys()], ['constructor', 'builtin'])
  assert.deepEqual(config.routes.get('constructor')?.models, ['constructor'])
})

test('the environment wins over the file, and a blank variable is none', () => {
  const text = 'data: state\nhttp: { port: 6000 }'
  const set = read(text, { env: { MOLTBOT_DATA: '/var/lib/moltbot', MOLTBOT_HTTP_PORT: '0' } }).config
  assert.deepEqual([set.data, set.http.port], ['/var/lib/moltbot', 0])
  const blank = read(text, { env: { MOLTBOT_DATA: '', MOLTBOT_HTTP_PORT: '' } }).config
  assert.deepEqual([blank.data, blank.http.port], [resolve('state'), 6000])
  assert.deepEqual(problemsOf(text, { env: { MOLTBOT_HTTP_PORT: '65536' } }), [
    'The environment variable MOLTBOT_HTTP_PORT must be a whole number from 0 to 65535, not "65536".',
  ])
})
