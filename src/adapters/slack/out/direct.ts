import { z } from 'zod'
import type { SlackAnswer, SlackApi } from '../contract.ts'

const openedSchema = z.object({ channel: z.object({ id: z.string() }) })

/** The person in an author's id, which has their team in front where it is not ours. */
export function userOf(author: string): string {
  return author.slice(author.indexOf('.') + 1)
}

/** The id of a channel: itself, or that of the direct messages with a person (`U…`, `W…`); else Slack's answer. */
export async function directChannel(
  api: Pick<SlackApi, 'call'>,
  account: string,
  channel: string,
  signal: AbortSignal,
): Promise<string | Exclude<SlackAnswer, { kind: 'ok' }>> {
  if (!/^[UW]/u.test(channel)) return channel
  const answer = await api.call('conversations.open', { users: channel }, { account, signal })
  if (answer.kind === 'error') return answer
  // Whether it was opened or not: nothing has been said in it.
  if (answer.kind !== 'ok') return { kind: 'unreached', why: answer.why }
  const read = openedSchema.safeParse(answer.data)
  return read.success ? read.data.channel.id : { kind: 'unreached', why: 'Slack named no channel' }
}
