import type { Log } from '../../../log.ts'

/** What an account can do without, and does not have: a method that it lacks is not called for an hour. */
export type Features = {
  readonly has: (account: string, method: string) => boolean
  /** Takes in an error of a method; one that says that it is not there for us switches it off, and is logged once. */
  readonly learn: (account: string, method: string, error: string) => void
}

/** Errors that will be the same at the next call, whatever it is about. */
const lacking: ReadonlySet<string> = new Set([
  'unknown_method',
  'missing_scope',
  'not_allowed_token_type',
  'no_permission',
  'feature_not_enabled',
  'method_deprecated',
  'deprecated_endpoint',
  'access_denied',
  'team_not_found',
])

const offForMs = 3_600_000
const mostKept = 1_000

/** Keeps in mind what each account lacks. */
export function createFeatures({ now, log }: { readonly now: () => number; readonly log: Log }): Features {
  const offSinceMs = new Map<string, number>()
  return {
    has: (account, method) => {
      const sinceMs = offSinceMs.get(`${account} ${method}`)
      return sinceMs === undefined || Math.abs(now() - sinceMs) >= offForMs
    },
    learn: (account, method, error) => {
      if (!lacking.has(error)) return
      const name = `${account} ${method}`
      if (!offSinceMs.has(name))
        log.warn({ account, method, error }, `Slack does not let us use ${method} here; going on without it`)
      if (offSinceMs.size >= mostKept) offSinceMs.clear()
      offSinceMs.set(name, now())
    },
  }
}
