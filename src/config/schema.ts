import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { nearest } from '../nearest.ts'

// An error here says what a value must be; the reader of the file puts the setting before it and the value after it.

/** Text in one line. */
function text(must: string) {
  return z
    .string({ error: must })
    .regex(/^\P{Cc}*$/u, { error: must })
    .regex(/\S/u, { error: must })
}

function number(least: number, most: number, what: string) {
  const error = `must be ${what} from ${least} to ${most}`
  return z.number({ error }).min(least, { error }).max(most, { error })
}

function whole(least: number, most: number, what = 'a whole number') {
  const error = `must be ${what} from ${least} to ${most}`
  return z.int({ error }).min(least, { error }).max(most, { error })
}

function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: `must be one of ${words.join(', ')}` })
}

/** A map with these keys. Any other key is an issue of its own, whose params name the `known` ones. */
function keyed<Shape extends z.ZodRawShape>(shape: Shape) {
  const unknownKey = z.custom<unknown>(() => false, { params: { known: Object.keys(shape) } })
  return z.object(shape, { error: 'must be a map of settings' }).catchall(unknownKey)
}

/** A map of settings that all have defaults; its name with nothing under it is an empty one. */
function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.preprocess((value) => value ?? {}, keyed(shape))
}

const endpoint = text('must be a URL such as https://api.openai.com/v1')
  .refine(isBaseUrl, { error: 'must be a URL such as https://api.openai.com/v1, without ? and #' })
  .refine((url) => !/\/(?:chat\/completions|completions|responses|messages)\/*$/u.test(url), {
    error: 'must be the part of the URL before /chat/completions or /messages',
  })
const apiKey = z.string()
const vendorModel = text("must be the model's name at its vendor, in quotes if it is a number")

const limits = {
  max_output_tokens: whole(1, 1_000_000).optional(),
  first_timeout_seconds: number(0.1, 3_600, 'a number of seconds').optional(),
  total_timeout_seconds: number(0.1, 86_400, 'a number of seconds').optional(),
}

const modelShapes = {
  open_api: {
    type: z.literal('open_api'),
    endpoint,
    api_key: apiKey.optional(),
    model: vendorModel,
    ...limits,
  },
  local_model: { type: z.literal('local_model'), endpoint, model: vendorModel, ...limits },
  anthropic: {
    type: z.literal('anthropic'),
    endpoint: endpoint.optional(),
    api_key: apiKey,
    model: vendorModel,
    ...limits,
  },
  builtin: { type: z.literal('builtin'), ...limits },
}

const vendorTypes = [
  keyed(modelShapes.open_api),
  keyed(modelShapes.local_model),
  keyed(modelShapes.anthropic),
] as const
const vendorTypesText = 'open_api (OpenAI and what speaks like it), local_model (Ollama, vLLM, llama.cpp)'
const modelProvider = z.discriminatedUnion('type', vendorTypes, typeError(`${vendorTypesText} or anthropic`))
const model = z.discriminatedUnion(
  'type',
  [...vendorTypes, keyed(modelShapes.builtin)],
  typeError(`${vendorTypesText}, anthropic or builtin`),
)

function typeError(types: string) {
  return {
    error: (issue: { readonly code?: string }) =>
      issue.code === 'invalid_union'
        ? `must be ${types}`
        : 'must be a map of settings such as type and model',
  }
}

export const modelTypes = Object.keys(modelShapes)

/** The settings of one model as they stand in the file. */
export type ModelSettings = z.output<typeof model>

/** Every key that a model of some type takes; for a model whose own type is missing or wrong. */
export const anyModel = keyed({
  ...modelShapes.open_api,
  type: z.unknown(),
  endpoint: endpoint.optional(),
  model: vendorModel.optional(),
})

const modelName = text('must be the name of a model')
const modelNamesError = 'must be a list of model names such as [gpt, claude]'
const zoneError = 'must be an IANA time zone such as Europe/Berlin or Asia/Shanghai'

const http = {
  enabled: z.boolean({ error: 'must be true or false' }).default(true),
  host: text('must be an address of this machine such as 127.0.0.1')
    .refine(isLoopback, {
      error:
        'must be 127.0.0.1, ::1 or localhost (there are no access tokens yet: whoever reaches the port is the owner)',
    })
    .default('127.0.0.1'),
  port: whole(0, 65_535).default(5000),
  allowed_hosts: z.preprocess(
    (value) => value ?? [],
    z.array(hostName(), { error: 'must be a list of host names' }),
  ),
}
const conversation = {
  history_tokens: whole(0, 1_000_000).default(3000),
  answer_tokens: whole(1, 1_000_000).default(1024),
  max_message_chars: whole(1, 1_000_000).default(32_000),
}
const digest = { max_items: whole(1, 1_000).default(20) }
const log = { level: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info') }

/** config.yaml, key by key, with the defaults. Rules between two keys are in models.ts. */
export const settings = keyed({
  language: oneOf(['auto', 'en', 'zh']).default('auto'),
  timezone: text(zoneError).refine(isZone, { error: zoneError }).optional(),
  data: text('must be a folder such as ./data')
    .refine((folder) => !folder.startsWith('~'), {
      error: 'must be a folder written out, because ~ is not read here',
    })
    .default('./data'),
  http: section(http),
  model_provider: modelProvider.nullish(),
  models: z.record(z.string(), model, { error: 'must be a map from names to models' }).nullish(),
  routes: z
    .record(z.string(), z.array(modelName, { error: modelNamesError }).min(1, { error: modelNamesError }), {
      error: 'must be a map from names to lists of model names',
    })
    .nullish(),
  conversation: section(conversation),
  digest: section(digest),
  log: section(log),
})

/** The settings as they stand in the file, with the defaults. */
export type Settings = z.output<typeof settings>

/** Where a key belongs that stands in the wrong place, such as `http.port` for `port`. */
export function homeOf(key: string): string | undefined {
  const homes = { http, conversation, digest, log, 'models.<name>': modelShapes.open_api }
  return Object.entries(homes).flatMap(([home, shape]) =>
    Object.hasOwn(shape, key) ? [`${home}.${key}`] : [],
  )[0]
}

function hostName() {
  const error = 'must be a host name such as bot.example.org, without https:// and port'
  return text(error)
    .max(253, { error })
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/iu, { error })
    .toLowerCase()
}

function isBaseUrl(value: string): boolean {
  const url = URL.parse(value)
  return (
    url !== null &&
    /^https?:\/\//iu.test(value) &&
    !/[?#\s\\]/u.test(value) &&
    url.username + url.password === ''
  )
}

function isLoopback(host: string): boolean {
  return (isIPv4(host) && host.startsWith('127.')) || host === '::1' || host === 'localhost'
}

function isZone(zone: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: zone })
    return /^[A-Z]/iu.test(zone) // offsets such as +08:00 know no summer time
  } catch {
    return false
  }
}

/** The IANA zone that someone may have meant, by its whole name or by its city. */
export function nearestZone(zone: string): string | undefined {
  if (/^(?:beijing|peking)$/iu.test(city(zone))) return 'Asia/Shanghai' // IANA names a zone by its largest city
  const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')]
  const near = nearest(zone, zones) ?? nearest(city(zone), zones.map(city))
  return zones.find((one) => one === near) ?? zones.find((one) => city(one) === near)
}

function city(zone: string): string {
  return zone.slice(zone.lastIndexOf('/') + 1).replaceAll(' ', '_')
}
