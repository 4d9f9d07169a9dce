import { statSync } from 'node:fs'
import type { Adapter } from './adapter.ts'
import type { OutboxCounts } from './store/outbox.ts'
import type { Store } from './store/store.ts'

/** The state of the program, as it is now. */
export type Status = {
  readonly version: string
  readonly upMs: number
  /** The models of the default route. */
  readonly models: readonly string[]
  readonly platforms: readonly string[]
  readonly activeTasks: number
  /** The ids of tasks that were paused without anybody asking for it. */
  readonly stalledTasks: readonly number[]
  readonly nextDueMs: number | null
  readonly waiting: number
  readonly posts: OutboxCounts
  readonly dataFolder: string
  readonly dataBytes: number
  readonly residentBytes: number
  /** What is wrong just now, one sentence each. */
  readonly troubles: readonly string[]
}

/** Tells how Moltbot is. */
export type Health = {
  readonly status: () => Status
  /**
   * Whether it can take work; `troubles` also names what is amiss with a platform that works. Has it tried, too, whether a disk
   * that took nothing takes something again.
   */
  readonly readiness: () => { readonly ready: boolean; readonly troubles: readonly string[] }
}

type Parts = {
  readonly version: string
  readonly store: Store
  readonly adapters: readonly Adapter[]
  /** The models of the default route. */
  readonly models: () => readonly string[]
  /** What else is amiss, although it can take work. */
  readonly remarks: () => readonly string[]
  readonly now: () => number
}

export function createHealth({ version, store, adapters, models, remarks, now }: Parts): Health {
  const { folder, read } = store
  const startedMs = now()
  const troubles = (): string[] =>
    [store.trouble()?.message, ...adapters.map((one) => one.trouble?.())].filter(
      (trouble) => trouble !== undefined,
    )
  const amiss = (): string[] => adapters.map((one) => one.remark?.()).filter((remark) => remark !== undefined)
  return {
    status: () => ({
      version,
      upMs: now() - startedMs,
      models: models(),
      platforms: adapters.map((one) => one.describe()),
      activeTasks: read.tasks.activeCount(),
      stalledTasks: read.tasks.stalled(),
      nextDueMs: read.tasks.nextDueMs(),
      waiting: read.inbox.waitingCount(),
      posts: read.outbox.counts(),
      dataFolder: folder.path,
      dataBytes: statSync(folder.database, { throwIfNoEntry: false })?.size ?? 0,
      residentBytes: process.memoryUsage.rss(),
      troubles: [...troubles(), ...amiss(), ...remarks()],
    }),
    readiness: () => {
      if (store.trouble() !== undefined) store.write('seen.probe', now()).catch(() => undefined)
      const found = troubles()
      return { ready: found.length === 0, troubles: [...found, ...amiss()] }
    },
  }
}
