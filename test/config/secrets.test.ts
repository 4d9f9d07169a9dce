import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseDocument } from 'yaml'
import { problemsOf, read } from './reading.ts'

const anthropic = (key: string): string => `model_provider:\n  type: anthropic\n  model: x\n  api_key: ${key}`
const remedy = 'Do export MOLTBOT_API_KEY=…, and write api_key: ${MOLTBOT_API_KEY} here.'

test('a key comes from the environment', () => {
  const { config, secrets } = read(anthropic('${KEY}'), { env: { KEY: 'hunter2' } })
  const model = config.models.get('default')
  assert.equal(model?.type === 'anthropic' && model.apiKey, 'hunter2')
  assert.deepEqual(secrets, ['hunter2'])
})

test('a key comes from the file that NAME_FILE names, without its last line end', () => {
  const machine = {
    env: { KEY: '', KEY_FILE: '/run/secrets/key' },
    files: { '/run/secrets/key': 'hunter2\r\n' },
  }
  assert.deepEqual(read(anthropic('${KEY}'), machine).secrets, ['hunter2'])
})

test('the variable wins over its file', () => {
  const machine = { env: { KEY: 'one', KEY_FILE: '/key' }, files: { '/key': 'two' } }
  assert.deepEqual(read(anthropic('${KEY}'), machine).secrets, ['one'])
})

test('a variable that is missing is named with both ways to set it', () => {
  assert.deepEqual(problemsOf(anthropic('${KEY}')), [
    'config.yaml:4:12: model_provider.api_key needs the environment variable KEY, which is not set. Do export KEY=…, or set KEY_FILE to a file that holds it.',
  ])
  assert.match(
    problemsOf(anthropic('${KEY}'), { env: { KEY: '' } })[0] ?? '',
    /KEY, which is set to nothing\./u,
  )
  assert.match(
    problemsOf(anthropic('${KEY}'), { env: { KEY_FILE: '/key' } })[0] ?? '',
    /needs KEY, but the file \/key that KEY_FILE names cannot be read\.$/u,
  )
  assert.match(
    problemsOf(anthropic('${KEY}'), { env: { KEY_FILE: '/key' }, files: { '/key': '\n' } })[0] ?? '',
    /that KEY_FILE names is empty\.$/u,
  )
})

test('a key that stands in the file is refused and not shown, however it is written', () => {
  const forms = [
    'hunter2',
    '"hunter2"',
    '123456',
    '$KEY',
    'x${KEY}',
    '${KEY}${KEY}',
    '[hunter2]',
    '{hunter2: hunter2}',
    '|\n    hunter2',
    'true',
  ]
  for (const form of forms) {
    assert.deepEqual(
      problemsOf(anthropic(form), { env: { KEY: 'key' } }).map((line) =>
        line.replace(/^config\.yaml:4:\d+: /u, ''),
      ),
      [`model_provider.api_key must not stand in the file. ${remedy}`],
      form,
    )
  }
  assert.deepEqual(problemsOf(anthropic('')), [`config.yaml:4:3: model_provider.api_key is blank. ${remedy}`])
})

test('a key in the place of a variable name is refused and not shown', () => {
  for (const key of ['sk-proj-0123456789abcdef', 'hunter2', 'AKIAIOSFODNN7EXAMPLE']) {
    const lines = problemsOf(anthropic(`\${${key}}`))
    assert.equal(lines.length, 1)
    assert.ok(!lines.join('\n').includes(key), lines[0])
  }
})

test('a variable that cannot be a key is refused by its name', () => {
  for (const value of ['two words', 'line\nend', 'ключ', ' ']) {
    assert.match(
      problemsOf(anthropic('${KEY}'), { env: { KEY: value } }).join('\n'),
      /needs KEY, which holds a space, .* Set it again\.$/u,
    )
  }
})

