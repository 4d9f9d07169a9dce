import assert from 'node:assert/strict'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as sleepFor } from 'node:timers/promises'
import type { ReadStream, WriteStream } from 'node:tty'
import type { TestContext } from 'node:test'
import type { Adapter, Receive, Revise } from '../src/adapter.ts'
import { slackAddress } from '../src/adapters/slack/contract.ts'
import { resolveTarget } from '../src/adapters/slack/in/targets.ts'
import { readConfig } from '../src/config/config.ts'
import { createMoltbot, type Moltbot } from '../src/main.ts'
import type { Address, Delivery, Message, Post } from '../src/message.ts'
import { temporaryFolder } from './doubles/folder.ts'

export const direct = (user: string, thread?: string): Address => slackAddress('T1', `D${user}`, thread)
export const channel = (name = 'C1', thread?: string): Address => slackAddress('T1', name, thread)

/** Moltbot whole, with a platform in the place of Slack that keeps what is posted. */
export type RightsWorld = {
  readonly moltbot: Moltbot
  readonly posts: Post[]
  /** The channels by their names, as they are called now. */
  readonly names: Map<string, string>
  /** What each send comes to; sent where it says nothing. */
  deliver: (post: Post) => Delivery
  /** Says something and resolves with the text that answers it. */
  readonly say: (user: string, address: Address, text: string, more?: Partial<Message>) => Promise<Post>
  readonly revise: Revise
  readonly receive: Receive
  /** As whoever sits at the machine. */
  readonly order: (text: string) => Promise<string>
  readonly posted: (fits: (post: Post) => boolean) => Promise<Post>
  readonly logged: string[]
}

const until = async <T>(look: () => T | undefined, what: string): Promise<T> => {
  for (let waitedMs = 0; waitedMs < 8_000; waitedMs += 10) {
    const found = look()
    if (found !== undefined) return found
    await sleepFor(10)
  }
  return assert.fail(`waited in vain for ${what}`)
}

export async function openRightsWorld(t: TestContext, yaml = ''): Promise<RightsWorld> {
  const folder = temporaryFolder(t)
  const file = join(folder, 'config.yaml')
  const load = (content: string) =>
    readConfig(`http: { enabled: false }\n${content}`, { file, env: {}, readFile: () => '' })
  const posts: Post[] = []
  const names = new Map([
    ['news', 'C1'],
    ['ops', 'C2'],
  ])
  const logged: string[] = []
  let take: { receive: Receive; revise: Revise } | undefined
  const slack: Adapter = {
    name: 'slack',
    maxChars: 12_000,
    afterCut: 'resend',
    split: (reply) => [reply],
    start: async (receive, revise) => {
      take = { receive, revise }
    },
    stop: async () => undefined,
    send: async (post) => {
      posts.push(post)
      return world.deliver(post)
    },
    resolve: (target, from) =>
      resolveTarget(target, from, {
        only: () => 'T1',
        channelNamed: (_, name) => names.get(name),
      }),
    direct: (account, author) => slackAddress(account, author.slice(author.indexOf('.') + 1)),
    describe: () => 'slack',
  }
  const moltbot = await createMoltbot({
    loaded: load(yaml),
    source: { file, text: '', load },
    serves: true,
    input: new PassThrough() as unknown as ReadStream,
    output: new PassThrough() as unknown as WriteStream,
    writeLog: (line) => void logged.push(line),
    onEnd: () => undefined,
    platforms: () => [slack],
  })
  await moltbot.start()
  t.after(() => moltbot.stop(1_000))
  let events = 0
  const receive: Receive = (message) => take?.receive(message) ?? assert.fail('not started')
  const posted = (fits: (post: Post) => boolean): Promise<Post> => until(() => posts.find(fits), String(fits))
  const world: RightsWorld = {
    moltbot,
    posts,
    names,
    deliver: () => ({ kind: 'sent' }),
    receive,
    revise: (revision) => take?.revise(revision) ?? assert.fail('not started'),
    say: async (user, address, text, more = {}) => {
      const id = `${address.channel}/${++events}`
      const author = { id: user, name: user }
      await receive({ id, address, author, text, sentAtMs: Date.now(), ...more })
      return posted((post) => post.answers === (more.id ?? id))
    },
    order: async (text) => {
      const asked = await moltbot.ask(text, new AbortController().signal)
      return asked.kind === 'reply' ? asked.reply.text : assert.fail('a duplicate')
    },
    posted,
    logged,
  }
  return world
}
