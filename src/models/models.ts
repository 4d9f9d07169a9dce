import { randomBytes } from 'node:crypto'
import type { Config } from '../config.ts'
import { faultOf, type Fault } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Model, ModelRequest } from '../model.ts'
import type { CapNotice } from '../notices.ts'
import type { CallRecord } from '../store/calls.ts'
import type { Store } from '../store/store.ts'
import { createHits, type BudgetParts } from './budget.ts'
import { createBreakers } from './breaker.ts'
import { createCache } from './cache.ts'
import { createConnections } from '../connections.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createPriceTable } from './prices.ts'
import { createRoutes, type Routes, type RoutesParts } from './routes.ts'
import { createStock } from './stock.ts'

/** All that the room of the models has to give. */
export type Models = Omit<Routes, 'labelsOf'> & {
  readonly ledger: Pick<Ledger, 'standing' | 'today'>
  /** Settles the calls that a crash left open; where they cannot be written, the caps count them all the same. */
  readonly settleLeft: () => Promise<void>
  /** Lets go of the connections. */
  readonly close: () => Promise<void>
}

export type ModelsParts = Pick<RoutesParts, 'now' | 'sleep' | 'random'> & {
  readonly builtin: Model
  readonly store: Pick<Store, 'write'> & { readonly read: Pick<Store['read'], 'calls'> }
  readonly settings: () => Pick<Config, 'cache' | 'caps' | 'log'>
  readonly zone: () => string
  /** True if proxies of the environment are used on the way to vendors. */
  readonly viaProxy: boolean
  readonly metrics: Metrics
  readonly log: Log
  /** Told when a cap is nearly used up, or has refused a call. */
  readonly onCap: (notice: CapNotice) => void
  /** Told of each call that a vendor refused for its key; `key` is a name of the key that does not tell it. */
  readonly onKey: (model: string, key: string, fault: Fault) => void
}

/** So many of the latest calls tell how the models did before the start. */
const mostPastCalls = 500

/** Connects routes, cache, caps, records and connections. `use` comes before anything else. */
export function createModels(parts: ModelsParts): Models {
  const { builtin, store, settings, zone, now, metrics, log } = parts
  const connections = createConnections({ viaProxy: parts.viaProxy })
  const ledger = createLedger({
    spent: store.read.calls.spent,
    caps: () => settings().caps,
    zone,
    now,
    notify: parts.onCap,
  })
  const cache = createCache({ settings: () => settings().cache, now, secret: randomBytes(32) })
  let lastId = store.read.calls.lastId()
  const newId = (): number => ++lastId
  const onTrouble = (error: unknown): void =>
    log.error({ fault: faultOf(error), err: error }, 'the record of a call could not be written')
  const onRecord: BudgetParts['onRecord'] = (record, request, text) => {
    if (record.isHit) metrics.noteHit()
    else metrics.noteTries(record.tries, routes.labelsOf)
    tell(log, record, settings().log.prompts ? { request, text } : undefined)
  }
  const onHit = createHits({
    ledger,
    newId,
    now,
    write: (hits) => store.write('calls.hit', hits),
    later: setImmediate,
    onRecord,
    onTrouble,
  })
  const routes = createRoutes({
    ...parts,
    stock: createStock({
      builtin,
      breakers: createBreakers({ now }),
      prices: createPriceTable(now),
      fetch: connections.fetch,
      past: () => store.read.calls.recent(mostPastCalls),
      now,
    }),
    cache,
    ledger,
    newId,
    open: (call) => store.write('calls.open', call),
    settle: (record, lines) => store.write('calls.settle', record, lines),
    onHit,
    onRecord,
    onTrouble,
    isCapped: () => settings().caps.some(({ of }) => of !== 'task'),
  })
  const settleLeft = async (): Promise<void> => {
    if (!store.read.calls.hasOpen()) return
    try {
      await store.write('calls.settleLeft')
    } catch (error) {
      log.error({ fault: faultOf(error), err: error }, 'calls that a crash left open cannot be settled now')
    }
  }
  return { ...routes, ledger, settleLeft, close: connections.close }
}

/** One line for each call; what was said only if the owner wants it there. */
function tell(log: Log, record: CallRecord, said: { request: ModelRequest; text: string } | undefined): void {
  const { id, route, model, fault, attempts, firstMs, totalMs, inputTokens, outputTokens, costUsd } = record
  const about = {
    call: id,
    route,
    model,
    fault,
    attempts,
    firstMs,
    totalMs,
    inputTokens,
    outputTokens,
    costUsd,
  }
  if (said === undefined) return log.debug(about, 'a model was called')
  const { system, turns } = said.request
  log.info({ ...about, prompt: { system, turns }, answer: said.text }, 'a model was called')
}
