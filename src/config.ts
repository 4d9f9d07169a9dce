import type { LogLevel } from './log.ts'
import type { Language } from './words.ts'

/** config.yaml with its defaults and the environment, checked. Names are those of the file, in camel case. */
export type Config = {
  /** `auto` answers in the language of the message. */
  readonly language: 'auto' | Language
  /** IANA name of the zone in which people's times are meant; undefined is the system's. */
  readonly timezone: string | undefined
  /** Absolute path of the folder that holds the database. */
  readonly data: string
  readonly http: {
    readonly enabled: boolean
    /** Always an address of this machine. */
    readonly host: string
    /** 0 takes any that is free. */
    readonly port: number
    /** Lower-case names, without port, that a Host header may have besides those of this machine. */
    readonly allowedHosts: readonly string[]
  }
  /** By name, in the order of the file; `builtin` is always there. */
  readonly models: ReadonlyMap<string, ModelConfig>
  /** Names of models to try in order, never none; `default` and `builtin` are always there. */
  readonly routes: ReadonlyMap<string, readonly string[]>
  readonly conversation: {
    /** The most tokens of earlier messages that a model gets. */
    readonly historyTokens: number
    /** The most tokens that an answer may have. */
    readonly answerTokens: number
    /** Longer messages are refused. */
    readonly maxMessageChars: number
  }
  readonly digest: { readonly maxItems: number }
  readonly log: { readonly level: LogLevel }
}

/** One model as config.yaml describes it. */
export type ModelConfig = ModelLimits &
  (
    | {
        readonly type: 'open_api'
        readonly endpoint: string
        readonly apiKey?: string
        readonly model: string
      }
    | { readonly type: 'local_model'; readonly endpoint: string; readonly model: string }
    | {
        readonly type: 'anthropic'
        readonly endpoint?: string
        readonly apiKey: string
        readonly model: string
      }
    | { readonly type: 'builtin' }
  )

type ModelLimits = {
  /** At most this many tokens in one answer, where that is less than `conversation.answerTokens`. */
  readonly maxOutputTokens?: number
  /** How long the first piece of an answer may take. */
  readonly firstTimeoutSeconds: number
  /** How long the whole answer may take. */
  readonly totalTimeoutSeconds: number
}
