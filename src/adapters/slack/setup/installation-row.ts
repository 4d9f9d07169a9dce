import { z } from 'zod'
import type { Store } from '../../../store/store.ts'
import type { Reads } from '../../../store/writes.ts'

const place = z.looseObject({ id: z.string() }).nullish()

/** What Slack gave us when the app was installed, as `@slack/oauth` writes it; what is not needed stays in it, unread. */
const schema = z.looseObject({
  team: place,
  enterprise: place,
  isEnterpriseInstall: z.boolean().nullish(),
  bot: z.looseObject({
    token: z.string(),
    id: z.string(),
    userId: z.string(),
    scopes: z.array(z.string()),
    refreshToken: z.string().optional(),
    /** Unix seconds. */
    expiresAt: z.number().optional(),
  }),
})

export type StoredInstallation = z.output<typeof schema>

/** Reads a row; undefined for none, and for one without a bot token. */
export function storedInstallation(row: unknown): StoredInstallation | undefined {
  return schema.safeParse(row).data
}

type Whose = {
  readonly team?: { readonly id: string } | null | undefined
  readonly enterprise?: { readonly id: string } | null | undefined
  readonly isEnterpriseInstall?: boolean | null | undefined
}

/** The account of an installation: its team, or the enterprise where it is for all of it; as `authorizations` has it. */
export function accountOf({ team, enterprise, isEnterpriseInstall }: Whose): string | undefined {
  return isEnterpriseInstall === true ? enterprise?.id : team?.id
}

/** The rows of installations in Slack, by account; `data` holds tokens. */
export type InstallationRows = {
  readonly of: (account: string) => unknown
  readonly accounts: () => readonly string[]
  /** Resolves with false, and keeps nothing, where the account is new and comes without a leave, or with a used one. */
  readonly keep: (account: string, data: unknown, leave: string | undefined) => Promise<boolean>
  readonly remove: (account: string) => Promise<unknown>
}

type Rows = Pick<Store, 'write'> & { readonly read: { readonly installations: Reads['installations'] } }

export function installationRows(
  { read: { installations }, write }: Rows,
  now: () => number,
): InstallationRows {
  return {
    of: (account) => installations.of('slack', account),
    accounts: () => installations.accounts('slack'),
    keep: (account, data, leave) => write('installations.keep', 'slack', account, data, now(), leave),
    remove: (account) => write('installations.remove', 'slack', account),
  }
}
