import { createHash } from 'node:crypto'

/** What a vendor accepts as the id of a call. `make` gives one for any id; another `salt` gives another one. */
export type IdRule = {
  readonly accepts: (id: string) => boolean
  readonly make: (id: string, salt: number) => string
}

/** Anthropic's messages, and OpenAI's Responses: https://platform.claude.com/docs/en/api/messages (tool_use.id). */
export const wordIds: IdRule = readableIds(/^[a-zA-Z0-9_-]{1,64}$/u, 64)

/** Chat completions: OpenAI takes 40 characters; others have ids of their own with dots and colons, which may stay. */
export const chatIds: IdRule = readableIds(/^[\x21-\x7e]{1,40}$/u, 40)

/** Mistral: exactly nine letters and digits. */
export const mistralIds: IdRule = {
  accepts: (id) => /^[a-zA-Z0-9]{9}$/u.test(id),
  make: (id, salt) =>
    BigInt(`0x${digest(id, salt)}`)
      .toString(36)
      .slice(-9),
}

/**
 * The ids of all past calls of a history, oldest first, as the vendor accepts them. No two are the same, also where two
 * were; what is accepted and not taken stays as it is; and what comes later changes nothing in what came before.
 */
export function acceptedIds(ids: readonly string[], rule: IdRule): string[] {
  const taken = new Set<string>()
  return ids.map((id) => {
    let accepted = id
    for (let salt = 0; taken.has(accepted) || !rule.accepts(accepted); salt++) accepted = rule.make(id, salt)
    taken.add(accepted)
    return accepted
  })
}

/** The ids of the calls of one answer: none is empty, and no two are the same. */
export function distinctIds(ids: readonly string[]): string[] {
  const taken = new Set<string>()
  const given = new Set(ids)
  return ids.map((id) => {
    let distinct = id
    for (let count = 0; distinct === '' || taken.has(distinct); count++) {
      const made = `call_${count}`
      distinct = given.has(made) ? '' : made
    }
    taken.add(distinct)
    return distinct
  })
}

/** Made ids keep the beginning of the old one, and have 10 digits of its hash: what is cut away still tells them apart. */
function readableIds(accepted: RegExp, maxChars: number): IdRule {
  return {
    accepts: (id) => accepted.test(id),
    make: (id, salt) => {
      const readable = id.replace(/[^a-zA-Z0-9_-]/gu, '_').slice(0, maxChars - 11)
      return `${readable}_${digest(id, salt).slice(0, 10)}`
    },
  }
}

function digest(id: string, salt: number): string {
  return createHash('sha256')
    .update(salt === 0 ? id : `${id}\0${salt}`)
    .digest('hex')
}
