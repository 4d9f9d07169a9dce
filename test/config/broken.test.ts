import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemsOf } from './reading.ts'

/** What is wrong, the file, and each line that refuses it, without `config.yaml:`. */
const broken: readonly (readonly [name: string, text: string, ...problems: string[]])[] = [
  ['an unknown key', 'langauge: en', '1:1: unknown key "langauge". Did you mean "language"?'],
  [
    'an unknown key in a section',
    'http:\n  prt: 5000',
    '2:3: unknown key "prt" in http. Did you mean "port"?',
  ],
  [
    'an unknown key that is like none',
    'colour: red',
    '1:1: unknown key "colour". There are: language, timezone, data, http, model_provider, models, routes, slack, cache, budget, notices, conversation, digest, tasks, posts, keep, backup, log.',
  ],
  ['a key in the wrong section', 'port: 5000', '1:1: unknown key "port". Did you mean "http.port"?'],
  [
    'a language that is none',
    'language: english',
    '1:11: language must be one of auto, en, zh, not "english".',
  ],
  [
    'Chinese by its other code',
    'language: cn',
    '1:11: language must be one of auto, en, zh, not "cn". Did you mean "zh"?',
  ],
  [
    'a key without its value',
    'language:',
    '1:1: language is blank: it must be one of auto, en, zh. Give it a value, or delete the line.',
  ],
  [
    'a zone with a slip',
    'timezone: Europe/Berln',
    '1:11: timezone must be an IANA time zone such as Europe/Berlin or Asia/Shanghai, not "Europe/Berln". Did you mean "Europe/Berlin"?',
  ],
  [
    'a city alone',
    'timezone: berlin',
    '1:11: timezone must be an IANA time zone such as Europe/Berlin or Asia/Shanghai, not "berlin". Did you mean "Europe/Berlin"?',
  ],
  [
    'the capital that IANA does not name',
    'timezone: Asia/Beijing',
    '1:11: timezone must be an IANA time zone such as Europe/Berlin or Asia/Shanghai, not "Asia/Beijing". Did you mean "Asia/Shanghai"?',
  ],
  [
    'an offset for a zone',
    'timezone: "+08:00"',
    '1:11: timezone must be an IANA time zone such as Europe/Berlin or Asia/Shanghai, not "+08:00".',
  ],
  [
    'a home folder',
    'data: ~/moltbot',
    '1:7: data must be a folder written out, because ~ is not read here, not "~/moltbot".',
  ],
  ['a number for a folder', 'data: 5', '1:7: data must be a folder such as ./data, not 5.'],
  [
    'every address',
    'http:\n  host: 0.0.0.0',
    '2:9: http.host must be 127.0.0.1, ::1 or localhost (there are no access tokens yet: whoever reaches the port is the owner), not "0.0.0.0".',
  ],
  [
    'every IPv6 address',
    'http:\n  host: "::"',
    '2:9: http.host must be 127.0.0.1, ::1 or localhost (there are no access tokens yet: whoever reaches the port is the owner), not "::".',
  ],
  [
    'an address of the network',
    'http:\n  host: 192.168.1.2',
    '2:9: http.host must be 127.0.0.1, ::1 or localhost (there are no access tokens yet: whoever reaches the port is the owner), not "192.168.1.2".',
  ],
  [
    'an address with a port',
    'http:\n  host: 127.0.0.1:5000',
    '2:9: http.host must be 127.0.0.1, ::1 or localhost (there are no access tokens yet: whoever reaches the port is the owner), not "127.0.0.1:5000".',
  ],
  [
    'a port above all',
    'http:\n  port: 65536',
    '2:9: http.port must be a whole number from 0 to 65535, not 65536.',
  ],
  ['a port below all', 'http:\n  port: -1', '2:9: http.port must be a whole number from 0 to 65535, not -1.'],
  [
    'half a port',
    'http:\n  port: 5000.5',
    '2:9: http.port must be a whole number from 0 to 65535, not 5000.5.',
  ],
  [
    'a port in quotes',
    'http:\n  port: "5000"',
    '2:9: http.port must be a whole number from 0 to 65535, not "5000".',
  ],
  [
    'no end of a number',
    'conversation:\n  history_tokens: .inf',
    '2:19: conversation.history_tokens must be a whole number from 0 to 1000000, not .inf.',
  ],
  [
    'yes for true',
    'http:\n  enabled: yes',
    '2:12: http.enabled must be true or false, not "yes". Did you mean "true"?',
  ],
  [
    'a URL for a host name',
    'http:\n  allowed_hosts: [https://bot.example.org]',
    '2:19: http.allowed_hosts[0] must be a host name such as bot.example.org, without https:// and port, not "https://bot.example.org".',
  ],
  [
    'a star for a host name',
    'http:\n  allowed_hosts: ["*"]',
    '2:19: http.allowed_hosts[0] must be a host name such as bot.example.org, without https:// and port, not "*".',
  ],
  [
    'one host name instead of a list',
    'http:\n  allowed_hosts: bot.example.org',
    '2:18: http.allowed_hosts must be a list of host names, not "bot.example.org".',
  ],
  [
    'a list instead of a section',
    'http:\n  - port: 5000',
    '2:3: http must be a map of settings, not a list.',
  ],
  ['text instead of a section', 'log: info', '1:6: log must be a map of settings, not "info".'],
  [
    'a level that is none',
    'log:\n  level: wrn',
    '2:10: log.level must be one of fatal, error, warn, info, debug, trace, not "wrn". Did you mean "warn"?',
  ],
  [
    'weights that do not fit the models',
    'routes:\n  default:\n    models: [builtin]\n    weights: [3, 1]\n    choose: auto',
    '4:5: routes.default has 2 weights for 1 models. Give each model one.',
    '5:5: routes.default has weights, which is a choice of its own. Delete choose, or weights.',
  ],
  [
    'a route as a map with mistakes',
    'routes:\n  default: { modles: [builtin], hedge: yes }',
    '2:3: routes.default has no models. Add it.',
    '2:14: unknown key "modles" in routes.default. Did you mean "models"?',
    '2:40: routes.default.hedge must be true or false, not "yes". Did you mean "true"?',
  ],
  [
    'a route as a map that names what is not there',
    'routes:\n  default: { models: [gpt] }',
    '2:23: routes.default names the model "gpt", which is not under models. There are: builtin.',
  ],
  [
    'names that /model has words for',
    'models:\n  why: { type: builtin }\nroutes:\n  reset: [why]',
    '2:3: models has the name why, which means something else after /model. Choose another.',
    '4:3: routes has the name reset, which means something else after /model. Choose another.',
  ],
  [
    'an endpoint of Anthropic with what is added to it',
    'models:\n  a: { type: anthropic, endpoint: "https://api.anthropic.com/v1", api_key: "${K}", model: m }',
    '2:35: models.a.endpoint must be the part of the URL before /v1, such as https://api.anthropic.com, not "https://api.anthropic.com/v1".',
  ],
  [
    'a cap below nothing, and one in the wrong place',
    'budget:\n  total_usd: 5\n  day:\n    person_usd: -1',
    '2:3: unknown key "total_usd" in budget. Did you mean "budget.day.total_usd"?',
    '4:17: budget.day.person_usd must be a number of US dollars from 0 to 1000000, not -1.',
  ],
  [
    'half a price',
    'models:\n  gpt: { type: local_model, endpoint: "http://127.0.0.1:1/v1", model: a, price: { input: 1 } }',
    '2:74: models.gpt.price has no output. Add it.',
  ],
  [
    'a model of no type',
    'models:\n  gpt:\n    model: gpt-5.5',
    '2:3: models.gpt has no type. Add type: open_api, local_model or anthropic.',
  ],
  [
    'a model of a wrong type, and its other mistakes',
    'models:\n  gpt:\n    type: openai\n    modle: gpt-5.5\n    endpoint: example.org',
    '3:11: models.gpt.type must be open_api (OpenAI and what speaks like it), local_model (Ollama, vLLM, llama.cpp), anthropic or builtin, not "openai". Did you mean "open_api"?',
    '4:5: unknown key "modle" in models.gpt. Did you mean "model"?',
    '5:15: models.gpt.endpoint must be a URL such as https://api.openai.com/v1, without ? and #, not "example.org".',
  ],
  [
    'a model with nothing in it',
    'models:\n  gpt:',
    '2:3: models.gpt is blank: it must be a map of settings such as type and model. Give it a value, or delete the line.',
  ],
  [
    'an open_api model without endpoint and model',
    'model_provider:\n  type: open_api',
    '1:1: model_provider has no endpoint. Add endpoint: https://api.openai.com/v1, or where else its API is.',
    "1:1: model_provider has no model. Add model: and the model's name at its vendor.",
  ],
  [
    'an Anthropic model without its key',
    'model_provider:\n  type: anthropic\n  model: claude-sonnet-5-5',
    '1:1: model_provider has no api_key. Do export MOLTBOT_API_KEY=…, and add api_key: ${MOLTBOT_API_KEY}.',
  ],
  [
    'a local model with a key',
    'model_provider:\n  type: local_model\n  endpoint: http://127.0.0.1:11434/v1\n  model: qwen3:8b\n  api_key: ${K}',
    '5:3: model_provider takes no api_key, because of its type. Delete the line.',
  ],
  [
    'a number for a model',
    'model_provider:\n  type: local_model\n  endpoint: http://127.0.0.1:11434/v1\n  model: 4',
    "4:10: model_provider.model must be the model's name at its vendor, in quotes if it is a number, not 4.",
  ],
  [
    'an endpoint of another protocol',
    'model_provider:\n  type: local_model\n  endpoint: ftp://127.0.0.1\n  model: x',
    '3:13: model_provider.endpoint must be a URL such as https://api.openai.com/v1, without ? and #, not "ftp://127.0.0.1".',
  ],
  [
    'an endpoint that goes too far',
    'model_provider:\n  type: local_model\n  endpoint: http://127.0.0.1:11434/v1/chat/completions\n  model: x',
    '3:13: model_provider.endpoint must be the part of the URL before /chat/completions or /messages, not "http://127.0.0.1:11434/v1/chat/completions".',
  ],
  [
    'an endpoint with a query, which is not shown',
    'model_provider:\n  type: local_model\n  endpoint: http://127.0.0.1/v1?key=hunter2hunter2\n  model: x',
    '3:13: model_provider.endpoint must be a URL such as https://api.openai.com/v1, without ? and #, not "http://127.0.0.1/v1…".',
  ],
  [
    'both forms of models',
    'model_provider:\n  type: builtin\nmodels:\n  a:\n    type: builtin',
    '2:9: model_provider.type must be open_api (OpenAI and what speaks like it), local_model (Ollama, vLLM, llama.cpp) or anthropic, not "builtin".',
    '3:1: model_provider and models do not go together: model_provider is the short form for one model. Move it under models.',
  ],
  [
    'a name with a capital letter',
    'models:\n  GPT 5:\n    type: builtin',
    '2:3: models has the name "GPT 5". A name has a-z, 0-9, ".", "_" and "-", at most 40, and a letter. Did you mean "gpt-5"?',
  ],
  [
    'a name that is a number',
    'models:\n  7:\n    type: builtin',
    '2:3: models has the name "7". A name has a-z, 0-9, ".", "_" and "-", at most 40, and a letter.',
  ],
  [
    'the name of the built-in model for another',
    'models:\n  builtin:\n    type: local_model\n    endpoint: http://127.0.0.1/v1\n    model: x',
    "2:3: models.builtin is Moltbot's own model. Choose another name.",
  ],
  [
    'a route to a model that is not there',
    'models:\n  claude:\n    type: builtin\nroutes:\n  default: [cluade, gpt]',
    '5:13: routes.default names the model "cluade", which is not under models. Did you mean "claude"? There are: claude, builtin.',
    '5:21: routes.default names the model "gpt", which is not under models. There are: claude, builtin.',
  ],
  [
    'a route that names a model twice',
    'routes:\n  default: [builtin, builtin]',
    '2:22: routes.default names the model "builtin" twice. Keep one.',
  ],
  [
    'a route to nowhere',
    'routes:\n  default: []',
    '2:12: routes.default must be a list of model names such as [gpt, claude], not an empty list.',
  ],
  [
    'a route as text',
    'routes:\n  default: builtin',
    '2:12: routes.default must be a list of model names such as [gpt, claude], not "builtin".',
  ],
  [
    'another built-in route',
    'routes:\n  builtin: [builtin]',
    "2:3: routes.builtin is Moltbot's own route. Choose another name.",
  ],
  ['a tab', 'http:\n\tport: 5000', '2:1: a tab indents this line. Use spaces.'],
  [
    'an open quote',
    'data: "./data\nlanguage: en',
    '2:13: a closing quote, bracket, comma or colon is missing here or above.',
  ],
  [
    'an indentation that fits nothing',
    'http:\n    port: 5000\n  host: 127.0.0.1',
    '3:1: the indentation does not fit the lines above: keys of one map start in the same column, and every { [ is closed.',
  ],
  [
    'two keys in one line',
    'language: en timezone: UTC',
    '1:11: a second "key:" stands in one line. Put it on a line of its own, or the value in quotes.',
  ],
  ['no space after the colon', 'language:en', '1:1: a space is missing after the colon. Write "key: value".'],
  [
    'a full-width colon',
    'language：zh\ntimezone：Asia/Shanghai',
    '1:1: the colon after a key must be the plain ":", not the full-width "：", and a space must follow it.',
  ],
  [
    'a list at the top',
    '- language: en',
    '1:1: the file must be a map of settings such as "language: en", not a list.',
  ],
  ['plain text', 'hello', '1:1: the file must be a map of settings such as "language: en", not plain text.'],
  [
    'a key twice',
    'language: en\ndata: ./data\nlanguage: zh',
    '3:1: language stands here twice, first in line 1. Keep one.',
  ],
  [
    'an anchor and its alias',
    'data: &folder ./data\nlanguage: *folder',
    '1:15: an anchor (&) is not used here. Delete it.',
    '2:11: an alias (*) is not used here. Write the value out.',
  ],
  ['an alias alone', 'data: *folder', '1:7: an alias (*) is not used here. Write the value out.'],
  ['a tag of its own', 'data: !env DATA', '1:12: a tag (!) is not used here. Delete it.'],
  ['a tag of YAML', 'data: !!str ./data', '1:13: a tag (!) is not used here. Delete it.'],
  ['a tag of YAML 1.1', 'data: !!binary aGk=', '1:16: a tag (!) is not used here. Delete it.'],
  [
    'a merge key',
    'http:\n  <<: {port: 5000}',
    '2:3: unknown key "<<" in http. There are: enabled, host, port, allowed_hosts.',
  ],
  [
    'another YAML version',
    '%YAML 1.1\n---\nlanguage: en',
    '1:1: a % directive is not used here. Delete the line.',
  ],
  [
    'a directive that is none',
    '%FOO bar\n---\nlanguage: en',
    '1:1: a % directive is not used here. Delete the line.',
  ],
  [
    'a tag directive',
    '# hi\n%TAG !e! tag:example.org,2000:\n---\nlanguage: en',
    '2:1: a % directive is not used here. Delete the line.',
  ],
  ['two documents', 'language: en\n---\nlanguage: zh', '2:1: a second document starts with "---". Keep one.'],
  ['a key that is a list', '? [language]\n: en', '1:3: a key must be plain text.'],
  ['the key __proto__', '__proto__:\n  language: en', '1:1: __proto__ is not a setting. Delete it.'],
  [
    'the key constructor',
    'constructor: {}',
    '1:1: unknown key "constructor". There are: language, timezone, data, http, model_provider, models, routes, slack, cache, budget, notices, conversation, digest, tasks, posts, keep, backup, log.',
  ],
  [
    'a map too deep',
    '{a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: 1}}}}}}}}}}}}',
    '1:2: unknown key "a". There are: language, timezone, data, http, model_provider, models, routes, slack, cache, budget, notices, conversation, digest, tasks, posts, keep, backup, log.',
    '1:45: this is nested deeper than any setting.',
  ],
  [
    'a variable in a map in one line',
    'model_provider: {type: anthropic, model: x, api_key: ${K}}',
    '1:55: this does not belong here. Is a quote, comma, bracket or colon missing? Between { } and [ ] write "${NAME}" in quotes.',
  ],
  [
    'UTF-16',
    'l\u0000a\u0000n\u0000g\u0000',
    '1:2: the file holds a character that is no text. Save it as UTF-8.',
  ],
  [
    'bytes that are no UTF-8',
    'language: en\ndata: \uFFFD',
    '2:7: the file holds a character that is no text. Save it as UTF-8.',
  ],
]

