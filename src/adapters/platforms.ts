import type { Adapter } from '../adapter.ts'
import type { Config } from '../config.ts'
import { createConnections } from '../connections.ts'
import type { Log } from '../log.ts'
import type { Store } from '../store/store.ts'
import { createHttp, type Readiness } from './http/http.ts'
import type { createSlack, Slack } from './slack/slack.ts'
import { createTerminal } from './terminal.ts'

/** Who reaches these sits at this machine. */
export const localAdapters: ReadonlySet<string> = new Set(['terminal', 'http'])

/** The platforms that a config names; `adapters` are those that are on, the terminal first. */
export type Platforms = {
  readonly terminal: ReturnType<typeof createTerminal>
  readonly slack: Slack | undefined
  readonly adapters: readonly Adapter[]
}

type HttpParts = Parameters<typeof createHttp>[0]
type SlackParts = Parameters<typeof createSlack>[0]
type TerminalParts = Parameters<typeof createTerminal>[0]

type Parts = Pick<TerminalParts, 'input' | 'output' | 'onEnd'> &
  Pick<SlackParts, 'viaProxy' | 'commands' | 'now' | 'sleep' | 'random'> & {
    /** As it was at the start, and as it is now. */
    readonly config: Config
    readonly live: () => Config
    /** False for a command line, which has the terminal alone. */
    readonly serves: boolean
    readonly store: Store
    readonly readiness: () => Readiness
    readonly metrics: HttpParts['metrics']
    readonly progressOf: HttpParts['runs']['progressOf']
    readonly more: readonly Adapter[]
    readonly log: Log
  }

/** Makes the platforms; one that is not on is not loaded. A new one is a folder beside this file, and a part here. */
export async function createPlatforms(parts: Parts): Promise<Platforms> {
  const { config, live, serves, store, viaProxy, now, sleep, random, log } = parts
  const terminal = createTerminal({ ...parts, isRead: serves, env: process.env })
  const { slack: slackConfig } = config
  const slack =
    slackConfig === undefined || !serves
      ? undefined
      : (await import('./slack/slack.ts')).createSlack({
          config: slackConfig,
          settings: () => live().slack ?? slackConfig,
          language: () => live().language,
          connections: createConnections({ viaProxy }),
          viaProxy,
          store,
          commands: parts.commands,
          now,
          sleep,
          random,
          log,
        })
  const http = createHttp({
    ...config.http,
    allowedHosts: () => config.http.allowedHosts,
    readiness: parts.readiness,
    metrics: parts.metrics,
    answersTo: store.read.outbox.answersTo,
    held: store.read.outbox.held,
    settle: (ids) => store.writeAll(ids.map((id) => ['outbox.settle', id, { kind: 'sent' }, now()])),
    routes: slack?.routes ?? [],
    runs: { ...store.read.runs, progressOf: parts.progressOf },
    now,
    sleep,
    log,
  })
  const adapters = [
    terminal,
    ...(config.http.enabled && serves ? [http] : []),
    ...(slack === undefined ? [] : [slack]),
    ...parts.more,
  ]
  return { terminal, slack, adapters }
}
