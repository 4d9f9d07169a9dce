import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ModelConfig, Price } from '../../src/config.ts'
import { costOf } from '../../src/models/price.ts'
import { createPriceTable } from '../../src/models/prices.ts'

const table = createPriceTable(() => Date.parse('2026-11-22T12:00:00Z'))
const traits = {
  tools: true,
  images: false,
  shapes: false,
  sampling: {},
  firstTimeoutSeconds: 30,
  totalTimeoutSeconds: 120,
}
const openai = (model: string, endpoint = 'https://api.openai.com/v1', price?: Price): ModelConfig => ({
  type: 'open_api',
  endpoint,
  model,
  ...traits,
  ...(price === undefined ? {} : { price }),
})
const claude = (model: string): ModelConfig => ({ type: 'anthropic', apiKey: 'k', model, ...traits })

test('a model that the table has by its very name has a price and a size', async () => {
  assert.deepEqual(await table.priceOf(claude('claude-opus-5-5')), {
    inputUsd: 4,
    outputUsd: 20,
    cachedUsd: 0.2,
    cacheWriteUsd: 5,
  })
  assert.equal(await table.contextOf(claude('claude-opus-5-5')), 1_000_000)
  assert.equal((await table.priceOf(openai('gpt-4o-mini')))?.inputUsd, 0.15)
})

test('a date or -latest after the name changes nothing, and the very name goes first', async () => {
  const base = await table.priceOf(claude('claude-opus-5-5'))
  assert.deepEqual(await table.priceOf(claude('claude-opus-5-5-20261021')), base)
  assert.deepEqual(
    await table.priceOf(openai('gpt-6-sol-2026-10-01')),
    await table.priceOf(openai('gpt-6-sol')),
  )
  assert.ok(await table.priceOf(claude('claude-3-5-haiku-20241022')))
  const early = await table.priceOf(openai('gpt-4o-2024-05-13'))
  assert.notDeepEqual(early, await table.priceOf(openai('gpt-4o')))
})

test('a name that only begins like one in the table has no price', async () => {
  const { calcPrice } = await import('@pydantic/genai-prices')
  const loose = calcPrice({ input_tokens: 1 }, 'claude-sonnet-5-5', { providerId: 'anthropic' })
  assert.equal(loose?.model.id, 'claude-sonnet-5', 'the rule of the table itself is too generous')
  for (const name of ['claude-sonnet-5-5', 'claude-sonnet-5x', 'claude-sonnet-5-20261399', 'claude']) {
    assert.equal(await table.priceOf(claude(name)), undefined, name)
  }
  assert.equal(await table.contextOf(claude('claude-sonnet-5-5')), undefined)
})

test('a name is looked up only where its own vendor answers', async () => {
  for (const endpoint of [
    'https://gateway.example/v1',
    'https://api.openai.com.example/v1',
    'http://127.0.0.1:8000/v1',
  ]) {
    assert.equal(await table.priceOf(openai('gpt-4o-mini', endpoint)), undefined, endpoint)
  }
})

test('the config goes before the table, and knows what the table does not', async () => {
  const own = { inputUsd: 1, outputUsd: 2 }
  assert.deepEqual(await table.priceOf(openai('gpt-4o-mini', undefined, own)), own)
  assert.deepEqual(await table.priceOf(openai('house-model', 'https://gateway.example/v1', own)), own)
  assert.equal(await table.contextOf({ ...claude('claude-opus-5-5'), contextTokens: 5_000 }), 5_000)
})

test('what runs on this machine is free', async () => {
  const local: ModelConfig = { type: 'local_model', endpoint: 'http://127.0.0.1:1/v1', model: 'm', ...traits }
  for (const model of [local, { type: 'builtin', ...traits } as const]) {
    assert.equal(costOf(await table.priceOf(model), {}), 0)
    assert.equal(await table.contextOf(model), undefined)
  }
})

test('a price that rises with the prompt rises where the table says', async () => {
  const price = await table.priceOf(openai('gpt-6-sol'))
  assert.ok(price !== undefined)
  assert.equal(costOf(price, { inputTokens: 272_000, outputTokens: 0 }), (272_000 * 2) / 1e6)
  assert.equal(costOf(price, { inputTokens: 272_001, outputTokens: 0 }), (272_001 * 4) / 1e6)
})

test('a price that changes within the day counts at its highest, one that has changed for good as it is now', async () => {
  const deepseek = openai('deepseek-v4-flash', 'https://api.deepseek.com')
  assert.deepEqual(await table.priceOf(deepseek), { inputUsd: 0.44, outputUsd: 1.32, cachedUsd: 0.014 })
  const summer = createPriceTable(() => Date.parse('2026-03-01T00:00:00Z'))
  const opus = claude('claude-opus-4-6')
  assert.equal((await summer.priceOf(opus))?.tiers?.[0]?.price.inputUsd, 10)
  assert.equal((await table.priceOf(opus))?.tiers, undefined)
})

test('a model with a fee for each request, or without a price for its answers, has no price here', async () => {
  const perplexity = (model: string): ModelConfig => openai(model, 'https://api.perplexity.ai')
  const { findProvider } = await import('@pydantic/genai-prices')
  const withFee = findProvider({ providerId: 'perplexity' })?.models.find((one) =>
    JSON.stringify(one.prices).includes('requests_kcount'),
  )
  assert.ok(withFee !== undefined)
  assert.equal(await table.priceOf(perplexity(withFee.id)), undefined)
  assert.equal(await table.priceOf(openai('text-embedding-3-small')), undefined)
})

test('the table is not loaded before it is needed', () => {
  const file = join(import.meta.dirname, '../../src/models/prices.ts')
  const script = `
    import { registerHooks } from 'node:module'
    let loaded = 0
    registerHooks({ resolve: (name, context, next) => { if (name.includes('genai-prices')) loaded++; return next(name, context) } })
    const { createPriceTable } = await import(${JSON.stringify(file)})
    const table = createPriceTable(Date.now)
    await table.priceOf({ type: 'builtin' })
    await table.priceOf({ type: 'open_api', endpoint: 'http://127.0.0.1/v1', model: 'm' })
    const before = loaded
    await table.priceOf({ type: 'anthropic', apiKey: 'k', model: 'claude-opus-5' })
    console.log(before, loaded)`
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  assert.equal(run.stdout, '0 1\n', run.stderr)
})
