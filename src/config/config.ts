import { dirname, resolve } from 'node:path'
import type { Config, ModelConfig, ModelTraits, Price, RouteConfig } from '../config.ts'
import { ConfigError, type Cap } from '../errors.ts'
import { checkSettings } from './check.ts'
import { builtinName, modelProblems, shortName } from './models.ts'
import { type Problem, problemLines, quote } from './problem.ts'
import type { Settings } from './schema.ts'
import type { ModelSettings, RouteSettings } from './schema-models.ts'
import { slackProblems, toSlack } from './schema-slack.ts'
import { readValues, type Surroundings } from './values.ts'
import { readYaml } from './yaml.ts'

/**
 * Reads config.yaml. `file` is its path, for messages and for relative folders; an empty text gives the defaults.
 * `MOLTBOT_DATA` and `MOLTBOT_HTTP_PORT` in `env` win over the file. `secrets` are the values that no log may show.
 * Throws a ConfigError with every problem, one line each, in the order of the file.
 */
export function readConfig(
  text: string,
  options: Surroundings & { readonly file: string },
): { readonly config: Config; readonly secrets: readonly string[] } {
  const { file, env } = options
  const { root, problems: yamlProblems } = readYaml(text)
  if (root === undefined) throw new ConfigError(problemLines(file, yamlProblems))
  const values = readValues(root, options)
  const { settings, problems: settingProblems } = checkSettings(root, values)
  const port = readPort(env['MOLTBOT_HTTP_PORT'])
  const problems: readonly Problem[] = [
    ...yamlProblems,
    ...values.problems,
    ...settingProblems,
    ...modelProblems(root),
    ...slackProblems(root),
    ...(port.kind === 'wrong' ? [{ at: undefined, text: port.text }] : []),
  ]
  if (settings === undefined || problems.length > 0) throw new ConfigError(problemLines(file, problems))
  const data = env['MOLTBOT_DATA'] ? resolve(env['MOLTBOT_DATA']) : resolve(dirname(file), settings.data)
  return {
    config: toConfig(settings, data, port.kind === 'set' ? port.port : settings.http.port),
    secrets: values.secrets,
  }
}

type Port =
  | { readonly kind: 'unset' }
  | { readonly kind: 'set'; readonly port: number }
  | { readonly kind: 'wrong'; readonly text: string }

function readPort(value: string | undefined): Port {
  if (value === undefined || value === '') return { kind: 'unset' }
  if (/^\d{1,5}$/u.test(value) && Number(value) <= 65_535) return { kind: 'set', port: Number(value) }
  return {
    kind: 'wrong',
    text: `The environment variable MOLTBOT_HTTP_PORT must be a whole number from 0 to 65535, not ${quote(value)}.`,
  }
}

