import { z } from 'zod'
import { channelId, loose, team, timestamp, userId } from './events.ts'

/** A slash command that was sent. */
export type Order = {
  readonly triggerId: string
  readonly channel: string
  readonly user: string
  readonly name: string | undefined
  readonly team: string | undefined
  /** What stands after the command, in Slack's form. */
  readonly text: string
  readonly responseUrl: string | undefined
}

/** A button of ours that was pressed: `says` is what the person has said by it. */
export type Press = Omit<Order, 'triggerId' | 'text'> & {
  readonly messageTs: string
  readonly actionTs: string
  /** Which of the buttons of its message it is. */
  readonly button: string
  /** The root of the thread that it speaks in; undefined outside of threads. */
  readonly thread: string | undefined
  readonly says: string
}

const url = loose(z.url())
const name = loose(z.string().min(1))

const order = z
  .object({
    trigger_id: z.string().min(1),
    channel_id: channelId,
    user_id: userId,
    user_name: name,
    team_id: team,
    text: z.string().catch(''),
    response_url: url,
  })
  .transform((body): Order => ({
    triggerId: body.trigger_id,
    channel: body.channel_id,
    user: body.user_id,
    name: body.user_name,
    team: body.team_id,
    text: body.text,
    responseUrl: body.response_url,
  }))

const press = z
  .object({
    user: z.object({ id: userId, username: name, name, team_id: team }),
    channel: z.object({ id: channelId }),
    container: z.object({ message_ts: timestamp, thread_ts: loose(timestamp) }),
    message: loose(z.object({ thread_ts: loose(timestamp) })),
    response_url: url,
    actions: z.array(
      z.object({
        action_id: z.string().regex(/^(?:say|rate$)/u),
        block_id: loose(z.string()),
        action_ts: timestamp,
        value: z.string().min(1),
      }),
    ),
  })
  .transform(
    ({ user, channel, container, message, response_url: responseUrl, actions }): Press | undefined => {
      const [action] = actions
      if (action === undefined) return undefined
      // What only one person sees does not say of which thread it is; our blocks do.
      const [, root] = /^moltbot\/(\d+\.\d+)?/u.exec(action.block_id ?? '') ?? [
        '',
        container.thread_ts ?? message?.thread_ts,
      ]
      return {
        channel: channel.id,
        user: user.id,
        name: user.username ?? user.name,
        team: user.team_id,
        messageTs: container.message_ts,
        actionTs: action.action_ts,
        button: action.action_id,
        thread: root,
        says: action.value,
        responseUrl,
      }
    },
  )

/** Reads a slash command; undefined where it is none. Never throws. */
export function readOrder(body: unknown): Order | undefined {
  return order.safeParse(body).data
}

/** Reads the press of a button with which a person says something; undefined for any other. Never throws. */
export function readPress(body: unknown): Press | undefined {
  return press.safeParse(body).data
}
