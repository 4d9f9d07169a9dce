import type { Adapter } from './adapter.ts'
import { faultOf, messageOf } from './errors.ts'
import type { Inbox } from './inbox.ts'
import type { Log } from './log.ts'
import type { Outbox } from './outbox.ts'
import type { Store } from './store/store.ts'
import type { Upkeep } from './upkeep.ts'

/** The order in which everything opens and closes. */
export type Life = {
  /** Takes up what was left, opens the platforms, starts the tasks. `onReady` comes just before the terminal's prompt. */
  readonly start: (onReady?: () => void) => Promise<void>
  /** Takes nothing more, lets what is under way finish for `mostMs`, and lets go of everything. */
  readonly stop: (mostMs: number) => Promise<void>
}

type Parts = {
  readonly store: Store
  readonly inbox: Inbox
  readonly outbox: Outbox
  readonly runner: { readonly start: () => Promise<void>; readonly stop: () => Promise<void> }
  readonly upkeep: Pick<Upkeep, 'start' | 'stop'>
  /** The platforms, the terminal among them. */
  readonly adapters: readonly Adapter[]
  readonly terminal: Adapter
  /** True for the Moltbot that keeps running. */
  readonly serves: boolean
  /** Opens the way in for command lines; resolves with what closes it. */
  readonly openControl: () => Promise<() => Promise<void>>
  /** Follows the changes of config.yaml; returns what ends that. */
  readonly watchConfig: () => () => void
  /** Lets the outbox send; ends every wait that is under way. */
  readonly open: () => void
  readonly end: () => void
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Log
}

/** How long what has been answered may take to be sent, in milliseconds. */
const mostDrainMs = 2_000

export function createLife(parts: Parts): Life {
  const { store, inbox, outbox, runner, upkeep, adapters, terminal, serves, log } = parts
  let closeControl: (() => Promise<void>) | undefined
  let endWatch: (() => void) | undefined

  /** Without its socket Moltbot serves all the same; only command lines cannot reach it. */
  const openControl = async (): Promise<void> => {
    try {
      closeControl = await parts.openControl()
    } catch (error) {
      log.error(
        { fault: faultOf(error), err: error },
        `command lines cannot reach this Moltbot: ${messageOf(error)}`,
      )
    }
  }

  return {
    start: async (onReady) => {
      const trouble = store.trouble()
      if (trouble !== undefined) log.error({ fault: trouble.fault }, trouble.message)
      // What was left behind comes before what comes in now. It belongs to the Moltbot that serves: a command line has
      // not all the platforms.
      const isWhole = serves && trouble === undefined
      if (isWhole) {
        outbox.resume()
        inbox.resume()
      }
      for (const adapter of adapters)
        if (adapter !== terminal) await adapter.start(inbox.receive, inbox.revise)
      if (isWhole) await runner.start()
      if (isWhole) await openControl()
      if (serves) endWatch = parts.watchConfig()
      onReady?.()
      await terminal.start(inbox.receive, inbox.revise)
      parts.open()
      if (isWhole) upkeep.start()
    },
    stop: async (mostMs) => {
      endWatch?.()
      const limit = new AbortController()
      const tooLong = parts.sleep(mostMs, limit.signal).catch(() => undefined)
      await Promise.all([inbox.close(mostMs), upkeep.stop(), Promise.race([runner.stop(), tooLong])])
      limit.abort()
      await outbox.drain(mostDrainMs)
      // Those who wait on an open line have their replies by now.
      await closeControl?.()
      parts.end()
      for (const adapter of adapters) await adapter.stop()
      await store.close()
    },
  }
}