for (const [name, text, ...problems] of broken) {
  test(`refuses ${name}`, () => {
    assert.deepEqual(
      problemsOf(text, { env: { K: 'key-value' } }),
      problems.map((problem) => `config.yaml:${problem}`),
    )
  })
}

test('refuses a bomb of brackets where it gets too deep', () => {
  const [first, ...more] = problemsOf('['.repeat(30_000))
  assert.match(first ?? '', /^config\.yaml:1:\d+: this is nested deeper than any setting\.$/u)
  assert.deepEqual(more, [])
})

test('every problem is reported, in the order of the file', () => {
  const text =
    'log:\n  level: loud\nhttp:\n  port: 70000\n  prt: 1\nroutes:\n  default: [gpt]\nx: 1\ndata: !t 1'
  const lines = problemsOf(text, { env: { MOLTBOT_HTTP_PORT: 'http' } })
  assert.deepEqual(
    lines.map((line) => line.split(' ')[0]?.replace('config.yaml:', '')),
    ['2:10:', '4:9:', '5:3:', '7:13:', '8:1:', '9:10:', 'The'],
  )
})

test('of more than fifty problems the rest is counted', () => {
  const lines = problemsOf(Array.from({ length: 60 }, (_, i) => `key${i}: 1`).join('\n'))
  assert.equal(lines.length, 51)
  assert.equal(lines.at(-1), 'config.yaml: and 10 more problems')
})

