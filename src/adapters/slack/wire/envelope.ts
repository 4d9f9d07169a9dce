import { z } from 'zod'

/** What an arrival is, and the account that it is for. */
export type Envelope = {
  readonly kind: 'event' | 'command' | 'action' | 'view'
  readonly account: string
  /** It says that the app was removed from the account, or its token revoked. */
  readonly isFarewell: boolean
  readonly body: Readonly<Record<string, unknown>>
}

const id = z.string().min(1).optional().catch(undefined)
const named = z.object({ id }).optional().catch(undefined)
/** Commands say it in words, the others as JSON does. */
const flag = z.union([z.boolean(), z.stringbool()]).optional().catch(undefined)

const installed = { team_id: id, enterprise_id: id, is_enterprise_install: flag }
const bodySchema = z.object({
  ...installed,
  event: z.object({ type: z.string() }).optional().catch(undefined),
  authorizations: z.array(z.object(installed)).optional().catch(undefined),
  command: id,
  type: id,
  actions: z.array(z.looseObject({})).min(1).optional().catch(undefined),
  view: z.object({ app_installed_team_id: id }).optional().catch(undefined),
  team: named,
  enterprise: named,
  user: z.object({ team_id: id }).optional().catch(undefined),
})
type Body = z.infer<typeof bodySchema>

const farewells: ReadonlySet<unknown> = new Set(['app_uninstalled', 'tokens_revoked'])

/** Reads what takes an arrival to its place; undefined where it is nothing that is answered here, or for nobody. */
export function readEnvelope(given: unknown): Envelope | undefined {
  const body = z.looseObject({}).safeParse(given).data
  const read = bodySchema.safeParse(given).data
  if (body === undefined || read === undefined) return undefined
  const kind = kindOf(read)
  const account = accountOf(read)
  if (kind === undefined || account === undefined) return undefined
  return { kind, account, isFarewell: farewells.has(read.event?.type), body }
}

function kindOf({ event, command, actions, type, view }: Body): Envelope['kind'] | undefined {
  if (event !== undefined) return 'event'
  if (command !== undefined) return 'command'
  if (actions !== undefined) return 'action'
  return type === 'view_submission' && view !== undefined ? 'view' : undefined
}

/**
 * Where the app was installed for a whole enterprise, that is the account. In a channel that two companies share the team at
 * the top of an event may be the other one, so the first of `authorizations` is asked before it.
 */
function accountOf({ authorizations, view, team, enterprise, user, ...top }: Body): string | undefined {
  const { is_enterprise_install, enterprise_id, team_id } = authorizations?.[0] ?? top
  const ofAll = is_enterprise_install === true ? (enterprise_id ?? enterprise?.id) : undefined
  return ofAll ?? view?.app_installed_team_id ?? team_id ?? team?.id ?? top.team_id ?? user?.team_id
}