// each in two parts, so that no scanner takes this file for a leak
const vendorKeys = [
  ['sk-', 'proj-aB3dE5fG7hI9jK1l'],
  ['sk-', 'ant-api03-aB3dE5fG7hI9'],
  ['xoxb-', '123456789012-abcdefABCDEF'],
  ['xapp-', '1-A0123456789-abcdef'],
  ['ghp_', 'aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5'],
  ['github_pat_', '11ABCDEFG0aB3dE5fG7hI9jK1l'],
  ['AKIA', 'IOSFODNN7EXAMPLE'],
  ['AIza', 'SyA1234567890abcdefghijklmnopqrstuv'],
  ['gsk_', 'aB3dE5fG7hI9jK1lM3nO5pQ7'],
  ['hf_', 'aBcDeFgHiJkLmNoPqRsTuVwXyZ'],
].map((parts) => parts.join(''))

/** Files with the key in every kind of place. */
function places(key: string): readonly string[] {
  return [
    `data: ${key}`,
    `data: "./${key}/x"`,
    `language: ${key}`,
    `${key}: 1`,
    `http:\n  ${key}: 1`,
    `models:\n  ${key}:\n    type: x`,
    `models: ${key}`,
    `routes:\n  default: [${key}]`,
    `routes:\n  ${key}: [builtin]`,
    `http: { allowed_hosts: [${key}] }`,
    `model_provider: { type: local_model, endpoint: "http://h/${key}", model: x }`,
  ]
}

test("a vendor's key is refused and not shown, wherever it stands", () => {
  for (const key of vendorKeys) {
    for (const text of places(key)) {
      const lines = problemsOf(text)
      assert.equal(lines.length, 1, `${text}\n${lines.join('\n')}`)
      assert.match(lines[0] ?? '', /holds what looks like a secret\. Do export MOLTBOT_API_KEY=…/u)
      assert.ok(!lines.join('\n').includes(key.slice(0, 12)), lines[0])
    }
  }
})

test('words that only look a little like a key are left alone', () => {
  for (const data of [
    './sk-learn-models-and-data',
    './task-1234567890123456',
    './hf_models',
    './AKIA',
    './ghp_1',
  ]) {
    assert.deepEqual(problemsOf(`data: ${data}`), [])
  }
})

function local(endpoint: string): string {
  return `model_provider: { type: local_model, endpoint: "${endpoint}", model: x }`
}

test('a URL with a password is refused and not shown, also when a variable holds it', () => {
  for (const url of ['https://me:hunter2@h/v1', 'https://hunter2@h', 'https:/me:hunter2@h', 'me:hunter2@h']) {
    for (const lines of [problemsOf(local(url)), problemsOf(local('${URL}'), { env: { URL: url } })]) {
      assert.equal(lines.length, 1)
      assert.match(
        lines.join('\n'),
        /^config\.yaml:1:\d+: model_provider\.endpoint holds a URL with a user or a password\./u,
      )
      assert.doesNotMatch(lines.join('\n'), /hunt|er2/u)
    }
  }
})

test('a key in the wrong variable is not shown either', () => {
  const key = vendorKeys[0] ?? ''
  const lines = [
    ...problemsOf('', { env: { MOLTBOT_HTTP_PORT: key } }),
    ...problemsOf(anthropic('${KEY}'), { env: { KEY_FILE: key } }),
  ]
  assert.equal(lines.length, 2)
  assert.ok(!lines.join('\n').includes(key.slice(0, 12)), lines.join('\n'))
})

test('lines that an open quote has swallowed are not shown', () => {
  const text = 'language: "en\n  model_provider:\n    api_key: hunter2"'
  assert.doesNotMatch(problemsOf(text).join('\n'), /hunter2/u)
  assert.doesNotMatch(problemsOf(local('https://me:hunt/er2@h')).join('\n'), /hunt|er2/u)
})

test('a value from the environment is not shown when it is wrong', () => {
  const lines = problemsOf('language: ${LANGUAGE}\nhttp:\n  host: ${HOST}', {
    env: { LANGUAGE: 'hunter2', HOST: 'hunter3' },
  })
  assert.equal(lines.length, 2)
  assert.match(lines[0] ?? '', /not "\$\{LANGUAGE\}"\.$/u)
  assert.doesNotMatch(lines.join('\n'), /hunter/u)
})

