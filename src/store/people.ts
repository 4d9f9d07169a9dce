import type { Database } from 'better-sqlite3'
import { StoreError } from '../errors.ts'
import type { Known } from '../people.ts'

/**
 * Someone unknown wrote. With a code it is what lets them in; without one they were only told that they are not known.
 * `person`: a person's key; where they were told in a channel, the key with the channel behind it.
 */
export type Pairing = {
  readonly person: string
  readonly name: string
  readonly code: string | null
  readonly madeAtMs: number
  readonly expiresAtMs: number
}

/** A person as an admin wants them to be; `by` is the key of the admin. */
export type Admission = Known & { readonly by: string }

type Writer = { readonly adapter: string; readonly account: string; readonly author: string }

/** Pairings that expired so long ago are removed when a new one is written, in milliseconds. */
const keepMs = 7 * 86_400_000

export const peopleWrites = (db: Database) => {
  // An expired code may come up again before its row is gone.
  const forget = db.prepare(
    `DELETE FROM pairings WHERE expires_at_ms <= ? OR (code = ? AND expires_at_ms <= ?)`,
  )
  const insert = db.prepare(
    `INSERT INTO pairings (person, name, code, made_at_ms, expires_at_ms) VALUES (?, ?, ?, ?, ?)`,
  )
  const use = db.prepare(
    `UPDATE pairings SET state = 'used' WHERE code = ? AND person = ? AND state = 'open' AND expires_at_ms > ?`,
  )
  const close = db.prepare(`UPDATE pairings SET state = 'used' WHERE person = ? AND state = 'open'`)
  const put = db.prepare(
    `INSERT INTO people (key, name, role, reach, by_person, at_ms) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
     SET name = excluded.name, role = excluded.role, reach = excluded.reach, by_person = excluded.by_person`,
  )
  const remove = db.prepare(`DELETE FROM people WHERE key = ?`)
  const change = ({ key, name, role, reach, by, atMs }: Admission): void => {
    put.run(key, name, role, reach, by, atMs)
    close.run(key)
  }
  return {
    'people.pair': ({ person, name, code, madeAtMs, expiresAtMs }: Pairing): void => {
      forget.run(madeAtMs - keepMs, code, madeAtMs)
      insert.run(person, name, code, madeAtMs, expiresAtMs)
    },
    /** Lets in whoever was given the code. Throws `missing` if it was used, has expired or is another's: it lets in one, once. */
    'people.allow': (code: string, admission: Admission): void => {
      if (use.run(code, admission.key, admission.atMs).changes === 0) {
        throw new StoreError('missing', `the code ${code} is no longer open`)
      }
      change(admission)
    },
    /** Makes someone known, or changes what they may; since when they are known stays. A code that they have is void. */
    'people.change': change,
    /** Makes someone unknown again. */
    'people.remove': (key: string): void => void remove.run(key),
  }
}

type PersonRow = Omit<Known, 'atMs'> & { at_ms: number }
type PairingRow = Omit<Pairing, 'madeAtMs' | 'expiresAtMs'> & { made_at_ms: number; expires_at_ms: number }

export const peopleReads = (db: Database) => {
  const columns = 'key, name, role, reach, at_ms'
  const get = db.prepare<[string], PersonRow>(`SELECT ${columns} FROM people WHERE key = ?`)
  const all = db.prepare<[], PersonRow>(`SELECT ${columns} FROM people ORDER BY at_ms, key`)
  const open = `SELECT person, name, code, made_at_ms, expires_at_ms FROM pairings
     WHERE state = 'open' AND expires_at_ms > ?`
  const openPairings = db.prepare<[number], PairingRow>(`${open} AND code IS NOT NULL ORDER BY id`)
  const pairingOf = db.prepare<[number, string], PairingRow>(
    `${open} AND person = ? ORDER BY id DESC LIMIT 1`,
  )
  const byCode = db.prepare<[number, string], PairingRow>(`${open} AND code = ?`)
  const isWritten = db.prepare<[string, number, string | null], { one: number }>(
    `SELECT 1 AS one FROM pairings WHERE person = ? AND made_at_ms = ? AND code IS ?`,
  )
  const lastName = db.prepare<string[], { name: string }>(
    `SELECT author_name AS name FROM inbox WHERE adapter = ? AND account = ? AND author_id = ? ORDER BY id DESC LIMIT 1`,
  )
  return {
    get: (key: string): Known | undefined => knownOf(get.get(key)),
    /** Everyone who was let in or shut out, whoever is known for longest first. */
    all: (): readonly Known[] => all.all().flatMap((row) => knownOf(row) ?? []),
    /** The codes that can be used; the oldest first. */
    openPairings: (nowMs: number): readonly Pairing[] =>
      openPairings.all(nowMs).flatMap((row) => pairingFrom(row) ?? []),
    /** What someone was told, unless it has expired. */
    pairingOf: (person: string, nowMs: number): Pairing | undefined =>
      pairingFrom(pairingOf.get(nowMs, person)),
    byCode: (code: string, nowMs: number): Pairing | undefined => pairingFrom(byCode.get(nowMs, code)),
    /** What someone was called when they last wrote; undefined if nobody remembers. */
    lastName: ({ adapter, account, author }: Writer): string | undefined =>
      lastName.get(adapter, account, author)?.name,
    /** True if the row is there, whatever became of it. */
    isWritten: ({ person, madeAtMs, code }: Pairing): boolean =>
      isWritten.get(person, madeAtMs, code) !== undefined,
  }
}

export type PeopleReads = ReturnType<typeof peopleReads>

function knownOf(row: PersonRow | undefined): Known | undefined {
  if (row === undefined) return undefined
  const { at_ms: atMs, ...rest } = row
  return { ...rest, atMs }
}

function pairingFrom(row: PairingRow | undefined): Pairing | undefined {
  if (row === undefined) return undefined
  const { made_at_ms: madeAtMs, expires_at_ms: expiresAtMs, ...rest } = row
  return { ...rest, madeAtMs, expiresAtMs }
}
