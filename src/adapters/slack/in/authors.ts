import { z } from 'zod'
import { loose, team } from './events.ts'

const place = loose(z.object({ team_id: team, enterprise_id: team, id: team }))

/** Events tell it at the top and in `authorizations`, commands at the top, buttons and forms under `team` and `enterprise`. */
const places = z.object({
  team_id: team,
  enterprise_id: team,
  authorizations: loose(z.array(place)),
  team: place,
  enterprise: place,
})

/**
 * The id of an author for ever: the user's, with the team before it where that is not one of the account. `homes` are what
 * the user belongs to: a team, or an enterprise. Of Slack Connect a body names both sides; what stands there beside the
 * account is the account's own.
 */
export function authorId(user: string, homes: readonly string[], account: string, body: unknown): string {
  const at = places.safeParse(body).data
  const pairs = [
    [account],
    [at?.team_id, at?.enterprise_id],
    ...(at?.authorizations ?? []).slice(0, 1).map((one) => [one?.team_id, one?.enterprise_id]),
    [at?.team?.id, at?.team?.enterprise_id, at?.enterprise?.id],
  ]
  const own = new Set(pairs.filter((pair) => pair.includes(account)).flat())
  const [foreign] = homes
  return foreign === undefined || homes.some((home) => own.has(home)) ? user : `${foreign}.${user}`
}
