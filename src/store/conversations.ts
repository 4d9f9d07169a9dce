import type { Database } from 'better-sqlite3'
import type { PastCall, Turn } from '../model.ts'

/** What is remembered of a conversation besides its recent turns. `route` is null where nobody chose one. */
export type Conversation = { readonly route: string | null; readonly summary: string }

/** A turn with the id of its row. */
export type StoredTurn = Turn & { readonly id: number }

export const conversationWrites = (db: Database) => {
  const addTurn = db.prepare(
    `INSERT INTO messages (conversation, role, text, calls_json, at_ms) VALUES (?, ?, ?, ?, ?)`,
  )
  const upsert = (column: string): string =>
    `INSERT INTO conversations (key, ${column}) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET ${column} = excluded.${column}`
  const route = db.prepare(upsert('route'))
  const settle = db.prepare(
    `INSERT INTO conversations (key, summary, settled_id) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET summary = excluded.summary, settled_id = excluded.settled_id`,
  )
  const nthLastId = db.prepare<[string, number], { id: number }>(
    `SELECT id FROM messages WHERE conversation = ? ORDER BY id DESC LIMIT 1 OFFSET ?`,
  )
  const lastId = db.prepare<[string], { id: number | null }>(
    `SELECT max(id) AS id FROM messages WHERE conversation = ?`,
  )
  return {
    'conversations.addTurns': (key: string, turns: readonly Turn[], nowMs: number): void => {
      for (const turn of turns) addTurn.run(key, turn.role, turn.text, callsOf(turn), nowMs)
    },
    /** Null goes back to the default route. */
    'conversations.route': (key: string, name: string | null): void => void route.run(key, name),
    /** All turns but the newest `keep` are from now on represented by `summary` alone. */
    'conversations.summarise': (key: string, summary: string, keep: number): void =>
      void settle.run(key, summary, nthLastId.get(key, keep)?.id ?? 0),
    /** Leaves everything said so far behind; the rows stay. */
    'conversations.startOver': (key: string): void => void settle.run(key, '', lastId.get(key)?.id ?? 0),
  }
}

export const conversationReads = (db: Database) => {
  const one = db.prepare<[string], Conversation>(`SELECT route, summary FROM conversations WHERE key = ?`)
  const turns = db.prepare<[string, string], TurnRow>(
    `SELECT id, role, text, calls_json FROM messages WHERE conversation = ?
     AND id > coalesce((SELECT settled_id FROM conversations WHERE key = ?), 0) ORDER BY id`,
  )
  const newest = db.prepare<[string], { ms: number }>(
    `SELECT at_ms AS ms FROM messages WHERE conversation = ? ORDER BY id DESC LIMIT 1`,
  )
  return {
    /** When the newest turn was said, Unix milliseconds; undefined where none was. */
    newestMs: (key: string): number | undefined => newest.get(key)?.ms,
    /** A thread without a route of its own has the one of its channel. */
    get: (key: string): Conversation => {
      const own = one.get(key) ?? { route: null, summary: '' }
      const channel = channelOf(key)
      if (own.route !== null || channel === undefined) return own
      return { ...own, route: one.get(channel)?.route ?? null }
    },
    /** The turns since the summary, oldest first. */
    turns: (key: string): StoredTurn[] => turns.all(key, key).map(turnOf),
  }
}

/** The key of the channel that a thread is in; undefined for what is no thread. */
function channelOf(key: string): string | undefined {
  const parts = key.split('/')
  return parts.length === 4 ? parts.slice(0, 3).join('/') : undefined
}

type TurnRow = {
  readonly id: number
  readonly role: Turn['role']
  readonly text: string
  readonly calls_json: string | null
}

function callsOf(turn: Turn): string | null {
  return turn.role === 'assistant' && turn.calls !== undefined ? JSON.stringify(turn.calls) : null
}

function turnOf({ id, role, text, calls_json: calls }: TurnRow): StoredTurn {
  if (role === 'user') return { id, role, text }
  return { id, role, text, ...(calls === null ? {} : { calls: JSON.parse(calls) as readonly PastCall[] }) }
}
