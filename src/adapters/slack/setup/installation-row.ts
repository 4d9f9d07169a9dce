import { z } from 'zod'

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
