import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import { watchConfig } from './watch.ts'

/** A checked config.yaml and the secrets that it brought along. */
export type Loaded = { readonly config: Config; readonly secrets: readonly string[] }

/** Where a config came from. */
export type ConfigSource = {
  readonly file: string
  readonly text: string
  /** Checks the whole content; throws a ConfigError. */
  readonly load: (text: string) => Loaded
}

/** The config as it is now: the file is followed while Moltbot serves, and the last good one stays in use. */
export type LiveConfig = {
  readonly now: () => Config
  /** Those of every config so far: calls that are under way may still speak of the old ones. */
  readonly secrets: () => readonly string[]
  /** Follows the file; `onChange` is told after each change. Returns what ends it. */
  readonly follow: (log: Log, onChange: (config: Config) => void) => () => void
}

export function createLiveConfig(loaded: Loaded, source: ConfigSource): LiveConfig {
  let { config, secrets } = loaded
  /** What is read only at the start. */
  const fixed = ({ data, http, log, slack }: Config): unknown => {
    const tokens = slack && [slack.botToken, slack.appToken, slack.signingSecret, slack.oauth, slack.apiUrl]
    return [data, http, log.level, tokens]
  }
  return {
    now: () => config,
    secrets: () => secrets,
    follow: (log, onChange) =>
      watchConfig<Loaded>({
        ...source,
        onChange: (next) => {
          config = next.config
          secrets = [...new Set([...secrets, ...next.secrets])]
          onChange(config)
          const isAll = isDeepStrictEqual(fixed(loaded.config), fixed(config))
          log.info(
            `config.yaml is in use${isAll ? '' : '; data, http, log.level and the tokens of Slack stay until the next start'}`,
          )
        },
        onRefused: (problems) => {
          const lines = problems.join('\n')
          log.error({ fault: 'bad-request' }, `config.yaml was not taken, the old settings stay:\n${lines}`)
        },
      }),
  }
}
