import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isRecord, records, text, type Data } from './wire.ts'
import type { Kind, Message, Place } from './workspace.ts'

export type Row = Data & { readonly id: number }

export type Rows = {
  readonly insert: (row: Data) => Row
  readonly update: (id: number, fields: Data) => Row | undefined
  readonly delete: (id: number) => void
  readonly all: () => readonly Row[]
  readonly findBy: (key: string, value: string) => readonly Row[]
  readonly findOneBy: (key: string, value: string) => Row | undefined
}

type Table = 'teams' | 'users' | 'bots' | 'tokens' | 'channels' | 'messages' | 'ephemeralMessages'

/** A running emulate, its rows, and the list of those who hear of its events. */
export type Insides = {
  readonly url: string
  readonly rows: Readonly<Record<Table, Rows>>
  readonly webhooks: { readonly register: (hook: Data) => unknown }
  readonly close: () => Promise<void>
}

type Register = (app: unknown, store: unknown, webhooks: Insides['webhooks'], ...more: unknown[]) => unknown

/** What we use of the file that holds emulate's Slack; it exports this, but the package does not. */
type SlackOfEmulate = {
  readonly slackPlugin: { register: Register }
  readonly getSlackStore: (store: unknown) => Insides['rows']
}

/**
 * Starts emulate's Slack on a free port. It has no public way to name a URL for events: so its plug-in is asked for its store
 * and its webhooks while it starts.
 */
export async function startEmulate(): Promise<Insides> {
  const slack = await loadSlack()
  const { createEmulator } = await import('emulate')
  let caught: { readonly store: unknown; readonly webhooks: Insides['webhooks'] } | undefined
  const { register } = slack.slackPlugin
  slack.slackPlugin.register = (app, store, webhooks, ...more) => {
    caught = { store, webhooks }
    return register.call(slack.slackPlugin, app, store, webhooks, ...more)
  }
  const started = await createEmulator({ service: 'slack', port: 0 }).finally(() => {
    slack.slackPlugin.register = register
  })
  if (caught === undefined) throw new Error('emulate did not start its Slack')
  return {
    url: started.url,
    rows: slack.getSlackStore(caught.store),
    webhooks: caught.webhooks,
    close: () => started.close(),
  }
}

async function loadSlack(): Promise<SlackOfEmulate> {
  const folder = dirname(fileURLToPath(import.meta.resolve('emulate')))
  const file = readdirSync(folder).find(
    (name) =>
      /^dist-.*\.js$/u.test(name) &&
      readFileSync(join(folder, name), 'utf8').includes('"/api/chat.postMessage"'),
  )
  if (file === undefined) throw new Error('this version of emulate has its Slack elsewhere')
  return (await import(pathToFileURL(join(folder, file)).href)) as SlackOfEmulate
}

/** Hears what emulate tells, on a port of its own. */
export async function listen(
  heard: (body: Data) => void,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(pieces).toString())
      if (isRecord(body)) heard(body)
      response.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}/`,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

export function placeOf(row: Row): Place {
  const kind: Kind =
    row['is_im'] === true
      ? 'dm'
      : row['is_mpim'] === true
        ? 'group-dm'
        : row['is_private'] === true
          ? 'private'
          : 'public'
  return {
    id: text(row, 'channel_id'),
    team: text(row, 'team_id'),
    name: text(row, 'name'),
    kind,
    members: texts(row['members']),
    isArchived: row['is_archived'] === true,
  }
}

export function messageOf(row: Row): Message {
  const optional = ['thread_ts', 'subtype', 'bot_id', 'app_id', 'client_msg_id'].filter(
    (key) => text(row, key) !== '',
  )
  const { metadata, edited } = row
  return {
    ts: text(row, 'ts'),
    user: text(row, 'user'),
    team: text(row, 'team'),
    text: text(row, 'text'),
    ...Object.fromEntries(optional.map((key) => [key, text(row, key)])),
    ...(Array.isArray(row['blocks']) ? { blocks: records(row['blocks']) } : {}),
    ...(Array.isArray(row['files']) ? { files: records(row['files']) } : {}),
    ...(isRecord(metadata) ? { metadata } : {}),
    ...(isRecord(edited) ? { edited: { user: text(edited, 'user'), ts: text(edited, 'ts') } } : {}),
  }
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
