import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { createApi, createCaller, createRespond } from '../../../../src/adapters/slack/wire/api.ts'
import { slackAddress, type ReplyUrls } from '../../../../src/adapters/slack/contract.ts'
import { draftText, streamedText } from '../../../../src/adapters/slack/format/draft-text.ts'
import { createDrafts, type Drafts } from '../../../../src/adapters/slack/out/drafts.ts'
import { escapeText } from '../../../../src/adapters/slack/format/escape.ts'
import { renderMarkdown } from '../../../../src/adapters/slack/format/markdown.ts'
import { createSender, type Sender } from '../../../../src/adapters/slack/out/send.ts'
import { createConnections } from '../../../../src/connections.ts'
import { createLog } from '../../../../src/log.ts'
import type { Address, Delivery, Message, Post, Reply } from '../../../../src/message.ts'
import { createSlackDouble, type SlackDouble, type StoredMessage } from '../../../doubles/slack/slack.ts'
import { createVirtualClock } from '../../../doubles/virtual-clock.ts'

/** The way out to a Slack on loopback, with a clock that passes only when it is let. */
export type Outbound = {
  readonly slack: SlackDouble
  readonly drafts: Drafts
  readonly sender: Sender
  readonly urls: Map<string, string>
  readonly log: readonly string[]
  readonly channel: string
  readonly user: string
  readonly nowMs: () => number
  /** Lets time pass, here and at Slack. */
  readonly pass: (ms: number) => Promise<void>
  /** A person writes in the channel, or elsewhere. */
  readonly ask: (
    text: string,
    channel?: string,
  ) => Promise<{ readonly id: string; readonly address: Address }>
  /** Takes in what a press says. */
  readonly hear: (messageId: string, text: string) => void
  readonly postOf: (reply: Partial<Reply>, more?: Partial<Post>) => Post
  readonly send: (post: Post) => Promise<Delivery>
  /** The URL to answer at that came last, with a command or a press. */
  readonly responseUrl: () => string
  /** Our messages in a channel. */
  readonly ours: (channel?: string) => readonly StoredMessage[]
  /** Another life of the program, which knows nothing of this one. */
  readonly restarted: () => Outbound
}

export async function openOutbound(
  t: TestContext,
  hasOpen: (lane: string) => boolean = () => false,
  cutShort: Parameters<typeof createDrafts>[0]['cutShort'] = () => [],
): Promise<Outbound> {
  const clock = createVirtualClock(Date.UTC(2026, 10, 22, 12))
  const slack = await createSlackDouble({ now: clock.now })
  let responseUrl = ''
  const app = createServer((request, response) => {
    const take = async (): Promise<void> => {
      const body = await textOf(request)
      const url = /response_url(?:%22%3A%22|=)(http[^&]*?)(?:%22|&|$)/u.exec(body)?.[1]
      if (url !== undefined) responseUrl = decodeURIComponent(url)
      response.end(body.includes('url_verification') ? body : '')
    }
    void take()
  })
  await once(app.listen(0, '127.0.0.1'), 'listening')
  slack.eventsUrl(`http://127.0.0.1:${(app.address() as AddressInfo).port}/`)
  const connections = createConnections({})
  t.after(async () => {
    await connections.close()
    app.close()
    app.closeAllConnections()
    await slack[Symbol.asyncDispose]()
  })
  const [channel, user] = [slack.channel('news'), slack.user('ann')]
  const asked = new Map<string, Pick<Message, 'author' | 'text'>>()
  const underWay = new Set<symbol>()
  const rest = async (): Promise<void> => {
    do for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    while (underWay.size > 0)
  }
  const signal = new AbortController().signal
  const log: string[] = []

  const live = (): Outbound => {
    const { fetch } = connections
    const caller = createCaller({ apiUrl: slack.apiUrl, fetch })
    const api = createApi(
      (...args) => {
        const mine = Symbol('call')
        underWay.add(mine)
        return caller(...args).finally(() => underWay.delete(mine))
      },
      async () => slack.bot.token,
      createRespond({ apiUrl: slack.apiUrl, fetch }),
    )
    const urls = new Map<string, string>()
    const replyUrls: ReplyUrls = { remember: (id, url) => void urls.set(id, url), of: (id) => urls.get(id) }
    const installation = { account: slack.team, botToken: slack.bot.token, botUserId: slack.bot.userId }
    const parts = {
      api,
      installations: { of: async () => ({ ...installation, botId: slack.bot.botId }) },
      urls: replyUrls,
      format: { render: renderMarkdown, streamedText, escape: escapeText },
      escape: escapeText,
      draftText,
      fetch,
      messageOf: (id: string) => asked.get(id),
      startedAtMs: clock.now(),
      hasOpen,
      cutShort,
      now: clock.now,
      sleep: clock.sleep,
      signal,
      log: createLog(
        'debug',
        () => [],
        (line) => void log.push(line),
      ),
    }
    const drafts = createDrafts(parts)
    t.after(() => {
      void drafts.stop()
    })
    const sender = createSender({ ...parts, drafts })
    return {
      slack,
      drafts,
      sender,
      urls,
      log,
      channel,
      user,
      nowMs: clock.now,
      pass: (ms) => clock.pass(ms, rest),
      ask: async (text, to = channel) => {
        const { ts } = await slack.say({ channel: to, user, text })
        asked.set(`${to}/${ts}`, { author: { id: user, name: 'Ann' }, text })
        return { id: `${to}/${ts}`, address: slackAddress(slack.team, to, ts) }
      },
      hear: (id, text) => void asked.set(id, { author: { id: user, name: 'Ann' }, text }),
      postOf: (reply, more = {}) => ({
        key: 'inbox/1',
        address: slackAddress(slack.team, channel),
        answers: null,
        asker: user,
        reply: { text: '', status: 'done', ...reply },
        createdAtMs: clock.now(),
        ...more,
      }),
      send: async (post) => {
        const made: Delivery[] = []
        const sending = sender.send(post, signal).then((delivery) => {
          made.push(delivery)
          return delivery
        })
        await rest()
        while (made.length === 0) {
          await clock.pass(1_000, rest)
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
        return sending
      },
      responseUrl: () => responseUrl,
      ours: (of = channel) => slack.messages(of).filter((message) => message.user === slack.bot.userId),
      restarted: live,
    }
  }
  return live()
}

/** A text of so many sentences, each of 40 characters. */
export function sentences(n: number): string {
  return Array.from(
    { length: n },
    (_, i) => `Sentence ${String(i + 1).padStart(4, '0')} of a rather long text. `,
  ).join('')
}