test('a variable within a value is replaced, and is secret only if it looks so', () => {
  const text =
    'data: ${HOME}/moltbot\nmodel_provider:\n  type: local_model\n  model: x\n  endpoint: http://h/${TENANT_TOKEN}/${PART}'
  const machine = {
    env: { HOME: '/home/me', TENANT_TOKEN: 'abc', PART_FILE: '/part' },
    files: { '/part': 'def\n' },
  }
  const { config, secrets } = read(text, machine)
  const model = config.models.get('default')
  assert.equal(config.data, '/home/me/moltbot')
  assert.equal(model?.type === 'local_model' && model.endpoint, 'http://h/abc/def')
  assert.deepEqual(secrets, ['abc', 'def'])
})

test('no syntax error shows the text of the file, as the library alone would', () => {
  const texts = [
    'api_key: hunter2: x',
    'api_key: *hunter2',
    'a: [hunter2}',
    'api_key: "hunter2',
    'api_key: "x" hunter2',
    '%hunter2\n---\na: 1',
    'a: !hunter2 b',
  ]
  const library = texts.flatMap((text) => {
    const { errors, warnings } = parseDocument(text)
    return [...errors, ...warnings].map((error) => error.message)
  })
  assert.ok(library.filter((message) => message.includes('hunter2')).length >= 4) // or this test shows nothing
  for (const text of texts) {
    const lines = problemsOf(text)
    assert.ok(lines.length > 0, text)
    assert.doesNotMatch(lines.join('\n'), /hunter2/u)
  }
})

const pieces = [
  [
    'language',
    'http',
    'port',
    'models',
    'model_provider',
    'routes',
    'default',
    'api_key',
    'type',
    'anthropic',
    'endpoint',
  ],
  [
    ': ',
    ':\n  ',
    ':\n    ',
    '\n',
    '\n  ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '"',
    "'",
    '|',
    '>',
    '&a ',
    '*a',
    '!t ',
    '? ',
    '# ',
    '%',
    '---\n',
    '\t',
  ],
  [
    '${KEY}',
    '${NONE}',
    '${FILE}',
    '${',
    '}',
    'https://',
    'me:',
    '@',
    '\uFEFF',
    '\r\n',
    '\u0000',
    '__proto__',
    '<<',
    'é',
    '中',
    '：',
  ],
]
const piece = fc.oneof(fc.constantFrom(...pieces.flat()), fc.string({ maxLength: 4 }))
const machine = {
  env: { KEY: 'env-hunter2-secret', FILE_FILE: '/f' },
  files: { '/f': 'file-hunter2-secret\n' },
}

test('no text makes it throw anything but a ConfigError, whose problems are lines without secrets', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 40 }).map((some) => some.join('')),
        fc.string({ unit: 'binary' }),
      ),
      (text) => {
        for (const line of problemsOf(text, machine)) {
          assert.doesNotMatch(line, /[\n\r]/u)
          assert.doesNotMatch(line, /hunter2/u)
        }
      },
    ),
    { numRuns: 1500 },
  )
})

test("a literal api_key or a vendor's key is never shown, whatever stands around it", () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9]{16}$/u).map((random) => `sk-9${random}`)
  fc.assert(
    fc.property(
      secret,
      fc.array(piece, { maxLength: 15 }),
      fc.array(piece, { maxLength: 15 }),
      (key, before, after) => {
        const text = `${before.join('')} ${key}${after.join('')}`
        const literal = `${before.join('')}\nmodel_provider:\n  api_key: ${key.slice(4)}\n${after.join('')}`
        assert.ok(!problemsOf(text, machine).join('\n').includes(key))
        assert.ok(!problemsOf(literal, machine).join('\n').includes(key.slice(4)))
      },
    ),
    { numRuns: 800 },
  )
})
