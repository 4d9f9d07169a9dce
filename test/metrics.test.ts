import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../src/metrics.ts'
import type { Try } from '../src/model.ts'

const labelsOf = (model: string) => ({ provider: model === 'gpt' ? 'openai' : 'local', model: `${model}-1` })
const answered: Try = {
  model: 'gpt',
  outcome: 'answered',
  firstMs: 300,
  totalMs: 2_000,
  usage: { inputTokens: 100, outputTokens: 20, cachedTokens: 40, cacheWriteTokens: 5 },
  costUsd: 0.25,
}

/** The values of the lines that begin with `name`, by their labels. */
async function read(metrics: ReturnType<typeof createMetrics>, name: string): Promise<string[]> {
  const { text } = await metrics.expose()
  return text.split('\n').filter((line) => line.startsWith(name))
}

test('a try counts under the names of OpenTelemetry', async () => {
  const metrics = createMetrics(assert.ifError)
  metrics.noteTries([answered, answered], labelsOf)
  const labels = '{gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="gpt-1"}'
  assert.deepEqual(await read(metrics, 'gen_ai_client_inference_usage'), [
    `gen_ai_client_inference_usage_input_tokens_total${labels} 200`,
    `gen_ai_client_inference_usage_output_tokens_total${labels} 40`,
    `gen_ai_client_inference_usage_cache_read_input_tokens_total${labels} 80`,
    `gen_ai_client_inference_usage_cache_write_input_tokens_total${labels} 10`,
  ])
  assert.deepEqual(await read(metrics, 'moltbot_model_cost_usd_total'), [
    `moltbot_model_cost_usd_total${labels} 0.5`,
  ])
  assert.deepEqual(await read(metrics, 'gen_ai_client_inference_duration_seconds_sum'), [
    `gen_ai_client_inference_duration_seconds_sum${labels} 4`,
  ])
  assert.deepEqual(await read(metrics, 'gen_ai_client_inference_time_to_first_chunk_seconds_sum'), [
    `gen_ai_client_inference_time_to_first_chunk_seconds_sum${labels} 0.6`,
  ])
})

test('a failure has its fault, an unknown price is no price, and what was not asked does not count', async () => {
  const metrics = createMetrics(assert.ifError)
  const tries: readonly Try[] = [
    { model: 'gpt', outcome: 'resting', because: 'bad-key', totalMs: 0, usage: {}, costUsd: 0 },
    { model: 'ollama', outcome: 'timeout', totalMs: 30_000, usage: { inputTokens: 7 } },
  ]
  metrics.noteTries(tries, labelsOf)
  metrics.noteHit()
  const { text, contentType } = await metrics.expose()
  assert.match(contentType, /^text\/plain; version=0\.0\.4/u)
  assert.match(text, /duration_seconds_count\{.*"local".*"ollama-1",error_type="timeout"\} 1/u)
  assert.match(text, /moltbot_model_unpriced_calls_total\{.*"ollama-1"\} 1/u)
  assert.match(text, /moltbot_model_cache_hits_total 1/u)
  assert.doesNotMatch(text, /gpt-1|cost_usd_total\{/u)
})
