import type { Cap } from './errors.ts'
import type { LogLevel } from './log.ts'
import type { Sampling } from './model.ts'
import type { Language } from './words.ts'

/** config.yaml with its defaults and the environment, checked. */
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
  /** By name; `default` and `builtin` are always there. */
  readonly routes: ReadonlyMap<string, RouteConfig>
  readonly cache: CacheConfig
  /** In the order in which they are checked; without any, nothing is refused for its price. */
  readonly caps: readonly Cap[]
  readonly notices: {
    /** A place as in `/digest … to`: where the owner is told of what needs a hand. */
    readonly to: string
  }
  readonly conversation: {
    /** The most tokens of earlier messages that a model gets. */
    readonly historyTokens: number
    /** The most tokens that an answer may have. */
    readonly answerTokens: number
    /** Longer messages are refused. */
    readonly maxMessageChars: number
  }
  /** Undefined where Slack is not set up. */
  readonly slack: SlackConfig | undefined
  readonly digest: { readonly maxItems: number }
  readonly tasks: TaskLimits
  /** A post that could not be sent for so long is not sent any more. */
  readonly posts: { readonly maxAgeMs: number }
  readonly keep: KeepConfig
  readonly backup: {
    /** The time between two backups; 0 makes none by itself. */
    readonly everyMs: number
    /** So many of those that it made by itself are kept. */
    readonly keep: number
  }
  readonly log: {
    readonly level: LogLevel
    /** True if prompts and answers may be written to the log. */
    readonly prompts: boolean
  }
}

/**
 * When a message in a channel is for Moltbot. `always`: each one must mention it. `thread`: a mention begins, and then it
 * stays in that thread. `never`: every message is for it.
 */
export type Mention = 'always' | 'thread' | 'never'

/** Whom Moltbot answers in a channel: people who were let in there, or everyone who can write there. */
export type Welcome = 'known' | 'everyone'

/** The Slack app. With an app token events come over Socket Mode, with a signing secret over HTTP; one of them is there. */
export type SlackConfig = {
  /** Of the one workspace; undefined where workspaces install the app by OAuth. */
  readonly botToken: string | undefined
  readonly appToken: string | undefined
  readonly signingSecret: string | undefined
  readonly oauth:
    { readonly clientId: string; readonly clientSecret: string; readonly stateSecret: string } | undefined
  /** Ends in `/`. */
  readonly apiUrl: string
  /** Of channels that `channels` does not name. */
  readonly mention: Mention
  readonly people: Welcome
  /** By channel id. */
  readonly channels: ReadonlyMap<string, { readonly mention?: Mention; readonly people?: Welcome }>
  /** Bot ids (`B…`) that are answered, too. */
  readonly bots: readonly string[]
  /** So many messages of bots in a thread are answered in a row; then a person must have written. */
  readonly botTurns: number
}

/** How tasks are run. */
export type TaskLimits = {
  /** So many runs at the same time, over all commands and of each. */
  readonly atOnce: number
  readonly eachCommand: number
  /** A run that takes longer is stopped. */
  readonly timeoutMs: number
  /** How often a run is begun where what failed may pass. */
  readonly attempts: number
  /** A task is paused after so many failures in a row. */
  readonly pauseAfter: number
}

/** How long rows are kept, in milliseconds; what is still open is kept for longer. */
export type KeepConfig = {
  readonly runsMs: number
  /** And no more than so many runs of each task. */
  readonly runsEachTask: number
  /** Posts, and the messages that they answer; but not what was said in conversations. */
  readonly postsMs: number
  /** What was said in conversations. */
  readonly messagesMs: number
  /** Calls of models; their sums by the day stay. */
  readonly callsMs: number
  /** Items of sources that were shown: an older one counts as new again. */
  readonly seenMs: number
}

/** One route as config.yaml describes it. */
export type RouteConfig = {
  /** Names of models, never none. */
  readonly models: readonly string[]
  /** `order`: as they stand. `weights`: by chance, in these parts. `auto`: by how they did. The rest follow in order. */
  readonly choose: 'order' | 'weights' | 'auto'
  /** One for each model, above 0. */
  readonly weights: readonly number[]
  /** True if a second model is asked, too, when the first is slower than usual. */
  readonly hedge: boolean
}

export type CacheConfig = {
  readonly enabled: boolean
  /** Who shares an answer: the person who asked, everyone in the channel, or everyone. */
  readonly scope: 'person' | 'channel' | 'everyone'
  readonly ttlSeconds: number
  readonly maxEntries: number
  readonly maxBytes: number
}

/** US dollars for a million tokens. Without `cachedUsd` and `cacheWriteUsd` such tokens cost what others do. */
export type Price = {
  readonly inputUsd: number
  readonly outputUsd: number
  readonly cachedUsd?: number
  readonly cacheWriteUsd?: number
}

/** One model as config.yaml describes it. */
export type ModelConfig = ModelTraits &
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

/** What holds for a model of any type. */
export type ModelTraits = {
  /** Instead of the price in the table. */
  readonly price?: Price
  readonly tools: boolean
  readonly images: boolean
  readonly shapes: boolean
  /** The most tokens of prompt and answer together. */
  readonly contextTokens?: number
  readonly sampling: Sampling
  /** At most this many tokens in one answer, where that is less than `conversation.answerTokens`. */
  readonly maxOutputTokens?: number
  /** How long the first piece of an answer may take. */
  readonly firstTimeoutSeconds: number
  /** How long the whole answer may take. */
  readonly totalTimeoutSeconds: number
}
