import type { Counter, Histogram, Registry } from 'prom-client'
import { lazily } from './lazily.ts'
import { wasAsked, type Try } from './model.ts'

/** A model as the metrics name it: its vendor, and the vendor's name for it. */
export type ModelLabels = { readonly provider: string; readonly model: string }

/** Counts for a Prometheus server. They begin at 0 with each start of the program. */
export type Metrics = {
  /** Takes down what the models did for one call. */
  readonly noteTries: (tries: readonly Try[], labelsOf: (model: string) => ModelLabels) => void
  /** Takes down that a call was answered from the cache. */
  readonly noteHit: () => void
  /** Everything in the text format of Prometheus. */
  readonly expose: () => Promise<{ readonly contentType: string; readonly text: string }>
}

/**
 * The names, and the ends of the buckets in seconds. `gen_ai_*` are those of OpenTelemetry for generative AI, as
 * Prometheus writes them (https://github.com/open-telemetry/semantic-conventions-genai, client-inference.md, in
 * development there); ours begin with `moltbot_`.
 */
const names = {
  duration: 'gen_ai_client_inference_duration_seconds',
  firstChunk: 'gen_ai_client_inference_time_to_first_chunk_seconds',
  input: 'gen_ai_client_inference_usage_input_tokens_total',
  output: 'gen_ai_client_inference_usage_output_tokens_total',
  cacheRead: 'gen_ai_client_inference_usage_cache_read_input_tokens_total',
  cacheWrite: 'gen_ai_client_inference_usage_cache_write_input_tokens_total',
  cost: 'moltbot_model_cost_usd_total',
  unpriced: 'moltbot_model_unpriced_calls_total',
  hits: 'moltbot_model_cache_hits_total',
} as const
const buckets = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
const modelNames = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model'] as const

/** Makes the metrics. The library is loaded when the first thing is noted or asked for; `onTrouble` is told what could not be noted. */
export function createMetrics(onTrouble: (error: unknown) => void): Metrics {
  const instruments = lazily(createInstruments)
  return {
    noteTries: (tries, labelsOf) => {
      const asked = tries.filter(wasAsked)
      if (asked.length === 0) return
      instruments()
        .then((all) => asked.forEach((one) => note(all, one, labelsOf(one.model))))
        .catch(onTrouble)
    },
    noteHit: () =>
      void instruments()
        .then(({ hits }) => hits.inc())
        .catch(onTrouble),
    expose: async () => {
      const { registry } = await instruments()
      return { contentType: registry.contentType, text: await registry.metrics() }
    },
  }
}

type Instruments = Awaited<ReturnType<typeof createInstruments>>

async function createInstruments() {
  const { Counter, Histogram, Registry } = await import('prom-client')
  const registry: Registry = new Registry()
  const registers = [registry]
  const counter = (name: string, help: string): Counter =>
    new Counter({ name, help, labelNames: modelNames, registers })
  const seconds = (name: string, help: string): Histogram =>
    new Histogram({ name, help, labelNames: [...modelNames, 'error_type'], buckets, registers })
  return {
    registry,
    duration: seconds(names.duration, 'How long one request to a model took.'),
    firstChunk: seconds(names.firstChunk, 'How long a model took to begin its answer.'),
    input: counter(names.input, 'Tokens of prompts.'),
    output: counter(names.output, 'Tokens of answers.'),
    cacheRead: counter(names.cacheRead, 'Tokens of prompts that the vendor had in its own cache.'),
    cacheWrite: counter(names.cacheWrite, 'Tokens of prompts that the vendor put into its own cache.'),
    cost: counter(names.cost, 'US dollars, where the price is known.'),
    unpriced: counter(names.unpriced, 'Requests whose price is not known.'),
    hits: new Counter({ name: names.hits, help: 'Calls answered from the cache.', registers }),
  }
}

function note(all: Instruments, one: Try, { provider, model }: ModelLabels): void {
  const labels = {
    gen_ai_operation_name: 'chat',
    gen_ai_provider_name: provider,
    gen_ai_request_model: model,
  }
  const hasFailed = one.outcome !== 'answered' && one.outcome !== 'outrun'
  const failed = hasFailed ? { error_type: one.outcome } : {}
  all.duration.observe({ ...labels, ...failed }, one.totalMs / 1000)
  if (one.firstMs !== undefined) all.firstChunk.observe({ ...labels, ...failed }, one.firstMs / 1000)
  const { inputTokens = 0, outputTokens = 0, cachedTokens = 0, cacheWriteTokens = 0 } = one.usage
  all.input.inc(labels, inputTokens)
  all.output.inc(labels, outputTokens)
  all.cacheRead.inc(labels, cachedTokens)
  all.cacheWrite.inc(labels, cacheWriteTokens)
  if (one.costUsd === undefined) all.unpriced.inc(labels)
  else all.cost.inc(labels, one.costUsd)
}