test('a place is the same with Windows line ends and a byte order mark', () => {
  const line = 'config.yaml:2:9: http.port must be a whole number from 0 to 65535, not "x".'
  for (const text of ['http:\n  port: x\n', 'http:\r\n  port: x\r\n', '\uFEFFhttp:\n  port: x']) {
    assert.deepEqual(problemsOf(text), [line])
  }
  assert.deepEqual(
    problemsOf('\uFEFFlang: en').map((one) => one.split(' ')[0]),
    ['config.yaml:1:1:'],
  )
})

test('a value is shown in one short line, whatever it holds', () => {
  const [line = ''] = problemsOf(`language: "en\\n\\e[31m\\u202E${'x'.repeat(500)}"`)
  assert.match(
    line,
    /^config\.yaml:1:11: language must be one of auto, en, zh, not "en\\n\\u\{1b\}\[31m\\u\{202e\}x+…"\.$/u,
  )
})

test('a flat map of 184 KB is refused in less than 100 ms of CPU', () => {
  const text = Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join('\n')
  const before = process.cpuUsage()
  const problems = problemsOf(text)
  const { user, system } = process.cpuUsage(before)
  assert.deepEqual(problems, [
    'config.yaml:1:1: the file has 188889 bytes, and at most 65536 are read. Is it the right file?',
  ])
  assert.ok(user + system < 100_000, `${(user + system) / 1000} ms`)
})

