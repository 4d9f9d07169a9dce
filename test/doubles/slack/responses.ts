import { randomUUID } from 'node:crypto'
import { checkMessage, limits } from './limits.ts'
import { flag, records, refuse, text, type Args } from './wire.ts'
import type { Bot } from './events.ts'
import type { Workspace } from './workspace.ts'

/** Where an app may answer a command or a click (https://docs.slack.dev/interactivity/handling-user-interaction). */
export type Responses = {
  readonly issue: (about: About) => string
  /** What came to such a URL. Throws a Refusal. */
  readonly answer: (key: string, body: Args) => void
}

type About = {
  readonly channel: string
  readonly user: string
  readonly bot: Bot
  /** The message whose button was pressed. */
  readonly message?: { readonly ts: string; readonly isWhisper: boolean }
}

export function createResponses(parts: {
  readonly workspace: () => Workspace
  readonly origin: () => string
  readonly appId: string
  readonly now: () => number
}): Responses {
  const issued = new Map<string, { readonly about: About; readonly atMs: number; uses: number }>()
  return {
    issue: (about) => {
      const key = randomUUID()
      issued.set(key, { about, atMs: parts.now(), uses: 0 })
      return `${parts.origin()}/response/${key}`
    },
    answer: (key, body) => {
      const url = issued.get(key)
      if (url === undefined) return refuse('invalid_url', {}, { status: 404 })
      if (parts.now() - url.atMs > limits.responseUrlMs) refuse('expired_url', {}, { status: 404 })
      if (url.uses >= limits.responseUrlUses) refuse('used_url', {}, { status: 404 })
      url.uses += 1
      post(parts, url.about, body)
    },
  }
}

/** Puts the answer where it belongs: as a new message, or in the place of the one whose button was pressed. */
function post(
  parts: { readonly workspace: () => Workspace; readonly appId: string },
  { channel, user, bot, message }: About,
  body: Args,
): void {
  const workspace = parts.workspace()
  if (flag(body, 'delete_original') && message !== undefined) {
    if (message.isWhisper) workspace.rewhisper(message.ts, undefined)
    else void workspace.call('chat.delete', { channel, ts: message.ts }, bot.userId)
    return
  }
  checkMessage(body, true)
  const blocks = records(body['blocks'])
  const content = { text: text(body, 'text'), ...(blocks.length === 0 ? {} : { blocks }) }
  if (flag(body, 'replace_original') && message !== undefined) {
    if (message.isWhisper) workspace.rewhisper(message.ts, { ...content, blocks })
    else void workspace.call('chat.update', { channel, ts: message.ts, ...content, blocks }, bot.userId)
    return
  }
  const thread = text(body, 'thread_ts')
  const written = {
    user: bot.userId,
    bot_id: bot.botId,
    app_id: parts.appId,
    ...content,
    ...(thread === '' ? {} : { thread_ts: thread }),
  }
  if (text(body, 'response_type') === 'in_channel') workspace.add(channel, written)
  else workspace.whisper(channel, user, written)
}
