import { labelsOf, pressables, type Pressable } from './as-seen.ts'
import type { Delivery, Outcome } from './delivery.ts'
import type { App, Bot } from './events.ts'
import type { Responses } from './responses.ts'
import type { Triggers, View, Views } from './views.ts'
import { asView } from './views.ts'
import { dense, isRecord, part, text, type Data } from './wire.ts'
import type { Message, Workspace } from './workspace.ts'

export type ClickedAt =
  | { readonly channel: string; readonly ts: string; readonly user: string }
  | { readonly view: string; readonly user: string }

/** What people do with commands, buttons and forms (https://docs.slack.dev/interactivity). */
export type Interactions = {
  readonly command: (command: {
    readonly channel: string
    readonly user: string
    readonly text: string
    readonly command?: string
  }) => Promise<{ readonly outcome: Outcome; readonly response?: unknown; readonly triggerId: string }>
  /**
   * Presses what has this action id, or these words on it. `value`: the text of a button; for anything else the fields
   * that its action has besides (`selected_option`, …). Throws where there is no such button.
   */
  readonly click: (at: ClickedAt, which: string, value?: unknown) => Promise<Outcome>
  readonly submit: (
    viewId: string,
    user: string,
    values: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => Promise<{ readonly outcome: Outcome; readonly response?: unknown }>
}

export function createInteractions(parts: {
  readonly workspace: Workspace
  readonly app: App
  readonly bot: Bot
  readonly delivery: Delivery
  readonly responses: Responses
  readonly triggers: Triggers
  readonly views: Views
  readonly join: (channel: string, user: string) => void
  readonly now: () => number
}): Interactions {
  const { workspace, app, bot } = parts
  const common = (user: string, triggerId: string): Data => ({
    token: app.verificationToken,
    api_app_id: app.appId,
    team: { id: workspace.team, domain: 'double' },
    enterprise: null,
    is_enterprise_install: false,
    user: { id: user, name: nameOf(user), username: nameOf(user), team_id: workspace.person(user)?.team },
    trigger_id: triggerId,
  })
  const nameOf = (user: string): string => workspace.person(user)?.name ?? ''
  const viewOf = (id: string): View => {
    const found = parts.views.all().find((view) => view.id === id)
    if (found === undefined) throw new Error(`no view ${id}`)
    return found
  }
  const inMessage = (channel: string, ts: string, user: string): Place => {
    const whisper = workspace.whispers(channel, user).find((one) => one.ts === ts)
    const message = whisper ?? workspace.messages(channel).find((one) => one.ts === ts)
    if (message === undefined) throw new Error(`no message ${ts} in ${channel}`)
    const isWhisper = whisper !== undefined
    const about = { channel, user, bot, message: { ts, isWhisper } }
    return {
      blocks: message.blocks ?? [],
      fields: {
        container: {
          type: 'message',
          message_ts: ts,
          channel_id: channel,
          is_ephemeral: isWhisper,
          ...threadOf(message),
        },
        channel: { id: channel, name: workspace.place(channel)?.name ?? 'directmessage' },
        ...(isWhisper ? {} : { message: { type: 'message', ...message } }),
        response_url: parts.responses.issue(about),
      },
    }
  }
  const inView = (id: string): Place => {
    const view = viewOf(id)
    const blocks = view.view['blocks']
    return {
      blocks: Array.isArray(blocks) ? blocks.filter(isRecord) : [],
      fields: { container: { type: 'view', view_id: id }, view: asView(view) },
    }
  }
  return {
    command: async ({ channel, user, text: words, command = '/moltbot' }) => {
      parts.join(channel, user)
      const triggerId = parts.triggers.issue()
      const about = { channel, user, bot }
      const sent = await parts.delivery.send({
        type: 'slash_commands',
        payload: {
          token: app.verificationToken,
          team_id: workspace.team,
          team_domain: 'double',
          channel_id: channel,
          channel_name: workspace.place(channel)?.name || 'directmessage',
          user_id: user,
          user_name: nameOf(user),
          command,
          text: words,
          api_app_id: app.appId,
          is_enterprise_install: 'false',
          response_url: parts.responses.issue(about),
          trigger_id: triggerId,
        },
      })
      // What the acknowledgement says is shown like an answer to the response_url.
      if (isRecord(sent.response) && sent.response['text'] !== undefined)
        parts.responses.answer(parts.responses.issue(about).split('/').at(-1) ?? '', sent.response)
      return { ...sent, triggerId }
    },
    click: async (at, which, value) => {
      const place = 'view' in at ? inView(at.view) : inMessage(at.channel, at.ts, at.user)
      const action = actionOf(place.blocks, which, value, parts.now())
      const sent = await parts.delivery.send({
        type: 'interactive',
        payload: {
          type: 'block_actions',
          ...common(at.user, parts.triggers.issue()),
          ...place.fields,
          actions: [action],
          state: { values: {} },
        },
      })
      return sent.outcome
    },
    submit: async (viewId, user, values) => {
      const view = asView(viewOf(viewId))
      const sent = await parts.delivery.send({
        type: 'interactive',
        payload: {
          type: 'view_submission',
          ...common(user, parts.triggers.issue()),
          view: { ...view, state: { values } },
          response_urls: [],
        },
      })
      if (sent.outcome === 'acknowledged') parts.views.answered(viewId, sent.response)
      return sent
    },
  }
}

type Place = { readonly blocks: readonly Data[]; readonly fields: Data }

function threadOf({ thread_ts }: Message): Data {
  return thread_ts === undefined ? {} : { thread_ts }
}

/** The action that Slack tells of when this is pressed. */
function actionOf(blocks: readonly Data[], which: string, value: unknown, nowMs: number): Data {
  const all = pressables(blocks)
  const found =
    all.find(({ element }) => text(element, 'action_id') === which) ??
    all.find(({ element }) => labelsOf(element).includes(which))
  if (found === undefined) {
    const there = all.flatMap(({ element }) => [text(element, 'action_id'), ...labelsOf(element)])
    throw new Error(`no button ${which}; there are: ${there.join(', ')}`)
  }
  const { element, blockId }: Pressable = found
  const second = labelsOf(element)[1] === which
  const pressed =
    text(element, 'type') === 'feedback_buttons'
      ? part(element, second ? 'negative_button' : 'positive_button')
      : element
  return dense({
    type: element['type'],
    action_id: element['action_id'],
    block_id: blockId,
    action_ts: (nowMs / 1_000).toFixed(6),
    text: pressed['text'],
    value: value === undefined || isRecord(value) ? pressed['value'] : value,
    ...(isRecord(value) ? value : {}),
  })
}
