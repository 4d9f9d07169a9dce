import { z } from 'zod'
import { flag, keyed, number, oneOf, text, whole } from './fields.ts'

const endpoint = text('must be a URL such as https://api.openai.com/v1')
  .refine(isBaseUrl, { error: 'must be a URL such as https://api.openai.com/v1, without ? and #' })
  .refine((url) => !/\/(?:chat\/completions|completions|responses|messages)\/*$/u.test(url), {
    error: 'must be the part of the URL before /chat/completions or /messages',
  })
const apiKey = z.string()
const vendorModel = text("must be the model's name at its vendor, in quotes if it is a number")

const usd = number(0, 1_000_000, 'a number of US dollars')
const limits = {
  max_output_tokens: whole(1, 1_000_000).optional(),
  first_timeout_seconds: number(0.1, 3_600, 'a number of seconds').optional(),
  total_timeout_seconds: number(0.1, 86_400, 'a number of seconds').optional(),
}
const traits = {
  ...limits,
  context_tokens: whole(1, 100_000_000).optional(),
  tools: flag().optional(),
  images: flag().optional(),
  structured: flag().optional(),
  temperature: number(0, 2, 'a number').optional(),
  top_p: number(0, 1, 'a number').optional(),
  price: keyed({
    input: usd,
    output: usd,
    cached_input: usd.optional(),
    cache_write: usd.optional(),
  }).optional(),
}

const modelShapes = {
  open_api: {
    type: z.literal('open_api'),
    endpoint,
    api_key: apiKey.optional(),
    model: vendorModel,
    ...traits,
  },
  local_model: { type: z.literal('local_model'), endpoint, model: vendorModel, ...traits },
  anthropic: {
    type: z.literal('anthropic'),
    endpoint: endpoint
      .refine((url) => !/\/v1\/*$/u.test(url), {
        error: 'must be the part of the URL before /v1, such as https://api.anthropic.com',
      })
      .optional(),
    api_key: apiKey,
    model: vendorModel,
    ...traits,
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

/** The words that `type` may be. */
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
const modelNames = z.array(modelName, { error: modelNamesError }).min(1, { error: modelNamesError })
const weightsError = 'must be a list of numbers such as [3, 1]'
const routeShape = {
  models: modelNames,
  choose: oneOf(['order', 'auto']).optional(),
  weights: z.array(number(0.001, 1_000, 'a number'), { error: weightsError }).optional(),
  hedge: flag().optional(),
}
const routeMap = keyed(routeShape)

/** A list of names, or a map with the list in `models`; comes out as the map. */
const route = z.unknown().transform((value, context): z.output<typeof routeMap> => {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
  const read = isMap
    ? routeMap.safeParse(value)
    : modelNames.transform((models) => ({ models })).safeParse(value)
  if (read.success) return read.data
  // The same issues, which zod's types tell apart by where they stand.
  for (const issue of read.error.issues) context.issues.push({ ...issue, input: value } as never)
  return z.NEVER
})

/** The settings of one route, with the list of models spelt out. */
export type RouteSettings = z.output<typeof route>

/** The three ways to say which models there are. */
export const modelSections = {
  model_provider: modelProvider.nullish(),
  models: z.record(z.string(), model, { error: 'must be a map from names to models' }).nullish(),
  routes: z
    .record(z.string(), route, { error: 'must be a map from names to lists of model names' })
    .nullish(),
}

/** The keys of each map in these sections, for a key that stands in the wrong place. */
export const modelHomes = { 'models.<name>': modelShapes.open_api, 'routes.<name>': routeShape }

function isBaseUrl(value: string): boolean {
  const url = URL.parse(value)
  return (
    url !== null &&
    /^https?:\/\//iu.test(value) &&
    !/[?#\s\\]/u.test(value) &&
    url.username + url.password === ''
  )
}