function toConfig(settings: Settings, data: string, port: number): Config {
  const { language, timezone, http, cache, conversation, digest, notices, log } = settings
  const named = Object.entries(settings.models ?? {})
  const short = settings.model_provider ? [[shortName, settings.model_provider] as const] : []
  const models = new Map([...short, ...named].map(([name, model]) => [name, toModel(model)]))
  const all = models.size === 0 ? [builtinName] : [...models.keys()]
  if (!models.has(builtinName)) models.set(builtinName, toModel({ type: 'builtin' }))
  const routed = Object.entries(settings.routes ?? {})
  return {
    language,
    timezone,
    data,
    http: { enabled: http.enabled, host: http.host, port, allowedHosts: http.allowed_hosts },
    models,
    routes: new Map([
      ['default', toRoute({ models: all })],
      ...routed.map(([name, route]) => [name, toRoute(route)] as const),
      [builtinName, toRoute({ models: [builtinName] })],
    ]),
    cache: {
      enabled: cache.enabled,
      scope: cache.scope,
      ttlSeconds: cache.ttl_seconds,
      maxEntries: cache.max_entries,
      maxBytes: Math.floor(cache.max_mib * 2 ** 20),
    },
    caps: toCaps(settings.budget),
    notices: { to: notices.to },
    conversation: {
      historyTokens: conversation.history_tokens,
      answerTokens: conversation.answer_tokens,
      maxMessageChars: conversation.max_message_chars,
    },
    slack: toSlack(settings.slack),
    digest: { maxItems: digest.max_items },
    ...toUpkeep(settings),
    log: { level: log.level, prompts: log.prompts },
  }
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

function toUpkeep({
  tasks,
  posts,
  keep,
  backup,
}: Settings): Pick<Config, 'tasks' | 'posts' | 'keep' | 'backup'> {
  return {
    tasks: {
      atOnce: tasks.at_once,
      eachCommand: tasks.each_command,
      timeoutMs: tasks.timeout_minutes * 60_000,
      attempts: tasks.attempts,
      pauseAfter: tasks.pause_after,
    },
    posts: { maxAgeMs: posts.max_age_hours * hourMs },
    keep: {
      runsMs: keep.runs_days * dayMs,
      runsEachTask: keep.runs_each_task,
      postsMs: keep.posts_days * dayMs,
      messagesMs: keep.messages_days * dayMs,
      callsMs: keep.runs_days * dayMs,
      seenMs: keep.messages_days * dayMs,
    },
    backup: { everyMs: backup.every_hours * hourMs, keep: backup.keep },
  }
}

function toRoute({ models, weights, choose = 'order', hedge = false }: RouteSettings): RouteConfig {
  return {
    models,
    choose: weights === undefined ? choose : 'weights',
    weights: weights ?? models.map(() => 1),
    hedge,
  }
}

function toCaps({ day, month }: Settings['budget']): Cap[] {
  const periods = [['day', day] as const, ['month', month] as const]
  return periods.flatMap(([period, { total_usd: total, person_usd: person, task_usd: task }]) =>
    Object.entries({ total, person, task } as const).flatMap(([of, usd]) =>
      usd === undefined ? [] : [{ period, of: of as Cap['of'], usd }],
    ),
  )
}

function toModel(model: ModelSettings): ModelConfig {
  const traits = toTraits(model)
  switch (model.type) {
    case 'open_api': {
      const key = model.api_key === undefined ? {} : { apiKey: model.api_key }
      return { type: model.type, endpoint: model.endpoint, ...key, model: model.model, ...traits }
    }
    case 'local_model':
      return { type: model.type, endpoint: model.endpoint, model: model.model, ...traits }
    case 'anthropic': {
      const place = model.endpoint === undefined ? {} : { endpoint: model.endpoint }
      return { type: model.type, ...place, apiKey: model.api_key, model: model.model, ...traits }
    }
    case 'builtin':
      break
  }
  return { type: model.type, ...traits }
}

function toTraits(model: ModelSettings): ModelTraits {
  const local = model.type === 'local_model' // it may have to load the model first
  const times = {
    firstTimeoutSeconds: model.first_timeout_seconds ?? (local ? 120 : 30),
    totalTimeoutSeconds: model.total_timeout_seconds ?? (local ? 600 : 300),
    ...(model.max_output_tokens === undefined ? {} : { maxOutputTokens: model.max_output_tokens }),
  }
  if (model.type === 'builtin') return { ...times, tools: true, images: false, shapes: false, sampling: {} }
  const { context_tokens: contextTokens, temperature, top_p: topP, price } = model
  return {
    ...times,
    tools: model.tools ?? true,
    images: model.images ?? !local,
    shapes: model.structured ?? true,
    ...(contextTokens === undefined ? {} : { contextTokens }),
    sampling: {
      ...(temperature === undefined ? {} : { temperature }),
      ...(topP === undefined ? {} : { topP }),
    },
    ...(price === undefined ? {} : { price: toPrice(price) }),
  }
}

function toPrice(price: NonNullable<Exclude<ModelSettings, { type: 'builtin' }>['price']>): Price {
  return {
    inputUsd: price.input,
    outputUsd: price.output,
    ...(price.cached_input === undefined ? {} : { cachedUsd: price.cached_input }),
    ...(price.cache_write === undefined ? {} : { cacheWriteUsd: price.cache_write }),
  }
}