function fill(piece: string): string {
  return piece.repeat(65_000 / Buffer.byteLength(piece))
}

test('no file of 64 KB keeps the program busy for long', () => {
  const texts = [
    ...['[', '{a: ', '- ', '? ', 'a:\n', '[${', 'a: [b]\n', '"', '\t', '&a ', '%\n', '# '].map(fill),
    ...['sk-', 'eyJ-', '-eyJ0123456789', 'a:@', '://', '${', ':', '${A}', ' ', 'a.', 'a-', '-----BEGIN '].map(
      (piece) => `data: "x${fill(piece)}\\t"`,
    ),
    ...['a-', 'a.', 'a'].map((piece) => `http: { allowed_hosts: ["${fill(piece)}!"] }`),
    `routes:\n  default: [${Array.from({ length: 8_000 }, (_, i) => `m${i}`).join(',')}]`,
    Array.from({ length: 6_500 }, (_, i) => `k${i}: 1`).join('\n'),
    `timezone: ${fill('x')}`,
  ]
  for (const text of texts) {
    const before = process.cpuUsage()
    problemsOf(text)
    const { user, system } = process.cpuUsage(before)
    assert.ok(user + system < 1_500_000, `${text.slice(0, 40)}: ${(user + system) / 1000} ms`)
  }
})

test('a polluted prototype is not what __proto__ leaves behind', () => {
  problemsOf('__proto__:\n  polluted: true\nmodels:\n  __proto__:\n    polluted: true')
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
})
