import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { z } from 'zod'
import { settings } from '../../src/config/schema.ts'
import { readYaml, type Located } from '../../src/config/yaml.ts'
import { problemsOf, read } from './reading.ts'

const shipped = readFileSync(new URL('../../config.yaml', import.meta.url), 'utf8')
const slackEnv = {
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_APP_TOKEN: 'xapp-1',
  SLACK_SIGNING_SECRET: 'd',
  SLACK_CLIENT_ID: 'e',
  SLACK_CLIENT_SECRET: 'f',
  SLACK_STATE_SECRET: 'of-16-characters',
}
const env = { MOLTBOT_API_KEY: 'a', OPENAI_API_KEY: 'b', ANTHROPIC_API_KEY: 'c', ...slackEnv }

/** The file with "# " taken away before every setting, but for the paragraphs that hold one of `without`. */
function uncommented(...without: readonly string[]): string {
  const paragraphs = shipped
    .split('\n\n')
    .filter((one) => !without.some((key) => one.includes(`\n# ${key}:\n`)))
  return paragraphs.join('\n\n').replaceAll(/^( *)# ( *[a-z_]+:(?: |$))/gmu, '$1$2')
}

test('config.yaml as it is shipped gives the defaults', () => {
  assert.deepEqual(read(shipped), read(''))
})

test('config.yaml with the short form uncommented is valid, and the values shown are the defaults', () => {
  const { config, secrets } = read(uncommented('models', 'routes'), { env })
  const defaults = read('').config
  assert.deepEqual([...config.models.keys()], ['default', 'builtin'])
  assert.deepEqual(secrets, ['a', ...Object.values(slackEnv)])
  assert.deepEqual(
    {
      ...config,
      models: defaults.models,
      routes: defaults.routes,
      timezone: defaults.timezone,
      caps: defaults.caps,
      slack: defaults.slack,
    },
    defaults,
  )
  const { channels: _, ...slack } = config.slack ?? assert.fail('Slack is on')
  const { channels: __, ...least } =
    read('slack: { bot_token: "${B}", signing_secret: "${S}" }', {
      env: { B: 'xoxb-1', S: 'd' },
    }).config.slack ?? assert.fail('Slack is on')
  const oauth = { clientId: 'e', clientSecret: 'f', stateSecret: 'of-16-characters' }
  assert.deepEqual(slack, { ...least, appToken: 'xapp-1', oauth })
})

test('config.yaml with models and routes uncommented is valid', () => {
  const { config, secrets } = read(uncommented('model_provider'), { env })
  assert.deepEqual([...config.models.keys()], ['gpt', 'claude', 'ollama', 'builtin'])
  assert.deepEqual(config.routes.get('default')?.models, ['gpt', 'claude', 'builtin'])
  assert.deepEqual(config.routes.get('cheap')?.weights, [3, 1])
  assert.equal(config.caps.length, 6)
  assert.deepEqual(secrets, ['b', 'c', ...Object.values(slackEnv)])
})

test('config.yaml with everything uncommented is refused only for its two forms of models', () => {
  assert.match(
    problemsOf(uncommented(), { env }).join('\n'),
    /^config\.yaml:\d+:1: model_provider and models do not go together.*$/u,
  )
})

test('config.yaml describes exactly the settings that there are, and they are fewer than 85', () => {
  const described = keysOf(readYaml(uncommented()).root)
  const known = schemaKeys(z.toJSONSchema(settings, { io: 'output', unrepresentable: 'any' }))
  assert.deepEqual([...described].toSorted(), [...known].toSorted())
  assert.ok(known.size < 85 && known.size > 25, `${known.size} keys`)
})

test('config.yaml fits three screens', () => {
  const lines = shipped.split('\n')
  assert.ok(lines.length <= 128, `${lines.length} lines`)
  for (const line of lines) assert.ok(line.length <= 140, line)
})

/** A model has the same keys in both forms, so they need be described only once. */
function keyName(path: readonly string[]): string {
  return path
    .join('.')
    .replace(/^(?:model_provider|models\.[^.]+)(?=\.)/u, '<model>')
    .replace(/^routes\..*/u, 'routes')
    .replace(/^slack\.channels\..*/u, 'slack.channels')
}

function keysOf(located: Located | undefined, path: readonly string[] = []): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const { key, value } of located?.kind === 'map' ? located.entries : []) {
    const inner = [...path, key]
    if (path[0] !== 'models' || inner.length > 2) keys.add(keyName(inner))
    for (const below of keysOf(value, inner)) keys.add(below)
  }
  return keys
}

function schemaKeys(
  schema: z.core.JSONSchema._JSONSchema,
  path: readonly string[] = [],
): ReadonlySet<string> {
  const keys = new Set<string>()
  if (typeof schema === 'boolean') return keys
  const { properties = {}, anyOf = [], oneOf = [], propertyNames, additionalProperties = {} } = schema
  for (const key of Object.keys(properties)) keys.add(keyName([...path, key]))
  const below = [
    ...Object.entries(properties).map(([key, inner]) => [inner, path.concat(key)] as const),
    ...[...anyOf, ...oneOf].map((inner) => [inner, path] as const),
    ...(propertyNames === undefined ? [] : [[additionalProperties, path.concat('x')] as const]),
  ]
  for (const [inner, at] of below) for (const key of schemaKeys(inner, at)) keys.add(key)
  return keys
}
