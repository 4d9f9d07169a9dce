import type { Database } from 'better-sqlite3'
import type { Address } from '../message.ts'
import { conversationReads } from './conversations.ts'

/** So many of a person's newest messages are looked through for their conversations. */
const mostMessages = 1_000

type Author = { readonly adapter: string; readonly account: string; readonly author: string }

export const homeReads = (db: Database) => {
  const conversations = db.prepare<
    [string, string, string, number, number],
    { lane: string; address_json: string }
  >(
    `SELECT i.lane, i.address_json FROM
       (SELECT lane, max(id) AS id FROM
         (SELECT lane, id FROM inbox WHERE adapter = ? AND account = ? AND author_id = ? ORDER BY id DESC LIMIT ?)
        GROUP BY lane ORDER BY max(id) DESC LIMIT ?) newest
     JOIN inbox i ON i.id = newest.id ORDER BY i.id DESC`,
  )
  const { get } = conversationReads(db)
  return {
    /** Where the person wrote last, newest first; `route` is null where nobody chose one. */
    conversations: (
      { adapter, account, author }: Author,
      most: number,
    ): { readonly address: Address; readonly route: string | null }[] =>
      conversations
        .all(adapter, account, author, mostMessages, most)
        .map(({ lane, address_json: address }) => ({ address: JSON.parse(address), route: get(lane).route })),
  }
}
