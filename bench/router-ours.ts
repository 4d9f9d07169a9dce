import { setTimeout as wait } from 'node:timers/promises'
import type { ModelConfig } from '../src/config.ts'
import { createLog } from '../src/log.ts'
import { createMetrics } from '../src/metrics.ts'
import type { Model } from '../src/model.ts'
import { withDeadlines } from '../src/models/deadlines.ts'
import { createModels, type ModelsParts } from '../src/models/models.ts'
import { openStore } from '../src/store/store.ts'

/** What the router bench measures as ours: all that stands between a conversation and this endpoint but the rows. */
export function createOurs(endpoint: string): Model {
  return defaultRoute(configOf(endpoint), builtin, noRows)
}

/** The same with the rows of its calls in a database in this folder. */
export async function createOursWithRows(endpoint: string, folder: string): Promise<Model> {
  return defaultRoute(configOf(endpoint), builtin, await openStore(folder))
}

/** The same as `createOurs` with this model in place of SDK and network. */
export function createOursOver(model: Model): Model {
  const deadlines = { firstMs: firstTimeoutMs, gapMs: firstTimeoutMs, totalMs: totalTimeoutMs }
  return defaultRoute({ type: 'builtin', ...traits }, withDeadlines(model, deadlines), noRows)
}

const firstTimeoutMs = 60_000
const totalTimeoutMs = 300_000

/** What config.yaml gives to a model where it says nothing, and a price: a call that is free has less to record. */
const traits = {
  price: { inputUsd: 1, outputUsd: 4 },
  tools: true,
  images: true,
  shapes: true,
  contextTokens: 128_000,
  sampling: {},
  firstTimeoutSeconds: firstTimeoutMs / 1_000,
  totalTimeoutSeconds: totalTimeoutMs / 1_000,
} as const

function configOf(endpoint: string): ModelConfig {
  return { type: 'open_api', endpoint, model: 'bench', ...traits }
}

/** What config.yaml has where it says nothing. */
const settings = {
  cache: { enabled: true, scope: 'person', ttlSeconds: 600, maxEntries: 500, maxBytes: 16 * 2 ** 20 },
  caps: [],
  log: { level: 'info', prompts: false },
} as const

/** Where a model of a vendor is measured, nothing comes here. */
const builtin: Model = {
  name: 'builtin',
  stream: () => {
    throw new Error('the built-in model was asked')
  },
}

const none = { calls: 0, hits: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, unpricedCalls: 0 }

/** A store without rows: nothing is kept, and no write ever ends. Without a cap nobody waits for one. */
const noRows: ModelsParts['store'] = {
  write: () => new Promise<never>(() => {}),
  read: {
    calls: {
      lastId: () => 0,
      hasOpen: () => false,
      spent: () => [],
      total: () => none,
      usage: () => [],
      lastOf: () => undefined,
      recent: () => [],
    },
  },
}

/** The default route of a config with this one model, as the program composes it. */
function defaultRoute(config: ModelConfig, builtin: Model, store: ModelsParts['store']): Model {
  const fail = (): void => {
    throw new Error('a cap or a key was told of')
  }
  const models = createModels({
    builtin,
    store,
    settings: () => settings,
    zone: () => 'UTC',
    now: Date.now,
    sleep: (ms, signal) => wait(ms, undefined, { signal }),
    random: Math.random,
    viaProxy: false,
    metrics: createMetrics(fail),
    log: createLog('info', () => [], process.stderr.write.bind(process.stderr)),
    onCap: fail,
    onKey: fail,
  })
  const route = { models: ['bench'], choose: 'order', weights: [1], hedge: false } as const
  models.use({ models: new Map([['bench', config]]), routes: new Map([['default', route]]) })
  return models.modelFor('default')
}
